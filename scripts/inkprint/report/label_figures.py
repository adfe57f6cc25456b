"""The figures of labels, all drawn from metrics.json. Their titles and captions are in labels.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from inkprint.html import visible
from inkprint.report.labels import CALLED
from inkprint.report.style import COLOURS, INK, LINE, SERIES, legend, new_figure

LABELS_SHOWN = 12  # of a confusion matrix: more are no longer readable on a phone
CURVES_SHOWN = len(SERIES)
LETTERS_SHOWN = 18  # of a label's name
# Of each variant its colour and mark: two ways to tell it.
MARKS = {
    "majority": (COLOURS["reference"], "s"),
    "words": (COLOURS["words"], "D"),
    "tuned": (COLOURS["tuned"], "o"),
}
DARKEST_CELL = 0.4  # of the ink: letters stay readable on it, in the dark as well


def draw_all(result: dict[str, Any]) -> Iterator[tuple[str, Figure]]:
    """The figures by name, in the report's order."""
    frequent = most_frequent(result["classes"])
    yield "baselines", baselines(result["metrics"])
    yield "confusion", confusion(np.array(result["confusion"]), result["classes"], frequent[:LABELS_SHOWN])
    curves = [
        result["classes"][place] for place in frequent if result["classes"][place]["label"] in result["roc"]
    ]
    yield "roc", roc(result["roc"], curves[:CURVES_SHOWN])
    yield "reliability", reliability(result["calibration"])


def most_frequent(classes: list[dict[str, Any]]) -> list[int]:
    """Places of the labels in the list, those with the most held-out texts first."""
    return sorted(range(len(classes)), key=lambda place: (-classes[place]["texts"], place))


def confusion(counts: np.ndarray, classes: list[dict[str, Any]], shown: list[int]) -> Figure:
    """True labels down, told ones across; the rarest together as one where there are many. counts: (n, n)."""
    shown = sorted(shown)
    others = [place for place in range(len(classes)) if place not in shown]
    groups = [[place] for place in shown] + ([others] if others else [])
    cells = np.array([[counts[np.ix_(down, across)].sum() for across in groups] for down in groups])
    names = [shorten(classes[place]["label"]) for place in shown] + (
        [f"{len(others)} others"] if others else []
    )
    shares = cells / np.maximum(cells.sum(axis=1, keepdims=True), 1)
    figure, [axes] = new_figure(1.2 + 0.42 * len(groups) + 0.06 * max(map(len, names)) * (len(groups) > 3))
    for (row, column), share in np.ndenumerate(shares):
        alpha = DARKEST_CELL * float(share)
        axes.add_patch(Rectangle((column, row), 1, 1, facecolor=INK, alpha=alpha, linewidth=0))
        number = f"{cells[row, column]:,}"
        axes.text(
            column + 0.5, row + 0.5, number, ha="center", va="center", fontsize=10 if len(groups) < 7 else 8
        )
    axes.set(xlim=(0, len(groups)), ylim=(len(groups), 0))
    axes.set_yticks(np.arange(len(groups)) + 0.5, names)
    slant = {"rotation": 45, "ha": "left", "rotation_mode": "anchor"} if len(groups) > 3 else {}
    axes.set_xticks(np.arange(len(groups)) + 0.5, names, **slant)
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("The model says", labelpad=8)
    axes.set_ylabel("True label")
    return figure


def baselines(metrics: dict[str, Any]) -> Figure:
    """Every variant's value of each metric that runs from 0 to 1, with its interval."""
    shown = [metric for metric in metrics.values() if metric["bounded"]]
    variants = list(shown[0]["means"])
    figure, [axes] = new_figure(0.9 + 0.17 * len(shown) * (len(variants) + 1))
    for number, metric in enumerate(shown):
        for place, variant in enumerate(variants):
            mean, (colour, mark) = metric["means"][variant], MARKS[variant]
            height = number + (place - (len(variants) - 1) / 2) / (len(variants) + 1)
            if mean["low"] is not None:
                axes.hlines(height, mean["low"], mean["high"], color=colour, linewidth=1.8)
            axes.plot(mean["value"], height, color=colour, marker=mark, markersize=5, linestyle="none",
                      clip_on=False, label=CALLED.get(variant, variant) if number == 0 else None)  # fmt: skip
    axes.set(xlim=(-0.03, 1.03), ylim=(len(shown) - 0.5, -0.5))
    axes.set_yticks(range(len(shown)), [metric["title"] for metric in shown])
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("Value (0 to 1)")
    axes.grid(axis="x")
    legend(axes, len(variants))
    return figure


def roc(curves: dict[str, list[list[float]]], shown: list[dict[str, Any]]) -> Figure:
    """A curve a label against the rest; of two labels one curve, for the other is its mirror image."""
    figure, [axes] = new_figure(4.6)
    axes.plot([0, 1], [0, 1], color=COLOURS["reference"], linewidth=1.3, linestyle="--")
    for (colour, dashes), row in zip(SERIES, shown, strict=False):
        false, true = zip(*curves[row["label"]], strict=True)
        name = f"{shorten(row['label'])} (area {row['auc']['value']:.3f})"
        axes.plot(false, true, color=colour, linewidth=1.6, linestyle=dashes, label=name)
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    axes.set_xlabel("Others taken for it (share)")
    axes.set_ylabel("Found (share)")
    axes.grid()
    axes.legend(loc="lower right")
    return figure


def reliability(calibration: dict[str, Any]) -> Figure:
    """Accuracy against confidence, what chance alone does, and how many texts each bin has."""
    bins = calibration["bins"]
    figure, [axes, below] = new_figure(4.8, rows=2, sharex=True, gridspec_kw={"height_ratios": [3.2, 1]})
    axes.plot([0, 1], [0, 1], color=COLOURS["reference"], linewidth=1.3, linestyle="--")
    for of_bin in bins:
        middle = (of_bin["from"] + of_bin["to"]) / 2
        height = of_bin["high"] - of_bin["low"]
        axes.bar(middle, height, width=0.086, bottom=of_bin["low"], color=LINE, alpha=0.7, linewidth=0)
        below.bar(middle, of_bin["texts"], width=0.086, color=COLOURS["tuned"], linewidth=0)
        below.annotate(f"{of_bin['texts']:,}", (middle, of_bin["texts"]), (0, 2), textcoords="offset points",
                       ha="center", fontsize=8)  # fmt: skip
    points = [(of_bin["confidence"], of_bin["accuracy"]) for of_bin in bins]
    axes.plot(*zip(*points, strict=True), color=COLOURS["tuned"], linewidth=1.3, marker="o", markersize=5,
              label="tuned")  # fmt: skip
    first = min(of_bin["from"] for of_bin in bins)
    axes.set(xlim=(first - 0.01, 1.01), ylim=(-0.02, 1.02))
    axes.set_ylabel("Right (share)")
    axes.grid(axis="y")
    below.set_ylim(0, 1.25 * max(of_bin["texts"] for of_bin in bins))
    below.set_ylabel("Texts")
    below.set_xlabel("Probability of the most likely label")
    below.set_yticks([])
    legend(axes, 1)
    return figure


def shorten(name: str) -> str:
    """A label that fits beside a figure."""
    name = " ".join(visible(name).split())
    return name if len(name) <= LETTERS_SHOWN else name[: LETTERS_SHOWN - 1] + "…"
