"""overrides.yaml in the data folder: pages that a person keeps or drops, whatever the rules say.

book.pdf:
  keep: [12-16, 20]     # pages of the file, counted from 1, not the printed numbers
  drop: [313-352]
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from inkprint.errors import UserError

OVERRIDES = "overrides.yaml"


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


def read_overrides(path: Path, documents: list[str]) -> dict[str, Overrides]:
    """What a person decided, by document; nothing without the file. UserError for what makes no sense."""
    if not path.is_file():
        return {}
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        entries = TypeAdapter(dict[str, _Entry]).validate_python(values)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not readable as YAML: {' '.join(str(error).split())}") from None
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
