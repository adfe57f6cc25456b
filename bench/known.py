"""Books that the project does not hold, but of which it knows what is on which page (known_books.yaml)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from measures import class_rates, order_similarity, page_rates, word_rates

Record = dict[str, Any]  # a line of documents.jsonl
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_GUTENBERG = re.compile(
    r"\*{3} ?START OF TH(?:E|IS) PROJECT GUTENBERG.*?\*{3}(.*?)\nEnd of the Project Gutenberg", re.S
)


@dataclass(frozen=True)
class Known:
    """One book as a person knows it."""

    classes: list[str]  # of each page
    printed: list[re.Pattern[str]]
    text: str  # a file beside it, or ""


def read_known(path: Path) -> dict[str, Known]:
    """The books of known_books.yaml by the name of their file."""
    found = {}
    for name, book in yaml.safe_load(path.read_text(encoding="utf-8")).items():
        classes = ["body"] * book["pages"]
        for page_class, ranges in book["classes"].items():
            for part in ranges:
                first, _, last = str(part).partition("-")
                for number in range(int(first), int(last or first) + 1):
                    classes[number - 1] = page_class
        printed = [re.compile(pattern) for pattern in book["printed"]]
        found[name] = Known(classes, printed, book.get("text", ""))
    return found


def measure_known(
    books: dict[str, Known], pages: dict[str, list[Record]], passages: Sequence[Record], data: Path, show: int
) -> dict[str, Any]:
    """Print and return how the known books among the documents came out of 01 and 02."""
    figures: dict[str, Any] = {}
    print("\nBooks at hand. Kept pages: precision and recall; every page's class; what must not be there\n")
    for name, book in books.items():
        if name in pages:
            used = {page for passage in passages if passage["document"] == name for page in passage["pages"]}
            figures[name] = _measure_one(name, book, pages[name], used, show)
            if book.text and (data / book.text).is_file():
                figures[name] |= against_text(data / book.text, pages[name])
    return figures


def _measure_one(
    name: str, book: Known, pages: Sequence[Record], used: set[int], show: int
) -> dict[str, Any]:
    """`used`: numbers of the pages that passages were made of."""
    rates, classes = page_rates(book.classes, pages)
    right = sum(count for (true, found), count in classes.items() if true == found)
    wrong = sorted(number for number in used if book.classes[number - 1] != "body")
    leaks = list(_leaks(book, pages))
    print(f"{name}: {rates.precision:.4f} {rates.recall:.4f}, {right} of {len(book.classes)} classes right,"
          f" {len(wrong)} pages wrongly in passages, {len(leaks)} heads or addresses kept")  # fmt: skip
    for page_class, one in class_rates(classes).items():
        if one.precision < 1 or one.recall < 1:
            print(f"  {page_class}: precision {one.precision:.4f}, recall {one.recall:.4f}")
    for line in [*_misplaced(book, pages), *leaks][:show]:
        print(f"  {line}")
    return {
        "pages": len(book.classes),
        "precision": round(rates.precision, 5),
        "recall": round(rates.recall, 5),
        "classes_right": right,
        "pages_wrongly_in_passages": wrong,
        "printed_lines_kept": len(leaks),
    }


def _misplaced(book: Known, pages: Sequence[Record]) -> Iterator[str]:
    for true, page in zip(book.classes, pages, strict=True):
        if page["page_class"] != true:
            yield f"p. {page['page']}: expected {true}, got {page['page_class']} ({page['evidence']})"


def _leaks(book: Known, pages: Sequence[Record]) -> Iterator[str]:
    for page in pages:
        for pattern in book.printed if page["kept"] else []:
            for match in pattern.finditer(page["text"]):
                yield f"p. {page['page']}: {match[0]!r} is in the text"


def against_text(path: Path, pages: Sequence[Record]) -> dict[str, float]:
    """Words of the kept pages, and their chapters' titles, against a Project Gutenberg text of the book."""
    whole = path.read_text(encoding="utf-8-sig")
    inner = _GUTENBERG.search(whole)
    truth = _words(inner[1] if inner else whole)
    got = []
    for page in pages:
        titles = sorted((chapter["at"], chapter["title"]) for chapter in page["chapters"])
        text, at = "", 0
        for place, title in titles:
            text += f"{page['text'][at:place]} {title} "
            at = place
        got += _words(text + page["text"][at:]) if page["kept"] else []
    rates, order = word_rates(truth, got), order_similarity(truth, got)
    print(f"  against {path.name}: word recall {rates.recall:.5f}, precision {rates.precision:.5f},"
          f" order {order:.5f}")  # fmt: skip
    missing = (Counter(truth) - Counter(got)).most_common(5)
    more = (Counter(got) - Counter(truth)).most_common(5)
    print(f"  missing: {missing}; too many: {more}")
    return {
        "word_recall": round(rates.recall, 5),
        "word_precision": round(rates.precision, 5),
        "order": round(order, 5),
    }


def _words(text: str) -> list[str]:
    """Words without regard to the kind of quotes and to case; chapters' numbers count."""
    return _WORD.findall(text.replace("’", "'").casefold())
