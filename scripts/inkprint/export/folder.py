"""Where an export lands: as a whole or not at all, with a manifest of what it was made from."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkprint.artifacts import link_or_copy, read_manifest
from inkprint.console import duration
from inkprint.errors import UserError
from inkprint.evidence import device_name, git_commit, peak_memory_bytes, versions
from inkprint.hashes import hash_file, hash_json
from inkprint.jsonl import write_json

GB = 1e9
MEMORY_SHARE = 1.1  # of the weights' size: what is held beside them


@dataclass
class Export:
    """One export: what it is made from (`identity`, whatever JSON can say), and its folder."""

    folder: Path
    identity: dict[str, Any]

    def __post_init__(self) -> None:
        self._partial = self.folder.with_name(self.folder.name + ".partial")
        self._started = time.monotonic()

    def check_place(self) -> None:
        """Raise UserError for a folder that holds something else: an export would take its place."""
        if self.folder.exists() and "export" not in (read_manifest(self.folder) or {}):
            raise UserError(
                f"{self.folder}: there, and no export of Inkprint's; name another folder with --out"
            )

    def state(self) -> dict[str, Any] | None:
        """The manifest of an export of the same things that is here and whole; else None."""
        manifest = read_manifest(self.folder) if self.folder.exists() else None
        if manifest is None or manifest["key"] != hash_json(self.identity):
            return None
        whole = all(
            (path := self.folder / name).is_file() and hash_file(path) == digest
            for name, digest in manifest["outputs"].items()
        )
        return manifest if whole else None

    @contextmanager
    def writing(self, kept: dict[str, Any] | None) -> Iterator[Path]:
        """The partial folder, with the files of an earlier export in it; it goes where anything fails."""
        shutil.rmtree(self._partial, ignore_errors=True)
        self._partial.mkdir(parents=True)
        try:
            for name in kept["outputs"] if kept else ():
                (self._partial / name).parent.mkdir(exist_ok=True)
                link_or_copy(self.folder / name, self._partial / name)
            yield self._partial
        except BaseException:
            shutil.rmtree(self._partial, ignore_errors=True)
            raise

    def land(self) -> None:
        """Write the manifest and put the new folder in place of the old one."""
        paths = sorted(path for path in self._partial.rglob("*") if path.is_file())
        for path in paths:
            path.chmod(0o644)  # safetensors writes for its owner alone, and a server may be somebody else
        manifest = {
            "export": self.identity["run"],
            "key": hash_json(self.identity),
            **self.identity,
            "outputs": {str(path.relative_to(self._partial)): hash_file(path) for path in paths},
            "seconds": round(time.monotonic() - self._started, 1),
            "peak_memory_bytes": peak_memory_bytes(),
            "device": device_name(),
            "versions": versions(),
            "commit": git_commit(),
            "finished": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        }
        write_json(self._partial / "manifest.json", manifest)
        old = self.folder.with_name(self.folder.name + ".old")
        shutil.rmtree(old, ignore_errors=True)
        if self.folder.exists():
            self.folder.rename(old)
        self._partial.rename(self.folder)
        shutil.rmtree(old, ignore_errors=True)

    def took(self) -> str:
        return duration(time.monotonic() - self._started)


def check_room(folder: Path, wanted_bytes: float, what: str) -> None:
    """Raise UserError where a folder's disk has less free than is wanted."""
    place = folder
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < wanted_bytes:
        raise UserError(
            f"{place}: {free / GB:.1f} GB free, and {what} take {wanted_bytes / GB:.1f} GB;"
            " make room, or name a folder on another disk with --out"
        )


def check_memory(weights_bytes: float) -> None:
    """Raise UserError where this machine's free memory does not hold the weights."""
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    (free,) = (int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    wanted = MEMORY_SHARE * weights_bytes
    if free < wanted:
        raise UserError(
            f"merging takes {wanted / GB:.0f} GB of memory, and {free / GB:.0f} GB are free here:"
            " carry the run to a machine that has them (the adapter is small), or use the adapter as it is"
        )
