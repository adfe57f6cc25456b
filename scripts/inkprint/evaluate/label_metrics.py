"""How well labels are told: accuracy, precision, recall, F1, ROC, calibration; for any weights of the texts.

What scikit-learn has is scikit-learn's (`by_scikit_learn`). The bootstrap asks thousands of times with other
weights, so the same sums stand here once more as plain arithmetic, and each run asserts that both agree.

ROC: Fawcett (2006), the area of one label against the rest. Calibration: the expected calibration error of
the most likely label's probability in bins of equal width (Guo et al. 2017). Brier's score (1950) over all
labels, halved, so that it runs from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

BINS = 10  # of the most likely label's probability
Numbers = NDArray[np.float64]
Places = NDArray[np.intp]


@dataclass(frozen=True)
class LabelMetric:
    title: str
    what: str
    better: Literal["lower", "higher"]
    decimals: int
    share: bool = False  # shown in %
    bounded: bool = True  # resamples give it an interval that holds
    unit: str = ""


METRICS = {
    "accuracy": LabelMetric("Accuracy", "Share of texts whose most likely label is the true one.",
                            "higher", 3, share=True),
    "macro_f1": LabelMetric("Macro F1", "Harmonic mean of a label's precision and recall; the mean over"
                            " labels, rare ones counting like frequent ones. Guesses by chance have more"
                            " than the majority, too.", "higher", 3),
    "macro_precision": LabelMetric("Macro precision", "Share of the texts given a label that have it; the"
                                   " mean over labels. Guesses by chance have more than the majority, too.",
                                   "higher", 3),
    "macro_recall": LabelMetric("Macro recall", "Share of a label's texts that are given it; the mean over"
                                " labels.", "higher", 3),
    "auc": LabelMetric("Area under the ROC", "How often a text of a label gets a higher probability of it"
                       " than a text of another; the mean over labels. 0.5 is chance.", "higher", 3),
    "brier": LabelMetric("Brier score", "Squared distance of the probabilities from the truth, 0 to 1.",
                         "lower", 3),
    "calibration_error": LabelMetric("Calibration error", "How far the most likely label's probability lies"
                                     " from the share of texts where it is right, on average.",
                                     "lower", 3, share=True, bounded=False),
}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """What one variant says of the texts: probabilities (texts, labels) beside the true labels (texts,)."""

    truth: Places
    probabilities: Numbers

    @property
    def labels(self) -> int:
        return self.probabilities.shape[1]

    @cached_property
    def predicted(self) -> Places:
        """The most likely label of each text; of equals the first in the alphabet."""
        return self.probabilities.argmax(axis=1)

    @cached_property
    def correct(self) -> Numbers:
        return (self.predicted == self.truth).astype(np.float64)

    @cached_property
    def confidence(self) -> Numbers:
        """The most likely label's probability."""
        return self.probabilities.max(axis=1)

    @cached_property
    def bins(self) -> Places:
        """Which bin each confidence is in: (0.1, 0.2] and so on, as scikit-learn's calibration_curve."""
        return np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], self.confidence)

    @cached_property
    def brier(self) -> Numbers:
        """Of each text, (texts,)."""
        return 0.5 * ((self.probabilities - np.eye(self.labels)[self.truth]) ** 2).sum(axis=1)

    @cached_property
    def ranks(self) -> list[Places]:
        """For each label, the place of each text's probability of it among the different ones."""
        return [np.unique(column, return_inverse=True)[1] for column in self.probabilities.T]


@dataclass(frozen=True)
class Measured:
    """All metrics by name, and F1 and area of each label: (labels,), nan where there is none."""

    metrics: dict[str, float]
    f1: Numbers
    auc: Numbers


def measure(told: Told, weights: Numbers) -> Measured:
    """Every metric with texts counted `weights` times, (texts,); means over labels that come at all."""
    labels, total = told.labels, weights.sum()
    cells = np.bincount(told.truth * labels + told.predicted, weights, labels * labels)
    counts = cells.reshape(labels, labels)
    hits, true, given = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    there = true > 0
    f1 = _ratio(2 * hits, true + given)
    auc = np.array([_area(told, label, weights) for label in range(labels)])
    gaps = np.bincount(told.bins, weights * (told.correct - told.confidence), BINS)
    metrics = {
        "accuracy": hits.sum() / total,
        "macro_f1": f1[there].mean(),
        "macro_precision": _ratio(hits, given)[there].mean(),
        "macro_recall": _ratio(hits, true)[there].mean(),
        "auc": _mean(auc[there]),
        "brier": told.brier @ weights / total,
        "calibration_error": np.abs(gaps).sum() / total,
    }
    return Measured({name: float(metrics[name]) for name in METRICS}, f1, auc)


