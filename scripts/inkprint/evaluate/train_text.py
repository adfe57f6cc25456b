"""What the model learned from and what it never saw, as 06 reads it: passages, or a table's answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from inkprint.jsonl import read_records
from inkprint.records import Example, Passage
from inkprint.runs import Stretch, TrainingText, index_stretches, index_training_text


@dataclass(frozen=True)
class Texts:
    """Train texts, for word weights, keywords and verbatim runs; and held-out ones, for runs by chance."""

    unit: Literal["passages", "rows"]  # what is held out, and what a resample draws
    held_out: str  # what likelihoods were taken of
    train: list[str]
    wholes: list[str]  # of each train text the chapter or row that it is of
    index: TrainingText  # of train
    held_out_index: TrainingText  # of the test split


def read(path: Path) -> Texts:
    """What either file holds, told by its name."""
    return of_passages(path) if path.name == "passages.jsonl" else of_examples(path)


def of_passages(path: Path) -> Texts:
    """The passages of 02_prepare/passages.jsonl."""
    passages = list(read_records(path, Passage))
    train, test = ([p for p in passages if p.split == split] for split in ("train", "test"))
    return Texts(
        unit="passages",
        held_out="held-out text",
        train=[passage.text for passage in train],
        wholes=[f"{passage.document} {passage.chapter}" for passage in train],
        index=index_training_text(train),
        held_out_index=index_training_text(test),
    )


def of_examples(path: Path) -> Texts:
    """What the model learned to answer: the completions of 03_synthesize/examples.jsonl."""
    examples = list(read_records(path, Example))
    train, test = ([e for e in examples if e.split == split] for split in ("train", "test"))
    return Texts(
        unit="rows",
        held_out="a held-out answer, given its prompt",
        train=[example.completion[0].content for example in train],
        wholes=[example.source_id for example in train],
        index=_index(train),
        held_out_index=_index(test),
    )


def _index(examples: list[Example]) -> TrainingText:
    return index_stretches(Stretch(e.source_id, e.completion[0].content, False) for e in examples)
