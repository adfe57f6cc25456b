"""Measure what the tuning did: one score for each metric, item and variant, then means with intervals.

Reads   02_prepare/passages.jsonl     train text, for keywords, word weights and verbatim runs
        05_generate/answers.jsonl     {"id": "answer-…", "example_id": "example-…", "source_id": "passage-…",
                                       "task": "question_passage", "variant": "tuned", "prompt": […],
                                       "answer": "…", "reference": "…", "tokens": 61, "ended": true}
        05_generate/likelihoods.jsonl {"id": "likelihood-…", "source_id": "passage-…", "variant": "tuned",
                                       "log_likelihood": -310.2, "tokens": 142, "bytes": 489}
Writes  06_evaluate/scores.jsonl      {"id": "score-…", "metric": "verbatim_run", "variant": "tuned",
                                       "source_id": "passage-…", "example_id": "example-…",
                                       "value": 5.0, "weight": 1.0}
        06_evaluate/recitals.jsonl    {"id": "recital-…", "example_id": "example-…",
                                       "source_id": "passage-…", "variant": "tuned", "words": 5,
                                       "start": 12, "end": 38, "source_passage_id": "passage-…"}
        06_evaluate/metrics.json      {"primary": "bits_per_byte", "metrics": {"bits_per_byte": {"items": 34,
                                       "passages": 34, "means": {"base": {"value": 2.41, "low": 2.3,
                                       "high": 2.5}, …}, "difference": {…}, "verdict": "better"}, …}, …}
        06_evaluate/words.json        {"clouds": {"base": {"kettle": 41, …}, …}, "keywords": ["lamp", …],
                                       "per_thousand": {"base": [3.1, …], …}}

    python scripts/06_evaluate.py recipes/demo.yaml

Time: some 4 seconds for the demo, a minute for ten books. Memory: under 400 MB.
"""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkprint.artifacts import Stage
from inkprint.command import Command, start
from inkprint.errors import UserError
from inkprint.recipe import Evaluate
from inkprint.records import (
    Answer,
    Likelihood,
    Passage,
    Recital,
    Score,
    content_id,
    read_records,
    write_json,
    write_records,
)

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

    from inkprint.runs import Run

VARIANTS = ("base", "tuned")
TEXTS = (*VARIANTS, "reference")


def check_pairs(path: Path, items: dict[str, list[str]]) -> None:
    """Raise UserError unless base and tuned have the same items, each once."""
    for variant, other in (VARIANTS, VARIANTS[::-1]):
        ids = items.get(variant, [])
        twice = [item for item, count in Counter(ids).items() if count > 1]
        if not ids or twice or (missing := sorted(set(ids) - set(items.get(other, [])))):
            what = (
                f"nothing of variant {variant}" if not ids
                else f"{twice[0]} stands twice for {variant}" if twice
                else f"{missing[0]} is there for {variant} and not for {other}"
            )  # fmt: skip
            raise UserError(f"{path}: {what}; make it again with: scripts/05_generate.py RECIPE --force")


def read_answers(path: Path) -> dict[str, list[Answer]]:
    """Answers by variant, in one order of prompts."""
    answers: dict[str, list[Answer]] = {variant: [] for variant in VARIANTS}
    for answer in read_records(path, Answer):
        answers.setdefault(answer.variant, []).append(answer)
    check_pairs(path, {variant: [a.example_id for a in found] for variant, found in answers.items()})
    order = {answer.example_id: number for number, answer in enumerate(answers["base"])}
    return {variant: sorted(answers[variant], key=lambda a: order[a.example_id]) for variant in VARIANTS}


def score_likelihoods(path: Path) -> list[Score]:
    """Perplexity per token and bits per byte of each held-out passage, for each variant."""
    scores: list[Score] = []
    passages: dict[str, list[str]] = {}
    for record in read_records(path, Likelihood):
        if record.tokens < 1 or record.bytes < 1:
            raise UserError(f"{path}: {record.id} has no scored tokens; make it again with --force")
        passages.setdefault(record.variant, []).append(record.source_id)
        nats = -record.log_likelihood
        perplexity, bits = math.exp(nats / record.tokens), nats / math.log(2) / record.bytes
        where = record.variant, record.source_id, None
        scores.append(make_score("perplexity", *where, perplexity, record.tokens))
        scores.append(make_score("bits_per_byte", *where, bits, record.bytes))
    check_pairs(path, passages)
    return scores


