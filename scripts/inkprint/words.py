"""What counts as a word, wherever words are counted or compared."""

from __future__ import annotations

import re
import unicodedata

# Letters and digits with their accents; an apostrophe or a hyphen inside belongs to the word.
_LETTER = r"(?:[^\W_][̀-ͯ]*)"
_WORD = re.compile(rf"{_LETTER}+(?:['-]{_LETTER}+)*")
# Typographic apostrophes and hyphens as typed ones; one character for one, so that places stay.
_AS_TYPED = str.maketrans({"’": "'", "ʼ": "'", "‐": "-", "‑": "-"})


def word_spans(text: str) -> list[tuple[str, int, int]]:
    """The words of a text in lower case, each with its first and last place in characters."""
    found = _WORD.finditer(text.translate(_AS_TYPED))
    return [(_plain(match.group()), match.start(), match.end()) for match in found]


def words(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation."""
    return [_plain(word) for word in _WORD.findall(text.translate(_AS_TYPED))]


def _plain(word: str) -> str:
    return unicodedata.normalize("NFKC", word).lower()
