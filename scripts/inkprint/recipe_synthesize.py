"""The recipe's section `synthesize`: who writes, and what is made of each passage or row."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from inkprint.recipe_values import Count, CountOrZero, Model, PartOrAll, Positive, Section, Text
from inkprint.records import Role

ZeroToOne = Annotated[float, Field(ge=0, le=1)]


class Template(Section):
    """No model: what is there already, and questions from key phrases."""

    name: Literal["template"]


class Claude(Section):
    """Claude's Messages API, or a server that speaks it: ANTHROPIC_BASE_URL in .env."""

    name: Literal["anthropic"]
    model: Text  # prompts/prices.yaml has its price
    max_tokens: Count  # of one reply; one that is cut there is rejected
    connections: Annotated[int, Field(ge=1, le=256)]  # requests under way at once
    timeout_seconds: Positive  # for one reply
    deadline_hours: Positive  # for the whole stage


class ClaudeBatch(Section):
    """Claude's Message Batches: half the price, within a day."""

    name: Literal["anthropic_batch"]
    model: Text
    max_tokens: Count
    timeout_seconds: Positive  # for one HTTP call
    poll_seconds: Positive  # between two looks at a batch
    deadline_hours: Positive


class Local(Section):
    """A model that is loaded here, as 04 loads one."""

    name: Literal["local"]
    model: Model
    four_bit: bool  # NF4
    max_tokens: Count  # of one reply
    batch_size: Count
    temperature: Annotated[float, Field(ge=0)]  # 0: greedy


Provider = Annotated[Template | Claude | ClaudeBatch | Local, Field(discriminator="name")]


class Task(Section):
    share: PartOrAll  # of the passages or rows: which, the seed says of each by itself


class PassageCompletion(Task):
    """The opening of a passage -> the rest."""

    prompt: Text  # a file under prompts/, with {opening}


class QuestionPassage(Task):
    """Questions that the passage answers, word for word."""

    prompt: Text  # a file under prompts/: what the model is asked, or the questions of `template`
    questions: Count  # a passage


class Checked(Task):
    """A reply that a model writes; what does not keep to this is rejected."""

    prompt: Text
    min_words: CountOrZero  # of an answer
    max_words: Count
    grounded_share: (
        ZeroToOne  # of the answer's content words that the passage, or the plain answer, must share
    )

    @model_validator(mode="after")
    def _lengths_fit(self) -> Checked:
        if self.min_words >= self.max_words:
            raise ValueError("min_words must be less than max_words")
        return self


class QuestionAnswer(Checked):
    """Questions, each with an answer in the author's manner."""

    questions: Count
    copied_words: Count  # a longer run of the passage's words, outside quotation marks, is a rejected answer


class StyleTransfer(Checked):
    """A table's plain answer -> the same in the style that a file describes."""

    style: Text  # a file under prompts/


class Rows(Task):
    """A table's own columns -> a chat."""

    prompts: Literal["columns", "fixed", "generated"]  # the row's prompt; the file's text; a question made
    prompt: str | None  # the file: fixed text, with {label} and the like; or what the model is asked


class Classification(Task):
    """Text and label as they are."""


class Tasks(Section):
    """Those that are named are made."""

    passage_completion: PassageCompletion | None = None
    question_passage: QuestionPassage | None = None
    question_answer: QuestionAnswer | None = None
    style_transfer: StyleTransfer | None = None
    rows: Rows | None = None
    classification: Classification | None = None

    def named(self) -> dict[str, Task]:
        """The tasks that the recipe names, in the order above."""
        return {name: task for name in type(self).model_fields if (task := getattr(self, name)) is not None}

    @model_validator(mode="after")
    def _some_task(self) -> Tasks:
        tasks = self.named()
        if not tasks:
            raise ValueError(f"at least one must be there: {', '.join(type(self).model_fields)}")
        if self.classification and len(tasks) > 1:
            raise ValueError("classification: texts with labels are no chats: it goes with no other task")
        if self.rows and (self.rows.prompts == "columns") != (self.rows.prompt is None):
            raise ValueError(f"rows.prompt: {_ROWS_PROMPT[self.rows.prompts]}")
        return self

    def check_columns(self, columns: dict[Role, str] | None) -> None:
        """Raise ValueError for a task that needs what the data does not have. None: documents."""
        for name in self.named():
            for role in _NEEDS[name if name != "rows" else f"rows {self.rows and self.rows.prompts}"]:
                if role not in (columns or {"text": ""}):
                    raise ValueError(
                        f"synthesize.tasks.{name}: needs a {role}, and {self._without(name, columns)}"
                    )
        if columns is None and (self.rows or self.classification):
            raise ValueError("synthesize.tasks: rows and classification are for tables")

    def _without(self, name: str, columns: dict[Role, str] | None) -> str:
        if columns is None:
            return "passages of documents have text alone"
        if name == "rows" and self.rows and self.rows.prompts == "columns" and "text" in columns:
            return (
                "extract.columns has none; where rows are texts alone, one prompt for all is"
                " prompts: fixed with prompt: prompts/quote.txt"
            )
        return "extract.columns has none"


_ROWS_PROMPT = {
    "columns": "prompts: columns takes the row's own; write null",
    "fixed": "prompts: fixed needs a file under prompts/ with the text",
    "generated": "prompts: generated needs a file under prompts/ that says what to ask",
}
# What a task reads of a row.
_NEEDS: dict[str, tuple[Role, ...]] = {
    "passage_completion": ("text",),
    "question_passage": ("text",),
    "question_answer": ("text",),
    "style_transfer": ("prompt", "answer"),
    "rows columns": ("prompt", "answer"),
    "rows fixed": ("text",),
    "rows generated": ("text",),
    "classification": ("text", "label"),
}


class Synthesize(Section):
    provider: Provider
    tasks: Tasks
    system_prompt: str | None  # a persona, a file under prompts/; {author} in it is the recipe's author
    max_failed_share: ZeroToOne  # of the requests: more stop the run
    max_rejected_share: ZeroToOne  # of the examples: more stop the run

    @model_validator(mode="after")
    def _who_writes(self) -> Synthesize:
        if isinstance(self.provider, Template):
            rows = self.tasks.rows
            for name, needed in (
                ("question_answer", self.tasks.question_answer is not None),
                ("style_transfer", self.tasks.style_transfer is not None),
                ("rows.prompts: generated", rows is not None and rows.prompts == "generated"),
            ):
                if needed:
                    raise ValueError(
                        f"tasks.{name}: a model must write it: provider anthropic, anthropic_batch or local"
                    )
        return self
