"""The metrics: what each one is, and how scores of single items become means, differences and a verdict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any, Literal

import numpy as np

from inkprint.evaluate.intervals import (
    Interval,
    Link,
    Numbers,
    Sums,
    interval,
    resamples,
    share_difference,
    share_interval,
)
from inkprint.evaluate.variants import VARIANTS
from inkprint.records import Score

COMPARED_WITH = ("base", "prompted")  # what tuned is held against
RECITAL_WORDS = 20  # so many words in a row are no chance: they are the book


@dataclass(frozen=True)
class Metric:
    title: str
    what: str
    unit: str
    better: Literal["lower", "higher", "neither"]
    item: Literal["answer", "source"]  # a source is a held-out passage or row
    decimals: int
    link: Link = "mean"
    share: bool = False  # values are 0 and 1


METRICS = {
    "bits_per_byte": Metric(
        "Bits per byte",
        "How many bits the model needs for a byte of {held_out}; comparable between any two models.",
        "bits", "lower", "source", 3,
    ),
    "perplexity": Metric(
        "Perplexity per token",
        "Among how many equally likely tokens the model hesitates on {held_out}; for one tokenizer only.",
        "", "lower", "source", 2, link="exp",
    ),
    "tfidf_similarity": Metric(
        "TF-IDF similarity",
        "Cosine of an answer's weighted words with those of the author's own text for that prompt.",
        "", "higher", "answer", 3,
    ),
    "keyword_density": Metric(
        "Keyword density",
        "Share of an answer's words that are among the author's keywords.",
        "%", "neither", "answer", 2,
    ),
    "type_token_ratio": Metric(
        "Type-token ratio",
        "Different words among an answer's first {type_token_words}, divided by {type_token_words}.",
        "", "neither", "answer", 3,
    ),
    "answer_words": Metric(
        "Response length", "Words in an answer.", "words", "neither", "answer", 1
    ),
    "verbatim_run": Metric(
        "Longest verbatim run",
        "The most words in a row that an answer shares with the training text.",
        "words", "neither", "answer", 1,
    ),
    "recited": Metric(
        "Share that recites",
        f"Share of answers with {RECITAL_WORDS} or more words in a row from the training text.",
        "", "lower", "answer", 3, share=True,
    ),
    "ended": Metric(
        "Share that ends by itself",
        "Share of answers that the model ended before it ran into the limit of tokens.",
        "", "higher", "answer", 3, share=True,
    ),
}  # fmt: skip


def summarize(
    scores: Iterable[Score], wording: dict[str, object], samples: int, seed: int
) -> dict[str, dict[str, Any]]:
    """For each metric that has scores: its meaning, n, means with intervals, differences, verdicts.

    wording: what the descriptions name: type_token_words, held_out.
    """
    of_metric: dict[str, list[Score]] = defaultdict(list)
    for score in scores:
        of_metric[score.metric].append(score)
    answering = {score.variant for score in of_metric["answer_words"]} & set(VARIANTS)
    return {
        name: _describe(metric, wording)
        | _measure(
            name, metric, of_metric[name], answering if metric.item == "answer" else set(), samples, seed
        )
        for name, metric in METRICS.items()
        if of_metric[name]
    }


def verdict(difference: Interval, better: str) -> str:
    """What the interval of tuned minus another variant bears, in a word or a few."""
    if difference.low is None or difference.high is None:
        return "too few to tell"
    if difference.low <= 0 <= difference.high:
        return "no difference shown"
    direction = "higher" if difference.low > 0 else "lower"
    if better == "neither":
        return direction
    return "better" if direction == better else "worse"


def radar(metrics: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Means brought to 0 to 1, 1 being the rim: the best variant, or just as the author writes.

    None for a variant that a metric does not have.
    """
    axes = []
    there = [variant for variant in VARIANTS if any(variant in m["means"] for m in metrics.values())]
    for name, rule in RADAR.items():
        if not metrics.get(name, {}).get("items"):
            continue
        means = {variant: mean["value"] for variant, mean in metrics[name]["means"].items()}
        values = {
            variant: round(_normalized(rule, means, variant), 6) if variant in means else None
            for variant in there
        }
        axes.append({"metric": name, "title": metrics[name]["title"], "rule": rule, **values})
    return axes


