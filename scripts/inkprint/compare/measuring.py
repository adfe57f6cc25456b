"""Effects and differences: tuned against base in each run, base against base and tuned against tuned across.

Everything is measured anew from scores.jsonl over the passages that all runs share. Nothing on such a page
was named before the runs, so that no p-value stands as it is: all of them together are adjusted by Holm's
method. The more runs, the more tests, and a permutation test cannot find a p below one in its number of
swaps: so there are 40 for each test at least.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from inkprint.compare.finished import Finished
from inkprint.compare.rulers import asked_otherwise, why_not
from inkprint.evaluate.intervals import Numbers, Sums, mean_difference, random_swaps, resamples
from inkprint.evaluate.metrics import METRICS
from inkprint.evaluate.summary import mean_of, measure, rounded, sums_of
from inkprint.evaluate.verdicts import beyond, judge
from inkprint.records import Score

ACROSS = ("bits_per_byte", "perplexity", "voice")
VARIANTS = ("base", "tuned")
SWAPS_A_TEST = 40  # so that Holm's p of the clearest of them can be as low as 0.025
IDENTICAL = "identical"
_WORDING = ("title", "what", "unit", "better", "item", "decimals", "share")

Measured = dict[str, Any]


@dataclass(frozen=True)
class Comparison:
    """What was found: by run its metrics, then every pair, and which pairs are not of one unit and why."""

    effects: dict[str, dict[str, Measured]]
    pairs: list[Measured]
    apart: list[dict[str, str]]
    tests: int  # that were adjusted together
    samples: int
    seed: int


def compare(runs: Sequence[Finished], common: Sequence[str]) -> Comparison:
    """common: the held-out passages of all runs."""
    seed, samples = runs[0].recipe.seed, _samples(runs)
    effects = {run.name: _effects(run, common, samples) for run in runs}
    pairs: list[Measured] = []
    reasons: dict[tuple[str, str], list[str]] = {}
    for metric in ACROSS:
        for one, other in combinations(runs, 2):
            if why := why_not(metric, one, other, common):
                reasons.setdefault((METRICS[metric].title, why), []).append(f"{one.name} and {other.name}")
            else:
                pairs += _pairs(metric, one, other, common, samples, seed)
    # Base against base first, then tuned against tuned, each in the order given.
    pairs.sort(key=lambda pair: (ACROSS.index(pair["metric"]), VARIANTS.index(pair["variant"])))
    apart = [{"metric": title, "of": "; ".join(of), "why": why} for (title, why), of in reasons.items()]
    return Comparison(effects, pairs, apart, _judge_all(effects, pairs), samples, seed)


def notes(runs: Sequence[Finished], common: Sequence[str]) -> list[str]:
    """What a reader must know of pairs that are compared nevertheless."""
    return [
        f"{one.name} and {other.name} were asked different questions of the same text: their answers are"
        " paired by passage, not by question."
        for one, other in combinations(runs, 2)
        if asked_otherwise(one, other, common)
    ] + [
        f"The voice of {run.name} was judged anew, in windows of {run.voice_words} words and with one seed"
        " for all that it is compared with: its own report has windows of"
        f" {run.result['voice']['window_words']} and seed {run.recipe.seed}."
        for run in runs
        if run.voice_words
    ]


def described(run: Finished, metric: str) -> dict[str, Any]:
    """A metric's name, unit and direction, as the run's own report words them."""
    worded = {key: run.result["metrics"][metric][key] for key in _WORDING}
    return worded | {"likeness": METRICS[metric].likeness}


def _samples(runs: Sequence[Finished]) -> int:
    most = len(runs) * 3 + len(ACROSS) * len(VARIANTS) * len(runs) * (len(runs) - 1) // 2
    return max(SWAPS_A_TEST * most, *(run.result["method"]["samples"] for run in runs))


def _effects(run: Finished, common: Sequence[str], samples: int) -> dict[str, Measured]:
    """Tuned against base in a run's primary metric, in bits per byte, and in the voice where it has one."""
    wanted, found = set(common), {}
    for metric in dict.fromkeys((run.primary, "bits_per_byte", "voice")):
        if not run.result["metrics"].get(metric, {}).get("items"):
            continue
        of_metric = run.scores[metric]
        scores = [
            score
            for variant, of_variant in of_metric.items()
            for score in of_variant
            if variant != "prompted" and score.source_id in wanted
        ]
        measured = measure(metric, METRICS[metric], scores, samples, run.recipe.seed)
        if measured["items"]:
            found[metric] = described(run, metric) | measured
    return found


