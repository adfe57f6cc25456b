"""The recipe: one YAML file per run, one section per stage, strict.

Every key must be there and no other. A mistake is one line that names file, key and value.
"""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from inkprint.errors import UserError

ROOT = Path(__file__).resolve().parents[2]

Share = Annotated[float, Field(gt=0, lt=0.5, strict=True)]
Count = Annotated[int, Field(ge=1, strict=True)]
CountOrZero = Annotated[int, Field(ge=0, strict=True)]
Positive = Annotated[float, Field(gt=0, strict=True)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Text = Annotated[str, Field(min_length=1)]


class Section(BaseModel):
    """A part of a recipe: no unknown keys, no defaults, not changed after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Model(Section):
    base: Text  # a Hub name, or a folder that starts with . or /
    revision: str | None  # commit or tag on the Hub; null for a folder
    chat_template: str | None  # a file under prompts/; null: the tokenizer's own
    thinking: bool  # what the template gets as enable_thinking

    @property
    def folder(self) -> Path | None:
        """The base model's folder, or None when it comes from the Hub."""
        return (ROOT / self.base).resolve() if self.base[0] in "./" else None

    @model_validator(mode="after")
    def _revision_goes_with_the_hub(self) -> Model:
        if self.folder is None and not self.revision:
            raise ValueError("a base model from the Hub needs a revision (a folder starts with ./ or /)")
        if self.folder is not None and self.revision:
            raise ValueError("a base model in a folder has no revision: write null")
        return self


class Extract(Section):
    data: Text  # a document or a folder of them, from the repository's root
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


class Prepare(Section):
    validation: Share | list[Text]  # share of each document's words, or chapter titles
    test: Share | list[Text]
    passage_words: Count  # aim; passages end where a sentence ends
    overlap_words: CountOrZero  # repeated from the passage before, never across chapters
    min_words: Count  # a chapter's rest below this joins its neighbour or is rejected

    @model_validator(mode="after")
    def _sizes_fit(self) -> Prepare:
        if isinstance(self.validation, list) != isinstance(self.test, list):
            raise ValueError("validation and test are both shares or both lists of chapter titles")
        if isinstance(self.test, list):
            both = sorted(set(self.test) & set(self.validation))
            if both:
                raise ValueError(f"{both[0]!r} stands in validation and in test")
        if self.overlap_words * 2 > self.passage_words:
            raise ValueError("overlap_words must be at most half of passage_words")
        if self.min_words > self.passage_words:
            raise ValueError("min_words must not exceed passage_words")
        return self


class Tasks(Section):
    passage_completion: CountOrZero  # examples a passage
    question_passage: CountOrZero  # questions a passage


class Synthesize(Section):
    provider: Literal["template"]
    tasks: Tasks
    system_prompt: str | None  # a file under prompts/

    @model_validator(mode="after")
    def _some_task(self) -> Synthesize:
        if not any(self.tasks.model_dump().values()):
            raise ValueError("tasks: every task has 0 examples a passage; at least one must have more")
        return self


class Train(Section):
    method: Literal["qlora", "lora"]  # the base in 4 bits (NF4), or in 16
    loss: Literal["answer", "all"]
    max_tokens: Count
    rank: Count
    alpha: Count
    dropout: Annotated[float, Field(ge=0, lt=1, strict=True)]
    target_modules: Annotated[list[Text], Field(min_length=1)]
    epochs: Positive
    batch_size: Count
    accumulation_steps: Count
    learning_rate: Positive
    scheduler: Literal["cosine", "linear", "constant_with_warmup"]
    warmup_steps: CountOrZero
    weight_decay: Annotated[float, Field(ge=0, strict=True)]
    optimizer: Literal["adamw_8bit", "adamw_torch"]
    evaluate_every_steps: Count
    save_every_steps: Count


class Generate(Section):
    max_new_tokens: Count
    repetition_penalty: Annotated[float, Field(ge=1, strict=True)]
    no_repeat_ngram_tokens: Annotated[int, Field(ge=0, strict=True)]
    temperature: Annotated[float, Field(ge=0, strict=True)]  # 0: greedy
    prompts: Count  # at most so many held-out prompts, chosen by seed
    batch_size: Count


class Evaluate(Section):
    primary_metric: Literal["bits_per_byte", "tfidf_similarity", "keyword_density"]
    keywords: list[Text] | CountOrZero  # the words themselves, or how many to take from the train chapters
    bootstrap_samples: Annotated[int, Field(ge=100, strict=True)]


class Report(Section):
    title: Text
    author: Text
    answers_shown: Count
    note: str | None  # a sentence that the report opens with


class Recipe(Section):
    run: Name  # artifacts/<run>/
    seed: CountOrZero
    device: Literal["auto", "gpu"]  # auto: a GPU where there is one; gpu: never without
    gpus: Count  # cards, or without any processes, that share each of training's batches
    model: Model
    extract: Extract
    prepare: Prepare
    synthesize: Synthesize
    train: Train
    generate: Generate
    evaluate: Evaluate
    report: Report

    @model_validator(mode="after")
    def _batch_can_be_shared(self) -> Recipe:
        if self.train.accumulation_steps % self.gpus:
            steps = self.train.accumulation_steps
            raise ValueError(
                f"gpus: {self.gpus} must divide train.accumulation_steps, which is {steps}: cards share them"
            )
        return self


class _UniqueKeys(yaml.SafeLoader):
    """YAML keeps the last of two equal keys and says nothing; here the second is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for position, key in enumerate(keys):
            if key in keys[:position]:
                line = node.value[position][0].start_mark.line + 1
                raise yaml.constructor.ConstructorError(problem=f"line {line}: key {key!r} stands twice")
        return super().construct_mapping(node, deep)


def load_recipe(path: Path) -> Recipe:
    """Read and check a recipe. Raises UserError with one line for whatever is wrong with it."""
    if not path.is_file():
        raise UserError(f"{path}: no such recipe; there are: {', '.join(recipe_names()) or 'none'}")
    try:
        values = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeys)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not readable as YAML: {' '.join(str(error).split())}") from None
    return check_recipe(values, str(path))


def check_recipe(values: object, source: str) -> Recipe:
    """Validate a recipe's values; `source` is what an error names."""
    if not isinstance(values, dict):
        raise UserError(f"{source}: a recipe is a mapping of sections, this is {type(values).__name__}")
    try:
        return Recipe.model_validate(values)
    except ValidationError as error:
        raise UserError(f"{source}: {_explain(error.errors()[0], len(error.errors()) - 1)}") from None


def override(values: dict[str, Any], assignment: str) -> None:
    """Apply one `section.key=value` to a recipe's raw values, in place. The value is read as YAML."""
    path, equals, text = assignment.partition("=")
    if not equals:
        raise UserError(f"--set {assignment}: write it as section.key=value")
    *parents, key = path.split(".")
    target: Any = values
    for parent in parents:
        target = target.get(parent) if isinstance(target, dict) else None
    if not isinstance(target, dict) or key not in target:
        known = list(_paths(values))
        raise UserError(f"--set {path}: no such key{_nearest(path, known)}")
    target[key] = _number_or(yaml.safe_load(text))


def prompt_files(*names: str | None) -> dict[str, Path]:
    """Prompts and templates by their path below the repository. Raises UserError for one that is missing."""
    for name in filter(None, names):
        if not (ROOT / name).is_file():
            raise UserError(f"{ROOT / name}: no such file; the recipe names it")
    return {name: ROOT / name for name in names if name}


def recipe_names() -> list[str]:
    """Every recipe in the repository, as a path from its root."""
    return sorted(str(path.relative_to(ROOT)) for path in (ROOT / "recipes").rglob("*.yaml"))


def _number_or(value: object) -> object:
    # On a command line 1e-4 can only be meant as a number; PyYAML wants a dot in it.
    if isinstance(value, str) and re.fullmatch(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+", value):
        return float(value)
    return value


_BRANCH = re.compile(r"[\[\]()]|^(constrained-)?(float|int|list|str)$")


def _explain(error: dict[str, Any], more: int) -> str:
    # Union branches add their type to the location; keys of the recipe are what the user wrote.
    place = [str(part) for part in error["loc"] if not _BRANCH.search(str(part))]
    key, value = ".".join(place), error.get("input")
    kind = error["type"]
    if kind == "extra_forbidden":
        fields = _fields_at(place[:-1])
        text = f"{key}: unknown key{_nearest(place[-1], fields)}"
    elif kind == "missing":
        text = f"{key}: missing"
    elif kind == "value_error":
        text = f"{key + ': ' if key else ''}{error['ctx']['error']}"
    elif isinstance(value, str) and _number_or(value) is not value:
        text = f"{key}: {value!r} is text to YAML; write the number with a dot, as {float(value):.1e}"
    else:
        text = f"{key}: {value!r}: {error['msg'][0].lower()}{error['msg'][1:]}"
    return text + (f" (and {more} more)" if more else "")


def _fields_at(place: list[str]) -> list[str]:
    section: Any = Recipe
    for part in place:
        section = section.model_fields[part].annotation
    return list(section.model_fields)


def _paths(values: dict[str, Any], prefix: str = "") -> list[str]:
    found = []
    for key, value in values.items():
        found += _paths(value, f"{prefix}{key}.") if isinstance(value, dict) else [f"{prefix}{key}"]
    return found


def _nearest(wrong: str, known: list[str]) -> str:
    close = difflib.get_close_matches(wrong, known, n=1, cutoff=0.4)
    return f"; did you mean {close[0]}?" if close else f"; there are: {', '.join(known)}"
