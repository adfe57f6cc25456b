"""What the report says about the data and the stages, counted from their files and read from manifests."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inkprint.artifacts import NUMBERS, read_manifest, stage_folder
from inkprint.jsonl import read_records
from inkprint.records import Page, Passage, Reject
from inkprint.report.examples import Made
from inkprint.report.numbers import dollars
from inkprint.sentences import sentence_spans

SPLITS = ("train", "validation", "test")
REASONS_SHOWN = 12


def read_json(path: Path) -> dict[str, Any]:
    """A JSON file of another stage."""
    return json.loads(path.read_text(encoding="utf-8"))


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """A JSONL file of another stage that has no record of its own, as training_log.jsonl."""
    with path.open(encoding="utf-8") as handle:
        return [json.loads(line) for line in handle]


def page_classes(path: Path) -> list[dict[str, Any]]:
    """Pages kept and dropped of each class, the most frequent first."""
    kept: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    for page in read_records(path, Page):
        (kept if page.kept else dropped)[page.page_class] += 1
    every = kept + dropped
    return [
        {"page_class": name, "kept": kept[name], "dropped": dropped[name]} for name, _ in every.most_common()
    ]


def splits(passages: list[Passage], examples: Sequence[Made]) -> list[dict[str, Any]]:
    """Chapters, passages, sentences, words and examples of each split; overlap is counted once."""
    rows = []
    for split in SPLITS:
        own = [passage for passage in passages if passage.split == split]
        rows.append(
            {
                "split": split,
                "chapters": len({(passage.document, passage.chapter) for passage in own}),
                "passages": len(own),
                "sentences": sum(_own_sentences(passage) for passage in own),
                "words": sum(passage.words - passage.overlap_words for passage in own),
                "examples": sum(example.split == split for example in examples),
            }
        )
    return rows


def _own_sentences(passage: Passage) -> int:
    own = passage.text.split(" ", passage.overlap_words)[-1] if passage.overlap_words else passage.text
    return sum(len(sentence_spans(paragraph)) for paragraph in own.split("\n\n"))


def reject_reasons(run_folder: Path) -> list[dict[str, Any]]:
    """What each stage left out, by reason, the most frequent first. Of examples `examples.how_made` tells."""
    rows = []
    for stage in (stage for stage in NUMBERS if stage != "synthesize"):
        path = stage_folder(run_folder, stage) / "rejects.jsonl"
        rejects = read_records(path, Reject) if path.is_file() else []
        reasons = Counter(reject.reason for reject in rejects)
        rows += [{"stage": stage, "reason": reason, "count": n} for reason, n in reasons.items()]
    return sorted(rows, key=lambda row: -row["count"])[:REASONS_SHOWN]


def stage_rows(run_folder: Path) -> list[dict[str, Any]]:
    """Per finished stage what its manifest says: counts, seconds, memory, device, commit, key."""
    rows = []
    for name in NUMBERS:
        manifest = read_manifest(stage_folder(run_folder, name))
        if manifest is not None and name != "report":
            rows.append(manifest | {"stage": f"{NUMBERS[name]} {name}"})
    return rows


def cost(rows: Sequence[dict[str, Any]], judge_dollars: float | None) -> dict[str, Any]:
    """Dollars that were paid to models' providers, and hours of each kind of GPU; no rent is known here.

    rows: what `stage_rows` found. A stage that was taken over was paid for, and computed, by another run.
    judge_dollars: what 06's judge was paid; None without one.
    """
    hours: Counter[str] = Counter()
    for row in rows:
        if "gpu" in row["peak_memory_bytes"]:
            hours[row["device"]] += row["seconds"] * row.get("processes", 1) / 3600
    paid = [(row["stage"], row["dollars"], row.get("reused_from", "")) for row in rows if "dollars" in row]
    if judge_dollars is not None:
        by = next((row.get("reused_from", "") for row in rows if row["stage"].endswith("evaluate")), "")
        paid.append(("the judge", judge_dollars, by))
    return {
        "paid": [{"what": what, "dollars": dollars(spent), "by": by} for what, spent, by in paid],
        "total": dollars(sum(spent for _, spent, _ in paid)),
        "gpu_hours": [{"device": device, "hours": f"{spent:,.2f}"} for device, spent in hours.items()],
    }


def versions(rows: list[dict[str, Any]]) -> dict[str, str]:
    """Every package's version; all of them where stages ran with different ones."""
    found: dict[str, list[str]] = {}
    for row in rows:
        for package, version in row["versions"].items():
            if version != "absent" and version not in found.setdefault(package, []):
                found[package].append(version)
    return {package: ", ".join(known) for package, known in found.items() if known}
