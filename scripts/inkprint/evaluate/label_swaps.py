"""What metrics of labels do where nothing is to be found: tuned and a baseline, swapped text by text.

If two classifiers did not differ, they could have swapped what they say of a text, or of a group of texts
(approximate randomization: Noreen 1989; of F1: Yeh 2000). The differences after random swaps are what chance
alone does; the p-value of the difference that was found is its place among them.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from inkprint.evaluate.intervals import FEWEST_SOURCES, Numbers, random_swaps
from inkprint.evaluate.label_comparison import HeldOut, Swapped
from inkprint.evaluate.label_metrics import METRICS, Told, measure


def draw_swaps(held_out: HeldOut, samples: int, seed: int) -> Swapped:
    """`samples` differences of each comparison; of none where there are too few witnesses for a verdict."""
    if held_out.witnesses < FEWEST_SOURCES:
        return {}
    return {
        other: differences(held_out, other, _rows(random_swaps(held_out.witnesses, samples, seed, other)))
        for other in held_out.others
    }


def differences(held_out: HeldOut, other: str, swaps: Iterable[Numbers]) -> dict[str, Numbers]:
    """Tuned minus a baseline in every metric, for each swap: (swaps,).

    swaps: each (units,), 1 where a unit keeps what is said of it and 0 where it is swapped.
    """
    tuned, baseline = held_out.told["tuned"], held_out.told[other]
    # A mixture of both is both in a row, and every text counts in one of them: so each is ranked once.
    both = Told(
        np.tile(tuned.truth, 2), np.concatenate([tuned.probabilities, baseline.probabilities], axis=0)
    )
    found: dict[str, list[float]] = {name: [] for name in METRICS}
    for swap in swaps:
        kept = swap[held_out.units]
        one, two = (measure(both, np.concatenate(of)).metrics for of in ((kept, 1 - kept), (1 - kept, kept)))
        for name, values in found.items():
            values.append(one[name] - two[name])
    return {name: np.array(values) for name, values in found.items()}


def _rows(blocks: Iterable[Numbers]) -> Iterable[Numbers]:
    return (row for block in blocks for row in block)
