"""What the model learned from, as 06 reads it: train passages of documents, or train answers of a table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from inkprint.records import Example, Passage, read_records
from inkprint.runs import Stretch, TrainingText, index_stretches, index_training_text


@dataclass(frozen=True)
class TrainText:
    """Train texts, for word weights, keywords and verbatim runs."""

    unit: Literal["passages", "rows"]  # what is held out, and what a resample draws
    held_out: str  # what likelihoods were taken of
    texts: list[str]
    wholes: list[str]  # of each text the chapter or row that it is of
    index: TrainingText


def of_passages(path: Path) -> TrainText:
    """The train passages of 02_prepare/passages.jsonl."""
    train = [passage for passage in read_records(path, Passage) if passage.split == "train"]
    return TrainText(
        unit="passages",
        held_out="held-out text",
        texts=[passage.text for passage in train],
        wholes=[f"{passage.document} {passage.chapter}" for passage in train],
        index=index_training_text(train),
    )


def of_examples(path: Path) -> TrainText:
    """What the model learned to answer: the completions of 03_synthesize/examples.jsonl."""
    train = [example for example in read_records(path, Example) if example.split == "train"]
    texts = [example.completion[0].content for example in train]
    wholes = [example.source_id for example in train]
    return TrainText(
        unit="rows",
        held_out="a held-out answer, given its prompt",
        texts=texts,
        wholes=wholes,
        index=index_stretches(Stretch(row, text, False) for row, text in zip(wholes, texts, strict=True)),
    )
