"""The prompt files of a recipe: which there are, what they say, and what is put into their slots."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from inkprint.errors import UserError
from inkprint.recipe import Recipe, Synthesize, prompt_files

_SLOT = re.compile(r"\{(\w+)\}")


def read_prompts(settings: Synthesize) -> dict[str, Path]:
    """The prompt files that these settings use, by their path below the repository."""
    names = [
        getattr(task, key, None) for task in settings.tasks.named().values() for key in ("prompt", "style")
    ]
    return prompt_files(*names, settings.system_prompt)


class Prompt:
    """A prompt's text, with slots such as {passage}. Lines with # at its top are for its editors."""

    def __init__(self, path: Path, allowed: set[str], needed: set[str]) -> None:
        """Raises UserError for a slot that nothing fills, or one that is missing."""
        lines = path.read_text(encoding="utf-8").split("\n")
        while lines and (lines[0].startswith("#") or not lines[0].strip()):
            lines.pop(0)
        self._text = "\n".join(lines).strip()
        slots = set(_SLOT.findall(self._text))
        if wrong := sorted(slots - allowed):
            raise UserError(f"{path}: nothing fills {{{wrong[0]}}}; there are: {_named(allowed)}")
        if missing := sorted(needed - slots):
            raise UserError(f"{path}: needs {_named(set(missing))}")
        if not self._text:
            raise UserError(f"{path}: no text in it")

    def fill(self, **values: object) -> str:
        """The text with its slots filled; what is put in may have braces of its own."""
        return _SLOT.sub(lambda slot: str(values[slot[1]]), self._text)


def without_tags(text: str, tags: Iterable[str]) -> str:
    """Untrusted text with these tags in square brackets: it must not end the element that it stands in."""
    return re.sub(rf"<(/?(?:{'|'.join(tags)}))\b[^>]*>", r"[\1]", text, flags=re.IGNORECASE)


def persona_of(recipe: Recipe) -> str | None:
    """The system prompt that stands before every chat of the recipe, if any."""
    name = recipe.synthesize.system_prompt
    return Prompt(prompt_files(name)[name], {"author"}, set()).fill(author=recipe.author) if name else None


def _named(slots: set[str]) -> str:
    return ", ".join(f"{{{slot}}}" for slot in sorted(slots)) or "none"
