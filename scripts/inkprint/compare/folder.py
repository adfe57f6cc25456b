"""Where a comparison lands: as a whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from inkprint.hashes import hash_json

LONGEST_NAME = 120  # letters; a file system takes 255 bytes


def folder_of(root: Path, names: Sequence[str], kind: str) -> Path:
    """artifacts/compare/one+other; many names are cut, with a hash of all. kind: "-redacted" or "-blind"."""
    name = "+".join(names)
    if len(name) > LONGEST_NAME:
        name = f"{name[:LONGEST_NAME]}-{hash_json(list(names))[:8]}"
    return root / "compare" / f"{name}{kind}"


@contextmanager
def writing(folder: Path) -> Iterator[Path]:
    """A folder beside it to write into; it takes the old one's place when all went well, and goes if not."""
    partial = folder.with_name(folder.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    partial.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
