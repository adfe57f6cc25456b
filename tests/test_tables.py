"""Tables as they come: told by content, every row kept or rejected with its place, or one line that helps."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import Counter

import pytest
import yaml
from conftest import ROOT, Workshop
from hypothesis import given, settings
from hypothesis import strategies as st

from inkprint.errors import UserError
from inkprint.extract import json_tables
from inkprint.extract.fields import to_record
from inkprint.extract.formats import kind_of
from inkprint.extract.tables import RawRow, read_table
from inkprint.extract.trees import split_of
from inkprint.jsonl import read_records
from inkprint.records import Reject, Row

PEOPLE = [
    {"quote": 'She said "no",\nand left; for good.', "author": "Ann Ode, elder", "stars": "5"},
    {"quote": "Où est-il ? Naïve café — “tea”", "author": "Bo", "stars": "1"},
    {"quote": "a | pipe\tand a tab", "author": "Cy", "stars": "3"},
]
WANTED = ["quote", "stars"]


def delimited(delimiter, rows=PEOPLE):
    out = io.StringIO()
    table = csv.DictWriter(out, list(rows[0]), delimiter=delimiter, lineterminator="\r\n")
    table.writeheader()
    table.writerows(rows)
    return out.getvalue()


def parquet():
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(PEOPLE), out)
    return out.getvalue()


LINES = "".join(json.dumps(row) + "\n" for row in PEOPLE)
FORMS = {
    "comma": delimited(",").encode(),
    "semicolon, BOM": ("\ufeff" + delimited(";")).encode(),
    "tab, UTF-16": delimited("\t").encode("utf-16"),
    "tab, UTF-16 without a mark": delimited("\t").encode("utf-16-le"),
    "pipe, Windows": delimited("|").encode("cp1252"),
    "JSON Lines": LINES.encode(),
    "JSON Lines, BOM and empty lines": ("\ufeff\n" + LINES.replace("\n", "\n\n")).encode(),
    "list": json.dumps(PEOPLE, indent=2).encode(),
    "list in one line": json.dumps(PEOPLE).encode(),
    "columns": json.dumps({key: [row[key] for row in PEOPLE] for key in PEOPLE[0]}).encode(),
    "columns as pandas writes them": json.dumps(
        {key: {str(n): row[key] for n, row in enumerate(PEOPLE)} for key in PEOPLE[0]}
    ).encode(),
    "list under a key": json.dumps({"version": 2, "data": PEOPLE}, indent=1).encode(),
    "Parquet": parquet(),
}


def read(path, wanted=WANTED):
    return list(read_table(path, path.name, wanted))


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzipped"])
@pytest.mark.parametrize("name", ["table.csv", "table.json", "table"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_under_every_name_gives_the_same_rows(form, name, packed, tmp_path):
    path = tmp_path / name
    path.write_bytes(gzip.compress(FORMS[form]) if packed else FORMS[form])
    rows = read(path)
    assert [row.problem for row in rows] == ["", "", ""]
    assert [{key: row.values[key] for key in WANTED} for row in rows] == [
        {key: row[key] for key in WANTED} for row in PEOPLE
    ]
    assert [row.number for row in rows] == [1, 2, 3]


def test_quotes_in_a_tsv_without_quoting_are_quotes(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text('id\ttext\n1\t"twas brillig\n2\tand the slithy toves\n3\t6" nails\n')
    assert [row.values["text"] for row in read(path, ["text"])] == [
        '"twas brillig',
        "and the slithy toves",
        '6" nails',
    ]


def test_one_column_may_hold_commas(tmp_path):
    path = tmp_path / "slang.csv"
    path.write_text("text\nno cap, for real\nbet\nit slaps, honestly, yes\n")
    assert [row.values["text"] for row in read(path, ["text"])] == [
        "no cap, for real",
        "bet",
        "it slaps, honestly, yes",
    ]


def test_bad_lines_are_rejects_with_their_place(tmp_path):
    path = tmp_path / "t.jsonl"
    lines = ['{"text": "one"}', '{"text": "two"', "[1, 2]", "", '{"text": "five"}', "[" * 100_000]
    path.write_text("\n".join(lines))
    rows = read(path, ["text"])
    assert [(row.number, row.place, row.problem[:11]) for row in rows] == [
        (1, "line 1", ""),
        (2, "line 2", "broken JSON"),
        (3, "line 3", "not an obje"),
        (4, "line 5", ""),
        (5, "line 6", "broken JSON"),
    ]
    assert rows[1].text == lines[1]


def test_a_csv_row_with_another_number_of_fields_is_a_reject(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('a,b\n1,2\n"x\ny",3\n1,2,3\n1\n\n5,6\n')
    rows = read(path, ["a"])
    assert [(row.place, row.problem) for row in rows] == [
        ("line 2", ""),
        ("line 3", ""),
        ("line 5", "another number of fields than the header"),
        ("line 6", "another number of fields than the header"),
        ("line 8", ""),
    ]


def test_a_quote_that_is_never_closed_costs_a_part_and_not_the_rest(tmp_path):
    path = tmp_path / "t.csv"
    body = [f'"text {n}, of some length to fill the file with",good\n' for n in range(60_000)]
    body[30_000] = '"open,good\n'
    path.write_text("text,label\n" + "".join(body))
    rows = read(path, ["text", "label"])
    broken = [row for row in rows if row.problem]
    assert 1 <= len(broken) <= 3
    assert sum(not row.problem for row in rows) > 29_000


@settings(max_examples=30, deadline=None)
@given(
    items=st.lists(
        st.dictionaries(st.text(max_size=3), st.text(max_size=12) | st.integers() | st.none(), max_size=3)
    ),
    piece=st.integers(20, 60),
    indent=st.sampled_from([None, 1]),
)
def test_a_list_is_read_alike_in_pieces_of_any_size(items, piece, indent, tmp_path_factory):
    """Also where a piece ends in the middle of a string, an escape or a number."""
    path = tmp_path_factory.mktemp("list") / "t.json"
    path.write_text(json.dumps(items, indent=indent))
    was, json_tables.PIECE_CHARACTERS = json_tables.PIECE_CHARACTERS, piece
    try:
        assert [row.values for row in read(path, [])] == items
    finally:
        json_tables.PIECE_CHARACTERS = was


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (gzip.compress(FORMS["comma"] * 50)[:-20], "damaged gzip"),
        (gzip.compress(FORMS["Parquet"])[:-9], "damaged gzip"),
        (FORMS["Parquet"][:-9], "damaged Parquet"),
        (FORMS["list"][:-30], "the file ends inside a list, after row 2"),
        (FORMS["list"].replace(b'"Bo"', b"Bo"), "broken JSON: Expecting value, after row 1"),
        (b'{"a": [1, 2], "b": [3]}', "columns of different lengths: a 2, b 1"),
        (b'{"a": [1, 2],\n "b": [3', "broken JSON"),
        (b"%PDF-1.7 ...", "a PDF"),
        (b"PK\x03\x04....", "Excel"),
        (bytes(range(256)) * 40, "neither text nor Parquet"),
        (b"quote,quote\n1,2\n", "two columns are called 'quote'"),
    ],
)
def test_what_is_no_table_is_one_line(content, says, tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(UserError) as error:
        read(path)
    assert str(error.value).startswith(f"{path}: ")
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def record(values, columns, labels=None):
    return to_record(RawRow("t.csv", 1, "line 2", values), columns, labels, Counter())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Good.<br /><br />Bad.<br>So &amp; so &#39;&quot;", "Good.\n\nBad.\nSo & so '\""),
        ("It was <i>fine</i>.<br/>Yes", "It was fine.\nYes"),
        ("<p>A page</p><br>", "<p>A page</p><br>"),
        ("Use &lt;br&gt; or <div>", "Use &lt;br&gt; or <div>"),
        ("```\na<br>b &amp; c\n```", "```\na<br>b &amp; c\n```"),
        ("1 < 2 & 3 > 2", "1 < 2 & 3 > 2"),
        ("  def f():\n      return 1   \n\n\n\nx\r\ny ", "def f():\n      return 1\n\nx\ny"),
        ("a\u00a0b\x00c\ufeffd\x85\x96", "a bcd…–"),
        (7, "7"),
        (7.0, "7"),
        (7.5, "7.5"),
        (True, "true"),
    ],
)
def test_a_text_is_cleaned_and_code_is_left_alone(value, text):
    assert record({"c": value}, {"text": "c"}).fields == {"text": text}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "no text"),
        ("  <br /> ", "no text"),
        (float("nan"), "no text"),
        (["a", "b"], "text is a list"),
        ({"x": 1}, "text is an object"),
        ("half \ud83d of a sign", "characters that are none"),
    ],
)
def test_a_row_without_a_text_is_a_reject(value, reason):
    found = record({"c": value}, {"text": "c"})
    assert isinstance(found, Reject)
    assert (found.reason, found.source_id) == (reason, "t.csv, line 2")


def test_paths_lead_into_objects_and_lists():
    squad = {"context": "C", "question": "Q", "answers": {"text": ["A", "B"], "start": [3, 9]}}
    columns = {"prompt": "question", "input": "context", "answer": "answers.text.0"}
    assert record(squad, columns).fields == {"prompt": "Q", "input": "C", "answer": "A"}
    chat = {"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}], "a.b": "x"}
    columns = {"prompt": "messages.0.content", "answer": "messages.1.content", "group": "a.b"}
    assert record(chat, columns).fields == {"prompt": "Q", "answer": "A", "group": "x"}
    assert record(chat, columns | {"answer": "messages.2.content"}).reason == "no answer"


def test_an_id_is_made_of_the_content_and_the_source():
    row = {"t": "a", "l": "b", "other": 1}
    first = record(row, {"text": "t", "label": "l"})
    again = to_record(
        RawRow("t.csv", 99, "line 100", row | {"other": 2}), {"label": "l", "text": "t"}, None, Counter()
    )
    assert (first.id, first.fields) == (again.id, again.fields)
    assert first.id != record(row | {"t": "c"}, {"text": "t", "label": "l"}).id
    assert first.id != to_record(RawRow("u.csv", 1, "", row), {"text": "t", "label": "l"}, None, Counter()).id


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train/pos/0_9.txt", "train"),
        ("data/test-00000-of-00002.parquet", "test"),
        ("dev.jsonl.gz", "validation"),
        ("Test.csv", "test"),
        ("pos/latest.txt", None),
        ("trains.csv", None),
    ],
)
def test_a_path_may_say_the_split(name, split):
    assert split_of(name) == split


# -- as a user runs it --------------------------------------------------------------------------


def table_recipe(folder, data, columns, **extract):
    values = yaml.safe_load((ROOT / "recipes" / "demo.yaml").read_text())
    values["run"] = "table"
    values["extract"] |= {"data": data, "columns": columns} | extract
    values["prepare"] = {"validation": 0.1, "test": 0.2, "near_duplicate": 0.8, "passages": None}
    if columns and "prompt" in columns:
        values["synthesize"]["tasks"] = {"rows": {"share": 1.0, "prompts": "columns", "prompt": None}}
    (folder / "recipe.yaml").write_text(yaml.safe_dump(values, sort_keys=False))
    return Workshop(folder, folder / "recipe.yaml")


def reviews(count, start=0):
    for n in range(start, start + count):
        yield {
            "review": f"Review {n} of a film about the sea.<br />It was long.",
            "stars": ("good", "bad")[n % 2],
        }


def lines_of(rows):
    return "".join(json.dumps(row) + "\n" for row in rows)


def manifest(shop, stage="01_extract"):
    return json.loads(shop.output(f"{stage}/manifest.json").read_text())


def test_a_table_becomes_rows_and_nothing_is_lost(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    lines = lines_of(reviews(200)).splitlines()
    lines[9], lines[19], lines[29] = (
        lines[9][:-5],
        '{"review": " ", "stars": "good"}',
        '{"review": "No star."}',
    )
    (data / "a.jsonl").write_text("\n".join(lines))
    (data / "b.csv").write_text(delimited(";", list(reviews(10, 500))))
    shop = table_recipe(tmp_path, str(data), {"text": "review", "label": "stars"})
    said = shop.stage("extract").stdout
    rows = list(read_records(shop.output("01_extract/rows.jsonl"), Row))
    rejects = list(read_records(shop.output("01_extract/rejects.jsonl"), Reject))
    assert rows[0].fields == {"text": "Review 0 of a film about the sea.\nIt was long.", "label": "good"}
    assert [(row.source, row.row) for row in rows[-10:]] == [("b.csv", n + 1) for n in range(10)]
    assert [(reject.source_id, reject.reason) for reject in rejects] == [
        ("a.jsonl, line 10", "broken JSON"),
        ("a.jsonl, line 20", "no text"),
        ("a.jsonl, line 30", "no label"),
    ]
    assert manifest(shop)["counts"] == {"unit": "rows", "in": 210, "out": 207, "rejected": 3, "failed": 0}
    assert manifest(shop)["tables"]["a.jsonl"]["changed"] == {"<br> made line breaks": 197}
    assert "labels: bad 97, good 100" in said
    assert "the first that cannot be read: a.jsonl, line 10" in said
    assert "up to date" in shop.stage("extract").stdout


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        ({"instruction": "Who?", "response": "I."}, {"prompt": "Who?", "answer": "I."}),
        ({"prompt": "x", "question": "Who?", "answer": "I.", "context": "A pub."},
         {"prompt": "Who?", "input": "A pub.", "answer": "I."}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_the_recipe_for_your_rows_knows_a_table_by_any_of_its_names(row, fields, kind, tmp_path):
    """A person changes the folder and nothing about columns."""
    columns = yaml.safe_load((ROOT / "recipes" / "your" / "rows.yaml").read_text())["extract"]["columns"]
    table = lines_of([row | {"number": n} for n in range(12)])
    if kind == "csv":
        lines = [";".join([*row, "number"]), *(";".join([*row.values(), str(n)]) for n in range(12))]
        table = "\n".join(lines) + "\n"
    (tmp_path / f"t.{kind}").write_text(table)
    shop = table_recipe(tmp_path, str(tmp_path / f"t.{kind}"), columns)
    said = shop.stage("extract").stdout
    (first, *_) = shop.output("01_extract/rows.jsonl").read_text().splitlines()
    assert json.loads(first)["fields"] == fields
    chosen = manifest(shop)["tables"][f"t.{kind}"]["columns"]
    assert f"prompt from {chosen['prompt']}" in said and row[chosen["prompt"]] == "Who?"


def test_a_table_with_none_of_the_names_is_refused(tmp_path):
    (tmp_path / "t.jsonl").write_text(lines_of([{"question": "Who?", "said": "I."}] * 3))
    columns = {"prompt": "question|prompt", "answer": "answer|response"}
    done = table_recipe(tmp_path, str(tmp_path / "t.jsonl"), columns).stage("extract", check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "no column 'answer|response' for extract.columns.answer; there are: question, said" in done.stderr


def test_a_wrong_column_lists_those_there_are(tmp_path):
    (tmp_path / "t.jsonl").write_text(lines_of(reviews(3)))
    shop = table_recipe(tmp_path, str(tmp_path / "t.jsonl"), {"text": "review", "label": "sentiment"})
    done = shop.stage("extract", check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "no column 'sentiment' for extract.columns.label; there are: review, stars" in done.stderr


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (
            lines_of(reviews(80)) + '{"broken\n' * 20,
            "20 of 100 rows cannot be read; the first: t.jsonl, line 81",
        ),
        (
            lines_of(reviews(10)) + '{"review": "", "stars": "good"}\n' * 20,
            "20 for: no text; see extract.columns",
        ),
        ('{"review": "", "stars": ""}\n', "come to nothing"),
        (
            lines_of({"review": "x", "stars": f"{n}"} for n in range(1500)),
            "is 'stars' (extract.columns.label)",
        ),
    ],
)
def test_too_many_rejects_stop_the_run(lines, says, tmp_path):
    (tmp_path / "t.jsonl").write_text(lines)
    shop = table_recipe(tmp_path, str(tmp_path / "t.jsonl"), {"text": "review", "label": "stars"})
    done = shop.stage("extract", check=False)
    assert done.returncode == 2
    assert says in done.stderr
    assert not shop.output("01_extract").exists()


@pytest.mark.whole_runs
def test_a_damaged_table_stops_or_is_left_out_whole(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "a.json").write_text(json.dumps(list(reviews(5000)))[:-30])
    (data / "b.jsonl").write_text(lines_of(reviews(40)))
    shop = table_recipe(tmp_path, str(data), {"text": "review"})
    done = shop.stage("extract", check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "a.json: the file ends inside a list, after row 4999" in done.stderr
    shop.change(extract__on_error="reject")
    shop.stage("extract")
    rows = list(read_records(shop.output("01_extract/rows.jsonl"), Row))
    assert {row.source for row in rows} == {"b.jsonl"}
    assert manifest(shop)["counts"] == {"unit": "rows", "in": 41, "out": 40, "rejected": 0, "failed": 1}
    (reject,) = read_records(shop.output("01_extract/rejects.jsonl"), Reject)
    assert (reject.source_id, reject.reason) == ("a.json", "cannot be read")
    assert "the file ends inside a list" in reject.detail


def test_a_folder_a_label_is_a_table(tmp_path):
    """As aclImdb is: lists beside the labels' folders, and texts without a label in one more folder."""
    tree = tmp_path / "acl"
    for split in ("train", "test"):
        for label in ("pos", "neg"):
            for n in range(6):
                path = tree / split / label / f"{n}_{label}.txt"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(f"{split} {label} {n}, a film, with commas<br />and so on")
    (tree / "train" / "unsup").mkdir()
    (tree / "train" / "unsup" / "0_0.txt").write_text("nobody said")
    (tree / "README").write_text("About the data.")
    columns = {"text": "<content>", "label": "<folder>"}
    shop = table_recipe(tmp_path, str(tree), columns, labels=["neg", "pos"])
    shop.stage("extract")
    rows = list(read_records(shop.output("01_extract/rows.jsonl"), Row))
    assert len(rows) == 24
    assert {(row.fields["split"], row.fields["label"]) for row in rows} == {
        (split, label) for split in ("train", "test") for label in ("pos", "neg")
    }
    assert {row.source: row.fields["text"] for row in rows}["test/neg/3_neg.txt"].endswith(
        "commas\nand so on"
    )
    rejects = {r.source_id: r.reason for r in read_records(shop.output("01_extract/rejects.jsonl"), Reject)}
    assert rejects == {
        "README, the file": "lies in no label's folder",
        "train/unsup/0_0.txt, the file": "label not in extract.labels",
    }
    (tree / "test" / "pos" / "0_pos.txt").write_text("another")
    assert "data/ is changed" in shop.stage("extract").stdout


