// The page of preferences: the alarm can be heard, and the desktop asked, before anything is saved.
import { sound } from "./bell.js";

export function startPreferences() {
  const form = document.getElementById("preferences");
  if (!form) return;
  const test = document.getElementById("test-sound");
  test.hidden = false;
  test.addEventListener("click", () => sound(test.dataset.sound, form.elements.sound_volume.value));
  form.elements.sound_volume.addEventListener("input", showVolume);
  form.elements.wants_notifications.addEventListener("change", ask);
  for (const theme of form.elements.theme) theme.addEventListener("change", showTheme);
  showVolume();
  function showVolume() {
    const { value } = form.elements.sound_volume;
    document.getElementById("volume").textContent = value === "0" ? test.dataset.silent : value;
  }
}

function showTheme({ target }) {
  document.documentElement.dataset.theme = target.value;
}

// A browser that was told "no" does not ask again: only its own settings help then.
async function ask({ target }) {
  const words = document.getElementById("notifications-problem");
  words.textContent = "";
  if (!target.checked) return;
  const isAllowed = "Notification" in window && (await Notification.requestPermission()) === "granted";
  if (isAllowed) return;
  target.checked = false;
  words.textContent = window.isSecureContext ? words.dataset.refused : words.dataset.plain;
}
