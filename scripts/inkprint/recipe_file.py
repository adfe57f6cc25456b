"""Reading a recipe. A mistake in it is one line that names file, key and value, and what would be right."""

from __future__ import annotations

import difflib
import re
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import ValidationError

from inkprint.errors import UserError
from inkprint.recipe import ROOT, Recipe, Section


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


def recipe_names() -> list[str]:
    """Every recipe in the repository, as a path from its root."""
    return sorted(str(path.relative_to(ROOT)) for path in (ROOT / "recipes").rglob("*.yaml"))


def _number_or(value: object) -> object:
    # On a command line 1e-4 can only be meant as a number; PyYAML wants a dot in it.
    if isinstance(value, str) and re.fullmatch(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+", value):
        return float(value)
    return value


_SEVERAL = ("provider", "train", "generate", "evaluate")
_BRANCH = re.compile(r"[\[\]()]|^(constrained-)?(float|int|list|str|dict)$")


def _explain(error: dict[str, Any], more: int) -> str:
    # Union branches add their type to the location; keys of the recipe are what the user wrote.
    place = [str(part) for part in error["loc"] if not _BRANCH.search(str(part))]
    # Of several kinds of section the location also says which, as in provider.anthropic.model.
    shown = [part for before, part in pairwise(["", *place]) if before not in _SEVERAL or part == place[-1]]
    key, value = ".".join(shown), error.get("input")
    kind = error["type"]
    if kind == "extra_forbidden":
        fields = _fields_at(place[:-1])
        text = f"{key}: unknown key{_nearest(place[-1], fields)}"
    elif kind == "missing":
        text = f"{key}: missing"
    elif kind == "union_tag_not_found":
        text = f"{key}.{_told_by(error)}: missing"
    elif kind == "union_tag_invalid":
        text = f"{key}.{_told_by(error)}: {error['ctx']['tag']!r}: there are: {error['ctx']['expected_tags']}"
    elif kind == "value_error":
        text = f"{key + ': ' if key else ''}{error['ctx']['error']}"
    elif isinstance(value, str) and _number_or(value) is not value:
        text = f"{key}: {value!r} is text to YAML; write the number with a dot, as {float(value):.1e}"
    else:
        text = f"{key}: {value!r}: {error['msg'][0].lower()}{error['msg'][1:]}"
    return text + (f" (and {more} more)" if more else "")


def _told_by(error: dict[str, Any]) -> str:
    """The key that says which kind of section it is."""
    return str(error["ctx"]["discriminator"]).strip("'")


def _fields_at(place: list[str]) -> list[str]:
    sections: list[type[Section]] = [Recipe]
    for part in place:
        named = [section for section in sections if part in _kinds(section)]
        sections = named or sections_in(sections[0].model_fields[part].annotation)
    return list(sections[0].model_fields)


def _kinds(section: type[Section]) -> tuple[str, ...]:
    """What tells a section that is one kind of several from the others."""
    told = {"name", "method", "primary_metric"} & section.model_fields.keys()
    return tuple(kind for key in told for kind in get_args(section.model_fields[key].annotation))


def sections_in(annotation: object) -> list[type[Section]]:
    """The sections that a key's type allows, as `Passages | None` does."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return [annotation]
    return [section for part in get_args(annotation) for section in sections_in(part)]


def _paths(values: dict[str, Any], prefix: str = "") -> list[str]:
    found = []
    for key, value in values.items():
        found += _paths(value, f"{prefix}{key}.") if isinstance(value, dict) else [f"{prefix}{key}"]
    return found


def _nearest(wrong: str, known: list[str]) -> str:
    close = difflib.get_close_matches(wrong, known, n=1, cutoff=0.4)
    return f"; did you mean {close[0]}?" if close else f"; there are: {', '.join(known)}"
