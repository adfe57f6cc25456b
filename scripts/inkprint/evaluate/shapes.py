"""Shapes that a text can have and a rule can decide: so many sentences, words or entries; JSON, a letter.

The verifiable instructions of IFEval (Zhou et al. 2023) are of this kind. asked.py reads which was asked for.
"""

from __future__ import annotations

import json
import re

from inkprint.sentences import sentence_spans
from inkprint.words import words

WORDS_OF_PART = 6  # an entry between commas has at most so many on average, or it is prose with commas

_DOT = r"[-*+•·▪◦–]"
_COUNTED = r"\(?(\d{1,3})[.):]"
_BULLET = re.compile(rf"^[ \t]*{_DOT}[ \t]+\S", re.MULTILINE)
_NUMBER = re.compile(rf"(?:^|(?<=\s)){_COUNTED}[ \t]*(?=[^\s\d])", re.MULTILINE)
_MARK = re.compile(rf"^[ \t]*(?:{_DOT}|{_COUNTED})[ \t]+", re.MULTILINE)
_LABEL = re.compile(r"^[ \t]*(?:\*\*)?([^\W\d_][\w '/&-]{0,30}?)(?:\*\*)?:", re.MULTILINE)
_SPEAKER = re.compile(r"(?:^|[.!?\"'”’)]\s)[ \t]*(?:\*\*)?[^\W\d_][\w .'-]{0,30}(?:\*\*)?:", re.MULTILINE)
_FENCE = re.compile(r"```\w*\n?(.*?)```", re.DOTALL)
_CODE = re.compile(r"^.*(?:[;{}]|\)\s*:|\w\([^()\n]*\)|</\w+>)[ \t]*$", re.MULTILINE)
_BETWEEN = re.compile(r"[,;] (?:(?:and|or) )?| (?:and|or) |\n")
_QUOTED = re.compile(r"[\"“][^\"“”]+[\"”]")
_GREETING = re.compile(
    r"^(?:my\s+)?(?:dear|dearest|beloved|darling|hi|hello|hey|greetings|subject|re|to\s+(?:whom|the|my)"
    r"|good\s+(?:morning|day|afternoon|evening)|your\s+(?:majesty|highness|honou?r|excellency|grace))\b"
    r"|^to\s*:|^[^\n.!?:]{2,60},$",
    re.IGNORECASE | re.MULTILINE,
)


def word_count(text: str) -> int:
    return len(words(text))


def sentences(text: str) -> int:
    """How many sentences a text has; an entry of a list has one at least."""
    return sum(len(sentence_spans(line)) for line in _MARK.sub("", text).split("\n") if words(line))


def lines(text: str) -> int:
    """Lines that are not blank."""
    return sum(bool(line.strip()) for line in text.split("\n"))


def paragraphs(text: str) -> int:
    """Parts between blank lines; where there are no such lines, lines."""
    parts = sum(bool(part.strip()) for part in re.split(r"\n\s*\n", text))
    return parts if parts > 1 else lines(text)


def numbered(text: str) -> int:
    """How far a text counts its entries, 1. 2. 3., each on a line or all in one."""
    count = 0
    for found in _NUMBER.finditer(text):
        count += int(found.group(1)) == count + 1
    return count


def bullets(text: str) -> int:
    """Lines that begin with a bullet."""
    return len(_BULLET.findall(text))


def labels(text: str) -> list[str]:
    """What stands before a colon where a line begins: `Definition: …`, `**Romeo**: …`."""
    return _LABEL.findall(text)


def has_items(text: str, count: int) -> bool:
    """Whether a text has so many entries: those that it numbers or marks; else lines, sentences, or parts."""
    body = text.strip()
    if max(numbered(body), bullets(body)) > 1:
        return count in (numbered(body), bullets(body), paragraphs(body))
    in_a_row = _parts(body.rpartition(":")[2])
    short = word_count(body) <= WORDS_OF_PART * count or sentences(body) == 1
    return count in (lines(body), lines(body) - 1, sentences(body), in_a_row if short else 0)


def has_list(text: str) -> bool:
    """Whether a text has two entries that are marked, three lines, or three short parts between commas."""
    if max(numbered(text), bullets(text)) >= 2 or lines(text) >= 3:
        return True
    return _parts(text) >= 3 and word_count(text) <= WORDS_OF_PART * _parts(text)


def is_json(text: str) -> bool:
    """Whether a text, or the one fenced block in it, is a JSON object or array."""
    blocks = _FENCE.findall(text)
    try:
        return isinstance(json.loads(blocks[0] if len(blocks) == 1 else text), dict | list)
    except (ValueError, RecursionError):
        return False


def has_table(text: str) -> bool:
    """Whether a text has two rows with cells, between bars or tabs, or a table in HTML."""
    return sum("|" in line or "\t" in line for line in text.split("\n")) >= 2 or "<table" in text.lower()


def has_code(text: str) -> bool:
    """Whether a text has a fenced block, two lines that end as lines of code do, or a query."""
    return bool(_FENCE.search(text)) or len(_CODE.findall(text)) >= 2 or "SELECT " in text


def is_letter(text: str) -> bool:
    """Whether one of a text's first three lines greets somebody or names a subject."""
    head = [line.strip(" *_#>\"“'‘") for line in text.split("\n") if line.strip()][:3]
    return _GREETING.search("\n".join(head)) is not None


def has_dialogue(text: str) -> bool:
    """Whether two lines or sentences begin with who speaks, or two stretches stand in quotation marks."""
    return len(_SPEAKER.findall(text)) >= 2 or len(_QUOTED.findall(text)) >= 2


def _parts(text: str) -> int:
    """Stretches with words between commas, semicolons, "and" and "or"."""
    rows = (" ".join(row.split()) for row in text.split("\n"))
    return sum(bool(words(part)) for part in _BETWEEN.split("\n".join(rows)))
