"""Headings: which lines are set apart from the text, and what titles they make."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from inkprint.extract.classes import section_name
from inkprint.extract.letters import one_space
from inkprint.extract.lines import Line
from inkprint.extract.ordinals import WORD, ordinal
from inkprint.extract.page_numbers import roman

_ONES = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
NUMBERS = {word: value for value, word in enumerate(_ONES.split(), start=1)}
NUMBERS |= {word: 10 * value for value, word in enumerate(_TENS.split(), start=2)}
NUMBERS |= {word: value for value, word in enumerate(_ORDINALS.split(), start=1)}
_NAMED = (
    r"chapter|part|book|section|letter|canto|act|lecture|essay|volume"
    r"|chapitre|partie|livre|acte|capítulo|parte|libro|livro|acto|capitolo|atto|capitolul"
    r"|kapitel|teil|buch|abschnitt|hoofdstuk|deel|boek|kapitlet|kapittel"
    r"|rozdział|część|księga|kapitola|část|kniha|глава|часть|книга|том|розділ|частина|действие"
    r"|κεφάλαιο|κεφαλαιο|μέρος|μεροσ|βιβλίο|βιβλιο|fejezet|rész|bölüm|luku"
)
# What may follow its number, as in 2. Kapitel. English has none of these: "1. Part of it" begins a list.
_NAMED_AFTER = (
    r"kapitel|teil|buch|abschnitt|hoofdstuk|deel|boek|kapitlet|kapittel|chapitre|partie|livre|acte|parte|libro|livro|acto"
    r"|fejezet|rész|bölüm|kapitola|глава|часть|книга|том|действие"
)
_SPELLED = "|".join(NUMBERS)
_FIGURE = rf"\d{{1,3}}|[ivxlc]+|(?:{_SPELLED})(?:[ -](?:{_SPELLED}))?"
_WITH_FIGURE = re.compile(rf"(?:the\s+)?(?:{_NAMED})\s+(?:the\s+)?({_FIGURE})\b[\s.:—–-]*", re.IGNORECASE)
_WITH_ORDINAL = re.compile(rf"(?:{_NAMED})\s+({WORD})[\s.:—–-]*", re.IGNORECASE)
_NUMBER_FIRST = re.compile(rf"(?:({WORD})|(\d{{1,3}})\.)\s+(?:{_NAMED_AFTER})\b[\s.:—–-]*", re.IGNORECASE)
_BARE = re.compile(rf"({_FIGURE})(?:[.:)—–]+\s*|\s+(?=(?-i:[A-Z]))|$)", re.IGNORECASE)
_NUMBER_ONLY = re.compile(rf"[\[(—–-]?\s*(?:{_FIGURE})\s*[.\])—–-]?", re.IGNORECASE)
_LABEL = re.compile(rf"(?:{_NAMED})(?:\s+(?:{_FIGURE}))?[.:]?", re.IGNORECASE)
PLAIN_NAMES = re.compile(
    r"(author'?s? )?(preface|introduction|prologue|epilogue|afterword|conclusion|postscript|acknowledge?ments"
    r"|interlude|appendix|prelude|coda|vorwort|einleitung|nachwort|schlu(?:ss|ß)|prolog|epilog"
    r"|préface|avant-propos|épilogue|postface|introducción|prólogo|epílogo|prefacio"
    r"|prefazione|introduzione|epilogo|prefácio|introdução|voorwoord|inleiding|nawoord|förord|inledning"
    r"|efterord|forord"
    r"|przedmowa|wstęp|posłowie|předmluva|úvod|предисловие|введение|пролог|эпилог|послесловие|заключение"
    r"|πρόλογος|προλογος|εισαγωγή|εισαγωγη|επίλογος|επιλογος)"
    r"( (to|by|[a-z]|\d).*)?",
    re.IGNORECASE,
)
HEAD_LINES = 4  # of a page: where capitals in the middle are a heading though the text follows closely


class Numbered(NamedTuple):
    """What a chapter's number in a title says."""

    value: int
    end: int  # of the number in the title: what follows is the rest


