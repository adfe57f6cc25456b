"""Measure what the tuning did: one score for each metric, item and variant, then means with intervals.

Reads   02_prepare/passages.jsonl     train text, for keywords, word weights and verbatim runs; of tables
                                      the answers in 03_synthesize/examples.jsonl
        05_generate/answers.jsonl     {"id": "answer-…", "example_id": "example-…", "source_id": "passage-…",
                                       "task": "question_passage", "variant": "tuned", "prompt": […],
                                       "answer": "…", "reference": "…", "tokens": 61, "ended": true}
        05_generate/likelihoods.jsonl {"id": "likelihood-…", "source_id": "passage-…", "variant": "tuned",
                                       "log_likelihood": -310.2, "tokens": 142, "bytes": 489}
        05_generate/predictions.jsonl of labels, instead: that is inkprint/evaluate/labels.py
Writes  06_evaluate/scores.jsonl      {"id": "score-…", "metric": "verbatim_run", "variant": "tuned",
                                       "source_id": "passage-…", "example_id": "example-…",
                                       "value": 5.0, "weight": 1.0}
        06_evaluate/recitals.jsonl    {"id": "recital-…", "example_id": "example-…",
                                       "source_id": "passage-…", "variant": "tuned", "words": 5,
                                       "start": 12, "end": 38, "train_source_id": "passage-…"}
        06_evaluate/metrics.json      {"primary": "bits_per_byte", "metrics": {"bits_per_byte": {"items": 34,
                                       "sources": 34, "means": {"base": {"value": 2.41, "low": 2.3,
                                       "high": 2.5}, …}, "against": {"base": {"value": -0.2, "low": -0.3,
                                       "high": -0.1, "p": 0.001, "verdict": "better", …}}}, …}, …}
        06_evaluate/judgements.jsonl  where the recipe has a judge: {"id": "judgement-…", "kind": "marks",
                                       "first": "tuned", "style": "7", "usefulness": "4", "reason": "…", …}
        06_evaluate/others.jsonl      where 02 has other authors: their passages' scores, of metric voice
        06_evaluate/followed.jsonl    of tables with answers: {"id": "followed-…", "variant": "tuned",
                                       "asked": ["3 items"], "kept": [], "unanswered": "", …}
        06_evaluate/checks.jsonl      scores of what the honesty checks put in, as those of answers
        06_evaluate/words.json        {"clouds": {"base": {"kettle": 41, …}, …}, "keywords": ["lamp", …],
                                       "per_thousand": {"base": [3.1, …], …}}

    python scripts/06_evaluate.py recipes/demo.yaml [--estimate]

Time: some 5 seconds for the demo, a minute for ten books, three with other authors; the judge's replies at
`connections` times one every few seconds. What was paid for is kept in artifacts/cache/replies.sqlite.
Memory: under 400 MB.
"""

from __future__ import annotations

import argparse
from typing import Any

from inkprint.artifacts import Stage
from inkprint.asking.writer import HOW
from inkprint.command import Command, start
from inkprint.errors import UserError
from inkprint.recipe import Evaluate, EvaluateLabels, Recipe, prompt_files

FILES = ("05_generate/answers.jsonl", "05_generate/likelihoods.jsonl")
BACKGROUND = "02_prepare/background.jsonl"


def key_settings(settings: Evaluate) -> dict[str, Any]:
    """What of the section the result depends on.

    The background counts by its content, and the limit is a matter of the card.
    """
    kept = settings.model_dump(exclude={"background", "max_recited_share", "judge"})
    if settings.judge is not None:
        provider = settings.judge.provider.model_dump(exclude=HOW)
        kept["judge"] = settings.judge.model_dump(exclude={"provider", "max_failed_share"})
        kept["judge"]["provider"] = provider
    return kept


def train_file(recipe: Recipe) -> str:
    """Where what was learned stands: passages of documents, of tables the answers."""
    documents = recipe.extract.columns is None
    return "02_prepare/passages.jsonl" if documents else "03_synthesize/examples.jsonl"


def make_stage(command: Command, settings: Evaluate) -> Stage:
    recipe = command.recipe
    if settings.primary_metric == "keyword_density" and not settings.keywords:
        raise UserError("evaluate: primary_metric is keyword_density and keywords names none; ask for some")
    judge = settings.judge
    return Stage(
        run_folder=command.run_folder,
        name="evaluate",
        format_number=6,
        settings={"evaluate": key_settings(settings)} | ({"author": recipe.author} if judge else {}),
        seed=recipe.seed,
        inputs=command.inputs(train_file(recipe), *FILES, *([BACKGROUND] if recipe.background else [])),
        prompts=prompt_files(judge.marks, judge.pairs) if judge else {},
        script=command.script,
    )


def main(command: Command) -> None:
    settings, options = command.recipe.evaluate, command.options
    if options.estimate and (isinstance(settings, EvaluateLabels) or settings.judge is None):
        raise UserError("evaluate: the recipe has no judge: nothing to estimate")
    if isinstance(settings, EvaluateLabels):
        from inkprint.evaluate.labels import evaluate_labels

        evaluate_labels(command)
        return
    stage = make_stage(command, settings)
    if options.estimate:
        command.check_inputs(stage)
    elif command.settled(stage):
        return
    from inkprint.evaluate import chats, judging

    had = chats.read(stage)
    judge = judging.prepare(command, stage.prompts, had.answers, had.texts)
    if options.estimate and judge is not None:
        judge.asked.print_estimate()
        return
    result, files = chats.evaluate(command, had, judging.ask(judge, command.recipe))
    chats.write(stage, result, files, sum(len(of_variant) for of_variant in had.answers.values()))
    for metric in result["metrics"].values():
        verdicts = ", ".join(f"against {other}: {of['verdict']}" for other, of in metric["against"].items())
        unit = had.texts.unit
        print(f"   {metric['title']:<30}{metric['sources']:>5} {unit}   {verdicts or 'not measured'}")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--estimate", action="store_true", help="only say what the judge would cost")


if __name__ == "__main__":
    start(main, __doc__, __file__, add_options)
