"""The best, the worst and the longest recital among all answers, to be named as such beside those drawn."""

from __future__ import annotations

from collections.abc import Iterable

from inkprint.records import Recital, Score
from inkprint.report.numbers import Metric, number

USUAL = "tfidf_similarity"  # where the primary metric has no value for an answer, or no good side


def find(
    metrics: dict[str, Metric],
    primary: str,
    scores: Iterable[Score],
    recitals: Iterable[Recital],
    recital_words: int,
) -> dict[str, list[str]]:
    """The prompts by their example's id, each with what it is, in words; the best first.

    Best and worst go by tuned minus base in the primary metric, or in TF-IDF similarity where that has no
    value for each answer. Of equals the first id counts.
    """
    metric = metrics[primary]
    name = primary if metric["item"] == "answer" and metric["better"] != "neither" else USUAL
    found: dict[str, list[str]] = {}
    for example_id, note in (
        *_best_and_worst(metrics[name], [score for score in scores if score.metric == name]),
        *_longest(recitals, recital_words),
    ):
        found.setdefault(example_id, []).append(note)
    return found


def _best_and_worst(metric: Metric, scores: list[Score]) -> list[tuple[str, str]]:
    values: dict[str, dict[str, float]] = {}
    for score in scores:
        if score.example_id is not None:
            values.setdefault(score.example_id, {})[score.variant] = score.value
    both = {item: of for item, of in sorted(values.items()) if {"base", "tuned"} <= of.keys()}
    if len(both) < 2:
        return []
    good = -1 if metric["better"] == "lower" else 1
    gains = {item: good * (of["tuned"] - of["base"]) for item, of in both.items()}
    told = []
    for title, item, rank in (
        ("The best", max(gains, key=lambda item: gains[item]), "most"),
        ("The worst", min(gains, key=lambda item: gains[item]), "least"),
    ):
        base, tuned = (number(both[item][variant], metric) for variant in ("base", "tuned"))
        by = number(both[item]["tuned"] - both[item]["base"], metric, sign=True)
        told.append(
            (item, f"{title} by {metric['title']}, the {rank} that tuning gained in {len(both)} answers:"
                   f" {base} → {tuned}, {by}")
        )  # fmt: skip
    return told


def _longest(recitals: Iterable[Recital], recital_words: int) -> list[tuple[str, str]]:
    """The tuned answer with the longest run from the training text, where it is a recital."""
    tuned = [recital for recital in recitals if recital.variant == "tuned"]
    longest = min(tuned, key=lambda recital: (-recital.words, recital.example_id), default=None)
    if longest is None or longest.words < recital_words:
        return []
    return [
        (longest.example_id, f"The longest recital: {longest.words} words in a row from the training text")
    ]
