"""02 for tables: every text once, no group or prompt in two splits, each label's share in every split.

The rows are read up to three times, so that memory holds a few numbers of each and all texts only once.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from sys import intern

import numpy as np

from inkprint.artifacts import Stage
from inkprint.command import Command
from inkprint.errors import UserError
from inkprint.jsonl import read_records
from inkprint.prepare.duplicates import find_repeats, shingle
from inkprint.prepare.row_splits import HELD_OUT_FIRST, gather, split_units
from inkprint.prepare.rows_review import Seen, summary, write_rows_review
from inkprint.recipe import Prepare
from inkprint.records import Reject, Role, Row, Split, SplitRow, content_id

FORMAT = 1
ASKED: tuple[Role, ...] = ("text", "system", "prompt", "input")  # what two splits must not share
READ: tuple[Role, ...] = (*ASKED, "answer")  # what makes two rows the same


@dataclass(slots=True)
class Known:
    """What is remembered of a row. `split` is the one it came with, then its own."""

    source: str
    row: int
    content: bytes
    asked: bytes
    group: str  # "" without
    label: str
    split: Split | None
    problem: str = ""
    detail: str = ""


def prepare_rows(command: Command) -> None:
    """Reject what repeats, hold out, write rows.jsonl, rejects.jsonl and review.html."""
    recipe, settings = command.recipe, command.recipe.prepare
    stage = Stage(
        run_folder=command.run_folder,
        name="prepare",
        format_number=FORMAT,
        settings={"prepare": settings.model_dump()},
        seed=recipe.seed,
        inputs=command.inputs("01_extract/rows.jsonl"),
        script=command.script,
    )
    if command.settled(stage):
        return
    path = stage.inputs["01_extract/rows.jsonl"]
    known = [remember(row) for row in read_records(path, Row)]
    reject_conflicts(known)
    reject_repeated(known)
    if settings.near_duplicate is not None:
        reject_similar(known, path, settings.near_duplicate)
    note = hold_out(known, settings, recipe.seed)
    reject_shared(known)
    check_splits(known)
    with stage.writing() as folder:
        seen = write_rows(path, known, folder)
        write_rows_review(seen, folder, recipe.run)
        out, rejected = (counter.total() for counter in (sum(seen.labels.values(), Counter()), seen.reasons))
        stage.finish({"unit": "rows", "in": len(known), "out": out, "rejected": rejected, "failed": 0})
    if note:
        print(f"   {note}")
    print("\n".join(summary(seen)))
    print(f"   {'review':<11}{stage.folder / 'review.html'}")


def remember(row: Row) -> Known:
    """A row without its text."""
    label, group = (intern(row.fields.get(role, "")) for role in ("label", "group"))
    content = _digest(row.fields, READ)
    asked = _digest(row.fields, ASKED)
    split = row.fields.get("split")
    return Known(intern(row.source), row.row, content, asked, group, label, split)  # type: ignore[arg-type]


def _digest(fields: dict[Role, str], roles: tuple[Role, ...]) -> bytes:
    """The same for texts that differ only in case and space: C and C++ are two."""
    parts = [" ".join(fields.get(role, "").casefold().split()) for role in roles]
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=12).digest()


def kept(known: list[Known]) -> Iterator[Known]:
    """Those that nothing speaks against so far."""
    return (row for row in known if not row.problem)


def reject_conflicts(known: list[Known]) -> None:
    """Reject the rows whose text has two labels: which of them is right nobody can tell."""
    labels: dict[bytes, str] = {}
    conflicts: dict[bytes, set[str]] = {}
    for row in known:
        if labels.setdefault(row.content, row.label) != row.label:
            conflicts.setdefault(row.content, {labels[row.content]}).add(row.label)
    for row in known:
        if row.content in conflicts:
            row.problem, row.detail = (
                "the same text has two labels",
                ", ".join(sorted(conflicts[row.content])),
            )


def reject_repeated(known: list[Known]) -> None:
    """Reject what was there before, where what came as test counts as first, then validation."""
    first: dict[bytes, Known] = {}
    for row in sorted(kept(known), key=_came_as):
        original = first.setdefault(row.content, row)
        if original is not row:
            row.problem, row.detail = "the same text", _place(original)


def reject_similar(known: list[Known], path: Path, threshold: float) -> None:
    """Reject near-duplicates of rows that count as first; what came as validation or test stays."""
    order = sorted(
        (number for number, row in enumerate(known) if not row.problem), key=lambda n: _came_as(known[n])
    )
    place = {number: position for position, number in enumerate(order)}
    texts = [""] * len(order)
    for number, row in enumerate(read_records(path, Row)):
        if number in place:
            texts[place[number]] = _text(row.fields)
    shingles = shingle(texts)
    del texts
    fixed = sum(known[number].split in ("test", "validation") for number in order)
    pairs = {order[one]: order[repeat.of] for one, repeat in find_repeats(shingles, threshold, fixed).items()}
    involved = {*pairs, *pairs.values()}
    fields = (
        {n: row.fields for n, row in enumerate(read_records(path, Row)) if n in involved} if pairs else {}
    )
    for number, original in pairs.items():
        if all_alike(fields[number], fields[original], threshold):
            known[number].problem, known[number].detail = "nearly the same text", _place(known[original])


def all_alike(one: dict[Role, str], other: dict[Role, str], threshold: float) -> bool:
    """Whether each text of a row is like the other's: ten questions about one long input are ten rows."""
    for role in READ:
        pair = shingle([one.get(role, ""), other.get(role, "")])
        common = len(np.intersect1d(pair.of(0), pair.of(1), assume_unique=True))
        if common < threshold * (len(pair.values) - common):
            return False
    return True


