"""Has the judge asked, and gathers what came of it: judgements, scores, and what is known of the judge."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkprint.asking.asked import Asked
from inkprint.asking.replies import Replies
from inkprint.asking.writer import make_writer
from inkprint.command import Command
from inkprint.evaluate import judge, judge_facts
from inkprint.evaluate.train_text import Texts
from inkprint.recipe import Recipe
from inkprint.recipe_evaluate import Judge
from inkprint.recipe_synthesize import Claude, ClaudeBatch
from inkprint.records import Answer, Judgement, Score

STATES = ("ok", "rejected", "failed")


@dataclass(frozen=True)
class Judging:
    """The judge with all that it is to be asked."""

    settings: Judge
    asked: Asked
    questions: list[judge.Question]
    samples: int  # that each request shows: fewer than were asked for where train has fewer


@dataclass(frozen=True)
class Judged:
    """What it said. facts: for metrics.json."""

    judgements: list[Judgement]
    scores: list[Score]
    facts: dict[str, Any]


def prepare(
    command: Command, prompts: dict[str, Path], answers: dict[str, list[Answer]], texts: Texts
) -> Judging | None:
    """What the recipe's judge is to be asked; None where it has none."""
    recipe = command.recipe
    settings: Judge | None = recipe.evaluate.judge
    if settings is None:
        return None
    questions = judge.plan(
        settings, judge.judge_prompts(settings, prompts), answers, texts.train, recipe.author, recipe.seed
    )
    writer = make_writer(settings.provider, recipe.seed, command.run_folder)
    asked = Asked(command, writer, lambda: (question.request for question in questions))
    return Judging(settings, asked, questions, min(settings.samples, len(set(texts.train))))


def ask(judging: Judging | None, recipe: Recipe) -> Judged:
    """Ask, and read what came; nothing without a judge.

    Raises UserError at the cap, without a key, and where too much fails.
    """
    if judging is None:
        return Judged([], [], {})
    asked, questions = judging.asked, judging.questions
    with Replies(asked.cache, recipe.run) as replies:
        asked.ask_for_all(replies, "evaluate.judge", judging.settings.max_failed_share)
        judgements = [
            judge.as_judgement(question, *asked.reading(question.request, replies)) for question in questions
        ]
        dollars = replies.spent(judge.MARKS, judge.PAIRS)
    scores = list(judge.scores_of(judgements))
    states = Counter(one.state for one in judgements)
    facts = {
        "model": asked.writer.name,
        "wrote_the_examples": wrote_the_examples(recipe),
        "prompts": len({question.answer.example_id for question in questions}),
        "samples": judging.samples,
        "requests": {state: states[state] for state in STATES},
        "unanswered": dict(sorted(Counter(one.reason for one in judgements if one.state != "ok").items())),
        "dollars": round(dollars, 6),
        "spread": judge_facts.spread(scores),
        "order": judge_facts.order(judgements),
    }
    return Judged(judgements, scores, facts)


def wrote_the_examples(recipe: Recipe) -> bool:
    """Whether the judge is the model that wrote what was learned: it may like its own hand."""
    assert recipe.evaluate.judge is not None
    writer = recipe.synthesize.provider
    return isinstance(writer, Claude | ClaudeBatch) and writer.model == recipe.evaluate.judge.provider.model