def by_scikit_learn(told: Told) -> dict[str, float]:
    """Every metric as scikit-learn has it, every text counted once."""
    from sklearn.calibration import calibration_curve
    from sklearn.metrics import (
        accuracy_score,
        brier_score_loss,
        precision_recall_fscore_support,
        roc_auc_score,
    )

    truth, there = told.truth, np.unique(told.truth)
    precision, recall, f1, _ = precision_recall_fscore_support(
        truth, told.predicted, labels=there, average="macro", zero_division=0
    )
    areas = [roc_auc_score(truth == label, told.probabilities[:, label]) for label in there if len(there) > 1]
    right, sure = calibration_curve(told.correct, told.confidence, n_bins=BINS)
    texts = np.bincount(told.bins, minlength=BINS)
    return {
        "accuracy": float(accuracy_score(truth, told.predicted)),
        "macro_f1": float(f1),
        "macro_precision": float(precision),
        "macro_recall": float(recall),
        "auc": _mean(np.array(areas)),
        "brier": float(
            brier_score_loss(truth, told.probabilities, labels=range(told.labels), scale_by_half=True)
        ),
        "calibration_error": float(np.abs(right - sure) @ texts[texts > 0] / len(truth)),
    }


def reliability(told: Told, samples: int, seed: int) -> dict[str, object]:
    """Bins with what was promised and what held, and what chance alone does to a model that is calibrated.

    By chance: the labels drawn anew from the model's own confidence, `samples` times (consistency
    resampling, Broecker and Smith 2007); 95 % of the draws lie between `low` and `high`.
    """
    texts = np.bincount(told.bins, minlength=BINS)
    filled = np.flatnonzero(texts)
    generator = np.random.default_rng([seed, 1])
    shares, errors = np.zeros((samples, BINS)), np.zeros(samples)
    for number in range(samples):
        right = generator.random(len(told.truth)) < told.confidence
        sums = np.bincount(told.bins, right, BINS)
        shares[number] = sums / np.maximum(texts, 1)
        errors[number] = np.abs(sums - np.bincount(told.bins, told.confidence, BINS)).sum() / len(right)
    low, high = np.quantile(shares, [0.025, 0.975], axis=0)
    sure, right = (np.bincount(told.bins, of, BINS) for of in (told.confidence, told.correct))
    return {
        "bins": [
            {
                "from": round(float(number / BINS), 6),
                "to": round(float((number + 1) / BINS), 6),
                "texts": int(texts[number]),
                "confidence": round(float(sure[number] / texts[number]), 6),
                "accuracy": round(float(right[number] / texts[number]), 6),
                "low": round(float(low[number]), 6),
                "high": round(float(high[number]), 6),
            }
            for number in filled
        ],
        "confidence": round(float(told.confidence.mean()), 6),
        "error_by_chance": round(float(errors.mean()), 6),
        "error_by_chance_high": round(float(np.quantile(errors, 0.95)), 6),
    }


def roc(told: Told, label: int, points: int = 200) -> list[tuple[float, float]]:
    """False and true positive rate of a label against the rest, from (0, 0) to (1, 1), at most `points`."""
    from sklearn.metrics import roc_curve

    false, true, _ = roc_curve(told.truth == label, told.probabilities[:, label])
    shown = np.unique(np.linspace(0, len(false) - 1, min(points, len(false))).round().astype(int))
    return [(round(float(false[place]), 6), round(float(true[place]), 6)) for place in shown]


def mcnemar(tuned: Told, other: Told) -> dict[str, float | int]:
    """McNemar's exact test (1947): of the texts that one alone gets right, would a coin do so?"""
    from scipy.stats import binomtest

    tuned_alone = int(((tuned.correct == 1) & (other.correct == 0)).sum())
    other_alone = int(((tuned.correct == 0) & (other.correct == 1)).sum())
    apart = tuned_alone + other_alone
    p = float(binomtest(tuned_alone, apart, 0.5).pvalue) if apart else 1.0
    return {"tuned_alone": tuned_alone, "other_alone": other_alone, "p": float(f"{p:.3g}")}


def tell(labels: Sequence[str], said: Sequence[Mapping[str, float]], truth: Sequence[str]) -> Told:
    """Probabilities by label as an array. A label that the variant does not know has none: 0."""
    place = {label: number for number, label in enumerate(labels)}
    probabilities = np.array([[of_text.get(label, 0.0) for label in labels] for of_text in said])
    probabilities /= probabilities.sum(axis=1, keepdims=True)  # of rounding alone
    return Told(np.array([place[label] for label in truth], dtype=np.intp), probabilities)


def _area(told: Told, label: int, weights: Numbers) -> float:
    """The area under one label's ROC: pairs in the right order, those with equal probability half."""
    ranks = told.ranks[label]
    own = weights * (told.truth == label)
    places = int(ranks.max()) + 1
    of_label, of_rest = np.bincount(ranks, own, places), np.bincount(ranks, weights - own, places)
    pairs = of_label.sum() * of_rest.sum()
    if pairs == 0:
        return float("nan")
    return float(of_label @ (of_rest.cumsum() - of_rest / 2) / pairs)


def _ratio(top: Numbers, bottom: Numbers) -> Numbers:
    """0 where there is nothing to divide by: a label that is never given has no precision."""
    return np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0)


def _mean(values: Numbers) -> float:
    """The mean of what there is; nan where nothing is."""
    there = values[~np.isnan(values)]
    return float(there.mean()) if len(there) else float("nan")
