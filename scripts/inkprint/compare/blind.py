"""One page of pairs of answers without names, for a person who clicks: whose are the better ones?"""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from inkprint.compare.finished import ANSWERS, Finished
from inkprint.compare.preference import every_outcome
from inkprint.errors import UserError
from inkprint.hashes import hash_json
from inkprint.html import page_style, templates
from inkprint.jsonl import read_records
from inkprint.records import Answer

FOLDER = Path(__file__).parent
SHOWN = 20  # prompts, each of another passage: what an interval needs at least, and not too much to read
CALLED = {
    "base": "the untuned model",
    "prompted": "the untuned model with examples in its prompt",
    "tuned": "the tuned model",
}


@dataclass(frozen=True)
class Side:
    """One of the two whose answers stand beside each other. `name` is for a file, `called` for a sentence."""

    name: str
    called: str
    answers: dict[str, Answer]  # by example


@dataclass(frozen=True)
class Pair:
    """One prompt with an answer of each side. first: the side that stands first, 0 or 1."""

    answers: tuple[Answer, Answer]
    first: int


def sides_of(runs: Sequence[Finished], against: str) -> tuple[Side, Side]:
    """Of one run the variant `against` and the tuned model, of two runs both tuned models.

    Raises UserError where a run has no such answers.
    """
    if len(runs) == 1:
        variants = (runs[0], against), (runs[0], "tuned")
        one, other = (Side(variant, CALLED[variant], _answers(run, variant)) for run, variant in variants)
    else:
        one, other = (Side(run.name, f"run {run.name}", _answers(run, "tuned")) for run in runs)
    return one, other


def _answers(run: Finished, variant: str) -> dict[str, Answer]:
    of_variant = {
        answer.example_id: answer
        for answer in read_records(run.folder / ANSWERS, Answer)
        if answer.variant == variant
    }
    if not of_variant:
        raise UserError(
            f"{run.name}: no answers of the variant {variant}; generate.prompted_passages of its recipe is 0"
        )
    return of_variant


def draw_pairs(sides: tuple[Side, Side], common: Sequence[str], seed: int) -> list[Pair]:
    """Up to SHOWN prompts that both were asked, of as many passages; each side stands first in half of them.

    common: passages that both held out. Raises UserError where both were asked nothing.
    """
    dice = random.Random(seed)
    by_source: dict[str, list[str]] = {}
    for example_id in sorted(sides[0].answers.keys() & sides[1].answers.keys()):
        by_source.setdefault(sides[0].answers[example_id].source_id, []).append(example_id)
    sources = sorted(by_source.keys() & set(common))
    if not sources:
        raise UserError(
            "no held-out prompt was put to both, so there are no answers to hold against each other"
        )
    drawn = [dice.choice(by_source[source]) for source in dice.sample(sources, min(SHOWN, len(sources)))]
    first = [number % 2 for number in range(len(drawn))]
    dice.shuffle(first)
    return [
        Pair((sides[0].answers[example_id], sides[1].answers[example_id]), side)
        for example_id, side in zip(drawn, first, strict=True)
    ]


def render(sides: tuple[Side, Side], pairs: Sequence[Pair], author: str) -> str:
    """The page, which needs no network and sends nothing."""
    style, script = (
        page_style(FOLDER / "blind.css"),
        Markup((FOLDER / "blind.js").read_text(encoding="utf-8")),
    )
    context = {
        "author": author,
        "pairs": pairs,
        "data": page_data(sides, pairs),
        "style": style,
        "style_hash": _hash_source(style),
        "script": script,
        "script_hash": _hash_source(script),
    }
    return templates(FOLDER).get_template("blind.html.j2").render(context)


def page_data(sides: tuple[Side, Side], pairs: Sequence[Pair]) -> dict[str, Any]:
    """What the page's script reads: no text of any model is in it."""
    names = [side.name for side in sides]
    examples = [pair.answers[0].example_id for pair in pairs]
    order = "".join(str(pair.first) for pair in pairs)
    texts = [[answer.id for answer in pair.answers] for pair in pairs]
    return {
        "page": f"blind-{hash_json([names, examples, order, texts])[:12]}",
        "sides": names,
        "called": [side.called for side in sides],
        "examples": examples,
        # No secret, only not to be read in passing: who decodes it knows that they cheat.
        "order": base64.b64encode(order.encode()).decode(),
        "outcomes": every_outcome(len(pairs), [side.called for side in sides]),
    }


def _hash_source(text: str) -> str:
    """How a Content-Security-Policy names the one style or script that it lets in."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
