"""A few of many, drawn by seed: each has a lot of its own, so that others which come or go change nothing."""

from __future__ import annotations

import hashlib
from bisect import insort
from collections.abc import Hashable, Iterable
from itertools import chain, zip_longest
from typing import TypeVar

Group = TypeVar("Group", bound=Hashable)
Thing = TypeVar("Thing")


def draw(things: Iterable[tuple[Group, str, Thing]], count: int, seed: int) -> dict[Group, list[Thing]]:
    """At most `count` of each group, in the order of their lots; no more than these are in memory.

    things: each with its group and its name; of two with the same name in a group the first counts.
    """
    groups: dict[Group, list[tuple[str, Thing]]] = {}
    for group, name, thing in things:
        lot = hashlib.sha256(f"{seed} {name}".encode("utf-8", "surrogatepass")).hexdigest()
        drawn = groups.setdefault(group, [])
        if all(lot != other for other, _ in drawn):
            insort(drawn, (lot, thing), key=lambda pair: pair[0])
            del drawn[count:]
    return {group: [thing for _, thing in drawn] for group, drawn in groups.items()}


def in_turns(groups: Iterable[list[Thing]], count: int) -> list[Thing]:
    """At most `count`: the first of each group, then the second of each that has one."""
    rounds = chain.from_iterable(zip_longest(*groups))
    return [thing for thing in rounds if thing is not None][:count]
