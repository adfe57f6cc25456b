"""The voice line: base, tuned and author between other authors and the author's unseen chapters."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from inkprint.report.style import COLOURS, INK, LINE, NAMES, legend, new_figure

ROWS = {
    "voice": "voice",
    "voice_unrecited": "without recital",
    "voice_function_words": "function words",
    "voice_characters": "characters",
    "voice_delta": "Delta",
    "voice_rhythm": "rhythm",
}


def voice_line(metrics: dict[str, Any], voice: dict[str, Any]) -> Figure:
    """A row for the score, one without recital, one a signal; a mark a variant, a tick another author."""
    rows = [name for name in ROWS if metrics.get(name, {}).get("items")]
    figure, [axes] = new_figure(0.9 + 0.48 * len(rows))
    for row, name in enumerate(rows):
        # Without recital the floor and the ceiling are the voice's own.
        scale = voice["metrics"].get(name, voice["metrics"]["voice"])
        _row(axes, row, metrics[name]["means"], scale)
    axes.axhline(
        len([name for name in rows if "voice_" not in name or name.endswith("cited")]) - 0.5, color=LINE
    )
    axes.set_yticks(range(len(rows)), [ROWS[name] for name in rows])
    axes.get_yticklabels()[0].set_fontweight("bold")
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, 1)
    axes.set_xlabel("Probability that it is the author's")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    legend(axes, 3)  # in two rows: five names are wider than a figure
    return figure


def _row(axes: Axes, row: int, means: dict[str, Any], scale: dict[str, Any]) -> None:
    axes.plot(
        [scale["floor"], scale["ceiling"]],
        [row, row],
        color=LINE,
        linewidth=7,
        solid_capstyle="butt",
        zorder=1,
    )
    others = [of["value"] for of in scale["others"].values()]
    label = "other authors" if row == 0 else None
    axes.scatter(others, np.full(len(others), row), marker="|", s=90, color=INK, label=label, zorder=2)
    variants = [variant for variant in COLOURS if variant in means]
    for number, variant in enumerate(variants):
        place = row + 0.11 * (number - (len(variants) - 1) / 2)  # intervals that overlap stay apart
        mean, colour = means[variant], COLOURS[variant]
        if mean["low"] is not None:
            axes.plot([mean["low"], mean["high"]], [place, place], color=colour, linewidth=2, zorder=3)
        label = NAMES[variant] if row == 0 else None
        axes.scatter([mean["value"]], [place], color=colour, s=26, label=label, zorder=4)
