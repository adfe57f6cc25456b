"""A data set through `datasets.load_dataset`: from the Hub by name and revision, or from a folder here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from inkprint.errors import UserError
from inkprint.extract.tables import ROWS_A_BATCH, RawRow
from inkprint.recipe import HubData


def hub_rows(data: HubData, split: str, name: str, scratch: Path) -> Iterator[RawRow]:
    """Yield the rows of one split. No code of the data set runs: `datasets` has no loading scripts any more.

    scratch: where a folder's data set may lie as Arrow meanwhile; one from the Hub goes into its cache.
    Raises UserError with one line for a data set that is not there, gated, broken or out of reach.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    if data.folder is not None:
        os.environ["HF_HUB_OFFLINE"] = "1"
    import datasets
    import huggingface_hub

    datasets.disable_progress_bars()
    datasets.logging.set_verbosity_error()
    huggingface_hub.logging.set_verbosity_error()  # of five retries the last one's word is enough
    with TemporaryDirectory(dir=scratch) as copy:
        try:
            loaded = datasets.load_dataset(
                data.dataset if data.folder is None else str(data.folder),
                name=data.config,
                revision=data.revision,
                split=split,
                cache_dir=None if data.folder is None else copy,
            )
        # Hub, network, Arrow and pandas each have exceptions of their own: whichever it is, the data set
        # is not to be had, and its own first line says why.
        except Exception as error:  # noqa: BLE001
            raise UserError(_why(data, split, error)) from None
        number = 0
        names = {column: kind.names for column, kind in loaded.features.items() if hasattr(kind, "names")}
        for batch in loaded.iter(ROWS_A_BATCH):
            for values in zip(*batch.values(), strict=True):
                number += 1
                row = _with_names(dict(zip(batch, values, strict=True)), names)
                yield RawRow(name, number, f"row {number}", row)


def _with_names(row: dict[str, Any], names: dict[str, list[str]]) -> dict[str, Any]:
    """Labels by name where the data set has numbers for them; -1 is none."""
    for column, known in names.items():
        number = row[column]
        row[column] = known[number] if number is not None and 0 <= number < len(known) else None
    return row


def _why(data: HubData, split: str, error: BaseException) -> str:
    chain = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None and len(chain) < 10:
        chain.append(cause)
    said = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    where = data.dataset + (f" at {data.revision}" if data.revision else "")
    kinds = {type(one).__name__ for one in chain}
    if "GatedRepoError" in kinds or "gated" in said:
        return f"{where}: gated; accept its terms on the Hub and put HF_TOKEN into .env ({said})"
    if kinds & {"ConnectError", "ConnectionError", "OfflineModeIsEnabled", "LocalEntryNotFoundError"}:
        return f"{where}: cannot be reached, and is not in the cache: {said}"
    return f"{where}, split {split}: {said}"
