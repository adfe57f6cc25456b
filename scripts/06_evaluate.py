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
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkprint.artifacts import Stage
from inkprint.asking.writer import HOW
from inkprint.command import Command, start
from inkprint.errors import UserError
from inkprint.evaluate.variants import check_pairs, read_answers
from inkprint.recipe import Evaluate, EvaluateLabels, Recipe, prompt_files
from inkprint.records import (
    Answer,
    BackgroundPassage,
    Likelihood,
    Passage,
    Score,
    read_records,
    write_json,
    write_records,
)

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

    from inkprint.evaluate.answers import Scored
    from inkprint.evaluate.instructions import Instructed
    from inkprint.evaluate.others import Judged
    from inkprint.evaluate.train_text import Texts


FILES = ("05_generate/answers.jsonl", "05_generate/likelihoods.jsonl")
BACKGROUND = "02_prepare/background.jsonl"


def score_likelihoods(path: Path) -> list[Score]:
    """Perplexity per token and bits per byte of each held-out passage or row, for each variant."""
    from inkprint.evaluate.answers import make_score

    scores: list[Score] = []
    sources: dict[str, list[str]] = {}
    for record in read_records(path, Likelihood):
        if record.tokens < 1 or record.bytes < 1:
            raise UserError(f"{path}: {record.id} has no scored tokens; make it again with --force")
        sources.setdefault(record.variant, []).append(record.source_id)
        nats = -record.log_likelihood
        perplexity, bits = math.exp(nats / record.tokens), nats / math.log(2) / record.bytes
        where = record.variant, record.source_id, None
        scores.append(make_score("perplexity", *where, perplexity, record.tokens))
        scores.append(make_score("bits_per_byte", *where, bits, record.bytes))
    check_pairs(path, sources)
    return scores


def count_words(answers: dict[str, list[Answer]], keywords: list[str]) -> dict[str, Any]:
    """Word frequencies for the clouds and keywords per thousand words for the heatmap."""
    from inkprint.evaluate.words import cloud_words, keywords_per_thousand
    from inkprint.words import words

    texts = {variant: [words(a.answer) for a in of_variant] for variant, of_variant in answers.items()}
    texts["reference"] = [words(answer.reference) for answer in answers["base"]]
    return {
        "clouds": {variant: cloud_words(of_variant) for variant, of_variant in texts.items()},
        "keywords": keywords,
        "per_thousand": {name: keywords_per_thousand(found, keywords) for name, found in texts.items()},
    }


def choose_keywords(
    settings: Evaluate, texts: Texts, others: list[BackgroundPassage], vectorizer: TfidfVectorizer
) -> tuple[list[str], str]:
    """The recipe's list, or as many as it asks for of the author's own words, and where they are from.

    Told from other authors where there are any; else those with the most weight in the train texts.
    """
    from inkprint.evaluate import keywords, similarity

    if isinstance(settings.keywords, list):
        return settings.keywords, "the recipe"
    if others:
        chosen = keywords.own_words(
            texts.train, texts.wholes, (other.text for other in others), settings.keywords
        )
        return chosen, f"the train {texts.unit}, told from other authors' books by log-odds"
    chosen = similarity.strongest_words(vectorizer, texts.train, texts.wholes, settings.keywords)
    return chosen, f"the train {texts.unit}"


def judge_others(
    answers: dict[str, list[Answer]],
    passages: Path,
    others: list[BackgroundPassage],
    texts: Texts,
    samples: int,
    seed: int,
) -> Judged:
    """The voice against other authors', where the recipe has any."""
    from inkprint.evaluate.others import Judged, judge_voice

    if not others:
        return Judged([], [], {"why": "the recipe names no other authors (evaluate.background)"})
    own = list(read_records(passages, Passage))
    return judge_voice(answers, own, others, texts.index, samples, seed)


def judge_instructions(recipe: Recipe, answers: dict[str, list[Answer]], texts: Texts) -> Instructed:
    """What a table's own answers measure the others by, where it has any."""
    from inkprint.evaluate.instructions import Instructed, score_instructions

    if "answer" not in (recipe.extract.columns or {}):
        return Instructed([], [], {})
    return score_instructions(answers, texts.train)


def describe_wording(scored: Scored, held_out: str, voice: dict[str, Any]) -> dict[str, str]:
    """What the metrics' descriptions name."""
    chance = scored.recovery_by_chance
    return {
        "type_token_words": str(scored.type_token_words),
        "held_out": held_out,
        "window_words": str(voice.get("window_words", "")),
        "chance": "" if chance is None else f" Chance alone gives {chance:.3f}.",
    }


