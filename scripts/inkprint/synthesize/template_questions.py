"""Questions without a model: forms from a file, filled with a passage's key phrases."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from inkprint.errors import UserError
from inkprint.records import Split
from inkprint.synthesize.phrases import FUNCTION_WORDS, KeyPhrases, read_places
from inkprint.synthesize.sources import Source

PHRASES_A_QUESTION = 2
# Of a document's words in lower case, those that tell nouns: English has 0.45 and more, German under 0.05.
LEAST_ENGLISH = 0.15
FEWEST_WORDS = 500  # in lower case: fewer are a list of names as well as a language
# Train questions know nothing of what is held out; held-out chapters have words of their own.
KNOWN: dict[Split, tuple[Split, ...]] = {
    "train": ("train",),
    "validation": ("train", "validation"),
    "test": ("train", "test"),
}


class QuestionForms:
    """The forms, and what is a noun and how rare it is for each split."""

    def __init__(self, path: Path, sources: Callable[[], Iterator[Source]]) -> None:
        """Raises UserError for a file in which no form asks about one phrase, and for documents in another
        language than the questions."""
        self._forms = read_forms(path)
        self._phrases = {split: KeyPhrases() for split in KNOWN}
        known: Counter[str] = Counter()
        of_all: Counter[str] = Counter()
        for source in sources():
            places = read_places(source.text)
            of_all[source.document] += len(places.lower)
            known[source.document] += sum(word in FUNCTION_WORDS for word in places.lower)
            for split, splits in KNOWN.items():
                if source.split in splits:
                    self._phrases[split].learn(f"{source.document} {source.chapter}", places)

        _check_english(path, known, of_all)

    def ask(self, source: Source, count: int, dice: random.Random) -> list[str]:
        """At most `count` questions that the source's text answers, none twice."""
        phrases = self._phrases[source.split].of(source.text, count + PHRASES_A_QUESTION)
        return fill_forms(phrases, self._forms, count, dice)


def _check_english(path: Path, known: Counter[str], of_all: Counter[str]) -> None:
    other = [
        document
        for document, words in of_all.items()
        if words >= FEWEST_WORDS and known[document] < LEAST_ENGLISH * words
    ]
    if other:
        raise UserError(
            f"synthesize.tasks.question_passage: {', '.join(other)}: not in English, as {path.name} is and"
            " what finds its phrases; leave this task out, or let a model ask in the book's language"
            " (question_answer)"
        )


def read_forms(path: Path) -> list[str]:
    """The lines of a file of questions, without its comments."""
    lines = [line.strip() for line in path.read_text(encoding="utf-8").split("\n")]
    forms = [line for line in lines if line and not line.startswith("#")]
    if not any("{first}" in form and "{second}" not in form for form in forms):
        raise UserError(f"{path}: needs a question with {{first}} and without {{second}}")
    return forms


def fill_forms(phrases: list[str], forms: list[str], count: int, dice: random.Random) -> list[str]:
    """At most `count` questions, none twice, all about the strongest phrase: what the passage is about.

    Where a form names a second phrase, each question takes the next one.
    """
    if not phrases:
        return []
    first, *others = phrases
    questions: list[str] = []
    for form in dice.sample(forms, len(forms)):
        if len(questions) == count:
            break
        if "{second}" in form and not others:
            continue
        second = others.pop(0) if "{second}" in form else ""
        questions.append(form.format(first=first, second=second))
    return questions
