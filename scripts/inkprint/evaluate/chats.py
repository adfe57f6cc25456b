"""What answers in chats are measured by: everything that 06 computes of them, from 05's files to 06's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sklearn.feature_extraction.text import TfidfVectorizer

from inkprint.artifacts import Stage
from inkprint.command import Command
from inkprint.errors import UserError
from inkprint.evaluate import judge_facts, similarity, summary, train_text
from inkprint.evaluate import keywords as own_keywords
from inkprint.evaluate.answers import Scored, score_answers
from inkprint.evaluate.honesty import Material, check_honesty
from inkprint.evaluate.instructions import Instructed, score_instructions
from inkprint.evaluate.intervals import FEWEST_SOURCES, LEVEL
from inkprint.evaluate.judging import Judged as Marked
from inkprint.evaluate.metrics import RECITAL_WORDS
from inkprint.evaluate.others import Judged, judge_voice
from inkprint.evaluate.scores import make_score
from inkprint.evaluate.train_text import Texts
from inkprint.evaluate.variants import check_pairs, read_answers
from inkprint.evaluate.words import cloud_words, keywords_per_thousand
from inkprint.jsonl import read_records, write_json, write_records
from inkprint.recipe import Evaluate, Recipe
from inkprint.records import Answer, BackgroundPassage, Likelihood, Passage, Record, Score
from inkprint.words import words

ALWAYS = ("scores", "recitals", "checks")  # these files are there, if empty


@dataclass(frozen=True)
class Read:
    """What 06 reads of chats. others: passages of other authors, none where the recipe names none."""

    train: Path
    answers: dict[str, list[Answer]]
    likelihoods: list[Score]
    texts: Texts
    others: list[BackgroundPassage]


def read(stage: Stage) -> Read:
    """All of the stage's inputs. Raises UserError for one that is damaged."""
    train, answers, likelihoods, *background = stage.inputs.values()
    return Read(
        train=train,
        answers=read_answers(answers),
        likelihoods=score_likelihoods(likelihoods),
        texts=train_text.read(train),
        others=[passage for path in background for passage in read_records(path, BackgroundPassage)],
    )


def evaluate(
    command: Command, had: Read, marked: Marked
) -> tuple[dict[str, Any], dict[str, Sequence[Record]]]:
    """metrics.json, with words.json as its `words`, and each file's records. marked: by the judge."""
    recipe, settings = command.recipe, command.recipe.evaluate
    samples, seed = settings.bootstrap_samples, recipe.seed
    answers, texts, vectorizer = had.answers, had.texts, similarity.fit(had.texts.train)
    keywords, keywords_from = choose_keywords(settings, texts, had.others, vectorizer)
    scored = score_answers(answers, texts, keywords, vectorizer)
    voice = judge_others(answers, had.train, had.others, texts, samples, seed)
    instructed = judge_instructions(recipe, answers, texts)
    scores = had.likelihoods + scored.scores + voice.scores + marked.scores + instructed.scores
    wording = describe_wording(scored, texts.held_out, voice.facts) | instructed.wording
    measured = summary.summarize(scores, wording, settings.primary_metric, samples, seed)
    material = Material(answers, texts, vectorizer, voice.ruler, samples, seed)
    checks, put_in = check_honesty(material, voice, scores, settings.primary_metric, had.train, had.others)
    agreement = {"agreement": judge_facts.agreement(scores)} if marked.facts else {}
    result = {
        "primary": settings.primary_metric,
        "method": describe_method(settings, seed, scored.type_token_words, texts.unit, keywords_from),
        "metrics": measured,
        "voice": voice.facts,
        "judge": marked.facts | agreement,
        "radar": summary.radar(measured),
        "checks": checks,
    }
    return result | {"words": count_words(answers, keywords)}, {
        "scores": scores,
        "recitals": scored.recitals,
        "checks": put_in,
        "others": voice.of_others,
        "judgements": marked.judgements,
        "followed": instructed.followed,
    }


def write(stage: Stage, result: dict[str, Any], files: dict[str, Sequence[Record]], answers: int) -> None:
    """Every file; of records that not every run has only where there are any."""
    with stage.writing() as folder:
        for name, records in files.items():
            if records or name in ALWAYS:
                write_records(folder / f"{name}.jsonl", records)
        write_json(folder / "words.json", result.pop("words"))
        write_json(folder / "metrics.json", result)
        stage.finish({"unit": "answers", "in": answers, "out": answers, "rejected": 0, "failed": 0})


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


def count_words(answers: dict[str, list[Answer]], keywords: list[str]) -> dict[str, Any]:
    """Word frequencies for the clouds and keywords per thousand words for the heatmap."""
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
    if isinstance(settings.keywords, list):
        return settings.keywords, "the recipe"
    if others:
        chosen = own_keywords.own_words(
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
    if not others:
        return Judged([], [], {"why": "the recipe names no other authors (evaluate.background)"})
    own = list(read_records(passages, Passage))
    return judge_voice(answers, own, others, texts.index, samples, seed)


def judge_instructions(recipe: Recipe, answers: dict[str, list[Answer]], texts: Texts) -> Instructed:
    """What a table's own answers measure the others by, where it has any."""
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
