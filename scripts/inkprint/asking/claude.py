"""Claude's Messages API, or a server that speaks it: many requests at once, each until it is answered.

The client's own retries are off: ours are counted, wait for all connections together when the server asks
one of them to, and end with the stage's deadline.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from inkprint.asking.faults import (
    MOST_TRIES,
    caught,
    kind_of,
    passing,
    said,
    stop_if_hopeless,
    wait_seconds,
)
from inkprint.asking.money import Budget, CapReached
from inkprint.asking.progress import Progress, Tell
from inkprint.asking.replies import Paid, Replies
from inkprint.asking.requests import Request, Stored, distinct, read, schema
from inkprint.errors import UserError

if TYPE_CHECKING:
    import anthropic
    from anthropic.types import Message

KEY = "ANTHROPIC_API_KEY"
BASE_URL = "ANTHROPIC_BASE_URL"
# A stage that is told to stop waits so long for replies under way: they are paid for.
LAST_REPLIES_SECONDS = 20.0
LOOK_SECONDS = 1.0  # how often the deadline is looked at


class _Failed(NamedTuple):
    reason: str


class Out(NamedTuple):
    """A request under way, with the dollars that are put aside for it."""

    key: str
    request: Request
    dollars: float


class Gate:
    """Holds all connections back while the server asks for a pause; ends every wait when the stage stops."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline  # as time.monotonic() counts
        self._open_at = 0.0
        self._lock = threading.Lock()
        self.stopped = threading.Event()

    def hold(self, seconds: float) -> None:
        with self._lock:
            self._open_at = max(self._open_at, time.monotonic() + seconds)

    def wait(self, seconds: float = 0.0) -> bool:
        """Wait so long, and until the gate opens; False where that is after the deadline, or at a stop."""
        until = time.monotonic() + seconds
        while True:
            with self._lock:
                until = max(until, self._open_at)
            left = until - time.monotonic()
            if self.stopped.is_set() or until > self._deadline:
                return False
            if left <= 0:
                return True
            self.stopped.wait(left)


def host() -> str:
    """Who answers: "anthropic", or the machine that ANTHROPIC_BASE_URL names: it may hold another model."""
    address = os.environ.get(BASE_URL, "").strip()
    if not address:
        return "anthropic"
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UserError(f"{BASE_URL}: {address!r} is no address such as http://localhost:8000")
    return f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname


def make_client(timeout_seconds: float) -> anthropic.Anthropic:
    """The client, with the environment's key and no retries of its own. UserError where there is no key."""
    key = os.environ.get(KEY, "").strip()
    if not key:
        raise UserError(f"{KEY} is not set: put it into .env (for a server of your own, any word)")
    if not os.environ.get(BASE_URL, "").strip():
        os.environ.pop(BASE_URL, None)  # the client takes an empty address at its word
    import anthropic

    return anthropic.Anthropic(api_key=key, max_retries=0, timeout=timeout_seconds)


def arguments(request: Request, model: str, max_tokens: int) -> dict[str, Any]:
    """What the Messages API gets."""
    return {
        "model": model,
        "max_tokens": max_tokens,
        "messages": [{"role": "user", "content": request.prompt}],
        "output_config": {"format": {"type": "json_schema", "schema": schema(request.form)}},
    }


def as_stored(message: Message) -> Stored:
    """A reply as it is kept. What a model thinks comes in blocks of its own, before the text."""
    text = next((block.text for block in message.content if block.type == "text"), "")
    return Stored(text, message.stop_reason or "", _read_tokens(message), message.usage.output_tokens)


def _read_tokens(message: Message) -> int:
    usage = message.usage
    cached = (usage.cache_creation_input_tokens or 0) + (usage.cache_read_input_tokens or 0)
    return usage.input_tokens + cached


