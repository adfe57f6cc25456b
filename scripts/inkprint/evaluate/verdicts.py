"""Verdicts: what the intervals of all comparisons together bear, in a word or a few.

A verdict needs two witnesses, an interval that leaves 0 out and a p-value below 5 %. One comparison of a
report was named in the recipe before the run: its p-value stands as it is. The others are many, and one in
twenty would be small by chance: theirs are raised by Holm's step-down method (1979). So of 100 reports of
models that do not differ, at most 5 say so wrongly of the primary metric, and at most 5 of any other.
"""

from __future__ import annotations

from typing import Any

from inkprint.evaluate.intervals import holm

SIGNIFICANT = 0.05
TOO_FEW = "too few to tell"
NONE_SHOWN = "no difference shown"
BEYOND = "beyond the author"


def judge(metrics: dict[str, dict[str, Any]], primary: str, main: str) -> None:
    """Give each of the metrics' `against` entries its `p_adjusted` and its `verdict`.

    primary: the metric named before the run, tuned against the variant `main`: nothing is adjusted there.
    """
    tested = [
        found
        for name, metric in metrics.items()
        for other, found in metric["against"].items()
        if found["p"] is not None and (name, other) != (primary, main)
    ]
    adjusted = holm([found["p"] for found in tested])
    for metric in metrics.values():
        for found in metric["against"].values():
            found["p_adjusted"] = None
    for found, p in zip(tested, adjusted, strict=True):
        found["p_adjusted"] = float(f"{p:.6g}")
    for metric in metrics.values():
        for found in metric["against"].values():
            p = found["p"] if found["p_adjusted"] is None else found["p_adjusted"]
            found["verdict"] = verdict(found["low"], found["high"], p, metric["better"])
            if found["verdict"] == "better" and metric.get("likeness") and beyond(metric["means"]):
                found["verdict"] = BEYOND


def beyond(means: dict[str, dict[str, float | None]]) -> bool:
    """Whether the tuned model scores above the author's own text.

    A regression's line knows no end: a babble of an author's favourite words lies farther on the author's
    side than the author. That is a caricature and no better likeness.
    """
    author = means.get("reference", {}).get("high")
    tuned = means["tuned"]["low"]
    return author is not None and tuned is not None and tuned > author


def verdict(low: float | None, high: float | None, p: float | None, better: str) -> str:
    """What tuned minus another variant bears: its interval and its p-value, adjusted where there are many."""
    if low is None or high is None or p is None:
        return TOO_FEW
    if low <= 0 <= high or p >= SIGNIFICANT:
        return NONE_SHOWN
    direction = "higher" if low > 0 else "lower"
    if better == "neither":
        return direction
    return "better" if direction == better else "worse"
