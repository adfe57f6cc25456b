"""What the recipe's `extract.data` is where it is tables: files, a tree of texts, or a data set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from inkprint.errors import UserError
from inkprint.extract.documents import find_documents
from inkprint.extract.fields import FROM_PATH
from inkprint.extract.hub import hub_rows
from inkprint.extract.tables import RawRow, read_table
from inkprint.extract.trees import file_values, split_of, tree_rows
from inkprint.hashes import HashCache, hash_json
from inkprint.recipe import Extract


@dataclass(frozen=True)
class Source:
    """A file, a tree of files or a split of a data set: its rows, and what is the same for all of them."""

    name: str
    read: partial[Iterator[RawRow]]
    values: dict[str, Any] = field(default_factory=dict)  # by the columns in angles

    def rows(self) -> Iterator[RawRow]:
        """Every row of it. Raises UserError for a source that is none, or is damaged."""
        for raw in self.read():
            raw.values.update(self.values)
            yield raw


def find_sources(settings: Extract, scratch: Path) -> list[Source]:
    """The tables that the recipe names, in order. Raises UserError where there are none.

    scratch: an existing folder for what a data set needs while it is read.
    """
    columns = (settings.columns or {}).values()
    if (data := settings.hub) is not None:
        parts = [part.strip() for part in data.split.split("+")]
        name = data.dataset if data.folder is None else data.folder.name
        return [
            Source(place, partial(hub_rows, data, part, place, scratch), _part_values(part))
            for part in parts
            for place in [f"{name}/{part}"]
        ]
    files = find_documents(settings.path)
    if not files:
        raise UserError(f"{settings.path}: no files in it; put tables there: CSV, JSON, JSON Lines, Parquet")
    if _is_tree(settings):
        return [Source(settings.path.name, partial(tree_rows, files, "<folder>" in columns))]
    names = [name for column in columns for name in dict.fromkeys((column, *column.split("|")))]
    wanted = [name for name in names if not name.startswith("<")]
    return [
        Source(name, partial(read_table, path, name, wanted), file_values(name))
        for name, path in files.items()
    ]


def source_inputs(settings: Extract, hashes: Path) -> dict[str, Any]:
    """The data as arguments of artifacts.Stage: files by content, a data set of the Hub by revision.

    hashes: the run's file of remembered hashes.
    """
    identities: dict[str, str] = {}
    if (data := settings.hub) is not None:
        part = f"{data.config or ''}:{data.split}"
        identities["data set"] = f"{data.dataset}@{data.revision}:{part}" if data.folder is None else part
        if data.folder is None:
            return {"inputs": {}, "identities": identities}
    if not settings.path.exists():
        return {"inputs": {}, "identities": identities, "absent": {"data/": settings.path}}
    files = find_documents(settings.path)
    if _is_tree(settings):  # of a hundred thousand files one hash
        cache = HashCache(hashes)
        identities["data/"] = hash_json({name: cache.digest(path) for name, path in files.items()})
        files = {}
    return {"inputs": {f"data/{name}": path for name, path in files.items()}, "identities": identities}


def _is_tree(settings: Extract) -> bool:
    return "<content>" in (settings.columns or {}).values()


def _part_values(part: str) -> dict[str, Any]:
    name = part.partition("[")[0]
    return {"<file>": part, "<folder>": name, FROM_PATH: split_of(name)}
