"""A stage's folder under artifacts/<run>/: is it up to date, and how is it written safely.

The folder appears whole or not at all: a stage writes into `<stage>.partial/` and renames it last.
manifest.json in it is the done-marker and the evidence.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inkprint.errors import UserError
from inkprint.evidence import device_name, git_commit, peak_memory_bytes, versions
from inkprint.hashes import HashCache, hash_file, hash_json
from inkprint.jsonl import write_json

# Replaced results of these cost hours or money: they are moved aside, never deleted.
PRECIOUS = {"synthesize", "train", "generate"}
NUMBERS = {
    "extract": "01",
    "prepare": "02",
    "synthesize": "03",
    "train": "04",
    "generate": "05",
    "evaluate": "06",
    "report": "07",
}
# A run with this file is a rehearsal of another: what it took says nothing about a run.
REHEARSAL = "rehearsal.json"
# Parts of the package that are neither a stage's own nor everybody's.
PARTS = {"synthesize": ("asking",)}


def stage_folder(run_folder: Path, stage: str) -> Path:
    return run_folder / f"{NUMBERS[stage]}_{stage}"


@dataclass
class Stage:
    """One stage of one run: what its result depends on, and where the result goes.

    `settings` are the parts of the recipe that it reads, `inputs` the files by a name that does not
    depend on the machine (`02_prepare/passages.jsonl`, `data/book.pdf`), `identities` inputs that are not
    files here (a model's revision on the Hub). `absent` names by prefix what cannot be compared on this
    machine: a run that is carried to a GPU box goes without its books. `format_number` goes up when the
    meaning of the output changes.
    """

    run_folder: Path
    name: str
    format_number: int
    settings: dict[str, Any]
    seed: int
    inputs: dict[str, Path]
    prompts: dict[str, Path] = field(default_factory=dict)
    identities: dict[str, str] = field(default_factory=dict)
    absent: dict[str, Path] = field(default_factory=dict)
    script: Path | None = None

    def __post_init__(self) -> None:
        self.folder = stage_folder(self.run_folder, self.name)
        self._partial = self.folder.with_name(self.folder.name + ".partial")
        self._hashes = HashCache(self.run_folder / "hashes.json")
        self._started = time.monotonic()

    # -- is there anything to do --------------------------------------------------------------

    def state(self) -> tuple[bool, str]:
        """Whether the result here is up to date, and why or why not in a few words."""
        self._finish_interrupted_rename()
        manifest = read_manifest(self.folder)
        if manifest is None:
            return False, "not made yet"
        changed = self._changes(manifest)
        if changed:
            return False, changed
        for name, digest in manifest["outputs"].items():
            if self._hashes.digest(self.folder / name) != digest:
                return False, f"{self.folder.name}/{name} is missing or was changed by hand"
        notes = [f"{path} is not here to compare" for path in self._not_here()]
        if manifest["script_sha256"] != self._script_digest():
            notes.append("made by older code; --force redoes")
        return True, "up to date" + (f" ({'; '.join(notes)})" if notes else "")

    def key(self) -> str:
        """A SHA-256 over everything that the result is a function of."""
        return hash_json(self._identity())

    def reuse(self) -> str | None:
        """Take the result over from another run with the same key. Returns that run's name."""
        key = self.key()
        for other in sorted(self.run_folder.parent.iterdir()):
            source = stage_folder(other, self.name)
            manifest = read_manifest(source) if other != self.run_folder else None
            if manifest is None or manifest["key"] != key:
                continue
            if not self._intact(source, manifest):
                continue
            self._clear_partial()
            shutil.copytree(source, self._partial, copy_function=link_or_copy)
            # A copy of its own, for the file is a link to the other run's.
            (self._partial / "manifest.json").unlink()
            write_json(self._partial / "manifest.json", manifest | {"reused_from": other.name})
            self._land()
            return other.name
        return None

    def estimate_seconds(self) -> float | None:
        """Seconds that this stage took here before, scaled by the size of its inputs; None if it never ran.

        Only runs with the same settings for the model count where there are such: another model's
        hours say nothing.
        """
        size = self._input_bytes()
        for other in (self.run_folder, *sorted(self.run_folder.parent.glob("*"))):
            manifest = read_manifest(stage_folder(other, self.name))
            if manifest is None or not manifest["input_bytes"] or manifest["device"] != device_name():
                continue
            if other != self.run_folder and (other / REHEARSAL).is_file():
                continue
            if manifest["settings"].get("model") == self.settings.get("model"):
                return manifest["seconds"] * size / manifest["input_bytes"]
        return None

    # -- writing ------------------------------------------------------------------------------

    @property
    def work_folder(self) -> Path:
        """Where finished items and checkpoints of this very result survive a kill."""
        return self.run_folder / "work" / f"{self.folder.name}-{self.key()[:12]}"

    @property
    def _retired(self) -> Path:
        return self.work_folder.with_name(self.work_folder.name + ".done")

    @contextlib.contextmanager
    def writing(self) -> Iterator[Path]:
        """Yield the partial folder. `finish` lands it; any exception leaves the old result as it was."""
        self._clear_partial()
        self._partial.mkdir(parents=True)
        try:
            yield self._partial
        except BaseException:
            self._clear_partial()
            raise

    def finish(self, counts: dict[str, Any], helpers_bytes: int = 0, **facts: object) -> None:
        """Write the manifest and put the new folder in place of the old one.

        counts: unit, in, out, rejected, failed. helpers_bytes: see peak_memory_bytes.
        facts: whatever else is evidence for this stage.
        """
        balance = counts["out"] + counts["rejected"] + counts["failed"]
        assert counts["in"] == balance, f"{self.name} lost something: {counts}"
        outputs = sorted(p for p in self._partial.rglob("*") if p.is_file())
        manifest = {
            "stage": self.name,
            "key": self.key(),
            **self._identity(),
            "outputs": {str(p.relative_to(self._partial)): hash_file(p) for p in outputs},
            "counts": counts,
            **facts,
            "input_bytes": self._input_bytes(),
            "seconds": round(time.monotonic() - self._started, 1),
            "peak_memory_bytes": peak_memory_bytes(helpers_bytes),
            "device": device_name(),
            "versions": versions(),
            "commit": git_commit(),
            "script_sha256": self._script_digest(),
            "finished": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        }
        write_json(self._partial / "manifest.json", manifest)
        self._retire_work()
        self._land()
        self._clear_retired()

    # -- inside -------------------------------------------------------------------------------

    def _identity(self) -> dict[str, Any]:
        return {
            "format": self.format_number,
            "seed": self.seed,
            "settings": self.settings,
            "inputs": {name: self._hashes.digest(path) for name, path in sorted(self.inputs.items())}
            | self.identities,
            "prompts": {name: hash_file(path) for name, path in sorted(self.prompts.items())},
        }

    def _intact(self, folder: Path, manifest: dict[str, Any]) -> bool:
        return all(self._hashes.digest(folder / name) == sha for name, sha in manifest["outputs"].items())

    def _input_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.inputs.values() if path.exists())

    def _not_here(self) -> list[Path]:
        return [*self.absent.values(), *(path for path in self.inputs.values() if not path.exists())]

    def _changes(self, manifest: dict[str, Any]) -> str:
        now = self._identity()
        for part in ("format", "seed", "settings", "prompts"):
            if manifest.get(part) != now[part]:
                return _difference(part, manifest.get(part), now[part])
        before, after = manifest["inputs"], now["inputs"]
        for name in sorted(set(before) | set(after)):
            not_here = name.startswith(tuple(self.absent)) or (name in after and after[name] is None)
            if before.get(name) != after.get(name) and not not_here:
                what = "new" if name not in before else "gone" if name not in after else "changed"
                return f"{name} is {what}"
        return ""

    def _script_digest(self) -> str:
        package = Path(__file__).parent
        folders = [package, *(package / name for name in (self.name, *PARTS.get(self.name, ())))]
        # Templates and styles, too.
        files = [path for folder in folders for path in folder.glob("*.*") if path.is_file()]
        files += [self.script] if self.script else []
        return hash_json([hash_file(path) for path in sorted(files)])

    def _finish_interrupted_rename(self) -> None:
        # Killed after the manifest was written and before the new folder was in place.
        manifest = read_manifest(self._partial)
        if manifest is not None and manifest["key"] == self.key():
            self._retire_work()
            self._land()
        self._clear_retired()

    def _retire_work(self) -> None:
        # Not deleted where it stands: a kill meanwhile would leave what looks like work to go on with.
        if self.work_folder.exists():
            self._clear_retired()
            self.work_folder.rename(self._retired)

    def _clear_retired(self) -> None:
        shutil.rmtree(self._retired, ignore_errors=True)

    def _land(self) -> None:
        if self.folder.exists():
            manifest = read_manifest(self.folder)
            if self.name in PRECIOUS and manifest is not None:
                aside = self.run_folder / "previous" / f"{self.name}-{manifest['key'][:12]}"
                aside.parent.mkdir(exist_ok=True)
                shutil.rmtree(aside, ignore_errors=True)
                self.folder.rename(aside)
            else:
                shutil.rmtree(self.folder)
        self._partial.rename(self.folder)

    def _clear_partial(self) -> None:
        if self._partial.exists():
            shutil.rmtree(self._partial)


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a finished stage folder, or None."""
    path = folder / "manifest.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):  # a stray file among the runs
        return None
    except ValueError:
        raise UserError(f"{path}: damaged; delete the folder {folder} and run again") from None


def _difference(part: str, before: Any, now: Any) -> str:
    """Name the first setting that differs: `train.learning_rate was 0.001, is 0.0001`."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in sorted(set(before) | set(now)):
            if before.get(key) != now.get(key):
                name = key if part == "settings" else f"{part}.{key}"
                if part == "prompts":
                    return f"{key} changed"
                return _difference(name, before.get(key), now.get(key))
    return f"{part} was {json.dumps(before)}, is {json.dumps(now)}"


def link_or_copy(source: str | Path, target: str | Path) -> None:
    """One file in two places: as a link where the file system can, else as a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
