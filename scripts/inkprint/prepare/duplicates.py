"""Texts that say what an earlier one says: passages of books and rows of tables alike.

Resemblance and containment of shingles, Broder (1997), "On the resemblance and containment of documents";
pairs that may be alike are found by MinHash in bands, as in Leskovec, Rajaraman and Ullman, "Mining of
Massive Datasets", chapter 3, and then compared exactly. Same texts, same result: no chance is in it.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from inkprint.run_hashes import Hashes, hashed_runs, mixed, repeated
from inkprint.words import words

SHINGLE_WORDS = 5
HASHES = 128
MISSED = 0.002  # of the pairs that are just as alike as the threshold, so many may be overlooked
CHUNK_SHINGLES = 1 << 16  # hashed at once: what the processor's cache holds


@dataclass(frozen=True)
class Shingles:
    """The runs of five words of every text, hashed, in order; each text has at least one."""

    values: NDArray[np.uint64]  # (shingles,) text after text
    starts: NDArray[np.int64]  # (texts + 1,) into `values`

    def of(self, text: int) -> NDArray[np.uint64]:
        """One text's, sorted, each once."""
        return np.unique(self.values[self.starts[text] : self.starts[text + 1]])


@dataclass(frozen=True)
class Repeat:
    """What a text repeats: another text's number, and how much alike they are, or how much stands there."""

    of: int
    share: float


def shingle(texts: Sequence[str]) -> Shingles:
    """Cut texts into overlapping runs of five words, case and punctuation set aside.

    A text of fewer words is one shingle, so that it is like nothing but the same words: "a good film" and
    "a bad film" are two texts. In one of ten words a changed last word leaves five of seven shingles in
    common, and a changed word in the middle one of eleven. A text without words is taken as it is.
    """
    numbers, begins = _numbered(texts)
    starts = np.concatenate([[0], np.cumsum(np.maximum(np.diff(begins) - SHINGLE_WORDS + 1, 1))])
    values = np.empty(starts[-1], dtype=np.uint64)
    for first, end in _groups(starts):
        words_of = numbers[begins[first] : begins[end] + SHINGLE_WORDS - 1]
        values[starts[first] : starts[end]] = _hashed(words_of, begins[first : end + 1] - begins[first])
    return Shingles(values, starts)


