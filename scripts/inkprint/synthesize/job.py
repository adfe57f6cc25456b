"""One run of 03: what it makes, who is asked, and what has come of it."""

from __future__ import annotations

from dataclasses import dataclass

from inkprint.asking.asked import Asked
from inkprint.asking.replies import Replies
from inkprint.asking.requests import Reading
from inkprint.command import Command
from inkprint.synthesize.examples import Maker, Outcome
from inkprint.synthesize.tasks import Item, Plan


@dataclass
class Job:
    """What this run makes, and how."""

    command: Command
    plan: Plan
    maker: Maker
    asked: Asked | None  # None: no model
    dropped: set[str]


def made(job: Job, item: Item, replies: Replies) -> tuple[Reading | None, list[Outcome]]:
    """The reply to an item's request, and the item's outcomes."""
    if item.request is None or job.asked is None:
        return None, list(job.maker.outcomes(item, None))
    reading, failed = job.asked.reading(item.request, replies)
    return reading, list(job.maker.outcomes(item, reading, failed))
