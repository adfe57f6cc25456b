"""Words into lines, and lines into the commands that draw them.

As printers' programs do it: fonts with an encoding of their own, so that ligatures are one character and an
accent may be a character beside its letter; words parted by blanks or, as TeX does it, by movement alone.
Lengths in points, from the page's top left corner.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

import pymupdf

FACES = {  # family -> face -> PyMuPDF's short name and the PDF's name
    "times": {"r": ("tiro", "Times-Roman"), "i": ("tiit", "Times-Italic"), "b": ("tibo", "Times-Bold")},
    "helvetica": {
        "r": ("helv", "Helvetica"), "i": ("heit", "Helvetica-Oblique"), "b": ("hebo", "Helvetica-Bold"),
    },
    "courier": {"r": ("cour", "Courier"), "i": ("coit", "Courier-Oblique"), "b": ("cobo", "Courier-Bold")},
}  # fmt: skip
# Characters outside Windows' Latin, at codes that it leaves free, with the names that the fonts know them by.
SPECIAL = {
    "ﬁ": "fi", "ﬂ": "fl", "ﬀ": "ff", "ﬃ": "ffi", "ﬄ": "ffl", "α": "alpha", "β": "beta", "π": "pi",
    "∑": "summation", "−": "minus", "∫": "integral", "∈": "element", "√": "radical", "≤": "lessequal",
    "∞": "infinity", "∂": "partialdiff",
}  # fmt: skip
CODES = {character: 14 + at for at, character in enumerate(SPECIAL)}
LIGATURES = (("ffi", "ﬃ"), ("ffl", "ﬄ"), ("ff", "ﬀ"), ("fi", "ﬁ"), ("fl", "ﬂ"))
ACCENTS = {"\u0301": "´", "\u0308": "¨", "\u0327": "¸", "\u0300": "`", "\u0302": "ˆ"}


@dataclass(frozen=True)
class Type:
    """How letters are put into a PDF."""

    family: str = "times"
    ligatures: bool = True
    split_accents: bool = False  # ´e for é, the accent drawn over the letter
    blanks: bool = True  # words parted by blanks, or by movement alone


@dataclass(frozen=True)
class Run:
    """Words in one face and size. `gap` is added to every blank, `rise` lifts the run."""

    text: str
    x: float
    y: float  # the baseline
    face: str = "r"
    size: float = 10.0
    gap: float = 0.0
    rise: float = 0.0
    family: str = ""  # another than the type's, as code has


@dataclass(frozen=True)
class Word:
    """A word, or a piece of one. `whole` is the author's word that begins here, if one does."""

    text: str
    whole: str = ""
    face: str = "r"
    mark: str = ""  # a note's sign after it
    note: str = ""  # the footnote that the sign calls
    small: bool = False  # small capitals: letters after the first as lesser capitals

    @property
    def capital(self) -> str:
        """Its first letter in full size where it is set in small capitals, if that is a capital."""
        return self.text[:1] if self.text[:1].isupper() else ""

    @property
    def lesser(self) -> str:
        """The rest of it in lesser capitals."""
        return self.text[len(self.capital) :].upper()


@dataclass
class Line:
    """Words on one line of a paragraph."""

    words: list[Word]
    indent: float
    room: float
    stretched: bool


@cache
def _font(name: str) -> pymupdf.Font:
    return pymupdf.Font(name)


@cache
def advance(family: str, face: str, character: str) -> float:
    font = _font(FACES[family][face][0])
    return font.glyph_advance(ord(character)) if font.has_glyph(ord(character)) else 0.6


def compose(text: str, type_: Type) -> list[tuple[str, bool]]:
    """The characters that are drawn for a text, and of each whether it stands over the next one."""
    if type_.ligatures:
        for letters, ligature in LIGATURES:
            text = text.replace(letters, ligature)
    drawn: list[tuple[str, bool]] = []
    for character in text:
        letter, *accents = unicodedata.normalize("NFD", character)
        if type_.split_accents and accents and accents[0] in ACCENTS:
            drawn.append((ACCENTS[accents[0]], True))
            character = letter
        drawn.append((character, False))
    return drawn


@cache
def measure(text: str, face: str, size: float, type_: Type, family: str = "") -> float:
    """The width of a text."""
    family = family or type_.family
    return size * sum(
        advance(family, face, character) for character, over in compose(text, type_) if not over
    )


