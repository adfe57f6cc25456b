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
                                       "high": -0.1, "verdict": "better"}}}, …}, …}
        06_evaluate/words.json        {"clouds": {"base": {"kettle": 41, …}, …}, "keywords": ["lamp", …],
                                       "per_thousand": {"base": [3.1, …], …}}

    python scripts/06_evaluate.py recipes/demo.yaml

Time: some 4 seconds for the demo, a minute for ten books. Memory: under 400 MB.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkprint.artifacts import Stage
from inkprint.command import Command, start
from inkprint.errors import UserError
from inkprint.evaluate.variants import check_pairs, read_answers
from inkprint.recipe import Evaluate, EvaluateLabels
from inkprint.records import (
    Answer,
    Likelihood,
    Recital,
    Score,
    content_id,
    read_records,
    write_json,
    write_records,
)

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

    from inkprint.evaluate.train_text import TrainText
    from inkprint.runs import Run


def score_likelihoods(path: Path) -> list[Score]:
    """Perplexity per token and bits per byte of each held-out passage or row, for each variant."""
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


def score_answers(
    answers: dict[str, list[Answer]], train: TrainText, keywords: list[str], vectorizer: TfidfVectorizer
) -> tuple[list[Score], list[Recital], int]:
    """Every metric of every answer and of the author's own text for the same prompt.

    Also the longest verbatim run of each, and the number of words that type-token ratios are taken over.
    """
    from inkprint.evaluate import similarity
    from inkprint.evaluate.metrics import RECITAL_WORDS
    from inkprint.evaluate.words import keyword_density, type_token_length, type_token_ratio
    from inkprint.runs import longest_run
    from inkprint.words import words

    split = {variant: [words(a.answer) for a in of_variant] for variant, of_variant in answers.items()}
    split["reference"] = [words(a.reference) for a in answers["base"]]
    length = type_token_length(min(map(len, texts)) for texts in zip(*split.values(), strict=True))
    scores, recitals = [], []
    for variant in split:
        of_variant = answers["base" if variant == "reference" else variant]
        texts = [a.reference if variant == "reference" else a.answer for a in of_variant]
        references = [a.reference for a in of_variant]
        cosines = similarity.similarities(vectorizer, texts, references)
        for answer, text, found, cosine in zip(of_variant, texts, split[variant], cosines, strict=True):
            run = longest_run(text, train.index)
            values: dict[str, float | None] = {
                "tfidf_similarity": None if variant == "reference" else cosine,
                "keyword_density": keyword_density(found, keywords) if keywords else None,
                "type_token_ratio": type_token_ratio(found, length),
                "answer_words": len(found),
                "verbatim_run": run.words,
                "recited": run.words >= RECITAL_WORDS,
                "ended": None if variant == "reference" else answer.ended,
            }
            where = variant, answer.source_id, answer.example_id
            scores += [make_score(name, *where, v, 1) for name, v in values.items() if v is not None]
            recitals.append(make_recital(*where, run))
    return scores, recitals, length


def make_score(
    metric: str, variant: str, source_id: str, example_id: str | None, value: float, weight: float
) -> Score:
    return Score(
        id=content_id("score", metric, variant, example_id or source_id),
        metric=metric,
        variant=variant,
        source_id=source_id,
        example_id=example_id,
        value=round(float(value), 6),
        weight=float(weight),
    )


def make_recital(variant: str, source_id: str, example_id: str, run: Run) -> Recital:
    return Recital(
        id=content_id("recital", variant, example_id),
        example_id=example_id,
        source_id=source_id,
        variant=variant,
        words=run.words,
        start=run.start,
        end=run.end,
        train_source_id=run.source_id,
    )


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


def choose_keywords(settings: Evaluate, train: TrainText, vectorizer: TfidfVectorizer) -> list[str]:
    """The recipe's list, or as many of the train texts' strongest words as it asks for."""
    from inkprint.evaluate.similarity import strongest_words

    if isinstance(settings.keywords, list):
        return settings.keywords
    return strongest_words(vectorizer, train.texts, train.wholes, settings.keywords)


def describe_method(settings: Evaluate, seed: int, type_token_words: int, unit: str) -> dict[str, Any]:
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
        "keywords_from": "the recipe" if isinstance(settings.keywords, list) else f"the train {unit}",
    }


def main(command: Command) -> None:
    recipe, settings = command.recipe, command.recipe.evaluate
    if isinstance(settings, EvaluateLabels):
        from inkprint.evaluate.labels import evaluate_labels

        evaluate_labels(command)
        return
    if settings.primary_metric == "keyword_density" and not settings.keywords:
        raise UserError("evaluate: primary_metric is keyword_density and keywords names none; ask for some")
    documents = recipe.extract.columns is None
    train_file = "02_prepare/passages.jsonl" if documents else "03_synthesize/examples.jsonl"
    stage = Stage(
        run_folder=command.run_folder,
        name="evaluate",
        format_number=3,
        settings={"evaluate": settings.model_dump()},
        seed=recipe.seed,
        inputs=command.inputs(train_file, "05_generate/answers.jsonl", "05_generate/likelihoods.jsonl"),
        script=command.script,
    )
    if command.settled(stage):
        return
    train_path, answers_path, likelihoods = stage.inputs.values()
    answers = read_answers(answers_path)
    scores = score_likelihoods(likelihoods)

    from inkprint.evaluate import metrics, similarity, train_text

    train = train_text.of_passages(train_path) if documents else train_text.of_examples(train_path)
    vectorizer = similarity.fit(train.texts)
    keywords = choose_keywords(settings, train, vectorizer)
    of_answers, recitals, length = score_answers(answers, train, keywords, vectorizer)
    scores += of_answers
    wording = {"type_token_words": length, "held_out": train.held_out}
    measured = metrics.summarize(scores, wording, settings.bootstrap_samples, recipe.seed)
    result = {
        "primary": settings.primary_metric,
        "method": describe_method(settings, recipe.seed, length, train.unit),
        "metrics": measured,
        "radar": metrics.radar(measured),
    }
    with stage.writing() as folder:
        write_records(folder / "scores.jsonl", scores)
        write_records(folder / "recitals.jsonl", recitals)
        write_json(folder / "metrics.json", result)
        write_json(folder / "words.json", count_words(answers, keywords))
        number = sum(len(of_variant) for of_variant in answers.values())
        stage.finish({"unit": "answers", "in": number, "out": number, "rejected": 0, "failed": 0})
    for metric in measured.values():
        verdicts = ", ".join(f"against {other}: {of['verdict']}" for other, of in metric["against"].items())
        print(f"   {metric['title']:<27}{metric['sources']:>5} {train.unit}   {verdicts or 'not measured'}")


if __name__ == "__main__":
    start(main, __doc__, __file__)
