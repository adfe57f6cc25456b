"""Which held-out prompts are answered, and in which batches."""

from __future__ import annotations

import random
from collections.abc import Callable

from inkprint.records import Example, Reject, content_id

Batch = list[tuple[Example, list[int]]]  # examples, each with the tokens that its answer goes on from


def choose_prompts(examples: list[Example], count: int, seed: int, drawn: bool) -> list[Example]:
    """At most `count` test examples, over as many passages or rows as can be.

    drawn: answers are drawn by chance; where they are not, no prompt is asked twice: it has one answer.
    """
    dice = random.Random(seed)
    by_source: dict[str, list[Example]] = {}
    for example in sorted(examples, key=lambda e: e.id):
        by_source.setdefault(example.source_id, []).append(example)
    groups = list(by_source.values())
    dice.shuffle(groups)
    for group in groups:
        dice.shuffle(group)
    rounds = max(map(len, groups), default=0)
    ordered = [group[turn] for turn in range(rounds) for group in groups if turn < len(group)]
    if drawn:
        return ordered[:count]
    distinct: dict[tuple[str, ...], Example] = {}
    for example in ordered:
        distinct.setdefault(tuple(message.content for message in example.prompt), example)
    return list(distinct.values())[:count]


def fitting(
    chosen: list[Example], longest_prompt: Callable[[Example], int], new_tokens: int, room: int
) -> tuple[list[Example], list[Reject]]:
    """Those whose prompt, as the variant that says most has it, leaves room for an answer; and the others.

    longest_prompt: its tokens. room: tokens that the model holds.
    """
    fits, rejects = [], []
    for example in chosen:
        tokens = longest_prompt(example)
        if tokens + new_tokens > room:
            rejects.append(
                Reject(
                    id=content_id("reject", example.id),
                    source_id=example.id,
                    reason="too long",
                    text=example.prompt[-1].content,
                    detail=f"{tokens} tokens and {new_tokens} new ones, the model has {room}",
                )
            )
        else:
            fits.append(example)
    return fits, rejects


def make_batches(
    examples: list[Example], prompt: Callable[[Example], list[int]], batch_size: int
) -> list[Batch]:
    """Prompts of like length together."""
    pairs = [(example, prompt(example)) for example in examples]
    pairs.sort(key=lambda pair: (len(pair[1]), pair[0].id))
    return [pairs[start : start + batch_size] for start in range(0, len(pairs), batch_size)]
