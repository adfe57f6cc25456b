"""Leave one book out: does the voice put an author's unread book above authors that it did not read?

    ./run_all.sh recipes/your/books.yaml --run own --set evaluate.background=… --to prepare
    python bench/voice_ends.py artifacts/own --words 75 150

Reads 02_prepare/passages.jsonl and background.jsonl of a run with two books or more of the author's.
For every book and every other author the voice is learned without both and judges both. A minute for
two books against three authors.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))

from inkprint.evaluate.intervals import Sums, mean_interval, resamples
from inkprint.evaluate.voice_ends import leave_out, windows_of
from inkprint.jsonl import read_records
from inkprint.records import BackgroundPassage, Passage


def told(values: np.ndarray) -> str:
    """A mean with its interval over passages."""
    counts = resamples(len(values), 2000, 42, "voice ends")
    found = mean_interval(Sums(values, np.ones(len(values))), "mean", counts)
    bounds = "" if found.low is None else f" [{found.low:.3f}, {found.high:.3f}]"
    return f"{found.value:.3f}{bounds}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path, help="a folder below artifacts/")
    parser.add_argument("--words", type=int, nargs="+", default=[75], help="of a window")
    options = parser.parse_args()
    folder = options.run / "02_prepare"
    own = list(read_records(folder / "passages.jsonl", Passage))
    background = list(read_records(folder / "background.jsonl", BackgroundPassage))
    for length in options.words:
        began = time.monotonic()
        books, others = windows_of(own, "document", length), windows_of(background, "author", length)
        print(f"{length} words: {', '.join(f'{n} {len(of)}' for n, of in (books | others).items())} windows")
        for book in books:
            for author in others:
                first, second = leave_out(books, others, book, author, 42)
                above = ((first[:, None] > second) + 0.5 * (first[:, None] == second)).mean()
                print(f"  {book} {told(first)}, {author} {told(second)}, tells {100 * above:.1f} %")
        print(f"  {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
