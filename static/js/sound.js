// A voice message tells how long it is once it is on the screen; what nobody scrolls to is not fetched.
const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    target.preload = "metadata";
    seen.unobserve(target);
  }
});

export function startSound() {
  const list = document.getElementById("messages");
  if (!list) return;
  const watch = () => list.querySelectorAll("audio[preload=none]").forEach((sound) => seen.observe(sound));
  new MutationObserver(watch).observe(list, { childList: true, subtree: true });
  watch();
}
