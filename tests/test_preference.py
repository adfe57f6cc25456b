"""A person's clicks: the share with 06's interval, a coin beside it, sentences that say no more than both."""

from __future__ import annotations

import json
import math
import random
from statistics import NormalDist

import pytest

from inkprint.compare.preference import every_outcome, preference, sentences, sign_test
from inkprint.compare.votes import pooled_sentences, read_all
from inkprint.errors import UserError

SIDES = ("the untuned model", "the tuned model")


def wilson(share, n):
    """Wilson's interval, written down once more."""
    z = NormalDist().inv_cdf(0.975)
    middle, half = share + z**2 / (2 * n), z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)


@pytest.mark.parametrize("counts", [(14, 4), (20, 0), (0, 20), (10, 10), (0, 0), (7, 6)])
def test_the_interval_is_wilsons_with_ties_half(counts):
    wins, losses = counts
    found = preference(wins, losses, 20)
    share = (wins + (20 - wins - losses) / 2) / 20
    assert found.share.value == pytest.approx(share)
    assert (found.share.low, found.share.high) == pytest.approx(wilson(share, 20), abs=1e-9)


def test_the_coin_is_tossed_and_counted():
    # All 2^10 ways in which ten coins can fall.
    heads = [bin(way).count("1") for way in range(2**10)]
    for wins in range(11):
        uneven = sum(abs(2 * h - 10) >= abs(2 * wins - 10) for h in heads)
        assert sign_test(wins, 10 - wins) == pytest.approx(uneven / 2**10)
    assert sign_test(0, 0) == 1


def test_a_preference_is_said_only_where_interval_and_coin_agree():
    for wins in range(21):
        for losses in range(21 - wins):
            found = preference(wins, losses, 20)
            said = sentences(found, SIDES)[-1]
            apart = not found.share.low <= 0.5 <= found.share.high
            if apart and found.coin < 0.05:
                assert said == f"So you do prefer {SIDES[wins > losses]}."
            else:
                assert said.startswith("So no preference is shown")
    assert preference(14, 5, 20).share.low > 0.5  # the interval alone would say yes,
    assert preference(14, 5, 20).verdict == "no difference shown"
    assert preference(8, 1, 20).coin < 0.05  # and here the coin alone
    assert preference(8, 1, 20).verdict == "no difference shown"


def test_a_coin_in_the_place_of_the_person_is_believed_at_most_5_times_in_100():
    for ties in range(15):
        tosses = 20 - ties
        shown = sum(
            math.comb(tosses, wins) / 2**tosses
            for wins in range(tosses + 1)
            if preference(wins, tosses - wins, 20).verdict != "no difference shown"
        )
        assert shown < 0.05
        assert shown > 0 or ties > 10


def test_the_sentences_have_the_numbers():
    counts, interval, coin, so = sentences(preference(14, 4, 20), SIDES)
    assert "of 20" in counts.lower()
    assert "the tuned model in 14" in counts
    assert "the untuned model in 4" in counts
    assert "in 2 you could not tell" in counts
    assert "between 53.1" in interval
    assert "88.8" in interval
    assert "18 times, falls 14 to 4 or more unevenly in 3 of 100 cases" in coin
    assert so == "So you do prefer the tuned model."


def test_fewer_than_20_prompts_are_too_few_to_tell():
    said = " ".join(sentences(preference(19, 0, 19), SIDES))
    assert "too few to tell" in said
    assert "%" not in said.replace("95 %", "")
    assert "prefer the" not in said


def test_every_outcome_has_its_place():
    table = every_outcome(5, SIDES)
    assert [len(row) for row in table] == [6, 5, 4, 3, 2, 1]
    assert table[3][1]["said"] == sentences(preference(3, 1, 5), SIDES)
    assert table[3][1]["score"].startswith("70.0")


def save(path, preferred, page="blind-1"):
    votes = [{"example_id": f"example-{n}", "preferred": one} for n, one in enumerate(preferred)]
    path.write_text(json.dumps({"page": page, "sides": ["base", "tuned"], "votes": votes}), encoding="utf-8")
    return path


def test_one_persons_file_has_the_pages_numbers(tmp_path):
    clicks = ["tuned"] * 14 + ["base"] * 4 + [None] * 2
    each, whole = pooled_sentences(read_all([save(tmp_path / "anna.json", clicks)]))
    assert each.endswith("anna.json: tuned 14, base 4, ties 2")
    found = preference(14, 4, 20)
    assert "1 person, 20 prompts: 75.0" in whole
    assert f"{100 * found.share.low:.1f}" in whole
    assert f"{100 * found.share.high:.1f}" in whole
    p = float(whole.split("p = ")[1].split(":")[0])
    assert p == pytest.approx(found.coin, abs=0.008)
    assert whole.endswith("tuned is preferred.")


def test_people_who_all_click_alike_are_no_more_witnesses_than_one(tmp_path):
    """They say the same of the same 20 prompts: about other prompts nothing more is known."""
    clicks = ["tuned"] * 13 + ["base"] * 7
    alone = pooled_sentences(read_all([save(tmp_path / "anna.json", clicks)]))[-1]
    files = [save(tmp_path / f"{n}.json", clicks) for n in range(10)]
    together = pooled_sentences(read_all(files))[-1]
    assert together.startswith("10 people, 20 prompts")
    assert alone.split("interval")[1].split(", p")[0] == together.split("interval")[1].split(", p")[0]
    assert together.endswith("no difference shown.")


def test_people_who_differ_tell_more_together(tmp_path):
    dice = random.Random(5)
    files = [
        save(tmp_path / f"{n}.json", [dice.choice(["tuned", "tuned", "base"]) for _ in range(20)])
        for n in range(8)
    ]
    assert pooled_sentences(read_all(files))[-1].endswith("tuned is preferred.")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda path: save(path, ["tuned"] * 20, page="blind-2"), "of another page than"),
        (lambda path: save(path, ["tuned"] * 19), "of another page than"),
        (lambda path: save(path, ["<b>"] * 20), "not as the page gave it out"),
        (lambda path: save(path, []), "not as the page gave it out"),
        (lambda path: path.write_text("no JSON"), "no votes of a blind page"),
        (lambda path: path.unlink(missing_ok=True), "No such file"),
    ],
)
def test_votes_that_are_none_are_refused(tmp_path, change, said):
    files = [save(tmp_path / "anna.json", ["tuned"] * 20), tmp_path / "ben.json"]
    change(files[1])
    with pytest.raises(UserError, match=said):
        read_all(files)
    twice = json.loads(files[0].read_text())
    twice["votes"].append(twice["votes"][0])
    (tmp_path / "twice.json").write_text(json.dumps(twice))
    with pytest.raises(UserError, match="not as the page gave it out"):
        read_all([tmp_path / "twice.json"])
    with pytest.raises(UserError, match="named twice"):
        read_all([files[0], files[0]])