@pytest.mark.whole_runs
def test_names_of_files_say_the_split_for_all_or_for_none(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    for name in ("train", "test", "more"):
        (data / f"{name}.jsonl").write_text(lines_of(reviews(20)))
    shop = table_recipe(tmp_path, str(data), {"text": "review"})
    assert "more.jsonl: its rows belong to no split" in shop.stage("extract", check=False).stderr
    (data / "more.jsonl").unlink()
    shop.stage("extract")
    assert manifest(shop)["tables"]["test.jsonl"]["splits"] == {"test": 20}


def test_documents_and_tables_are_told_apart_by_the_recipe(tmp_path, workshop):
    (tmp_path / "t.csv").write_text(delimited(","))
    workshop.change(extract__data=str(tmp_path / "t.csv"))
    done = workshop.stage("extract", check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "map its columns in extract.columns; there are: quote, author, stars" in done.stderr
    (tmp_path / "poem.txt").write_text("Rose, thorn, leaf\nand, so, on\n")
    assert kind_of((tmp_path / "poem.txt").read_bytes()) == "text"
    shop = table_recipe(tmp_path, str(tmp_path / "books"), {"text": "text"})
    done = shop.stage("extract", check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "a PDF, and extract.columns is for tables" in done.stderr


# -- data sets ----------------------------------------------------------------------------------


def hub(folder, **changes):
    return {"dataset": str(folder), "config": None, "revision": None, "split": "train"} | changes


@pytest.mark.whole_runs
def test_a_data_set_in_a_folder_through_datasets(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq
    from datasets import ClassLabel, Dataset, DatasetDict, Features, Value

    kinds = Features({"text": Value("string"), "label": ClassLabel(names=["neg", "pos"])})
    parts = DatasetDict(
        {
            split: Dataset.from_dict(
                {"text": [f"{split} {n}" for n in range(30)], "label": [n % 2 for n in range(29)] + [-1]},
                features=kinds,
            )
            for split in ("train", "test")
        }
    )
    folder = tmp_path / "reviews"
    folder.mkdir()
    for split, part in parts.items():
        part.to_parquet(folder / f"{split}.parquet")
    shop = table_recipe(tmp_path, hub(folder, split="train+test[:10]"), {"text": "text", "label": "label"})
    shop.stage("extract", env=shop.environment(HF_HOME=str(tmp_path / "hf")))
    rows = list(read_records(shop.output("01_extract/rows.jsonl"), Row))
    assert Counter(row.source for row in rows) == {"reviews/train": 29, "reviews/test[:10]": 10}
    assert rows[0].fields == {"text": "train 0", "label": "neg", "split": "train"}
    assert rows[-1].fields == {"text": "test 9", "label": "pos", "split": "test"}
    (reject,) = read_records(shop.output("01_extract/rejects.jsonl"), Reject)
    assert (reject.source_id, reject.reason) == ("reviews/train, row 30", "no label")
    pq.write_table(pa.table({"text": ["new"], "label": [1]}), folder / "test.parquet")
    assert "test.parquet is changed" in shop.stage("extract", "--plan").stdout


@pytest.mark.whole_runs
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"split": "tset"}, "tset"),
        ({"config": "large"}, "large"),
        ({"dataset": "./no/such/folder"}, "no/such/folder: not there"),
    ],
)
def test_a_data_set_that_is_not_there_is_one_line(change, says, tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "train.jsonl").write_text(lines_of(reviews(5)))
    shop = table_recipe(tmp_path, hub(tmp_path / "set", **change), {"text": "review"})
    done = shop.stage("extract", check=False, env=shop.environment(HF_HOME=str(tmp_path / "hf")))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert says in done.stderr


