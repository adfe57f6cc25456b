"""The figures, one function each. Their titles and captions are in chats.py."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.patches import Rectangle
from PIL import ImageFont
from wordcloud import WordCloud

from inkprint.records import Score
from inkprint.report import judge_figures
from inkprint.report.numbers import unit
from inkprint.report.style import COLOURS, INK, LINE, NAMES, WIDTH, legend, new_figure
from inkprint.report.voice_figure import voice_line

Scores = dict[str, dict[str, dict[str, float]]]  # metric -> variant -> item -> value
Metrics = dict[str, dict[str, Any]]

CLOUD_PIXELS = (1000, 420)
HEATMAP_KEYWORDS = 30
DARKEST_CELL = 0.4  # of the ink: letters stay readable on it, in the dark as well


def by_item(scores: list[Score]) -> Scores:
    """The values of scores.jsonl by metric, variant and item."""
    found: Scores = {}
    for score in scores:
        of_variant = found.setdefault(score.metric, {}).setdefault(score.variant, {})
        of_variant[score.example_id or score.source_id] = score.value
    return found


def draw_all(
    scores: Scores, result: dict[str, Any], words: dict[str, Any], seed: int
) -> Iterator[tuple[str, Figure]]:
    """The figures by name, in the report's order; one that has no data is left out."""
    metrics = result["metrics"]
    if metrics.get("voice", {}).get("items"):
        yield "voice", voice_line(metrics, result["voice"])
    if metrics["perplexity"]["items"]:
        items = f"Held-out {result['method']['unit']}, sorted by base"
        yield "perplexity", paired(scores, metrics, "perplexity", items)
    yield "similarity", paired(scores, metrics, "tfidf_similarity", "Prompts, sorted by base")
    if words["keywords"]:
        yield "keywords", strips(scores, metrics, ["keyword_density"])
    yield "responses", strips(scores, metrics, ["answer_words", "type_token_ratio", "verbatim_run"])
    yield "clouds", clouds(words["clouds"], seed)
    if words["keywords"]:
        yield (
            "heatmap",
            heatmap(words, {name: sum(of.values()) for name, of in scores["answer_words"].items()}),
        )
    yield "radar", radar_chart(result["radar"])
    if metrics.get("judge_style", {}).get("items"):
        yield "marks", judge_figures.distribution(scores)
        yield "boxes", judge_figures.boxes(scores)


def paired(scores: Scores, metrics: Metrics, name: str, items: str) -> Figure:
    """The variants of each item joined by a line, items sorted by the base."""
    variants = [variant for variant in COLOURS if variant in scores[name] and variant != "reference"]
    base = scores[name]["base"]
    order = sorted(base, key=lambda item: base[item])
    places = np.arange(1, len(order) + 1)
    values = np.array([[scores[name][variant][item] for variant in variants] for item in order])
    size = float(np.clip(900 / len(order), 4, 26))
    figure, [axes] = new_figure(3.4)
    axes.vlines(places, values.min(axis=1), values.max(axis=1), color=LINE, linewidth=1.2)
    for column, variant in enumerate(variants):
        mean, colour = metrics[name]["means"][variant], COLOURS[variant]
        # Not clipped: a dot at 0 lies on the border.
        dots = {"s": size, "color": colour, "zorder": 3, "clip_on": False}
        axes.scatter(places, values[:, column], label=NAMES[variant], **dots)
        axes.axhline(mean["value"], color=colour, linewidth=1)
        if mean["low"] is not None:
            axes.axhspan(mean["low"], mean["high"], color=colour, alpha=0.15, linewidth=0)
    axes.set_xlabel(items)
    axes.set_ylabel(_label(metrics[name]))
    axes.set_ylim(bottom=0)
    axes.set_xlim(0, len(order) + 1)
    legend(axes, len(variants))
    return figure


def strips(scores: Scores, metrics: Metrics, names: list[str]) -> Figure:
    """For each metric one row a variant: a dot an item, and the mean with its interval."""
    names = [name for name in names if metrics[name]["items"]]
    rows = len([variant for variant in COLOURS if variant in metrics[names[0]]["means"]])
    figure, panels = new_figure(0.25 + (0.55 + 0.3 * rows) * len(names), rows=len(names))
    for axes, name in zip(panels, names, strict=True):
        variants = [variant for variant in COLOURS if variant in metrics[name]["means"]]
        for row, variant in enumerate(variants):
            _strip(axes, row, list(scores[name][variant].values()), metrics[name]["means"][variant], variant)
        axes.set_yticks(range(len(variants)), [NAMES[variant] for variant in variants])
        axes.set_ylim(len(variants) - 0.4, -0.6)
        axes.set_xlabel(_label(metrics[name]))
        axes.set_xlim(left=0)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
    return figure


def _strip(axes: Axes, row: int, values: list[float], mean: dict[str, float | None], variant: str) -> None:
    # Equal values would hide each other: they are spread by a fixed pattern, not by chance.
    spread = 0.22 * np.sin(2.4 * np.arange(len(values)))
    dots = {"s": 11, "color": COLOURS[variant], "alpha": 0.55, "linewidths": 0, "clip_on": False}
    axes.scatter(values, row - 0.05 + spread, **dots)
    axes.plot([mean["value"]] * 2, [row - 0.38, row + 0.38], color=INK, linewidth=2.2)
    if mean["low"] is not None:
        axes.plot([mean["low"], mean["high"]], [row + 0.32] * 2, color=INK, linewidth=2.2)


