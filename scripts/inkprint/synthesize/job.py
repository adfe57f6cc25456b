"""One run of 03: what it makes, who is asked, and what has come of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from inkprint.asking.money import Budget, CapReached, estimate
from inkprint.asking.progress import Progress, Tell
from inkprint.asking.replies import NO_FILE, Replies
from inkprint.asking.requests import Reading, Request, read
from inkprint.asking.writer import CACHE, Requests, Writer, ask
from inkprint.command import Command
from inkprint.errors import UserError
from inkprint.recipe_synthesize import Local
from inkprint.synthesize.examples import Maker, Outcome
from inkprint.synthesize.money_lines import at_the_cap, check_cap, estimate_lines
from inkprint.synthesize.tasks import Item, Plan


@dataclass
class Job:
    """What this run makes, and how."""

    command: Command
    plan: Plan
    maker: Maker
    writer: Writer | None  # None: no model
    dropped: set[str]
    progress: Progress = field(default_factory=Progress)

    def cache(self) -> Path:
        return self.command.run_folder.parent / CACHE


def print_estimate(job: Job, writer: Writer) -> None:
    """What is still to be asked and what it will cost; nothing is written."""
    cache = job.cache()
    with Replies(cache if cache.exists() else NO_FILE, job.command.recipe.run) as replies:
        found = estimate(writer.keyed(job.plan.requests()), replies, writer.name)
        budget = writer.budget(replies, job.command.recipe.max_dollars)
        print("\n".join(estimate_lines(found, writer, budget)))


def ask_for_all(job: Job, writer: Writer, replies: Replies) -> None:
    """Have everything answered that is open. Raises UserError at the cap and where too much fails."""
    recipe, progress = job.command.recipe, job.progress
    found = estimate(writer.keyed(job.plan.requests()), replies, writer.name)
    budget = writer.budget(replies, recipe.max_dollars)
    print("\n".join(estimate_lines(found, writer, budget)), flush=True)
    check_cap(found, writer, budget)
    total, answered = sum(found.requests.values()), sum(found.answered.values())
    if total:
        with job.command.working().counter("requests", total) as advance:

            def tell() -> None:
                done = progress.ok + progress.rejected + len(progress.failed)
                advance(done, note=f"${budget.spent:,.2f}, {progress}")

            def still_open() -> Iterator[Request]:
                return open_requests(job.plan.requests(), writer, replies)

            try:
                ask_with(job, writer, still_open, replies, budget, tell)
            except CapReached:
                done = answered + progress.ok + progress.rejected
                raise at_the_cap(budget, done, total + answered) from None
    print(f"   {total + answered:,} requests: {answered:,} answered before, {progress}; ${budget.spent:,.2f}")
    if progress.faults:
        print(f"   tried again: {', '.join(f'{n} x {name}' for name, n in progress.faults.most_common())}")
    if len(progress.failed) > recipe.synthesize.max_failed_share * (total + answered):
        ((kind, _),) = Counter(why.partition(": ")[0] for why in progress.failed.values()).most_common(1)
        reason = next(why for why in progress.failed.values() if why.partition(": ")[0] == kind)
        raise UserError(
            f"synthesize: {len(progress.failed)} of {total + answered} requests failed, most with: {reason};"
            " what is answered is kept, the same command asks for the rest"
        )


def ask_with(
    job: Job, writer: Writer, requests: Requests, replies: Replies, budget: Budget, tell: Tell
) -> None:
    """Have the requests answered. Raises CapReached, and UserError for what is wrong with all of them."""
    recipe, output = job.command.recipe, job.command.working()
    ask(
        writer, requests, replies, budget, job.progress, tell, output, job.cache().parent, recipe.device,
        recipe.seed,
    )  # fmt: skip


def open_requests(requests: Iterable[Request], writer: Writer, replies: Replies) -> Iterator[Request]:
    """Those without a reply. For a local model all, for its batches are made of all."""
    everything = isinstance(writer.settings, Local)
    for request in requests:
        if everything or read(request, replies.of(writer.key(request))).state == "open":
            yield request


def made(job: Job, item: Item, replies: Replies) -> tuple[Reading | None, list[Outcome]]:
    """The reply to an item's request, and the item's outcomes."""
    if item.request is None or job.writer is None:
        return None, list(job.maker.outcomes(item, None))
    key = job.writer.key(item.request)
    reading = read(item.request, replies.of(key))
    failed = job.progress.failed.get(key, "") if reading.state == "open" else ""
    assert reading.state != "open" or failed, (key, reading)
    return reading, list(job.maker.outcomes(item, reading, failed))
