// The composer: Enter sends, what was typed is cleared only when the server has it.
import { toBottom } from "./thread.js";

const isTouch = matchMedia("(pointer: coarse)").matches;
let form, field, problem;
let sentText = "";

export function startComposer() {
  form = document.getElementById("composer");
  if (!form) return;
  field = form.elements.text;
  problem = () => document.getElementById("composer-problem");
  field.addEventListener("keydown", onKey);
  field.addEventListener("input", grow);
  form.addEventListener("htmx:beforeRequest", () => (sentText = field.value));
  form.addEventListener("htmx:afterRequest", onAnswer);
  grow();
}

function onKey(event) {
  const wantsToSend = event.key === "Enter" && !event.isComposing && event.keyCode !== 229;
  if (!wantsToSend || event.shiftKey || event.altKey) return;
  if (isTouch && !event.ctrlKey && !event.metaKey) return;
  event.preventDefault();
  if (field.value.trim()) form.requestSubmit();
}

function onAnswer(event) {
  if (event.detail.elt !== form) return;
  const status = event.detail.xhr.status;
  if (status >= 200 && status < 300) return sent();
  if (status !== 422) problem().textContent = wordsFor(status);
}

function wordsFor(status) {
  const { signedOut, notSent, notAnswered } = form.dataset;
  if (status === 401) return signedOut;
  return status ? notSent : notAnswered;
}

// Somebody may have typed on while the answer was under way: only what was sent goes.
function sent() {
  if (field.value.startsWith(sentText)) field.value = field.value.slice(sentText.length).trimStart();
  problem().textContent = "";
  grow();
  toBottom();
}

function grow() {
  if (CSS.supports("field-sizing", "content")) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}
