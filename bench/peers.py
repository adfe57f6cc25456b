"""The same pages through other programs: how near their text comes to the author's, and how fast.

Only pages of the author's text are compared, so that nobody is punished for not knowing what an index is.
What is kept of captions, tables and headings counts for nobody and against nobody.
"""

from __future__ import annotations

import importlib.util
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pymupdf

from measures import OPEN, Rates, align, plain, word_rates
from runs import read_pages, run_stage, write_recipe
from setting.books import Truth
from setting.pdf import Printed
from speed import one_pass

PEERS = ("text", "pypdf", "pymupdf4llm")
NAMES = {"text": "PyMuPDF, plain"}
_MARKDOWN = re.compile(r"^#+ |\*\*|(?<!\w)_|_(?!\w)|^>|\|(?:-+\|)*|<br>|`+|==>.*<==", re.M)


def missing_peers() -> list[str]:
    return [name for name in PEERS[1:] if importlib.util.find_spec(name) is None]


def measure_peers(truths: Sequence[Truth], folder: Path, pages_each: int) -> dict[str, Any]:
    """Print and return word recall, precision, order and pages a second of 01 and of each peer.

    Each book gives its first `pages_each` pages of text to the peers, as a file of its own. 01 reads the
    books whole, for it judges a page by the others, and is compared on the same pages.
    """
    data = folder / "books"
    data.mkdir(parents=True)
    chosen: dict[str, list[int]] = {}
    for truth in truths:
        body = [number for number, true in enumerate(truth.classes, start=1) if true == "body"]
        chosen[truth.path.name] = body[:pages_each]
        with pymupdf.open(truth.path) as document, pymupdf.open() as part:
            for number in chosen[truth.path.name]:
                part.insert_pdf(document, from_page=number - 1, to_page=number - 1, links=False)
            part.save(data / truth.path.name)
    files = sorted(data.iterdir())
    count = sum(len(numbers) for numbers in chosen.values())
    print(f"\nPeers: {count} pages of text. Words: recall, precision, order; pages a CPU second\n")
    figures: dict[str, Any] = {}
    whole = folder / "whole"
    write_recipe(whole, truths[0].path.parent)
    run = run_stage("01_extract", whole, cores=1)
    records = read_pages(whole)
    texts = {
        name: [records[name][number - 1]["text"] for number in numbers] for name, numbers in chosen.items()
    }
    read = sum(len(pages) for pages in records.values())
    figures["inkprint"] = _row("inkprint, all", truths, chosen, texts, read / run.cpu_seconds)
    for peer in PEERS:
        done = one_pass(peer, files, folder / f"{peer}.json")
        if peer == "pymupdf4llm":
            done["texts"] = {
                name: [_MARKDOWN.sub(" ", text) for text in pages] for name, pages in done["texts"].items()
            }
        figures[peer] = _row(
            NAMES.get(peer, peer), truths, chosen, done["texts"], count / done["cpu_seconds"]
        )
    return figures


def _row(
    name: str,
    truths: Sequence[Truth],
    chosen: dict[str, list[int]],
    texts: dict[str, list[str]],
    speed: float,
) -> dict[str, float]:
    rates, in_order = Rates(), 0
    for truth in truths:
        by_page: dict[int, list[Printed]] = defaultdict(list)
        for line in truth.lines:
            by_page[line.page].append(line)
        wanted: list[str] = []
        got: list[str] = []
        for number, text in zip(chosen[truth.path.name], texts[truth.path.name], strict=True):
            lines = by_page[number]
            truly = [word.casefold() for line in lines for word in line.words]
            wanted += truly
            got += _without_exhibits(truly, plain(text), lines)
        rates += word_rates(wanted, got)
        in_order += sum(length for _, _, length in align(wanted, got))
    order = 2 * in_order / (rates.wanted + rates.found)
    print(f"  {name:16} {rates.recall:.4f} {rates.precision:.4f} {order:.4f} {speed:8.1f}")
    return {
        "recall": round(rates.recall, 5),
        "precision": round(rates.precision, 5),
        "order": round(order, 5),
        "pages_per_second": round(speed, 1),
    }


def _without_exhibits(truth: Sequence[str], got: Sequence[str], lines: Sequence[Printed]) -> list[str]:
    """A page's words without those of captions, tables and their like."""
    matched = {j + step for _, j, length in align(truth, got) for step in range(length)}
    exhibits = {word for line in lines if line.kind in OPEN for word in plain(line.text)}
    return [word for at, word in enumerate(got) if at in matched or word not in exhibits]