def _text(fields: dict[Role, str]) -> str:
    """All that is read or learned of a row."""
    return "\n".join(fields[role] for role in READ if fields.get(role))


def _came_as(row: Known) -> int:
    return HELD_OUT_FIRST.index(row.split or "train")


def _place(row: Known) -> str:
    return f"row {row.row} of {row.source}"


def hold_out(known: list[Known], settings: Prepare, seed: int) -> str:
    """Give every row that is kept its split. Returns what a person should know of it.

    Splits that came with the data stay, if train is one of several; what is missing is cut from train.
    """
    came = {row.split for row in known if row.split}
    if came and not (len(came) > 1 and "train" in came):
        note = f"all rows came as {', '.join(sorted(came))}: split anew"
        came = set()
    else:
        note = f"splits as they came: {', '.join(sorted(came))}" if came else ""
    free = [row for row in kept(known) if not came or row.split == "train"]
    assert not isinstance(settings.validation, list) and not isinstance(settings.test, list)
    validation = 0.0 if "validation" in came else settings.validation
    test = 0.0 if "test" in came else settings.test
    splits = split_units(gather((_unit(row), row.label) for row in free), validation, test, seed)
    for row in free:
        row.split = splits[_unit(row)]
    return note


def _unit(row: Known) -> bytes:
    """What stays together, as the key of a unit."""
    return _group(row) or row.asked


def _group(row: Known) -> bytes:
    return f"group {row.group}".encode() if row.group else b""


def reject_shared(known: list[Known]) -> None:
    """Reject rows whose group or prompt is also held out: from train first, test is never touched."""
    held: dict[bytes, Split] = {}
    for split in HELD_OUT_FIRST:
        own = [row for row in kept(known) if row.split == split]
        for row in own:
            for what, key in (("group", _group(row)), ("prompt", row.asked)):
                if key in held:
                    row.problem, row.detail = f"its {what} is held out", held[key]
        for row in own:
            if not row.problem:
                held[row.asked] = held[_unit(row)] = split


def check_splits(known: list[Known]) -> None:
    """Raise UserError when a split has no row: nothing could be trained on, chosen by or tested on."""
    counts = Counter(row.split for row in kept(known))
    for name in ("train", "validation", "test"):
        if not counts[name]:
            raise UserError(
                f"prepare: no row is left for {name}: {counts.total():,} of {len(known):,} were kept, in"
                f" {len({_unit(row) for row in kept(known)}):,} groups; change prepare.validation and"
                " prepare.test, or add rows"
            )


def write_rows(path: Path, known: list[Known], folder: Path) -> Seen:
    """Write rows.jsonl and rejects.jsonl; returns what was in them."""
    seen = Seen()
    with (
        (folder / "rows.jsonl").open("w", encoding="utf-8") as rows,
        (folder / "rejects.jsonl").open("w", encoding="utf-8") as rejects,
    ):
        for row, of_row in zip(read_records(path, Row), known, strict=True):
            record = _record(row, of_row)
            seen.add(record)
            handle = rows if isinstance(record, SplitRow) else rejects
            handle.write(json.dumps(record.model_dump(), ensure_ascii=False) + "\n")
    return seen


def _record(row: Row, known: Known) -> SplitRow | Reject:
    text = _text(row.fields)
    if known.problem or known.split is None:
        reject_id = content_id("reject", row.id, row.row, known.problem)
        return Reject(id=reject_id, source_id=row.id, reason=known.problem, text=text, detail=known.detail)
    return SplitRow(
        id=row.id,
        source=row.source,
        row=row.row,
        fields={role: text for role, text in row.fields.items() if role != "split"},
        split=known.split,
        words=len(text.split()),
    )
