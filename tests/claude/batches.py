"""Message batches: they end after some seconds, with results in an order of their own, or are canceled."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from claude.faults import roll
from claude.requests import Refused, invalid

MOST_REQUESTS = 10_000
CUSTOM_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
LIFETIME = timedelta(hours=24)
CANCELING_SHARE = 0.1  # of a batch's seconds: so long it stays `canceling`
ENDS = ("succeeded", "errored", "canceled", "expired")


@dataclass
class Batch:
    """A batch: its results, by custom_id in the order of submission, are settled when it is made."""

    id: str
    results: dict[str, dict[str, Any]]
    seconds: float
    created: float = field(default_factory=time.time)
    canceled: float | None = None

    @property
    def ends(self) -> float:
        """When processing ends, in seconds since 1970."""
        whole = self.created + self.seconds
        return whole if self.canceled is None else min(whole, self.canceled + CANCELING_SHARE * self.seconds)

    @property
    def ended(self) -> bool:
        return time.time() >= self.ends

    def cancel(self) -> list[str]:
        """Cancel what by the clock is not done yet, and say its custom_ids. A second time does nothing."""
        if self.ended:
            raise invalid(f"{self.id} has ended: it cannot be canceled")
        if self.canceled is not None:
            return []
        self.canceled = time.time()
        done = int(len(self.results) * (self.canceled - self.created) / self.seconds)
        canceled = list(self.results)[done:]
        self.results |= {custom_id: {"type": "canceled"} for custom_id in canceled}
        return canceled

    def lines(self) -> list[dict[str, Any]]:
        """The results, in another order than they were asked for."""
        order = sorted(self.results, key=lambda custom_id: roll(self.id, custom_id))
        if order == list(self.results):
            order.reverse()
        return [{"custom_id": custom_id, "result": self.results[custom_id]} for custom_id in order]

    def shape(self, base_url: str) -> dict[str, Any]:
        """The MessageBatch that the API shows."""
        ended = self.ended
        counts = Counter(result["type"] if ended else "processing" for result in self.results.values())
        status = "ended" if ended else "in_progress" if self.canceled is None else "canceling"
        created = datetime.fromtimestamp(self.created, UTC)
        return {
            "id": self.id,
            "type": "message_batch",
            "processing_status": status,
            "request_counts": {name: counts[name] for name in ("processing", *ENDS)},
            "created_at": created.isoformat(),
            "expires_at": (created + LIFETIME).isoformat(),
            "ended_at": datetime.fromtimestamp(self.ends, UTC).isoformat() if ended else None,
            "cancel_initiated_at": (
                None if self.canceled is None else datetime.fromtimestamp(self.canceled, UTC).isoformat()
            ),
            "archived_at": None,
            "results_url": f"{base_url}/v1/messages/batches/{self.id}/results" if ended else None,
        }


def check_requests(body: object) -> list[dict[str, Any]]:
    """The requests of a new batch. The parameters in them are looked at later, each by itself."""
    requests = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(requests, list) or not requests:
        raise invalid("requests: Field required, a list of at least one")
    if len(requests) > MOST_REQUESTS:
        raise invalid(f"requests: List should have at most {MOST_REQUESTS} items, not {len(requests)}")
    seen: set[str] = set()
    for number, request in enumerate(requests):
        where = f"requests.{number}.custom_id"
        if not isinstance(request, dict) or set(request) != {"custom_id", "params"}:
            raise invalid(f"requests.{number}: a request has a custom_id and params")
        custom_id = request["custom_id"]
        if not isinstance(custom_id, str) or not CUSTOM_ID.fullmatch(custom_id):
            raise invalid(f"{where}: String should match pattern '^{CUSTOM_ID.pattern}$'")
        if custom_id in seen:
            raise invalid(f"{where}: '{custom_id}' is not unique")
        seen.add(custom_id)
    return requests


def new_id(name: str) -> str:
    """A batch's id, the same for the same name."""
    return f"msgbatch_{int(roll(name) * 10**16):016d}"


class Batches:
    """All batches of a server, oldest first."""

    def __init__(self) -> None:
        self._batches: dict[str, Batch] = {}

    def add(self, batch: Batch) -> Batch:
        self._batches[batch.id] = batch
        return batch

    def get(self, batch_id: str) -> Batch:
        if batch_id not in self._batches:
            raise Refused(404, "not_found_error", f"Message Batch {batch_id} not found")
        return self._batches[batch_id]

    def page(self, query: dict[str, str]) -> tuple[list[Batch], bool]:
        """A page of batches, newest first, and whether more lie in the same direction."""
        limit = query.get("limit", "20")
        if not limit.isdecimal() or not 1 <= int(limit) <= 1000:
            raise invalid("limit: Input should be from 1 to 1000")
        newest = list(self._batches.values())[::-1]
        if "before_id" in query:
            end = newest.index(self.get(query["before_id"]))
            start = max(0, end - int(limit))
            return newest[start:end], start > 0
        start = newest.index(self.get(query["after_id"])) + 1 if "after_id" in query else 0
        return newest[start : start + int(limit)], start + int(limit) < len(newest)
