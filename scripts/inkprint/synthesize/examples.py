"""From items, and what a model wrote for them, to examples and rejects: each planned one becomes either."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from inkprint.asking.requests import Reading
from inkprint.recipe import Recipe
from inkprint.records import Example, LabelledText, Message, Reject, content_id
from inkprint.synthesize.checks import Fault, check_answer, check_question, check_restyled
from inkprint.synthesize.openings import open_passage
from inkprint.synthesize.prompts import Prompt
from inkprint.synthesize.questions import Asked
from inkprint.synthesize.tasks import Item, instruction
from inkprint.synthesize.template_questions import QuestionForms

# What a row of a table may put into a fixed prompt.
ROW_SLOTS = {"label", "group", "author"}


@dataclass(frozen=True)
class Outcome:
    """What became of one planned example."""

    state: Literal["ok", "rejected", "failed"]
    record: Example | LabelledText | Reject


class Maker:
    """Makes the outcomes of items, in the order in which they come: no question is asked twice."""

    def __init__(
        self, recipe: Recipe, prompts: dict[str, Path], forms: QuestionForms | None, dropped: set[str],
        written_by: str,
    ) -> None:  # fmt: skip
        """forms: questions without a model. dropped: ids of examples that a person does not want.

        written_by: the provider and its model.
        """
        self._recipe, self._forms, self._dropped, self._provider = recipe, forms, dropped, written_by
        self._asked = Asked()
        settings = recipe.synthesize
        self._system: list[Message] = []
        if settings.system_prompt:
            persona = Prompt(prompts[settings.system_prompt], {"author"}, set())
            self._system = [Message(role="system", content=persona.fill(author=recipe.author))]
        if settings.tasks.passage_completion:
            self._completion = Prompt(
                prompts[settings.tasks.passage_completion.prompt], {"opening", "author"}, {"opening"}
            )
        if settings.tasks.rows and settings.tasks.rows.prompts == "fixed":
            assert settings.tasks.rows.prompt is not None
            self._fixed = Prompt(prompts[settings.tasks.rows.prompt], ROW_SLOTS, set())

    def outcomes(self, item: Item, reading: Reading | None, failed: str = "") -> Iterator[Outcome]:
        """As many as the item plans. reading: of its request, if any; failed: why that has no reply."""
        if failed:
            kind, _, detail = failed.partition(": ")  # what is true of one request alone follows a colon
            yield from self._all(item, "failed", f"failed: {kind}", detail=detail)
        elif reading is not None and reading.state == "rejected":
            yield from self._all(item, "rejected", reading.reason, reading.text)
        else:
            make = {
                "passage_completion": self._complete,
                "question_passage": self._question_passage,
                "question_answer": self._question_answer,
                "style_transfer": self._restyle,
                "rows": self._row,
                "classification": self._classify,
            }[item.name]
            yield from make(item, reading)

    # -- tasks ------------------------------------------------------------------------------------

    def _complete(self, item: Item, _: Reading | None) -> Iterator[Outcome]:
        parts = open_passage(item.source.text)
        if parts is None:
            yield self._reject(item, 1, "one_sentence", item.source.text)
            return
        prompt = self._completion.fill(opening=parts[0], author=self._recipe.author)
        yield self._example(item, 1, prompt, parts[1], "template")

    def _question_passage(self, item: Item, reading: Reading | None) -> Iterator[Outcome]:
        source = item.source
        if reading is None:
            assert self._forms is not None
            dice = random.Random(f"{self._recipe.seed} {source.id}")
            questions = self._forms.ask(source, item.planned, dice)
            for number, question in enumerate(questions, start=1):
                yield self._example(item, number, question, source.text, "template")
            for number in range(len(questions) + 1, item.planned + 1):
                yield self._reject(item, number, "too_few_key_phrases", source.text)
            return
        for number, question in enumerate(reading.value.questions[: item.planned], start=1):
            fault = check_question(question, source.text) or self._repeated(question)
            if fault:
                yield self._reject(item, number, fault.check, question, fault.detail)
            else:
                yield self._example(item, number, question.strip(), source.text, self._provider)
        yield from self._missing(item, len(reading.value.questions), reading)

    def _question_answer(self, item: Item, reading: Reading | None) -> Iterator[Outcome]:
        assert reading is not None
        text, settings = item.source.text, item.settings
        for number, pair in enumerate(reading.value.pairs[: item.planned], start=1):
            question, answer = pair.question.strip(), pair.answer.strip()
            fault = check_question(question, text) or check_answer(
                answer, question, text, min_words=settings.min_words, max_words=settings.max_words,
                copied_words=settings.copied_words, grounded_share=settings.grounded_share,
            ) or self._repeated(question)  # fmt: skip
            if fault:
                yield self._reject(item, number, fault.check, f"{question}\n\n{answer}", fault.detail)
            else:
                yield self._example(item, number, question, answer, self._provider)
        yield from self._missing(item, len(reading.value.pairs), reading)

    def _restyle(self, item: Item, reading: Reading | None) -> Iterator[Outcome]:
        assert reading is not None
        settings, user, restyled = item.settings, instruction(item.source), reading.value.answer.strip()
        fault = check_restyled(
            restyled, item.source.fields["answer"], user, min_words=settings.min_words,
            max_words=settings.max_words, grounded_share=settings.grounded_share,
        )  # fmt: skip
        if fault:
            yield self._reject(item, 1, fault.check, restyled, fault.detail)
        else:
            yield self._example(item, 1, user, restyled, self._provider)

    def _row(self, item: Item, reading: Reading | None) -> Iterator[Outcome]:
        fields = item.source.fields
        if item.settings.prompts == "columns":
            yield self._example(item, 1, instruction(item.source), fields["answer"].strip(), "template")
        elif item.settings.prompts == "fixed":
            values = {slot: fields.get(slot, "") for slot in ("label", "group")}
            prompt = self._fixed.fill(author=self._recipe.author, **values)
            yield self._example(item, 1, prompt, fields["text"].strip(), "template")
        else:
            assert reading is not None
            question = reading.value.question.strip()
            if fault := check_question(question, fields["text"]) or self._repeated(question):
                yield self._reject(item, 1, fault.check, question, fault.detail)
            else:
                yield self._example(item, 1, question, fields["text"].strip(), self._provider)

    def _classify(self, item: Item, _: Reading | None) -> Iterator[Outcome]:
        source = item.source
        text, label = source.fields["text"].strip(), source.fields["label"]
        record = LabelledText(
            id=content_id("example", source.id, item.name, text, label),
            source_id=source.id,
            task=item.name,
            split=source.split,
            text=text,
            label=label,
        )
        yield self._unless_dropped(item, 1, record, text)

    # -- parts ------------------------------------------------------------------------------------

    def _repeated(self, question: str) -> Fault | None:
        """Last of the checks: only a question that is used counts as asked."""
        earlier = self._asked.repeats(question)
        return None if earlier is None else Fault("repeated_question", earlier)

    def _missing(self, item: Item, there: int, reading: Reading) -> Iterator[Outcome]:
        for number in range(there + 1, item.planned + 1):
            yield self._reject(
                item, number, "missing", reading.text, f"{there} of {item.planned} were written"
            )

    def _example(self, item: Item, number: int, user: str, answer: str, provider: str) -> Outcome:
        source = item.source
        system = self._system
        if own := source.fields.get("system", "").strip():
            system = [Message(role="system", content=own)]
        record = Example(
            id=content_id("example", source.id, item.name, user, [m.content for m in system]),
            source_id=source.id,
            task=item.name,
            split=source.split,
            prompt=[*system, Message(role="user", content=user)],
            completion=[Message(role="assistant", content=answer)],
            provider=provider,
        )
        if not user.strip() or not answer.strip():
            return self._reject(item, number, "empty", f"{user}\n\n{answer}".strip())
        return self._unless_dropped(item, number, record, f"{user}\n\n{answer}")

    def _unless_dropped(self, item: Item, number: int, record: Example | LabelledText, text: str) -> Outcome:
        if record.id in self._dropped:
            return self._reject(item, number, "dropped_by_hand", text, record.id)
        return Outcome("ok", record)

    def _all(
        self, item: Item, state: Literal["rejected", "failed"], reason: str, text: str = "", detail: str = ""
    ) -> Iterator[Outcome]:
        for number in range(1, item.planned + 1):
            record = self._reject(item, number, reason, text, detail).record
            yield Outcome(state, record)

    def _reject(self, item: Item, number: int, reason: str, text: str, detail: str = "") -> Outcome:
        record = Reject(
            id=content_id("reject", item.source.id, item.name, number),
            source_id=item.source.id,
            reason=f"{item.name}: {reason}",
            text=text,
            detail=detail,
        )
        return Outcome("rejected", record)
