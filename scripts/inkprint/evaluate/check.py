"""What an honesty check says: its state, and the names under which checks.jsonl has what was put in."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

PASSED, FAILED, CANNOT_TELL = "passed", "failed", "cannot tell"
OWN, OTHER = "own: ", "other: "  # before a book's or an author's name, as a variant


@dataclass(frozen=True)
class Check:
    """What one check found; facts: means by variant and metric, and what else the report says."""

    name: str
    state: str
    why: str = ""  # it cannot tell, or was not made
    facts: dict[str, Any] = field(default_factory=dict)

    def found(self) -> dict[str, Any]:
        return asdict(self)
