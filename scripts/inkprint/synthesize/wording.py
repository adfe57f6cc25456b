"""A text and its words, found once for all that looks at them."""

from __future__ import annotations

import re
from functools import cached_property

from inkprint.words import word_spans, words

SHOWN_WORDS = 12
PARTS = re.compile(r"['’ʼ‐‑-]")


class Text:
    """A question, an answer or a passage. What is asked of it first is kept."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def words(self) -> list[str]:
        """Its words in lower case."""
        return words(self.text)

    @cached_property
    def spans(self) -> list[tuple[str, int, int]]:
        """The same, each with its first and last place in characters."""
        return word_spans(self.text)

    @cached_property
    def parts(self) -> list[str]:
        """Its words, those with an apostrophe or a hyphen parted: "l'auteur" is "l" and "auteur"."""
        parts: list[str] = []
        for word in self.words:
            if "'" in word or "-" in word:
                parts += filter(None, PARTS.split(word))
            else:
                parts.append(word)
        return parts

    @cached_property
    def lower(self) -> str:
        """The text itself in lower case."""
        return self.text.lower()

    @cached_property
    def in_a_row(self) -> str:
        """Its words with a space before and after each, for finding some of them in a row."""
        return f" {' '.join(self.words)} "


def shown(text: str) -> str:
    """A piece of a text for a message: in quotation marks, on one line, its first words if it has many."""
    parts = text.split()
    return f"'{' '.join(parts[:SHOWN_WORDS])}{' …' * (len(parts) > SHOWN_WORDS)}'"
