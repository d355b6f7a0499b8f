// Small tools of the page; they know nothing of guests.

export class Refused extends Error {}

export async function ask(method, path, body) {
  const options = { method, headers: { "Content-Type": "application/json" } };
  if (body !== undefined) options.body = JSON.stringify(body);
  const answer = await fetch(`/simulator/${path}`, options);
  if (answer.status === 204) return null;
  const content = await answer.json();
  if (!answer.ok) throw new Refused(content.error || `The simulator answered ${answer.status}.`);
  return content;
}

// Runs an act; what is refused is said in the element of this id.
export async function saying(id, act) {
  $(id).hidden = true;
  try {
    await act();
  } catch (error) {
    $(id).textContent = error instanceof Refused ? error.message : "The simulator did not answer.";
    $(id).hidden = false;
  }
}

export const $ = (id) => document.getElementById(id);

// Keeps the elements of what is still there: selection, focus and scrolling survive.
export function sync(list, items, key, make, update) {
  const old = new Map([...list.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, place) => {
    const child = old.get(key(item)) || make(item);
    old.delete(key(item));
    child.dataset.key = key(item);
    update(child, item);
    if (list.children[place] !== child) list.insertBefore(child, list.children[place] || null);
  });
  for (const gone of old.values()) gone.remove();
}

export function element(tag, name, text = "") {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}

export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

export function count(id, number) {
  setText($(id), number ? String(number) : "");
}

export function clock(seconds, isExact = false) {
  const exact = isExact ? { second: "2-digit" } : {};
  return new Date(seconds * 1000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", ...exact });
}
