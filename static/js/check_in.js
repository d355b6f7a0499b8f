// The check-in form shows the welcome as it will be sent, and its button names the room.
let form;

export function startCheckIn() {
  form = document.getElementById("check-in");
  if (!form) return;
  form.addEventListener("input", show);
  show();
}

function show() {
  const button = document.getElementById("check-in-button");
  const room = form.elements.room_number.value;
  button.textContent = room ? button.dataset.withRoom.replace("{room}", room) : button.dataset.withoutRoom;
  const welcome = document.querySelector(`template[data-welcome="${CSS.escape(form.elements.language.value)}"]`);
  if (!welcome) return;
  document.getElementById("welcome-preview").textContent = filled(welcome.content.textContent, room);
}

function filled(text, room) {
  const values = { name: form.elements.full_name.value.trim(), room, hotel: form.dataset.hotel };
  return text.replace(/\{([^{}]*)\}/g, (whole, word) => values[word.trim()] || "…");
}
