"""The recipe: one YAML file per run, one section per stage, strict: every key must be there and no other.

recipe_file.py reads it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from inkprint.errors import UserError
from inkprint.recipe_evaluate import Judge
from inkprint.recipe_generate import Classify, Generate
from inkprint.recipe_synthesize import Synthesize
from inkprint.recipe_train import Linear, Train
from inkprint.recipe_values import (
    ROOT,
    Base,
    Count,
    CountOrZero,
    Model,
    Name,
    PartOrAll,
    PartOrZero,
    Section,
    Share,
    Text,
    check_revision,
    folder_of,
)
from inkprint.records import Role


class HubData(Section):
    dataset: Text  # a Hub name, or a folder that starts with . or /
    config: str | None  # where a data set has several; null: its only one
    revision: str | None  # commit or tag on the Hub; null for a folder
    split: Text  # train, test[:1000], or several that stay apart: train+test

    @property
    def folder(self) -> Path | None:
        """The data set's folder, or None when it comes from the Hub."""
        return folder_of(self.dataset)

    @model_validator(mode="after")
    def _revision_goes_with_the_hub(self) -> HubData:
        check_revision("data set", self.folder, self.revision)
        return self


def _kind(value: object) -> str:
    return "str" if isinstance(value, str) else "dict"


# What a table's column is to us. In angles what the file itself tells: no column has such a name.
Columns = Annotated[dict[Role, Text], Field(min_length=1)]
FILE_COLUMNS = ("<content>", "<folder>", "<file>")
OF_ANSWERS = ("format_adherence", "answered", "chrf", "rouge_l")  # metrics that a table's own answers have
NEEDS: dict[Role, Role] = {"prompt": "answer", "answer": "prompt", "input": "prompt", "system": "prompt"}


class Extract(Section):
    # A file or a folder of them, from the repository's root; or a data set through `datasets`.
    data: Annotated[Annotated[Text, Tag("str")] | Annotated[HubData, Tag("dict")], Discriminator(_kind)]
    columns: Columns | None  # null: documents; of tables, which column is the text, the label, the prompt, …
    labels: Annotated[list[Text], Field(min_length=2)] | None  # rows with others are rejected; null: all
    matter: Literal["drop", "keep"]  # front and back matter: contents, notes, index, licence
    drop: list[Literal["caption", "table", "formula", "code"]]  # what is no running text; the rest is marked
    on_error: Literal["stop", "reject"]  # a file that cannot be read: stop, or go on without it
    ocr_language: (
        Annotated[str, Field(pattern=r"^\w+(\+\w+)*$")] | None
    )  # Tesseract's: eng, eng+deu; null: off
    unreadable_pages: Literal[
        "stop", "drop"
    ]  # scanned pages that no OCR reads: stop, or do without their text
    password_env: (
        Annotated[str, Field(pattern=r"^[A-Za-z_]\w*$")] | None
    )  # the variable that holds a password

    @property
    def hub(self) -> HubData | None:
        """The data set, or None where the data are files."""
        return self.data if isinstance(self.data, HubData) else None

    @property
    def path(self) -> Path:
        """The data's file or folder. Not to be asked of a data set on the Hub."""
        where = self.data.folder if isinstance(self.data, HubData) else ROOT / self.data
        assert where is not None, f"{self.data} is on the Hub"
        return where.resolve()

    @model_validator(mode="after")
    def _columns_make_rows(self) -> Extract:
        if self.columns is None:
            if self.hub or self.labels:
                raise ValueError("columns: null is for documents; rows need a mapping: {text: review, …}")
            return self
        for role, other in NEEDS.items():
            if role in self.columns and other not in self.columns:
                raise ValueError(f"columns: {role} needs {other}; what stands alone is a text")
        if ("text" in self.columns) == ("prompt" in self.columns):
            raise ValueError("columns: map either text, or prompt and answer")
        for role, column in self.columns.items():
            if column[0] == "<" and column not in FILE_COLUMNS:
                raise ValueError(f"columns: {role}: {column}: there are: {', '.join(FILE_COLUMNS)}")
            if column == "<content>" and (role != "text" or self.hub):
                raise ValueError("columns: <content> is a file's whole text: only text can be that")
        if self.labels and "label" not in self.columns:
            raise ValueError("labels: columns maps no label")
        return self


class Filters(Section):
    """Shares from which on a passage, of any split, is left out; null: never."""

    max_digit_share: PartOrAll | None  # digits among its letters and digits
    max_list_share: PartOrAll | None  # words in short entries: bullets, numbers, names
    max_repeated_share: PartOrAll | None  # runs of five words that it has said already
    min_common_words: PartOrAll | None  # of the book's share of its hundred most common words


class Passages(Section):
    split_by: Literal["chapter", "document"]  # what is held out whole
    words: Count  # aim; passages end where a sentence ends
    overlap_words: CountOrZero  # repeated from the passage before, never across chapters
    min_words: Count  # a chapter's rest below this joins its neighbour or is rejected
    filters: Filters
    shared_share: PartOrAll | None  # a train passage with more of its words in runs of held-out text goes
    leak_run_words: Count  # a held-out passage that shares more words in a row with train stops the run,
    leak_gram_share: PartOrAll  # and so does one of whose runs of eight words train holds a larger share

    @model_validator(mode="after")
    def _sizes_fit(self) -> Passages:
        if self.overlap_words * 2 > self.words:
            raise ValueError("overlap_words must be at most half of words")
        if self.min_words > self.words:
            raise ValueError("min_words must not exceed words")
        return self


