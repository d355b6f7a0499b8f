// What staff typed is held for some seconds: the Undo button counts them, and gives the words back to the composer.
import { serverNow } from "./minutes.js";

export function startUndo() {
  setInterval(count, 250);
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt.closest?.("form[data-undo]");
    if (form && event.detail.successful) giveBack(form.dataset.text);
  });
}

function count() {
  for (const form of document.querySelectorAll("form[data-undo]")) {
    const seconds = Math.ceil((Date.parse(form.dataset.undo) - serverNow()) / 1000);
    form.hidden = seconds <= 0;
    const shown = form.querySelector("[data-seconds]");
    const words = seconds > 0 ? `${seconds} s` : "";
    if (shown.textContent !== words) shown.textContent = words;
  }
}

// Never over what was typed since.
function giveBack(text) {
  const field = document.querySelector("#composer textarea");
  if (!field || field.value.trim()) return;
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}
