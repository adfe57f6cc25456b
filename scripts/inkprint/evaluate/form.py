"""The form of an answer: what a person sees at a glance without reading it.

Loops, markup, figures and lines of an index are how fine-tuned models fail most visibly: repetition is what
greedy decoding falls into (Holtzman et al. 2020), and index pages come out where index pages went in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

LOOP_TIMES = 3  # a phrase said so often in a row,
LOOP_WORDS = 12  # so many words of it in all: "no, no, no" is no loop
_MARKUP = re.compile(
    r"""^[ ]{0,3}\#{1,6}[ ]\S             # a heading
      | ^\s*[-*+•▪]\s+\S                  # a bullet
      | ^\s*\d{1,3}[.)]\s+\S[^\n]*\n+\s*\d{1,3}[.)]\s+\S  # two items of a numbered list
      | ^\s*(?:```|~~~)                   # a fence of code
      | ^\s*\|.*\|\s*$                    # a row of a table
      | \*\*\S[^*\n]*\*\* | __\S[^_\n]*__ # bold
      | \[[^\]\n]+\]\([^)\n]+\)           # a link
      | </?[A-Za-z][\w-]*(?:\s[^<>\n]*)?/?>  # a tag, <think> among them
      | <\|\w+\|> | \[/?INST\]            # a template's own signs
      | \\(?:begin|end|frac|section)\{    # LaTeX
    """,
    re.MULTILINE | re.VERBOSE,
)
_PAGES = r"\d{1,4}(?:\s?[-–]\s?\d{1,4})?(?:n|ff?)?\.?"
# Lamp, 12, 45-47 / oil lamps . . . . . 112 / see also lighthouse
_INDEX_LINE = re.compile(
    rf"^\W*\w[^\n]{{0,70}}?(?:,\s+{_PAGES}(?:,\s+{_PAGES})+\W*$|(?:\s?[.·…]\s?){{4,}}\s*{_PAGES}\s*$)"
    rf"|^\W*\w[^\n.!?]{{0,60}}\b[Ss]ee (?:also )\w[^\n.!?]{{0,60}}$",
    re.MULTILINE,
)


def has_loop(text: Sequence[str]) -> bool:
    """Whether a text says some words three times or more in a row, twelve words or more in all."""
    if len(text) < LOOP_WORDS:
        return False
    numbers = np.unique(np.array(text), return_inverse=True)[1]
    for period in range(1, len(numbers) // LOOP_TIMES + 1):
        agree = numbers[period:] == numbers[:-period]
        # So many words in a row that are what stood `period` words before.
        needed = max((LOOP_TIMES - 1) * period, LOOP_WORDS - period)
        if needed <= len(agree) and _longest_stretch(agree) >= needed:
            return True
    return False


def has_markup(text: str) -> bool:
    """Whether a text holds signs that are no prose: Markdown, HTML, LaTeX, a chat template's own."""
    return _MARKUP.search(text) is not None


def has_index_line(text: str) -> bool:
    """Whether a line reads like an index or a table of contents: a term and its pages."""
    return _INDEX_LINE.search(text) is not None


def digit_share(text: str) -> float:
    """Digits among letters and digits, in %; 0 for a text without either."""
    return 100 * sum(map(str.isdigit, text)) / max(sum(map(str.isalnum, text)), 1)


def _longest_stretch(agree: np.ndarray) -> int:
    """The most true values in a row."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], agree, [False])).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max()) if len(edges) else 0
