"""A folder of texts as a table: <content>, <folder> (of aclImdb/train/pos/0_9.txt it is pos) and <file>."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from inkprint.extract.documents import decode_text
from inkprint.extract.encodings import as_utf8, what_else
from inkprint.extract.fields import FROM_PATH, SPLITS
from inkprint.extract.tables import RawRow
from inkprint.records import Split

# train.csv, test-00000-of-00002.parquet
_NUMBERED = re.compile(r"[-_]?\d+([-_]of[-_]\d+)?$")


def split_of(name: str) -> Split | None:
    """The split that a folder on the file's path, or the file's own name, says; the first that does."""
    *folders, file = PurePosixPath(name).parts
    for part in (*folders, _NUMBERED.sub("", file.partition(".")[0])):
        if part.casefold() in SPLITS:
            return SPLITS[part.casefold()]
    return None


def file_values(name: str) -> dict[str, Any]:
    """What a file's path tells of every row in it, under the names that stand for columns."""
    return {"<file>": name, "<folder>": PurePosixPath(name).parent.name, FROM_PATH: split_of(name)}


def tree_rows(files: dict[str, Path], labelled: bool) -> Iterator[RawRow]:
    """A row of each file, in order. `labelled`: a file that lies in no folder, or a split's, is no row."""
    for number, (name, path) in enumerate(files.items(), start=1):
        values = file_values(name)
        text = None
        problem = ""
        if labelled and values["<folder>"].casefold() in {"", *SPLITS}:
            problem = "lies in no label's folder"
        elif (text := decode_text(content := path.read_bytes())) is None or as_utf8(content) is None:
            problem = what_else(content) or ("not a text" if text is None else "")
        yield RawRow(name, number, "the file", values | {"<content>": text}, problem)
