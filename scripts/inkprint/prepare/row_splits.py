"""Which rows are held out: by chance within each label, a group always whole, and hardly moved by new rows.

A row's place is a hash of its own content and the seed. As long as chance alone gives a label its share
within a fiftieth, nothing else counts, and rows that come or go move no other. Where it does not, the border
moves to the nearest place that does. 250 rows more in a label of 5,000 then move 4 of the old ones, 12 at
most in 30 seeds; 5 rows more in a label of 100 move 1.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import accumulate, groupby
from operator import itemgetter
from typing import NamedTuple

from inkprint.records import Split

SLACK = 0.02  # of a label's share; half a row at least
HELD_OUT_FIRST: tuple[Split, ...] = ("test", "validation", "train")


class Unit(NamedTuple):
    """What stays together: the rows of a group, or those that ask the same."""

    key: bytes
    label: str  # the one that most of its rows have: under it they are counted
    rows: int


def gather(rows: Iterable[tuple[bytes, str]]) -> list[Unit]:
    """The units of rows that are given by key and label, whatever their order."""
    units = []
    for key, of_unit in groupby(sorted(rows), key=itemgetter(0)):
        labels = Counter(label for _, label in of_unit)
        label = min(labels, key=lambda label: (-labels[label], label))
        units.append(Unit(key, label, labels.total()))
    return units


def split_units(units: Iterable[Unit], validation: float, test: float, seed: int) -> dict[bytes, Split]:
    """A split for every unit by its key; `validation` and `test` are shares of each label's rows."""
    by_label: dict[str, list[tuple[float, Unit]]] = defaultdict(list)
    for unit in units:
        by_label[unit.label].append((_chance(unit.key, seed), unit))
    splits: dict[bytes, Split] = {}
    for drawn in by_label.values():
        drawn.sort(key=lambda pair: (pair[0], pair[1].key))
        total = sum(unit.rows for _, unit in drawn)
        of_test = _first([(chance, unit.rows) for chance, unit in drawn], test, total)
        left = drawn[of_test:]
        # From the other end, so that neither's border depends on the other's.
        of_validation = _first(
            [(1 - chance, unit.rows) for chance, unit in reversed(left)], validation, total
        )
        train = len(left) - of_validation
        names = ["test"] * of_test + ["train"] * train + ["validation"] * of_validation
        splits |= {unit.key: name for (_, unit), name in zip(drawn, names, strict=True)}
    return splits


def _first(drawn: list[tuple[float, int]], share: float, total: int) -> int:
    """How many of the first make up the share: those that chance puts there, or the nearest that are enough.

    drawn: chance and rows of each, in the order of chance.
    """
    if not share:
        return 0
    goal = share * total
    slack = max(0.5, SLACK * goal)
    by_chance = bisect_left(drawn, share, key=lambda pair: pair[0])
    misses = [abs(rows - goal) for rows in accumulate((rows for _, rows in drawn), initial=0)]
    least = min(misses)
    good = [count for count, miss in enumerate(misses) if miss <= max(slack, least)]
    return min(good, key=lambda count: abs(count - by_chance))


def _chance(key: bytes, seed: int) -> float:
    """A number from 0 to 1 that is the key's own."""
    digest = hashlib.blake2b(f"{seed} ".encode() + key, digest_size=7).digest()
    return int.from_bytes(digest, "big") / 2**56