class Asker:
    """Has requests answered, `connections` at a time. What comes is kept before anything else is done."""

    def __init__(
        self, model: str, name: str, connections: int, timeout_seconds: float, deadline: float,
        replies: Replies, budget: Budget, progress: Progress, tell: Tell,
    ) -> None:  # fmt: skip
        """name: the model's as replies are kept under. deadline: as time.monotonic() counts."""
        self._model, self._name, self._connections, self._deadline = model, name, connections, deadline
        self._replies, self._budget, self._progress, self._tell = replies, budget, progress, tell
        self._client = make_client(timeout_seconds)
        self._gate = Gate(deadline)
        self._faults = threading.Lock()
        self._under_way: dict[Future[Stored | _Failed], Out] = {}
        self._again: deque[tuple[str, Request]] = deque()  # replies off their schema

    def ask(self, requests: Iterator[tuple[str, Request]]) -> None:
        """Return when each has been answered or has failed.

        Raises CapReached before a request that could pass the cap, and UserError for what is wrong with all
        of them; what was answered is kept.
        """
        pool = ThreadPoolExecutor(self._connections, thread_name_prefix="claude")
        first = distinct(requests)
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            while not self._gate.stopped.is_set():
                following = self._again.popleft() if self._again else next(first, None)
                if following is not None:
                    self._send(pool, *following)
                elif self._under_way:
                    self._take()
                else:
                    return
            if self._under_way:
                count, seconds = len(self._under_way), LAST_REPLIES_SECONDS
                print(
                    f"   stopping: at most {seconds:.0f} s for {count} replies that are under way", flush=True
                )
            raise KeyboardInterrupt
        finally:
            self._gate.stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            self._keep_late()
            self._client.close()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, _signal: int, _frame: object) -> None:
        # An exception in the middle of keeping a reply would lose it: the loop ends at its next turn.
        self._gate.stopped.set()

    def _send(self, pool: ThreadPoolExecutor, key: str, request: Request) -> None:
        most = self._budget.most(request, batch=False)
        while len(self._under_way) >= self._connections or not self._budget.allows(most):
            if self._gate.stopped.is_set():
                return
            if not self._under_way:
                raise CapReached
            self._take()
        self._budget.reserve(most)
        call = pool.submit(self._answer, arguments(request, self._model, self._budget.max_tokens))
        self._under_way[call] = Out(key, request, most)

    def _take(self) -> None:
        """Wait until something comes, and keep it."""
        done, _ = wait(self._under_way, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
        ended = {future: self._under_way.pop(future) for future in list(self._under_way) if future in done}
        self._keep(ended)
        for future, out in ended.items():
            result = future.result()
            if isinstance(result, _Failed):
                self._progress.fail(out.key, result.reason)
                continue
            state = read(out.request, self._replies.of(out.key)).state
            self._progress.count(state)
            if state == "open":
                self._progress.faults["off_schema"] += 1
                self._again.append((out.key, out.request))
        self._tell()
        if time.monotonic() > self._deadline:
            raise UserError(
                "deadline_hours: the time is over; what is answered is kept, the same command goes on"
            )

    def _keep(self, ended: dict[Future[Stored | _Failed], Out]) -> None:
        """Write all replies down and settle what they cost; then raise what a call raised."""
        good: list[Paid] = []
        for future, out in ended.items():
            result = None if future.exception() else future.result()
            dollars = self._budget.price.dollars(result, batch=False) if isinstance(result, Stored) else 0.0
            if isinstance(result, Stored):
                good.append(Paid.of(out.request, out.key, result, dollars))
            self._budget.settle(out.dollars, dollars)
        if good:
            self._replies.keep(good, self._name)
        for future in ended:
            if (error := future.exception()) is not None:
                raise error

    def _keep_late(self) -> None:
        """At a stop: replies under way are paid for, so wait a little for them."""
        late = {future: out for future, out in self._under_way.items() if not future.cancelled()}
        self._under_way.clear()
        done, _ = wait(late, timeout=LAST_REPLIES_SECONDS)
        self._keep({future: late[future] for future in late if future in done and not future.exception()})

    def _answer(self, call: dict[str, Any]) -> Stored | _Failed:
        """In a thread: one request until it is answered, tried again within bounds."""
        name, pause = "", 0.0
        for tries in range(1, MOST_TRIES + 1):
            if not self._gate.wait(pause):
                return _Failed(f"{name or 'not sent'}: stopped, or the deadline is before the next try")
            try:
                return as_stored(self._client.messages.create(**call))
            except caught() as error:
                stop_if_hopeless(error, self._model)
                passed = passing(error)
                if passed is None:
                    return _Failed(f"{kind_of(error)}: {said(error)}")
                name, pause = passed, wait_seconds(error, tries)
            with self._faults:
                self._progress.faults[name] += 1
            if name in ("rate_limit", "overloaded"):
                self._gate.hold(pause)
            else:
                pause *= random.uniform(0.5, 1.0)
        return _Failed(f"{name}, {MOST_TRIES} times")