def clouds(frequencies: dict[str, dict[str, int]], seed: int) -> Figure:
    """Word clouds of the variants and the author, laid out by wordcloud, drawn as outlines."""
    wide, high = CLOUD_PIXELS
    title = 0.28  # inches
    panel = WIDTH * high / wide + title
    figure = Figure((WIDTH, panel * len(frequencies)))
    for row, (variant, counts) in enumerate(frequencies.items()):
        bottom = 1 - ((row + 1) * panel) / figure.get_figheight()
        axes = figure.add_axes((0, bottom, 1, (panel - title) / figure.get_figheight()))
        axes.set(xlim=(0, wide), ylim=(high, 0))
        axes.set_axis_off()
        axes.set_title(NAMES[variant], color=COLOURS[variant], loc="left", fontweight="bold")
        for word, pixels, left, baseline in _laid_out(counts, seed):
            points = pixels * 72 * WIDTH / wide
            axes.text(left, baseline, word, fontsize=points, color=COLOURS[variant], va="baseline")
    return figure


def _laid_out(counts: dict[str, int], seed: int) -> Iterator[tuple[str, int, float, float]]:
    """Each word of a cloud with its size and the place of its baseline, in pixels."""
    if not counts:
        return
    font = findfont(FontProperties(family="DejaVu Sans"))
    wide, high = CLOUD_PIXELS
    cloud = WordCloud(
        width=wide, height=high, font_path=font, prefer_horizontal=1, random_state=seed, margin=10,
        max_words=70, relative_scaling=0.5, min_font_size=22, max_font_size=120,
    )  # fmt: skip
    for (word, _), pixels, (top, left), _, _ in cloud.generate_from_frequencies(counts).layout_:
        # wordcloud places a word by the corner of its ink, matplotlib by its baseline.
        ink = ImageFont.truetype(font, pixels).getbbox(word, anchor="ls")
        yield word, pixels, left - ink[0], top - ink[1]


def heatmap(words: dict[str, Any], totals: dict[str, float]) -> Figure:
    """Keywords down, variants across, the number in each cell. totals: how many words each variant says."""
    keywords = words["keywords"][:HEATMAP_KEYWORDS]
    variants = [variant for variant in COLOURS if variant in words["per_thousand"]]
    rates = np.array([words["per_thousand"][variant][: len(keywords)] for variant in variants]).T
    figure, [axes] = new_figure(1.1 + 0.24 * len(keywords))
    # By the logarithm: a few answers of two words make a rate of hundreds; beside it all others were white.
    shades = np.log1p(rates) / max(float(np.log1p(rates).max()), 1e-9)
    for (row, column), shade in np.ndenumerate(shades):
        alpha = DARKEST_CELL * float(shade)
        axes.add_patch(Rectangle((column, row), 1, 1, facecolor=INK, alpha=alpha, linewidth=0))
        rate = f"{rates[row, column]:.1f}"
        axes.text(column + 0.5, row + 0.5, rate, ha="center", va="center", fontsize=9)
    axes.set(xlim=(0, len(variants)), ylim=(len(keywords), 0))
    axes.set_yticks(np.arange(len(keywords)) + 0.5, keywords)
    heads = [f"{NAMES[variant]}\n{totals[variant]:,.0f} words" for variant in variants]
    axes.set_xticks(np.arange(len(variants)) + 0.5, heads)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("per 1,000 words")
    return figure


def radar_chart(radar: list[dict[str, Any]]) -> Figure:
    """One axis a metric, 1 at the rim. Past an axis of which a variant has no value its line goes dashed."""
    figure, [axes] = new_figure(4.4, subplot_kw={"projection": "polar"})
    figure.get_layout_engine().set(w_pad=0.25)  # inches: it counts labels of a circle too short
    angles = np.linspace(0, 2 * np.pi, len(radar), endpoint=False)
    for variant in (variant for variant in COLOURS if variant in radar[0]):
        _outline(axes, angles, [axis[variant] for axis in radar], variant)
    axes.set_theta_offset(np.pi / 2)
    axes.set_theta_direction(-1)
    axes.set_ylim(0, 1)
    axes.set_yticks([0.25, 0.5, 0.75, 1], ["", "0.5", "", "1"])
    axes.set_xticks(angles, [textwrap.fill(axis["title"], 12) for axis in radar])
    axes.tick_params(axis="x", pad=5)
    for label, angle in zip(axes.get_xticklabels(), angles, strict=True):
        side = np.sin(angle)
        label.set_horizontalalignment("center" if abs(side) < 0.1 else "left" if side > 0 else "right")
    axes.spines[:].set_color(LINE)
    # Above all labels, whatever their number; anywhere else it lies on one of them.
    figure.legend(loc="outside upper left", ncols=3, frameon=False, handlelength=1.4)
    return figure


def _outline(axes: Axes, angles: np.ndarray, values: list[float | None], variant: str) -> None:
    """A variant's closed line: a dot a value, dashed where it passes an axis that has none."""
    colour, there = COLOURS[variant], [place for place, value in enumerate(values) if value is not None]
    known = [values[place] for place in there]
    axes.plot(angles[there], known, "o", color=colour, markersize=5)
    axes.fill(angles[there], known, color=colour, alpha=0.12, linewidth=0)
    for start, end in zip(there, [*there[1:], *there[:1]], strict=True):
        dashes = "-" if (end - start) % len(values) == 1 else (0, (2, 2))
        line = angles[[start, end]], [values[start], values[end]]
        axes.plot(*line, color=colour, linewidth=2, linestyle=dashes)
    axes.plot([], [], color=colour, linewidth=2, label=NAMES[variant])


def _label(metric: dict[str, Any]) -> str:
    return f"{metric['title']} ({unit(metric).strip()})" if unit(metric) else metric["title"]
