"""Rows: every text once, no group or prompt in two splits, each label has its share, new rows move few."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_tables import lines_of, manifest, table_recipe

from inkprint.jsonl import read_records
from inkprint.prepare.row_splits import SLACK, Unit, split_units
from inkprint.records import Reject, SplitRow

WORDS = "film sea harbour actor long slow bright never again plot music cold storm laugh end first".split()


def units_of(labels, prefix="unit"):
    """Units of one row each."""
    return [Unit(f"{prefix} {n}".encode(), label, 1) for n, label in enumerate(labels)]


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.dictionaries(st.sampled_from("abcde"), st.integers(1, 400), min_size=1),
    validation=st.floats(0.02, 0.3),
    test=st.floats(0.02, 0.3),
    seed=st.integers(0, 99),
)
def test_every_label_gets_its_share(sizes, validation, test, seed):
    units = units_of([label for label, size in sizes.items() for _ in range(size)])
    splits = split_units(units, validation, test, seed)
    assert splits.keys() == {unit.key for unit in units}
    found = Counter((unit.label, splits[unit.key]) for unit in units)
    for label, size in sizes.items():
        for split, share in (("validation", validation), ("test", test)):
            assert abs(found[label, split] - share * size) <= max(0.5, SLACK * share * size) + 1e-6


def test_new_rows_move_hardly_any_of_the_old():
    for rows, most_moved in ((5000, 15), (60, 3)):
        before = units_of(["a"] * rows)
        for seed in range(5):
            old = split_units(before, 0.1, 0.2, seed)
            new = split_units([*units_of(["a"] * (rows // 20), "new"), *before], 0.1, 0.2, seed)
            assert sum(old[key] != new[key] for key in old) <= most_moved
    other = split_units([*before, *units_of(["b"] * 500, "other label")], 0.1, 0.2, 4)
    assert all(other[key] == old[key] for key in old)


def test_the_order_of_rows_decides_nothing_and_the_seed_does():
    units = units_of(random.Random(1).choices("ab", k=500))
    splits = split_units(units, 0.1, 0.2, 42)
    assert split_units(units[::-1], 0.1, 0.2, 42) == splits
    assert split_units(units, 0.1, 0.2, 43) != splits


# -- as a user runs it --------------------------------------------------------------------------


def sentence(dice):
    return " ".join(dice.choices(WORDS, k=30))


def prepared(folder, rows, columns, **prepare):
    """01 and 02 on these rows; returns the workshop, the rows that came out and the rejects."""
    (folder / "t.jsonl").write_text(lines_of(rows))
    shop = table_recipe(folder, str(folder / "t.jsonl"), columns)
    for key, value in prepare.items():
        shop.change(**{f"prepare__{key}": value})
    shop.stage("extract")
    shop.stage("prepare")
    out = list(read_records(shop.output("02_prepare/rows.jsonl"), SplitRow))
    rejects = list(read_records(shop.output("02_prepare/rejects.jsonl"), Reject))
    counts = manifest(shop, "02_prepare")["counts"]
    assert counts == {"unit": "rows", "in": len(rows), "out": len(out), "rejected": len(rejects), "failed": 0}
    return shop, out, rejects


@pytest.mark.whole_runs
def test_a_table_with_labels(tmp_path):
    dice = random.Random(3)
    rows = [{"t": f"{n} {sentence(dice)}", "l": "ab"[n % 10 == 0]} for n in range(400)]
    rows += [rows[7], {"t": rows[8]["t"].upper() + " ", "l": rows[8]["l"]}, {"t": rows[9]["t"], "l": "b"}]
    shop, out, rejects = prepared(tmp_path, rows, {"text": "t", "label": "l"})
    assert [(reject.reason, reject.detail) for reject in rejects] == [
        ("the same text has two labels", "a, b"),
        ("the same text", "row 8 of t.jsonl"),
        ("the same text", "row 9 of t.jsonl"),
        ("the same text has two labels", "a, b"),
    ]
    shares = defaultdict(Counter)
    for row in out:
        shares[row.fields["label"]][row.split] += 1
    assert shares["a"]["test"] in (71, 72, 73)  # of 359
    assert shares["b"]["test"] == 8
    assert shares["b"]["validation"] == 4
    assert out[0].words == 31
    assert len({row.id for row in out}) == len(out)
    before = shop.output("02_prepare/rows.jsonl").read_bytes()
    shop.stage("prepare", "--force")
    assert shop.output("02_prepare/rows.jsonl").read_bytes() == before


@pytest.mark.whole_runs
def test_a_group_is_whole_and_a_prompt_is_in_one_split(tmp_path):
    dice = random.Random(4)
    rows = [{"p": f"What of {n // 3}?", "a": sentence(dice), "who": f"author {n % 20}"} for n in range(300)]
    mapped = {"prompt": "p", "answer": "a"}
    _, out, _ = prepared(tmp_path, rows, mapped | {"group": "who"})
    _, alone, rejects = prepared(tmp_path, rows, mapped)
    for role, found in (("group", out), ("prompt", out), ("prompt", alone)):
        splits = defaultdict(set)
        for row in found:
            splits[row.fields[role]].add(row.split)
        assert {len(names) for names in splits.values()} == {1}
    assert not rejects  # other answers to a prompt are rows of their own
    assert {row.split for row in out} == {"train", "validation", "test"}


@pytest.mark.whole_runs
def test_splits_that_came_stay_and_train_loses_what_they_share(tmp_path):
    dice = random.Random(5)
    rows = [{"t": f"{n} {sentence(dice)}", "s": "train" if n < 200 else "test", "g": n} for n in range(260)]
    rows[3] = rows[220] | {"s": "train", "g": 3}
    rows[4]["g"] = 230
    _, out, rejects = prepared(tmp_path, rows, {"text": "t", "split": "s", "group": "g"})
    assert {(reject.reason, reject.detail) for reject in rejects} == {
        ("the same text", "row 221 of t.jsonl"),
        ("its group is held out", "test"),
    }
    assert len(rejects) == 2
    assert {row.row for row in out if row.split == "test"} == set(range(201, 261))
    assert sum(row.split == "validation" for row in out) == 20
    assert all("split" not in row.fields for row in out)


@pytest.mark.whole_runs
def test_nearly_the_same_text_goes_and_questions_about_one_text_stay(tmp_path):
    dice = random.Random(8)
    rows = []
    for n in range(60):
        about = f"{n} " + " ".join(sentence(dice) for _ in range(30))
        rows += [{"p": f"Who is {sentence(dice)}?", "i": about, "a": sentence(dice)} for _ in range(3)]
    typo = rows[30] | {"i": rows[30]["i"].replace("film", "movie", 1) + " Yes.", "a": rows[30]["a"] + "!"}
    other = rows[40] | {"a": sentence(dice)}
    _, out, rejects = prepared(tmp_path, [*rows, typo, other], {"prompt": "p", "input": "i", "answer": "a"})
    assert [(reject.reason, reject.detail) for reject in rejects] == [
        ("nearly the same text", "row 31 of t.jsonl")
    ]
    splits = {row.row: row.split for row in out}
    assert splits[182] == splits[41]
    _, out, rejects = prepared(
        tmp_path, [*rows, typo], {"prompt": "p", "input": "i", "answer": "a"}, near_duplicate=None
    )
    assert not rejects


def test_too_few_rows_are_one_line(tmp_path):
    (tmp_path / "t.jsonl").write_text(lines_of([{"t": "one"}, {"t": "two"}]))
    shop = table_recipe(tmp_path, str(tmp_path / "t.jsonl"), {"text": "t"})
    shop.stage("extract")
    done = shop.stage("prepare", check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "no row is left for" in done.stderr


@pytest.mark.whole_runs
def test_a_table_becomes_chats(tmp_path):
    dice = random.Random(8)
    rows = [{"q": f"What of {n}? {sentence(dice)}", "a": sentence(dice)} for n in range(60)]
    shop, _, _ = prepared(tmp_path, rows, {"prompt": "q", "answer": "a"})
    shop.stage("synthesize")
    with shop.output("03_synthesize/examples.jsonl").open() as lines:
        chats = {
            (one["prompt"][0]["content"], one["completion"][0]["content"]) for one in map(json.loads, lines)
        }
    assert chats <= {(row["q"], row["a"]) for row in rows}
    assert len(chats) > 50


def test_the_review_shows_rows_and_obeys_none(tmp_path):
    dice = random.Random(6)
    nasty = "<script>alert(1)</script> & <b>bold</b>"
    rows = [{"t": f"{nasty} {n} {sentence(dice)}", "l": f"<i>{n % 2}"} for n in range(120)]
    shop, _, _ = prepared(tmp_path, [*rows, rows[0]], {"text": "t", "label": "l"})
    page = shop.output("02_prepare/review.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "&lt;i&gt;1" in page
    assert "default-src 'none'" in page
    assert "row 1 of t.jsonl" in page
    assert json.dumps(manifest(shop, "02_prepare")["outputs"]).count("review.html") == 1
