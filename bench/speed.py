"""How fast 01_extract reads beside a bare pass of PyMuPDF, with one process and two, and in how much memory.

Everything is timed in turn, several rounds, on the same files; of each the median counts. What starting costs
is timed apart, with as many documents of one page: the rest is the steady state.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import pymupdf

from runs import ROOT, read_pages, records_file, run_stage, write_recipe
from setting.books import set_book
from setting.layouts import LAYOUTS

ONE_PAGE = "The lamp was lit before the evening, and nobody had asked who had carried the oil. " * 20

IDLE = 0.7  # load average; the set-up of the books is part of it


def one_pass(program: str, files: Sequence[Path], out: Path, core_number: int = 0) -> dict[str, Any]:
    """One program's pass over the files, in a process of its own on one core."""
    core = sorted(os.sched_getaffinity(0))[core_number]
    subprocess.run(
        [sys.executable, str(ROOT / "bench" / "one_pass.py"), program, str(out), *map(str, files)],
        check=True,
        preexec_fn=lambda: os.sched_setaffinity(0, [core]),
        stdout=subprocess.DEVNULL,
    )
    return json.loads(out.read_text(encoding="utf-8"))


def two_passes(program: str, files: Sequence[Path], folder: Path) -> float:
    """Seconds of the slower of two passes at once, each on a core of its own, with nothing to share."""
    with ThreadPoolExecutor(2) as pool:
        passes = [
            pool.submit(one_pass, program, files, folder / f"at-once-{number}.json", number)
            for number in (0, 1)
        ]
        return max(done.result()["seconds"] for done in passes)


def measure_speed(files: Sequence[Path], folder: Path, rounds: int) -> dict[str, Any]:
    """Pages a second, of a bare pass and of 01 on one core and on two, and whether the output is the same."""
    whole, tiny = folder / "whole", folder / "tiny"
    for target in (whole, tiny):
        (target / "data").mkdir(parents=True)
        write_recipe(target, target / "data")
    for number, file in enumerate(files):
        shutil.copyfile(file, whole / "data" / file.name)
        _one_page_book(tiny / "data" / f"{number}.pdf")
    load = os.getloadavg()[0]
    cores = [count for count in (1, 2) if count <= len(os.sched_getaffinity(0))]
    times: dict[str, list[float]] = defaultdict(list)
    digests = set()
    for _ in range(rounds):
        bare = one_pass("dict", files, folder / "bare.json")
        for part in ("seconds", "cpu_seconds", "start_seconds"):
            times[f"bare {part}"].append(bare[part])
        if len(cores) > 1:
            times["bare twice seconds"].append(two_passes("dict", files, folder))
        for count in cores:
            for name, target in (("start", tiny), ("whole", whole)):
                run = run_stage("01_extract", target, count)
                times[f"{name} {count} seconds"].append(run.seconds)
                times[f"{name} {count} cpu_seconds"].append(run.cpu_seconds)
            content = records_file(whole, "01_extract/documents.jsonl").read_bytes()
            digests.add(hashlib.sha256(content).hexdigest())
    pages = sum(len(records) for records in read_pages(whole).values())
    took = {name: round(median(of_one), 3) for name, of_one in times.items()}
    print(f"\nSpeed: {pages} pages in {len(files)} files, medians of {rounds} rounds\n")
    if load > IDLE:
        print(f"  the load was {load:.1f} before: others are at work here, and the clock says little")
    same = len(digests) == 1
    print(f"  documents.jsonl: {'the same bytes each time' if same else 'DIFFERS FROM RUN TO RUN'}")
    figures = {"pages": pages, "files": len(files), "load": round(load, 2), "identical": same}
    return figures | took | _compare(pages, cores, took)


def _compare(pages: int, cores: list[int], took: dict[str, float]) -> dict[str, Any]:
    """Print and return the rates: on one core by CPU seconds, which neighbours on the machine do not stretch.

    Steady: without what as many documents of one page take.
    """
    bare = pages / took["bare cpu_seconds"]
    start, whole = took["start 1 cpu_seconds"], took["whole 1 cpu_seconds"]
    steady = pages / max(0.001, whole - start)
    imports = took["bare start_seconds"]
    print(f"  bare get_text('dict'): {bare:.0f} pages a second, after {imports:.1f} s of imports")
    print(f"  01_extract, one core: {steady:.0f} pages a second, {steady / bare:.2f} of the bare pass")
    print(
        f"  with {start:.1f} s of start-up: {pages / whole:.0f}, {pages / whole / bare:.2f} of the bare pass"
    )
    figures = {
        "bare": round(bare, 1),
        "steady": round(steady, 1),
        "of_bare": round(steady / bare, 3),
        "with_start_of_bare": round(pages / whole / bare, 3),
    }
    if len(cores) > 1:
        figures["two_of_one"] = round(took["whole 1 seconds"] / took["whole 2 seconds"], 3)
        print(f"  two processes on two cores: {figures['two_of_one']:.2f} times as fast, by the clock")
        # Neighbours, memory and hyperthreads take a part of a second core before any program does.
        figures["two_bare"] = round(2 * took["bare seconds"] / took["bare twice seconds"], 3)
        print(f"  two bare passes at once: {figures['two_bare']:.2f} times as much: what the cores give")
    return figures


def _one_page_book(path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page(width=360, height=560)
    page.insert_textbox(pymupdf.Rect(40, 50, 320, 540), ONE_PAGE, fontsize=10, fontname="tiro")
    document.save(path, no_new_id=True)


def measure_memory(folder: Path) -> dict[str, Any]:
    """Peak memory for a book, for a book of ten times the words, and for ten books, one and two at a time."""
    novel = LAYOUTS[0]
    longer = replace(novel, words=10 * novel.words)
    books = {"one book": [(novel, 1)], "one of ten times the words": [(longer, 1)]}
    books["ten books"] = [(novel, seed) for seed in range(1, 11)]
    figures: dict[str, Any] = {}
    print("\nMemory: the largest process; all together, shared pages counted once\n")
    for name, wanted in books.items():
        here = folder / name.replace(" ", "-")
        (here / "data").mkdir(parents=True)
        write_recipe(here, here / "data")
        pages = sum(len(set_book(layout, seed, here / "data").classes) for layout, seed in wanted)
        for cores in (1, 2) if name == "ten books" else (1,):
            run = run_stage("01_extract", here, cores, watch=True)
            held = [run.largest_bytes, run.together_bytes]
            first = next(iter(figures.values()))["bytes"] if figures else held
            ratios = [round(own / of_one, 2) for own, of_one in zip(held, first, strict=True)]
            figures[f"{name}, cores: {cores}"] = {"pages": pages, "bytes": held, "ratios": ratios}
            print(f"  {name}, {pages} pages, cores: {cores}: {held[0] / 1e6:.0f} and {held[1] / 1e6:.0f} MB,"
                  f" {ratios[0]:.2f} and {ratios[1]:.2f} times the first")  # fmt: skip
    return figures
