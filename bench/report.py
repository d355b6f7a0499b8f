"""What is printed: figures as they come, and at the end the targets that were met and missed."""

import os
from dataclasses import dataclass, field


@dataclass
class Report:
    """`say` for a figure, `judge` for one with a target."""

    verdicts: list[tuple[str, str, str, bool]] = field(default_factory=list)

    def title(self, words: str) -> None:
        """Of a part; the load of the machine explains an odd figure."""
        print(f"\n{words}   (load {os.getloadavg()[0]:.1f})", flush=True)

    def say(self, what: str, figure: str) -> None:
        """A figure without a target."""
        print(f"  {what:<52} {figure}", flush=True)

    def judge(
        self, what: str, figure: float, *, unit: str = "", least: float | None = None, most: float | None = None
    ) -> None:
        """A figure that has to be at least, or at most, something."""
        is_met = (least is None or figure >= least) and (most is None or figure <= most)
        target = f"≥ {least:g}" if least is not None else f"≤ {most:g}"
        self.verdicts.append((what, f"{figure:.2f}{unit}", f"{target}{unit}", is_met))
        self.say(what, f"{figure:.2f}{unit}   target {target}{unit}: {'met' if is_met else 'MISSED'}")

    def table(self) -> str:
        """All that had a target."""
        rows = [
            f"  {what:<58} {figure:>10} {target:>10}   {'met' if met else 'MISSED'}"
            for what, figure, target, met in self.verdicts
        ]
        met = sum(verdict[3] for verdict in self.verdicts)
        return "\n".join(["", f"Targets: {met} of {len(self.verdicts)} met", *rows])
