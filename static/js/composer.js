// The boxes in which staff write: Enter sends, what was typed is cleared only when the server has it.
import { toBottom } from "./thread.js";

const isTouch = matchMedia("(pointer: coarse)").matches;

export function startComposer() {
  document.querySelectorAll("form[data-draft]").forEach(startBox);
  startLater();
  startNoteBox();
  document.addEventListener("click", (event) => event.target.closest("[data-edit]") && edit());
  document.body.addEventListener("htmx:beforeRequest", hearCancelled);
}

function startBox(form) {
  const field = form.elements.text;
  let sentText = "";
  let isEmpty = !field.value;
  field.addEventListener("keydown", (event) => onKey(event, form));
  field.addEventListener("input", () => {
    grow(field);
    if (isEmpty && field.value) noteBeginning();
    isEmpty = !field.value;
  });
  form.addEventListener("htmx:beforeRequest", (event) => event.detail.elt === form && (sentText = field.value));
  form.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt === form) answered(form, event.detail.xhr.status, sentText);
  });
  grow(field);
}

// Whoever listens before us (the saved replies) may have taken the key.
function onKey(event, form) {
  const wantsToSend = event.key === "Enter" && !event.isComposing && event.keyCode !== 229;
  if (event.defaultPrevented || !wantsToSend || event.shiftKey || event.altKey) return;
  if (isTouch && !event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  if (form.elements.text.value.trim()) form.requestSubmit();
}

// What stood on the screen when the first letter was typed: the server stops us when somebody wrote after it.
function noteBeginning() {
  const poll = document.getElementById("poll");
  const seq = new URL(poll.dataset.pollUrl, location.href).searchParams.get("seq");
  if (seq) document.getElementById("began-at").value = seq;
}

function answered(form, status, sentText) {
  if (status >= 200 && status < 300) return sent(form, sentText);
  if (status === 409) return document.querySelector("#overtaken button")?.focus();
  if (status !== 422) form.querySelector(".composer__problem").textContent = wordsFor(form, status);
}

function wordsFor(form, status) {
  const { signedOut, notSent, notAnswered } = form.dataset;
  if (status === 401) return signedOut;
  return status ? notSent : notAnswered;
}

// Somebody may have typed on while the answer was under way: only what was sent goes.
function sent(form, sentText) {
  const field = form.elements.text;
  if (field.value.startsWith(sentText)) field.value = field.value.slice(sentText.length).trimStart();
  form.querySelector(".composer__problem").textContent = "";
  grow(field);
  toBottom();
  form.dispatchEvent(new CustomEvent("box:sent"));
  form.closest("#note-box")?.removeAttribute("open");
  document.getElementById("send-later").open = false;
}

function edit() {
  document.getElementById("overtaken").replaceChildren();
  document.getElementById("text").focus();
}

function startLater() {
  const later = document.getElementById("send-later");
  if (!later) return;
  const time = later.querySelector("input");
  time.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    later.querySelector("[value=own]").click(); // htmx knows a button by its click, not by requestSubmit(button)
  });
  later.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    later.open = false;
    later.querySelector("summary").focus();
  });
  document.addEventListener("click", (event) => !later.contains(event.target) && (later.open = false));
}

function startNoteBox() {
  const box = document.getElementById("note-box");
  box?.querySelector("summary").addEventListener("click", () => setTimeout(() => box.open && toField(box)));
}

function toField(box) {
  box.scrollIntoView({ block: "nearest" });
  box.querySelector("textarea").focus();
}

// A planned message that is cancelled: its words are still somebody's work. The answer takes the form off the page,
// and no event of htmx would reach us from there.
function hearCancelled(event) {
  const { elt, xhr } = event.detail;
  const words = elt.dataset.givesBack;
  if (words) xhr.addEventListener("load", () => xhr.status === 200 && giveBack(words));
}

// Never over what was typed since.
function giveBack(words) {
  const field = document.getElementById("text");
  if (field.value.trim()) return;
  field.value = words;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function grow(field) {
  if (CSS.supports("field-sizing", "content")) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}