def score_answers(
    answers: dict[str, list[Answer]], train: list[Passage], keywords: list[str], vectorizer: TfidfVectorizer
) -> tuple[list[Score], list[Recital], int]:
    """Every metric of every answer and of the author's own text for the same prompt.

    Also the longest verbatim run of each, and the number of words that type-token ratios are taken over.
    """
    from inkprint.evaluate import similarity
    from inkprint.evaluate.metrics import RECITAL_WORDS
    from inkprint.evaluate.words import keyword_density, type_token_length, type_token_ratio
    from inkprint.runs import index_training_text, longest_run
    from inkprint.words import words

    training = index_training_text(train)
    split = {variant: [words(a.answer) for a in answers[variant]] for variant in VARIANTS}
    split["reference"] = [words(a.reference) for a in answers["base"]]
    length = type_token_length(min(map(len, texts)) for texts in zip(*split.values(), strict=True))
    scores, recitals = [], []
    for variant in TEXTS:
        of_variant = answers["base" if variant == "reference" else variant]
        texts = [a.reference if variant == "reference" else a.answer for a in of_variant]
        references = [a.reference for a in of_variant]
        cosines = similarity.similarities(vectorizer, texts, references)
        for answer, text, found, cosine in zip(of_variant, texts, split[variant], cosines, strict=True):
            run = longest_run(text, training)
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
        source_passage_id=run.passage_id,
    )


def count_words(answers: dict[str, list[Answer]], keywords: list[str]) -> dict[str, Any]:
    """Word frequencies for the clouds and keywords per thousand words for the heatmap."""
    from inkprint.evaluate.words import cloud_words, keywords_per_thousand
    from inkprint.words import words

    texts = {variant: [words(answer.answer) for answer in answers[variant]] for variant in VARIANTS}
    texts["reference"] = [words(answer.reference) for answer in answers["base"]]
    return {
        "clouds": {variant: cloud_words(of_variant) for variant, of_variant in texts.items()},
        "keywords": keywords,
        "per_thousand": {name: keywords_per_thousand(found, keywords) for name, found in texts.items()},
    }


def choose_keywords(settings: Evaluate, train: list[Passage], vectorizer: TfidfVectorizer) -> list[str]:
    """The recipe's list, or as many of the train passages' strongest words as it asks for."""
    from inkprint.evaluate.similarity import strongest_words

    if isinstance(settings.keywords, list):
        return settings.keywords
    chapters = [f"{passage.document} {passage.chapter}" for passage in train]
    return strongest_words(vectorizer, [p.text for p in train], chapters, settings.keywords)


def describe_method(settings: Evaluate, seed: int, type_token_words: int) -> dict[str, Any]:
    """What a reader must know to check an interval; part of metrics.json."""
    from inkprint.evaluate.intervals import FEWEST_PASSAGES, LEVEL
    from inkprint.evaluate.metrics import RECITAL_WORDS

    return {
        "interval": "paired, studentized bootstrap; shares: Wilson and Newcombe",
        "resampled": "source passages",
        "level": LEVEL,
        "samples": settings.bootstrap_samples,
        "seed": seed,
        "fewest_passages": FEWEST_PASSAGES,
        "recital_words": RECITAL_WORDS,
        "type_token_words": type_token_words,
        "keywords_from": "the recipe" if isinstance(settings.keywords, list) else "the train passages",
    }


def main(command: Command) -> None:
    recipe, settings = command.recipe, command.recipe.evaluate
    if settings.primary_metric == "keyword_density" and not settings.keywords:
        raise UserError("evaluate: primary_metric is keyword_density and keywords names none; ask for some")
    stage = Stage(
        run_folder=command.run_folder,
        name="evaluate",
        format_number=2,
        settings={"evaluate": settings.model_dump()},
        seed=recipe.seed,
        inputs=command.inputs(
            "02_prepare/passages.jsonl", "05_generate/answers.jsonl", "05_generate/likelihoods.jsonl"
        ),
        script=command.script,
    )
    if command.settled(stage):
        return
    passages, answers_path, likelihoods = stage.inputs.values()
    train = [p for p in read_records(passages, Passage) if p.split == "train"]
    answers = read_answers(answers_path)
    scores = score_likelihoods(likelihoods)

    from inkprint.evaluate import metrics, similarity

    vectorizer = similarity.fit([passage.text for passage in train])
    keywords = choose_keywords(settings, train, vectorizer)
    of_answers, recitals, length = score_answers(answers, train, keywords, vectorizer)
    scores += of_answers
    measured = metrics.summarize(scores, length, settings.bootstrap_samples, recipe.seed)
    result = {
        "primary": settings.primary_metric,
        "method": describe_method(settings, recipe.seed, length),
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
        print(f"   {metric['title']:<27}{metric['passages']:>5} passages   {metric['verdict']}")


if __name__ == "__main__":
    start(main, __doc__, __file__)
