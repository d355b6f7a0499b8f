// Nothing typed is lost: each key is kept in this browser, and on the server when the fingers rest.
import { serverNow } from "./minutes.js";

const REST = 500;
const AGAIN = 5000;
const GONE = 410;

export function startDrafts() {
  document.querySelectorAll("form[data-draft]").forEach((form) => new Box(form));
}

class Box {
  constructor(form) {
    this.form = form;
    this.field = form.elements.text;
    this.name = `draft ${form.dataset.box}`;
    this.kept = form.dataset.keptAt ? this.field.value : "";
    this.restore();
    this.field.addEventListener("input", () => this.typed());
    form.addEventListener("box:sent", () => this.sent());
    window.addEventListener("pagehide", () => this.save());
    document.addEventListener("visibilitychange", () => document.hidden && this.save());
    if (this.field.value !== this.kept) this.saveIn(REST);
  }

  get id() {
    return this.form.elements.reply_id || this.form.elements.note_id;
  }

  // What the server never heard of, or what is younger than what it has.
  restore() {
    const mine = JSON.parse(localStorage.getItem(this.name) || "null");
    if (!mine) return;
    const isOlder = this.form.dataset.keptAt && mine.at < Date.parse(this.form.dataset.keptAt);
    if (isOlder || mine.text === this.field.value) return localStorage.removeItem(this.name);
    this.field.value = mine.text;
    this.id.value = mine.id;
    if (this.form.elements.seq) this.form.elements.seq.value = mine.seq;
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
    const box = this.form.closest("details");
    if (box) box.open = true;
  }

  typed() {
    const { value: text } = this.field;
    const mine = { text, id: this.id.value, seq: this.form.elements.seq?.value, at: serverNow() };
    try {
      localStorage.setItem(this.name, JSON.stringify(mine));
    } catch {} // full or forbidden: the server has it in half a second
    this.saveIn(REST);
  }

  saveIn(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), ms);
  }

  async save() {
    clearTimeout(this.timer);
    const text = this.field.value;
    if (text === this.kept) return this.forget(text);
    const body = new FormData();
    const told = { text, form_id: this.id.value, seq: this.form.elements.seq?.value, csrf_token: this.form.elements.csrf_token.value };
    for (const [name, value] of Object.entries(told)) if (value !== undefined) body.append(name, value);
    // Kept alive: the page may be gone before the answer. The header asks for a 401 instead of the login page.
    const request = { method: "POST", body, keepalive: true, headers: { "HX-Request": "true" } };
    const answer = await fetch(this.form.dataset.draft, request).catch(() => null);
    if (answer?.status === GONE) return this.wasSent(text, await answer.text());
    if (!answer?.ok) return this.saveIn(AGAIN);
    this.kept = text;
    this.forget(text);
  }

  forget(text) {
    if (this.field.value === text) localStorage.removeItem(this.name);
  }

  // The answer to our sending was lost, but the server has it.
  wasSent(text, freshId) {
    if (this.field.value === text) this.field.value = "";
    this.id.value = freshId;
    this.sent();
  }

  sent() {
    clearTimeout(this.timer);
    this.kept = "";
    if (this.field.value) this.typed();
    else localStorage.removeItem(this.name);
  }
}
