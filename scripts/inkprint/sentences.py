"""Where a sentence ends, by rule: a stop, perhaps a closing quote, a space, and a beginning after it."""

from __future__ import annotations

import re

# What ends in a stop and does not end a sentence. Single capitals (initials) are handled by rule.
ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof st sr jr rev hon gen col capt lieut sgt esq messrs mme mlle vol vols ch chap "
    "fig figs sec art p pp ed eds trans viz cf e.g i.e vs v etc al ibid op cit inc ltd co corp jan feb mar "
    "apr jun jul aug sept sep oct nov dec a.m p.m u.s".split()
)
# These do end sentences as well: what follows decides, and a capital after them is taken for a beginning.
ENDS_TOO = frozenset("etc al inc ltd co corp a.m p.m u.s".split())
# "No. 7" goes on, "No. He went." does not.
BEFORE_NUMBERS = frozenset(["no", "nos"])
LONGEST_WORD = 100  # characters that are looked back at, or a long paragraph takes minutes
# The stops of Chinese, Japanese, Hindi, Arabic and Urdu, too.
_STOP = re.compile(r"""[.!?…。！？।؟۔]+[)\]"'”’»」』）]*(?=\s+["'“‘«(\[—–「『（-]*[^\W_])""")
_WORD_BEFORE = re.compile(r"([^\W_][\w.]*)$")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Offsets [start, end) of a paragraph's sentences, in order; together they hold every word."""
    spans, start = [], 0
    for stop in _STOP.finditer(text):
        if _ends_sentence(text, stop):
            spans.append((start, stop.end()))
            start = stop.end() + len(text[stop.end() :]) - len(text[stop.end() :].lstrip())
    if text[start:].strip():
        spans.append((start, len(text.rstrip())))
    return spans


def _ends_sentence(text: str, stop: re.Match[str]) -> bool:
    beginning = text[stop.end() :].lstrip().lstrip("\"'“‘«([—–「『（-")[:1]
    if beginning.islower():
        return False
    if not stop.group().startswith(".") or stop.group().startswith(".."):
        return True
    word = _WORD_BEFORE.search(text, max(0, stop.start() - LONGEST_WORD), stop.start())
    if word is None:
        return True
    bare = word.group().lower()
    if len(bare) == 1 and bare.isalpha() and word.group().isupper() and bare != "i":
        return False  # an initial: J. S. Mill
    if bare in BEFORE_NUMBERS:
        return not beginning.isdigit()
    return bare not in ABBREVIATIONS or (bare in ENDS_TOO and beginning.isupper())
