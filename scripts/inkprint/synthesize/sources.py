"""What examples are made of: a passage of a book or a row of a table, read one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from inkprint.jsonl import read_records
from inkprint.records import Passage, Role, Split, SplitRow


@dataclass(frozen=True)
class Source:
    """A passage or a row, with what the tasks read of it."""

    id: str
    split: Split
    document: str  # the file that it is from
    chapter: str  # "" for rows
    fields: dict[Role, str]  # of a passage its text alone

    @property
    def text(self) -> str:
        return self.fields["text"]


def read_sources(path: Path) -> Iterator[Source]:
    """The records of 02_prepare/passages.jsonl or 02_prepare/rows.jsonl, in their order."""
    if path.name == "rows.jsonl":
        for row in read_records(path, SplitRow):
            yield Source(row.id, row.split, row.source, "", row.fields)
    else:
        for passage in read_records(path, Passage):
            fields: dict[Role, str] = {"text": passage.text}
            yield Source(passage.id, passage.split, passage.document, passage.chapter, fields)
