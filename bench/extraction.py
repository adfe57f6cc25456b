"""Measure 01_extract: what it keeps of books whose truth is known, its speed, its memory, its peers.

    python bench/extraction.py                          books that it sets itself; about six minutes
    python bench/extraction.py --quick                  shorter books; about a minute
    python bench/extraction.py --books ../shared/data/books   and books at hand that known_books.yaml knows
    python bench/extraction.py --only truth --show 20   one part, with the faults of each book
    python bench/extraction.py --json figures.json      and the figures as JSON

Needs what the pipeline needs, and for the peers requirements/bench.lock. 2 cores, 1 GB.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "bench")]

from known import measure_known, read_known
from peers import measure_peers, missing_peers
from runs import adopt_orphans, read_pages, read_passages, run_stage, write_recipe
from score import score_book
from setting.books import Truth, set_books
from speed import measure_memory, measure_speed
from tables import print_scores

PARTS = ("truth", "known", "speed", "memory", "peers")
QUICK = 0.3  # share of each book's words


def main() -> None:
    """Set the books, measure the parts that are asked for, print tables, write the figures."""
    arguments = _arguments()
    sys.stdout.reconfigure(line_buffering=True)  # seen as it goes, in a file too
    adopt_orphans()
    figures: dict[str, Any] = {}
    began = time.monotonic()
    quick = arguments.quick
    with TemporaryDirectory(prefix="inkprint-bench-") as scratch:
        folder = arguments.keep or Path(scratch)
        own = folder / "truth" / "data"
        truths = set_books(own, range(1, 1 + arguments.seeds), QUICK if quick else 1.0)
        if "truth" in arguments.only:
            figures["truth"] = truth(truths, folder / "truth", arguments.show)
        if "known" in arguments.only and arguments.books:
            figures["known"] = known(arguments.books, folder / "known", arguments.show)
        if "speed" in arguments.only:
            first = [one.path for one in truths if one.name.endswith("-1")][: 2 if quick else 4]
            files = first + (sorted(arguments.books.glob("*.pdf")) if arguments.books else [])
            figures["speed"] = measure_speed(files, folder / "speed", 1 if quick else 3)
        if "memory" in arguments.only:
            figures["memory"] = measure_memory(folder / "memory")
        if "peers" in arguments.only:
            figures["peers"] = peers(truths, folder / "peers", 2 if quick else 6)
    print(f"\n{time.monotonic() - began:.0f} s")
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="shorter books, one of each layout, one round")
    parser.add_argument("--books", type=Path, metavar="DIR", help="a folder with PDFs of known_books.yaml")
    parser.add_argument("--only", nargs="+", choices=PARTS, help="these parts (all; quick: all but memory)")
    parser.add_argument("--seeds", type=int, help="books of each layout (2; quick 1)")
    parser.add_argument("--show", type=int, default=0, metavar="N", help="print N faults of each book")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave everything in this folder")
    arguments = parser.parse_args()
    arguments.only = arguments.only or [part for part in PARTS if part != "memory" or not arguments.quick]
    arguments.seeds = arguments.seeds or (1 if arguments.quick else 2)
    if arguments.books and not arguments.books.is_dir():
        parser.error(f"--books: {arguments.books}: no such folder")
    return arguments


def truth(truths: Sequence[Truth], folder: Path, show: int) -> dict[str, Any]:
    """01 on the books that the bench set."""
    write_recipe(folder, folder / "data")
    run_stage("01_extract", folder)
    pages = read_pages(folder)
    return print_scores(truths, [score_book(one, pages[one.path.name]) for one in truths], show)


def known(data: Path, folder: Path, show: int) -> dict[str, Any]:
    """01 and 02 on books at hand."""
    books = read_known(ROOT / "bench" / "known_books.yaml")
    here = folder / "data"
    here.mkdir(parents=True)
    for name in books:
        if (data / name).is_file():
            (here / name).symlink_to((data / name).resolve())
    if not list(here.iterdir()):
        print(f"\nBooks at hand: none of {', '.join(books)} in {data}")
        return {}
    write_recipe(folder, here)
    for stage in ("01_extract", "02_prepare"):
        run_stage(stage, folder)
    return measure_known(books, read_pages(folder), read_passages(folder), data, show)


def peers(truths: Sequence[Truth], folder: Path, pages_each: int) -> dict[str, Any]:
    """Other programs on the same pages, if they are here."""
    if missing := missing_peers():
        install = "pip install --no-deps --require-hashes -r requirements/bench.lock"
        print(f"\nPeers: no {' and no '.join(missing)} here; {install}")
        return {}
    return measure_peers([one for one in truths if one.name.endswith("-1")], folder, pages_each)


if __name__ == "__main__":
    main()
