"""All honesty checks of a run of chats, in the report's order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from inkprint.evaluate.checks import Material, check_answers
from inkprint.evaluate.false_alarms import check_false_alarms
from inkprint.evaluate.others import Judged
from inkprint.evaluate.voice_ends import check_voice_ends
from inkprint.jsonl import read_records
from inkprint.records import BackgroundPassage, Passage, Score


def check_honesty(
    material: Material,
    judged: Judged,
    scores: list[Score],
    primary: str,
    passages: Path,
    others: list[BackgroundPassage],
) -> tuple[list[dict[str, Any]], list[Score]]:
    """What the checks found, for metrics.json, and the scores of what they put in, for checks.jsonl.

    passages: the file of the author's passages, read where there are other authors'.
    """
    checks, lines = check_answers(material)
    own = list(read_records(passages, Passage)) if others else []
    for check, more in (
        check_voice_ends(material, judged, own, others),
        check_false_alarms(scores, primary, material.samples, material.seed),
    ):
        checks.append(check)
        lines += more
    return [check.found() for check in checks], lines
