// "Sari is answering": said to the others while somebody types, and gone when its time is over.
import { serverNow } from "./minutes.js";

const EVERY = 20000;

let form, toldAt;

export function startAnswering() {
  setInterval(expire, 1000);
  form = document.getElementById("composer");
  if (!form) return;
  form.elements.text.addEventListener("input", typed);
  form.addEventListener("box:sent", () => (toldAt = 0));
}

function typed() {
  const isOver = !form.elements.text.value.trim();
  if (isOver ? !toldAt : toldAt && Date.now() - toldAt < EVERY) return;
  toldAt = isOver ? 0 : Date.now();
  tell(isOver);
}

// Of no consequence when it fails: the stop at sending does not depend on it.
function tell(isOver) {
  const body = new FormData();
  body.append("csrf_token", form.elements.csrf_token.value);
  if (isOver) body.append("is_over", "1");
  fetch(form.dataset.answering, { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => {});
}

// Nothing changes on the server when a lease or the time to delete a note is over: no poll would tell.
function expire() {
  for (const each of document.querySelectorAll("#answering [data-until], .note [data-until]")) {
    if (Date.parse(each.dataset.until) <= serverNow()) each.remove();
  }
}
