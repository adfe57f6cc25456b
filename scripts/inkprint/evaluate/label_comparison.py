"""Variants' labels compared: every metric with its interval, tuned minus the others, labels one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inkprint.evaluate import label_metrics
from inkprint.evaluate.intervals import (
    FEWEST_SOURCES,
    Difference,
    Interval,
    Sums,
    bca_interval,
    permutation_p,
    share_gap,
    share_interval,
)
from inkprint.evaluate.label_metrics import METRICS, Numbers, Places, Told
from inkprint.evaluate.summary import rounded
from inkprint.evaluate.verdicts import judge

Swapped = Mapping[str, Mapping[str, Numbers]]  # baseline -> metric -> (swaps,): tuned minus baseline
LEFT_OUT_PARTS = 500  # of the jackknife: enough for the third moment that BCa asks of it


@dataclass(frozen=True)
class HeldOut:
    """The held-out texts: what each variant says of them, and what a resample draws."""

    labels: list[str]
    source_ids: list[str]
    told: dict[str, Told]  # majority, words where there is one, tuned
    units: Places  # (texts,) the number of a text's group, or its own

    @property
    def witnesses(self) -> int:
        """How many groups, or texts where there are none."""
        return int(self.units.max()) + 1

    @property
    def others(self) -> list[str]:
        """What the tuned variant is held against."""
        return [variant for variant in self.told if variant != "tuned"]


@dataclass(frozen=True)
class Drawn:
    """Values with other weights of the texts: variant -> metric -> (draws,); of tuned (draws, labels)."""

    metrics: dict[str, dict[str, Numbers]]
    f1: Numbers
    auc: Numbers


def compare(
    held_out: HeldOut, train: Mapping[str, int], primary: str, swapped: Swapped, samples: int, seed: int
) -> dict[str, Any]:
    """Metrics, labels, curves and the tests, as metrics.json has them. train: its texts by label.

    primary: the metric that was to be the result before the run, tuned against majority. swapped: what
    chance alone does to each difference; of no baseline where there are too few witnesses.
    """
    tuned, units = held_out.told["tuned"], held_out.witnesses
    points = {variant: _point(variant, told) for variant, told in held_out.told.items()}
    resampled = left_out = None
    if units >= FEWEST_SOURCES:
        resampled = _measure_all(held_out, resample_weights(held_out.units, samples, seed))
        left_out = _measure_all(held_out, left_out_weights(held_out.units, seed))
    metrics = {name: _metric(name, held_out, points, resampled, left_out, swapped) for name in METRICS}
    judge(metrics, primary, "majority")
    curves = range(len(held_out.labels)) if len(held_out.labels) > 2 else (1,)  # of two, one is the other
    return {
        "texts": len(held_out.source_ids),
        "sources": units,
        "metrics": metrics,
        "classes": [
            {"label": label, "train": train.get(label, 0)} | _label(number, held_out, resampled, left_out)
            for number, label in enumerate(held_out.labels)
        ],
        "confusion": _confusion(tuned).tolist(),
        "roc": {
            held_out.labels[number]: label_metrics.roc(tuned, number)
            for number in curves
            if (tuned.truth == number).any()
        },
        "calibration": label_metrics.reliability(tuned, samples, seed),
        "mcnemar": {other: label_metrics.mcnemar(tuned, held_out.told[other]) for other in held_out.others},
    }


def resample_weights(units: Places, samples: int, seed: int) -> Iterator[Numbers]:
    """How often each text counts in each resample of the units: (texts,), `samples` times."""
    number, generator = int(units.max()) + 1, np.random.default_rng([seed, 2])
    for _ in range(samples):
        times = np.bincount(generator.integers(0, number, number), minlength=number)
        yield times[units].astype(np.float64)


def left_out_weights(units: Places, seed: int) -> Iterator[Numbers]:
    """Each text once, but for one unit after the other, or one part of many units: (texts,)."""
    number = int(units.max()) + 1
    parts = np.random.default_rng([seed, 3]).permutation(number) % LEFT_OUT_PARTS
    for part in range(min(number, LEFT_OUT_PARTS)):
        yield (parts[units] != part).astype(np.float64)


def _point(variant: str, told: Told) -> dict[str, float]:
    """Every metric as scikit-learn has it, once our own sums agree."""
    found, own = label_metrics.by_scikit_learn(told), label_metrics.measure(told, np.ones(len(told.truth)))
    apart = {
        name: (value, own.metrics[name])
        for name, value in found.items()
        if not np.isclose(own.metrics[name], value, rtol=1e-6, atol=1e-9)
    }
    assert not apart, f"scikit-learn's and ours differ for {variant}: {apart}"
    return found


def _measure_all(held_out: HeldOut, weights: Iterable[Numbers]) -> Drawn:
    metrics: dict[str, dict[str, list[float]]] = {
        variant: {name: [] for name in METRICS} for variant in held_out.told
    }
    of_labels = []
    for of_texts in weights:
        for variant, told in held_out.told.items():
            measured = label_metrics.measure(told, of_texts)
            for name, value in measured.metrics.items():
                metrics[variant][name].append(value)
            if variant == "tuned":
                of_labels.append((measured.f1, measured.auc))
    f1, auc = (np.array(column) for column in zip(*of_labels, strict=True))
    arrays = {v: {name: np.array(values) for name, values in of.items()} for v, of in metrics.items()}
    return Drawn(arrays, f1, auc)


def _metric(
    name: str,
    held_out: HeldOut,
    points: dict[str, dict[str, float]],
    drawn: Drawn | None,
    left: Drawn | None,
    swapped: Swapped,
) -> dict[str, Any]:
    """Every variant's value with its interval, and tuned minus each other.

    Chance moves every bin of a calibration error, and resampling moves it once more: its BCa interval held
    the truth in 71 of 100 simulated data sets, those of the others in 93 to 96. It gets none.
    """
    values = {variant: of[name] for variant, of in points.items()}
    if not METRICS[name].bounded:
        means = {variant: rounded(Interval(value, None, None)) for variant, value in values.items()}
        return asdict(METRICS[name]) | {"means": means, "against": {}}
    gained = {other: values["tuned"] - values[other] for other in held_out.others}
    if drawn is None or left is None:
        means = {variant: Interval(value, None, None) for variant, value in values.items()}
        found = {other: Interval(gain, None, None) for other, gain in gained.items()}
    elif name == "accuracy":
        sums = {variant: _sums(told.correct, held_out.units) for variant, told in held_out.told.items()}
        means = {variant: share_interval(of_units) for variant, of_units in sums.items()}
        found = {other: share_gap(sums["tuned"], sums[other]) for other in gained}
    else:
        means = {
            variant: bca_interval(value, drawn.metrics[variant][name], left.metrics[variant][name])
            for variant, value in values.items()
        }
        found = {
            other: bca_interval(gain, *(_gain(of.metrics, other, name) for of in (drawn, left)))
            for other, gain in gained.items()
        }
    chance = {
        other: float(permutation_p(np.array([gain]), swapped[other][name])[0]) if other in swapped else None
        for other, gain in gained.items()
    }
    return asdict(METRICS[name]) | {
        "means": {variant: rounded(mean) for variant, mean in means.items()},
        "against": {
            other: rounded(Difference(**asdict(interval), p=chance[other]))
            for other, interval in found.items()
        },
    }


def _gain(metrics: dict[str, dict[str, Numbers]], other: str, name: str) -> Numbers:
    return metrics["tuned"][name] - metrics[other][name]


def _label(number: int, held_out: HeldOut, drawn: Drawn | None, left: Drawn | None) -> dict[str, Any]:
    """One label's texts, precision, recall, F1 and area; None for what has no texts to be taken over."""
    tuned = held_out.told["tuned"]
    true, given = tuned.truth == number, tuned.predicted == number
    hits = (true & given).astype(np.float64)
    measured = label_metrics.measure(tuned, np.ones(len(true)))
    enough = len(np.unique(held_out.units[true])) >= FEWEST_SOURCES

    def with_bounds(of: str) -> dict[str, float | None] | None:
        value = float(getattr(measured, of)[number])
        if not true.any() or np.isnan(value):
            return None
        if drawn is None or left is None or not enough:
            return rounded(Interval(value, None, None))
        return rounded(bca_interval(value, getattr(drawn, of)[:, number], getattr(left, of)[:, number]))

    return {
        "texts": int(true.sum()),
        "given": int(given.sum()),
        "precision": _share(hits, given, held_out.units),
        "recall": _share(hits, true, held_out.units),
        "f1": with_bounds("f1"),
        "auc": with_bounds("auc"),
    }


def _share(hits: Numbers, among: NDArray[np.bool_], units: Places) -> dict[str, float | None] | None:
    """The share of hits among some texts, with its interval over the units that they are of."""
    if not among.any():
        return None
    return rounded(share_interval(_sums(hits[among], units[among])))


def _sums(values: Numbers, units: Places) -> Sums:
    """Values and texts of each unit that is there."""
    of = np.unique(units, return_inverse=True)[1]
    return Sums(np.bincount(of, values), np.bincount(of).astype(np.float64))


def _confusion(tuned: Told) -> NDArray[np.int64]:
    """(labels, labels): true down, told across."""
    from sklearn.metrics import confusion_matrix

    return confusion_matrix(tuned.truth, tuned.predicted, labels=range(tuned.labels))
