"""Characters and words: what a PDF stores against what the author wrote."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

LIGATURES = {
    0xFB00: "ff",
    0xFB01: "fi",
    0xFB02: "fl",
    0xFB03: "ffi",
    0xFB04: "ffl",
    0xFB05: "st",
    0xFB06: "st",
}
# TeX fonts draw an accent as a character of its own before its letter: Poincar´e.
ACCENTS = {
    "´": "\u0301",
    "¨": "\u0308",
    "ˆ": "\u0302",
    "˜": "\u0303",
    "¸": "\u0327",
    "˘": "\u0306",
    "ˇ": "\u030c",
    "˚": "\u030a",
    "˙": "\u0307",
    "ˋ": "\u0300",
}
_ACCENTED = re.compile(f"([{''.join(ACCENTS)}])([A-Za-zı])")
# Invisible: controls, lone surrogates, zero-width and direction marks, byte order marks.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
# The point comes first, for the search to leap to it.
_LOST_BLANK = re.compile(r"[.,;:!?](?<=[a-z]{2}.)(?:(?<=[.!?])[”’]?(?=[A-Z][a-z]|[AI] )|(?=“\w))")
SOFT_HYPHEN = "\u00ad"
_HYPHENS = re.compile("[\u2010\u2011]")

WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_BROKEN = re.compile(r"([^\W\d_]+(?:[-'’][^\W\d_]+)*)-$")
MOST_CAPITALS = 12  # words that a printer sets in capitals at the head of a chapter
FEWEST_AFTER = 5  # words of the same paragraph in small letters
LONGEST_WORD = 60  # letters looked at before a hyphen at a line's end: searching whole paragraphs is slow
# So many other words of the book begin or end like the halves, before two known words are joined into one.
CLOSED_KIN = 5
# English words that mostly begin solid words (upside, overcome): for short books, which hold too few kin.
SOLID_STARTS = set(
    "after any back down every for fore here house how in mean no off on other out over some there through"
    " under up what when where who with".split()
)
# And words that mostly end them (lifeboat, cupboard, bedrooms).
SOLID_ENDS = set(
    "board boards boat boats bodies body book books fold ful hold house houses less light man men mark one"
    " place places room rooms self selves shine ship ships shop stairs thing things ward wards ways where"
    " woman women yard yards".split()
)
TENS = set("twenty thirty forty fifty sixty seventy eighty ninety".split())
DIGITS = set("one two three four five six seven eight nine".split())
_LETTERS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def clean(text: str) -> str:
    """Ligatures apart, accents on their letters, nothing invisible but the soft hyphen; spaces kept."""
    if text.isascii() and text.isprintable():
        return text  # nearly every line of an English book
    text = _INVISIBLE.sub("", text.translate(LIGATURES))
    text = _HYPHENS.sub("-", text)
    if any(accent in text for accent in ACCENTS):
        text = _ACCENTED.sub(_compose, text)
    return unicodedata.normalize("NFC", text)


def _compose(match: re.Match[str]) -> str:
    letter = {"ı": "i"}.get(match[2], match[2])
    composed = unicodedata.normalize("NFC", letter + ACCENTS[match[1]])
    return composed if len(composed) == 1 else match[0]


def one_space(text: str) -> str:
    """All white space, U+2028 and its like too, as single blanks; soft hyphens inside a line gone."""
    return " ".join(text.replace(SOFT_HYPHEN, "").split())


def space_sentences(text: str) -> str:
    """A blank where tight setting lost it after a sentence's end or before a quotation: fly.The moment."""
    return _LOST_BLANK.sub(r"\g<0> ", text) if _LOST_BLANK.search(text) else text


def is_ornament(text: str) -> bool:
    """A row that is drawn, not read: * * *, a line of dingbats, a rule of dashes."""
    if text[:1].isalnum() or any(map(str.isalnum, text)):
        return False  # nearly every line
    marks = "".join(text.split())
    if not marks or any(sign in marks for sign in "=+−<>()[]{}√"):
        return False
    return not all(character in "“”‘’\"'.,;:!?…" for character in marks) or len(marks) > 3


def count_words(texts: Iterable[str]) -> Counter[str]:
    """How often each word form stands inside a line; the halves of words broken at line ends do not count."""
    found: list[str] = []
    after_hyphen = False
    for text in texts:
        words = WORD.findall(text.lower())
        if after_hyphen and words:
            words = words[1:]
        after_hyphen = text.endswith(("-", SOFT_HYPHEN))
        found += words[:-1] if after_hyphen else words
    return Counter(found)  # at once: a call for each line costs as much as the words


