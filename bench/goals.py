"""What is measured against what: medians of rounds in turn, a ratio, a goal, and by how much it is missed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

Figures = dict[str, float]


@dataclass(frozen=True)
class Goal:
    """A bound that a value is to reach, or with `most` not to pass. unit: "x" of a ratio, "s", " GB"."""

    bound: float
    unit: str = "x"
    most: bool = False

    def short_by(self, value: float) -> float:
        """The share of the bound by which a value misses it (of a bound of 0 the value); 0 where it holds."""
        miss = value - self.bound if self.most else self.bound - value
        return max(0.0, miss / self.bound if self.bound else miss)

    def __str__(self) -> str:
        return f"{'<=' if self.most else '>='} {self.bound:g}{self.unit}"


@dataclass(frozen=True)
class Row:
    """One line of the table. value None: it was not measured, and `note` says why."""

    part: str  # what `--only` names
    what: str
    goal: Goal
    value: float | None = None
    ours: str = ""
    against: str = ""
    note: str = ""

    @property
    def verdict(self) -> str:
        if self.value is None:
            return f"not measured here ({self.note})"
        short = self.goal.short_by(self.value)
        # Half a percent would round to "short by 0 %".
        return f"short by {100 * short:.{0 if short >= 0.01 else 2}f} %" if short else "met"

    @property
    def shown_value(self) -> str:
        if self.value is None:
            return ""
        return (
            f"{self.value:,.0f}{self.goal.unit}"
            if self.value >= 1000
            else f"{self.value:.3g}{self.goal.unit}"
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"verdict": self.verdict}


def in_turn(sides: Mapping[str, Callable[[], Figures]], rounds: int) -> dict[str, Figures]:
    """Call the sides one after the other, so many rounds; of each figure of each side the median.

    In turn, since a machine's slow minutes then meet all sides alike.
    """
    found: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in sides}
    for _ in range(rounds):
        for name, measure in sides.items():
            for figure, value in measure().items():
                found[name][figure].append(value)
    return {name: {figure: median(own) for figure, own in of.items()} for name, of in found.items()}


def print_table(rows: list[Row]) -> None:
    """The rows, each with its goal and whether that is met."""
    print("\n| what | here | against | value | goal | |\n|---|---|---|---|---|---|")
    for row in rows:
        cells = (row.what, row.ours, row.against, row.shown_value, str(row.goal), row.verdict)
        print(f"| {' | '.join(cells)} |")
    for row in rows:
        if row.note and row.value is not None:
            print(f"\n{row.what}: {row.note}.")
