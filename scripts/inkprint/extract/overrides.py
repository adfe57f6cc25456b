"""overrides.yaml in the data folder: pages that a person keeps or drops, whatever the rules say.

book.pdf:
  keep: [12-16, 20]     # pages of the file, counted from 1, not the printed numbers
  drop: [313-352]
drop_examples: [example-51b8c0de9a77]   # of 03, by their ids: nothing for 01
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from inkprint.errors import UserError

OVERRIDES = "overrides.yaml"
EXAMPLES = "drop_examples"


@dataclass(frozen=True)
class Overrides:
    """Pages of one document, by number from 1."""

    keep: frozenset[int] = frozenset()
    drop: frozenset[int] = frozenset()


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    keep: list[int | str] = []
    drop: list[int | str] = []


def overrides_file(data: Path) -> Path:
    """Where the overrides of a data folder, or of a single document, would be."""
    return (data if data.is_dir() else data.parent) / OVERRIDES


def dropped_examples(path: Path) -> set[str]:
    """The examples that a person does not want, by id. UserError for anything but a list of ids."""
    ids = _read(path).get(EXAMPLES) or []
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise UserError(f"{path}: {EXAMPLES}: write a list of ids, [example-51b8c0de9a77]")
    return set(ids)


def _read(path: Path) -> dict[str, Any]:
    """The file's mapping; empty without the file."""
    if not path.is_file():
        return {}
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not readable as YAML: {' '.join(str(error).split())}") from None
    if not isinstance(values, dict):
        raise UserError(f"{path}: write it as book.pdf: {{keep: [12-16], drop: [313-352]}}")
    return values


def read_overrides(path: Path, documents: list[str]) -> dict[str, Overrides]:
    """What a person decided, by document; nothing without the file. UserError for what makes no sense."""
    values = {name: entry for name, entry in _read(path).items() if name != EXAMPLES}
    try:
        entries = TypeAdapter(dict[str, _Entry]).validate_python(values)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"][:2])
        raise UserError(
            f"{path}: {place}: write it as book.pdf: {{keep: [12-16], drop: [313-352]}}"
        ) from None
    found = {}
    for name, entry in entries.items():
        if name not in documents:
            raise UserError(f"{path}: {name}: no such document; there are: {', '.join(documents)}")
        keep, drop = (_pages(path, name, pages) for pages in (entry.keep, entry.drop))
        if both := sorted(keep & drop):
            raise UserError(f"{path}: {name}: page {both[0]} is to be kept and to be dropped")
        found[name] = Overrides(keep, drop)
    return found


def _pages(path: Path, name: str, parts: list[int | str]) -> frozenset[int]:
    pages: set[int] = set()
    for part in parts:
        match = re.fullmatch(r"(\d+)(?:\s*[-–]\s*(\d+))?", str(part).strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last:
            raise UserError(f"{path}: {name}: {part!r} is no page and no range of pages such as 12-16")
        pages.update(range(first, last + 1))
    return frozenset(pages)
