"""The variant "prompted": the base, told who the author is and shown some of what it could have learned.

Was tuning worth it? Of documents it is shown train passages, in the system message; of rows train examples,
as earlier turns of the chat.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inkprint.chat import Chat
from inkprint.recipe import Recipe
from inkprint.records import Example, Message, Passage
from inkprint.synthesize.prompts import Prompt

PROMPT, PERSONA = "prompts/prompted.txt", "prompts/persona.txt"
BETWEEN_PASSAGES = "\n\n* * *\n\n"
SHOWN_SHARE = 0.5  # of the model's positions, at most, for what is shown


@dataclass(frozen=True)
class Shown:
    """A train passage, or a train example, that the base is shown."""

    source_id: str
    tokens: int
    text: str = ""
    turns: tuple[Message, ...] = ()


@dataclass
class Prompted:
    """Makes the prompts of the variant. `counts`: how many prompts are shown how many."""

    chat: Chat
    persona: str
    author: str
    frame: Prompt
    wanted: int  # to show, by the recipe
    shown: list[Shown]
    room: int  # tokens for a prompt
    counts: Counter[int] = field(default_factory=Counter)

    def shortest(self, example: Example) -> int:
        """Tokens of its prompt with the persona and nothing shown."""
        return len(self.chat.generation_prompt(self.messages(example, 0)))

    def prompt(self, example: Example) -> list[int]:
        """Tokens of its prompt with as many shown as fit."""
        for number in range(len(self.shown), -1, -1):
            ids = self.chat.generation_prompt(self.messages(example, number))
            if len(ids) <= self.room:
                break
        self.counts[number] += 1
        return ids

    def messages(self, example: Example, number: int) -> list[Message]:
        """The chat with the first `number` of what is shown. A row's own system message is its persona."""
        own = [message for message in example.prompt if message.role == "system"]
        rest = [message for message in example.prompt if message.role != "system"]
        system = own[0].content if own else self.persona
        shown = self.shown[:number]
        if any(one.text for one in shown):
            passages = BETWEEN_PASSAGES.join(one.text for one in shown)
            system = self.frame.fill(persona=system, author=self.author, passages=passages)
        turns = [turn for one in shown for turn in one.turns]
        chat = [*turns, *rest]
        if self.chat.knows_system:
            return [Message(role="system", content=system), *chat]
        first = chat[0].model_copy(update={"content": f"{system}\n\n{chat[0].content}"})
        return [first, *chat[1:]]

    def facts(self) -> dict[str, Any]:
        """For the manifest: which were shown, and how many prompts had room for how many of them."""
        by_number = {str(number): self.counts[number] for number in sorted(self.counts, reverse=True)}
        return {"persona": self.persona, "shown": [one.source_id for one in self.shown], "prompts": by_number}

    def summary(self) -> str:
        """The same for a person."""
        parts = [f"{number} to {self.counts[number]} prompts" for number in sorted(self.counts, reverse=True)]
        fewer = (
            "" if set(self.counts) <= {self.wanted} else f"; {self.wanted} were wanted, the rest is too long"
        )
        return f"the prompted base was shown {', '.join(parts)}{fewer}"


def prompt_names(recipe: Recipe) -> list[str]:
    """The prompt files that the variant is made from."""
    return [PROMPT, recipe.synthesize.system_prompt or PERSONA]


def make_prompted(
    recipe: Recipe, prompts: dict[str, Path], chat: Chat, train: Sequence[Passage | Example], positions: int
) -> Prompted:
    """The variant, with train passages or examples chosen by seed. positions: tokens that the model holds."""
    settings = recipe.generate
    frame, persona = prompt_names(recipe)
    return Prompted(
        chat=chat,
        persona=Prompt(prompts[persona], {"author"}, set()).fill(author=recipe.author),
        author=recipe.author,
        frame=Prompt(prompts[frame], {"persona", "author", "passages"}, {"persona", "passages"}),
        wanted=settings.prompted_passages,
        shown=choose(train, chat, settings.prompted_passages, int(positions * SHOWN_SHARE), recipe.seed),
        room=positions - settings.max_new_tokens,
    )


def choose(train: Sequence[Passage | Example], chat: Chat, count: int, tokens: int, seed: int) -> list[Shown]:
    """At most `count` by seed, none longer than its part of so many tokens; as many as there are so short."""
    ordered = sorted(train, key=lambda one: one.id)
    random.Random(seed).shuffle(ordered)
    found: dict[int, list[Shown]] = {number: [] for number in range(count, 0, -1)}
    for one in ordered:
        shown = _shown(one, chat)
        for number, short_enough in found.items():
            if len(short_enough) < number and shown.tokens <= tokens // number:
                short_enough.append(shown)
        if len(found[count]) == count:
            break
    return next((short_enough for number, short_enough in found.items() if len(short_enough) == number), [])


def _shown(one: Passage | Example, chat: Chat) -> Shown:
    if isinstance(one, Passage):
        return Shown(one.id, len(chat.ids(one.text)), text=one.text)
    turns = tuple(message for message in [*one.prompt, *one.completion] if message.role != "system")
    return Shown(one.source_id, sum(len(chat.ids(turn.content)) for turn in turns), turns=turns)
