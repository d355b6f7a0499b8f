// How the alarm sounds. Browsers play nothing before the first click or key on a page of ours.
const GESTURES = ["pointerdown", "keydown", "touchend"];

let output;
const buffers = {};

export function wakeBell() {
  output ??= new AudioContext();
  for (const gesture of GESTURES) document.addEventListener(gesture, () => output.resume(), { capture: true });
}

export function canSound() {
  return output?.state === "running";
}

// `volume` from 0 to 100. Half of it should sound half as loud: ears hear the square root.
export async function sound(address, volume) {
  try {
    buffers[address] ??= await load(address);
    const source = output.createBufferSource();
    const loudness = output.createGain();
    source.buffer = buffers[address];
    loudness.gain.value = (volume / 100) ** 2;
    source.connect(loudness).connect(output.destination);
    source.start();
  } catch {
    // The server did not answer: the next time is in half a minute.
  }
}

async function load(address) {
  const answer = await fetch(address);
  return output.decodeAudioData(await answer.arrayBuffer());
}
