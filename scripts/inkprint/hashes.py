"""SHA-256 of files and of values: what a stage's freshness rests on."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from inkprint.jsonl import write_json

HASH_ANEW_BELOW_BYTES = 1_000_000  # smaller files are hashed every time: it costs a millisecond


def hash_file(path: Path) -> str:
    """A file's SHA-256 in hexadecimal; gigabytes are read in pieces."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def hash_json(value: object) -> str:
    """The SHA-256 of a value as JSON with sorted keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


class HashCache:
    """SHA-256 of files, remembered with size and time so that gigabytes are read once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, list[Any]] | None = None

    def digest(self, path: Path) -> str | None:
        """The file's hash, or None when there is no such file."""
        try:
            stat = path.stat()
        except FileNotFoundError:
            return None
        if stat.st_size < HASH_ANEW_BELOW_BYTES:
            return hash_file(path)
        if self._known is None:
            self._known = json.loads(self._path.read_text()) if self._path.exists() else {}
        name, stamp = os.path.relpath(path, self._path.parent), [stat.st_size, stat.st_mtime_ns]
        if self._known.get(name, [])[:2] != stamp:
            self._known[name] = [*stamp, hash_file(path)]
            with contextlib.suppress(OSError):  # only a convenience: a read-only folder hashes again
                write_json(self._path, self._known)
        return self._known[name][2]
