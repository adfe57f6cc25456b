"""The strips: what became of every page of every book, from the first to the last."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from inkprint.html import visible
from inkprint.records import Page, Passage
from inkprint.report.style import INK, LINE, SPLITS, new_figure

Book = tuple[str, list[str]]  # its name, and of every page what became of it
UNUSED, DROPPED = "no passage", "dropped"
BOOKS_SHOWN = 20
LETTERS_SHOWN = 34  # of a file's name
# Height tells as well as colour: what was dropped is low, what was kept and is in no passage is hollow.
LOOKS = {
    **{split: {"facecolor": colour, "height": 1.0} for split, colour in SPLITS.items()},
    UNUSED: {"facecolor": "none", "edgecolor": INK, "linewidth": 0.6, "height": 1.0},
    DROPPED: {"facecolor": INK, "alpha": 0.45, "height": 0.3},
}


def books(pages: Iterable[Page], passages: Iterable[Passage]) -> list[Book]:
    """Of each document its pages in order: the split that the first passage on a page is in, or why none."""
    splits: dict[tuple[str, int], str] = {}
    for passage in passages:
        for number in passage.pages:
            splits.setdefault((passage.document, number), passage.split)
    return [
        (name, [splits.get((name, page.page), UNUSED) if page.kept else DROPPED for page in of_book])
        for name, of_book in groupby(pages, key=lambda page: page.document)
    ]


def draw_strips(shown: list[Book]) -> Figure:
    """A bar a book, each as wide as the figure; books of hundreds of pages and of ten read alike."""
    figure, [axes] = new_figure(0.75 + 0.6 * len(shown))
    for row, (name, states) in enumerate(shown):
        _strip(axes, row, states)
        kept = len(states) - states.count(DROPPED)
        style = {"xycoords": "data", "textcoords": "offset points", "va": "bottom", "annotation_clip": False}
        axes.annotate(_shorten(name), (0, row - 0.2), (0, 2), ha="left", **style)
        axes.annotate(f"{kept:,} of {len(states):,} pages kept", (1, row - 0.2), (0, 2), ha="right", **style)
    axes.set(xlim=(0, 1), ylim=(len(shown) - 0.55, -0.75))
    axes.set_xticks([0, 1], ["first page", "last page"])
    for label, side in zip(axes.get_xticklabels(), ("left", "right"), strict=True):
        label.set_horizontalalignment(side)
    axes.set_yticks([])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    _legend(figure, [state for state in LOOKS if any(state in states for _, states in shown)])
    return figure


def _strip(axes: Axes, row: int, states: list[str]) -> None:
    for state, start, pages in _stretches(states):
        looks = dict(LOOKS[state])
        height = 0.5 * looks.pop("height")
        left, width = start / len(states), pages / len(states)
        axes.broken_barh([(left, width)], (row + 0.3 - height, height), **looks)
    axes.plot([0, 1], [row + 0.3, row + 0.3], color=LINE, linewidth=0.8, zorder=0)


def _stretches(states: list[str]) -> Iterator[tuple[str, int, int]]:
    """Pages in a row with the same state: the state, where they begin, and how many."""
    place = 0
    for state, run in groupby(states):
        pages = len(list(run))
        yield state, place, pages
        place += pages


def _legend(figure: Figure, states: list[str]) -> None:
    keys = [
        Patch(label=state, **{k: v for k, v in LOOKS[state].items() if k != "height"}) for state in states
    ]
    figure.legend(handles=keys, loc="outside upper left", ncols=5, handlelength=1, columnspacing=1.2)


def _shorten(name: str) -> str:
    name = " ".join(visible(name).split())
    return name if len(name) <= LETTERS_SHOWN else name[: LETTERS_SHOWN - 1] + "…"
