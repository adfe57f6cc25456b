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
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import pymupdf

from runs import ROOT, read_pages, records_file, run_stage, write_recipe
from setting.books import set_book
from setting.layouts import LAYOUTS

ONE_PAGE = (
    "The lamp was lit before the evening, and nobody on the island had asked who had carried the oil. " * 20
)


def one_pass(program: str, files: Sequence[Path], out: Path) -> dict[str, Any]:
    """One program's pass over the files, in a process of its own on one core."""
    core = min(os.sched_getaffinity(0))
    subprocess.run(
        [sys.executable, str(ROOT / "bench" / "one_pass.py"), program, str(out), *map(str, files)],
        check=True,
        preexec_fn=lambda: os.sched_setaffinity(0, [core]),
        stdout=subprocess.DEVNULL,
    )
    return json.loads(out.read_text(encoding="utf-8"))


def measure_speed(files: Sequence[Path], folder: Path, rounds: int) -> dict[str, Any]:
    """Pages a second, of a bare pass and of 01 on one core and on two, and whether the output is the same."""
    whole, tiny = folder / "whole", folder / "tiny"
    for target in (whole, tiny):
        (target / "data").mkdir(parents=True)
        write_recipe(target, target / "data")
    for number, file in enumerate(files):
        shutil.copyfile(file, whole / "data" / file.name)
        _one_page_book(tiny / "data" / f"{number}.pdf")
    cores = [count for count in (1, 2) if count <= len(os.sched_getaffinity(0))]
    seconds: dict[str, list[float]] = {}
    digests = set()
    for _ in range(rounds):
        bare = one_pass("dict", files, folder / "bare.json")
        seconds.setdefault("bare", []).append(bare["seconds"])
        for count in cores:
            seconds.setdefault(f"start {count}", []).append(run_stage("01_extract", tiny, count).seconds)
            seconds.setdefault(f"whole {count}", []).append(run_stage("01_extract", whole, count).seconds)
            content = records_file(whole, "01_extract/documents.jsonl").read_bytes()
            digests.add(hashlib.sha256(content).hexdigest())
    pages = sum(len(records) for records in read_pages(whole).values())
    return _report(
        pages, len(files), cores, {name: median(times) for name, times in seconds.items()}, digests, rounds
    )


def _report(
    pages: int, files: int, cores: list[int], seconds: dict[str, float], digests: set[str], rounds: int
) -> dict[str, Any]:
    bare = pages / seconds["bare"]
    print(f"\nSpeed: {pages} pages in {files} files, medians of {rounds} rounds\n")
    print(f"  bare get_text('dict'), one core        {bare:7.0f} pages a second")
    figures: dict[str, Any] = {"pages": pages, "files": files, "bare_pages_per_second": round(bare, 1)}
    for count in cores:
        steady = pages / (seconds[f"whole {count}"] - seconds[f"start {count}"])
        whole = pages / seconds[f"whole {count}"]
        print(
            f"  01_extract, {count} core{'s' if count > 1 else ' '}: {steady:7.0f} pages a second, {steady / bare:.2f} of"
            f" the bare pass; with start-up ({seconds[f'start {count}']:.1f} s for {files} processes) {whole:.0f}"
        )
        figures[f"steady_{count}"] = round(steady, 1)
        figures[f"start_seconds_{count}"] = round(seconds[f"start {count}"], 2)
        figures[f"whole_seconds_{count}"] = round(seconds[f"whole {count}"], 2)
    figures["of_bare"] = round(figures["steady_1"] / bare, 3)
    if len(cores) > 1:
        figures["two_of_one"] = round(seconds["whole 1"] / seconds["whole 2"], 3)
        figures["two_of_one_steady"] = round(figures["steady_2"] / figures["steady_1"], 3)
        print(
            f"  two processes: {figures['two_of_one']:.2f} times one, {figures['two_of_one_steady']:.2f} without start-up"
        )
    figures["identical"] = len(digests) == 1
    print(
        f"  documents.jsonl {'the same bytes every time' if figures['identical'] else 'DIFFERS BETWEEN RUNS'}"
    )
    return figures


def _one_page_book(path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page(width=360, height=560)
    page.insert_textbox(pymupdf.Rect(40, 50, 320, 540), ONE_PAGE, fontsize=10, fontname="tiro")
    document.save(path, no_new_id=True)


def measure_memory(folder: Path, share: float) -> dict[str, Any]:
    """Peak memory for a book, for a book of ten times the words, and for ten books."""
    novel = LAYOUTS[0]
    books = {"one": [(novel, 1)], "ten times": [(replace(novel, words=10 * novel.words), 1)]}
    books["ten books"] = [(novel, seed) for seed in range(1, 11)]
    figures: dict[str, Any] = {}
    print("\nMemory: the largest process, and all together\n")
    for name, wanted in books.items():
        here = folder / name
        (here / "data").mkdir(parents=True)
        write_recipe(here, here / "data")
        pages = sum(len(set_book(layout, seed, here / "data", share).classes) for layout, seed in wanted)
        run = run_stage("01_extract", here, watch=True)
        figures[name] = {"pages": pages, "largest": run.largest_bytes, "together": run.together_bytes}
        print(
            f"  {name:10} {pages:5} pages: {run.largest_bytes / 1e6:5.0f} MB, {run.together_bytes / 1e6:5.0f} MB"
        )
    one = figures["one"]
    for name in ("ten times", "ten books"):
        ratios = [figures[name][part] / one[part] for part in ("largest", "together")]
        figures[name]["ratio"] = [round(ratio, 3) for ratio in ratios]
        print(f"  {name}: {ratios[0]:.2f} and {ratios[1]:.2f} times as much")
    return figures
