"""Hashes of runs of words: all of a text's, and which of them another text has.

The words of a shelf are ten million, and a hash takes eight bytes: a long text is hashed piece by piece, and
only what is asked for is kept.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

_SLOTS_A_HASH, _MOST_DIGITS = 8, 27  # bits for a known hash; 16 MB of them at most
_SEVEN, _EIGHT = np.uint64(7), np.uint64(3)  # the last digits of a slot are its place in a byte of eight
_PIECE_WORDS = 1 << 16  # hashed at once: half a megabyte, which the processor's cache holds
_BASE = np.uint64(0xD1342543DE82EF95)


class Hashes:
    """Sorted hashes of runs, to be asked which of others are among them.

    A search goes to some 23 places of ten million, each of them far away in memory. A bit for every hash's
    first digits, a few megabytes, answers no at one place for seven of eight that are not there.
    """

    def __init__(self, hashes: NDArray[np.uint64]) -> None:
        """hashes: (known,), sorted; equal ones may be among them."""
        self.sorted = hashes
        digits = min(max((_SLOTS_A_HASH * len(hashes)).bit_length(), 3), _MOST_DIGITS)
        self._beyond = np.uint64(64 - digits)
        self._bits = np.zeros(1 << (digits - 3), dtype=np.uint8)
        for start in range(0, len(hashes), _PIECE_WORDS):
            slots = hashes[start : start + _PIECE_WORDS] >> self._beyond
            byte, bit = slots >> _EIGHT, np.uint8(1) << (slots & _SEVEN).astype(np.uint8)
            first = np.flatnonzero(begins(byte))
            self._bits[byte[first]] |= np.bitwise_or.reduceat(bit, first)

    def among(self, values: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Which values are among the hashes: (values,)."""
        return self.find(values)[0]

    def find(self, values: NDArray[np.uint64]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Which values are there, (values,), and for those the first place of each: (there,)."""
        pieces = [
            self._find(values[start : start + _PIECE_WORDS])
            for start in range(0, max(len(values), 1), _PIECE_WORDS)
        ]
        there, places = zip(*pieces, strict=True)
        return np.concatenate(there), np.concatenate(places)

    def _find(self, values: NDArray[np.uint64]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        slots = values >> self._beyond
        there = (self._bits[slots >> _EIGHT] >> (slots & _SEVEN).astype(np.uint8)) & 1 == 1
        asked = np.flatnonzero(there)
        places = np.searchsorted(self.sorted, values[asked])
        found = self.sorted[np.minimum(places, len(self.sorted) - 1)] == values[asked]
        there[asked[~found]] = False
        return there, places[found]


def hashed_runs(numbers: NDArray[np.int32], length: int) -> NDArray[np.uint64]:
    """A 64-bit hash of every run of `length` word numbers: (words - length + 1,), or (0,) for a shorter text.

    A polynomial in an odd base over mixed numbers (Karp and Rabin 1987): among ten million different runs two
    have the same hash once in some 400,000 times.
    """
    runs = np.zeros(max(len(numbers) - length + 1, 0), dtype=np.uint64)
    for start in range(0, len(runs), _PIECE_WORDS):
        own = mixed(numbers[start : start + _PIECE_WORDS + length - 1].astype(np.int64).astype(np.uint64))
        piece = runs[start : start + _PIECE_WORDS]
        for offset in range(length):
            piece *= _BASE
            piece += own[offset : offset + len(piece)]
    return runs


def runs_among(
    numbers: NDArray[np.int32], length: int, known: Hashes
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Where a text's runs begin that are among the known ones, in order, and their hashes: (found,) each."""
    places, hashes = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.uint64)]
    for start in range(0, len(numbers) - length + 1, _PIECE_WORDS):
        own = hashed_runs(numbers[start : start + _PIECE_WORDS + length - 1], length)
        there = np.flatnonzero(known.among(own))
        places.append(start + there)
        hashes.append(own[there])
    return np.concatenate(places), np.concatenate(hashes)


def in_order(parts: Iterable[NDArray[np.uint64]]) -> NDArray[np.uint64]:
    """The values of all parts, sorted."""
    ordered = np.concatenate([np.zeros(0, dtype=np.uint64), *parts])
    ordered.sort()
    return ordered


def repeated(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Each value that is there twice or more, once, sorted. A sixteenth of them is sorted at a time."""
    parts = np.empty(len(values), dtype=np.uint8)
    np.right_shift(values, np.uint64(60), out=parts, casting="unsafe")
    found = []
    for part in range(16):
        ordered = values[parts == part]
        ordered.sort()
        again = ordered[1:][ordered[1:] == ordered[:-1]]
        found.append(again[begins(again)])
    return np.concatenate(found)


def begins(ordered: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which of sorted values differ from the one before."""
    return np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(ordered)]


def mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Neighbouring numbers made as different as any two: the finalizer of splitmix64 (Steele et al. 2014)."""
    numbers = numbers + np.uint64(0x9E3779B97F4A7C15)
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))
