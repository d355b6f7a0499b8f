// Years of a thread are too much for one page: what is far from where a person reads leaves it, and can be had again.
const MOST = 300;
const SLACK = 20;
const NEAR_END = 200;

const place = (id) => document.getElementById(id);
let isLaterAsked = false;
let hasScrolled = false;

export function startPaging(box) {
  for (const sign of ["wheel", "touchmove", "keydown", "pointerdown"]) {
    box.addEventListener(sign, () => (hasScrolled = true), { passive: true });
  }
  box.addEventListener("scroll", () => bringMore(box), { passive: true });
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.closest("#later")) isLaterAsked = true;
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt.closest("#later") || event.detail.requestConfig.elt.closest?.("#later")) {
      setTimeout(() => (isLaterAsked = false)); // the bubbles are looked at before that
    }
  });
}

// The newest are not on the page.
export function isCut() {
  const later = place("later");
  return Boolean(later) && !later.hidden;
}

// What comes at the end now is a page that was asked for, and no news.
export function isPagingDown() {
  return isLaterAsked;
}

export function trim(list, read) {
  const shown = [...list.children];
  const many = shown.length - MOST;
  if (many <= SLACK || !place("later")) return;
  const isReadBelow = shown.indexOf(read) > shown.length / 2;
  if (isReadBelow) cut(shown, many, "earlier");
  else cut(shown.reverse(), many, "later");
}

// From one end; what is asked for again is named by a message, never by a note.
function cut(shown, many, id) {
  let count = many;
  while (!shown[count].id.startsWith("message-")) count += 1;
  for (const each of shown.slice(0, count)) each.remove();
  const more = place(id);
  const old = more.querySelector("[data-page]");
  const link = old.cloneNode(true); // htmx remembers where the old one led
  link.href = more.dataset.more + shown[count].id.slice("message-".length);
  link.setAttribute("hx-get", link.href);
  link.classList.remove("htmx-request");
  old.replaceWith(link);
  more.hidden = false;
  htmx.process(link);
}

function bringMore(box) {
  if (!hasScrolled) return;
  const below = box.scrollHeight - box.scrollTop - box.clientHeight;
  if (box.scrollTop < NEAR_END) press("earlier");
  else if (below < NEAR_END) press("later");
}

function press(id) {
  const more = place(id);
  const link = more?.querySelector("[data-page]");
  if (!more || more.hidden || link.classList.contains("htmx-request")) return;
  htmx.process(link);
  link.click();
}
