"""The records that flow between stages; inkprint/jsonl.py reads and writes them.

Every record has an `id` made from its content and the ids it came from, so that a sentence in the
report leads back to a page of a PDF. docs/formats.md shows one of each.
"""

from __future__ import annotations

import hashlib
import json
from typing import Literal

from pydantic import BaseModel, ConfigDict

# How the evidence of a page begins that a person kept; no rule drops what is on it.
KEPT_BY_HAND = "overrides.yaml keeps it"
Split = Literal["train", "validation", "test"]
# What a column of a table can be, in the order in which records have them.
Role = Literal["text", "system", "prompt", "input", "answer", "label", "group", "split"]


class Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str


class RemovedLine(BaseModel):
    """A line that the printer added, or a mark that was cut out of a line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str
    reason: str  # e.g. "running head", "page number"


class MarkedLine(BaseModel):
    """A line that was kept although it is no running text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str
    kind: Literal["caption", "table", "formula", "code"]


class ChapterStart(BaseModel):
    """A chapter heading on a page; the heading's own words are not part of the page's text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    at: int  # offset into the page's text where the chapter's first paragraph begins


class Page(Record):
    """One page of a document, kept or dropped.

    `text` has paragraphs parted by one blank line, no line breaks inside, hyphens at line ends
    joined. `continues` says that the first paragraph goes on from the page before.
    """

    document: str  # path below the data folder
    document_sha256: str
    page: int  # counted from 1 in the file
    label: str  # as printed, or ""
    page_class: str
    kept: bool
    reason: str  # why it was dropped, "" when kept
    evidence: str  # what the class was told by
    continues: bool
    chapters: list[ChapterStart]
    text: str
    removed: list[RemovedLine]
    marked: list[MarkedLine]  # lines of the text that are no running text


class Row(Record):
    """One row of a table: the columns that the recipe maps, by what they are to us.

    The id is made from source and fields, so that it stays when other rows come or go; two equal rows of
    one source have the same. `split` is among the fields where the data came with splits.
    """

    source: str  # path of the file below the data folder, or `name/split` of a data set
    row: int  # counted from 1 among the rows of the source, read or not
    fields: dict[Role, str]


class SplitRow(Row):
    """A row that 02 kept, with its split."""

    split: Split
    words: int  # of all that is read or learned: text, prompt, answer, …


class Passage(Record):
    """A stretch of one chapter that begins and ends with a sentence."""

    document: str
    chapter: str
    pages: list[int]
    page_ids: list[str]
    split: Split
    text: str
    words: int
    overlap_words: int  # how many of the first words also end the passage before


class BackgroundPassage(Record):
    """A stretch of another author's book."""

    author: str  # the folder's or the file's name
    document: str
    chapter: str
    pages: list[int]
    page_ids: list[str]
    text: str
    words: int


class ChapterSummary(Record):
    """A chapter as it was split: what the report and a person look at."""

    document: str
    title: str
    split: Split
    pages: list[int]
    words: int
    passages: int


class Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    role: Literal["system", "user", "assistant"]
    content: str


class Example(Record):
    """One chat to learn from or to be tested on: TRL's conversational prompt/completion form."""

    source_id: str  # of the passage or row that it was made from
    task: str
    split: Split
    prompt: list[Message]
    completion: list[Message]
    provider: str  # "template", or who wrote of it what was not there: "anthropic claude-haiku-4-5"


class LabelledText(Record):
    """One text of a table and its label, for classification."""

    source_id: str
    task: str
    split: Split
    text: str
    label: str


class Sample(Record):
    """What the model in training says to one of a few validation prompts, the same ones at every look."""

    example_id: str
    step: int  # 0: the untouched base
    prompt: list[Message]
    answer: str
    reference: str
    ended: bool  # the model stopped by itself


class Answer(Record):
    """What one variant of the model says to one held-out prompt, beside what the author wrote."""

    example_id: str
    source_id: str
    task: str
    variant: str  # "base", "prompted" or "tuned"
    prompt: list[Message]  # the example's own; what "prompted" was told before it stands in the manifest
    thinking: str = ""  # the block that the model wrote before its answer: no part of it
    answer: str
    reference: str
    tokens: int  # that the model wrote, those of its thinking included
    ended: bool  # the model stopped by itself, or at a stop string, before max_new_tokens


class Prediction(Record):
    """How likely the model finds each label for one held-out text."""

    source_id: str
    variant: str  # "tuned": without training a head's guesses mean nothing
    text: str
    label: str  # the true one
    probabilities: dict[str, float]  # of every label, in order; they add up to 1
    cut: bool  # the model read the beginning alone: the text is longer than train.max_tokens


class Likelihood(Record):
    """How likely one variant finds a held-out passage, as plain text."""

    source_id: str
    variant: str
    log_likelihood: float  # nats, summed over the scored tokens
    tokens: int  # scored ones
    bytes: int  # UTF-8 bytes that these tokens stand for


class Score(Record):
    """One metric of one item: an answer, or a held-out passage, row or text where example_id is null."""

    metric: str
    # "base", "prompted", "tuned", "reference" for what the author wrote, "instruction" for the prompt's own
    # text; of labels "majority", "words" or "tuned"; of other authors the author
    variant: str
    source_id: str
    example_id: str | None
    value: float
    weight: float  # the item's share in the metric's mean: its tokens, its bytes, or 1


class Recital(Record):
    """The longest run of words that one answer shares with the training text."""

    example_id: str
    source_id: str
    variant: str
    words: int
    start: int  # where the run begins in the answer, in characters
    end: int
    train_source_id: str  # the training passage or row where the run begins, "" for a run of no words


class Judgement(Record):
    """What the judge says of one text, or of two that it chooses between."""

    example_id: str
    source_id: str
    kind: str  # "marks" of `first` alone, or "pair"
    first: (
        str  # a variant, "reference", or "instruction" for the prompt's own text; of a pair what stood first
    )
    second: str  # of a pair; else ""
    state: str  # "ok", "rejected" or "failed"
    style: str  # "1" to "10"; of a pair "first", "second" or "tie"; "" without an answer
    usefulness: str
    reason: str  # the judge's own; without an answer why there is none


class Reject(Record):
    """Whatever a stage left out, with the reason."""

    source_id: str
    reason: str
    text: str
    detail: str = ""  # what the reason was told by: a number, the passage that it repeats


def content_id(kind: str, *parts: object) -> str:
    """An id such as `passage-3f9a12c04be1`: 12 hex digits of a SHA-256 over the parts."""
    text = json.dumps([kind, *parts], ensure_ascii=False)
    return f"{kind}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"
