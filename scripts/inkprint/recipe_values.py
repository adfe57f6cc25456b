"""What several sections of a recipe are made of: kinds of numbers, names, and the model that is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

ROOT = Path(__file__).resolve().parents[2]

Share = Annotated[float, Field(gt=0, lt=0.5, strict=True)]
Count = Annotated[int, Field(ge=1, strict=True)]
CountOrZero = Annotated[int, Field(ge=0, strict=True)]
Positive = Annotated[float, Field(gt=0, strict=True)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
PartOrAll = Annotated[float, Field(gt=0, le=1, strict=True)]
PartOrZero = Annotated[float, Field(ge=0, lt=1, strict=True)]
Text = Annotated[str, Field(min_length=1)]


class Section(BaseModel):
    """A part of a recipe: no unknown keys, no defaults, not changed after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def folder_of(name: str) -> Path | None:
    return (ROOT / name).resolve() if name[0] in "./" else None


def check_revision(what: str, folder: Path | None, revision: str | None) -> None:
    if folder is None and not revision:
        raise ValueError(f"a {what} from the Hub needs a revision (a folder starts with ./ or /)")
    if folder is not None and revision:
        raise ValueError(f"a {what} in a folder has no revision: write null")


class Base(Section):
    """Weights and where they are."""

    base: Text  # a Hub name, or a folder that starts with . or /
    revision: str | None  # commit or tag on the Hub; null for a folder

    @property
    def folder(self) -> Path | None:
        """The base model's folder, or None when it comes from the Hub."""
        return folder_of(self.base)

    @model_validator(mode="after")
    def _revision_goes_with_the_hub(self) -> Self:
        check_revision("base model", self.folder, self.revision)
        return self


class Model(Base):
    """What is trained and asked, and how a chat becomes its text."""

    chat_template: str | None  # a file under prompts/; null: the tokenizer's own
    thinking: bool  # what the template gets as enable_thinking
    reasoning_effort: Literal["low", "medium", "high"] | None  # GPT-OSS's template gets it; null: none
