"""Footnotes and note marks, apart from the text."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

from inkprint.extract.letters import count_words
from inkprint.extract.lines import Line

_STARTS = re.compile(r"[\[(]?(\d{1,3})[\]).]?\s*\S|([*†‡§‖¶]{1,3})\s*\w")
_FIGURE = re.compile(r"\d")
_WORD_AND_FIGURE = re.compile(r"\b([^\W\d_]{4,})(\d{1,3})\b")
# A note mark set in the text's own type, glued to a word's point or closing quote: them."5
_GLUED = re.compile(r"(?<=[^\W\d_]{3})([.,;:!?]?[”’\"')\]]+[.,;:!?]?|[.,;:!?])(\d{1,3})(?=\s|$|[—,;])")
SAME_SIZE = 0.2  # points
FEWEST_MARKS = 4  # glued to words, before they are taken for note marks
_ABBREVIATIONS = re.compile(r"\b(fig|vol|chap|art|sect|pages|nos|ser|app|eqs?)[.,;:]$", re.IGNORECASE)


def footnote_lines(lines: Sequence[Line], size: float, open_size: float) -> set[int]:
    """Positions of a page's footnote lines: smaller type at the bottom of a column that a note mark begins.

    open_size: that of the footnote in which the page before ended, whose rest may stand first here; or 0.
    """
    # Columns stand one after the other: the next begins far above the line before.
    ends = [at for at in range(1, len(lines)) if lines[at].top < lines[at - 1].top - 2 * size]
    found: set[int] = set()
    for begin, end in pairwise([0, *ends, len(lines)]):
        found |= _at_foot(lines, begin, end, size, open_size)
    return found


def _at_foot(lines: Sequence[Line], begin: int, end: int, size: float, open_size: float) -> set[int]:
    first = end
    while first > begin and lines[first - 1].size <= 0.93 * size:
        first -= 1
    small = range(first, end)
    if not small or first == begin:
        return set()
    # Small type above the first mark is the rest of the last page's note, or a table or quotation.
    starts = [at for at in small if begins_note(lines[at])][:1]
    starts += [at for at in small if abs(lines[at].size - open_size) < SAME_SIZE][:1]
    return set(range(min(starts), end)) if starts else set()


def begins_note(line: Line) -> bool:
    """A raised mark at the line's start, or a figure or sign there."""
    return bool(line.mark) or _STARTS.match(line.text) is not None


def open_note_size(lines: Sequence[Line], notes: set[int]) -> float:
    """The type size of a last footnote that goes on overleaf, for its last line ends no sentence; else 0."""
    if not notes or re.search(r"[.!?”’\"')\]]$", lines[max(notes)].text):
        return 0.0
    return lines[max(notes)].size


def cut_glued_marks(text: str, after_words: set[str], names: set[str]) -> tuple[str, list[str]]:
    """A line without note marks that are glued to its words, and the marks.

    after_words: words that end in a figure which is a mark, as `marks_after_words` finds them. names: words
    such as ASN.1, whose figure is their own, as `names_with_figures` finds them.
    """
    marks: list[str] = []

    def cut(match: re.Match[str]) -> str:
        before = text[: match.start(2)]
        if _ABBREVIATIONS.search(before) or _last_word(text[: match.start()]) + match[0] in names:
            return match[0]
        marks.append(match[2])
        return match[1]

    def cut_word(match: re.Match[str]) -> str:
        if match[0] not in after_words:
            return match[0]
        marks.append(match[2])
        return match[1]

    text = _GLUED.sub(cut, text)
    return _WORD_AND_FIGURE.sub(cut_word, text) if after_words else text, marks


def with_figures(texts: Sequence[str]) -> list[str]:
    """The texts that have a figure: in no other can a note mark be glued to a word."""
    return [text for text in texts if _FIGURE.search(text)]


def names_with_figures(texts: Sequence[str]) -> set[str]:
    """Words with a figure of their own: ASN.1, after which the sentence goes on as after no note's mark."""
    goes_on: dict[str, list[bool]] = defaultdict(list)
    for text in texts:
        for match in _GLUED.finditer(text):
            after = text[match.end() :].lstrip()[:1]
            if match[1] == "." and after.isalpha():
                goes_on[_last_word(text[: match.start()]) + match[0]].append(after.islower())
    return {name for name, found in goes_on.items() if sum(found) >= 2 and sum(found) * 2 >= len(found)}


def _last_word(text: str) -> str:
    return text[-60:].rpartition(" ")[2].lstrip("“‘\"'([")


def marks_after_words(texts: Sequence[str], figured: Sequence[str]) -> set[str]:
    """Words with a figure at their end that are a word and a note mark: movement2, with movement elsewhere.

    Only where the figures of such words count up through the book, as notes do and names (MP3) do not.
    figured: those of the texts that have a figure, as `with_figures` finds them.
    """
    matches = [match for text in figured for match in _WORD_AND_FIGURE.finditer(text)]
    if len(matches) < FEWEST_MARKS:  # most books: their words need not be counted
        return set()
    counts = count_words(texts)
    found = [(match[0], int(match[2])) for match in matches if counts[match[1].lower()]]
    following = sum(0 <= b[1] - a[1] <= 3 for a, b in pairwise(found))
    if len(found) < FEWEST_MARKS or following * 2 < len(found):
        return set()
    times = Counter(word for word, _ in found)
    return {word for word, count in times.items() if count <= 2}