RADAR = {
    "bits_per_byte": "lowest / value",
    "tfidf_similarity": "value / highest",
    "keyword_density": "closeness to the author",
    "type_token_ratio": "closeness to the author",
    "answer_words": "closeness to the author",
    "verbatim_run": "no longer than the author's",
}


def _normalized(rule: str, means: dict[str, float], variant: str) -> float:
    value, author = means[variant], means.get("reference", 0.0)
    every = [means[name] for name in VARIANTS if name in means]
    if rule == "lowest / value":
        return _ratio(min(every), value)
    if rule == "value / highest":
        return _ratio(value, max(every))
    if rule == "closeness to the author":
        return _ratio(min(value, author), max(value, author))
    assert rule == "no longer than the author's", rule
    return min(1.0, _ratio(author, value))


def _ratio(top: float, bottom: float) -> float:
    return top / bottom if bottom else 1.0


def _describe(metric: Metric, wording: dict[str, object]) -> dict[str, Any]:
    words = asdict(metric) | {"what": metric.what.format(**wording)}
    return {name: words[name] for name in ("title", "what", "unit", "better", "item", "decimals", "share")}


def _measure(
    name: str, metric: Metric, scores: Sequence[Score], needed: set[str], samples: int, seed: int
) -> dict[str, Any]:
    """n, the mean of each variant and the paired differences, over items that all variants have.

    needed: variants without which an item is left out, even where one of them has no score at all.
    """
    of_variant: dict[str, dict[str, Score]] = defaultdict(dict)
    for score in scores:
        of_variant[score.variant][score.example_id or score.source_id] = score
    every = list(dict.fromkeys(chain(of_variant["base"], *of_variant.values())))
    needed = needed | of_variant.keys()
    paired = [item for item in every if all(item in of_variant.get(variant, {}) for variant in needed)]
    counted = {"items": len(paired), "left_out": len(every) - len(paired)}
    if not paired:
        return counted | {"sources": 0, "largest": {}, "means": {}, "against": {}}
    sources = list(dict.fromkeys(of_variant["base"][item].source_id for item in paired))
    counts = resamples(len(sources), samples, seed, name)
    sums = {
        variant: _sums([found[item] for item in paired], sources, metric.link)
        for variant, found in of_variant.items()
    }
    against = {}
    for other in (other for other in COMPARED_WITH if other in sums):
        found = _difference(sums["tuned"], sums[other], metric, counts)
        against[other] = rounded(found) | {"verdict": verdict(found, metric.better)}
    largest = {variant: max(found[item].value for item in paired) for variant, found in of_variant.items()}
    return {
        **counted,
        "sources": len(sources),
        "largest": largest,
        "means": {variant: rounded(_mean(of, metric, counts)) for variant, of in sums.items()},
        "against": against,
    }


def _mean(sums: Sums, metric: Metric, counts: Numbers) -> Interval:
    return share_interval(sums) if metric.share else interval([sums], [1], metric.link, counts)


def _difference(tuned: Sums, other: Sums, metric: Metric, counts: Numbers) -> Interval:
    if metric.share:
        return share_difference(tuned, other)
    return interval([tuned, other], [1, -1], metric.link, counts)


def _sums(scores: Sequence[Score], sources: Sequence[str], link: Link) -> Sums:
    numbers = {source_id: number for number, source_id in enumerate(sources)}
    top, bottom = np.zeros(len(sources)), np.zeros(len(sources))
    for score in scores:
        value = np.log(score.value) if link == "exp" else score.value
        top[numbers[score.source_id]] += score.weight * value
        bottom[numbers[score.source_id]] += score.weight
    return Sums(top, bottom)


def rounded(estimate: Interval) -> dict[str, float | None]:
    # Six digits are more than any interval here bears, and the last ones of a float are no result.
    return {
        name: None if value is None else float(f"{value:.6g}") for name, value in asdict(estimate).items()
    }
