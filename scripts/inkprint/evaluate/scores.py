"""How a score becomes a record, whatever is measured."""

from __future__ import annotations

from inkprint.records import Score, content_id


def make_score(
    metric: str, variant: str, source_id: str, example_id: str | None, value: float, weight: float
) -> Score:
    return Score(
        id=content_id("score", metric, variant, example_id or source_id),
        metric=metric,
        variant=variant,
        source_id=source_id,
        example_id=example_id,
        value=round(float(value), 6),
        weight=float(weight),
    )
