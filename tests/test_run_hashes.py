"""Hashes of runs of words, and what looking for shared runs costs in memory."""

import random
import tracemalloc
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import make_passage

from inkprint import run_hashes, runs
from inkprint.prepare.duplicates import find_contained, find_repeats, shingle
from inkprint.prepare.leaks import find_shared
from inkprint.words import span_of, word_spans

texts = st.lists(st.integers(0, 3), max_size=40).map(lambda numbers: np.array(numbers, dtype=np.int32))


pieces = st.sampled_from([1, 3, 7, 1 << 16])  # whether a text is hashed in many or in one is not to be seen


@contextmanager
def cut_into(piece):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_hashes, "_PIECE_WORDS", piece)
        yield


def runs_of(numbers, length):
    return [tuple(numbers[at : at + length].tolist()) for at in range(len(numbers) - length + 1)]


@given(texts, st.integers(1, 6), pieces)
def test_equal_runs_have_equal_hashes_and_others_different_ones(numbers, length, piece):
    with cut_into(piece):
        plain, hashes = runs_of(numbers, length), run_hashes.hashed_runs(numbers, length).tolist()
    assert len(hashes) == len(plain)
    assert len(set(zip(plain, hashes, strict=True))) == len(set(plain)) == len(set(hashes))


@given(texts, texts, st.integers(1, 6), pieces)
def test_known_runs_are_found_where_they_begin(numbers, others, length, piece):
    with cut_into(piece):
        known = run_hashes.Hashes(run_hashes.in_order([run_hashes.hashed_runs(others, length)]))
        places, hashes = run_hashes.runs_among(numbers, length, known)
    plain = runs_of(numbers, length)
    assert places.tolist() == [at for at, run in enumerate(plain) if run in set(runs_of(others, length))]
    assert hashes.tolist() == run_hashes.hashed_runs(numbers, length)[places].tolist()


@given(st.lists(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 4), max_size=30), max_size=3))
def test_what_is_there_and_what_is_there_again(parts):
    arrays = [np.array(part, dtype=np.uint64) for part in parts]
    together = [value for part in parts for value in part]
    assert run_hashes.in_order(arrays).tolist() == sorted(together)
    again = run_hashes.repeated(np.array(together, dtype=np.uint64)).tolist()
    assert again == sorted({value for value in together if together.count(value) > 1})


@given(st.lists(st.integers(0, 2**64 - 1)), st.lists(st.integers(0, 2**64 - 1)), pieces)
def test_hashes_know_what_is_among_them(known, others, piece):
    asked = np.array(known[::2] + others, dtype=np.uint64)
    with cut_into(piece):
        hashes = run_hashes.Hashes(np.sort(np.array(known, dtype=np.uint64)))
        there, places = hashes.find(asked)
    assert there.tolist() == [value in set(known) for value in asked.tolist()]
    assert places.tolist() == [sorted(known).index(value) for value in asked[there].tolist()]


@given(st.text(), st.integers(0, 20), st.integers(1, 20))
def test_a_span_is_that_of_its_words(text, first, count):
    spans = word_spans(text)[first : first + count]
    if len(spans) == count:
        assert span_of(text, first, count) == (spans[0][1], spans[-1][2])


def peak_bytes(work):
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_grows_by_a_few_bytes_a_word_and_not_by_tens():
    """With a fifth of a shelf held out: the text as numbers, the hashes of that fifth, and no more."""
    dice, vocabulary = random.Random(5), [f"w{number}" for number in range(3000)]
    most = {}
    for count in (250, 1000):
        made = [make_passage(" ".join(dice.choices(vocabulary, k=200)), chapter=f"{n}") for n in range(count)]
        train, held_out = made[count // 5 :], made[: count // 5]
        index = runs.index_training_text(train)
        said = [passage.text for passage in held_out]
        shingles = shingle([passage.text for passage in train])
        work = {
            "leaks": lambda train=train, held_out=held_out: find_shared(train, held_out, 0.2, 20),
            "runs": lambda said=said, index=index: runs.longest_runs(said, index),
            "shared": lambda said=said, index=index: runs.shared_words(said, index, 8),
            "shingles": lambda train=train: shingle([passage.text for passage in train]),
            "alike": lambda shingles=shingles: find_repeats(shingles, 0.8),
            "contained": lambda shingles=shingles: find_contained(shingles, 0.8),
        }
        most[count] = {name: peak_bytes(do) for name, do in work.items()}
    a_word = {name: (most[1000][name] - most[250][name]) / (750 * 200) for name in most[250]}
    assert all(of_word < 20 for of_word in a_word.values()), a_word
