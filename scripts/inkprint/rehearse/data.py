"""The data of a rehearsal: the user's own where they are there, of large ones a part; else stand-ins."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from inkprint.errors import UserError
from inkprint.extract.documents import find_documents
from inkprint.extract.overrides import overrides_file
from inkprint.extract.sources import Source, find_sources
from inkprint.extract.tables import RawRow
from inkprint.recipe import HubData, Recipe
from inkprint.rehearse.made_up import write_rows

DEMO_BOOKS = "data/demo/books"
MOST_BOOKS, MOST_BOOK_BYTES = 6, 20e6
ROWS = 300  # of a table that has more
ROWS_READ = 100_000  # of one source, to draw them from


@dataclass
class Data:
    """What `extract.data` is in the rehearsal."""

    where: str | dict[str, Any] | Path  # as the recipe has it, or a folder of ours
    own: bool = True  # the user's
    whole: bool = True  # all of it
    there: int = 0  # rows, or documents
    taken: int = 0  # of these
    notes: list[str] = field(default_factory=list)  # what is not proven because of it


def find_data(recipe: Recipe, folder: Path) -> Data:
    """What to rehearse with; whatever is written goes into the folder, which is emptied first.

    Raises UserError for data that are there and cannot be read. Of the Hub: hub.settle comes first.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if recipe.extract.columns is None:
        return _documents(recipe, folder)
    if (hub := recipe.extract.hub) is not None and hub.folder is None:
        return _from_the_hub(recipe, hub, folder)
    if not recipe.extract.path.exists() or not find_documents(recipe.extract.path):
        return _made_up(recipe, folder, f"no tables in {_name(recipe)} yet")
    return _own_rows(recipe, folder)


def _name(recipe: Recipe) -> str:
    return recipe.extract.data if isinstance(recipe.extract.data, str) else recipe.extract.data.dataset


def _documents(recipe: Recipe, folder: Path) -> Data:
    settings = recipe.extract
    assert isinstance(settings.data, str)
    found = find_documents(settings.path) if settings.path.exists() else {}
    if not found:
        note = f"data: no documents in {settings.data} yet: the demo's book stands in"
        return Data(DEMO_BOOKS, own=False, notes=[note])
    taken = _some(found)
    if len(taken) == len(found) or isinstance(recipe.prepare.test, list):  # names must be found again
        return Data(settings.data, there=len(found), taken=len(found))
    for name in taken:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(found[name], folder / name)
    if overrides_file(settings.path).is_file():
        shutil.copy(overrides_file(settings.path), folder)
    note = f"data: {len(taken)} of {len(found)} documents were read"
    return Data(folder, whole=False, there=len(found), taken=len(taken), notes=[note])


def _some(found: dict[str, Path]) -> list[str]:
    """The first documents, as many as go into a rehearsal; one at least."""
    taken: list[str] = []
    size = 0.0
    for name, path in found.items():
        size += path.stat().st_size
        if taken and (len(taken) == MOST_BOOKS or size > MOST_BOOK_BYTES):
            break
        taken.append(name)
    return taken


def _own_rows(recipe: Recipe, folder: Path) -> Data:
    """A draw of a large table's rows, in files of our own; of a small one all, where it lies."""
    settings = recipe.extract
    data = settings.data if isinstance(settings.data, str) else settings.data.model_dump()
    if "<content>" in (settings.columns or {}).values():
        return _own_texts(recipe, folder, data)
    sources = find_sources(settings, folder)
    drawn = [(source, *_draw(source, ROWS // len(sources) or 1, recipe.seed)) for source in sources]
    there = sum(count for _, _, count in drawn)
    if there <= ROWS:
        return Data(data, there=there, taken=there)
    for source, rows, _ in drawn:
        _write(rows, folder / f"{source.name}.jsonl")
    taken = sum(len(rows) for _, rows, _ in drawn)
    return Data(folder, whole=False, there=there, taken=taken)


def _own_texts(recipe: Recipe, folder: Path, data: str | dict[str, Any]) -> Data:
    """The same of a folder with a text in each file."""
    found = find_documents(recipe.extract.path)
    if len(found) <= ROWS:
        return Data(data, there=len(found), taken=len(found))
    names = sorted(random.Random(recipe.seed).sample(sorted(found), ROWS))
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(found[name], folder / name)
    return Data(folder, whole=False, there=len(found), taken=ROWS)


def _draw(source: Source, most: int, seed: int) -> tuple[list[RawRow], int]:
    """At most so many rows of a source, drawn by chance and in their order, and how many it has.

    Drawn, for a table is often in the order of its labels: its first rows would all have one.
    """
    dice = random.Random(f"{seed} {source.name}")
    kept: list[tuple[int, RawRow]] = []
    count = 0
    for row in islice(_readable(source), ROWS_READ):
        # Vitter, Random sampling with a reservoir (1985), algorithm R.
        place = count if count < most else dice.randrange(count + 1)
        if count < most:
            kept.append((count, row))
        elif place < most:
            kept[place] = (count, row)
        count += 1
    return [row for _, row in sorted(kept, key=lambda pair: pair[0])], count


def _readable(source: Source) -> Iterator[RawRow]:
    return (row for row in source.rows() if not row.problem)


def _write(rows: list[RawRow], path: Path) -> None:
    """Rows as JSON Lines, without what 01 will tell again from the file's path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", errors="surrogateescape") as handle:
        for row in rows:
            values = {name: value for name, value in row.values.items() if not name.startswith("<")}
            handle.write(json.dumps(values, ensure_ascii=False, default=str) + "\n")


def _made_up(recipe: Recipe, folder: Path, why: str) -> Data:
    count = write_rows(recipe, folder)
    note = f"data: {why}: {count} rows of the demo's prose stand in"
    return Data(folder, own=False, there=count, taken=count, notes=[note])


def _from_the_hub(recipe: Recipe, hub: HubData, folder: Path) -> Data:
    """A draw of a data set's rows where the Hub or the cache gives it, else made-up ones."""
    try:
        parts = []
        for source in find_sources(recipe.extract, folder):
            rows, count = _draw(source, ROWS, recipe.seed)
            parts.append((source, rows, count))
    except UserError as error:
        if "cannot be reached" not in str(error):
            raise
        return _made_up(recipe, folder, f"{hub.dataset} is neither in the cache nor reached")
    for source, rows, _ in parts:  # 01 tells the split from the folder
        name = source.name.rpartition("/")[2].partition("[")[0]
        _write(rows, folder / name / f"{name}.jsonl")
    taken = sum(len(rows) for _, rows, _ in parts)
    return Data(folder, whole=False, there=sum(count for _, _, count in parts), taken=taken)
