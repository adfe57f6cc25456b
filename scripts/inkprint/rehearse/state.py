"""What a rehearsal remembers between its three calls: rehearsal.json in its folder."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from inkprint.artifacts import REHEARSAL
from inkprint.errors import UserError
from inkprint.jsonl import write_json


@dataclass(frozen=True)
class State:
    """Facts of the rehearsal that its recipe does not tell."""

    recipe: str  # the original's path
    unproven: list[str]  # a line each
    own_data: bool
    there: int  # documents or rows of the real run
    taken: int  # of these
    real_tokens: bool  # tokenizer and template are those of the real run
    began: float  # seconds since 1970

    def write(self, folder: Path) -> None:
        write_json(folder / REHEARSAL, asdict(self))


def read_state(folder: Path) -> State:
    """Raises UserError where there is no rehearsal."""
    path = folder / REHEARSAL
    if not path.is_file():
        raise UserError(f"{path}: not there; a rehearsal begins with ./run_all.sh RECIPE --rehearse")
    return State(**json.loads(path.read_text(encoding="utf-8")))
