// The guest's phone: asks /simulator/phone every second and shows what changed.
// Texts come from guests and the hotel: they enter the page as text, never as HTML.
import { setUpThread, showThread } from "./thread.js";
import { $, Refused, ask, clock, count, element, saying, setText, sync } from "./tools.js";

const EVERY_MS = 1000;

let now = null;
let revision = "";
let open = decodeURIComponent(location.hash.slice(1));
let unansweredSince = null;

async function look() {
  try {
    const news = await ask("GET", `phone?${new URLSearchParams({ guest: open, revision })}`);
    unansweredSince = null;
    if (news) show(news);
    $("banner").hidden = !now || !now.trouble.down;
    if (now && now.trouble.down) tell("WAHA is down, as switched on the right. Messages wait.");
    await readOpenChat();
  } catch (error) {
    if (!(error instanceof Refused)) cannotReach();
  }
}

async function forever() {
  await look();
  setTimeout(forever, EVERY_MS);
}

// While WAHA is down its port is closed, and the page lives on at the second door.
function cannotReach() {
  unansweredSince = unansweredSince || new Date();
  const spare = now && now.control_url && now.control_url.replace("127.0.0.1", location.hostname);
  if (spare && new URL(spare).origin !== location.origin && now.trouble.down) {
    location.href = `${spare}/#${encodeURIComponent(open)}`;
    return;
  }
  tell(`The simulator has not answered since ${clock(unansweredSince / 1000)}.`);
  if (spare && new URL(spare).origin !== location.origin) {
    const link = element("a", "", " If WAHA was switched off, it is switched on again here.");
    link.href = `${spare}/`;
    $("banner").append(link);
  }
}

function tell(words) {
  $("banner").textContent = words;
  $("banner").hidden = false;
}

// Showing

function show(news) {
  now = news;
  revision = news.revision;
  showLine();
  sync($("guests"), news.guests, (guest) => guest.address, makeGuest, updateGuest);
  $("no-guests").hidden = news.guests.length > 0;
  count("unread-count", news.guests.reduce((sum, guest) => sum + guest.unread, 0));
  showThread(news.thread);
  showTrouble();
  sync($("webhooks"), news.webhooks, (one) => one.request_id, makeWebhook, updateWebhook);
  $("no-webhooks").hidden = news.webhooks.length > 0;
  if (!news.webhook_url) $("no-webhooks").textContent = "No webhook address is set: the hotel is told nothing.";
}

const LINES = {
  WORKING: ["good", "WhatsApp connected"],
  STARTING: ["waiting", "Starting"],
  SCAN_QR_CODE: ["waiting", "Waits for the QR code"],
  FAILED: ["bad", "Failed"],
  STOPPED: ["bad", "Stopped"],
};

function showLine() {
  const [mood, word] = now.trouble.down ? ["bad", "WAHA is down"] : LINES[now.line];
  $("line-dot").dataset.mood = mood;
  $("line-word").textContent = word;
}

function makeGuest(guest) {
  const item = element("li", "guests__item");
  const row = item.appendChild(element("button", "guest"));
  row.type = "button";
  for (const part of ["name", "time", "preview", "unread"]) row.append(element("span", `guest__${part}`));
  row.addEventListener("click", () => openChat(guest.address));
  return item;
}

function updateGuest(item, guest) {
  const row = item.firstChild;
  const [name, time, preview, unread] = row.children;
  setText(name, guest.name);
  setText(time, guest.timestamp ? clock(guest.timestamp) : "");
  setText(preview, guest.preview);
  setText(unread, guest.unread ? `${guest.unread} new` : "");
  row.setAttribute("aria-current", guest.address === open);
}

function showTrouble() {
  const form = $("trouble");
  const values = { ...now.trouble, line: now.line };
  for (const control of form.elements) {
    if (!(control.name in values) || control === document.activeElement && control.tagName === "SELECT") continue;
    if (control.type === "checkbox") control.checked = values[control.name];
    else if (control.name === "restricted_until") chooseEnd(control, values[control.name]);
    else choose(control, values[control.name]);
  }
  $("release").hidden = now.hanging === 0;
  setText($("release"), now.hanging === 1 ? "Let the hanging call go" : `Let ${now.hanging} hanging calls go`);
  const present = { ...now.trouble, restricted_until: isOver(now.trouble.restricted_until) ? 0 : 1 };
  const troubles = Object.values(present).filter(Boolean).length + (now.line === "WORKING" ? 0 : 1);
  count("trouble-count", troubles);
}

