"""All requests of a stage, answered: what the terminal says of it, the cap, and how much may fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from inkprint.asking.money import Budget, CapReached, estimate
from inkprint.asking.money_lines import at_the_cap, check_cap, estimate_lines
from inkprint.asking.progress import Progress, Tell
from inkprint.asking.replies import NO_FILE, Replies
from inkprint.asking.requests import Reading, Request, read
from inkprint.asking.writer import CACHE, Requests, Writer, ask
from inkprint.command import Command
from inkprint.errors import UserError
from inkprint.recipe_synthesize import Local


@dataclass
class Asked:
    """What one start of a stage asks of one model."""

    command: Command
    writer: Writer
    requests: Requests
    progress: Progress = field(default_factory=Progress)

    @property
    def cache(self) -> Path:
        return self.command.run_folder.parent / CACHE

    def print_estimate(self) -> None:
        """What is still to be asked and what it will cost; nothing is written."""
        with Replies(self.cache if self.cache.exists() else NO_FILE, self.command.recipe.run) as replies:
            found = estimate(self.writer.keyed(self.requests()), replies, self.writer.name)
            budget = self.writer.budget(replies, self.command.recipe.max_dollars)
            print("\n".join(estimate_lines(found, self.writer, budget)))

    def ask_for_all(self, replies: Replies, section: str, max_failed_share: float) -> None:
        """Have everything answered that is open. Raises UserError at the cap and where too much fails.

        section: of the recipe, for what is said. max_failed_share: of the requests.
        """
        writer, progress = self.writer, self.progress
        found = estimate(writer.keyed(self.requests()), replies, writer.name)
        budget = writer.budget(replies, self.command.recipe.max_dollars)
        print("\n".join(estimate_lines(found, writer, budget)), flush=True)
        check_cap(found, writer, budget)
        total, answered = sum(found.requests.values()), sum(found.answered.values())
        if total:
            with self.command.working().counter("requests", total) as advance:

                def tell() -> None:
                    done = progress.ok + progress.rejected + len(progress.failed)
                    advance(done, note=f"${budget.spent:,.2f}, {progress}")

                try:
                    self.ask(lambda: open_requests(self.requests(), writer, replies), replies, budget, tell)
                except CapReached:
                    done = answered + progress.ok + progress.rejected
                    raise at_the_cap(budget, done, total + answered) from None
        asked = total + answered
        print(f"   {asked:,} requests: {answered:,} answered before, {progress}; ${budget.spent:,.2f}")
        if progress.faults:
            print(
                f"   tried again: {', '.join(f'{n} x {name}' for name, n in progress.faults.most_common())}"
            )
        if len(progress.failed) > max_failed_share * asked:
            ((kind, _),) = Counter(why.partition(": ")[0] for why in progress.failed.values()).most_common(1)
            reason = next(why for why in progress.failed.values() if why.partition(": ")[0] == kind)
            raise UserError(
                f"{section}: {len(progress.failed)} of {asked} requests failed, most with: {reason};"
                " what is answered is kept, the same command asks for the rest"
            )

    def ask(self, requests: Requests, replies: Replies, budget: Budget, tell: Tell) -> None:
        """Have requests answered. Raises CapReached, and UserError for what is wrong with all of them."""
        recipe, output = self.command.recipe, self.command.working()
        ask(
            self.writer, requests, replies, budget, self.progress, tell, output, self.cache.parent,
            recipe.device, recipe.seed,
        )  # fmt: skip

    def reading(self, request: Request, replies: Replies) -> tuple[Reading, str]:
        """What a request has come to, and why it failed, "" where it did not."""
        key = self.writer.key(request)
        reading = read(request, replies.of(key))
        failed = self.progress.failed.get(key, "") if reading.state == "open" else ""
        assert reading.state != "open" or failed, (key, reading)
        return reading, failed


def open_requests(requests: Iterable[Request], writer: Writer, replies: Replies) -> Iterator[Request]:
    """Those without a reply. For a local model all, for its batches are made of all."""
    everything = isinstance(writer.settings, Local)
    for request in requests:
        if everything or read(request, replies.of(writer.key(request))).state == "open":
            yield request
