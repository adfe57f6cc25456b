"""From a row as its file has it to the fields that the recipe maps, cleaned, or the reason why not."""

from __future__ import annotations

import html
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, get_args

from inkprint.errors import UserError
from inkprint.extract.tables import RawRow
from inkprint.extract.turns import (
    LISTENED,
    SAID_BY,
    further_questions,
    is_chat,
    speakers_in,
    who_else,
    words_of,
)
from inkprint.records import Reject, Role, Row, Split, content_id

ROLES: tuple[Role, ...] = get_args(Role)
TEXTS: frozenset[Role] = frozenset({"text", "system", "prompt", "input", "answer"})
MAY_BE_EMPTY: frozenset[Role] = frozenset({"system", "input", "group"})
FROM_PATH = "<split>"  # the split that folder or file name says, where they say one
OTHER_LABEL = "label not in extract.labels"
NAMES_SHOWN = 30
LATER_TURNS = "chats of which the first question and answer were taken"
NOT_THERE = "missing values written out (nan, NULL) taken as empty"
A_NAME_WORDS = 4  # in a column's name at most; more are a text
ROWS_LOOKED_AT = 1000  # for a column: JSON Lines may leave out what is empty
# How others call the splits.
SPLITS: dict[str, Split] = {
    "train": "train", "training": "train", "validation": "validation", "valid": "validation",
    "val": "validation", "dev": "validation", "test": "test", "testing": "test",
}  # fmt: skip

# How programs write a value that is not there: pandas, SQL, Excel, Alpaca. None and N/A may be an answer.
_WRITTEN_OUT = {"nan", "null", "<na>", "nat", "#n/a", "<noinput>", "<nooutput>"}
_MISSING = object()
_TAG = re.compile(r"</?([a-z!][a-z0-9]*)\b[^<>]*>", re.I)
_IN_PROSE = {"br", "i", "b", "em", "strong"}
_BREAK = re.compile(r"[ \t]*<br ?/?>[ \t]*", re.I)
_SLANTED = re.compile(r"</?(?:i|b|em|strong)>", re.I)
# Not &lt; and &gt;: what they make looks like a tag.
_ENTITY = re.compile(
    r"&(?:amp|quot|apos|nbsp|hellip|[lr]squo|[lr]dquo|[mn]dash|#\d{2,6}|#x[0-9a-f]{2,5});", re.I
)
_BLANKS = re.compile(r"[ \t]+(?=\n)")
_GAPS = re.compile(r"\n{3,}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNUSUAL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\xa0\u2028\u2029\ufeff]")
# Controls go; what Windows' Latin has where Latin-1 has controls was meant; a space is a space.
_USUAL = dict.fromkeys((*range(32), 127, 65279))
_USUAL |= {code: bytes([code]).decode("cp1252", "ignore") for code in range(128, 160)}
_USUAL |= {0xA0: " ", 0x09: "\t", 0x0A: "\n", 0x0B: "\n", 0x0C: "\n", 0x2028: "\n", 0x2029: "\n"}


