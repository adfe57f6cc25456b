"""Which passages stay: each text once, and in train nothing that is held out or said before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from inkprint.prepare.duplicates import find_contained, find_repeats, shingle
from inkprint.prepare.leaks import find_shared
from inkprint.prepare.passages import Cut
from inkprint.prepare.quality import quality_faults
from inkprint.recipe import Passages
from inkprint.records import Passage, Reject, content_id


@dataclass(frozen=True)
class LeftOut:
    cut: Cut
    reason: str
    detail: str
    of: Cut | None = None  # what it repeats


def select(
    cuts: list[Cut],
    near_duplicate: float | None,
    limits: Passages,
    by_hand: frozenset[str] = frozenset(),
) -> tuple[list[Cut], list[LeftOut]]:
    """The cuts that become passages, in order, and the others with their reasons.

    by_hand: ids of pages that a person kept: no passage with text of theirs is called short or bad. These
    rules are the same in every split and know no other document. What stands elsewhere as well is left out
    of train alone: held-out passages are the same whatever other books there are.
    """
    left_out = list(faulty(cuts, limits, by_hand))
    left_out += _same_text(_rest(cuts, left_out))
    if limits.shared_share is not None:
        left_out += _shared(_rest(cuts, left_out), limits.shared_share, limits.leak_run_words)
    if near_duplicate is not None:
        train = [cut for cut in _rest(cuts, left_out) if cut.passage.split == "train"]
        left_out += _repeated(train, near_duplicate)
    order = {id(cut): number for number, cut in enumerate(cuts)}
    return _rest(cuts, left_out), sorted(left_out, key=lambda one: order[id(one.cut)])


def make_rejects(left_out: list[LeftOut], kept: list[Cut], passages: list[Passage]) -> list[Reject]:
    """A reject for each cut that was left out, in their order; it names the passage that it repeats."""
    ids = {id(cut): passage.id for cut, passage in zip(kept, passages, strict=True)}
    rejects = []
    for one in left_out:
        own, detail = one.cut.passage, one.detail
        if one.of is not None:
            other = one.of.passage
            detail += f": {ids.get(id(one.of), other.id)}, {other.document}, {other.chapter!r}"
        reject_id = content_id("reject", own.document, own.id, one.reason, detail)
        rejects.append(
            Reject(id=reject_id, source_id=own.id, reason=one.reason, text=own.text, detail=detail)
        )
    return rejects


def same_books(cuts: list[Cut], left_out: list[LeftOut]) -> list[tuple[str, str]]:
    """Pairs of documents of which the first was left out by half, and more, for what the second says."""
    words = Counter[str]()
    repeated = Counter[tuple[str, str]]()
    for cut in cuts:
        words[cut.passage.document] += cut.passage.words
    for one in left_out:
        if one.of is not None and one.of.passage.document != one.cut.passage.document:
            repeated[one.cut.passage.document, one.of.passage.document] += one.cut.passage.words
    return sorted(pair for pair, count in repeated.items() if 2 * count >= words[pair[0]])


def _rest(cuts: Iterable[Cut], left_out: Iterable[LeftOut]) -> list[Cut]:
    gone = {id(one.cut) for one in left_out}
    return [cut for cut in cuts if id(cut) not in gone]


def faulty(cuts: list[Cut], limits: Passages, by_hand: frozenset[str]) -> Iterable[LeftOut]:
    """Cuts that are too short, or no prose or verse of their book."""
    for _, group in groupby(cuts, key=lambda cut: cut.passage.document):
        own = list(group)
        faults = quality_faults([cut.passage.text for cut in own], limits.filters)
        for number, cut in enumerate(own):
            if not by_hand.isdisjoint(cut.passage.page_ids):
                continue
            if cut.passage.words < limits.min_words:
                yield LeftOut(cut, "fewer words than min_words", f"{cut.passage.words} words")
            elif number in faults:
                yield LeftOut(cut, *faults[number])


def _same_text(cuts: list[Cut]) -> Iterable[LeftOut]:
    """Passages with one id: a file that is there twice, a page printed twice. What is held out goes first."""
    first: dict[str, Cut] = {}
    for split in ("test", "validation", "train"):
        for cut in (cut for cut in cuts if cut.passage.split == split):
            kept = first.setdefault(cut.passage.id, cut)
            if kept is not cut:
                yield LeftOut(cut, "the same text as another passage of the book", "word for word", kept)


def _shared(cuts: list[Cut], share: float, run_words: int) -> Iterable[LeftOut]:
    train = [cut for cut in cuts if cut.passage.split == "train"]
    held_out = [cut for cut in cuts if cut.passage.split != "train"]
    texts = [cut.passage for cut in train], [cut.passage for cut in held_out]
    for number, found in find_shared(*texts, share, run_words).items():
        detail = f"{found.share:.0%} of its words, up to {found.run_words} in a row"
        yield LeftOut(train[number], "says what is held out", detail, held_out[found.of])


def _repeated(train: list[Cut], threshold: float) -> Iterable[LeftOut]:
    shingles = shingle([cut.passage.text for cut in train])
    alike = find_repeats(shingles, threshold)
    contained = find_contained(shingles, threshold, without=alike)
    for number, repeat in alike.items():
        detail = f"{repeat.share:.0%} alike"
        yield LeftOut(train[number], "near-duplicate of an earlier passage", detail, train[repeat.of])
    for number, repeat in contained.items():
        detail = f"{repeat.share:.0%} of it"
        yield LeftOut(train[number], "stands in earlier passages", detail, train[repeat.of])