def chapter_number(text: str) -> Numbered | None:
    """The number that a title begins with, named as one: Chapter IV, Zweites Kapitel, 3. Teil."""
    if match := _WITH_FIGURE.match(text):
        return Numbered(_number(match[1]), match.end())
    if (match := _WITH_ORDINAL.match(text)) and (value := ordinal(match[1])):
        return Numbered(value, match.end())
    if (match := _NUMBER_FIRST.match(text)) and (value := int(match[2] or 0) or ordinal(match[1] or "")):
        return Numbered(value, match.end())
    return None


@dataclass(frozen=True)
class Type:
    """How the book's running text is set."""

    size: float
    leading: float
    bold: bool
    mono: bool
    printed: bool  # set by a printer, and not by the blank lines of a text file


def body_type(pages: Sequence[Sequence[Line]], printed: bool) -> Type:
    """The size of most letters, and the usual distance from line to line."""
    sizes: Counter[float] = Counter()
    bold = mono = 0
    for lines in pages:
        for line in lines:
            sizes[line.size] += len(line.text)
            bold += len(line.text) if line.bold else 0
            mono += len(line.text) if line.mono else 0
    size = max(sizes, key=lambda key: (sizes[key], key)) if sizes else 10.0
    steps = [
        b.top - a.top
        for lines in pages
        for a, b in pairwise(lines)
        if a.size == b.size == size and 0 < b.top - a.top < 4 * size
    ]
    # Pages that were made of text have its paragraphs a row apart, of which there may be more than lines.
    leading = median(steps) if steps and printed else 1.2 * size
    most = sum(sizes.values()) / 2
    return Type(size, leading, bold > most, mono > most, printed)


@dataclass(frozen=True)
class Heading:
    """Lines set apart from the text: positions first to last on one page."""

    page: int
    first: int
    last: int
    lines: tuple[str, ...]
    size: float
    on_top: bool  # nothing but headings above it on the page
    numbered: bool

    @property
    def text(self) -> str:
        return " ".join(self.lines)


def find_headings(index: int, lines: Sequence[Line], type_: Type, displays: Container[int]) -> list[Heading]:
    """The headings of one page, neighbouring lines together; none among the displays."""
    if not lines:
        return []
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    flags = [at not in displays and _stands_out(lines, at, left, right, type_) for at in range(len(lines))]
    for at in range(len(lines) - 1):
        # A chapter's number close above its title is part of the heading whatever its type.
        if (
            flags[at + 1]
            and _NUMBER_ONLY.fullmatch(lines[at].text)
            and _together(lines[at], lines[at + 1], type_)
        ):
            flags[at] = True
    found: list[Heading] = []
    at, on_top = 0, True
    while at < len(lines):
        if not flags[at]:
            on_top = False
            at += 1
            continue
        last = at
        while last + 1 < len(lines) and flags[last + 1] and _together(lines[last], lines[last + 1], type_):
            last += 1
        found.append(_heading(index, lines, at, last, on_top))
        at = last + 1
    return found


def _heading(index: int, lines: Sequence[Line], first: int, last: int, on_top: bool) -> Heading:
    texts = tuple(unspace(line.text) for line in lines[first : last + 1])
    count = sum(chapter_number(text) is not None for text in texts)
    size = max(line.size for line in lines[first : last + 1])
    return Heading(index, first, last, texts, size, on_top, count == 1)


def _together(first: Line, second: Line, type_: Type) -> bool:
    # Chapter, or its number, may stand far above the title.
    most = 5 if _LABEL.fullmatch(first.text) or _NUMBER_ONLY.fullmatch(first.text) else 2.5
    return -0.5 * first.size < second.top - first.bottom < most * type_.leading and second.top > first.top