def to_record(
    raw: RawRow, columns: dict[Role, str], labels: list[str] | None, changed: Counter[str]
) -> Row | Reject:
    """The row's mapped fields, or the reason why there is none. `changed` counts what was cleaned."""
    if raw.problem:
        return _reject(raw, raw.problem, raw.detail, raw.text)
    fields: dict[Role, str] = {}
    for role in ROLES:
        if role not in columns or (columns[role] == FROM_PATH and not raw.values.get(FROM_PATH)):
            continue
        value = _value(raw.values, columns[role])
        if is_chat(value) and role in SAID_BY and not further_questions(value):
            value = words_of(value, SAID_BY[role])  # a prompt as TRL writes it: a list of one turn
        text, problem, detail = _as_text(value, role, columns[role])
        if text.strip().casefold() in _WRITTEN_OUT:
            text, changed[NOT_THERE] = "", changed[NOT_THERE] + 1
        if not problem:
            problem, detail = _spoken_by_another(raw.values, role, columns[role])
        text = _tidy(text, changed) if role in TEXTS else " ".join(text.split())
        if not problem and not text and role not in MAY_BE_EMPTY:
            problem = f"no {role}"
        elif not problem and role == "split":
            text, problem, detail = SPLITS.get(text.casefold(), ""), "unknown split", f"{text!r:.60}"
            problem = "" if text else problem
        elif not problem and role == "label" and labels is not None and text not in labels:
            problem, detail = OTHER_LABEL, f"{text!r:.60}"
        if problem:
            return _reject(raw, problem, detail, _as_line(raw.values, columns))
        fields[role] = text
    changed[LATER_TURNS] += further_questions(_chat_at(raw.values, columns.get("answer", ""))[1]) > 0
    parts = [raw.source, *(part for field in fields.items() for part in field)]
    return Row(id=content_id("row", *parts), source=raw.source, row=raw.number, fields=fields)


def _reject(raw: RawRow, reason: str, detail: str, text: str) -> Reject:
    where = f"{raw.source}, {raw.place}"
    text = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)
    reject_id = content_id("reject", where, reason)
    return Reject(id=reject_id, source_id=where, reason=reason, text=text, detail=detail)


def choose_columns(where: str, rows: list[RawRow], columns: dict[Role, str]) -> dict[Role, str]:
    """Each role's column in this table: of names with | between them the first that its first rows have.

    Raises UserError for a column that none has; a role that may be empty is left out where the table
    has none of its several names.
    """
    read = [raw.values for raw in rows if not raw.problem]
    chosen, needed = dict(columns), dict(columns)
    for role, column in columns.items():
        if "|" in column and all(_value(values, column) is _MISSING for values in read):
            names = column.split("|")
            there = (name for name in names if any(_value(values, name) is not _MISSING for values in read))
            chosen[role] = needed[role] = next(there, column)
            if role in MAY_BE_EMPTY and chosen[role] == column:
                del chosen[role], needed[role]
    check_columns(where, rows, needed)
    return chosen


def check_columns(where: str, rows: list[RawRow], columns: dict[Role, str]) -> None:
    """Raise UserError for a column that none of the first rows has; it lists those there are."""
    read = [raw.values for raw in rows if not raw.problem]
    if not read:
        return
    missing = [
        (role, column)
        for role, column in columns.items()
        if all(_value(values, column) is _MISSING for values in read)
    ]
    if not missing:
        return
    role, column = missing[0]
    raise UserError(
        f"{where}: no column {column!r} for extract.columns.{role}; there are: {names_of(rows)}"
        + (_hint(read) if len(missing) == len(columns) else "")
    )


def _hint(read: list[dict[str, Any]]) -> str:
    """What else may be wrong where not one column was found."""
    if any(name.isdecimal() or len(name.split()) > A_NAME_WORDS for name in read[0]):
        return "; if that is a row and no line of names, count columns from 0, as {text: '1', label: '0'}"
    return "; if this is no table but a text, write extract.columns: null"


def names_of(rows: Iterable[RawRow]) -> str:
    """What the first rows have that could be mapped, in their order, as a person reads it."""
    first = islice((raw for raw in rows if not raw.problem), ROWS_LOOKED_AT)
    names = list(dict.fromkeys(f"{name:.60}" for raw in first for name in _names(raw.values)))
    more = [f"and {len(names) - NAMES_SHOWN} more"] if len(names) > NAMES_SHOWN else []
    return ", ".join([*names[:NAMES_SHOWN], *more])


def _names(values: dict[str, Any]) -> Iterator[str]:
    """What can be mapped: a column, or what is in it with dots, as answers.text.0."""
    for name, value in values.items():
        if name.startswith("<"):
            continue
        if is_chat(value):
            yield from (f"{name}.{speaker}" for speaker in speakers_in(value))
        elif isinstance(value, list) and value:
            yield from (f"{name}.0{part}" for part in _below(value[0]))
        else:
            yield from (f"{name}{part}" for part in _below(value))