def describe_method(
    settings: Evaluate, seed: int, type_token_words: int, unit: str, keywords_from: str
) -> dict[str, Any]:
    """What a reader must know to check an interval; part of metrics.json."""
    from inkprint.evaluate.intervals import FEWEST_SOURCES, LEVEL
    from inkprint.evaluate.metrics import RECITAL_WORDS

    return {
        "interval": "paired, studentized bootstrap; shares: Wilson and Newcombe",
        "unit": unit,
        "level": LEVEL,
        "samples": settings.bootstrap_samples,
        "seed": seed,
        "fewest_sources": FEWEST_SOURCES,
        "recital_words": RECITAL_WORDS,
        "type_token_words": type_token_words,
        "keywords_from": keywords_from,
    }


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
        format_number=5,
        settings={"evaluate": key_settings(settings)} | ({"author": recipe.author} if judge else {}),
        seed=recipe.seed,
        inputs=command.inputs(train_file(recipe), *FILES, *([BACKGROUND] if recipe.background else [])),
        prompts=prompt_files(judge.marks, judge.pairs) if judge else {},
        script=command.script,
    )


def main(command: Command) -> None:
    recipe, settings, options = command.recipe, command.recipe.evaluate, command.options
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
    train_path, answers_path, likelihoods, *background = stage.inputs.values()
    answers = read_answers(answers_path)
    scores = score_likelihoods(likelihoods)

    from inkprint.evaluate import judge_facts, judging, similarity, summary, train_text
    from inkprint.evaluate.answers import score_answers
    from inkprint.evaluate.honesty import Material, check_honesty

    texts = train_text.read(train_path)
    judge = judging.prepare(command, stage.prompts, answers, texts)
    if options.estimate and judge is not None:
        judge.asked.print_estimate()
        return
    marked = judging.ask(judge, recipe)
    vectorizer = similarity.fit(texts.train)
    others = [passage for path in background for passage in read_records(path, BackgroundPassage)]
    keywords, keywords_from = choose_keywords(settings, texts, others, vectorizer)
    scored = score_answers(answers, texts, keywords, vectorizer)
    samples, seed = settings.bootstrap_samples, recipe.seed
    voice = judge_others(answers, train_path, others, texts, samples, seed)
    instructed = judge_instructions(recipe, answers, texts)
    scores += scored.scores + voice.scores + marked.scores + instructed.scores
    wording = describe_wording(scored, texts.held_out, voice.facts) | instructed.wording
    measured = summary.summarize(scores, wording, settings.primary_metric, samples, seed)
    if marked.facts:
        marked.facts["agreement"] = judge_facts.agreement(scores)
    material = Material(answers, texts, vectorizer, voice.ruler, samples, seed)
    checks, put_in = check_honesty(material, voice, scores, settings.primary_metric, train_path, others)
    result = {
        "primary": settings.primary_metric,
        "method": describe_method(settings, seed, scored.type_token_words, texts.unit, keywords_from),
        "metrics": measured,
        "voice": voice.facts,
        "judge": marked.facts,
        "radar": summary.radar(measured),
        "checks": checks,
    }
    with stage.writing() as folder:
        write_records(folder / "scores.jsonl", scores)
        write_records(folder / "recitals.jsonl", scored.recitals)
        write_records(folder / "checks.jsonl", put_in)
        write_json(folder / "metrics.json", result)
        write_json(folder / "words.json", count_words(answers, keywords))
        optional = {
            "others": voice.of_others,
            "judgements": marked.judgements,
            "followed": instructed.followed,
        }
        for name, records in optional.items():
            if records:
                write_records(folder / f"{name}.jsonl", records)
        number = sum(len(of_variant) for of_variant in answers.values())
        stage.finish({"unit": "answers", "in": number, "out": number, "rejected": 0, "failed": 0})
    for metric in measured.values():
        verdicts = ", ".join(f"against {other}: {of['verdict']}" for other, of in metric["against"].items())
        print(f"   {metric['title']:<27}{metric['sources']:>5} {texts.unit}   {verdicts or 'not measured'}")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--estimate", action="store_true", help="only say what the judge would cost")


if __name__ == "__main__":
    start(main, __doc__, __file__, add_options)
