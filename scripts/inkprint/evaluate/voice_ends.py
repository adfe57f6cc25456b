"""Does the voice know the author? Books and authors that it did not learn must fall on their own sides.

One book of the author's is left out, and one other author: the voice is learned from the rest and judges
both. Neither is known to it, as a model's answers are not. Of one book alone its unseen
chapters are judged instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from inkprint.evaluate import voice
from inkprint.evaluate.check import CANNOT_TELL, FAILED, OTHER, OWN, PASSED, Check
from inkprint.evaluate.checks import Material
from inkprint.evaluate.intervals import Numbers
from inkprint.evaluate.others import FEWEST_WINDOWS, Judged
from inkprint.evaluate.scores import make_score
from inkprint.records import BackgroundPassage, Passage, Score

MOST_TURNS = 6  # each learns the voice anew: seconds
Windows = dict[str, str]  # by passage: its first words


def windows_of(passages: Sequence[Passage | BackgroundPassage], by: str, length: int) -> dict[str, Windows]:
    """The windows of each book (`by` is document) or author; those with too few are left out."""
    found: dict[str, Windows] = {}
    for passage in passages:
        if (window := voice.window(passage.text, length)) is not None:
            found.setdefault(getattr(passage, by), {})[passage.id] = window
    return {name: of for name, of in sorted(found.items()) if len(of) >= FEWEST_WINDOWS}


def leave_out(
    books: Mapping[str, Windows], others: Mapping[str, Windows], book: str, author: str, seed: int
) -> tuple[Numbers, Numbers]:
    """The voice of a book and of another author's passages, learned without both."""
    own = [window for name, of in books.items() if name != book for window in of.values()]
    rest = {name: list(of.values()) for name, of in others.items() if name != author}
    told = voice.learn(own, rest, seed)
    both = (list(books[book].values()), list(others[author].values()))
    first, second = (told.probabilities(windows)["voice"] for windows in both)
    return first, second


def score_left_out(books: Mapping[str, Windows], others: Mapping[str, Windows], seed: int) -> list[Score]:
    """Of every book and every other author the voice, each left out once beside one of the other side.

    Of more than six on a side the first six in the alphabet.
    """
    scores: dict[str, list[Score]] = {}
    for turn in range(min(max(len(books), len(others)), MOST_TURNS)):
        book, author = list(books)[turn % len(books)], list(others)[turn % len(others)]
        pair = zip((OWN + book, OTHER + author), leave_out(books, others, book, author, seed), strict=True)
        for (variant, values), of in zip(pair, (books[book], others[author]), strict=True):
            scores.setdefault(variant, []).extend(
                make_score("voice", variant, passage, None, value, 1)
                for passage, value in zip(of, values, strict=True)
                if turn < len(books if variant.startswith(OWN) else others)
            )
    sides = sorted(scores, key=lambda variant: variant.startswith(OTHER))  # the author's first
    return [score for variant in sides for score in scores[variant]]


def judge_ends(means: Mapping[str, dict[str, Any]]) -> tuple[str, str]:
    """State and reason. means: by variant, with their intervals."""
    own = [mean for variant, mean in means.items() if variant.startswith(OWN)]
    others = [mean for variant, mean in means.items() if variant.startswith(OTHER)]
    if any(one["value"] <= other["value"] for one in own for other in others):
        return FAILED, "another author scores as high as the author"
    if any(mean["low"] is None for mean in (*own, *others)):
        return CANNOT_TELL, "too few passages for an interval"
    if any(one["low"] <= other["high"] for one in own for other in others):
        return CANNOT_TELL, "the intervals overlap"
    return PASSED, ""


def check_voice_ends(
    material: Material, judged: Judged, own: Sequence[Passage], others: Sequence[BackgroundPassage]
) -> tuple[Check, list[Score]]:
    """own and others: all passages of the author's books and of the other authors'."""
    name = "voice_ends"
    if judged.ruler is None:
        return Check(name, CANNOT_TELL, judged.facts["why"]), []
    length = judged.ruler.window_words
    books, authors = windows_of(own, "document", length), windows_of(others, "author", length)
    if len(books) > 1:
        scores = score_left_out(books, authors, material.seed)
    else:
        unseen = {s.source_id: s for s in judged.scores if (s.metric, s.variant) == ("voice", "reference")}
        named = [(OWN + "unseen chapters", score) for score in unseen.values()]
        named += [(OTHER + score.variant, score) for score in judged.of_others if score.metric == "voice"]
        scores = [make_score("voice", variant, s.source_id, None, s.value, 1) for variant, s in named]
    of_variant: dict[str, list[Score]] = {}
    for score in scores:
        of_variant.setdefault(score.variant, []).append(score)
    means = {variant: material.mean(of) for variant, of in of_variant.items()}
    state, why = judge_ends(means)
    facts = {"means": {"voice": means}, "books": len(books), "window_words": length}
    return Check(name, state, why, facts), scores
