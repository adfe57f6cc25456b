"""Honesty checks of a classifier's run: what must score badly, and verdicts where none is due.

The scores of what was put in stand in checks.jsonl: a deal's or a made-up report's under its number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from inkprint.evaluate.check import CANNOT_TELL, FAILED, PASSED, Check
from inkprint.evaluate.false_alarms import ANY, MOST_ALARMS, REPORTS
from inkprint.evaluate.intervals import FEWEST_SOURCES, Sums, holm, permutation_p, share_interval
from inkprint.evaluate.label_comparison import HeldOut
from inkprint.evaluate.label_metrics import METRICS, Told, measure
from inkprint.evaluate.label_swaps import Swapped, differences
from inkprint.evaluate.scores import make_score
from inkprint.evaluate.summary import rounded
from inkprint.evaluate.verdicts import SIGNIFICANT
from inkprint.records import LabelledText, Score, content_id
from inkprint.words import words

DEALS = 200  # the finest p is 1 in 201
TOLD_BY = ("accuracy", "macro_f1", "auc")
MAIN = "majority"  # what the primary metric holds the tuned model against


def check_honesty(
    held_out: HeldOut,
    measured: Mapping[str, Any],
    swapped: Swapped,
    texts: Sequence[LabelledText],
    primary: str,
    seed: int,
) -> tuple[list[dict[str, Any]], list[Score]]:
    """What the checks found, for metrics.json, and the scores of what they put in, for checks.jsonl.

    measured: 06's metrics, with their verdicts. swapped: draw_swaps(). texts: of every split.
    """
    checks, scores = [], []
    for check, lines in (
        check_shuffled(held_out, measured, seed),
        check_ends(held_out),
        check_unseen(texts),
        check_false_alarms(held_out, swapped, primary, seed),
    ):
        checks.append(check.found())
        scores += lines
    return checks, scores


def check_shuffled(held_out: HeldOut, measured: Mapping[str, Any], seed: int) -> tuple[Check, list[Score]]:
    """What the model says of a text, dealt to any other, must not tell labels (Ojala and Garriga 2010)."""
    name, tuned = "shuffled_labels", held_out.told["tuned"]
    own = measure(tuned, np.ones(len(tuned.truth))).metrics
    generator = np.random.default_rng([seed, 4])
    dealt = []
    for _ in range(DEALS):
        truth = generator.permutation(tuned.truth)
        dealt.append(measure(Told(truth, tuned.probabilities), np.ones(len(truth))).metrics)
    means, scores, lost = {}, [], False
    for metric in TOLD_BY:
        values = np.array([of[metric] for of in dealt])
        low, high = np.quantile(values, [0.025, 0.975])
        means[metric] = {
            "tuned": measured[metric]["means"]["tuned"],
            name: {"value": _round(values.mean()), "low": _round(low), "high": _round(high)},
        }
        lost = lost or float((values >= own[metric]).sum() + 1) / (DEALS + 1) < SIGNIFICANT
        scores += [make_score(metric, name, f"deal-{n}", None, value, 1) for n, value in enumerate(values)]
    facts: dict[str, Any] = {"means": means, "deals": DEALS}
    if lost:
        return Check(name, PASSED, "", facts), scores
    if any(measured[metric]["against"][MAIN]["verdict"] == "better" for metric in TOLD_BY):
        return Check(name, FAILED, "", facts), scores
    return Check(name, CANNOT_TELL, "the model hardly tells labels: there is little to lose", facts), scores


def check_ends(held_out: HeldOut) -> tuple[Check, list[Score]]:
    """The truth, as if a model had told it, and for each text a wrong label: both ends of every scale."""
    name, truth = "ends", held_out.told["tuned"].truth
    labels = np.eye(len(held_out.labels))
    said = {"truth": labels[truth], "wrong": labels[(truth + 1) % len(held_out.labels)]}
    found = {of: measure(Told(truth, rows), np.ones(len(truth))).metrics for of, rows in said.items()}
    shown = (*TOLD_BY, "brier")
    means = {
        metric: {
            of: {"value": _round(values[metric]), "low": None, "high": None} for of, values in found.items()
        }
        for metric in shown
    }
    scores = [
        make_score(metric, of, "held-out", None, values[metric], 1)
        for of, values in found.items()
        for metric in shown
    ]
    best, worst = found["truth"], found["wrong"]
    right = all(best[metric] == 1 for metric in TOLD_BY) and best["brier"] == 0
    wrong = worst["accuracy"] == worst["macro_f1"] == 0 and worst["auc"] <= 0.5 and worst["brier"] == 1
    return Check(name, PASSED if right and wrong else FAILED, "", {"means": means}), scores


def check_unseen(texts: Sequence[LabelledText]) -> tuple[Check, list[Score]]:
    """No held-out text stands in train word for word."""
    learned = {_same_words(text) for text in texts if text.split == "train"}
    held_out = [text for text in texts if text.split == "test"]
    seen = [_same_words(text) in learned for text in held_out]
    scores = [
        make_score("seen", "train", text.source_id, None, told, 1)
        for text, told in zip(held_out, seen, strict=True)
        if told
    ]
    facts = {"seen": sum(seen), "held_out": len(held_out)}
    return Check("unseen", FAILED if any(seen) else PASSED, "", facts), scores


def check_false_alarms(
    held_out: HeldOut, swapped: Swapped, primary: str, seed: int, reports: int = REPORTS
) -> tuple[Check, list[Score]]:
    """How many of so many reports on swapped classifiers have a p-value small enough for any verdict.

    A verdict asks for an interval without zero, too, so this is the most that they would say.
    """
    name = "swapped_labels"
    if not swapped:
        return Check(
            name, CANNOT_TELL, f"fewer than {FEWEST_SOURCES} held out: no verdict is given at all"
        ), []
    rows = np.random.default_rng([seed, 8]).integers(0, 2, (reports, held_out.witnesses)).astype(np.float64)
    p_values = {}
    for other, nulls in swapped.items():
        for metric, found in differences(held_out, other, rows).items():
            if METRICS[metric].bounded:
                p_values[metric, other] = permutation_p(found, nulls[metric])
    others = [key for key in p_values if key != (primary, MAIN)]
    told, scores = dict.fromkeys(p_values, 0), []
    hits = np.zeros(reports)
    for number in range(reports):
        p = {key: float(of[number]) for key, of in p_values.items()}
        p |= dict(zip(others, holm([p[key] for key in others]), strict=True))
        said = [key for key, value in p.items() if value < SIGNIFICANT]
        hits[number] = bool(said)
        scores.append(make_score(ANY, "swapped", f"report-{number}", None, bool(said), 1))
        for metric, other in said:
            told[metric, other] += 1
            scores.append(make_score(metric, f"swapped with {other}", f"report-{number}", None, 1, 1))
    share = rounded(share_interval(Sums(hits, np.ones(reports))))
    worst = max(told, key=lambda key: told[key])
    facts = {
        "reports": reports, "any": int(hits.sum()), "share": share, "primary": told[primary, MAIN],
        "worst": worst[0], "against": worst[1], "of_worst": told[worst], "comparisons": len(told),
    }  # fmt: skip
    return Check(name, FAILED if share["low"] > MOST_ALARMS else PASSED, "", facts), scores


def _same_words(text: LabelledText) -> str:
    """The same for texts that differ in case and punctuation alone."""
    return content_id("words", *words(text.text))


def _round(value: float) -> float:
    return float(f"{value:.6g}")
