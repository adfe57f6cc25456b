"""What 02 did to the rows of tables, counted as they are written, and review.html to look at it."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any, get_args

from inkprint.html import page_style, templates
from inkprint.records import Reject, Split, SplitRow

FOLDER = Path(__file__).parent
SPLITS: tuple[Split, ...] = get_args(Split)
SAMPLES = 8  # rows shown of each split, and of each reason
LABELS_SHOWN = 100
LABELS_SAID = 12


@dataclass
class Seen:
    """Rows as they passed: counts, lengths, and a few to show, those whose ids come first."""

    labels: dict[Split, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in SPLITS})
    words: dict[Split, list[int]] = field(default_factory=lambda: {name: [] for name in SPLITS})
    samples: dict[Split, list[SplitRow]] = field(default_factory=lambda: {name: [] for name in SPLITS})
    reasons: Counter[str] = field(default_factory=Counter)
    rejects: dict[str, list[Reject]] = field(default_factory=dict)

    def add(self, record: SplitRow | Reject) -> None:
        if isinstance(record, Reject):
            self.reasons[record.reason] += 1
            shown = self.rejects.setdefault(record.reason, [])
            if len(shown) < SAMPLES:
                shown.append(record)
            return
        self.labels[record.split][record.fields.get("label", "")] += 1
        self.words[record.split].append(record.words)
        samples = self.samples[record.split]
        if len(samples) < SAMPLES or record.id < samples[-1].id:
            insort(samples, record, key=lambda row: row.id)
            del samples[SAMPLES:]

    def all_labels(self) -> list[str]:
        """Every label but none, the most frequent first."""
        total = sum(self.labels.values(), Counter())
        return [label for label, _ in sorted(total.items(), key=lambda pair: (-pair[1], pair[0])) if label]


def summary(seen: Seen) -> Iterator[str]:
    """What a person should see in the terminal."""
    labels = seen.all_labels()
    for name in SPLITS:
        shown = ", ".join(f"{label} {seen.labels[name][label]:,}" for label in labels[:LABELS_SAID])
        yield f"   {name:<11}{len(seen.words[name]):>9,} rows  {shown}".rstrip()
    for reason, count in seen.reasons.most_common():
        yield f"   {'rejected':<11}{count:>9,} {reason}"
    for name in ("validation", "test"):
        if missing := [label for label in labels if not seen.labels[name][label]]:
            more = f", and {len(missing) - LABELS_SAID} more" if len(missing) > LABELS_SAID else ""
            yield f"   WARNING: no row in {name} of: {', '.join(missing[:LABELS_SAID])}{more}"


def write_rows_review(seen: Seen, folder: Path, title: str) -> None:
    """Write review.html: labels by split, lengths, rows, and what was left out."""
    labels = seen.all_labels()
    page = templates(FOLDER).get_template("rows.html.j2")
    text = page.render(
        title=title,
        style=page_style(FOLDER / "review.css"),
        splits=SPLITS,
        totals={name: len(seen.words[name]) for name in SPLITS},
        labels=[
            (label, {name: seen.labels[name][label] for name in SPLITS}) for label in labels[:LABELS_SHOWN]
        ],
        labels_left=max(0, len(labels) - LABELS_SHOWN),
        lengths=[(name, _lengths(seen.words[name])) for name in SPLITS if seen.words[name]],
        samples=seen.samples,
        rejects=[(reason, count, seen.rejects[reason]) for reason, count in seen.reasons.most_common()],
    )
    (folder / "review.html").write_text(text, encoding="utf-8")


def _lengths(words: list[int]) -> dict[str, Any]:
    """Shortest, quartiles, the length that one row of twenty exceeds, longest."""
    parts = quantiles(words, n=20, method="inclusive") if len(words) > 1 else [words[0]] * 19
    return {
        "shortest": min(words),
        "a quarter below": round(parts[4]),
        "half below": round(parts[9]),
        "three quarters below": round(parts[14]),
        "19 of 20 below": round(parts[18]),
        "longest": max(words),
    }
