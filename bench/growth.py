"""What 1, 10 and 100 books cost in the stages that run anywhere: CPU seconds a book, and memory.

01 reads PDFs that the bench sets. 02, 03 and 06 get books of made-up words, for the bench's author has 52,000
words and would repeat himself. 04 and 05 grow with the recipe and not with the shelf: 05's folder is made up,
with two answers and a likelihood for every held-out passage and variant.
"""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
from small_run import write_answers

from goals import Goal, Row
from runs import Run, adopt_orphans, read_passages, records_file, run_stage, write_recipe
from setting.books import set_book
from setting.layouts import LAYOUTS
from zipf import spelled, words

LINEAR = Goal(1.1, most=True)
FLAT = Goal(1.3, most=True)
STAGES = ("01_extract", "02_prepare", "03_synthesize", "06_evaluate")
KIND_OF = {"01_extract": "pdf"}  # the others read words
SHARE = 0.1  # of a novel's words: a book of some 30 pages
BOOK_WORDS, CHAPTER_WORDS, PARAGRAPH_WORDS, SENTENCE_WORDS = 8000, 800, 80, 16
QUESTIONS = 2

Growth = dict[int, dict[str, dict[str, float]]]  # by books, then by stage


def measure_growth(folder: Path, counts: tuple[int, ...], rounds: int) -> Growth:
    """CPU seconds and bytes of each stage for each number of books, on one core.

    The shelves take turns, so that a machine that slows down meanwhile slows down all of them. Of the rounds'
    CPU seconds the least: differences of differences are taken, and what others do only adds.
    """
    adopt_orphans()
    found: Growth = {count: {} for count in counts}
    for count in counts:
        _fill(folder / str(count), count)
    for stage in STAGES:
        shelves = {count: folder / str(count) / KIND_OF.get(stage, "words") for count in counts}
        if stage == "06_evaluate":
            for shelf in shelves.values():
                _make_answers(shelf)
        runs: dict[int, list[Run]] = {count: [] for count in counts}
        for _ in range(rounds):
            for count, shelf in shelves.items():
                runs[count].append(run_stage(stage, shelf, cores=1, watch=True))
        for count, of_shelf in runs.items():
            found[count][stage] = {
                "cpu_seconds": min(run.cpu_seconds for run in of_shelf),
                "bytes": median(run.largest_bytes for run in of_shelf),
            }
    return found


def _fill(folder: Path, count: int) -> None:
    """So many books as PDFs, and as made-up words that 01 has read."""
    pdfs, texts = folder / "pdf", folder / "words"
    for shelf in (pdfs, texts):
        (shelf / "data").mkdir(parents=True)
        write_recipe(shelf, shelf / "data")
    for seed in range(1, count + 1):
        # Another name for each: of a layout and a seed the book's file is named.
        set_book(replace(LAYOUTS[0], name=f"book-{seed:03}"), seed, pdfs / "data", SHARE)
        (texts / "data" / f"book-{seed:03}.md").write_text(_book(seed), encoding="utf-8")
    run_stage("01_extract", texts, cores=1)


def _book(seed: int) -> str:
    """Chapters, paragraphs and sentences of made-up words, as Markdown."""
    drawn = words(seed, BOOK_WORDS)
    lines = [f"# The book {spelled(drawn[:2])}"]
    for number, chapter in enumerate(np.split(drawn, BOOK_WORDS // CHAPTER_WORDS), start=1):
        lines.append(f"## Chapter {number}")
        for paragraph in np.split(chapter, CHAPTER_WORDS // PARAGRAPH_WORDS):
            sentences = (spelled(own) for own in np.split(paragraph, PARAGRAPH_WORDS // SENTENCE_WORDS))
            lines.append(" ".join(f"{sentence.capitalize()}." for sentence in sentences))
    return "\n\n".join(lines) + "\n"


def _make_answers(folder: Path) -> None:
    held_out = [(one["id"], one["text"]) for one in read_passages(folder) if one["split"] == "test"]
    run_folder = records_file(folder, "05_generate").parent
    write_answers(run_folder, random.Random(1), held_out, QUESTIONS, prompted=False)


def growth_rows(found: Growth) -> list[Row]:
    """For each stage the cost of a further book, late against early, and memory, most books against one."""
    one, some, most = sorted(found)
    rows = []
    for stage in STAGES:
        seconds, held = ({n: found[n][stage][figure] for n in found} for figure in ("cpu_seconds", "bytes"))
        what = f"{stage}, {most} books"
        told = f"{' '.join(f'{seconds[n]:.1f}' for n in sorted(found))} s for {one}, {some} and {most}"
        early, late = (marginal(seconds, *pair) for pair in ((one, some), (some, most)))
        line = Row("growth", f"{what}: CPU s a further book", LINEAR, note=f"too few books to tell: {told}")
        if early > 0:
            ours, against = f"{late:.3f} s", f"from {one} to {some}: {early:.3f} s"
            line = replace(line, value=late / early, ours=ours, against=against, note=told)
        rows.append(line)
        rows.append(
            Row("growth", f"{what}: memory", FLAT, held[most] / held[one], f"{held[most] / 1e6:.0f} MB",
                f"{one} book: {held[one] / 1e6:.0f} MB")
        )  # fmt: skip
    return rows


def marginal(cost: dict[int, float], fewer: int, more: int) -> float:
    """What one further book costs between two shelves; the start-up of a stage is in both."""
    return (cost[more] - cost[fewer]) / (more - fewer)
