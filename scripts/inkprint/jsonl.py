"""Files between stages: one record a line, or one JSON document."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from inkprint.errors import UserError
from inkprint.records import Record

AnyRecord = TypeVar("AnyRecord", bound=Record)


def as_line(record: Record) -> str:
    """A record as it stands in a file, its end of line included."""
    return json.dumps(record.model_dump(), ensure_ascii=False) + "\n"


def write_records(path: Path, records: Iterable[Record]) -> int:
    """Write one record a line and return how many."""
    count = 0
    with path.open("w", encoding="utf-8") as handle:
        for record in records:
            handle.write(as_line(record))
            count += 1
    return count


def read_records(path: Path, kind: type[AnyRecord]) -> Iterator[AnyRecord]:
    """Yield the records of a JSONL file in order. Raises UserError naming the line that is broken."""
    with path.open(encoding="utf-8") as handle:
        for number, line in enumerate(handle, start=1):
            try:
                yield kind.model_validate_json(line)
            except ValidationError as error:
                problem = error.errors()[0]
                where = ".".join(str(part) for part in problem["loc"])
                cut = "" if line.endswith("\n") else " (the file ends in the middle of a line)"
                detail = f"{where + ': ' if where else ''}{problem['msg']}{cut}"
                text = f"{path}:{number}: not a {kind.__name__} record: {detail}"
                raise UserError(f"{text}; make the file again with --force") from None


def write_json(path: Path, value: object) -> None:
    """One JSON document, there as a whole or not at all; its folder is made where it is missing."""
    partial = path.with_name(path.name + ".new")
    partial.parent.mkdir(parents=True, exist_ok=True)
    partial.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.replace(path)
