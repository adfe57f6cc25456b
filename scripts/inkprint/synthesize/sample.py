"""--sample: a few requests across all documents, really sent, and a page to judge prompts and checks by."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from inkprint.asking.asked import Asked, open_requests
from inkprint.asking.money import Budget, CapReached, Estimate, estimate
from inkprint.asking.money_lines import (
    at_the_cap,
    check_cap,
    estimate_dollars,
    estimate_lines,
    estimate_rows,
)
from inkprint.asking.replies import Replies
from inkprint.asking.requests import Reading, Request
from inkprint.asking.writer import SAMPLE_CONNECTIONS, SAMPLE_SECONDS, Writer, ask_now
from inkprint.draws import draw, in_turns
from inkprint.html import page_style, templates
from inkprint.recipe_synthesize import Claude, Local
from inkprint.synthesize.examples import Outcome
from inkprint.synthesize.job import Job, made
from inkprint.synthesize.tasks import Item

FOLDER = Path(__file__).parent
PAGE = "sample.html"


def choose(items: Iterable[Item], count: int, seed: int) -> list[Item]:
    """At most `count` items that a model has to write, as evenly over documents and tasks as can be."""
    things = (
        ((item.source.document, item.name), f"{item.name} {item.source.id}", item)
        for item in items
        if item.request is not None
    )
    groups = draw(things, count, seed)
    return in_turns((groups[key] for key in sorted(groups)), count)


def take_sample(job: Job, asked: Asked, count: int) -> None:
    """Send a few requests across all documents, write sample.html, and print the corrected estimate."""
    run_folder, recipe, writer = job.command.run_folder, job.command.recipe, asked.writer
    items = choose(job.plan.items(), count, recipe.seed)
    with Replies(asked.cache, recipe.run) as replies:
        budget = writer.budget(replies, recipe.max_dollars)
        requests = [item.request for item in items if item.request is not None]
        found = estimate(writer.keyed(iter(requests)), replies, writer.name)
        check_cap(found, writer, budget)
        try:
            _send(asked, requests, replies, budget)
        except CapReached:
            raise at_the_cap(budget, asked.progress.ok + asked.progress.rejected, len(requests)) from None
        shown = [(item, *made(job, item, replies)) for item in items]
        found = estimate(writer.keyed(asked.requests()), replies, writer.name)
    print("\n".join(estimate_lines(found, writer, budget)))
    write_page(run_folder / PAGE, shown, writer, found, budget)
    passed = [outcome.state == "ok" for _, _, outcomes in shown for outcome in outcomes]
    print(f"   {sum(passed)} of {len(passed)} examples passed the checks -> {run_folder / PAGE}")


def _send(asked: Asked, requests: list[Request], replies: Replies, budget: Budget) -> None:
    settings = asked.writer.settings
    if isinstance(settings, Local):
        asked.ask(lambda: iter(requests), replies, budget, lambda: None)
        return
    connections = settings.connections if isinstance(settings, Claude) else SAMPLE_CONNECTIONS
    deadline = time.monotonic() + SAMPLE_SECONDS
    still_open = open_requests(requests, asked.writer, replies)
    ask_now(
        asked.writer, still_open, connections, deadline, replies, budget, asked.progress, lambda: None
    )  # fmt: skip


def write_page(
    path: Path, shown: list[tuple[Item, Reading | None, list[Outcome]]], writer: Writer, found: Estimate,
    budget: Budget,
) -> None:  # fmt: skip
    """Every request of the sample: what was asked, what came, and what the checks say."""
    page = templates(FOLDER).get_template("sample.html.j2")
    outcomes = [outcome for _, _, own in shown for outcome in own]
    reasons = Counter(outcome.record.reason for outcome in outcomes if outcome.state != "ok")
    text = page.render(
        style=page_style(FOLDER / "sample.css"),
        name=writer.name,
        shown=[(item, _alike(own)) for item, _, own in shown],
        passed=sum(outcome.state == "ok" for outcome in outcomes),
        planned=len(outcomes),
        reasons=reasons.most_common(),
        estimate=list(estimate_rows(found)),
        dollars=list(estimate_dollars(found, writer, budget)),
    )
    path.write_text(text, encoding="utf-8")


def _alike(outcomes: list[Outcome]) -> list[tuple[Outcome, int]]:
    """Each with how many in a row are the same: a refused reply rejects all that its request planned."""
    groups = groupby(outcomes, key=lambda outcome: outcome.record.model_dump(exclude={"id"}))
    return [(same[0], len(same)) for same in (list(group) for _, group in groups)]
