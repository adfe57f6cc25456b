"""01 for tables: every row of every source, mapped as the recipe says, or rejected with the reason."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import IO, Any

from inkprint.artifacts import Stage
from inkprint.command import Command
from inkprint.errors import UserError
from inkprint.extract.documents import UNREAD
from inkprint.extract.fields import FROM_PATH, OTHER_LABEL, ROWS_LOOKED_AT, choose_columns, to_record
from inkprint.extract.sources import Source, find_sources, source_inputs
from inkprint.recipe import Extract
from inkprint.records import Record, Reject, Role, Row, content_id

FORMAT = 2
ROWS_A_WORD = 10_000  # between two words about how far it is
BROKEN_FEW, BROKEN_SHARE = 10, 0.05  # more lines that cannot be read, and the file is not what we think
REJECTED_SHARE = 0.5  # more rows without a text or a label, and the column is not what the user thinks
MOST_LABELS = 1000
SHOWN = 12


@dataclass
class Found:
    """What came out of one source, counted; `rejected` by reason."""

    rows: int = 0
    kept: int = 0
    broken: int = 0
    first_broken: str = ""
    columns: dict[Role, str] = field(default_factory=dict)  # that the roles were read from
    rejected: Counter[str] = field(default_factory=Counter)
    details: dict[str, str] = field(default_factory=dict)  # of the first row rejected for a reason
    changed: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)

    def add(self, record: Row | Reject, broken: bool) -> None:
        self.rows += 1
        if isinstance(record, Row):
            self.kept += 1
            for role, counter in (("label", self.labels), ("split", self.splits)):
                if role in record.fields:
                    counter[record.fields[role]] += 1
            return
        self.rejected[record.reason] += 1
        self.details.setdefault(record.reason, record.detail)
        self.broken += broken
        if broken and not self.first_broken:
            self.first_broken = f"{record.source_id}: {said(record)}"

    def facts(self) -> dict[str, Any]:
        """For the manifest."""
        counters = {name: getattr(self, name) for name in ("rejected", "changed", "labels", "splits")}
        return {"rows": self.rows, "kept": self.kept, "columns": self.columns} | {
            name: {key: count for key, count in sorted(counter.items()) if count}
            for name, counter in counters.items()
        }


def extract_rows(command: Command) -> None:
    """Read every table, write rows.jsonl and rejects.jsonl, say what was found."""
    settings = command.recipe.extract
    stage = Stage(
        run_folder=command.run_folder,
        name="extract",
        format_number=FORMAT,
        settings={"extract": settings.model_dump(exclude={"data"})},
        seed=command.recipe.seed,
        script=command.script,
        **source_inputs(settings, command.run_folder / "hashes.json"),
    )
    if command.settled(stage):
        return
    sources, found, failed = find_sources(settings, command.run_folder), {}, []
    with stage.writing() as folder:
        with (
            (folder / "rows.jsonl").open("wb") as rows,
            (folder / "rejects.jsonl").open("wb") as rejects,
            command.working().counter("tables", len(sources)) as advance,
        ):
            for number, source in enumerate(sources):
                places = rows.tell(), rejects.tell()
                try:
                    found[source.name] = read_source(
                        source, settings, rows, rejects, lambda note, done=number: advance(done, note)
                    )
                except UserError as error:
                    if settings.on_error == "stop":
                        raise
                    for handle, place in zip((rows, rejects), places, strict=True):
                        handle.seek(place)
                        handle.truncate()
                    failed.append(_failed(source.name, str(error)))
                    _write(rejects, failed[-1])
                    print(f"   {source.name}: rejected: {error}", flush=True)
                else:
                    print("\n".join(summary(source.name, found[source.name])), flush=True)
                advance(number + 1)
        check_all(found, failed)
        rows_in, kept = (sum(getattr(one, key) for one in found.values()) for key in ("rows", "kept"))
        counts = {
            "unit": "rows", "in": rows_in + len(failed), "out": kept, "rejected": rows_in - kept,
            "failed": len(failed),
        }  # fmt: skip
        stage.finish(counts, tables={name: one.facts() for name, one in found.items()})
    print(f"   kept {kept:,} of {rows_in:,} rows of {len(found)} tables -> {stage.folder}")


def read_source(
    source: Source,
    settings: Extract,
    rows: IO[bytes],
    rejects: IO[bytes],
    tell: Callable[[str], None],
) -> Found:
    """Write a source's rows and rejects. Raises UserError where too few of its rows come to anything."""
    mapped = settings.columns or {}
    found = Found()
    raw_rows = source.rows()
    first = list(islice(raw_rows, ROWS_LOOKED_AT))
    found.columns = choose_columns(source.name, first, mapped)
    columns: dict[Role, str] = {"split": FROM_PATH} | found.columns
    for raw in chain(first, raw_rows):
        record = to_record(raw, columns, settings.labels, found.changed)
        found.add(record, broken=bool(raw.problem))
        _write(rows if isinstance(record, Row) else rejects, record)
        if len(found.labels) > MOST_LABELS:
            raise UserError(
                f"{source.name}: more than {MOST_LABELS:,} labels in {found.rows:,} rows:"
                f" is {mapped['label']!r} (extract.columns.label) the column of labels?"
            )
        if found.rows % ROWS_A_WORD == 0:
            tell(f"{found.rows:,} rows of {source.name}")
            check_shares(source.name, found)
    check_shares(source.name, found)
    return found


