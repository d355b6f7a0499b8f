"""The two sounds of the alarm, made anew by `python -m tools.sounds`: two soft tones, and three for the managers."""

import math
import struct
import wave
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "static" / "sounds"
A_SECOND = 16_000  # samples: enough for tones of this height, and a file of a few kilobytes
LOUDEST = 20_000
# Hertz and seconds of each tone.
SOUNDS = {
    "waiting.wav": ((659.25, 0.18), (880.0, 0.36)),
    "late.wav": ((880.0, 0.16), (880.0, 0.16), (1174.66, 0.4)),
}


def main() -> None:
    """Write both files."""
    FOLDER.mkdir(exist_ok=True)
    for name, tones in SOUNDS.items():
        with wave.open(str(FOLDER / name), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(A_SECOND)
            file.writeframes(b"".join(struct.pack("<h", sample) for tone in tones for sample in _samples(*tone)))


def _samples(hertz: float, seconds: float) -> Iterator[int]:
    """A sine that comes in 10 ms, so that nothing clicks, and dies away like a bell."""
    count = int(seconds * A_SECOND)
    for number in range(count):
        rise = min(1.0, number / (0.01 * A_SECOND))
        fall = (1 - number / count) ** 2
        yield round(LOUDEST * rise * fall * math.sin(2 * math.pi * hertz * number / A_SECOND))


if __name__ == "__main__":
    main()
