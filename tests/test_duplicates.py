"""Near-duplicates: the same as by comparing every pair, at any length, in any order of magnitude."""

from __future__ import annotations

import random
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from inkprint.prepare.duplicates import find_contained, find_repeats, shingle

WORDS = [f"{a}{b}{c}" for a in "bdfgk" for b in ("a", "en", "ir", "o") for c in ("ter", "lu", "ning", "s")]


def text_of(dice, length):
    return " ".join(dice.choices(WORDS, k=length))


def shingles_by_hand(text):
    words = text.split()
    return {tuple(words[n : n + 5]) for n in range(max(len(words) - 4, 1))}


def repeats_by_hand(texts, threshold, fixed=0):
    """The definition, slowly: a text goes when it is like one that stays."""
    stay, found = [], {}
    for number, text in enumerate(texts):
        own = shingles_by_hand(text)
        likeness = {k: len(own & s) / len(own | s) for k, s in stay}
        most = max(likeness.values(), default=0)
        if number >= fixed and most >= threshold:
            found[number] = (min(k for k in likeness if likeness[k] == most), most)
        else:
            stay.append((number, own))
    return found


def edited(dice, text):
    """The text with a few words changed, dropped or added: alike in any degree."""
    words = text.split()
    for _ in range(dice.randint(0, max(len(words) // 30, 1))):
        place = dice.randrange(len(words))
        words[place : place + dice.randint(0, 1)] = dice.choices(WORDS, k=dice.randint(0, 1))
    return " ".join(words) or "ended"


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([4, 12, 60, 250]), st.sampled_from([0.6, 0.8, 0.95]))
def test_what_is_found_is_what_every_pair_compared_would_find(seed, length, threshold):
    dice = random.Random(seed)
    texts = [text_of(dice, dice.randint(1, length)) for _ in range(8)]
    texts += [edited(dice, dice.choice(texts)) for _ in range(24)]
    dice.shuffle(texts)
    fixed = dice.randint(0, 6)
    found = find_repeats(shingle(texts), threshold, fixed)
    expected = repeats_by_hand(texts, threshold, fixed)
    # What is exactly as alike as the threshold is overlooked twice in a thousand times.
    if any(abs(share - threshold) < 0.03 for _, share in expected.values()):
        assert set(found) <= set(range(fixed, len(texts)))
        return
    assert {number: (repeat.of, round(repeat.share, 9)) for number, repeat in found.items()} == {
        number: (of, round(share, 9)) for number, (of, share) in expected.items()
    }


def test_case_and_punctuation_do_not_matter_and_a_short_text_is_like_nothing_but_itself():
    texts = [
        "A good film.",
        "a GOOD film!!",
        "a bad film",
        "a good film indeed",
        "",
        " ",
        "!!!",
        "!!! ",
        "好看",
    ]
    assert {n: repeat.of for n, repeat in find_repeats(shingle(texts), 0.8).items()} == {1: 0, 5: 4, 7: 6}


def test_the_first_texts_can_be_held_fixed():
    texts = ["one two three four five six"] * 3
    assert find_repeats(shingle(texts), 0.8, fixed=2).keys() == {2}
    assert find_repeats(shingle(texts), 0.8).keys() == {1, 2}
    assert find_repeats(shingle([]), 0.8) == {}


def test_a_text_that_others_hold_in_pieces_is_contained():
    dice = random.Random(3)
    whole = [f"{word}{n}" for n, word in enumerate(dice.choices(WORDS, k=400))]
    cut = [" ".join(whole[n : n + 100]) for n in range(0, 400, 100)]
    other = [" ".join(whole[n : n + 100]) for n in range(50, 350, 100)]
    texts = shingle([*cut, *other, "new " + " ".join(whole[:50]) + " " + text_of(dice, 60)])
    assert find_repeats(texts, 0.8) == {}
    found = find_contained(texts, 0.8)
    assert {n: repeat.of for n, repeat in found.items()} == {4: 0, 5: 1, 6: 2}
    assert all(0.95 < repeat.share < 1 for repeat in found.values())  # four runs cross each cut
    assert find_contained(texts, 0.8, without={0}).keys() == {5, 6}


@given(st.lists(st.text(max_size=30), max_size=20))
def test_any_text_at_all(texts):
    shingles = shingle(texts)
    assert len(shingles.starts) == len(texts) + 1
    assert all(len(shingles.of(n)) for n in range(len(texts)))
    repeats = find_repeats(shingles, 1.0)
    assert all(
        texts[n] not in [texts[k] for k in range(n) if k not in repeats]
        for n in range(len(texts))
        if n not in repeats
    )


def test_thousands_of_nearly_equal_texts_do_not_take_forever():
    """A table of forms filled in: every pair shares a third of its shingles, none is a repetition."""
    dice = random.Random(5)
    form = text_of(dice, 12)
    texts = [f"{form} {' '.join(f'{w}{n}' for w in dice.choices(WORDS, k=6))} {form}" for n in range(3000)]
    started = time.process_time()
    assert find_repeats(shingle(texts), 0.8) == {}
    assert find_repeats(shingle([form * 3] * 20_000), 0.8).keys() == set(range(1, 20_000))
    assert time.process_time() - started < 20
