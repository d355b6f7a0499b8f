// Who waits is counted in the favicon, rung for, and told on the desktop; managers are called to who waits too long.
// All of it is a matter of time: the page holds the times, and a tick a second compares them with the server's clock.
import { canSound, sound, wakeBell } from "./bell.js";
import { serverNow } from "./minutes.js";
import { askNow } from "./poll.js";

const AGAIN = 30000;
const NOT_SOONER = 1500;
const HIDDEN_QUESTION = 20000;
const QUIET_START = 2000;
const RANG = "concierge-rang"; // shared by the tabs of this browser: one of them rings

const find = (id) => document.getElementById(id);
const told = new Set();
let icon, plainIcon;
let shownCount = "0";
let heardAt = Date.now();
let startedAt = Date.now();

export function startAlerts() {
  if (!find("alarm")) return;
  icon = document.querySelector("link[rel=icon]");
  plainIcon = icon.href;
  wakeBell();
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.requestConfig.elt.id === "poll") heardAt = Date.now();
  });
  everySecond(look);
  look();
}

function everySecond(act) {
  try {
    new Worker(new URL("ticks.js", import.meta.url)).onmessage = act;
  } catch {
    setInterval(act, 1000);
  }
}

function look() {
  const calls = escalated();
  showCount();
  showWhetherItSounds();
  const ringing = whoRings();
  alarm([...ringing, ...calls], ringing.length > 0, calls.length > 0);
  if (find("alarm").hasAttribute("data-notifies")) tell([...ringing, ...calls]);
  if (document.hidden && Date.now() - heardAt > HIDDEN_QUESTION) askNow();
}

function whoRings() {
  return [...find("alarm").children].filter((each) => Date.parse(each.dataset.ringsFrom) <= serverNow());
}

function escalated() {
  const calls = [...document.querySelectorAll("#calls [data-escalates-at]")];
  for (const each of calls) each.hidden = Date.parse(each.dataset.escalatesAt) > serverNow();
  return calls.filter((each) => !each.hidden);
}

// At once when somebody new is among them, then twice a minute while one of them rings.
function alarm(waits, doRing, areLate) {
  const { volume, waitingSound, lateSound } = find("alarm").dataset;
  if (!waits.length || volume === "0" || !canSound()) return;
  const keys = waits.map((each) => each.dataset.wait);
  const rang = whatRang();
  const agoMs = Math.abs(Date.now() - rang.at);
  const isNew = keys.some((key) => !rang.keys.includes(key));
  if (!(isNew && agoMs >= NOT_SOONER) && !(doRing && agoMs >= AGAIN)) return;
  localStorage.setItem(RANG, JSON.stringify({ at: Date.now(), keys }));
  sound(areLate ? lateSound : waitingSound, Number(volume));
}

function whatRang() {
  try {
    const { at, keys } = JSON.parse(localStorage.getItem(RANG));
    return { at: Number(at), keys: [...keys] };
  } catch {
    return { at: 0, keys: [] };
  }
}

// Only to who looks at something else; the tag makes one of what several tabs say.
function tell(waits) {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  for (const { dataset } of waits) {
    if (told.has(dataset.wait)) continue;
    told.add(dataset.wait);
    if (document.hasFocus()) continue;
    const note = new Notification(dataset.words, { tag: dataset.wait, icon: plainIcon });
    note.onclick = () => {
      window.focus();
      location.assign(dataset.thread);
    };
  }
}

function showWhetherItSounds() {
  const isOff = find("alarm").dataset.volume !== "0" && !canSound() && Date.now() - startedAt > QUIET_START;
  if (find("strip-sound").hidden === isOff) find("strip-sound").hidden = !isOff;
}

function showCount() {
  const { count } = find("inbox-count").dataset;
  if (count === shownCount) return;
  shownCount = count;
  icon.href = count === "0" ? plainIcon : `data:image/svg+xml,${encodeURIComponent(drawn(Number(count)))}`;
}

function drawn(count) {
  const words = count > 9 ? "9+" : count;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0f6b5c"/>
    <path d="M3 27h18M5 27a7 7 0 0 1 14 0" fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round"/>
    <circle cx="21" cy="11" r="11" fill="#b3261e"/><text x="21" y="16.500" fill="#fff" text-anchor="middle"
    font-family="system-ui, sans-serif" font-weight="600" font-size="${count > 9 ? 13 : 16}">${words}</text></svg>`;
}
