"""Columns: the order in which a page of two or more columns of prose is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

FEWEST_LINES = 4  # in each column
LONG = 8  # lines of the first column, where the second is short
PROSE_LETTERS = 15  # in a line of prose at least; a table's cells have fewer
FULL = 0.6  # of its column's width is filled by most lines of prose
ACROSS = 0.3  # of the lines may run over both columns: a title, an abstract


class Box(Protocol):
    """What has words and a place on the page; lengths in points."""

    @property
    def text(self) -> str: ...
    @property
    def x0(self) -> float: ...
    @property
    def top(self) -> float: ...
    @property
    def x1(self) -> float: ...
    @property
    def bottom(self) -> float: ...


def by_columns(boxes: Sequence[Box]) -> list[list[int]] | None:
    """The positions of the boxes in reading order, column by column, or None where there is one column.

    What runs over both columns parts the page: all that stands above it is read before it.
    """
    gutter = _find_gutter(boxes)
    if gutter is None:
        return None
    places = sorted(range(len(boxes)), key=lambda at: (boxes[at].top, boxes[at].x0))
    bands: list[tuple[list[int], list[int], list[int]]] = [([], [], [])]  # across, left, right
    for at in places:
        if boxes[at].x1 <= gutter:
            bands[-1][1].append(at)
        elif boxes[at].x0 >= gutter:
            bands[-1][2].append(at)
        else:
            if bands[-1][1] or bands[-1][2]:
                bands.append(([], [], []))
            bands[-1][0].append(at)
    order: list[list[int]] = []
    for across, *sides in bands:
        order.append(across)
        for side in sides:
            inner = by_columns([boxes[at] for at in side])  # a third column
            order += [[side[at] for at in column] for column in inner] if inner else [side]
    return order


def _find_gutter(boxes: Sequence[Box]) -> float | None:
    """Where the second column begins: at the left edge of several lines that others stand beside."""
    edges = Counter(round(box.x0) for box in boxes)
    found: list[tuple[int, float]] = []
    for edge, count in sorted(edges.items()):
        gutter = edge - 1.0
        left = [box for box in boxes if box.x1 <= gutter]
        right = [box for box in boxes if box.x0 >= gutter]
        across = len(boxes) - len(left) - len(right)
        # The last lines of a chapter may be all that its second column holds.
        few = len(right) < FEWEST_LINES and any(
            character.isalpha() for box in right for character in box.text
        )
        rest = few and len(left) >= LONG
        if not rest and (count < FEWEST_LINES // 2 or min(len(left), len(right)) < FEWEST_LINES):
            continue
        if across > ACROSS * len(boxes) or not _is_prose(left) or not _beside(left, right):
            continue
        if rest or _is_prose(right) or _find_gutter(right) is not None:
            found.append((across, gutter))
    return min(found)[1] if found else None


def _is_prose(column: Sequence[Box]) -> bool:
    width = max(box.x1 for box in column) - min(box.x0 for box in column)
    full = [box for box in column if len(box.text) >= PROSE_LETTERS and box.x1 - box.x0 >= FULL * width]
    letters = sum(len(box.text) for box in full)
    return len(full) >= FEWEST_LINES and letters * 2 > sum(len(box.text) for box in column)


def _beside(left: Sequence[Box], right: Sequence[Box]) -> bool:
    """Whether most of the shorter column stands at the other's height."""
    few, many = sorted((left, right), key=len)
    top, bottom = min(box.top for box in many), max(box.bottom for box in many)
    return sum(top < (box.top + box.bottom) / 2 < bottom for box in few) * 2 > len(few)
