"""The variants of a model that answer the same prompts, read from 05's files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from inkprint.errors import UserError
from inkprint.jsonl import read_records
from inkprint.records import Answer

VARIANTS = ("base", "prompted", "tuned")  # prompted: where the recipe asks for it
NEEDED = ("base", "tuned")
OTHERS = ("reference", "instruction")  # texts that no model wrote: the author's, and what was asked


def check_pairs(path: Path, items: dict[str, list[str]]) -> None:
    """Raise UserError unless base and tuned are there, and every variant has the same items, each once."""
    for variant in sorted({*items, *NEEDED}):
        ids, others = items.get(variant, []), {item for of_other in items.values() for item in of_other}
        twice = [item for item, count in Counter(ids).items() if count > 1]
        if variant not in VARIANTS or not ids or twice or (missing := sorted(others - set(ids))):
            what = (
                f"no such variant: {variant}" if variant not in VARIANTS
                else f"nothing of variant {variant}" if not ids
                else f"{twice[0]} stands twice for {variant}" if twice
                else f"{missing[0]} is there for another variant and not for {variant}"
            )  # fmt: skip
            raise UserError(f"{path}: {what}; make it again with: scripts/05_generate.py RECIPE --force")


def read_answers(path: Path) -> dict[str, list[Answer]]:
    """Answers by variant, in one order of prompts."""
    answers: dict[str, list[Answer]] = {}
    for answer in read_records(path, Answer):
        answers.setdefault(answer.variant, []).append(answer)
    check_pairs(path, {variant: [a.example_id for a in found] for variant, found in answers.items()})
    order = {answer.example_id: number for number, answer in enumerate(answers["base"])}
    return {
        variant: sorted(answers[variant], key=lambda a: order[a.example_id])
        for variant in VARIANTS
        if variant in answers
    }