class Prepare(Section):
    validation: Share | list[Text]  # share of each document's words, or names; of a table's rows
    test: Share | list[Text]
    near_duplicate: PartOrAll | None  # a train passage so much like earlier ones goes, and so does a row
    passages: Passages | None  # null: rows are what they are

    @model_validator(mode="after")
    def _both_shares_or_both_lists(self) -> Prepare:
        if isinstance(self.validation, list) != isinstance(self.test, list):
            raise ValueError("validation and test are both shares or both lists of names")
        if isinstance(self.test, list):
            both = sorted(set(self.test) & set(self.validation))
            if both:
                raise ValueError(f"{both[0]!r} stands in validation and in test")
        return self


class Evaluate(Section):
    primary_metric: Literal[
        "bits_per_byte", "tfidf_similarity", "keyword_density", "voice",
        "format_adherence", "answered", "chrf", "rouge_l",
    ]  # fmt: skip
    keywords: list[Text] | CountOrZero  # the words themselves, or how many to take from the train chapters
    background: Text | None  # a folder with others' books, one entry an author: the voice is told from theirs
    max_recited_share: PartOrZero | None  # of tuned answers; above it the model card and the export warn
    judge: Judge | None  # a model that marks answers; null: none is asked
    bootstrap_samples: Annotated[int, Field(ge=100, strict=True)]

    @model_validator(mode="after")
    def _voice_needs_others(self) -> Evaluate:
        if self.primary_metric == "voice" and self.background is None:
            raise ValueError("primary_metric: voice needs background: other authors to tell it from")
        return self


class EvaluateLabels(Section):
    primary_metric: Literal["accuracy", "macro_f1"]
    bootstrap_samples: Annotated[int, Field(ge=100, strict=True)]


class Export(Base):
    """The base whose 16-bit weights the adapter is merged into."""


class Report(Section):
    title: Text
    answers_shown: Count
    note: str | None  # a sentence that the report opens with


class Recipe(Section):
    run: Name  # artifacts/<run>/
    author: Text  # whose voice it is: in prompts and in the report
    seed: CountOrZero
    device: Literal["auto", "gpu"]  # auto: a GPU where there is one; gpu: never without
    max_dollars: Annotated[float, Field(ge=0)]  # for paid models, in all: synthesis, judge, every new start
    gpus: Count  # cards, or without any processes, that share the work of 04 and of 05
    model: Model | None  # null for method linear, which has none
    extract: Extract
    prepare: Prepare
    synthesize: Synthesize
    train: Train
    generate: Generate
    evaluate: Annotated[Evaluate | EvaluateLabels, Field(discriminator="primary_metric")]
    export: Export | None  # null: model.base is in 16 bits itself
    report: Report

    @model_validator(mode="after")
    def _documents_or_rows(self) -> Recipe:
        rows = self.extract.columns is not None
        if rows and self.prepare.passages is not None:
            raise ValueError("prepare.passages: rows of a table are not cut: write null")
        if rows and isinstance(self.prepare.test, list):
            raise ValueError("prepare.test: rows have no chapters: write shares, such as 0.1")
        if not rows and self.prepare.passages is None:
            raise ValueError("prepare.passages: documents are cut: write words, overlap_words and min_words")
        if rows and isinstance(self.evaluate, Evaluate) and self.evaluate.background:
            raise ValueError("evaluate.background: rows of a table have no author to tell: write null")
        primary = self.evaluate.primary_metric
        if primary in OF_ANSWERS and "answer" not in (self.extract.columns or {}):
            raise ValueError(
                f"evaluate.primary_metric: {primary} compares with a table's own answers:"
                " it needs extract.columns with prompt and answer"
            )
        self.synthesize.tasks.check_columns(self.extract.columns)
        return self

    @property
    def background(self) -> Path | None:
        """The folder of other authors' books, or None."""
        named = self.evaluate.background if isinstance(self.evaluate, Evaluate) else None
        return None if named is None else (ROOT / named).resolve()

    @model_validator(mode="after")
    def _labels_or_chats(self) -> Recipe:
        labels = self.synthesize.tasks.classification is not None
        linear = isinstance(self.train, Linear)
        if linear and (not labels or self.model or self.gpus > 1):
            raise ValueError("train.method: linear is for classification on the CPU: model: null, gpus: 1")
        if not linear and self.model is None:
            raise ValueError(f"model: method {self.train.method} trains a model: name its base")
        if not linear and labels != (self.train.loss == "label"):
            raise ValueError("train.loss: label is for the task classification, and that for no other loss")
        if labels != isinstance(self.generate, Classify):
            raise ValueError("generate.method: classify is for the task classification and no other")
        if labels != isinstance(self.evaluate, EvaluateLabels):
            raise ValueError("evaluate.primary_metric: accuracy and macro_f1 are for the task classification")
        return self

    @model_validator(mode="after")
    def _batch_can_be_shared(self) -> Recipe:
        if not isinstance(self.train, Linear) and self.train.accumulation_steps % self.gpus:
            steps = self.train.accumulation_steps
            raise ValueError(
                f"gpus: {self.gpus} must divide train.accumulation_steps, which is {steps}: cards share them"
            )
        return self


def prompt_files(*names: str | None) -> dict[str, Path]:
    """Prompts and templates by their path below the repository. Raises UserError for one that is missing."""
    for name in filter(None, names):
        if not (ROOT / name).is_file():
            raise UserError(f"{ROOT / name}: no such file; the recipe names it")
    return {name: ROOT / name for name in names if name}
