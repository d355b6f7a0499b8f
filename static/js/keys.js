// The keyboard: single letters outside of fields, and what each does is found in the page: data-key="a", data-key="g i".
import { openSearch } from "./search.js";

const AFTER_G = 1500;
const NO_TEXT = ["button", "checkbox", "radio", "submit", "reset", "file", "image", "color", "range"];

let isAfterG = false;

export function startKeys() {
  if (!document.getElementById("keys")) return;
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => event.target.closest("[data-show-keys]") && showKeys());
  document.getElementById("keys").addEventListener("click", (event) => {
    if (event.target.id === "keys") event.target.close();
  });
}

function onKey(event) {
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    return openSearch();
  }
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") return leave();
  if (isWriting(event.target) || document.documentElement.dataset.letterKeys !== "on") return;
  if (press(event)) event.preventDefault();
}

function isWriting(element) {
  if (element.isContentEditable || ["TEXTAREA", "SELECT"].includes(element.tagName)) return true;
  return element.tagName === "INPUT" && !NO_TEXT.includes(element.type);
}

// What is open closes first; then the field is left, and what is typed in it stays.
function leave() {
  const open = document.activeElement.closest("details[open]");
  if (open) {
    open.open = false;
    open.querySelector("summary").focus();
  } else if (isWriting(document.activeElement)) document.activeElement.blur();
  else document.querySelector(".stay:target .stay__close")?.click();
}

// True when the key meant something here.
function press(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const isChord = isAfterG;
  isAfterG = false;
  if (event.repeat && !["j", "k"].includes(key)) return false;
  if (key === "/") return openSearch(), true;
  if (key === "?") return showKeys(), true;
  if (event.shiftKey || !/^[a-z!]$/.test(key)) return false;
  if (isChord) return use(`g ${key}`);
  if (key === "g") return waitForSecond(), true;
  if (key === "j" || key === "k") return step(key === "j" ? 1 : -1);
  return use(key);
}

function waitForSecond() {
  isAfterG = true;
  setTimeout(() => (isAfterG = false), AFTER_G);
}

function use(keys) {
  const target = targetOf(keys);
  if (!target) return false;
  if (isWriting(target)) target.focus();
  else target.click();
  return true;
}

// What cannot be seen cannot be pressed either, but a menu need not be opened for what is in it.
function targetOf(keys) {
  const found = [...document.querySelectorAll(`[data-key="${keys}"]`)];
  return found.find((each) => !each.disabled && (each.closest("details") ?? each).checkVisibility());
}

// From the row that has the focus, else from the one that is open.
function step(by) {
  const rows = [...document.querySelectorAll(".list__rows .row__link")].filter((row) => row.checkVisibility());
  if (!rows.length) return false;
  const here = rows.includes(document.activeElement) ? document.activeElement : rows.find((row) => row.ariaCurrent);
  const next = rows[here ? rows.indexOf(here) + by : 0];
  (next ?? here).focus();
  return true;
}

function showKeys() {
  const dialog = document.getElementById("keys");
  for (const line of dialog.querySelectorAll("[data-for]")) line.hidden = !targetOf(line.dataset.for);
  if (!dialog.open) dialog.showModal();
}
