// "Who is this?": typing a room or a part of a name leaves those who have it.
export function startPeople() {
  const search = document.getElementById("people-search");
  if (!search) return;
  search.hidden = false;
  const field = search.querySelector("input");
  field.addEventListener("input", () => show(field.value.trim().toLowerCase()));
  field.focus();
}

function show(words) {
  for (const person of document.querySelectorAll(".people__one")) person.hidden = !person.dataset.words.includes(words);
}
