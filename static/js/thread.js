// The thread between two polls: new bubbles find their place, and what a person reads never moves.
import { isCut, isPagingDown, startPaging, trim } from "./paging.js";

const NEAR_BOTTOM = 100;
const GROUP_MS = 60000;
const FOLD_ABOVE = 400;

const placed = new WeakSet();
let box, list, pill;
let isAtBottom = true;
let unread = 0;
let anchor = null;

export function startThread() {
  box = document.getElementById("thread-scroll");
  list = document.getElementById("messages");
  pill = document.getElementById("new-messages");
  if (!box || !list) return;
  for (const message of list.children) settle(message);
  if (!box.hasAttribute("data-starts-above")) scrollDown();
  else remember();
  toAddressed();
  startPaging(box);
  box.addEventListener("scroll", remember, { passive: true });
  pill?.addEventListener("click", toBottom);
  list.addEventListener("click", unfold);
  new MutationObserver(changed).observe(list, { childList: true, subtree: true });
  const sizes = new ResizeObserver(restore); // a picture that has come, a window that is turned
  sizes.observe(box);
  sizes.observe(list);
}

// The call list leads to the message that did not arrive.
function toAddressed() {
  const addressed = document.getElementById(location.hash.slice(1));
  if (!addressed || addressed.parentElement !== list) return;
  addressed.scrollIntoView({ block: "center" });
  remember();
}

// Where the newest have left the page, it is made anew.
export function toBottom() {
  if (isCut()) location.assign(location.pathname + location.search);
  else scrollDown();
}

function scrollDown() {
  isAtBottom = true;
  unread = 0;
  box.scrollTop = box.scrollHeight;
  showPill();
  remember();
}

function changed() {
  const fresh = [...list.children].filter((message) => !placed.has(message));
  const oldest = [...list.children].find((message) => placed.has(message));
  const kept = fresh.filter((message) => !mergeTwin(message));
  const waiting = kept.filter((message) => waitsBelow(message, oldest));
  const here = kept.filter((message) => message.isConnected);
  here.forEach(place);
  list.querySelectorAll(".message--folded").forEach(foldAgain);
  const news = isPagingDown() || isAtBottom ? [] : here.filter((message) => isNews(message, oldest));
  unread += news.length + waiting.filter(isGuests).length;
  restore();
  trim(list, anchor?.message);
  restore();
  showPill();
}

// Between what the poll brings and a page that ends above it there would be a gap that nobody sees.
function waitsBelow(message, oldest) {
  if (!isCut() || isPagingDown() || !isBelow(message, oldest)) return false;
  message.remove();
  return true;
}

// A reply comes back twice, as the form's answer and by the next poll: the bubble stays, its state is taken over.
function mergeTwin(message) {
  const twin = [...list.children].find((other) => other !== message && other.id === message.id && placed.has(other));
  if (!twin) return false;
  for (const part of [".bubble__state", ".trouble"]) {
    const mine = twin.querySelector(part);
    const theirs = message.querySelector(part);
    if (!mine || !theirs || mine.outerHTML === theirs.outerHTML) continue;
    mine.replaceWith(theirs);
    htmx.process(theirs); // it looks for forms in the bubble that goes, and would not find those that stay
  }
  message.remove();
  return true;
}

function place(message) {
  let before = list.lastElementChild;
  while (before && (before === message || !placed.has(before) || isAfter(before, message))) {
    before = before.previousElementSibling;
  }
  const isThere = before ? before.nextElementSibling === message : list.firstElementChild === message;
  if (!isThere) before ? before.after(message) : list.prepend(message);
  settle(message);
  regroup(message);
  if (message.nextElementSibling) regroup(message.nextElementSibling);
}

function isAfter(one, other) {
  if (one.dataset.sent !== other.dataset.sent) return one.dataset.sent > other.dataset.sent;
  return Number(one.dataset.seq) > Number(other.dataset.seq);
}

function regroup(message) {
  const before = message.previousElementSibling;
  const isNewDay = !before || before.dataset.day !== message.dataset.day;
  const isGrouped =
    !isNewDay &&
    before.dataset.author === message.dataset.author &&
    Date.parse(message.dataset.sent) - Date.parse(before.dataset.sent) <= GROUP_MS;
  message.classList.toggle("message--first-of-day", isNewDay);
  message.classList.toggle("message--grouped", isGrouped);
}

function settle(message) {
  placed.add(message);
  const text = message.querySelector(".bubble__text");
  if (!text || text.getBoundingClientRect().height <= FOLD_ABOVE || message.querySelector(".bubble__more")) return;
  message.classList.add("message--folded");
  text.after(document.getElementById("show-all").content.cloneNode(true));
}

// Words that were edited have come without the button that unfolds them.
function foldAgain(message) {
  if (message.querySelector(".bubble__more")) return;
  message.classList.remove("message--folded");
  settle(message);
}

function unfold(event) {
  const button = event.target.closest(".bubble__more");
  if (!button) return;
  isAtBottom = false;
  button.closest(".message").classList.remove("message--folded");
  button.remove();
}

function isNews(message, oldest) {
  return isBelow(message, oldest) && isGuests(message);
}

function isBelow(message, oldest) {
  return !oldest || Boolean(oldest.compareDocumentPosition(message) & Node.DOCUMENT_POSITION_FOLLOWING);
}

function isGuests(message) {
  return message.classList.contains("message--guest");
}

function remember() {
  isAtBottom = !isCut() && box.scrollHeight - box.scrollTop - box.clientHeight <= NEAR_BOTTOM;
  if (isAtBottom && unread) {
    unread = 0;
    showPill();
  }
  const top = box.getBoundingClientRect().top;
  const message = [...list.children].find((each) => each.getBoundingClientRect().bottom > top);
  anchor = message && { message, top: message.getBoundingClientRect().top };
}

function restore() {
  if (isAtBottom) box.scrollTop = box.scrollHeight;
  else if (anchor?.message.isConnected) box.scrollTop += anchor.message.getBoundingClientRect().top - anchor.top;
  remember();
}

function showPill() {
  if (!pill) return;
  pill.hidden = !unread;
  pill.querySelector("b").textContent = unread;
}
