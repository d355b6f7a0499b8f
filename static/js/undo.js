// What staff typed is held for some seconds: the Undo button counts them, and gives the words back to the composer.
import { serverNow } from "./minutes.js";

export function startUndo() {
  setInterval(count, 250);
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt: form, xhr } = event.detail;
    // A poll may take the form off the page before the answer is here: no event of htmx would reach us then.
    if (form.dataset.undo) xhr.addEventListener("load", () => wasTakenBack(xhr) && giveBack(form.dataset.text));
  });
}

// The answer is the bubble's state; where it was too late, that says so.
function wasTakenBack(xhr) {
  return xhr.status === 200 && xhr.responseText.includes("state--cancelled");
}

function count() {
  for (const form of document.querySelectorAll("form[data-undo]")) {
    const seconds = Math.round((Date.parse(form.dataset.undo) - serverNow()) / 1000);
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
