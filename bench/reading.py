"""The rows of 01: what bench/extraction.py measures of its speed, with pypdf and pymupdf4llm beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from goals import Goal, Row
from peers import missing_peers
from runs import adopt_orphans
from setting.books import set_books
from setting.layouts import LAYOUTS
from speed import measure_speed, one_pass

BARE = Goal(0.6)
PYPDF = Goal(10.0)
TWO = Goal(1.7)
PROGRAMS = ("pypdf", "pymupdf4llm")


def measure_reading(folder: Path, share: float, files: int, rounds: int) -> dict[str, Any]:
    """bench/speed.py's figures of so many books, and of the peers that are here pages a CPU second.

    The peers read the first book alone: pymupdf4llm takes half a second a page.
    """
    adopt_orphans()
    seeds = range(1, 2 + (files - 1) // len(LAYOUTS))
    truths = set_books(folder / "books", seeds, share)[:files]
    paths = [truth.path for truth in truths]
    figures = measure_speed(paths, folder / "speed", rounds)
    for name in PROGRAMS:
        if name not in missing_peers():
            figures[name] = _rate(name, paths[:1], len(truths[0].classes), folder)
    return figures


def _rate(program: str, files: Sequence[Path], pages: int, folder: Path) -> float:
    return pages / one_pass(program, files, folder / f"{program}.json")["cpu_seconds"]


def reading_rows(found: dict[str, Any]) -> list[Row]:
    steady, bare = f"{found['steady']:.0f} pages/s", f"get_text('dict'): {found['bare']:.0f}"
    notes = [f"with the start-up {found['with_start_of_bare']:.2f} x"]
    if not found["identical"]:
        notes.append("THE RECORDS DIFFER FROM RUN TO RUN")
    if "pymupdf4llm" in found:
        notes.append(f"pymupdf4llm does {found['pymupdf4llm']:.1f} pages/s")
    what, note = "01 on a core, of a bare pass", "; ".join(notes)
    rows = [
        Row("extraction", what, BARE, found["of_bare"], steady, bare, note),
        Row("extraction", "01 on a core, of pypdf", PYPDF, note="requirements/bench.lock is not installed"),
    ]
    if "pypdf" in found:
        rate = found["pypdf"]
        rows[1] = Row("extraction", rows[1].what, PYPDF, found["steady"] / rate, steady, f"pypdf: {rate:.1f}")
    if "two_of_one" in found:
        rows.append(
            Row("extraction", "01, two processes of one", TWO, found["two_of_one"], "by the clock",
                f"two bare passes at once: {found['two_bare']:.2f} x", "the cores give no more than that")
        )  # fmt: skip
    else:
        rows.append(Row("extraction", "01, two processes of one", TWO, note="one core"))
    return rows