class Joiner:
    """Joins a paragraph's lines, and tells from the book's own words which hyphens are the author's."""

    def __init__(self, counts: Counter[str], line_ends: Iterable[tuple[str, str]] = ()) -> None:
        """`line_ends`: the halves around every hyphen at a line's end.

        Where the whole word is known from elsewhere, they tell whether this book's lines break words at
        all; hard-wrapped text files and some web pages break only at hyphens that were there.
        """
        self._counts = counts
        self._commonest = {word for word, _ in counts.most_common(25)}
        known = Counter(
            counts[a + b] > counts[f"{a}-{b}"]
            for a, b in ((left.lower(), right.lower()) for left, right in line_ends)
            if counts[a + b] != counts[f"{a}-{b}"]
        )
        self._breaks_words = known[True] >= known[False]
        closed = [word for word in counts if "-" not in word]
        opened = [word for word in counts if "-" in word]
        self._closed_starts = Counter([word[:cut] for word in closed for cut in range(2, len(word) - 1)])
        self._closed_ends = Counter([word[cut:] for word in closed for cut in range(2, len(word) - 1)])
        self._open_starts = Counter(word.split("-")[0] for word in opened)
        self._open_ends = Counter(word.split("-")[-1] for word in opened)

    def join(self, first: str, second: str) -> str:
        """Two lines of one paragraph as one."""
        if first.endswith(SOFT_HYPHEN):
            return one_space(first) + second
        if not first or not second:
            return first or second
        if (broken := _broken(first)) and (rest := _LETTERS.match(second)):
            chain = second[rest.end() : rest.end() + 1] == "-" and rest[0].lower() in self._commonest
            whole = not chain and self.is_one_word(broken[1], rest[0])  # daughter-|in-law keeps its hyphen
            return (first[:-1] if whole else first) + second
        # A dash or a hyphen after a figure ties both sides: 1914-|18, heart—|or.
        if first.endswith(("-", "—")) and first.rstrip("-—")[-1:].strip():
            return first + second
        if second.startswith(("—", "--")) and second.lstrip("-—")[:1].strip():
            return first + second
        return f"{first} {second}"

    def is_one_word(self, left: str, right: str) -> bool:
        """True when left + right is likelier in this book than left-right."""
        upper = right[0].isupper() and not (left.isupper() and right.isupper())
        left, right = left.lower(), right.lower()
        joined, hyphened = self._counts[left + right], self._counts[f"{left}-{right}"]
        if joined != hyphened:
            return joined > hyphened
        if upper or not self._breaks_words:
            return False
        if left in TENS and right in DIGITS:
            return False
        head, last = left.rpartition("-")[::2]
        if head:  # three-and-|twenty keeps its hyphen, self-gov-|ernment does not
            return self._counts[last] == 0 or (self._counts[last + right] > 0 and self._counts[right] == 0)
        compound = self._counts[right] and (self._counts[left] or self._open_starts[left])
        if not compound:
            return True
        if right in self._commonest:  # state-|of-the-art, so-|and-so
            return False
        # Both halves are words and the whole is not known: what else do these halves do in this book?
        closed = self._closed_starts[left] + self._closed_ends[right]
        opened = self._open_starts[left] + self._open_ends[right]
        solid = left in SOLID_STARTS or right in SOLID_ENDS
        return closed >= 3 * opened and (closed >= CLOSED_KIN or solid)


def broken_words(texts: Iterable[str]) -> Iterable[tuple[str, str]]:
    """The halves around the hyphens at line ends."""
    before = ""
    for text in texts:
        if (broken := _broken(before)) and (rest := _LETTERS.match(text)):
            yield broken[1], rest[0]
        before = text


def _broken(text: str) -> re.Match[str] | None:
    """The word before a hyphen at the end."""
    return _BROKEN.search(text[-LONGEST_WORD:].rpartition(" ")[2]) if text.endswith("-") else None


def capital_words(text: str) -> int:
    """How many words a printer set in capitals at the head of a chapter; 0 where it is another thing."""
    words = text.split()
    count = next((at for at, word in enumerate(words) if any(map(str.islower, word))), len(words))
    some = any(sum(map(str.isalpha, word)) > 1 for word in words[:count])
    return count if some and count <= MOST_CAPITALS and len(words) >= count + FEWEST_AFTER else 0


def as_written(text: str, forms: Counter[str]) -> str:
    """A paragraph without a printer's capitals at its head: each word in the form it mostly has in the book.

    forms: how often each word stands in the book, as it is written.
    """
    count = capital_words(text)
    words = text.split(" ")
    for at, word in enumerate(words[:count]):
        words[at] = WORD.sub(lambda match: _usual(match[0], forms), word)
    if count:
        head = re.sub(r"[^\W\d_]", lambda match: match[0].upper(), words[0], count=1)
        words[0] = head
    return " ".join(words)


def _usual(word: str, forms: Counter[str]) -> str:
    lower = word.lower()
    counts = {lower: forms[lower], lower.capitalize(): forms[lower.capitalize()], word: forms[word] - 1}
    return max(counts, key=lambda form: counts[form])
