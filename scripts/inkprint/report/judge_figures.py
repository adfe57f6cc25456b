"""Figures of the judge's marks: how they are distributed, and their quartiles beside each other."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from inkprint.evaluate.judge import HIGHEST, MARKED, PLACES
from inkprint.report.style import COLOURS, INK, NAMES, new_figure

Scores = dict[str, dict[str, dict[str, float]]]  # metric -> variant -> item -> value


def marks(scores: Scores, metric: str) -> dict[str, list[int]]:
    """Each text's marks from 1 to 10, of what was asked first and the author last."""
    found = scores.get(metric, {})
    return {
        name: [round(1 + value * (HIGHEST - 1)) for value in found[name].values()]
        for name in PLACES
        if name in found
    }


def distribution(scores: Scores) -> Figure:
    """For each of the two marks a row of bars a variant: how many texts got which mark."""
    of_metric = {metric: marks(scores, metric) for metric in MARKED}
    names = list(of_metric["judge_style"])
    figure, panels = new_figure(0.6 + 0.62 * len(names) * 2, rows=len(names), columns=2)
    most = max(np.bincount(given).max() for of in of_metric.values() for given in of.values())
    for row, name in enumerate(names):
        for column, metric in enumerate(MARKED):
            axes = panels[2 * row + column]
            counts = np.bincount(of_metric[metric][name], minlength=HIGHEST + 1)[1:]
            axes.bar(range(1, HIGHEST + 1), counts, color=COLOURS[name], width=0.8)
            axes.set(xlim=(0.4, HIGHEST + 0.6), ylim=(0, most), xticks=[], yticks=[0, most])
            axes.tick_params(length=0)
            if row == 0:
                axes.set_title(f"{metric.removeprefix('judge_')}, texts", loc="left")
            if row == len(names) - 1:
                axes.set_xticks([1, 5, HIGHEST])
                axes.set_xlabel("mark")
            if column == 0:
                axes.set_ylabel(NAMES[name], rotation=0, ha="right", va="center", color=COLOURS[name])
            else:
                axes.set_yticklabels([])
    return figure


def boxes(scores: Scores) -> Figure:
    """For each of the two marks a box a variant: median, quartiles, whiskers to 1.5 boxes, the rest."""
    names = list(marks(scores, "judge_style"))
    figure, panels = new_figure(0.5 + 2 * (0.35 + 0.34 * len(names)), rows=2)
    for axes, metric in zip(panels, MARKED, strict=True):
        given = marks(scores, metric)
        drawn = axes.boxplot(
            [given[name] for name in names], orientation="horizontal", widths=0.6, patch_artist=True,
            medianprops={"color": INK, "linewidth": 2}, whiskerprops={"color": INK},
            capprops={"color": INK}, flierprops={"marker": "o", "markersize": 3.5},
        )  # fmt: skip
        for box, flier, name in zip(drawn["boxes"], drawn["fliers"], names, strict=True):
            box.set(facecolor=COLOURS[name], alpha=0.55, edgecolor=INK)
            flier.set(markerfacecolor=COLOURS[name], markeredgewidth=0)
        axes.set_yticks(range(1, len(names) + 1), [NAMES[name] for name in names])
        axes.invert_yaxis()
        axes.set_xlim(0.5, HIGHEST + 0.5)
        axes.set_xticks(range(1, HIGHEST + 1))
        axes.set_xlabel(f"mark for {metric.removeprefix('judge_')}, 1 to {HIGHEST}")
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
    return figure