@pytest.mark.whole_runs
def test_the_code_of_a_data_set_never_runs(tmp_path):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "set.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    shop = table_recipe(tmp_path, hub(tmp_path / "set"), {"text": "review"})
    done = shop.stage("extract", check=False, env=shop.environment(HF_HOME=str(tmp_path / "hf")))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert not (tmp_path / "ran").exists()


@pytest.mark.whole_runs
def test_the_hub_out_of_reach_is_one_line(tmp_path):
    data = hub("nobody/nothing", revision="0123abc")
    shop = table_recipe(tmp_path, data, {"text": "review"})
    offline = shop.environment(HF_HOME=str(tmp_path / "hf"), HF_HUB_OFFLINE="1")
    done = shop.stage("extract", check=False, env=offline)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "nobody/nothing at 0123abc: cannot be reached" in done.stderr


CHATS = [
    {"messages": [{"role": "user", "content": "Q1"}, {"role": "assistant", "content": "A1"}]},
    {"messages": [
        {"role": "system", "content": "S"}, {"role": "user", "content": "Q2"},
        {"role": "assistant", "content": "A2"}, {"role": "user", "content": "Q3"},
        {"role": "assistant", "content": "A3"},
    ]},
    {"messages": [
        {"role": "assistant", "content": "Hello!"}, {"role": "user", "content": "Q4"},
        {"role": "tool", "content": "42"}, {"role": "assistant", "content": "A4"},
    ]},
]  # fmt: skip
BY_SPEAKER = {"system": "messages.system", "prompt": "messages.user", "answer": "messages.assistant"}


