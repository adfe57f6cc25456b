"""How much of an answer is another text word for word, quotations aside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from inkprint.synthesize.wording import Text
from inkprint.words import words

# An answer may quote a sentence or two; with more, quoting all would be a way to copy all.
QUOTED_WORDS = 40
_QUOTATION = re.compile(
    r"“[^“”]*”|„[^„“”]*[“”]|«[^«»]*»|»[^«»]*«"
    r"|(?<!\w)\"[^\"]*\"(?!\w)"
    r"|‘[^‘’]*(?:’\w[^‘’]*)*’(?!\w)"
    r"|(?<!\w)'[^'\n]*(?:'\w[^'\n]*)*'(?!\w)"
)


def longest_copy(text: Text, source: Text, *, quotations: bool = True) -> tuple[int, str]:
    """The longest run of words that both texts have, in words, and the run itself; (0, "") for none.

    A run has two words at least. Where `quotations` are allowed, words between closed quotation marks do not
    count, in the text's order up to QUOTED_WORDS of them. A run goes on across them, so that a word in
    quotation marks here and there does not part it. Exact: the runs that end at a word's places in the source
    are one longer than those that ended a word before (longest common substring by dynamic programming, only
    where pairs of words agree; words alone would be some "the" and "of" at every other place).
    """
    spans = text.spans
    pairs = list(pairwise(word for word, _, _ in spans))
    places: dict[tuple[str, str], list[int]] = {pair: [] for pair in pairs}
    for place, pair in enumerate(pairwise(source.words)):
        if pair in places:
            places[pair].append(place)
    counted = _counted(spans, _free_spans(text.text) if quotations else [])
    longest, first, last = 0, 0, 0
    running: dict[int, int] = {}
    for number, pair in enumerate(pairs, start=1):
        if not places[pair]:
            running = {}
            continue
        running = {place: running.get(place - 1, 1) + 1 for place in places[pair]}
        begins = number + 1 - max(running.values())
        own = counted[number + 1] - counted[begins]
        if own > longest:
            longest, first, last = own, begins, number
    return longest, text.text[spans[first][1] : spans[last][2]] if longest else ""


def _counted(spans: list[tuple[str, int, int]], free: list[tuple[int, int]]) -> Sequence[int]:
    """How many of the first n words count: (words + 1,)."""
    if not free:
        return range(len(spans) + 1)
    counted = [0]
    for _, start, _ in spans:
        counted.append(counted[-1] + (not any(begin <= start < end for begin, end in free)))
    return counted


def _free_spans(text: str) -> list[tuple[int, int]]:
    """The quotations whose words do not count: [start, end) in characters."""
    free, left = [], QUOTED_WORDS
    for quotation in _QUOTATION.finditer(text):
        length = len(words(quotation.group()))
        if length <= left:
            free.append(quotation.span())
            left -= length
    return free
