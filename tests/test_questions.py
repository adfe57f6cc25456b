"""Questions that ask what an earlier one asked: all are found, as by comparing every pair, and soon."""

from __future__ import annotations

import random
import time
import tracemalloc
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkprint.synthesize.questions import Asked, stems_of

WORDS = [f"{a}{b}{c}" for a in "bdfgk" for b in ("a", "en", "ir", "o") for c in ("ter", "lu", "ning", "mo")]


def repeated(questions):
    """For each question the earlier one that it repeats."""
    asked = Asked()
    return [asked.repeats(question) for question in questions]


def repeated_by_hand(questions):
    """The definition, slowly: a question goes when it is like one that stays; the most alike is named."""
    stay, found = [], []
    for question in questions:
        own = stems_of(question)
        alike = [(len(own & stems) / len(own | stems), number) for number, (_, stems) in enumerate(stay)]
        most = max((share for share, _ in alike), default=0.0)
        if most >= 0.8:
            found.append(stay[min(number for share, number in alike if share == most)][0])
        else:
            found.append(None)
            stay.append((question, own))
    return found


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([2, 6, 14, 40]), st.sampled_from([12, 80]))
def test_what_is_found_is_what_every_pair_compared_would_find(seed, length, vocabulary):
    """More questions than the first order of the stems is made for, some of them changed a little."""
    dice = random.Random(seed)
    questions = [" ".join(dice.choices(WORDS[:vocabulary], k=dice.randint(1, length))) for _ in range(90)]
    for _ in range(90):
        words = dice.choice(questions).split()
        place = dice.randrange(len(words))
        words[place : place + dice.randint(0, 1)] = dice.choices(WORDS, k=dice.randint(0, 1))
        questions.append(" ".join(words) or "who")
    dice.shuffle(questions)
    assert repeated(questions) == repeated_by_hand(questions)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Why do you trust an old rope?", "Why would you trust the old ropes?"),
        ("Why do you trust an old rope?", "“Old ropes,” why TRUST them?"),
        ("What did the captain's barometer tell him?", "What did the barometer tell the captain?"),
        ("Pourquoi la corde chante-t-elle ?", "Pourquoi la corde chante-t-elle?"),
        ("And what of him?", "and what of him"),
        ("为什么？", "为什么?"),
        (
            "Why did the captain sail from Penmarch harbour with his rope singing on a clear morning in May?",
            "Why did the captain sail from Penmarch harbour with the rope singing on a clear morning?",
        ),
    ],
)
def test_a_question_that_asks_the_same_is_told_with_the_one_it_repeats(first, second):
    assert repeated([first, second]) == [None, first]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Why do you trust an old rope?", "When do you trust an old rope?"),
        ("Why do you trust an old rope?", "Why do you trust an old boat?"),
        ("Why is the cat afraid of the sea?", "Why is the dog afraid of the sea?"),
        ("What happened to them in 1911?", "What happened to them in 1912?"),
        ("What does rule 1 say of ropes?", "What does rule 2 say of ropes?"),
        ("What made the interval so long?", "What made the interest so long?"),
        ("And what of him?", "And what of her?"),
        ("Why, and for whom?", "Why, and whose?"),
    ],
)
def test_a_question_that_asks_something_else_is_new(first, second):
    assert repeated([first, second]) == [None, None]


def test_a_repetition_is_not_remembered_and_the_most_alike_is_named():
    ten = "bater balu baning bamo boter bolu boning bomo benter benlu"
    asked = Asked()
    assert asked.repeats(ten) is None
    nine = ten.replace("bater", "dater")
    assert asked.repeats(nine) == ten
    assert asked.repeats(nine.replace("balu", "dalu")) is None, "like the repetition, but that is gone"
    assert asked.repeats(f"{ten} gater") == ten
    assert asked.repeats(nine.replace("balu", "dalu") + " gater") == nine.replace("balu", "dalu")


def test_the_same_questions_in_the_same_order_give_the_same_every_time():
    dice = random.Random(4)
    questions = [" ".join(dice.choices(WORDS[:20], k=5)) for _ in range(400)]
    assert repeated(questions) == repeated(questions)


@given(st.lists(st.text(max_size=20), max_size=30))
def test_any_text_at_all(questions):
    assert repeated(questions) == repeated_by_hand(questions)


def test_two_hundred_thousand_questions_take_a_minute_and_little_memory():
    """A tenth of it. Words as in a book: a few in every third question, most of them in one of thousands."""
    dice = random.Random(6)
    parts = [f"{a}{b}{c}" for a in "bdfgk" for b in "aeio" for c in "lmnr"]
    known = [f"{first}{second}" for first in parts for second in parts]
    shares = list(accumulate(1 / rank for rank in range(1, len(known) + 1)))
    questions = [" ".join(dice.choices(known, cum_weights=shares, k=8)) for _ in range(20_000)]
    tracemalloc.start()
    repeated(questions[:4000])
    _, most_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most_bytes < 4000 * 700  # 140 MB for 200,000, without the questions themselves
    started = time.process_time()
    repeated(questions)
    assert time.process_time() - started < 6
