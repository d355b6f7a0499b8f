// The list: more of it when a person scrolls down, and "is answering" goes when its time is over.
import { serverNow } from "./minutes.js";
import { askNow } from "./poll.js";

const NEAR_END = 240;

let list;
let asked = 0;

export function startList() {
  setInterval(endAnswering, 1000);
  list = document.getElementById("conversation-list");
  if (!list) return;
  list.addEventListener("scroll", askForMore, { passive: true });
  list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
}

// The next question asks for more rows than it knows; the answer carries the number on.
function askForMore() {
  const more = list.querySelector("[data-more]");
  const isNear = more && more.getBoundingClientRect().top - list.getBoundingClientRect().bottom < NEAR_END;
  if (!isNear || asked >= Number(more.dataset.more)) return;
  const poll = document.getElementById("poll");
  const url = new URL(poll.dataset.pollUrl, location.href);
  asked = Number(more.dataset.more);
  url.searchParams.set("rows", asked);
  url.searchParams.delete("pulse");
  poll.dataset.pollUrl = url.pathname + url.search;
  askNow();
}

function endAnswering() {
  for (const words of document.querySelectorAll(".row__answering")) {
    if (Date.parse(words.dataset.until) <= serverNow()) words.remove();
  }
}
