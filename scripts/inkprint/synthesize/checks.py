"""Checks on what a language model sends back: questions, answers, restyled answers. The first that fails counts.

Each check has a name, by which the report counts it. No check asks a model: all are rules, the same on every
machine, and each fault says by which words or which share it was told.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from inkprint.sentences import sentence_spans
from inkprint.synthesize.copying import longest_copy
from inkprint.synthesize.grounding import Source, capitals_mark_names, content_words, figures, names
from inkprint.synthesize.talk import markup, number_list, speaks_as_machine, speaks_of_text
from inkprint.words import words

SHORTEST_QUESTION = 5  # words
LONGEST_QUESTION = 60
SENTENCES_BEFORE = 2  # that lead to a question: "You were a sailor. You left the sea. Why?"
QUOTING = 8  # words in a row that a question and its passage share: a quotation
NAME_WEIGHT = 3  # a restyled answer that drops a name or a number has lost as much as with so many words
_ASKS = re.compile(r"(?:[?？\u037e]|[Ͱ-Ͽἀ-῾];)[\"'”’“»«)\]*_\s]*\Z")  # Greek asks with a semicolon


class Fault(NamedTuple):
    """Why a text is rejected."""

    check: str  # the check's name: "copied"
    detail: str  # what it was told by: "14 words in a row: 'the rope that …'"


def check_question(question: str, passage: str) -> Fault | None:
    """The first fault of a question about a passage, None for a good one.

    Names: question_too_short, not_a_question, about_the_text, quotes_passage.
    """
    length = len(words(question))
    if length < SHORTEST_QUESTION:
        return Fault("question_too_short", f"{_words(length)}; at least {SHORTEST_QUESTION}")
    if not _ASKS.search(question):
        return Fault("not_a_question", f"no question mark at its end: '{question.strip()[-30:]}'")
    sentences = sum(len(sentence_spans(line)) for line in question.split("\n"))
    if length > LONGEST_QUESTION or sentences > SENTENCES_BEFORE + 1:
        return Fault("not_a_question", f"{_words(length)} in {sentences} sentences")
    if found := speaks_of_text(question, passage):
        return Fault("about_the_text", f"'{found}'")
    run, copied = longest_copy(question, passage, quotations=False)
    if run >= QUOTING:
        return Fault("quotes_passage", f"{run} words in a row: '{copied}'")
    return None


def check_answer(
    answer: str,
    question: str,
    passage: str,
    *,
    min_words: int,
    max_words: int,
    copied_words: int,
    grounded_share: float,
) -> Fault | None:
    """The first fault of an answer in the author's voice, None for a good one.

    Names: answer_too_short, answer_too_long, meta_talk, number_list, copied (more than `copied_words` words
    in a row from the passage, quotations aside), ungrounded (less than `grounded_share` of its different
    content words in the passage or the question), unknown_name (a name, or a number in figures, that is in
    neither).
    """
    if fault := _length(answer, min_words, max_words):
        return fault
    for found in (
        speaks_as_machine(answer, passage),
        speaks_of_text(answer, passage),
        markup(answer, passage),
    ):
        if found:
            return Fault("meta_talk", f"'{found}'")
    if found := number_list(answer):
        return Fault("number_list", found)
    run, copied = longest_copy(answer, passage)
    if run > copied_words:
        return Fault("copied", f"{run} words in a row: '{copied}'")
    source = Source(passage, question)
    return _ungrounded(answer, source, grounded_share) or _unknown(answer, source, passage)


def check_restyled(
    restyled: str, plain: str, prompt: str, *, min_words: int, max_words: int, grounded_share: float
) -> Fault | None:
    """The first fault of a plain answer said in another style, None for a good one.

    Names: answer_too_short, answer_too_long, meta_talk (as a machine, or markup that plain answer and prompt
    lack), unchanged (the same words), lost_content, number_list (where the plain answer is none).
    """
    if fault := _length(restyled, min_words, max_words):
        return fault
    known = f"{prompt}\n{plain}"
    if found := speaks_as_machine(restyled, known) or markup(restyled, known):
        return Fault("meta_talk", f"'{found}'")
    if words(restyled) == words(plain):
        return Fault("unchanged", "the same words as the plain answer")
    if fault := _lost(restyled, plain, prompt, grounded_share):
        return fault
    found = number_list(restyled)
    return Fault("number_list", found) if found and not number_list(plain) else None


def _length(answer: str, min_words: int, max_words: int) -> Fault | None:
    length = len(words(answer))
    if length < min_words:
        return Fault("answer_too_short", f"{_words(length)}; at least {min_words}")
    if length > max_words:
        return Fault("answer_too_long", f"{_words(length)}; at most {max_words}")
    return None


def _ungrounded(answer: str, source: Source, grounded_share: float) -> Fault | None:
    """Too few content words in the source; each word counts once, however often it comes."""
    content = dict.fromkeys(content_words(answer))
    missing = [word for word in content if not source.has_word(word)]
    known = len(content) - len(missing)
    if known >= grounded_share * len(content):
        return None
    lacking = ", ".join(missing[:8])
    return Fault("ungrounded", f"{known / len(content):.0%} of {len(content)} content words; not {lacking}")


def _unknown(answer: str, source: Source, passage: str) -> Fault | None:
    """Names and numbers that are not in the source; names only where capitals mark them."""
    for number in figures(answer):
        if not source.has_number(number):
            return Fault("unknown_name", number)
    missing = [name for name in names(answer) if not source.has_name(name)]
    if missing and capitals_mark_names(passage):
        return Fault("unknown_name", ", ".join(dict.fromkeys(missing)))
    return None


def _lost(restyled: str, plain: str, prompt: str, share: float) -> Fault | None:
    """Too little of what the plain answer says beyond its prompt.

    Its different content words count one each, names and numbers NAME_WEIGHT: a style has other words for
    things, and none for Paris and 1889. What the prompt says already need not be said again.
    """
    asked, kept = Source(prompt), Source(restyled)
    weights = {word: 1 for word in content_words(plain) if not asked.has_word(word)}
    weights |= {name.lower(): NAME_WEIGHT for name in names(plain) if not asked.has_name(name)}
    weights |= {number: NAME_WEIGHT for number in figures(plain) if not asked.has_number(number)}
    lost = [
        word for word in weights if not (kept.has_number(word) if word.isdigit() else kept.has_name(word))
    ]
    total = sum(weights.values())
    left = total - sum(weights[word] for word in lost)
    if left >= share * total:
        return None
    first = ", ".join(sorted(lost, key=lambda word: -weights[word])[:8])
    return Fault("lost_content", f"{left / total:.0%} of what it says; not {first}")


def _words(count: int) -> str:
    return f"{count} word" + "s" * (count != 1)


class Asked:
    def __init__(self) -> None:
        self._seen: dict[str, str] = {}

    def repeats(self, question: str) -> str | None:
        key = " ".join(sorted(question.lower().split()))
        if key in self._seen:
            return self._seen[key]
        self._seen[key] = question
        return None
