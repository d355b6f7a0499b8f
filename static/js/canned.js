// "/" at the start of a reply offers what is said every day, filled in for this guest.
let form, field, panel;
let isBySlash = false;

export function startCanned() {
  form = document.getElementById("composer");
  panel = document.getElementById("canned");
  if (!form || !panel) return;
  field = form.elements.text;
  const button = document.getElementById("canned-open");
  button.hidden = false;
  button.addEventListener("click", () => (panel.hidden ? open(false) : close()));
  field.addEventListener("input", typed);
  // Before the composer hears the key: Enter chooses here, and sends there.
  field.addEventListener("keydown", onKey, { capture: true });
  panel.addEventListener("mousedown", (event) => event.target.closest("a") || event.preventDefault()); // the caret stays
  panel.addEventListener("click", (event) => choose(event.target.closest("[role=option]")));
}

function typed() {
  const wants = /^\/[^\s/]*$/.test(field.value);
  if (wants && panel.hidden) open(true);
  else if (!wants && isBySlash) close();
  else if (!panel.hidden) filter();
}

// Asked for each time: the room may have changed since.
async function open(bySlash) {
  isBySlash = bySlash;
  panel.hidden = false;
  panel.replaceChildren();
  const answer = await fetch(form.dataset.canned, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (panel.hidden) return;
  if (!answer?.ok) return close();
  panel.replaceChildren(...new DOMParser().parseFromString(await answer.text(), "text/html").body.children);
  if (document.getElementById("canned-list")) field.setAttribute("aria-controls", "canned-list");
  field.focus();
  filter();
}

function close() {
  panel.hidden = true;
  isBySlash = false;
  field.removeAttribute("aria-activedescendant");
  field.removeAttribute("aria-controls");
}

const shown = () => [...panel.querySelectorAll("[role=option]:not([hidden])")];
const current = () => panel.querySelector("[aria-selected=true]");

function filter() {
  const letters = isBySlash ? field.value.slice(1).toLocaleLowerCase() : "";
  for (const one of panel.querySelectorAll("[role=option]")) {
    const { shortcut, title } = one.dataset;
    one.hidden = !`${shortcut} ${title}`.toLocaleLowerCase().includes(letters);
  }
  const none = document.getElementById("canned-none");
  if (none) none.hidden = shown().length > 0;
  // Who types a whole shortcut means that one.
  select(shown().find((one) => one.dataset.shortcut === letters) || shown()[0]);
}

function select(one) {
  current()?.setAttribute("aria-selected", "false");
  if (!one) return field.removeAttribute("aria-activedescendant");
  one.setAttribute("aria-selected", "true");
  field.setAttribute("aria-activedescendant", one.id);
  one.scrollIntoView({ block: "nearest" });
}

function onKey(event) {
  if (panel.hidden || event.isComposing || event.keyCode === 229) return;
  const { key } = event;
  if (key === "Escape") close();
  else if (key === "ArrowDown" || key === "ArrowUp") step(key === "ArrowDown" ? 1 : -1);
  else if ((key === "Enter" || key === "Tab") && !event.shiftKey && !event.ctrlKey && current()) choose(current());
  else return;
  event.preventDefault();
  event.stopPropagation();
}

function step(by) {
  const all = shown();
  if (all.length) select(all[(all.indexOf(current()) + by + all.length) % all.length]);
}

function choose(one) {
  if (!one || one.getAttribute("aria-disabled") === "true") return;
  const [from, to] = isBySlash ? [0, field.value.length] : [field.selectionStart, field.selectionEnd];
  close();
  field.setRangeText(one.dataset.text, from, to, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}