def _stands_out(lines: Sequence[Line], at: int, left: float, right: float, type_: Type) -> bool:
    line = lines[at]
    text = line.text
    above = line.top - lines[at - 1].bottom if at else 1000.0
    below = lines[at + 1].top - line.bottom if at + 1 < len(lines) else 1000.0
    slack = max(0.0, type_.leading - type_.size)
    apart = above > slack + 0.35 * type_.leading and below > slack + 0.2 * type_.leading
    large = line.size >= 1.12 * type_.size
    if not (large or apart or at < HEAD_LINES or (line.bold and not type_.bold)):
        return False  # nearly every line of running text
    words = text.split()
    if len(words) > 14 or text.endswith((",", ";", "-")):
        return False
    letters = "".join(filter(str.isalpha, text))
    if not (letters or text.strip(".").isdigit()):
        return False
    if large and line.x1 - line.x0 < 0.98 * (right - left) + 1:
        return True
    if line.size < 0.8 * type_.size:
        return False
    if len(words) <= 10 and chapter_number(text) and (apart or not at) and not text.endswith((".”", '."')):
        return True
    middle = abs((line.x0 + line.x1) / 2 - (left + right) / 2) < 0.05 * (right - left)
    short = line.x1 - line.x0 < 0.7 * (right - left)
    centred = middle and line.x0 > left + 0.08 * (right - left)
    caps = len(letters) >= 4 and sum(map(str.isupper, letters)) > 0.9 * len(letters)
    if apart and len(words) <= 6 and section_name(text):
        return True
    if line.bold and not type_.bold and (caps or (short and centred)):
        return True
    if caps and (apart or (centred and at < HEAD_LINES)):
        return True
    if line.bold and not type_.bold and apart and not text.endswith("."):
        return True
    far_apart = min(above, below) > slack + 0.9 * type_.leading and above > 2 * type_.leading
    if far_apart and _BARE.match(text) and len(words) > 1 and not text.endswith((".”", '."')):
        return True
    return centred and apart and short and at < 3 and not re.search(r"[.,;:”\"]$|[=+∈⊂]", text)


def unspace(text: str) -> str:
    """C H A P T E R as CHAPTER: letters set wide apart come out as words of one letter."""
    return re.sub(r"\b(?:[A-Z] ){3,}[A-Z]\b", lambda match: match[0].replace(" ", ""), text)


def clean_title(text: str) -> str:
    """A title without leaders, page number and odd spaces."""
    text = one_space(unspace(text))
    text = re.sub(r"(\s*[.…·_]){3,}\s*(\d+|[ivxlc]+)?$", "", text)
    text = text.strip(" |·•–—")
    # A full stop after a title is an old printer's habit; the one of St. or Mr. stays.
    return text[:-1] if re.search(r"(\w{4}|\b[IVXLC]+|\d)[”’\"]?\.$", text) and text.count(".") == 1 else text


def join_title(lines: Sequence[str]) -> str:
    """The lines of one heading as a title: a number line is parted from the rest by a colon."""
    parts = [clean_title(line) for line in lines]
    title = ""
    for part in parts:
        found = chapter_number(title)
        bare = (found and found.end == len(title)) or _BARE.fullmatch(title)
        title = f"{title.rstrip('.:')}: {part}" if title and bare else f"{title} {part}".strip()
    return title


def split_number(title: str) -> tuple[int, str]:
    """The number a title begins with (0: none) and the letters and figures of the rest, for comparing."""
    title = title.strip()
    number, rest = 0, title
    if found := chapter_number(title):
        number, rest = found.value, title[found.end :]
    elif match := _BARE.match(title):
        number, rest = _number(match[1]), title[match.end() :]
    if not number:
        rest = title
    return number, "".join(character for character in rest.casefold() if character.isalnum())


def _number(text: str) -> int:
    text = text.lower()
    if text.isdigit():
        return int(text)
    if text in NUMBERS or re.match(rf"({_SPELLED})[ -]", text):
        return sum(NUMBERS.get(word, 0) for word in re.split(r"[ -]", text))
    return roman(text) if re.fullmatch(r"(x[cl]|l?x{0,3})(i[xv]|v?i{0,3})|c", text) else 0


def same_title(wanted: str, found: str) -> bool:
    """Whether a heading's words are the title that an outline or a contents page gives."""
    number, key = split_number(wanted)
    other, text = split_number(found)
    if key and text:
        if key == text:
            return True
        if len(key) >= 4 and len(text) <= 2 * len(key) + 30 and (key in text):
            return True
        if number and number == other and SequenceMatcher(None, key, text).ratio() > 0.75:
            return True  # the same number, and Esthetes for Aesthetes
        return len(text) >= 6 and len(text) * 2 > len(key) and text in key
    return bool(number) and number == other and not key and not text
