"""Figures stay readable and honest where a variant says next to nothing or has no value."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex

from inkprint.report import chats, figures
from inkprint.report.style import COLOURS

AXES = ("Bits per byte", "Similarity", "Keyword density", "Type-token ratio", "Length", "Longest run")
VALUES = {
    "base": [0.5, 0.7, 0.3, 0.8, 0.7, 1],
    "prompted": [None, 0.1, 0.9, None, 0.2, 1],
    "tuned": [1.0] * 6,
}
RADAR = [
    {"metric": title, "title": title, "rule": "a rule", **{name: VALUES[name][n] for name in VALUES}}
    for n, title in enumerate(AXES)
]


def lines_of(variant, axes):
    """The drawn lines of a variant, each with whether it is dashed and between which axes."""
    drawn = [
        line for line in axes.lines if to_hex(line.get_color()) == COLOURS[variant] and len(line.get_xdata())
    ]
    places = [
        tuple(int(place) for place in np.rint(np.asarray(line.get_xdata()) / (2 * np.pi) * len(AXES)))
        for line in drawn
    ]
    return [
        (line, place) for line, place in zip(drawn, places, strict=True) if line.get_linestyle() != "None"
    ]


@pytest.mark.parametrize("variant", VALUES)
def test_a_radar_line_is_closed_and_dashed_where_it_passes_an_axis_without_a_value(variant):
    [axes] = figures.radar_chart(RADAR).axes
    there = [n for n, value in enumerate(VALUES[variant]) if value is not None]
    ends = [place for _, place in lines_of(variant, axes)]
    assert ends == list(zip(there, [*there[1:], there[0]], strict=True))
    dashed = [place for line, place in lines_of(variant, axes) if line.is_dashed()]
    assert dashed == ([(2, 4), (5, 1)] if variant == "prompted" else [])
    dots = [
        line
        for line in axes.lines
        if line.get_marker() == "o" and to_hex(line.get_color()) == COLOURS[variant]
    ]
    assert [list(line.get_ydata()) for line in dots] == [[VALUES[variant][n] for n in there]]


def test_the_caption_names_which_variant_has_no_value_where():
    caption = chats.radar_caption(RADAR)
    assert (
        "There is no prompted value for Bits per byte, Type-token ratio: its line passes there dashed."
        in caption
    )
    assert "dashed" not in chats.radar_caption([axis | {"prompted": 0.5} for axis in RADAR])


def test_one_outlier_leaves_the_heatmap_readable():
    keywords = ["lamp", "goat", "rope"]
    rates = {"base": [0.4, 0.7, 4.3], "prompted": [123.0, 0.0, 22.1], "tuned": [0.3, 20.3, 20.0]}
    totals = {"base": 2766.0, "prompted": 317.0, "tuned": 6000.0}
    [axes] = figures.heatmap({"keywords": keywords, "per_thousand": rates}, totals).axes
    shades = np.array([patch.get_alpha() for patch in axes.patches]).reshape(3, 3)
    values = np.array(list(rates.values())).T
    assert np.array_equal(np.argsort(shades, axis=None), np.argsort(values, axis=None))
    assert shades.max() == figures.DARKEST_CELL
    assert shades[values == 0] == 0
    assert shades[values == 20.3] > 0.5 * shades.max(), "by the plain rate it would be a sixth"
    assert {"123.0", "20.3", "0.0"} <= {text.get_text() for text in axes.texts}
    heads = [label.get_text() for label in axes.get_xticklabels()]
    assert heads == ["base\n2,766 words", "prompted\n317 words", "tuned\n6,000 words"]


def test_a_dot_at_zero_is_whole():
    items = {f"answer-{n}": 0.0 for n in range(4)}
    mean = {"value": 0.0, "low": None, "high": None}
    metric = {
        "title": "Similarity",
        "unit": "",
        "share": False,
        "items": 4,
        "means": {"base": mean, "tuned": mean},
    }
    scores, metrics = {"s": {"base": items, "tuned": items}}, {"s": metric}
    for figure in (figures.paired(scores, metrics, "s", "Prompts"), figures.strips(scores, metrics, ["s"])):
        dots = figure.axes[0].collections
        assert [d for d in dots if len(d.get_offsets()) == 4 and not d.get_clip_on()]
