"""Finished batches, kept beside the stage until all are done: a killed run goes on behind them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from inkprint.records import Record, read_records, write_records


def kept(path: Path, kind: type[Record], make: Callable[..., list[Any]], *arguments: object) -> list[Any]:
    """Records from an earlier, interrupted run; or made now and kept for the next."""
    if not path.exists():
        partial = path.with_suffix(".partial")
        write_records(partial, make(*arguments))
        partial.rename(path)
    return list(read_records(path, kind))
