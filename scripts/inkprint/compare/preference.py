"""What a person's clicks bear: the share that prefers one of two models, with its interval, in sentences.

Every prompt is of another passage, so that each click is a witness of its own. Wins count one, ties half; the
share gets Wilson's interval as in 06 (evaluate/intervals.py), and the sign test (Dixon and Mood 1946) says
what a coin would do: ties are left out of it. A preference needs both witnesses, as every verdict of 06 does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inkprint.evaluate.intervals import Interval, Sums, share_interval
from inkprint.evaluate.verdicts import NONE_SHOWN, TOO_FEW, verdict
from inkprint.report.numbers import percent

EVEN = 0.5  # the share where neither is preferred


@dataclass(frozen=True)
class Preference:
    """How many prompts went which way, and what follows. `coin` is the sign test's two-sided p-value."""

    wins: int
    losses: int
    prompts: int
    share: Interval
    coin: float

    @property
    def ties(self) -> int:
        return self.prompts - self.wins - self.losses

    @property
    def verdict(self) -> str:
        """better, worse, or why neither."""
        low, high = self.share.low, self.share.high
        if low is None or high is None:
            return TOO_FEW
        return verdict(low - EVEN, high - EVEN, self.coin, "higher")


def preference(wins: int, losses: int, prompts: int) -> Preference:
    """Of `prompts` prompts, each of another passage, `wins` went to one model, `losses` to the other."""
    points = np.zeros(prompts)
    points[:wins] = 1
    points[wins + losses :] = EVEN
    share = share_interval(Sums(points, np.ones(prompts)))
    return Preference(wins, losses, prompts, share, sign_test(wins, losses))


def sign_test(wins: int, losses: int) -> float:
    """How likely a fair coin, tossed as often, falls as unevenly or more so, to either side."""
    tosses = wins + losses
    tail = sum(math.comb(tosses, more) for more in range(max(wins, losses), tosses + 1))
    return min(1.0, 2 * tail / 2**tosses)


def sentences(found: Preference, sides: Sequence[str]) -> list[str]:
    """The outcome for a reader of no statistics. sides: who loses and who wins, as a sentence calls them."""
    other, wanted = sides
    said = [
        f"Of {found.prompts} prompts you preferred {wanted} in {found.wins} and {other} in {found.losses};"
        f" in {found.ties} you could not tell."
    ]
    if found.share.low is None or found.share.high is None:
        return [*said, f"With {found.prompts} prompts there are {TOO_FEW}: no interval is given."]
    return [
        *said,
        "Were you asked about many more prompts like these, the score would most likely lie between"
        f" {percent(found.share.low)} and {percent(found.share.high)} (95 % interval). At 50 % neither is"
        " preferred.",
        *([_coin(found)] if found.wins + found.losses else []),
        _conclusion(found, wanted, other),
    ]


def _coin(found: Preference) -> str:
    often = f"in {100 * found.coin:.0f} of 100 cases"
    if found.coin < 0.01:
        often = "in fewer than 1 of 100 cases"
    elif found.coin == 1:
        often = "every time"
    return (
        f"A coin that is tossed as often, {found.wins + found.losses} times, falls"
        f" {max(found.wins, found.losses)} to {min(found.wins, found.losses)} or more unevenly {often}."
    )


def _conclusion(found: Preference, wanted: str, other: str) -> str:
    if found.verdict == NONE_SHOWN:
        return "So no preference is shown, which does not prove that there is none."
    return f"So you do prefer {wanted if found.verdict == 'better' else other}."


def every_outcome(prompts: int, sides: Sequence[str]) -> list[list[dict[str, object]]]:
    """What the page says, for [wins][losses]: so that nothing is computed in it."""
    return [
        [_shown(preference(wins, losses, prompts), sides) for losses in range(prompts - wins + 1)]
        for wins in range(prompts + 1)
    ]


def _shown(found: Preference, sides: Sequence[str]) -> dict[str, object]:
    return {"score": percent(found.share.value), "said": sentences(found, sides)}
