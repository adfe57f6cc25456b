"""Which rows make which batch, how many steps that is, and how much of it is padding."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil

from inkprint.recipe_train import Tuning

POOL_BATCHES = 50  # rows of like length are looked for among so many batches: some 2 % of padding is left


@dataclass(frozen=True)
class Plan:
    """The order of the rows, fixed by the recipe: the same with fewer rows at a time, and for any processes.

    lengths: tokens of each train row. batch_size: rows that are padded to one length.
    """

    lengths: list[int]
    batch_size: int
    accumulation_steps: int
    epochs: float
    seed: int

    @classmethod
    def of(cls, settings: Tuning, lengths: list[int], seed: int) -> Plan:
        return cls(lengths, settings.batch_size, settings.accumulation_steps, settings.epochs, seed)

    @property
    def steps(self) -> int:
        """Optimizer steps: the last, smaller batch of an epoch is a step too."""
        return ceil(ceil(len(self.lengths) / (self.batch_size * self.accumulation_steps)) * self.epochs)

    def order(self, epoch: int) -> list[int]:
        """The rows of an epoch: batches in any order, and in each of them rows of like length.

        All are shuffled and cut into pools, and each pool's rows are put into batches by their length. The
        rest that fills no batch comes last.
        """
        dice = random.Random(f"{self.seed} {epoch}")
        rows = list(range(len(self.lengths)))
        dice.shuffle(rows)
        whole = len(rows) - len(rows) % self.batch_size
        pool = POOL_BATCHES * self.batch_size
        batches: list[list[int]] = []
        for start in range(0, whole, pool):
            near = sorted(rows[start : min(start + pool, whole)], key=lambda row: self.lengths[row])
            batches += [near[i : i + self.batch_size] for i in range(0, len(near), self.batch_size)]
        dice.shuffle(batches)
        return [row for batch in batches for row in batch] + rows[whole:]

    def padding_share(self, batch_size: int) -> float:
        """The part of all tokens that is padding, with `batch_size` rows at a time, over all epochs."""
        real = padded = 0
        for epoch in range(ceil(self.epochs)):
            order = self.order(epoch)
            for start in range(0, len(order), batch_size):
                own = [self.lengths[row] for row in order[start : start + batch_size]]
                real += sum(own)
                padded += max(own) * len(own)
        return 1 - real / padded

    def longest(self, count: int) -> list[int]:
        """The `count` longest rows: no batch of so many takes more memory."""
        return sorted(range(len(self.lengths)), key=lambda row: -self.lengths[row])[:count]


class Order:
    """The trainer's sampler. It asks for the epoch when it is gone through, for a trainer may be resumed."""

    def __init__(self, plan: Plan, epoch: Callable[[], int]) -> None:
        self._plan, self._epoch = plan, epoch

    def __len__(self) -> int:
        return len(self._plan.lengths)

    def __iter__(self) -> Iterator[int]:
        return iter(self._plan.order(self._epoch()))
