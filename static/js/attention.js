// What a person has on the screen for some seconds is seen; and menus that stay open while a poll goes by.
const SEEN_AFTER_MS = 3000;

let seen = 0;
let timer = 0;

export function startAttention() {
  Idiomorph.defaults.callbacks.beforeNodeMorphed = (node) => !node.matches?.("details.menu[open]");
  document.addEventListener("click", closeOthers);
  document.addEventListener("keydown", (event) => event.key === "Escape" && close());
  document.addEventListener("submit", (event) => event.target.closest(".menu") && close());
  if (!document.getElementById("attention")) return;
  document.addEventListener("visibilitychange", look);
  setInterval(look, 1000);
}

function look() {
  const last = onScreen();
  if (document.hidden || last <= seen) return stop();
  timer ||= setTimeout(tell, SEEN_AFTER_MS);
}

function stop() {
  clearTimeout(timer);
  timer = 0;
}

async function tell() {
  const last = onScreen();
  const form = new FormData();
  form.set("seq", last);
  form.set("csrf_token", document.getElementById("csrf-token").content);
  const told = { method: "POST", body: form, headers: { "HX-Request": "true" } };
  const answer = await fetch(`${location.pathname}/seen`, told).catch(() => null);
  timer = 0;
  if (answer?.ok) seen = last;
}

// The next question knows the last message that this page has.
function onScreen() {
  const { pollUrl } = document.getElementById("poll").dataset;
  return Number(new URL(pollUrl, location.href).searchParams.get("seq"));
}

function closeOthers(event) {
  close(event.target.closest(".menu"));
}

function close(except = null) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu === except) continue;
    const hadFocus = menu.contains(document.activeElement);
    menu.open = false;
    if (hadFocus) menu.querySelector("summary").focus();
  }
}