def _groups(starts: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Texts one after the other, of CHUNK_SHINGLES or one: the first, and who comes after the last."""
    first, texts = 0, len(starts) - 1
    while first < texts:
        within = int(np.searchsorted(starts, starts[first] + CHUNK_SHINGLES, side="right")) - 1
        end = max(first + 1, within)
        yield first, end
        first = end


def _hashed(numbers: NDArray[np.int32], begins: NDArray[np.int64]) -> NDArray[np.uint64]:
    """The shingles of some texts, hashed. begins: (texts + 1,) into `numbers`, which go on for four more."""
    lengths = np.diff(begins)
    runs = hashed_runs(numbers, SHINGLE_WORDS)
    inside = np.ones(len(runs), dtype=bool)
    for back in range(1, SHINGLE_WORDS):  # a run that begins so near a text's end goes on into the next
        inside[begins[1:][lengths >= back] - back] = False
    for short in range(1, SHINGLE_WORDS):
        first = begins[:-1][lengths == short]
        runs[first], inside[first] = hashed_runs(numbers, short)[first], True
    return runs[inside]


def _numbered(texts: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """All words by numbers, text after text, and where each text begins and the last ends: (texts + 1,).

    Four more numbers follow, so that a run of five begins with the last word, too.
    """
    numbers, ends = array("i"), [0]
    known: defaultdict[str, int] = defaultdict(count().__next__)  # a word's number is how many came before
    for text in texts:
        numbers.extend(map(known.__getitem__, words(text) or [text.strip()]))
        ends.append(len(numbers))
    numbers.extend([0] * (SHINGLE_WORDS - 1))
    return np.frombuffer(numbers, dtype=np.int32), np.array(ends, dtype=np.int64)


def find_repeats(shingles: Shingles, threshold: float, fixed: int = 0) -> dict[int, Repeat]:
    """Texts that are near-duplicates of an earlier one that stays, each with the one it is most like.

    Likeness is the share of the shingles of both that both have (Jaccard). The first `fixed` texts are held
    against the others and stay whatever they are like: held-out rows, for example.
    """
    signatures = _signatures(shingles)
    keys = _band_keys(signatures, threshold)
    _, place, count = np.unique(keys, return_inverse=True, return_counts=True)
    met = count[place.reshape(keys.shape)] > 1
    buckets: dict[int, list[int]] = {}
    repeats: dict[int, Repeat] = {}
    for text in np.flatnonzero(met.any(axis=1)).tolist():
        own = keys[text][met[text]].tolist()
        if text >= fixed:
            candidates = sorted({other for key in own for other in buckets.get(key, ())})
            best = _most_like(text, candidates, shingles, signatures, threshold)
            if best is not None:
                repeats[text] = best
                continue
        for key in own:
            buckets.setdefault(key, []).append(text)
    return repeats


def find_contained(shingles: Shingles, threshold: float, without: Collection[int] = ()) -> dict[int, Repeat]:
    """Texts with such a share of their shingles in earlier ones that stay, each with the one that has most.

    It finds what was cut at other places: two editions share all their text and hardly a whole passage. The
    texts in `without` are passed over.
    """
    lengths = np.diff(shingles.starts)
    again = Hashes(repeated(shingles.values))  # what stands once is in no other text
    there, ids = again.find(shingles.values)
    starts = np.searchsorted(np.flatnonzero(there), shingles.starts)  # into `ids`
    may_be = np.diff(starts) >= threshold * lengths
    stays = ~may_be
    stays[list(without)] = may_be[list(without)] = False
    # The first text that stays and has a shingle: of all that surely stay at once, then in their order.
    first_in = np.full(len(again.sorted), len(lengths))
    owners = np.repeat(np.arange(len(lengths)), np.diff(starts))
    sure = stays[owners]
    np.minimum.at(first_in, ids[sure], owners[sure])
    contained: dict[int, Repeat] = {}
    for text in np.flatnonzero(may_be).tolist():
        own = ids[starts[text] : starts[text + 1]]
        earlier = first_in[own]
        earlier = earlier[earlier < text]
        if len(earlier) >= threshold * lengths[text]:
            contained[text] = Repeat(int(np.bincount(earlier).argmax()), len(earlier) / int(lengths[text]))
        else:
            first_in[own] = np.minimum(first_in[own], text)
    return contained


def _signatures(shingles: Shingles) -> NDArray[np.uint32]:
    """The least hash of each text under HASHES functions: (texts, HASHES).

    Multiply-shift functions, Dietzfelbinger et al. (1997): the high half of a product with an odd number.
    """
    factors = mixed(np.arange(HASHES, dtype=np.uint64)) | np.uint64(1)
    least = np.empty((len(shingles.starts) - 1, HASHES), dtype=np.uint32)
    for first, end in _groups(shingles.starts):
        values = shingles.values[shingles.starts[first] : shingles.starts[end]]
        starts = shingles.starts[first:end] - shingles.starts[first]
        for number, factor in enumerate(factors):
            least[first:end, number] = np.minimum.reduceat((values * factor) >> np.uint64(32), starts)
    return least


def _band_keys(signatures: NDArray[np.uint32], threshold: float) -> NDArray[np.uint64]:
    """One number for each band of each signature, (texts, bands): texts alike have one in common.

    As many rows a band as overlook no more than MISSED: at 0.8 six, in 21 bands, of which two texts that
    are 0.3 alike have one in common once in 70 times, and unrelated ones never.
    """
    rows = max(
        rows
        for rows in range(1, HASHES + 1)
        if rows == 1 or (1 - threshold**rows) ** (HASHES // rows) <= MISSED
    )
    bands = HASHES // rows
    keys = np.repeat(mixed(np.arange(bands, dtype=np.uint64))[None], len(signatures), axis=0)
    for row in range(rows):
        keys = mixed(keys ^ signatures[:, row : rows * bands : rows])
    return keys


def _most_like(
    text: int,
    candidates: list[int],
    shingles: Shingles,
    signatures: NDArray[np.uint32],
    threshold: float,
) -> Repeat | None:
    """The candidate with the largest Jaccard similarity, the first of equals, if it reaches the threshold."""
    if not candidates:
        return None
    # Signatures estimate the similarity with a standard error under 0.045: five of them settle most.
    guesses = (signatures[candidates] == signatures[text]).mean(axis=1)
    own = shingles.of(text)
    best = None
    for other in (candidates[n] for n in np.flatnonzero(guesses >= threshold - 0.22).tolist()):
        theirs = shingles.of(other)
        common = len(np.intersect1d(own, theirs, assume_unique=True))
        share = common / (len(own) + len(theirs) - common)
        if share >= threshold and (best is None or share > best.share):
            best = Repeat(other, share)
    return best
