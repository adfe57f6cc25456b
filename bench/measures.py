"""What an extraction found against what is true: pages, lines, words, chapters and paragraphs.

Words are what stands between blanks, compared without regard to case (small capitals lose it); how many kept
their case is counted apart. Recall and precision of words count each word as often as it comes (multisets).
Order similarity is 2 M / (a + b), M being the words in runs that stand in both texts in the same order, as in
difflib's ratio, found in linear time: runs of six words that come once in each text are the anchors, the
longest chain of them in order is taken (patience diff), and difflib without its junk rule aligns what lies
between.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from setting.pdf import Printed

ANCHOR_WORDS = 6
AUTHOR = {"body"}  # lines that are to be kept
OPEN = {
    "heading",
    "caption",
    "label",
    "table",
    "formula",
    "code",
}  # a recipe decides; neither right nor wrong if kept
Block = tuple[int, int, int]  # position in the first text, in the second, length


@dataclass
class Rates:
    """Right ones among what was found, and among what was to be found."""

    right: int = 0
    found: int = 0
    wanted: int = 0

    def __add__(self, other: Rates) -> Rates:
        return Rates(self.right + other.right, self.found + other.found, self.wanted + other.wanted)

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.wanted if self.wanted else 1.0


@dataclass
class Fault:
    """One thing that came out wrong."""

    what: str
    page: int
    expected: str
    got: str


@dataclass
class Score:
    """How one book came out."""

    pages: Rates  # kept pages
    page_classes: Counter[tuple[str, str]]  # true class, found class
    lines: Rates  # kept lines
    line_kinds: dict[str, Counter[str]]  # kind -> "kept" or the reason for which its lines were removed
    words: Rates
    order: float
    own_case: Rates
    chapters: Rates
    paragraphs: Rates
    faults: list[Fault] = field(default_factory=list)


def plain(text: str) -> list[str]:
    """The words of a text, in one case and one composition."""
    return unicodedata.normalize("NFC", text).casefold().split()


def align(first: Sequence[str], second: Sequence[str]) -> list[Block]:
    """Runs of words that stand in both texts in the same order."""
    chain = _longest_chain(_anchors(first, second))
    blocks: list[Block] = []
    at = (0, 0)
    for i, j in [*chain, (len(first), len(second))]:
        if i < at[0] or j < at[1]:  # inside the last run, which has grown over it
            continue
        matcher = SequenceMatcher(None, first[at[0] : i], second[at[1] : j], autojunk=False)
        blocks += [(at[0] + b.a, at[1] + b.b, b.size) for b in matcher.get_matching_blocks() if b.size]
        length = 0
        while (
            i + length < len(first) and j + length < len(second) and first[i + length] == second[j + length]
        ):
            length += 1
        if length:
            blocks.append((i, j, length))
        at = i + length, j + length
    return blocks


def _anchors(first: Sequence[str], second: Sequence[str]) -> list[tuple[int, int]]:
    places: list[dict[tuple[str, ...], int]] = []
    for words in (first, second):
        seen: dict[tuple[str, ...], int] = {}
        for at in range(len(words) - ANCHOR_WORDS + 1):
            gram = tuple(words[at : at + ANCHOR_WORDS])
            seen[gram] = -1 if gram in seen else at
        places.append({gram: at for gram, at in seen.items() if at >= 0})
    return [(at, places[1][gram]) for gram, at in places[0].items() if gram in places[1]]


def _longest_chain(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest run of pairs that rise in both places (patience sorting)."""
    ends: list[int] = []
    last: list[int] = []  # index of the pair that ends a chain of each length
    before: list[int] = []
    for at, (_, j) in enumerate(pairs):
        length = bisect_left(ends, j)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [j]
        last[length : length + 1] = [at]
    chain, at = [], last[-1] if last else -1
    while at >= 0:
        chain.append(pairs[at])
        at = before[at]
    return chain[::-1]


def word_rates(truth: Sequence[str], got: Sequence[str]) -> Rates:
    shared = Counter(truth) & Counter(got)
    return Rates(sum(shared.values()), len(got), len(truth))


def order_similarity(truth: Sequence[str], got: Sequence[str]) -> float:
    total = len(truth) + len(got)
    return 2 * sum(length for _, _, length in align(truth, got)) / total if total else 1.0


def page_rates(
    truth: Sequence[str], pages: Sequence[dict[str, Any]]
) -> tuple[Rates, Counter[tuple[str, str]]]:
    """Of the kept pages, and how often each true class was given each class. A true class may name two."""
    rates, classes = Rates(), Counter()
    for true, page in zip(truth, pages, strict=True):
        names = true.split(",")
        wanted, kept = "body" in names, page["kept"]
        rates += Rates(int(wanted and kept), int(kept), int(wanted))
        found = page["page_class"]
        classes[names[0], names[0] if found in names else found] += 1
    return rates, classes


def class_rates(classes: Counter[tuple[str, str]]) -> dict[str, Rates]:
    """Precision and recall of each class."""
    return {
        name: Rates(
            classes[name, name],
            sum(count for (_, found), count in classes.items() if found == name),
            sum(count for (true, _), count in classes.items() if true == name),
        )
        for name in sorted({name for pair in classes for name in pair})
    }


def line_fates(lines: Sequence[Printed], page: dict[str, Any]) -> list[str]:
    """For each line of a page: kept, the reason for which it was removed, or lost (nowhere at all)."""
    if not page["kept"]:
        return [page["page_class"]] * len(lines)
    wanted = [[word.casefold() for word in line.words] or plain(line.text) for line in lines]
    text = plain(page["text"])
    flat = [word for words in wanted for word in words]
    owners = [at for at, words in enumerate(wanted) for _ in words]
    hits: Counter[int] = Counter()
    for start, _, length in SequenceMatcher(None, flat, text, autojunk=False).get_matching_blocks():
        hits.update(owners[start : start + length])
    removed = [(" ".join(plain(entry["text"])), entry["reason"]) for entry in page["removed"]]
    running, squeezed = f" {' '.join(text)} ", "".join(text)
    fates = []
    for at, words in enumerate(wanted):
        own = " ".join(plain(lines[at].text))
        # A footnote's own mark is put before its words.
        found = next((entry for entry in removed if entry[0] == own or entry[0].endswith(f" {own}")), None)
        whole = hits[at] * 2 > len(words) or f" {' '.join(words)} " in running
        # A formula's blanks are no matter, nor is a caption's hyphen at the line's end.
        loose = lines[at].kind in OPEN and "".join(words).removesuffix("-") in squeezed
        if found:
            removed.remove(found)
            fates.append(found[1])
        else:
            fates.append("kept" if whole or loose else "lost")
    return fates