def _below(value: Any) -> list[str]:
    return [f".{name}" for name in value] if isinstance(value, dict) and value else [""]


def _value(values: dict[str, Any], column: str) -> Any:
    """A column by its name, or by dots: keys of objects, numbers from 0 of lists, speakers of chats."""
    if column in values:
        return values[column]
    value: Any = values
    for part in column.split("."):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal():
            value = value[int(part)] if int(part) < len(value) else None
        elif is_chat(value) and part in LISTENED:
            value = words_of(value, part)
        else:
            return _MISSING
    return value


def _chat_at(values: dict[str, Any], column: str) -> tuple[str, list[Any]]:
    """The chat that a path leads into, with the path so far; empty where it leads into none."""
    parts = column.split(".")
    for end in range(1, len(parts)):
        if is_chat(chat := _value(values, ".".join(parts[:end]))):
            return ".".join(parts[:end]), chat
    return "", []


def _spoken_by_another(values: dict[str, Any], role: Role, column: str) -> tuple[str, str]:
    """The problem, and its detail, where a path with numbers leads to somebody else's words."""
    path, chat = _chat_at(values, column)
    place = column[len(path) + 1 :].partition(".")[0]
    if not place.isdecimal() or int(place) >= len(chat) or not (other := who_else(role, chat[int(place)])):
        return "", ""
    return f"{role} is what the {other} says", f"name who speaks, as {path}.{SAID_BY[role]}"


def _as_text(value: Any, role: str, column: str) -> tuple[str, str, str]:
    """A value as text, or the problem with it and its detail."""
    if isinstance(value, str):
        return value, "characters that are none" if _SURROGATE.search(value) else "", ""
    if value is _MISSING or value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "", "", ""
    if isinstance(value, bool):
        return str(value).lower(), "", ""
    if isinstance(value, float) and value.is_integer():  # pandas makes floats of numbers with gaps
        return str(int(value)), "", ""
    if isinstance(value, list):
        return "", f"{role} is a list", f"name one of it, as {column}.0"
    if isinstance(value, dict):
        return "", f"{role} is an object", f"name a part of it, as {column}.{next(iter(value), 'name')}"
    if isinstance(value, bytes):
        return "", f"{role} is bytes", ""
    return str(value), "", ""


def _tidy(text: str, changed: Counter[str]) -> str:
    """The text with line breaks for <br>, plain spaces and no trailing ones; nothing else is touched.

    A text with other tags than prose has is about HTML, or is code: its tags and entities stay.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "<" in text or "&" in text:
        text = _unmarked(text, changed)
    if _UNUSUAL.search(text):
        text = text.translate(_USUAL)
    if "\n" in text:
        text = _GAPS.sub("\n\n", _BLANKS.sub("", text))
    return text.strip()


def _unmarked(text: str, changed: Counter[str]) -> str:
    tags = {name.lower() for name in _TAG.findall(text)}
    if "```" in text or not tags <= _IN_PROSE:
        return text
    if "br" in tags:
        text, breaks = _BREAK.subn("\n", text)
        text, slanted = _SLANTED.subn("", text)
        changed.update({"<br> made line breaks": breaks, "<i> and <b> removed": slanted})
    text, entities = _ENTITY.subn(lambda found: html.unescape(found[0]), text)
    changed["entities made characters"] += entities
    return text


def _as_line(values: dict[str, Any], columns: dict[Role, str]) -> str:
    """What the mapped columns hold, for a person to see in the rejects."""
    found = {role: _value(values, column) for role, column in columns.items()}
    return "; ".join(f"{role}: {value}" for role, value in found.items() if value not in (_MISSING, None, ""))
