"""Which shape was asked for: read from the prompt, or from what a table's train answers have in common.

Patterns look for an order to the writer (`List three …`, `in one sentence`) in the first and the last
paragraph of a prompt: they miss many an order, and seldom take for one what is none. Where a prompt asks for
no shape, the table's own is asked for without a word: what nine in ten of its train answers have.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from inkprint.evaluate import shapes
from inkprint.records import Record
from inkprint.words import words

OWN_SHARE = 0.9  # of a table's train answers
FEWEST_ANSWERS = 20  # to say what a table's answers have in common

_NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve".split()
_N = rf"(?:{'|'.join(_NUMBERS[1:])}|\d{{1,4}})"
_HOW_MANY = rf"(?P<low>{_N}|an?(?:\s+single)?)(?:\s*(?:-|–|to|or)\s*(?P<high>{_N}))?"
_ONLY = r"(?:(?:just|only|exactly)\s+)?"
_SOME = r"(?:(?!(?:with|of|for|about|from|to|that|in|on)\b)[\w+#-]+\s+)"  # adjectives
_UNITS = (
    r"(?:(?:more|different)\s+)?"
    r"(?:words?|sentences?|paragraphs?|lines?|letters?|characters?|digits?|verses|stanzas)"
)
# Where an order begins: "how to write a letter" and "she wrote a letter" are none.
_ORDER = (
    r"(?:^|[.!?:;,\n]\s*|\b(?:and|then|please|should|must|need\s+to|have\s+to|asked\s+to|task\s+is\s+to)\s+)"
    r"(?:{verbs})\s+(?:(?:me|us|him|her|them)\s+)?"
)
_MAKE = _ORDER.format(
    verbs=r"write|give|make|create|generate|compose|construct|provide|produce|draft|formulate|craft|suggest"
    r"|brainstorm|come\s+up\s+with|think\s+of|prepare|offer|ask|tell"
)
_LIST = _ORDER.format(
    verbs=r"list|name|give|make|create|generate|compose|provide|produce|write|suggest|brainstorm|identify"
    r"|come\s+up\s+with|think\s+of|prepare|offer|ask|tell"
)
_REPLY = (
    r"\b(?:answer|respond|reply)\s+(?:only\s+|just\s+)?(?:with\s+)?(?:only\s+|just\s+)?(?:an?\s+)?[\"'“‘]?"
)
_IN_A_LANGUAGE = (
    r"(?=[^.\n]{0,200}\b(?:python|java|javascript|typescript|c\+\+|sql|mysql|html|css|bash|php|ruby|rust)\b)"
)


@dataclass(frozen=True)
class Shape:
    """Something that a text has or lacks. name: as it is printed, `3 sentences`."""

    name: str
    holds: Callable[[str], bool]


class Followed(Record):
    """Which shapes a table's prompt asks for, which of them an answer has, and whether it is one at all."""

    example_id: str
    source_id: str
    variant: str
    asked: list[str]  # "3 items", "1 sentence"; none: it is measured by no shape
    kept: list[str]  # those of `asked` that the answer has
    unanswered: str  # "empty", "repeats the prompt" or "refuses"; "" for an answer


Reader = Callable[[re.Match[str]], Shape]


def _always(name: str, holds: Callable[[str], bool]) -> Reader:
    shape = Shape(name, holds)
    return lambda _: shape


def _counted(unit: str, count: Callable[[str], int]) -> Reader:
    """A reader of `three`, `two to four`: so many, and neither more nor fewer."""

    def read(found: re.Match[str]) -> Shape:
        low = _number(found["low"])
        high = _number(found["high"]) if found["high"] else low
        many = f"{low}" if low == high else f"{low} to {high}"
        return Shape(f"{many} {unit}{'s' * (high > 1)}", lambda text: low <= count(text) <= high)

    return read


def _at_most(found: re.Match[str]) -> Shape:
    most = _number(found["n"]) - ("than" in found["how"].lower() and "no more" not in found["how"].lower())
    return Shape(f"at most {most} words", lambda text: 1 <= shapes.word_count(text) <= most)


def _at_least(found: re.Match[str]) -> Shape:
    fewest = _number(found["n"]) + ("than" in found["how"].lower())
    return Shape(f"at least {fewest} words", lambda text: shapes.word_count(text) >= fewest)


def _items(found: re.Match[str]) -> Shape:
    count = _number(found["n"])
    return Shape(f"{count} items", lambda text: shapes.has_items(text, count))


def _one_of(*choices: str) -> Reader:
    return _always(" or ".join(choices), lambda text: words(text)[:1] in [[choice] for choice in choices])


def _number(text: str) -> int:
    text = text.lower()
    return _NUMBERS.index(text) if text in _NUMBERS else int(text) if text.isdecimal() else 1  # a, a single


