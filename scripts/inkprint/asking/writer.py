"""Who answers the requests of a stage: what the recipe's `provider` says, made ready."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkprint.asking.claude import Asker, host
from inkprint.asking.money import Budget
from inkprint.asking.prices import Price, Prices, price_of, read_prices
from inkprint.asking.progress import Progress, Tell
from inkprint.asking.replies import Replies
from inkprint.asking.requests import Request
from inkprint.console import Output
from inkprint.hashes import HashCache, hash_json
from inkprint.recipe_synthesize import Claude, ClaudeBatch, Local

CACHE = "cache/replies.sqlite"  # below artifacts/
# What changes how replies are fetched, and not what is made of them.
HOW = {"connections", "timeout_seconds", "poll_seconds", "deadline_hours", "batch_size"}
SAMPLE_CONNECTIONS = 4  # of --sample, where the run itself goes by batches
SAMPLE_SECONDS = 600.0

Requests = Callable[[], Iterator[Request]]  # all of them, anew at each call


@dataclass(frozen=True)
class Writer:
    """One model as it will be asked: its name, its price, what its replies are kept under."""

    settings: Claude | ClaudeBatch | Local
    name: str
    price: Price
    priced: str  # the day of the price list
    parameters: dict[str, Any]  # what else a reply depends on

    @property
    def batch(self) -> bool:
        return isinstance(self.settings, ClaudeBatch)

    def key(self, request: Request) -> str:
        return request.key(self.name, self.settings.max_tokens, **self.parameters)

    def keyed(self, requests: Iterator[Request]) -> Iterator[tuple[str, Request]]:
        return ((self.key(request), request) for request in requests)

    def budget(self, replies: Replies, max_dollars: float) -> Budget:
        return Budget(self.price, max_dollars, replies.spent(), self.settings.max_tokens)


def make_writer(settings: Claude | ClaudeBatch | Local, seed: int, run_folder: Path) -> Writer:
    """Raises UserError for a model without a price."""
    if isinstance(settings, Local):
        identity = f"{settings.model.base}@{settings.model.revision}"
        if settings.model.folder is not None:
            from inkprint.models import base_inputs

            hashes = HashCache(run_folder / "hashes.json")
            files = base_inputs(settings.model).get("files", {})
            identity = (
                f"{settings.model.base}#{hash_json([hashes.digest(path) for path in files.values()])[:12]}"
            )
        parameters: dict[str, Any] = settings.model_dump(include={"four_bit", "temperature"})
        if settings.temperature:
            parameters["seed"] = seed
        parameters |= settings.model.model_dump(include={"chat_template", "thinking"})
        free = Price(input=0, output=0, batch=1)
        return Writer(settings, f"local {identity}", free, "", parameters)
    prices: Prices = read_prices()
    price = price_of(settings.model, prices)
    return Writer(settings, f"{host()} {settings.model}", price, prices.date.isoformat(), {})


def ask(
    writer: Writer, requests: Requests, replies: Replies, budget: Budget, progress: Progress, tell: Tell,
    output: Output, cache: Path, device: str, seed: int,
) -> None:  # fmt: skip
    """Have the requests answered, whoever answers. Raises as claude.Asker.ask does."""
    settings = writer.settings
    if isinstance(settings, Local):
        _ask_local(settings, writer, requests, replies, progress, tell, output, cache, device, seed)
        return
    deadline = time.monotonic() + 3600 * settings.deadline_hours
    if isinstance(settings, ClaudeBatch):
        from inkprint.asking.batches import BatchAsker

        BatchAsker(
            settings.model, writer.name, host(), settings.timeout_seconds, settings.poll_seconds, deadline,
            replies, budget, progress, tell,
        ).ask(lambda: writer.keyed(requests()))  # fmt: skip
        return
    ask_now(writer, requests(), settings.connections, deadline, replies, budget, progress, tell)


def ask_now(
    writer: Writer, requests: Iterator[Request], connections: int, deadline: float, replies: Replies,
    budget: Budget, progress: Progress, tell: Tell,
) -> None:  # fmt: skip
    """By the Messages API, which answers at once, also where the run itself goes by batches."""
    settings = writer.settings
    assert isinstance(settings, Claude | ClaudeBatch)
    Asker(
        settings.model, writer.name, connections, settings.timeout_seconds, deadline, replies, budget,
        progress, tell,
    ).ask(writer.keyed(requests))  # fmt: skip


def _ask_local(
    settings: Local, writer: Writer, requests: Requests, replies: Replies, progress: Progress, tell: Tell,
    output: Output, cache: Path, device: str, seed: int,
) -> None:  # fmt: skip
    from inkprint.models import import_unsloth, load_base, positions

    with output.quiet():
        import_unsloth(settings.model, device, cache)
        room = positions(settings.model)
        model, chat = load_base(settings.model, device, settings.four_bit, seed, room)
        model.eval()
    from inkprint.asking.local import LocalAsker

    asker = LocalAsker(
        model, chat, writer.name, room, settings.batch_size, settings.max_tokens, settings.temperature, seed,
        replies, progress, tell,
    )  # fmt: skip
    asker.ask(writer.keyed(requests()))
