// The search opens over any page; cards come as one types, arrows walk them, Enter opens the first.
const find = (id) => document.getElementById(id);
let isWanted = false; // Enter was pressed before the answer to these words was here

export function startSearch() {
  if (!find("search")) return;
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-search]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openSearch();
  });
  find("search").addEventListener("close", () => (isWanted = false));
  find("search").addEventListener("click", (event) => event.target === find("search") && find("search").close());
  for (const form of document.querySelectorAll("[data-search-form]")) watch(form);
}

export function openSearch() {
  const page = find("search-page-words"); // on the page of its own the field is there already
  if (!page && !find("search").open) find("search").showModal();
  const field = page ?? find("search-dialog-words");
  field.focus();
  field.select();
}

function watch(form) {
  const found = form.nextElementSibling;
  form.addEventListener("submit", (event) => {
    if (!cards(found).length && form.id === "search-page") return;
    event.preventDefault();
    enter(form, found);
  });
  form.elements.q.addEventListener("input", () => (isWanted = false));
  found.addEventListener("htmx:afterSwap", () => isWanted && enter(form, found));
  form.addEventListener("keydown", (event) => walk(event, form, found));
  found.addEventListener("keydown", (event) => walk(event, form, found));
}

function enter(form, found) {
  const isAnswered = found.querySelector("[data-for]")?.dataset.for === words(form);
  if (isAnswered) cards(found)[0]?.click();
  isWanted = !isAnswered;
}

function words(form) {
  return form.elements.q.value.trim().replace(/\s+/g, " ");
}

function cards(found) {
  return [...found.querySelectorAll("a")];
}

function walk(event, form, found) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.isComposing) return;
  const stops = [form.elements.q, ...cards(found)];
  const next = stops[stops.indexOf(document.activeElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
