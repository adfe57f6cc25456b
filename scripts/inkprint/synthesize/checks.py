"""Checks on what a language model sends back: questions, answers, restyled answers. The first fault counts.

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
from inkprint.synthesize.wording import Text, shown

SHORTEST_QUESTION = 5  # words
LONGEST_QUESTION = 60
SENTENCES_BEFORE = 2  # that lead to a question: "You were a sailor. You left the sea. Why?"
QUOTING = 8  # words in a row that a question and its passage share: a quotation
NAME_WEIGHT = 3  # a restyled answer that drops a name or a number has lost as much as with so many words
_ASKS = re.compile(r"(?:[?？\u037e]|[Ͱ-Ͽἀ-῾];)[\"'”’“»«)\]!*_\s]*\Z")  # Greek asks with a semicolon


class Fault(NamedTuple):
    """Why a text is rejected."""

    check: str  # the check's name: "copied"
    detail: str  # what it was told by: "14 words in a row: 'the rope that …'"


def check_question(question: str, passage: str) -> Fault | None:
    """The first fault of a question about a passage, None for a good one.

    Names: question_too_short, not_a_question, about_the_text, quotes_passage.
    """
    asked, told = Text(question), Text(passage)
    length = len(asked.words)
    if length < SHORTEST_QUESTION:
        return Fault("question_too_short", f"{_words(length)}; at least {SHORTEST_QUESTION}")
    if not _ASKS.search(question):
        end = " ".join(question.split()[-6:])
        return Fault("not_a_question", f"no question mark at its end: {shown(end)}")
    sentences = sum(len(sentence_spans(line)) for line in question.split("\n"))
    if length > LONGEST_QUESTION or sentences > SENTENCES_BEFORE + 1:
        return Fault("not_a_question", f"{_words(length)} in {sentences} sentences")
    if found := speaks_of_text(asked, told):
        return Fault("about_the_text", shown(found))
    run, copied = longest_copy(asked, told, quotations=False)
    if run >= QUOTING:
        return Fault("quotes_passage", f"{run} words in a row: {shown(copied)}")
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

    In 61 answers told afresh from passages of five books that share was 35 to 75 %; in the same answers given
    to other passages of their book 17 %, and above 35 % twice in 800 times. So 0.35 parts them.
    """
    said, told = Text(answer), Text(passage)
    if fault := _length(said, min_words, max_words):
        return fault
    if found := speaks_as_machine(said, told) or speaks_of_text(said, told) or markup(said, told):
        return Fault("meta_talk", shown(found))
    if found := number_list(said):
        return Fault("number_list", found)
    run, copied = longest_copy(said, told)
    if run > copied_words:
        return Fault("copied", f"{run} words in a row: {shown(copied)}")
    source = Source(told, Text(question))
    return _ungrounded(said, source, grounded_share) or _unknown(said, source, told)


def check_restyled(
    restyled: str, plain: str, prompt: str, *, min_words: int, max_words: int, grounded_share: float
) -> Fault | None:
    """The first fault of a plain answer said in another style, None for a good one.

    Names: answer_too_short, answer_too_long, meta_talk (as a machine, or markup that plain answer and prompt
    lack), unchanged (the same words), lost_content, number_list (where the plain answer is none).
    """
    said, before, known = Text(restyled), Text(plain), Text(f"{prompt}\n{plain}")
    if fault := _length(said, min_words, max_words):
        return fault
    if found := speaks_as_machine(said, known) or markup(said, known):
        return Fault("meta_talk", shown(found))
    if said.words == before.words:
        return Fault("unchanged", "the same words as the plain answer")
    if fault := _lost(said, before, Text(prompt), grounded_share):
        return fault
    found = number_list(said)
    return Fault("number_list", found) if found and not number_list(before) else None


def _length(answer: Text, min_words: int, max_words: int) -> Fault | None:
    length = len(answer.words)
    if length < min_words:
        return Fault("answer_too_short", f"{_words(length)}; at least {min_words}")
    if length > max_words:
        return Fault("answer_too_long", f"{_words(length)}; at most {max_words}")
    return None


def _ungrounded(answer: Text, source: Source, grounded_share: float) -> Fault | None:
    """Too few content words in the source; each word counts once, however often it comes."""
    content = dict.fromkeys(content_words(answer))
    missing = [word for word in content if not source.has_word(word)]
    known = len(content) - len(missing)
    if known >= grounded_share * len(content):
        return None
    lacking = ", ".join(missing[:8])
    return Fault("ungrounded", f"{known / len(content):.0%} of {len(content)} content words; not {lacking}")


def _unknown(answer: Text, source: Source, passage: Text) -> Fault | None:
    """Names and numbers that are not in the source; names only where capitals mark them."""
    for number in figures(answer):
        if not source.has_number(number):
            return Fault("unknown_name", number)
    missing = [name for name in names(answer) if not source.has_name(name)]
    if missing and capitals_mark_names(passage):
        return Fault("unknown_name", ", ".join(dict.fromkeys(missing)))
    return None


def _lost(restyled: Text, plain: Text, prompt: Text, share: float) -> Fault | None:
    """Too little of what the plain answer says.

    Its different content words count one each, names and numbers NAME_WEIGHT: a style has other words for
    things, and none for Paris and 1889. A name or a number that the prompt has may be left out.
    """
    asked, kept = Source(prompt), Source(restyled)
    weights = dict.fromkeys(content_words(plain), 1)
    weights |= dict.fromkeys([*map(str.lower, names(plain)), *figures(plain)], NAME_WEIGHT)
    lost = {word: weight for word, weight in weights.items() if not _stands_in(kept, word)}
    excused = {word for word, weight in lost.items() if weight == NAME_WEIGHT and _stands_in(asked, word)}
    total = sum(weight for word, weight in weights.items() if word not in excused)
    missing = [word for word in lost if word not in excused]
    left = total - sum(lost[word] for word in missing)
    if left >= share * total:
        return None
    first = ", ".join(sorted(missing, key=lambda word: -lost[word])[:8])
    return Fault("lost_content", f"{left / total:.0%} of what it says; not {first}")


def _stands_in(source: Source, word: str) -> bool:
    return source.has_number(word) if word.isdigit() else source.has_name(word)


def _words(count: int) -> str:
    return f"{count} word" + "s" * (count != 1)
