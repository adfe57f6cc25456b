"""Where a passage is parted into an opening and the rest."""

from __future__ import annotations

from collections.abc import Iterator

from inkprint.sentences import sentence_spans

OPENING_SHARE = 1 / 3  # of the passage's words; the rest is the answer


def open_passage(text: str) -> tuple[str, str] | None:
    """The passage's opening sentences, about a third of its words, and the rest; None for one sentence."""
    spans = list(_spans(text))
    if len(spans) < 2:
        return None
    words, goal = 0, OPENING_SHARE * len(text.split())
    for position, (begin, end) in enumerate(spans[:-1], start=1):
        words += len(text[begin:end].split())
        if words >= goal or position == len(spans) - 1:
            return text[:end], text[end:].strip()
    return None


def _spans(text: str) -> Iterator[tuple[int, int]]:
    offset = 0
    for block in text.split("\n\n"):
        yield from ((offset + begin, offset + end) for begin, end in sentence_spans(block))
        offset += len(block) + 2
