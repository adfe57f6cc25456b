"""What the recipe's tasks ask for: an item for each source and task, with a request where a model writes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkprint.asking.requests import Reply, Request
from inkprint.recipe import Recipe
from inkprint.recipe_synthesize import QuestionAnswer, QuestionPassage, Rows, StyleTransfer, Task, Template
from inkprint.synthesize.prompts import Prompt, without_tags
from inkprint.synthesize.replies import OneAnswer, OneQuestion, Pairs, Questions
from inkprint.synthesize.sources import Source

QUESTION_WORDS = 14  # of a question, about
TAGS = ("passage", "answer", "instruction", "count")  # what the prompts put around untrusted text


@dataclass(frozen=True)
class Item:
    """What one task makes of one source."""

    source: Source
    name: str  # the task's
    settings: Any  # a Task of that name
    planned: int  # examples
    request: Request | None  # None: no model is needed


class Plan:
    """All items of a recipe, the same at each call."""

    def __init__(
        self, recipe: Recipe, prompts: dict[str, Path], sources: Callable[[], Iterator[Source]]
    ) -> None:
        """prompts: files by their name in the recipe."""
        self._recipe, self._sources = recipe, sources
        self._tasks = recipe.synthesize.tasks.named()
        # Without a model the prompt file of a task holds something else: forms of questions.
        no_model = isinstance(recipe.synthesize.provider, Template)
        self._asks = {name: None if no_model else _ask(task, prompts) for name, task in self._tasks.items()}
        self._style = ""
        if (restyle := recipe.synthesize.tasks.style_transfer) is not None:
            self._style = Prompt(prompts[restyle.style], set(), set()).fill()

    def items(self) -> Iterator[Item]:
        """Held-out sources first: where two questions are alike, the one that is learned goes."""
        for held_out in (True, False):
            for source in self._sources():
                if (source.split != "train") == held_out:
                    yield from self._of(source)

    def requests(self) -> Iterator[Request]:
        """What a model has to write."""
        return (item.request for item in self.items() if item.request is not None)

    def _of(self, source: Source) -> Iterator[Item]:
        for name, task in self._tasks.items():
            # Drawn for each by itself: another book, or another task, changes nothing here.
            dice = random.Random(f"{self._recipe.seed} {name} {source.id}")
            if dice.random() < task.share:
                ask = self._asks[name]
                request = None if ask is None else self._request(name, task, ask, source)
                yield Item(source, name, task, getattr(task, "questions", 1), request)

    def _request(self, name: str, task: Task, ask: tuple[Prompt, type[Reply]], source: Source) -> Request:
        prompt, form = ask
        count = getattr(task, "questions", 1)
        fields = {role: without_tags(text, TAGS) for role, text in source.fields.items()}
        values = fields | {
            "author": self._recipe.author,
            "passage": fields.get("text", ""),
            "prompt": without_tags(instruction(source), TAGS),
            "style": self._style,
            "count": count,
        }
        words = count * QUESTION_WORDS
        if isinstance(task, QuestionAnswer | StyleTransfer):
            values |= task.model_dump(include={"min_words", "max_words", "copied_words"})
        if isinstance(task, QuestionAnswer):
            words += count * (task.min_words + task.max_words) // 2
        if isinstance(task, StyleTransfer):
            words = len(source.fields["answer"].split())
        return Request(name, prompt.fill(**values), form, count, words)


def instruction(source: Source) -> str:
    """What a row's user says: the prompt, and below it what it is about."""
    parts = (source.fields.get("prompt", ""), source.fields.get("input", ""))
    return "\n\n".join(part.strip() for part in parts if part.strip())


def _ask(task: Task, prompts: dict[str, Path]) -> tuple[Prompt, type[Reply]] | None:
    """What a model is asked for a task, and the form of its reply; None where none is asked."""
    passage = {"passage", "author"}
    lengths = {"min_words", "max_words"}
    if isinstance(task, QuestionPassage):
        return Prompt(prompts[task.prompt], passage | {"count"}, {"passage"}), Questions
    if isinstance(task, QuestionAnswer):
        allowed = passage | lengths | {"count", "copied_words"}
        return Prompt(prompts[task.prompt], allowed, {"passage"}), Pairs
    if isinstance(task, StyleTransfer):
        allowed = lengths | {"prompt", "answer", "style", "author"}
        return Prompt(prompts[task.prompt], allowed, {"answer", "style"}), OneAnswer
    if isinstance(task, Rows) and task.prompts == "generated":
        assert task.prompt is not None
        return Prompt(prompts[task.prompt], passage | {"label"}, {"passage"}), OneQuestion
    return None