def test_who_speaks_finds_a_chats_question_and_answer_whatever_stands_before():
    changed = Counter()
    fields = [to_record(RawRow("t", 1, "", chat), BY_SPEAKER, None, changed).fields for chat in CHATS]
    assert fields == [
        {"system": "", "prompt": "Q1", "answer": "A1"},
        {"system": "S", "prompt": "Q2", "answer": "A2"},
        {"system": "", "prompt": "Q4", "answer": "A4"},
    ]
    assert changed["chats of which the first question and answer were taken"] == 1


def test_sharegpts_names_are_known_and_a_prompt_may_be_a_list_of_one_turn():
    share = {"c": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}]}
    assert record(share, {"prompt": "c.user", "answer": "c.assistant"}).fields == {
        "prompt": "Q",
        "answer": "A",
    }
    trl = {"prompt": CHATS[1]["messages"][:2], "completion": [{"role": "assistant", "content": "A"}]}
    columns = {"prompt": "prompt", "answer": "completion"}
    assert record(trl, columns).fields == {"prompt": "Q2", "answer": "A"}
    trl["prompt"] = CHATS[1]["messages"][:4]
    assert record(trl, columns).reason == "prompt is a list"  # its question is the last, not the first


@pytest.mark.parametrize(
    ("columns", "reason", "detail"),
    [
        ({"prompt": "messages.0.content", "answer": "messages.1.content"},
         "prompt is what the system says", "name who speaks, as messages.user"),
        ({"prompt": "messages.1.content", "answer": "messages.3.content"},
         "answer is what the user says", "name who speaks, as messages.assistant"),
    ],
)  # fmt: skip
def test_a_place_in_a_chat_where_another_speaks_is_a_reject(columns, reason, detail):
    """A system text before some chats of a file made it the prompt, and the question the answer."""
    found = record(CHATS[1], columns)
    assert (found.reason, found.detail) == (reason, detail)
    assert (
        record(CHATS[1], {"prompt": "messages.1.content", "answer": "messages.2.content"}).fields["prompt"]
        == "Q2"
    )


