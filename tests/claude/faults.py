"""Which request is spoilt, and how: drawn by a seeded hash, so that the same run has the same faults."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

# The connection or the endpoint fails; a repeated request gets on.
TRANSPORT = ("rate_limit", "overloaded", "server_error", "timeout", "dropped", "truncated")
# HTTP 200 with an answer that is of no use; the next one may be.
SPOILT = ("malformed", "off_schema", "empty")
# No fault: the answer stands behind a thinking block.
HARMLESS = ("thinking_first",)
# The same body fails every time.
LASTING = ("refusal", "max_tokens", "invalid_request")
# What only a request of a batch can meet.
BATCH = ("errored", "expired")
KINDS = (*TRANSPORT, *SPOILT, *HARMLESS, *LASTING, *BATCH)
NEEDS_SCHEMA = ("malformed", "off_schema")

TRIES = 3  # of so many requests with the same body, one meets no fault that passes


def roll(*parts: object) -> float:
    """A number in [0, 1) that is the same for the same parts."""
    digest = hashlib.sha256("|".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def draw(choices: Sequence[str], *parts: object) -> str:
    """One of the choices, the same for the same parts."""
    return choices[int(roll(*parts) * len(choices))]


@dataclass(frozen=True)
class Faults:
    """How large a share of requests meets a fault, and of what kinds.

    share: in [0, 1]; the kinds that an endpoint can have divide it evenly.
    """

    share: float
    kinds: tuple[str, ...]
    seed: int

    def of(self, key: str, came: int, possible: Sequence[str]) -> str:
        """The kind for a request that came `came` times before, or `ok`.

        Faults that pass come at most twice in a row for one key; lasting ones stay.
        """
        kinds = [kind for kind in self.kinds if kind in possible]
        passing = [kind for kind in kinds if kind not in LASTING]
        lasting = [kind for kind in kinds if kind in LASTING]
        each = self.share / max(len(kinds), 1)
        last_try = came % TRIES == TRIES - 1
        if not last_try and roll(self.seed, key, came) < each * len(passing):
            return draw(passing, self.seed, key, came, "kind")
        if roll(self.seed, key, "lasting") < each * len(lasting):
            return draw(lasting, self.seed, key, "lasting kind")
        return "ok"
