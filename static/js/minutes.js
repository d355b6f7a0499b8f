// <time data-since="…"> shows how long ago that was; a waiting one turns amber, then red, after the hotel's minutes.
// The server's clock counts, not the desk's.
const MINUTE_MS = 60000;

let aheadMs = 0;

export function startMinutes() {
  setServerTime(document.documentElement.dataset.now);
  update();
  setInterval(update, 10000);
}

export function setServerTime(text, moreMs = 0) {
  const time = Date.parse(text) + moreMs;
  if (!Number.isNaN(time)) aheadMs = time - Date.now();
}

export function serverNow() {
  return Date.now() + aheadMs;
}

export function update() {
  for (const element of document.querySelectorAll("time[data-since]")) show(element);
}

function show(element) {
  const ms = Math.max(0, serverNow() - Date.parse(element.dataset.since));
  const words = wordsFor(Math.floor(ms / MINUTE_MS));
  if (element.textContent.trim() !== words) element.textContent = words;
  if (!element.classList.contains("waiting")) return;
  const { amber, red } = document.documentElement.dataset;
  element.classList.toggle("waiting--amber", ms >= amber * MINUTE_MS && ms < red * MINUTE_MS);
  element.classList.toggle("waiting--red", ms >= red * MINUTE_MS);
}

function wordsFor(minutes) {
  const { justNow, minute, hour, day } = document.documentElement.dataset;
  if (minutes < 1) return justNow;
  if (minutes < 60) return `${minutes} ${minute}`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} ${hour}`;
  return `${Math.floor(minutes / 1440)} ${day}`;
}
