"""The judge: a model that marks texts from 1 to 10 and chooses between two, and is not told whose they are.

A model as a judge agrees with people about as often as they do with each other, and has faults that are
known: it favours what stands first, what is longer, and what it wrote itself (Zheng et al. 2023, "Judging
LLM-as-a-Judge"). So pairs are asked in both orders, the reason is asked for before the mark (as G-Eval
reasons first: Liu et al. 2023), and what of the faults shows is reported: judge_facts.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from inkprint.asking.requests import JUDGING, Reading, Reply, Request
from inkprint.draws import draw, in_turns
from inkprint.evaluate.scores import make_score
from inkprint.recipe_evaluate import Judge
from inkprint.records import Answer, Judgement, Score, content_id
from inkprint.synthesize.prompts import Prompt, without_tags

MARKS, PAIRS = JUDGING  # the requests' tasks, as the ledger has them
MARKED = ("judge_style", "judge_usefulness")  # metrics
CHOSEN = ("judge_prefers_style", "judge_prefers_usefulness")
INSTRUCTION = "instruction"
PLACES = (INSTRUCTION, "base", "prompted", "tuned", "reference")  # what was asked first, the author last
HIGHEST = 10
REASON_WORDS = 25  # of a reply, with the marks
TAGS = ("samples", "prompt", "text", "text_a", "text_b")
BETWEEN_SAMPLES = "\n\n* * *\n\n"

Mark = Literal["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]
Side = Literal["A", "B", "tie"]


class Marks(Reply):
    """Of one text."""

    reason: str
    style: Mark
    usefulness: Mark


class Choice(Reply):
    """Between two texts."""

    reason: str
    style: Side
    usefulness: Side


@dataclass(frozen=True)
class Question:
    """A request to the judge, and what it is about."""

    answer: Answer  # the base's; its prompt is what was asked
    first: str  # variant, "reference" or "instruction"
    second: str  # of a pair; else ""
    request: Request


def judge_prompts(settings: Judge, prompts: dict[str, Path]) -> tuple[Prompt, Prompt]:
    """What is asked of one text and of two. Raises UserError for slots that are wrong."""
    about = {"author", "samples", "prompt"}
    return (
        Prompt(prompts[settings.marks], about | {"text"}, {"samples", "text"}),
        Prompt(prompts[settings.pairs], about | {"first", "second"}, {"samples", "first", "second"}),
    )


def plan(
    settings: Judge,
    prompts: tuple[Prompt, Prompt],
    answers: dict[str, list[Answer]],
    train: Sequence[str],
    author: str,
    seed: int,
) -> list[Question]:
    """Every request: marks for the prompt's own text, each variant and the author, and pairs in both orders.

    answers: by variant, in one order of prompts. train: the author's texts, of which some are samples.
    """
    samples = draw((("", text, text) for text in train), settings.samples, seed)[""]
    known = {"author": author, "samples": BETWEEN_SAMPLES.join(without_tags(text, TAGS) for text in samples)}
    of_prompt = {
        variant: {answer.example_id: answer.answer for answer in of} for variant, of in answers.items()
    }
    planned = []
    for asked in _chosen(answers["base"], settings.prompts, seed):
        instruction = asked.prompt[-1].content
        texts = {INSTRUCTION: instruction}
        texts |= {variant: of[asked.example_id] for variant, of in of_prompt.items()}
        texts |= {"reference": asked.reference}
        texts = {name: without_tags(text, TAGS) for name, text in texts.items()}
        values = known | {"prompt": texts[INSTRUCTION]}
        for name, text in texts.items():
            whole = prompts[0].fill(text=text, **values)
            planned.append(Question(asked, name, "", Request(MARKS, whole, Marks, 1, REASON_WORDS)))
        for first, second in (("base", "tuned"), ("tuned", "base")):
            whole = prompts[1].fill(first=texts[first], second=texts[second], **values)
            planned.append(Question(asked, first, second, Request(PAIRS, whole, Choice, 1, REASON_WORDS)))
    return planned


def as_judgement(question: Question, reading: Reading, failed: str) -> Judgement:
    """What a request has come to. failed: why it has no reply, "" where it has one."""
    kind, about = "pair" if question.second else "marks", (question.first, question.second)
    found = {"style": "", "usefulness": "", "reason": failed or reading.reason}
    if reading.state == "ok":
        names = {"A": "first", "B": "second"}
        said = reading.value.model_dump()
        found = said | {name: names.get(said[name], said[name]) for name in ("style", "usefulness")}
    return Judgement(
        id=content_id("judgement", question.answer.example_id, *about),
        example_id=question.answer.example_id,
        source_id=question.answer.source_id,
        kind=kind,
        first=about[0],
        second=about[1],
        state="failed" if reading.state == "open" else reading.state,
        **found,
    )


def scores_of(judgements: Sequence[Judgement]) -> Iterator[Score]:
    """Marks brought to 0 to 1; of a pair the part of its two orders in which a variant was preferred."""
    pairs: dict[str, list[Judgement]] = {}
    for one in judgements:
        if one.state != "ok":
            continue
        if one.kind == "pair":
            pairs.setdefault(one.example_id, []).append(one)
            continue
        for name in ("style", "usefulness"):
            mark = (int(getattr(one, name)) - 1) / (HIGHEST - 1)
            yield make_score(f"judge_{name}", one.first, one.source_id, one.example_id, mark, 1)
    for both in pairs.values():
        if len(both) < 2:  # of one order alone it would count what stands first
            continue
        for name in ("style", "usefulness"):
            tuned = sum(_preferred(one, name, "tuned") for one in both) / 2
            for variant, value in (("base", 1 - tuned), ("tuned", tuned)):
                where = variant, both[0].source_id, both[0].example_id
                yield make_score(f"judge_prefers_{name}", *where, value, 1)


def _chosen(asked: Sequence[Answer], count: int, seed: int) -> list[Answer]:
    """At most `count` prompts by seed, of as many passages as there are, in the order of the answers."""
    groups = draw(((answer.source_id, answer.example_id, answer) for answer in asked), count, seed)
    drawn = {answer.example_id for answer in in_turns((groups[key] for key in sorted(groups)), count)}
    return [answer for answer in asked if answer.example_id in drawn]


def _preferred(pair: Judgement, name: str, variant: str) -> float:
    """1 where the variant was chosen, 0 where the other was, 0.5 for a tie."""
    said = getattr(pair, name)
    return 0.5 if said == "tie" else float(getattr(pair, said) == variant)
