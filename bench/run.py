"""Measure the pipeline against what a person would use instead, and print the table for this machine.

    python bench/run.py                               every row that can be measured here; under half an hour
    python bench/run.py --small                       a trial of some minutes: its ratios say nothing
    python bench/run.py --only recited duplicates     these rows
    python bench/run.py --json figures.json           and every figure as JSON

Both sides of a row are measured in turn, in one run, in processes of their own; of the rounds the median
counts. docs/benchmarks.md says how each row is measured. Needs what the tests need, and for the programs
beside 01 requirements/bench.lock. 2 cores, 4 GB. On a machine that others use, ratios say something and times
little.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests"), str(ROOT / "bench")]

import again
import alike
import gpu
import growth
import reading
import tuning
from demo_run import DemoRun, demo, little_demo
from goals import Row, print_table
from inkprint.gpus import find_gpus
from machine import describe, print_machine
from shapes import SHAPES


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    rounds: int
    steps: int  # of training, a side
    prompts: int  # answered by each variant
    books_share: float  # of the words of the books that 01 reads
    books: int
    passages: tuple[int, int]
    passage_words: int
    sample: int  # passages of which all pairs are compared
    text_words: int  # that answers are searched for
    answers: int
    answers_sample: int  # of these for difflib
    shelves: tuple[int, ...]
    requests: int


FULL = Sizes(3, 32, 32, 1.0, 14, (10_000, 100_000), 100, 2000, 1_000_000, 1000, 20, (1, 10, 100), 100)
SMALL = Sizes(1, 4, 4, 0.05, 1, (200, 2000), 40, 200, 20_000, 40, 4, (1, 2, 4), 8)


@dataclass
class Bench:
    """What the parts share: sizes, a folder, the demo's run, and what was found so far."""

    sizes: Sizes
    small: bool
    folder: Path
    figures: dict[str, Any] = field(default_factory=dict)
    _demo: DemoRun | None = None

    def demo(self) -> DemoRun:
        """All stages of the demo, run when first asked for."""
        if self._demo is None:
            self._demo = (little_demo if self.small else demo)(self.folder / "demo")
        return self._demo

    def once(self, name: str, measure: Callable[[], Any]) -> Any:
        """A measurement that several rows need, made when first asked for."""
        if name not in self.figures:
            began = time.monotonic()
            print(f"{name} …", flush=True)
            self.figures[name] = measure()
            print(f"  {time.monotonic() - began:.0f} s", flush=True)
        return self.figures[name]

    def trained(self) -> Any:
        run, sizes = self.demo(), self.sizes
        return self.once("training", lambda: tuning.measure_training(run, sizes.steps, sizes.rounds))

    def spoken(self) -> Any:
        run, sizes = self.demo(), self.sizes
        return self.once("speaking", lambda: tuning.measure_speaking(run, sizes.prompts, sizes.rounds))


def train_rows(bench: Bench) -> list[Row]:
    return [tuning.training_row(bench.trained())]


def answer_rows(bench: Bench) -> list[Row]:
    return [tuning.answers_row(bench.spoken(), tuning.alone(bench.demo()))]


def likelihood_rows(bench: Bench) -> list[Row]:
    return [tuning.likelihoods_row(bench.spoken(), bench.trained())]


def extraction_rows(bench: Bench) -> list[Row]:
    sizes, folder = bench.sizes, bench.folder / "extraction"
    return reading.reading_rows(
        bench.once(
            "extraction",
            lambda: reading.measure_reading(folder, sizes.books_share, sizes.books, sizes.rounds),
        )
    )


def duplicate_rows(bench: Bench) -> list[Row]:
    sizes, length = bench.sizes, bench.sizes.passage_words
    found = bench.once(
        "duplicates", lambda: alike.measure_alike(sizes.passages, sizes.sample, length)
    )  # fmt: skip
    return alike.alike_rows(found, length)


def recited_rows(bench: Bench) -> list[Row]:
    sizes = bench.sizes
    found = bench.once(
        "recited", lambda: alike.measure_recited(sizes.text_words, sizes.answers, sizes.answers_sample)
    )
    return [alike.recited_row(found)]


def again_rows(bench: Bench) -> list[Row]:
    run, sizes = bench.demo(), bench.sizes
    found = bench.once("again", lambda: again.measure_again(run, sizes.rounds))
    return again.again_rows(found, bench.once("requests", lambda: again.measure_requests(sizes.requests)))


def first_line_rows(bench: Bench) -> list[Row]:
    return [
        again.first_line_row(
            bench.once("first-line", lambda: again.measure_first_lines(bench.sizes.rounds))
        )
    ]  # fmt: skip


def growth_rows(bench: Bench) -> list[Row]:
    shelves, folder = bench.sizes.shelves, bench.folder / "growth"
    found = bench.once("growth", lambda: growth.measure_growth(folder, shelves, bench.sizes.rounds))
    return growth.growth_rows(found)


def gpu_rows(bench: Bench) -> list[Row]:
    if bench.small or not find_gpus():
        return gpu.not_measured()
    rows, bench.figures["gpu"] = gpu.measure_gpu(list(SHAPES))
    return rows


PARTS: dict[str, Callable[[Bench], list[Row]]] = {
    "training": train_rows,
    "answers": answer_rows,
    "likelihoods": likelihood_rows,
    "extraction": extraction_rows,
    "duplicates": duplicate_rows,
    "recited": recited_rows,
    "again": again_rows,
    "first-line": first_line_rows,
    "growth": growth_rows,
    "gpu": gpu_rows,
}


def main() -> None:
    """Measure what is asked for, part after part, print the table, write the figures."""
    arguments = _arguments()
    machine, began = describe(), time.monotonic()
    print_machine(machine)
    rows: list[Row] = []
    with TemporaryDirectory(prefix="inkprint-bench-") as scratch:
        bench = Bench(SMALL if arguments.small else FULL, arguments.small, arguments.keep or Path(scratch))
        try:
            for name in arguments.only:
                rows += PARTS[name](bench)
        finally:  # what was measured before a part failed is not lost with it
            minutes = (time.monotonic() - began) / 60
            print_table(rows)
            trial = "; small sizes: a trial, these figures say nothing" * arguments.small
            print(f"\n{minutes:.0f} minutes{trial}")
            if arguments.json:
                found = {"machine": machine, "small": arguments.small, "minutes": round(minutes, 1),
                         "rows": [row.as_json() for row in rows], "figures": bench.figures}  # fmt: skip
                arguments.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only", nargs="+", choices=list(PARTS), default=list(PARTS), help="these rows (all)"
    )
    parser.add_argument("--small", action="store_true", help="small sizes and a tiny model: a trial")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave everything in this new folder")
    arguments = parser.parse_args()
    if arguments.keep and arguments.keep.exists():
        parser.error(f"--keep: {arguments.keep}: is there already; name a new folder")
    return arguments


if __name__ == "__main__":
    main()
