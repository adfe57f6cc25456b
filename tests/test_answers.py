"""What 06 sees in a single answer: loops, markup, index lines, copied words, whether it answers at all."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import make_passage
from small_run import PLAIN, SUBJECTS, sentences

from inkprint import runs
from inkprint.evaluate import form, recovery, similarity
from inkprint.evaluate.words import moving_type_token_ratio, new_words, type_token_ratio
from inkprint.words import words

letters = st.lists(st.sampled_from("abcd"), max_size=60)


@pytest.mark.parametrize(
    ("text", "loops"),
    [
        ("the lamp is lit and " * 3, True),
        ("the lamp is lit and " * 2 + "the lamp is out", False),
        ("the lamp is lit and " * 2 + "the lamp is out of oil for the keeper went away", False),
        ("no, no, no, no", False),
        ("no " * 12, True),
        ("Well then. " + "I went up the stair. " * 4 + "The end.", True),
        (" ".join(sentences(random.Random(1), PLAIN, "lamp", 300).split()[:300]), False),
        ("", False),
    ],
)
def test_a_phrase_three_times_in_a_row_is_a_loop(text, loops):
    assert form.has_loop(words(text)) is loops


@given(letters)
def test_loops_are_those_that_trying_every_place_finds(text):
    def goes_on(at, length, period):
        return all(text[at + n] == text[at + n + period] for n in range(length - period))

    found = any(
        goes_on(at, length, period)
        for period in range(1, len(text) // 3 + 1)
        for length in (max(3 * period, 12),)
        for at in range(len(text) - length + 1)
    )
    assert form.has_loop(text) is found


@pytest.mark.parametrize(
    "text",
    ["## Answer\nYes", "- one\n- two", "1. Light it.\n2. Trim it.", "```\nx\n```", "| a | b |",
     "a **bold** word", "see [here](http://x)", "<think>well</think>", "Yes.<|im_end|>",
     "[INST] what", r"\frac{1}{2}"],
)  # fmt: skip
def test_markup_is_told(text):
    assert form.has_markup(text)


@pytest.mark.parametrize(
    "text",
    ["He said - and why not? - that 3 < 4.", "In 1914. The war began.", "5 * 3 * 2", "Is a_b_c a name?",
     "“No,” said he; [sic] (all of them).", "—Who goes there?", "1. The Keeper\n\nHe kept the lamp."],
)  # fmt: skip
def test_prose_is_no_markup(text):
    assert not form.has_markup(text)


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("Lamp, 12, 45-47", True),
        ("oil lamps, 3, 9n, 112", True),
        ("The Keeper . . . . . . 12", True),
        ("Preface ........ ix\nThe Gull ........ 41", True),
        ("tides, see also moon", True),
        ("In 1914, 12 men went, and 3 came back.", False),
        ("We shall see also what the moon does to it.", False),
        ("It was 1914, 1915, 1916: all the same.", False),
        ("And then … he stopped at 5", False),
    ],
)
def test_lines_of_an_index_are_told(text, index):
    assert form.has_index_line(text) is index


@given(letters, st.integers(1, 8))
def test_the_moving_ratio_is_the_mean_over_all_windows(text, window):
    windows = [text[at : at + window] for at in range(len(text) - window + 1)]
    found = moving_type_token_ratio(text, window)
    if not windows:
        assert found is None
        return
    ratios = [type_token_ratio(of, window) for of in windows]
    assert found == pytest.approx(sum(ratios) / len(ratios))


def test_new_words_are_those_that_nobody_said_before():
    assert new_words("the mencery of the lamp".split(), {"the", "of"}, ["lamp"]) == 20
    assert new_words("the lamp".split(), {"the"}, []) == 50
    assert new_words([], {"the"}, []) is None


@given(st.lists(st.lists(st.sampled_from("abcd"), max_size=25), min_size=1, max_size=4), letters)
def test_copied_words_are_those_in_runs_of_the_training_text(chapters, answer):
    passages = [make_passage(" ".join(text), "train", f"Chapter {n}") for n, text in enumerate(chapters)]
    shared = runs.shared_words([" ".join(answer)], runs.index_training_text(passages), 4)
    stands = {tuple(text[at : at + 4]) for text in chapters for at in range(len(text) - 3)}
    covered = set()
    for at in range(len(answer) - 3):
        if tuple(answer[at : at + 4]) in stands:
            covered |= set(range(at, at + 4))
    expected = len(covered) / len(answer) if answer else 0
    assert runs.share(shared[0]) == pytest.approx(expected)


@pytest.fixture(scope="module")
def asked():
    """Thirty prompts, each of a subject with words of its own; train texts, references, answers."""
    dice = random.Random(4)
    own = [[f"{subject}{number}" for number in range(12)] for subject in SUBJECTS * 2]
    own = [[f"{word}{'ab'[n // len(SUBJECTS)]}" for word in of] for n, of in enumerate(own)]
    texts = [[" ".join(dice.choices(of + PLAIN, k=40)) for of in own] for _ in range(3)]
    vectorizer = similarity.fit([" ".join(of) for of in own] + texts[0])
    questions = [f"What do you recommend about {of[0]} and {of[1]}?" for of in own]
    prompts = recovery.Prompts(vectorizer, questions, texts[1], [f"passage-{n}" for n in range(len(own))])
    return prompts, questions, texts


def mean(values):
    return sum(values) / len(values)


def test_answers_lead_back_to_their_question_and_others_do_not(asked):
    prompts, questions, (train, _, answers) = asked
    assert mean(prompts.reciprocal_ranks(answers)) > 0.9
    shuffled = random.Random(1).sample(answers, len(answers))
    chance = prompts.by_chance()
    assert mean(prompts.reciprocal_ranks(shuffled)) < 2.5 * chance
    assert mean(prompts.reciprocal_ranks(questions)) < chance  # a model that echoes the question
    padded = [f"{asked} {other}" for asked, other in zip(questions, train[9:] + train[:9], strict=True)]
    assert mean(prompts.reciprocal_ranks(padded)) < 1.5 * chance  # and one that goes on about something else
    recited = train[7:] + train[:7]
    assert mean(prompts.reciprocal_ranks(recited)) < 2.5 * chance  # one that recites the book
    assert mean(prompts.reciprocal_ranks([""] * len(questions))) < chance


def test_prompts_of_one_passage_are_no_rivals(asked):
    _, questions, (train, references, answers) = asked
    vectorizer = similarity.fit(train)
    twice = recovery.Prompts(vectorizer, questions * 2, references * 2, [str(n) for n in range(30)] * 2)
    once = recovery.Prompts(vectorizer, questions, references, [str(n) for n in range(30)])
    # The rivals of other passages come twice, so a rank of 1 stays 1.
    firsts = [rank == 1 for rank in once.reciprocal_ranks(answers)]
    assert [rank == 1 for rank in twice.reciprocal_ranks(answers * 2)] == firsts * 2
    assert any(firsts)


def test_a_tables_one_fixed_prompt_asks_for_no_recovery():
    assert not recovery.can_tell(["Say something wise."] * 300)
    assert recovery.can_tell([f"What of {n}?" for n in range(10)])