def test_what_a_program_writes_for_a_missing_value_is_none():
    columns = {"prompt": "q", "input": "i", "answer": "a"}
    assert record({"q": "Q", "i": "nan", "a": "None"}, columns).fields == {
        "prompt": "Q",
        "input": "",
        "answer": "None",
    }
    assert record({"q": "Q", "i": "<noinput>", "a": "NULL"}, columns).reason == "no answer"


def test_a_table_without_names_is_counted_from_0(tmp_path):
    path = tmp_path / "SMSSpamCollection"
    path.write_text('ham\tOk "lar\nspam\tFree, call now\nham\tFine\n')
    rows = read(path, ["1", "0"])
    assert [(row.place, row.values) for row in rows] == [
        ("line 1", {"0": "ham", "1": 'Ok "lar'}),
        ("line 2", {"0": "spam", "1": "Free, call now"}),
        ("line 3", {"0": "ham", "1": "Fine"}),
    ]
    path.write_text(
        "7\tham\tOk, you\n8\tspam\tFree, call\n"
    )  # even with commas, too, but two columns are not enough
    assert read(path, ["2", "1"])[0].values == {"0": "7", "1": "ham", "2": "Ok, you"}
    path.write_text("1,text of one\n0,text of two\n")  # a label that looks like a column's number
    assert [row.values["0"] for row in read(path, ["0", "1"])] == ["1", "0"]
    path.write_text("0,1\nham,Ok\n")  # as pandas names columns that had none
    assert [row.values for row in read(path, ["0", "1"])] == [{"0": "ham", "1": "Ok"}]


def test_a_table_without_names_says_how_to_map_it(tmp_path):
    (tmp_path / "t.tsv").write_text("ham\tGo until the point, crazy, available only there\n" * 3)
    shop = table_recipe(tmp_path, str(tmp_path / "t.tsv"), {"text": "text", "label": "label"})
    done = shop.stage("extract", check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "count columns from 0, as {text: '1', label: '0'}" in done.stderr


def test_quotes_after_backslashes_and_excels_first_line(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('sep=;\nid;quote\n1;"She said \\"no; never\\" in C:\\new"\n2;plain\n')
    rows = read(path, ["quote"])
    assert [row.values["quote"] for row in rows] == ['She said "no; never" in C:\\new', "plain"]
    assert [row.place for row in rows] == ["line 3", "line 4"]
    path.write_text('id,quote\n1,"a path, C:\\"\n2,"He said ""yes, no"""\n')  # CSV as it should be
    assert [row.values["quote"] for row in read(path, ["quote"])] == ["a path, C:\\", 'He said "yes, no"']
