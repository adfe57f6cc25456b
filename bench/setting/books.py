"""Whole books set as PDF, in several layouts, with the truth about every page, line and word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from setting.author import write_manuscript
from setting.chapters import set_chapters
from setting.draft import Draft
from setting.layouts import LAYOUTS, Layout, varied
from setting.pdf import Printed, add_labels, add_outline, write_pages
from setting.press import Press
from setting.surroundings import set_back, set_front


@dataclass
class Truth:
    """A book as PDF, and what an extraction of it ought to find."""

    name: str
    layout: str
    path: Path
    classes: list[str]  # of each page; two with a comma between where either is right
    lines: list[Printed]
    chapters: list[tuple[int, str]]  # page and title


def set_books(folder: Path, seeds: Sequence[int], share: float = 1.0) -> list[Truth]:
    """Every layout with every seed; `share` of each book's words is written."""
    folder.mkdir(parents=True, exist_ok=True)
    return [set_book(layout, seed, folder, share) for layout in LAYOUTS for seed in seeds]


def set_book(layout: Layout, seed: int, folder: Path, share: float = 1.0) -> Truth:
    """Set one book. The same arguments give the same bytes."""
    layout = varied(layout, seed)
    draft = _set(layout, seed, share, {}, {})
    # The table of contents needs page numbers, and moves those after it.
    while (draft.listed, draft.listed_figures) != (draft.numbers, draft.figures):
        draft = _set(layout, seed, share, draft.numbers, draft.figures)
    leaves = draft.press.leaves
    name = f"{layout.name}-{seed}"
    path = folder / f"{name}.pdf"
    document = write_pages(leaves, layout.type, layout.width, layout.height)
    add_outline(document, draft.outline, layout.outline)
    if layout.labels:
        add_labels(document, draft.press.first_main)
    document.save(path, deflate=True, no_new_id=True)
    classes = [leaf.page_class for leaf in leaves]
    lines = [line for leaf in leaves for line in leaf.lines]
    return Truth(name, layout.name, path, classes, lines, draft.chapters)


def _set(layout: Layout, seed: int, share: float, listed: dict[str, str], figures: dict[str, str]) -> Draft:
    manuscript = write_manuscript(seed, int(layout.words * share))
    press = Press(layout, manuscript.title)
    draft = Draft(layout, manuscript, press, Random(f"{layout.name} {seed} matter"), listed, figures)
    set_front(draft)
    press.front, press.first_main = False, len(press.leaves)
    set_chapters(draft)
    set_back(draft)
    press.close()
    return draft
