"""What became of everything that was planned: for the terminal, the manifest and the recipe's limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from inkprint.asking.replies import Replies
from inkprint.asking.requests import JUDGING
from inkprint.errors import UserError
from inkprint.synthesize.job import Job


@dataclass
class Counts:
    """What became of everything that was planned."""

    planned: int = 0
    states: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    tasks: Counter[str] = field(default_factory=Counter)
    requests: dict[str, str] = field(default_factory=dict)  # state by key: equal requests are one


def check(counts: Counts, max_rejected_share: float, rejects: Path, run_folder: Path) -> None:
    """Raise UserError where too much is rejected, or nothing is left. The rejects are kept to be read."""
    if counts.states["rejected"] > max_rejected_share * counts.planned:
        kept = rejects.replace(run_folder / "too-many-rejects.jsonl")
        name, count = counts.reasons.most_common(1)[0]
        rejected = f"{counts.states['rejected']:,} of {counts.planned:,} examples"
        raise UserError(
            f"synthesize: {rejected} are rejected, {count:,} as"
            f" {name}: more than max_rejected_share {max_rejected_share}; read {kept}, change"
            " prompts or limits; what is answered is kept and costs nothing again"
        )
    for split in ("train", "validation", "test"):
        if not counts.splits[split]:
            raise UserError(f"synthesize: no {split} example came of {counts.planned} planned; see prepare")


def facts(job: Job, counts: Counts, replies: Replies) -> dict[str, object]:
    """Evidence for the manifest."""
    states = Counter(counts.requests.values())
    found: dict[str, object] = {"tasks": dict(sorted(counts.tasks.items()))}
    if job.asked is not None:
        found["requests"] = {"total": len(counts.requests)} | {
            state: states[state] for state in ("ok", "rejected", "failed")
        }
        found["tried_again"] = dict(sorted(job.asked.progress.faults.items()))
        found["writer"] = job.asked.writer.name
        # Redone after 06 has asked its judge, 03 did not pay for that.
        found["dollars"] = round(replies.spent() - replies.spent(*JUDGING), 6)
    return found


def summary(counts: Counts, folder: Path) -> Iterator[str]:
    """What a person should see."""
    for split in ("train", "validation", "test"):
        yield f"   {split:<11}{counts.splits[split]:>8,} examples"
    if counts.requests:
        states = Counter(counts.requests.values())
        parts = ", ".join(f"{states[state]:,} {state}" for state in ("ok", "rejected", "failed"))
        yield f"   requests   {len(counts.requests):>8,}: {parts}"
    for reason, count in counts.reasons.most_common():
        yield f"   left out   {count:>8,} {reason}"
    if counts.reasons:
        yield f"   of {counts.planned:,} planned; see {folder / 'rejects.jsonl'}"
