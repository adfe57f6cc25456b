"""Measure 01_extract: what it keeps of books whose truth is known, its speed, its memory, its peers.

    python bench/extraction.py                       ground truth, books that it sets itself, in six minutes
    python bench/extraction.py --quick               shorter books, in a minute
    python bench/extraction.py --show 20             with the worst faults of each book
    python bench/extraction.py --json figures.json   and the figures as JSON

Needs what the pipeline needs. 2 cores, 1 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "bench")]

import yaml

from measures import Rates, Score, class_rates
from score import score_book
from setting.books import Truth, set_books

QUICK = 0.3  # share of each book's words


def main() -> None:
    arguments = _arguments()
    figures: dict[str, Any] = {}
    with TemporaryDirectory(prefix="inkprint-bench-") as scratch:
        folder = arguments.keep or Path(scratch)
        truths = set_books(folder / "books", range(1, 1 + arguments.seeds), QUICK if arguments.quick else 1.0)
        figures["ground_truth"] = ground_truth(truths, folder, arguments.show)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="shorter books, one seed")
    parser.add_argument("--seeds", type=int, help="books of each layout (2; quick 1)")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print N faults of each book")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave books and records there")
    arguments = parser.parse_args()
    arguments.seeds = arguments.seeds or (1 if arguments.quick else 2)
    return arguments


def extract(data: Path, folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Run 01_extract as a user does; the records of each document's pages."""
    recipe = yaml.safe_load((ROOT / "recipes" / "demo.yaml").read_text(encoding="utf-8"))
    recipe["run"], recipe["extract"]["data"] = "bench", str(data.resolve())
    path = folder / "bench.yaml"
    path.write_text(yaml.safe_dump(recipe, sort_keys=False), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "01_extract.py"), str(path), "--force"],
        env=os.environ | {"INKPRINT_ARTIFACTS": str(folder.resolve() / "artifacts")},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        sys.exit(f"01_extract failed:\n{done.stdout}{done.stderr}")
    pages: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with (folder / "artifacts" / "bench" / "01_extract" / "documents.jsonl").open(
        encoding="utf-8"
    ) as records:
        for line in records:
            page = json.loads(line)
            pages[page["document"]].append(page)
    return pages


def ground_truth(truths: Sequence[Truth], folder: Path, show: int) -> dict[str, Any]:
    """Extract the books that the bench set, and print and return how well that went."""
    pages = extract(folder / "books", folder)
    scores = {truth.name: score_book(truth, pages[truth.path.name]) for truth in truths}
    by_layout: dict[str, list[Score]] = defaultdict(list)
    for truth in truths:
        by_layout[truth.layout].append(scores[truth.name])
    count = sum(len(truth.classes) for truth in truths)
    print(f"\nGround truth: {len(truths)} books, {count} pages. Precision and recall of\n")
    columns = ("pages", "lines", "words", "chapters", "paragraphs")
    print(
        f"{'':16}" + "".join(f"{name + ' kept' if name in columns[:3] else name:>16}" for name in columns),
        end="",
    )
    print("   order    case")
    figures = {name: _row(name, own) for name, own in [*by_layout.items(), ("all", list(scores.values()))]}
    _print_classes(scores.values())
    _print_kinds(scores.values())
    for name, score in scores.items() if show else ():
        print(f"\n{name}: {len(score.faults)} faults")
        for fault in score.faults[:show]:
            print(
                f"  p. {fault.page or '?':>3} {fault.what:20} expected {fault.expected!r}, got {fault.got!r}"
            )
    return figures


def _row(name: str, scores: Sequence[Score]) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    text = f"{name:16}"
    for part in ("pages", "lines", "words", "chapters", "paragraphs"):
        rates = sum((getattr(score, part) for score in scores), Rates())
        figures[part] = {"precision": round(rates.precision, 5), "recall": round(rates.recall, 5)}
        text += f"  {rates.precision:.4f} {rates.recall:.4f}"[:16].rjust(16)
    order = sum(score.order * score.words.wanted for score in scores)
    figures["order"] = round(order / sum(score.words.wanted for score in scores), 5)
    figures["own_case"] = round(sum((score.own_case for score in scores), Rates()).recall, 5)
    figures["faults"] = sum(len(score.faults) for score in scores)
    print(f"{text}  {figures['order']:.4f}  {figures['own_case']:.4f}")
    return figures


def _print_classes(scores: Iterable[Score]) -> None:
    classes: Counter[tuple[str, str]] = sum((score.page_classes for score in scores), Counter())
    print("\nPage classes: precision, recall, pages, and what they were taken for")
    for name, rates in class_rates(classes).items():
        wrong = {found: count for (true, found), count in classes.items() if true == name != found}
        said = ", ".join(f"{count} {found}" for found, count in sorted(wrong.items()))
        print(f"  {name:16} {rates.precision:.4f} {rates.recall:.4f} {rates.wanted:5}  {said}")


def _print_kinds(scores: Iterable[Score]) -> None:
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for score in scores:
        for kind, fates in score.line_kinds.items():
            kinds[kind] += fates
    print("\nLines: kept, or the reason for which they were removed")
    for kind, fates in sorted(kinds.items()):
        said = ", ".join(f"{count} {fate}" for fate, count in fates.most_common(6))
        print(f"  {kind:16} {sum(fates.values()):6}: {said}")


if __name__ == "__main__":
    main()
