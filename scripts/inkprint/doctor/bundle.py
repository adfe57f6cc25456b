"""A run, packed for a bug report: what happened and on what, without the book's text and without keys."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from inkprint.errors import UserError

# Records hold the author's text, and a mask proof a sample of it; figures and weights are large.
PACKED = ("recipe.yaml", "*/manifest.json", "*/training_log.jsonl", "logs/*.log", "logs/status.json")
SECRET_NAME = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD)$")
SECRET = re.compile(r"\b(sk-[\w-]{8,}|hf_\w{8,}|(?:gh[pousr]|github_pat)_\w{8,})")


def pack(artifacts: Path, run: str) -> Path:
    """Write `<artifacts>/<run>-bundle.zip`; return its path. Raises UserError when there is no such run."""
    folder = artifacts / run
    if not folder.is_dir():
        there = sorted(path.parent.parent.name for path in artifacts.glob("*/logs/status.json"))
        raise UserError(f"{folder}: no such run; there are: {', '.join(there) or 'none'}")
    target = artifacts / f"{run}-bundle.zip"
    partial = target.with_name(target.name + ".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in _files(folder):
            text = path.read_text("utf-8", "replace")
            archive.writestr(f"{run}/{path.relative_to(folder)}", clean(text))
    partial.replace(target)
    return target


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted({path for pattern in PACKED for path in folder.glob(pattern) if path.is_file()})


def clean(text: str) -> str:
    """The text without the values of keys, without what looks like one, and with ~ for the home folder."""
    for name, value in os.environ.items():
        if SECRET_NAME.search(name) and len(value) >= 8:
            text = text.replace(value, f"<{name}>")
    return SECRET.sub("<key>", text).replace(str(Path.home()) + "/", "~/")