def width_of(word: Word, size: float, type_: Type) -> float:
    letters = measure(word.text, word.face, size, type_)
    if word.small:
        letters = measure(word.capital, word.face, size, type_)
        letters += measure(word.lesser, word.face, 0.78 * size, type_)
    return letters + measure(word.mark, "r", 0.65 * size, type_)


def draw(run: Run, type_: Type) -> str:
    """The PDF commands of one run, but for its place on the page's height."""
    family = run.family or type_.family
    array, text = "", b""
    for character, over in compose(run.text, type_):
        code = bytes([CODES[character]]) if character in CODES else character.encode("cp1252")
        if character == " ":
            step = advance(family, run.face, " ") if not type_.blanks else 0.0
            text += code if type_.blanks else b""
            array += f"<{text.hex()}>{-1000 * (step + run.gap / run.size):.0f}"
            text = b""
        elif over:
            array += f"<{(text + code).hex()}>{1000 * advance(family, run.face, character):.0f}"
            text = b""
        else:
            text += code
    font = FACES[family][run.face][0]
    return f"/{font} {run.size:g} Tf 1 0 0 1 {run.x:.2f} {{}} Tm [{array}<{text.hex()}>] TJ"


def hyphen_places(word: str) -> list[int]:
    """Where a long word may be cut: between consonants or before one; a compound only after its hyphens."""
    core = word.rstrip(".,;:?!”’")
    if "-" in core.strip("-"):
        return [match.end() for match in re.finditer("-", core[:-2]) if match.end() > 1]
    if len(core) < 6 or not core.isalpha() or core[0].isupper():
        return []
    vowel = [letter in "aeiouyéëï" for letter in core]
    return [
        at
        for at in range(2, len(core) - 2)
        if not vowel[at]
        and vowel[at + 1]
        and any(vowel[:at])
        and core[at - 1 : at + 1] not in ("th", "ch", "sh")
    ]


def break_lines(
    words: list[Word], first: float, rest: float, size: float, type_: Type, cut: bool
) -> list[Line]:
    """A paragraph as lines, first fit; `first` and `rest` are the widths of its first and its other lines.

    `cut`: words are broken where a line would gape.
    """
    lines: list[Line] = []
    queue, current, used, room = list(reversed(words)), [], 0.0, first
    blank = measure(" ", "r", size, type_)
    while queue:
        word = queue.pop()
        width = width_of(word, size, type_)
        if used + width <= room or not current:
            current.append(word)
            used += width + blank
            continue
        fits = [
            at
            for at in hyphen_places(word.text) if cut and not word.small
            if used + measure(_left(word.text, at), word.face, size, type_) <= room
        ]  # fmt: skip
        if fits and room - used > 1.5 * blank:
            current.append(Word(_left(word.text, fits[-1]), word.whole, word.face))
            word = Word(word.text[fits[-1] :], "", word.face, word.mark, word.note)
        queue.append(word)
        lines.append(Line(current, rest - room, room, True))
        current, used, room = [], 0.0, rest
    lines.append(Line(current, rest - room, room, False))
    return lines


def _left(word: str, at: int) -> str:
    return word[:at] if word[at - 1] == "-" else word[:at] + "-"


def line_runs(line: Line, x: float, y: float, size: float, type_: Type) -> list[Run]:
    """A line as runs: one for each change of face, a raised one for each mark."""
    blank = measure(" ", "r", size, type_)
    natural = sum(width_of(word, size, type_) for word in line.words) + blank * (len(line.words) - 1)
    gap = max(0.0, line.room - natural) / max(1, len(line.words) - 1) if line.stretched else 0.0
    runs: list[Run] = []
    text, start, x = "", 0.0, x + line.indent
    for at, word in enumerate(line.words):
        start = x if not text else start
        after = line.words[at + 1] if at + 1 < len(line.words) else None
        if word.small:
            first = measure(word.capital, word.face, size, type_)
            if word.capital:
                runs.append(Run(word.capital, x, y, word.face, size))
            lesser = word.lesser + (" " if after else "")
            runs.append(Run(lesser, x + first, y, word.face, 0.78 * size, gap))
        else:
            text += word.text
        x += width_of(word, size, type_)
        if text and (word.mark or not after or after.face != word.face or after.small):
            runs.append(Run(text + (" " if after and not word.mark else ""), start, y, word.face, size, gap))
            text = ""
        elif text:
            text += " "
        if word.mark:
            mark = word.mark + (" " if after else "")
            runs.append(
                Run(
                    mark, x - measure(word.mark, "r", 0.65 * size, type_), y, "r", 0.65 * size, 0, 0.35 * size
                )
            )
        x += blank + gap
    return runs
