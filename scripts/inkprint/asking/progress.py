"""How far the asking is: what a person sees, and what the manifest says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from inkprint.asking.faults import MOST_FAILURES_IN_A_ROW
from inkprint.errors import UserError


@dataclass
class Progress:
    """What has happened so far."""

    ok: int = 0
    rejected: int = 0
    failed: dict[str, str] = field(default_factory=dict)  # the reason, by the request's key
    faults: Counter[str] = field(default_factory=Counter)  # what was tried again
    in_a_row: int = 0

    def __str__(self) -> str:
        return f"{self.ok:,} ok, {self.rejected:,} rejected, {len(self.failed):,} failed"

    def fail(self, key: str, reason: str) -> None:
        """Raises UserError when nothing but failures come."""
        self.failed[key] = reason
        self.in_a_row += 1
        if self.in_a_row >= MOST_FAILURES_IN_A_ROW:
            raise UserError(
                f"{self.in_a_row} requests in a row failed, the last with {reason}; what is answered is kept,"
                " the same command goes on"
            )

    def count(self, state: str) -> None:
        self.in_a_row = 0
        self.ok += state == "ok"
        self.rejected += state == "rejected"


Tell = Callable[[], None]