// What is chosen is how long; what is kept is until when.
function chooseEnd(select, until) {
  for (const option of [...select.options]) if (option.dataset.isEnd) option.remove();
  if (isOver(until)) return void (select.value = "0");
  const option = new Option(`until ${clock(until)}`, String(until), true, true);
  option.dataset.isEnd = "yes";
  select.add(option);
}

function isOver(until) {
  return until <= Date.now() / 1000;
}

// A test may have set a value that the list does not offer.
function choose(select, value) {
  const text = String(value);
  if (![...select.options].some((option) => option.value === text)) select.add(new Option(`${text} s`, text));
  select.value = text;
}

function makeWebhook(one) {
  const item = element("li", "webhook");
  item.append(element("span", "webhook__event", one.event), element("span", "webhook__state"));
  return item;
}

function updateWebhook(item, one) {
  const words = {
    waiting: "on its way",
    held: "held back",
    retrying: `trying again, ${one.tries} so far (${one.answer})`,
    delivered: one.tries > 1 ? `delivered at try ${one.tries}` : "delivered",
    lost: "lost for good",
    "given up": `given up after ${one.tries} (${one.answer})`,
  };
  setText(item.lastChild, `${clock(one.at / 1000, true)} · ${words[one.state] || one.state}`);
  item.dataset.state = one.state;
}

// Doing

function openChat(address) {
  open = address;
  revision = "";
  history.replaceState(null, "", `#${encodeURIComponent(address)}`);
  $("thread").replaceChildren();
  view("phone");
  look();
}

async function readOpenChat() {
  const guest = now && now.guests.find((one) => one.address === open);
  const isSeen = !document.hidden && $("thread").offsetParent !== null;
  if (guest && guest.unread && isSeen) await ask("POST", `guests/${encodeURIComponent(open)}/read`, {});
}

async function addGuest(event) {
  event.preventDefault();
  const form = $("new-guest");
  await saying("new-guest-error", async () => {
    const name = form.elements.name.value.trim() || null;
    const guest = await ask("POST", "guests", { name, phone: form.elements.phone.value });
    form.reset();
    openChat(guest.address);
    $("composer").hidden = false;
    $("composer-text").focus();
  });
}

async function changeTrouble(event) {
  const control = event.target;
  if (!control.name) return;
  const value = valueOf(control);
  control.blur();
  await saying("trouble-error", () => ask("PUT", "trouble", { [control.name]: value }));
  if (control.name === "down") now.trouble.down = value;
  await look();
}

function valueOf(control) {
  if (control.type === "checkbox") return control.checked;
  if (control.name === "line") return control.value;
  const seconds = Number(control.value);
  const isEnd = control.name === "restricted_until" && seconds > 0;
  return isEnd ? Math.floor(Date.now() / 1000) + seconds : seconds;
}

async function allWell() {
  const values = Object.entries(now.trouble).map(([name, value]) => [name, typeof value === "number" ? 0 : false]);
  await saying("trouble-error", () => ask("PUT", "trouble", { ...Object.fromEntries(values), line: "WORKING" }));
  await look();
}

function view(name) {
  document.body.dataset.view = name;
  for (const tab of document.querySelectorAll("[data-show]")) tab.setAttribute("aria-pressed", tab.dataset.show === name);
}

setUpThread(look);
$("new-guest").addEventListener("submit", addGuest);
$("trouble").addEventListener("change", changeTrouble);
$("trouble").addEventListener("submit", (event) => event.preventDefault());
$("all-well").addEventListener("click", allWell);
$("release").addEventListener("click", () => ask("POST", "release", {}).then(look));
for (const tab of document.querySelectorAll("[data-show]")) tab.addEventListener("click", () => view(tab.dataset.show));
view(open ? "phone" : "guests");
forever();
