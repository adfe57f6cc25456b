"""What one check of the doctor found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What was looked at. `mend` is empty where all is well; `fatal` where the run would fail."""

    what: str
    mend: str = ""
    fatal: bool = False
