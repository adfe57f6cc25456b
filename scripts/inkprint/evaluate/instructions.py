"""What a table's answers are measured by beside all answers: its own answer to the same prompt is there.

Whether an answer has the shape that was asked for, is one at all, and shares its wording with the table's
(chrF, ROUGE-L). A book's passage is one of many possible answers: none of this is measured of documents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inkprint.evaluate.answered import why_unanswered
from inkprint.evaluate.asked import Followed, Shape, own_shape, shapes_asked
from inkprint.evaluate.overlap import Runs, character_runs, chrf, rouge_l
from inkprint.evaluate.scores import make_score
from inkprint.records import Answer, Score, content_id
from inkprint.words import words

NAMED = 6  # shapes that a description names


@dataclass(frozen=True)
class Instructed:
    """The scores, what each answer was asked for and kept to, and what the metrics' descriptions name."""

    scores: list[Score]
    followed: list[Followed]
    wording: dict[str, str]


def score_instructions(answers: Mapping[str, Sequence[Answer]], train_answers: Sequence[str]) -> Instructed:
    """answers: by variant, in one order of prompts."""
    prompts = answers["base"]
    own = own_shape(train_answers)
    asked = [_asked(answer, own) for answer in prompts]
    said = {variant: [answer.answer for answer in of] for variant, of in answers.items()}
    said["reference"] = [answer.reference for answer in prompts]
    runs = [character_runs(text) for text in said["reference"]]
    split = [words(text) for text in said["reference"]]
    scores, followed = [], []
    for variant, of_variant in said.items():
        for number, (prompt, text) in enumerate(zip(prompts, of_variant, strict=True)):
            record = _follow(prompt, variant, text, asked[number])
            followed.append(record)
            values: dict[str, float] = {"answered": not record.unanswered}
            if record.asked:
                values["format_adherence"] = record.asked == record.kept
            if variant != "reference":  # which is what these compare with
                values["chrf"] = chrf(character_runs(text), runs[number])
                values["rouge_l"] = rouge_l(words(text), split[number])
            where = variant, prompt.source_id, prompt.example_id
            scores += [make_score(name, *where, value, 1) for name, value in values.items()]
    chances = _by_chance(said["reference"], runs, split, asked)
    return Instructed(scores, followed, chances | _describe(asked, own, followed))


def _by_chance(
    references: Sequence[str],
    runs: Sequence[Runs],
    split: Sequence[Sequence[str]],
    asked: Sequence[Sequence[Shape]],
) -> dict[str, str]:
    """What the author's answers to other prompts score: each prompt with the answer half the prompts on."""
    half = len(references) // 2
    pairs = [(number, number - half) for number in range(len(references))]
    kept = [all(shape.holds(references[other]) for shape in asked[n]) for n, other in pairs if asked[n]]
    chances = {
        "chrf": _mean([chrf(runs[other], runs[n]) for n, other in pairs]),
        "rouge_l": _mean([rouge_l(split[other], split[n]) for n, other in pairs]),
        "format": 100 * _mean(kept),
    }
    return {f"{name}_by_chance": f"{value:.1f}" for name, value in chances.items()}


def _asked(answer: Answer, own: Shape | None) -> list[Shape]:
    """What a prompt asks for, its system prompt with it; where that is nothing, the table's own shape."""
    system = [message.content for message in answer.prompt if message.role == "system"]
    found: dict[str, Shape] = {}
    for text in (*system, answer.prompt[-1].content):
        found |= {shape.name: shape for shape in shapes_asked(text)}
    return list(found.values()) or ([own] if own else [])


def _follow(prompt: Answer, variant: str, text: str, asked: Sequence[Shape]) -> Followed:
    return Followed(
        id=content_id("followed", variant, prompt.example_id),
        example_id=prompt.example_id,
        source_id=prompt.source_id,
        variant=variant,
        asked=[shape.name for shape in asked],
        kept=[shape.name for shape in asked if shape.holds(text)],
        unanswered=why_unanswered(text, prompt.prompt[-1].content),
    )


def _describe(
    asked: Sequence[Sequence[Shape]], own: Shape | None, followed: Sequence[Followed]
) -> dict[str, str]:
    """Which shapes were asked for how often, and what is no answer, in words."""
    counts = Counter(shape.name for shapes in asked for shape in shapes)
    named = [f"{name} ({count})" for name, count in sorted(counts.items(), key=lambda i: (-i[1], i[0]))]
    more = [f"{len(named) - NAMED} others"] if len(named) > NAMED else []
    silent: dict[str, Counter[str]] = {}
    for record in followed:
        if record.unanswered:
            silent.setdefault(record.variant, Counter())[record.unanswered] += 1
    told = [
        f"{variant} {', '.join(f'{count} {why}' for why, count in sorted(found.items()))}"
        for variant, found in silent.items()
    ]
    return {
        "asked_for": ", ".join(named[:NAMED] + more) or "nowhere",
        "own_shape": f" Where a prompt asks for none: {own.name}, as nine in ten train answers have it."
        if own
        else "",
        "unanswered": f" No answers: {'; '.join(told)}." if told else "",
    }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
