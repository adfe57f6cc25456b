"""How scores of single items become means, differences and verdicts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from itertools import chain
from typing import Any

import numpy as np

from inkprint.evaluate.intervals import (
    Difference,
    Interval,
    Link,
    Numbers,
    Sums,
    mean_difference,
    mean_interval,
    random_swaps,
    resamples,
    share_difference,
    share_interval,
)
from inkprint.evaluate.metrics import METRICS, Metric
from inkprint.evaluate.variants import OTHERS, VARIANTS
from inkprint.evaluate.verdicts import judge
from inkprint.records import Score


def summarize(
    scores: Iterable[Score], wording: dict[str, object], primary: str, samples: int, seed: int
) -> dict[str, dict[str, Any]]:
    """For each metric that has scores: its meaning, n, means with intervals, differences, verdicts.

    wording: what the descriptions name: type_token_words, held_out. primary: the metric whose difference to
    the base was to be the result before the run.
    """
    of_metric: dict[str, list[Score]] = defaultdict(list)
    for score in scores:
        of_metric[score.metric].append(score)
    measured = {
        name: _describe(metric, wording) | measure(name, metric, of_metric[name], samples, seed)
        for name, metric in METRICS.items()
        if of_metric[name] or name == primary
    }
    judge(measured, primary, "base")
    return measured


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
    return {
        name: words[name]
        for name in ("title", "what", "unit", "better", "item", "decimals", "share", "likeness")
    }


def measure(name: str, metric: Metric, scores: Sequence[Score], samples: int, seed: int) -> dict[str, Any]:
    """n, the mean of each variant and the paired differences, over items that base, tuned and author have.

    The prompted base is held against tuned over those of these items that it has: what it leaves out
    changes nothing of the others' numbers.
    """
    of_variant = _by_item(scores)
    prompted = of_variant.pop("prompted", {})
    every, paired = _pair(of_variant)
    counted = {"items": len(paired), "left_out": len(every) - len(paired)}
    if not paired:
        return counted | {"sources": 0, "largest": {}, "means": {}, "against": {}}
    rows = {variant: [found[item] for item in paired] for variant, found in of_variant.items()}
    found = _compare(name, metric, rows, "base", samples, seed)
    shared = [item for item in paired if item in prompted]
    if shared:
        tuned = of_variant["tuned"]
        rows = {"prompted": [prompted[item] for item in shared], "tuned": [tuned[item] for item in shared]}
        more = _compare(name, metric, rows, "prompted", samples, seed)
        for part in ("largest", "means", "against"):
            both = more[part] | found[part]
            found[part] = {variant: both[variant] for variant in (*VARIANTS, *OTHERS) if variant in both}
    return counted | found


def paired_scores(scores: Iterable[Score]) -> dict[str, dict[str, list[Score]]]:
    """For each metric that is measured, in order, each variant's scores of the items that count."""
    of_metric: dict[str, list[Score]] = defaultdict(list)
    for score in scores:
        of_metric[score.metric].append(score)
    found = {}
    for name in METRICS:
        of_variant = _by_item(score for score in of_metric[name] if score.variant != "prompted")
        if paired := _pair(of_variant)[1]:
            found[name] = {variant: [of[item] for item in paired] for variant, of in of_variant.items()}
    return found


def _by_item(scores: Iterable[Score]) -> dict[str, dict[str, Score]]:
    of_variant: dict[str, dict[str, Score]] = defaultdict(dict)
    for score in scores:
        of_variant[score.variant][score.example_id or score.source_id] = score
    return of_variant


def _pair(of_variant: dict[str, dict[str, Score]]) -> tuple[list[str], list[str]]:
    """All items, and those that base, tuned and author have."""
    every = list(dict.fromkeys(chain(of_variant["base"], *of_variant.values())))
    needed = {"base", "tuned"} | of_variant.keys()
    return every, [item for item in every if all(item in of_variant[variant] for variant in needed)]


def _compare(
    name: str, metric: Metric, rows: dict[str, list[Score]], other: str, samples: int, seed: int
) -> dict[str, Any]:
    """Means of the variants and tuned minus `other`. rows: of each variant, all in one order of items."""
    sources = list(dict.fromkeys(score.source_id for score in rows["tuned"]))
    counts = resamples(len(sources), samples, seed, name)
    sums = {variant: sums_of(of_variant, sources, metric.link) for variant, of_variant in rows.items()}
    swaps = random_swaps(len(sources), samples, seed, name)
    found = difference(sums["tuned"], sums[other], metric, counts, swaps)
    n = {"items": len(rows["tuned"]), "sources": len(sources)}
    return {
        "sources": len(sources),
        "largest": {variant: max(score.value for score in of) for variant, of in rows.items()},
        "means": {variant: rounded(mean_of(of, metric, counts)) for variant, of in sums.items()},
        "against": {other: rounded(found) | n},
    }


def mean_of(sums: Sums, metric: Metric, counts: Numbers) -> Interval:
    if metric.share:
        return share_interval(sums)
    found = mean_interval(sums, metric.link, counts)
    if found.low is None or found.high is None:
        return found
    # None of the metrics can be negative; where most answers have 0, a studentized bound can.
    return replace(found, low=max(found.low, 0.0), high=min(found.high, metric.most))


def difference(
    tuned: Sums, other: Sums, metric: Metric, counts: Numbers, swaps: Iterable[Numbers]
) -> Difference:
    """Tuned minus another variant, by the interval that the metric's values ask for."""
    if metric.share:
        return share_difference(tuned, other, swaps)
    return mean_difference(tuned, other, metric.link, counts, swaps)


def sums_of(scores: Sequence[Score], sources: Sequence[str], link: Link) -> Sums:
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
