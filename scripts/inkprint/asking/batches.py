"""Claude's Message Batches: half the price, and a reply within a day.

A batch is in the ledger before it is submitted and until its results are kept, so that a killed run finds
it again, also one that was submitted in the moment of the kill.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from inkprint.asking.claude import Gate, arguments, as_stored, make_client
from inkprint.asking.faults import MOST_TRIES, caught, passing, said, stop_if_hopeless, wait_seconds
from inkprint.asking.money import Budget, CapReached
from inkprint.asking.progress import Progress, Tell
from inkprint.asking.replies import Batch, Paid, Replies
from inkprint.asking.requests import Request, distinct, read
from inkprint.errors import UserError

if TYPE_CHECKING:
    from anthropic.types.messages import MessageBatchResult

MOST_REQUESTS = 10_000  # a batch
MOST_CHARACTERS = 50_000_000  # a batch: the server takes 256 MB, JSON may double a text
MOST_SENT = 3  # times that a request goes into a batch which does not answer it
CLOCKS_SECONDS = 600.0  # by which the server's may differ from ours

Requests = Callable[[], Iterator[tuple[str, Request]]]  # all of them, anew at each call
Result = TypeVar("Result")


class BatchAsker:
    """Has requests answered by batches, one after the other as far as the cap makes that necessary."""

    def __init__(
        self, model: str, name: str, host: str, timeout_seconds: float, poll_seconds: float, deadline: float,
        replies: Replies, budget: Budget, progress: Progress, tell: Tell,
    ) -> None:  # fmt: skip
        """name: the model's as replies are kept under. deadline: as time.monotonic() counts."""
        self._model, self._name, self._host = model, name, host
        self._poll_seconds, self._gate = poll_seconds, Gate(deadline)
        self._replies, self._budget, self._progress, self._tell = replies, budget, progress, tell
        self._client = make_client(timeout_seconds)
        self._sent: Counter[str] = Counter()

    def ask(self, requests: Requests) -> None:
        """Return when each has been answered or has failed. Raises as claude.Asker.ask does."""
        for batch in self._replies.batches(self._host):
            if self._budget.allows(batch.dollars):
                self._budget.reserve(batch.dollars)
            else:  # submitted under another cap: it is paid for whatever we think of it
                self._budget.reserved += batch.dollars
        while True:
            self._collect(requests)
            if not self._submit(requests):
                return

    # -- submitting -------------------------------------------------------------------------------

    def _submit(self, requests: Requests) -> bool:
        """Put what is open into batches, as far as the cap allows. False: nothing is open."""
        chunk: dict[str, Request] = {}
        size, dollars, submitted = 0, 0.0, False
        for key, request in distinct(requests()):
            if key in self._progress.failed or read(request, self._replies.of(key)).state != "open":
                continue
            most = self._budget.most(request, batch=True)
            full = len(chunk) == MOST_REQUESTS or size + request.characters > MOST_CHARACTERS
            if chunk and (full or not self._budget.allows(dollars + most)):
                self._create(chunk, dollars)
                chunk, size, dollars, submitted = {}, 0, 0.0, True
            if not self._budget.allows(most):
                if not submitted:
                    raise CapReached
                return True
            chunk[key] = request
            size, dollars = size + request.characters, dollars + most
        if chunk:
            self._create(chunk, dollars)
        return bool(chunk) or submitted

    def _create(self, chunk: dict[str, Request], dollars: float) -> None:
        self._budget.reserve(dollars)
        self._sent.update(chunk.keys())
        number = self._replies.begin_batch(self._host, len(chunk), dollars, next(iter(chunk)))
        asked: list[Any] = [
            {"custom_id": key, "params": arguments(request, self._model, self._budget.max_tokens)}
            for key, request in chunk.items()
        ]

        tries = 0

        def create() -> str:
            nonlocal tries
            tries += 1
            # After a call that was cut off it may be there already.
            there = self._find(number) if tries > 1 else None
            return there or self._client.messages.batches.create(requests=asked).id

        self._replies.name_batch(number, self._tried(create))

    def _find(self, number: int) -> str | None:
        """The id of a batch that was submitted, but whose reply never came: by its time and size."""
        (batch,) = [one for one in self._replies.batches(self._host) if one.number == number]
        known = self._replies.batch_ids()
        earliest = datetime.fromtimestamp(batch.begun - CLOCKS_SECONDS, UTC)
        for there in self._client.messages.batches.list(limit=100):
            if there.created_at < earliest:
                return None
            counts = there.request_counts
            total = counts.processing + counts.succeeded + counts.errored + counts.canceled + counts.expired
            if total == batch.requests and there.id not in known:
                return there.id
        return None

    # -- collecting -------------------------------------------------------------------------------

    def _collect(self, requests: Requests) -> None:
        """Wait for this run's batches and keep what they bring."""
        while batches := self._replies.batches(self._host):
            for batch in batches:
                if batch.id is None:
                    self._adopt(batch)
                elif self._ended(batch.id):
                    self._keep(batch, batch.id, requests)
            self._tell()
            if self._replies.batches(self._host) and not self._gate.wait(self._poll_seconds):
                self._out_of_time()

    def _adopt(self, batch: Batch) -> None:
        found = self._tried(lambda: self._find(batch.number))
        if found is None:
            self._replies.forget_batch(batch.number)
            self._budget.settle(batch.dollars, 0.0)
        else:
            self._replies.name_batch(batch.number, found)

    def _ended(self, batch_id: str) -> bool:
        return (
            self._tried(lambda: self._client.messages.batches.retrieve(batch_id)).processing_status == "ended"
        )

    def _keep(self, batch: Batch, batch_id: str, requests: Requests) -> None:
        results = self._tried(lambda: list(self._client.messages.batches.results(batch_id)))
        by_key = {one.custom_id: one.result for one in results}
        if batch.probe not in by_key:  # taken for ours by its time and size
            self._replies.forget_batch(batch.number)
            self._budget.settle(batch.dollars, 0.0)
            return
        asked = {key: request for key, request in distinct(requests()) if key in by_key}
        paid = []
        for key, result in by_key.items():
            if result.type != "succeeded":
                continue
            reply = as_stored(result.message)
            dollars = self._budget.price.dollars(reply, batch=True)
            request = asked.get(key)  # none where the recipe was changed since
            paid.append(Paid.of(request, key, reply, dollars) if request else Paid(key, reply, dollars))
        self._replies.keep(paid, self._name, batch.number)
        self._budget.settle(batch.dollars, sum(one.dollars for one in paid))
        for key, request in asked.items():
            result = by_key[key]
            if result.type != "succeeded":
                self._not_answered(key, result)
                continue
            state = read(request, self._replies.of(key)).state
            self._progress.count(state)
            if state == "open":
                self._progress.faults["off_schema"] += 1

    def _not_answered(self, key: str, result: MessageBatchResult) -> None:
        """An entry without a reply: sent again in the next batch, or failed."""
        kind: str = result.type
        if result.type == "errored":
            error = result.error.error
            if error.type in ("invalid_request_error", "request_too_large"):
                self._progress.fail(key, f"{error.type}: {' '.join(error.message.split())[:300]}")
                return
            kind = error.type
        if self._sent[key] >= MOST_SENT:
            self._progress.fail(key, f"{kind}, {self._sent[key]} times")
            return
        self._progress.faults[kind] += 1

    # -- calls ------------------------------------------------------------------------------------

    def _tried(self, call: Callable[[], Result]) -> Result:
        """One call of the API, tried again within bounds."""
        for tries in range(1, MOST_TRIES + 1):
            try:
                return call()
            except caught() as error:
                stop_if_hopeless(error, self._model)
                name = passing(error)
                if name is None or tries == MOST_TRIES:
                    raise UserError(
                        f"Message Batches: {said(error)}; what is answered is kept, the same command goes on"
                    ) from None
                self._progress.faults[name] += 1
                if not self._gate.wait(wait_seconds(error, tries) * random.uniform(0.5, 1.0)):
                    self._out_of_time()
        raise AssertionError

    def _out_of_time(self) -> NoReturn:
        raise UserError(
            "deadline_hours: the time is over; batches that are under way are found again by the same command"
        )
