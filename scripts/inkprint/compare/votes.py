"""What several people clicked on one blind page, taken together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from inkprint.compare.preference import EVEN
from inkprint.errors import UserError
from inkprint.evaluate.intervals import Sums, random_swaps, share_difference, share_interval
from inkprint.evaluate.verdicts import NONE_SHOWN, TOO_FEW, verdict
from inkprint.html import visible
from inkprint.report.numbers import percent

SWAPS = 9_999


class Vote(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    example_id: str
    preferred: str | None  # the name of a side; null: could not tell


class Votes(BaseModel):
    """One person's file, as the page gives it out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    page: str
    sides: tuple[str, str]
    votes: list[Vote]


def read_all(paths: Sequence[Path]) -> dict[str, Votes]:
    """Each file's votes, by its path. Raises UserError unless all are of one page and each is there once."""
    found: dict[str, Votes] = {}
    for path in paths:
        votes = _read(path)
        first = next(iter(found.values()), votes)
        if (votes.page, votes.sides) != (first.page, first.sides) or _examples(votes) != _examples(first):
            raise UserError(f"{path}: of another page than {next(iter(found))}; pool the votes of one page")
        if str(path) in found:
            raise UserError(f"{path}: named twice; a person has one vote")
        found[str(path)] = votes
    return found


def _read(path: Path) -> Votes:
    try:
        votes = Votes.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}; name the files that people saved from the page") from None
    except (ValidationError, UnicodeDecodeError):
        raise UserError(f"{path}: no votes of a blind page; save them anew at its end") from None
    strange = {vote.preferred for vote in votes.votes} - {*votes.sides, None}
    if strange or not votes.votes or len(set(_examples(votes))) < len(votes.votes):
        raise UserError(f"{path}: not as the page gave it out; save the votes anew at its end")
    return votes


def _examples(votes: Votes) -> list[str]:
    return [vote.example_id for vote in votes.votes]


def pooled_sentences(found: dict[str, Votes]) -> list[str]:
    """Each person's count, then the share of all with its interval: it resamples prompts, not people.

    What people said to one prompt hangs together (Korn and Graubard 1998): ten of them on 20 prompts are not
    200 witnesses.
    """
    other, wanted = next(iter(found.values())).sides
    points = np.array([[_points(vote, wanted) for vote in votes.votes] for votes in found.values()])
    voters, prompts = points.shape
    said = [
        visible(
            f"{path}: {wanted} {(row == 1).sum()}, {other} {(row == 0).sum()}, ties {(row == EVEN).sum()}"
        )
        for path, row in zip(found, points, strict=True)
    ]
    each, total = np.full(prompts, float(voters)), points.sum(axis=0)
    share = share_interval(Sums(total, each))
    people = "1 person" if voters == 1 else f"{voters} people"
    whole = f"{people}, {prompts} prompts: {percent(share.value)} for {wanted}"
    if share.low is None or share.high is None:
        return [*said, visible(f"{whole}; {TOO_FEW}.")]
    swaps = random_swaps(prompts, SWAPS, 0, "votes")
    p = share_difference(Sums(total, each), Sums(each - total, each), swaps).p
    result = verdict(share.low - EVEN, share.high - EVEN, p, "higher")
    preferred = {"better": f"{wanted} is preferred", "worse": f"{other} is preferred"}
    return [
        *said,
        visible(
            f"{whole}, 95 % interval {percent(share.low)} to {percent(share.high)}, p = {p:.2g}:"
            f" {preferred.get(result, NONE_SHOWN)}."
        ),
    ]


def _points(vote: Vote, wanted: str) -> float:
    return EVEN if vote.preferred is None else float(vote.preferred == wanted)
