"""The score of one book of the bench: its truth against the records that 01_extract wrote of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from measures import (
    AUTHOR,
    OPEN,
    Fault,
    Rates,
    Score,
    align,
    line_fates,
    page_rates,
    plain,
    word_rates,
)
from setting.books import Truth
from setting.pdf import Printed

Record = dict[str, Any]  # a line of documents.jsonl
CONTEXT = 3  # words shown around a fault


def score_book(truth: Truth, pages: Sequence[Record]) -> Score:
    """Compare a book's truth with its pages' records, in the order of the file."""
    kept_pages, classes = page_rates(truth.classes, pages)
    faults = list(_page_faults(truth, pages))
    by_page: dict[int, list[Printed]] = defaultdict(list)
    for line in truth.lines:
        by_page[line.page].append(line)
    lines, kinds = Rates(), defaultdict(Counter)
    for page in pages:
        own = by_page[page["page"]]
        for line, fate in zip(own, line_fates(own, page), strict=True):
            if line.kind == "body" and not line.words:  # the end of a word that began on the line before
                continue
            kinds[line.kind][fate] += 1
            wanted, kept = line.kind in AUTHOR, fate == "kept"
            if line.kind not in OPEN:
                lines += Rates(int(wanted and kept), int(kept), int(wanted))
            if (
                kept != wanted
                and line.kind not in OPEN
                and page["kept"] == ("body" in truth.classes[line.page - 1])
            ):
                faults.append(
                    Fault(
                        f"line: {line.kind}",
                        line.page,
                        "kept" if wanted else "removed",
                        f"{fate}: {line.text}",
                    )
                )
    words, order, case = _words(truth, by_page, pages, faults)
    return Score(
        kept_pages, classes, lines, dict(kinds), words, order, case,
        _chapters(truth, pages, faults), _paragraphs(truth, pages, faults), faults,
    )  # fmt: skip


def _page_faults(truth: Truth, pages: Sequence[Record]) -> Iterator[Fault]:
    for true, page in zip(truth.classes, pages, strict=True):
        found = page["page_class"]
        if found not in true.split(","):
            yield Fault("page", page["page"], true, f"{found} ({page['evidence']})")


def _words(
    truth: Truth, by_page: dict[int, list[Printed]], pages: Sequence[Record], faults: list[Fault]
) -> tuple[Rates, float, Rates]:
    """Words, their order and their case. Captions, headings and their like count on neither side."""
    wanted = [(word, line.page) for line in truth.lines for word in line.words]
    flat = [word.casefold() for word, _ in wanted]
    got, at_page = [], []
    for page in pages:
        words = page["text"].split() if page["kept"] else []
        got += words
        at_page += [page["page"]] * len(words)
    lower = [word.casefold() for word in got]
    blocks = align(flat, lower)
    open_ = _open_words(by_page, at_page, lower, blocks)
    kept = [at for at in range(len(lower)) if at not in open_]
    rates = word_rates(flat, [lower[at] for at in kept])
    matched = [(i + step, j + step) for i, j, length in blocks for step in range(length)]
    own_case = sum(wanted[i][0] == got[j] for i, j in matched)
    faults += _word_faults(wanted, got, blocks, open_)
    order = 2 * len(matched) / (len(flat) + len(kept)) if flat or kept else 1.0
    return rates, order, Rates(own_case, len(matched), len(matched))


def _open_words(
    by_page: dict[int, list[Printed]],
    at_page: list[int],
    lower: list[str],
    blocks: Sequence[tuple[int, int, int]],
) -> set[int]:
    """Positions of kept words without a match among the author's that stand in an exhibit of their page.

    However parted: blanks between the signs of a formula are not looked at.
    """
    exhibits, headings = defaultdict(str), defaultdict(list)
    for page, lines in by_page.items():
        for line in lines:
            if line.kind == "heading":
                headings[page].append(plain(line.text))
            elif line.kind in OPEN:
                exhibits[page] += "".join(plain(line.text)).removesuffix("-")
    matched = {j + step for _, j, length in blocks for step in range(length)}
    found = {
        at
        for at, (word, page) in enumerate(zip(lower, at_page, strict=True))
        if at not in matched and word in exhibits[page]
    }
    for at, page in enumerate(at_page):
        for words in headings[page]:
            if lower[at : at + len(words)] == words and matched.isdisjoint(range(at, at + len(words))):
                found |= set(range(at, at + len(words)))
    return found


def _word_faults(
    wanted: Sequence[tuple[str, int]],
    got: Sequence[str],
    blocks: Sequence[tuple[int, int, int]],
    open_: set[int],
) -> Iterator[Fault]:
    i = j = 0
    for a, b, length in [*blocks, (len(wanted), len(got), 0)]:
        lost = [word for word, _ in wanted[i:a]]
        more = [got[at] for at in range(j, b) if at not in open_]
        if lost or more:
            before = " ".join(word for word, _ in wanted[max(0, i - CONTEXT) : i])
            page = wanted[min(i, len(wanted) - 1)][1]
            yield Fault("words", page, f"{before} [{_short(lost)}]", f"[{_short(more)}]")
        i, j = a + length, b + length


def _short(words: Sequence[str]) -> str:
    return " ".join(words) if len(words) <= 8 else f"{' '.join(words[:8])} … ({len(words)} words)"


def _chapters(truth: Truth, pages: Sequence[Record], faults: list[Fault]) -> Rates:
    """Chapters found on their page under their title; a number before a title is no matter."""
    found = [(page["page"], chapter["title"]) for page in pages for chapter in page["chapters"]]
    left, right = list(found), 0
    for page, title in truth.chapters:
        match = next(
            (one for one in left if one[0] == page and one[1].casefold().endswith(title.casefold())), None
        )
        if match:
            left.remove(match)
            right += 1
        else:
            faults.append(
                Fault("chapter", page, title, "; ".join(t for p, t in found if p == page) or "none")
            )
    faults += [Fault("chapter", page, "none", title) for page, title in left]
    return Rates(right, len(found), len(truth.chapters))


def _paragraphs(truth: Truth, pages: Sequence[Record], faults: list[Fault]) -> Rates:
    """Where paragraphs begin, of the words that stand in both texts. A word that begins one is looked for."""
    flat: list[str] = []
    on_page: list[int] = []
    starts: set[int] = set()
    for line in truth.lines:
        if line.words and line.begins:
            starts.add(len(flat))
        flat += [word.casefold() for word in line.words]
        on_page += [line.page] * len(line.words)
    got: list[str] = []
    found: set[int] = set()
    for page in pages:
        for at, paragraph in enumerate(page["text"].split("\n\n") if page["kept"] else []):
            if paragraph and not (at == 0 and page["continues"]):
                found.add(len(got))
            got += [word.casefold() for word in paragraph.split()]
    pairs = [(i + step, j + step) for i, j, length in align(flat, got) for step in range(length)]
    right = sum(i in starts and j in found for i, j in pairs)
    for i, j in pairs:
        if (i in starts) != (j in found):
            here, there = ("begins" if begins else "goes on" for begins in (i in starts, j in found))
            faults.append(Fault("paragraph", on_page[i], f"{here}: {' '.join(flat[i : i + 6])}", there))
    return Rates(right, sum(j in found for _, j in pairs), sum(i in starts for i, _ in pairs))
