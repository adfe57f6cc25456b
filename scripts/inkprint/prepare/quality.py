"""Passages that are not their book's prose or verse: figures, lists, endless repetition, another language.

Each rule is a share with a limit of its own in the recipe. What a book's language is, the book says: its
hundred most common words, which make up half of prose, dialogue and verse alike, a quarter or less of a list
of names, and a tenth of a passage in another language.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from statistics import median

from inkprint.recipe import Filters
from inkprint.words import words

COMMON_WORDS = 100
FEWEST_PASSAGES = 10  # in a shorter text the most common words are anyone's
LEAST_COMMON = 0.25  # where the middle passage has fewer, words are not what spaces part: Chinese, Japanese
ENTRY_WORDS = 12
RUN_WORDS = 5
# No dashes: in many languages they begin what somebody says.
_ENTRY_START = re.compile(r"[•·▪◦‣●○■*]\s|\(?(?:\d+|[ivxlc]+)[.)]\s|\(?[A-Za-z]\)\s")
_ENTRY_END = re.compile(r"\d\W*$")


def quality_faults(texts: Sequence[str], filters: Filters) -> dict[int, tuple[str, str]]:
    """Which of one document's passages are to go, in order: the reason, and what it was told by."""
    of_words = [words(text) for text in texts]
    common = common_words(of_words)
    shares = [_share_of(own, common) for own in of_words]
    middle = median(shares) if shares else 0.0
    told = common if len(texts) >= FEWEST_PASSAGES and middle >= LEAST_COMMON else None
    faults: dict[int, tuple[str, str]] = {}
    for number, (text, own, share) in enumerate(zip(texts, of_words, shares, strict=True)):
        if _over(digits := digit_share(text), filters.max_digit_share):
            faults[number] = "too many digits", f"{digits:.0%} of its letters and digits"
        elif _over(entries := entry_share(text, told), filters.max_list_share):
            faults[number] = "a list", f"{entries:.0%} of its words are in short entries"
        elif _over(repeated := repeated_share(own), filters.max_repeated_share):
            faults[number] = "says the same over and over", f"{repeated:.0%} of its runs of five words"
        elif (
            told is not None
            and filters.min_common_words is not None
            and share < filters.min_common_words * middle
        ):
            detail = f"{share:.0%} of its words; {middle:.0%} in the middle passage"
            faults[number] = "few of the book's common words (another language, names)", detail
    return faults


def common_words(texts: Sequence[Sequence[str]]) -> frozenset[str]:
    """The words that most of a document's passages have, a tenth at least; of equals the first in order."""
    passages = Counter(word for text in texts for word in set(text))
    known = [word for word, count in passages.items() if count > max(1, len(texts) // 10)]
    return frozenset(sorted(known, key=lambda word: (-passages[word], word))[:COMMON_WORDS])


def digit_share(text: str) -> float:
    """Digits among letters and digits."""
    return sum(map(str.isdigit, text)) / max(sum(map(str.isalnum, text)), 1)


def entry_share(text: str, common: frozenset[str] | None) -> float:
    """The share of the words that stand in short entries, line by line.

    An entry has twelve words at most and begins with a bullet or a number, ends in a number, or ends without
    a stop and has hardly a common word. A line of verse has them, and a line of dialogue ends in a stop.
    Where common words are not known (None), only bullets and numbers tell.
    """
    entries = every = 0
    for line in filter(str.strip, text.split("\n")):
        length = len(line.split())
        every += length
        entries += length * (length <= ENTRY_WORDS and _is_entry(line.strip(), common))
    return entries / max(every, 1)


def repeated_share(text: Sequence[str]) -> float:
    """The share of a text's runs of five words that it has said already."""
    runs = [tuple(text[n : n + RUN_WORDS]) for n in range(len(text) - RUN_WORDS + 1)]
    return 1 - len(set(runs)) / len(runs) if runs else 0.0


def _is_entry(line: str, common: frozenset[str] | None) -> bool:
    if _ENTRY_START.match(line) or _ENTRY_END.search(line):
        return True
    stops = unicodedata.category(line[-1]).startswith("P")
    return not stops and common is not None and _share_of(words(line), common) < 0.25


def _share_of(text: Sequence[str], common: frozenset[str]) -> float:
    return sum(word in common for word in text) / max(len(text), 1)


def _over(share: float, limit: float | None) -> bool:
    return limit is not None and share > limit
