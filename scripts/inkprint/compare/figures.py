"""The figures: each run a row, in the order given, base and tuned with their intervals."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from matplotlib.figure import Figure

from inkprint.compare.finished import Finished
from inkprint.compare.measuring import VARIANTS
from inkprint.compare.rulers import why_not
from inkprint.report.numbers import unit
from inkprint.report.style import COLOURS, NAMES, legend, new_figure

NAME_LETTERS = 18  # a line of a run's name beside a row


def shown_metrics(runs: Sequence[Finished], common: Sequence[str]) -> list[str]:
    """The primary metric where all runs have the same one in one unit; bits per byte; the voice likewise."""
    wanted = [*({run.primary for run in runs} if len({run.primary for run in runs}) == 1 else ()),
              "bits_per_byte", "voice"]  # fmt: skip
    return [
        metric
        for metric in dict.fromkeys(wanted)
        if not any(why_not(metric, one, other, common) for one, other in combinations(runs, 2))
    ]


def caption(metric: dict[str, Any]) -> str:
    better = {"lower": " Lower is better.", "higher": " Higher is better."}.get(metric["better"], "")
    return f"Runs from top to bottom in the order given. Dots: means with 95 % intervals.{better}"


def draw_all(
    effects: dict[str, dict[str, Any]], metrics: Sequence[str]
) -> Iterator[tuple[str, tuple[str, str], Figure]]:
    """Name, title and caption, and figure. effects: of each run its metrics."""
    for name in metrics:
        of_run = {run: of[name] for run, of in effects.items() if name in of}
        if not of_run:
            continue
        first = next(iter(of_run.values()))
        yield (
            f"progression-{name.replace('_', '-')}",
            (f"{first['title']}, run by run", caption(first)),
            (progression(of_run)),
        )


def progression(of_run: dict[str, dict[str, Any]]) -> Figure:
    """One metric over the runs, a row each; a thin line joins each variant from run to run."""
    figure, [axes] = new_figure(1.2 + 0.55 * len(of_run))
    for variant, shift in zip(VARIANTS, (-0.12, 0.12), strict=True):
        means = [metric["means"][variant] for metric in of_run.values()]
        places = [row + shift for row in range(len(means))]
        colour = COLOURS[variant]
        axes.plot([mean["value"] for mean in means], places, color=colour, linewidth=0.8, alpha=0.5)
        for mean, place in zip(means, places, strict=True):
            if mean["low"] is not None:
                axes.plot([mean["low"], mean["high"]], [place, place], color=colour, linewidth=2)
        values = [mean["value"] for mean in means]
        axes.scatter(values, places, color=colour, s=28, label=NAMES[variant], zorder=3)
    names = [textwrap.fill(name, NAME_LETTERS) for name in of_run]
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    first = next(iter(of_run.values()))
    axes.set_xlabel(f"{first['title']}{f' ({said})' if (said := unit(first).strip()) else ''}")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x")
    legend(axes, 2)
    return figure