def _pairs(
    metric: str, one: Finished, other: Finished, common: Sequence[str], samples: int, seed: int
) -> Iterator[Measured]:
    """The later run minus the earlier one, each variant against its like, paired by passage."""
    for variant in VARIANTS:
        both = [_by_source(run, metric, variant) for run in (one, other)]
        sources = [source for source in common if all(source in found for found in both)]
        if not sources:
            continue
        first, second = (_sums(found, metric, sources) for found in both)
        counts = resamples(len(sources), samples, seed, metric)
        swaps = random_swaps(len(sources), samples, seed, metric)
        means = [rounded(mean_of(sums, METRICS[metric], counts)) for sums in (first, second)]
        difference = rounded(mean_difference(second, first, METRICS[metric].link, counts, swaps))
        same = np.array_equal(first.top, second.top) and np.array_equal(first.bottom, second.bottom)
        yield described(one, metric) | {
            "metric": metric,
            "variant": variant,
            "runs": [one.name, other.name],
            "sources": len(sources),
            "means": means,
            "beyond": [
                run.name
                for run, mean in zip((one, other), means, strict=True)
                if metric == "voice" and beyond({"tuned": mean, "reference": _author(run, sources, counts)})
            ],
            # The same numbers twice are no test: nothing could have come out otherwise.
            "difference": difference | ({"p": None} if same else {}),
            "same": same,
        }


def _author(run: Finished, sources: Sequence[str], counts: Numbers) -> dict[str, float | None]:
    """What the author's own text scores in the voice over these passages."""
    sums = _sums(_by_source(run, "voice", "reference"), "voice", sources)
    return rounded(mean_of(sums, METRICS["voice"], counts))


def _by_source(run: Finished, metric: str, variant: str) -> dict[str, list[Score]]:
    """A variant's scores by passage, of items that base, tuned and author have: as in its own report."""
    of_metric = {name: of for name, of in run.scores[metric].items() if name != "prompted"}
    items = [{score.example_id or score.source_id for score in of} for of in of_metric.values()]
    paired = set.intersection(*items)
    found: dict[str, list[Score]] = {}
    for score in of_metric[variant]:
        if (score.example_id or score.source_id) in paired:
            found.setdefault(score.source_id, []).append(score)
    return found


def _sums(by_source: dict[str, list[Score]], metric: str, sources: Sequence[str]) -> Sums:
    scores = [score for source in sources for score in by_source[source]]
    return sums_of(scores, sources, METRICS[metric].link)


def _judge_all(effects: dict[str, dict[str, Measured]], pairs: Sequence[Measured]) -> int:
    """Give every difference its adjusted p and its verdict; returns how many tests there were."""
    family: dict[str, Measured] = {
        f"{name} {metric}": measured for name, of in effects.items() for metric, measured in of.items()
    }
    for number, pair in enumerate(pairs):
        # Beyond the author lies a caricature: from there, neither more nor less is better as such.
        better = "neither" if pair["beyond"] else pair["better"]
        means = {"tuned": pair["means"][1]}
        family[f"pair {number}"] = {"better": better, "means": means, "against": {"": pair["difference"]}}
    judge(family, primary="", main="")
    for pair in pairs:
        if pair.pop("same"):
            pair["difference"]["verdict"] = IDENTICAL
    found = [of for measured in family.values() for of in measured["against"].values()]
    return sum(of["p"] is not None for of in found)
