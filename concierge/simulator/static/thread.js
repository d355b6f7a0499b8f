// The open chat: its bubbles, and what the guest does there.
// Texts come from guests and the hotel: they enter the page as text, never as HTML.
import { $, ask, clock, element, saying, setText, sync } from "./tools.js";

let open = null; // the thread as shown
let target = null; // { act: "reply" or "edit", message }
let look = null;

// Showing

export function showThread(thread) {
  if (!open || !thread || open.address !== thread.address) forgetTarget();
  open = thread;
  $("composer").hidden = $("calls").hidden = !thread;
  if (!thread) return;
  setText($("thread-name"), thread.name);
  setText($("thread-about"), about(thread));
  showWriter();
  const list = $("thread");
  const wasAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  sync(list, thread.messages, (message) => message.raw_id, makeBubble, updateBubble);
  if (wasAtEnd) list.scrollTop = list.scrollHeight;
}

function about(thread) {
  if (thread.is_typed_to) return "The hotel is typing…";
  const phone = thread.phone ? `+${thread.phone}` : "No phone number can be this address";
  if (thread.trouble) return `${phone} – ${thread.trouble}`;
  return thread.has_whatsapp ? phone : `${phone} – nothing sent here arrives`;
}

function showWriter() {
  const isHotel = $("composer").elements.writer.value === "hotel";
  const who = isHotel ? "the hotel" : open.name.split(" ")[0];
  const isEdit = target && target.act === "edit";
  setText($("composer-label"), isEdit ? "Change the message" : `Answer as ${who}`);
  setText($("composer-send"), isEdit ? "Change" : `Send as ${who}`);
  $("attach").hidden = Boolean(isEdit);
}

const HOTEL_SEES = { "-1": "refused by WhatsApp", 0: "not sent yet", 1: "sent, not delivered", 2: "delivered", 3: "read" };
const GUEST_SEES = { 2: "✓✓ at the hotel", 3: "✓✓ seen by the hotel" };
const GUEST_WAITS = "✓ waits until WAHA is connected";

function makeBubble(message) {
  const bubble = element("div", message.is_from_hotel ? "bubble bubble--hotel" : "bubble bubble--guest");
  for (const part of ["quote", "file", "said"]) bubble.append(element("div", `bubble__${part}`));
  if (message.file) bubble.querySelector(".bubble__file").append(makeFile(message));
  const row = bubble.appendChild(element("div", "bubble__row"));
  for (const part of ["text", "reaction", "meta"]) row.append(element("span", `bubble__${part}`));
  row.append($("acts").content.cloneNode(true));
  bubble.addEventListener("click", (event) => act(event, bubble));
  return bubble;
}

function makeFile(message) {
  const tags = { image: "img", sticker: "img", video: "video", voice: "audio", audio: "audio" };
  const made = element(tags[message.kind] || "a", message.kind === "sticker" ? "is-sticker" : "");
  if (made.tagName === "A") {
    made.textContent = message.title || "The file";
    made.href = message.file;
    made.download = message.title || "";
    return made;
  }
  if (made.tagName === "IMG") made.alt = message.said;
  else made.controls = true;
  made.src = message.file;
  return made;
}

function updateBubble(bubble, message) {
  bubble.message = message;
  const part = (name) => bubble.querySelector(`.bubble__${name}`);
  bubble.classList.toggle("bubble--deleted", message.is_deleted);
  if (message.is_deleted) part("file").replaceChildren();
  setText(part("quote"), message.quote || "");
  setText(part("said"), message.file ? "" : [message.said, message.title].filter(Boolean).join(": "));
  setText(part("text"), message.is_deleted ? "This message was deleted" : message.text);
  setText(part("reaction"), `${message.reaction}${message.guest_reaction}`);
  setText(part("meta"), meta(message));
  part("meta").dataset.ack = message.ack;
  const isOwn = !message.is_from_hotel || message.is_from_phone;
  show(bubble, "edit", isOwn && !message.is_deleted);
  show(bubble, "remove", isOwn && !message.is_deleted);
  show(bubble, "again", !message.is_from_hotel && Boolean(open.phone));
}

function meta(message) {
  const own = message.is_waiting ? GUEST_WAITS : GUEST_SEES[message.ack];
  const words = message.is_from_hotel ? `the hotel sees: ${HOTEL_SEES[message.ack]}` : own;
  const from = message.is_from_phone ? "from the hotel's phone" : null;
  return [clock(message.timestamp), message.is_edited && "edited", from, words].filter(Boolean).join(" · ");
}

function show(bubble, act, isShown) {
  bubble.querySelector(`[data-act="${act}"]`).hidden = !isShown;
}

// Doing

const path = (rest) => `guests/${encodeURIComponent(open.address)}/${rest}`;

async function doing(method, rest, body) {
  await saying("composer-error", () => ask(method, path(rest), body));
  await look();
}

async function act(event, bubble) {
  const { act: name, react } = event.target.dataset;
  const { message } = bubble;
  if (react === undefined && !name) return;
  bubble.querySelector(".acts").open = false;
  if (react !== undefined) await doing("POST", "reactions", { message: message.raw_id, emoji: react });
  else if (name === "remove") await doing("DELETE", `messages/${message.raw_id}`);
  else if (name === "again") await doing("POST", `messages/${message.raw_id}/again`, {});
  else aimAt(name, message);
}

function aimAt(name, message) {
  target = { act: name, message };
  const words = message.text || message.said || "a message without words";
  setText($("target-words"), name === "edit" ? `Was: ${words}` : `In reply to: ${words}`);
  $("target").hidden = false;
  if (name === "edit") $("composer-text").value = message.text;
  showWriter();
  $("composer-text").focus();
}

function forgetTarget() {
  if (target && target.act === "edit") $("composer-text").value = "";
  target = null;
  $("target").hidden = true;
  if (open) showWriter();
}

async function write(event) {
  event.preventDefault();
  const text = $("composer-text").value.trim();
  if (!text || !open) return;
  if (target && target.act === "edit") {
    const { raw_id } = target.message;
    forgetTarget();
    await doing("PUT", `messages/${raw_id}`, { text });
  } else {
    await send("text", text);
  }
}

async function send(kind, text) {
  const writer = $("composer").elements.writer.value;
  const body = { kind, text, as_lid: writer === "lid", hides_phone: writer === "hidden" };
  if (target) body.reply_to = target.message.raw_id;
  $("composer-text").value = "";
  forgetTarget();
  await doing("POST", writer === "hotel" ? "hotel-phone" : "messages", body);
  $("thread").scrollTop = $("thread").scrollHeight;
}

export function setUpThread(lookAgain) {
  look = lookAgain;
  $("composer").addEventListener("submit", write);
  $("composer").elements.writer.addEventListener("change", showWriter);
  $("composer-text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) write(event);
  });
  $("target-forget").addEventListener("click", forgetTarget);
  $("attach").addEventListener("click", (event) => {
    if (!event.target.dataset.kind) return;
    $("attach").open = false;
    send(event.target.dataset.kind, $("composer-text").value.trim());
  });
  $("calls").addEventListener("click", (event) => {
    if (event.target.dataset.call) doing("POST", "calls", { is_video: event.target.dataset.call === "video" });
  });
}
