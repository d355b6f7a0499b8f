// A quotation leads to the message that it answers; where that one is further up, it is brought here first.
const MOST_PAGES = 20;

let wantedId = "";
let pages = 0;

export function startQuotes() {
  document.getElementById("messages")?.addEventListener("click", follow);
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (wantedId && event.detail.requestConfig.elt.closest("#earlier")) setTimeout(goOn);
  });
}

function follow(event) {
  const quote = event.target.closest("a.quote");
  if (!quote) return;
  wantedId = quote.hash.slice(1);
  pages = 0;
  if (document.getElementById(wantedId)) return; // the browser goes there by itself
  event.preventDefault();
  goOn();
}

// Fresh from the server it would be a plain link still, and lead away from here.
function press(more) {
  htmx.process(more);
  more.click();
}

function goOn() {
  const more = document.querySelector("#earlier:not([hidden]) a");
  if (document.getElementById(wantedId)) location.hash = wantedId;
  else if (more && (pages += 1) <= MOST_PAGES) return press(more);
  wantedId = "";
}