_ASKED: list[tuple[re.Pattern[str], Reader]] = [
    (re.compile(pattern, re.IGNORECASE), reader)
    for pattern, reader in (
        (rf"\b(?:in|using)\s+{_ONLY}(?!an?\s+(?!single)){_HOW_MANY}\s+(?:\w+\s+)?sentences?\b",
         _counted("sentence", shapes.sentences)),
        (rf"{_MAKE}(?:an?\s+)?{_HOW_MANY}(?:-|\s+(?:\w+\s+)?)sentences?\b",
         _counted("sentence", shapes.sentences)),
        (rf"(?:\b(?:in|into)|{_MAKE})\s*{_ONLY}{_HOW_MANY}\s+(?:\w+\s+)?paragraphs?\b",
         _counted("paragraph", shapes.paragraphs)),
        (rf"\bin\s+{_ONLY}{_HOW_MANY}\s+lines?\b", _counted("line", shapes.lines)),
        (rf"\b(?:in|with)\s+{_ONLY}{_HOW_MANY}\s+words?\b(?!\s+or\b)", _counted("word", shapes.word_count)),
        (rf"\b(?P<how>(?:less|fewer|no\s+more)\s+than|at\s+most|up\s+to|a\s+maximum\s+of)\s+(?P<n>{_N})\s+words\b"
         r"(?!\s+each)", _at_most),
        (rf"\b(?:in|use)\s+(?P<how>under|below)\s+(?P<n>{_N})\s+words\b", _at_most),
        (rf"\b(?P<n>{_N})\s+words\s+or\s+(?P<how>less|fewer)\b", _at_most),
        (rf"\b(?P<how>more\s+than|at\s+least|a\s+minimum\s+of)\s+(?P<n>{_N})\s+words\b(?!\s+each)",
         _at_least),
        (rf"{_LIST}(?:(?:an?|the)\s+{_SOME}?(?:list|series|set)\s+of\s+)?(?:the\s+)?(?:top\s+|best\s+|first\s+)?"
         rf"(?P<n>(?!one\b|1\b){_N})\s+(?!{_UNITS}\b)[^\W\d]", _items),
        (r"\bbullet(?:ed)?[- ](?:points?|list)\b",
         _always("bullets", lambda text: shapes.bullets(text) >= 2)),
        (r"\bnumbered\s+list\b", _always("numbers", lambda text: shapes.numbered(text) >= 2)),
        (rf"{_LIST}(?:an?|the)\s+{_SOME}?list\s+of\s+(?!(?:the\s+)?(?:top\s+|best\s+)?{_N}\s)",
         _always("a list", shapes.has_list)),
        (r"\b(?:in|as|into|to|output|return)\s+(?:an?\s+)?(?:valid\s+)?JSON\b",
         _always("JSON", shapes.is_json)),
        (rf"(?:{_MAKE}|\b(?:as|into|in)\s+)an?\s+{_SOME}?table\b(?!\s+of\s+contents)",
         _always("a table", shapes.has_table)),
        (rf"{_MAKE}{_IN_A_LANGUAGE}(?:an?\s+)?{_SOME}{{0,3}}(?:function|program|script|query|code)\b",
         _always("code", shapes.has_code)),
        (rf"{_MAKE}a\s+haiku\b", _always("3 lines", lambda text: shapes.lines(text) == 3)),
        (rf"{_MAKE}a\s+{_SOME}?limerick\b", _always("5 lines", lambda text: shapes.lines(text) == 5)),
        (rf"{_MAKE}an?\s+{_SOME}{{0,2}}(?:poem|song|sonnet|ballad)\b(?!\s+title)",
         _always("verse", lambda text: shapes.lines(text) >= 3)),
        (rf"{_MAKE}an?\s+{_SOME}{{0,2}}(?:title|headline|slogan|tagline|tweet)\b",
         _always("1 line", lambda text: shapes.lines(text) == 1)),
        (rf"{_MAKE}an?\s+{_SOME}{{0,2}}(?:letter|e-?mail)\b", _always("a letter", shapes.is_letter)),
        (rf"{_MAKE}(?:an?|one)\s+{_SOME}{{0,2}}question\b", _always("a question", lambda text: "?" in text)),
        (rf"(?:{_MAKE}|\b(?:imagine|recreate)\s+)an?\s+{_SOME}?(?:dialogue|conversation)\b",
         _always("a dialogue", shapes.has_dialogue)),
        (rf"{_REPLY}yes[\"'”’]?\s+or\s+[\"'“‘]?no\b", _one_of("yes", "no")),
        (rf"{_REPLY}true[\"'”’]?\s+or\s+[\"'“‘]?false\b", _one_of("true", "false")),
    )
]  # fmt: skip

# The most telling first: what is JSON has labels, too.
_OWN = (
    Shape("JSON", shapes.is_json),
    Shape("a table", shapes.has_table),
    Shape("numbers", lambda text: shapes.numbered(text) >= 2),
    Shape("bullets", lambda text: shapes.bullets(text) >= 2),
    Shape("1 word", lambda text: shapes.word_count(text) == 1),
    Shape("1 sentence", lambda text: shapes.sentences(text) == 1),
    Shape("1 paragraph", lambda text: shapes.paragraphs(text) == 1),
)


def shapes_asked(prompt: str) -> list[Shape]:
    """The shapes that a prompt asks for in words, each once."""
    parts = [part for part in re.split(r"\n\s*\n", prompt.strip()) if part.strip()]
    where = "\n\n".join(dict.fromkeys([*parts[:1], *parts[-1:]]))
    found: dict[str, Shape] = {}
    for pattern, read in _ASKED:
        order = pattern.search(where)
        if order:
            shape = read(order)
            found.setdefault(shape.name, shape)
    return list(found.values())


def own_shape(train_answers: Sequence[str]) -> Shape | None:
    """What nine in ten of a table's train answers have in common: labels of lines, JSON, …, or None."""
    needed = OWN_SHARE * len(train_answers)
    if len(train_answers) < FEWEST_ANSWERS:
        return None
    counts = Counter(label for text in train_answers for label in set(shapes.labels(text)))
    common = {label for label, count in counts.items() if count >= needed}
    if common:
        name = "the lines " + ", ".join(f"{label}:" for label in sorted(common))
        return Shape(name, lambda text: common <= set(shapes.labels(text)))
    return next((shape for shape in _OWN if sum(map(shape.holds, train_answers)) >= needed), None)