def check_shares(name: str, found: Found) -> None:
    """Raise UserError where so many rows are broken or empty that the table is not what was thought."""
    if found.broken > max(BROKEN_FEW, BROKEN_SHARE * found.rows):
        raise UserError(
            f"{name}: {found.broken:,} of {found.rows:,} rows cannot be read; the first: {found.first_broken}"
        )
    left_out = found.rows - found.kept - found.rejected[OTHER_LABEL]
    if left_out > REJECTED_SHARE * found.rows:
        reason, count = found.rejected.most_common(1)[0]
        detail = f" ({found.details[reason]})" if found.details[reason] else ""
        raise UserError(
            f"{name}: {left_out:,} of {found.rows:,} rows come to nothing, {count:,} for: {reason}{detail};"
            " see extract.columns"
        )


def said(reject: Reject) -> str:
    """A reject's reason with its detail."""
    return f"{reject.reason}: {reject.detail}" if reject.detail else reject.reason


def check_all(found: dict[str, Found], failed: list[Reject]) -> None:
    """Raise UserError where nothing is left, or where only a part of the rows has a split."""
    if not sum(one.kept for one in found.values()):
        reasons = sum((one.rejected for one in found.values()), Counter())
        why = failed[0].detail if failed else ", ".join(f"{n:,} {reason}" for reason, n in reasons.items())
        raise UserError(f"extract: no row was kept: {why or 'the tables are empty'}")
    without = [name for name, one in found.items() if one.kept > one.splits.total()]
    if without and any(one.splits for one in found.values()):
        raise UserError(
            f"{without[0]}: its rows belong to no split, and those of other tables do, by their names:"
            " call folder or file train, validation or test, or map a column in extract.columns.split"
        )


def summary(name: str, found: Found) -> Iterator[str]:
    """What a person should see of one source."""
    yield f"   {name}: {found.kept:,} of {found.rows:,} rows kept"
    yield f"     columns: {', '.join(f'{role} from {column}' for role, column in found.columns.items())}"
    for reason, count in sorted(found.rejected.items(), key=lambda pair: (-pair[1], pair[0]))[:SHOWN]:
        yield f"     rejected {count:>7,} {reason}"
    if found.first_broken:
        yield f"     the first that cannot be read: {found.first_broken}"
    for what, counter in (("labels", found.labels), ("splits", found.splits), ("changed", found.changed)):
        counts = [(key, count) for key, count in sorted(counter.items()) if count]
        more = f", and {len(counts) - SHOWN} more" if len(counts) > SHOWN else ""
        if counts:
            yield f"     {what}: {', '.join(f'{key} {count:,}' for key, count in counts[:SHOWN])}{more}"


def _failed(name: str, problem: str) -> Reject:
    return Reject(
        id=content_id("reject", name, problem), source_id=name, reason=UNREAD, text="", detail=problem
    )


def _write(handle: IO[bytes], record: Record) -> None:
    handle.write((json.dumps(record.model_dump(), ensure_ascii=False) + "\n").encode("utf-8"))
