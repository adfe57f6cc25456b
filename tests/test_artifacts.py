"""When a stage counts as up to date, and that its folder appears whole or not at all."""

from __future__ import annotations

import json
import shutil

import pytest

from inkprint.artifacts import Stage, read_manifest

COUNTS = {"unit": "lines", "in": 3, "out": 2, "rejected": 1, "failed": 0}


@pytest.fixture
def run_folder(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "input.jsonl").write_text("one\n")
    (tmp_path / "prompt.txt").write_text("ask\n")
    return tmp_path / "a"


def stage(run_folder, name="train", **changes):
    root = run_folder.parent
    values = {
        "format_number": 1,
        "settings": {name: {"rate": 0.1, "deep": {"k": 1}}},
        "seed": 1,
        "inputs": {"03_synthesize/examples.jsonl": root / "input.jsonl"},
        "prompts": {"prompts/prompt.txt": root / "prompt.txt"},
    }
    return Stage(run_folder=run_folder, name=name, **(values | changes))


def make(run_folder, text="result\n", **changes):
    made = stage(run_folder, **changes)
    with made.writing() as folder:
        (folder / "out").mkdir()
        (folder / "out" / "result.txt").write_text(text)
        made.finish(COUNTS, steps=7)
    return made


def test_what_was_made_is_up_to_date(run_folder):
    assert stage(run_folder).state() == (False, "not made yet")
    make(run_folder)
    assert stage(run_folder).state() == (True, "up to date")
    manifest = read_manifest(run_folder / "04_train")
    assert manifest["counts"] == COUNTS
    assert manifest["steps"] == 7
    assert manifest["outputs"].keys() == {"out/result.txt"}
    assert {
        "seconds",
        "peak_memory_bytes",
        "device",
        "versions",
        "commit",
        "inputs",
        "key",
    } <= manifest.keys()


@pytest.mark.parametrize("killed_at", ["_retire_work", "_land", "_clear_retired"])
def test_a_kill_while_the_result_lands_leaves_it_whole_and_nothing_else(run_folder, monkeypatch, killed_at):
    """Finished or not: the next look says up to date, and of the work nothing is left."""

    class Killed(BaseException):
        pass

    def kill(_: Stage) -> None:
        raise Killed

    made = stage(run_folder)
    work = made.work_folder / "checkpoints"
    work.mkdir(parents=True)
    (work / "checkpoint-1").write_text("much")
    monkeypatch.setattr(Stage, killed_at, kill)
    monkeypatch.setattr(Stage, "_clear_partial", lambda _: None)  # a kill clears nothing up
    with pytest.raises(Killed):
        make(run_folder)
    monkeypatch.undo()
    assert stage(run_folder).state() == (True, "up to date")
    assert read_manifest(run_folder / "04_train")["counts"] == COUNTS
    assert not list((run_folder / "work").glob("*"))
    assert not list(run_folder.glob("*.partial"))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"settings": {"train": {"rate": 0.2, "deep": {"k": 1}}}}, "rate was 0.1, is 0.2"),
        ({"settings": {"train": {"rate": 0.1, "deep": {"k": 2}}}}, "k was 1, is 2"),
        ({"seed": 2}, "seed was 1, is 2"),
        ({"format_number": 2}, "format was 1, is 2"),
        ({"identities": {"base": "x@1"}}, "base is new"),
        ({"inputs": {}}, "03_synthesize/examples.jsonl is gone"),
    ],
)
def test_a_changed_cause_is_named(run_folder, changes, says):
    make(run_folder)
    fresh, why = stage(run_folder, **changes).state()
    assert not fresh
    assert says in why


def test_changed_files_are_noticed(run_folder):
    make(run_folder)
    (run_folder.parent / "prompt.txt").write_text("ask again\n")
    assert stage(run_folder).state() == (False, "prompts/prompt.txt changed")
    (run_folder.parent / "prompt.txt").write_text("ask\n")
    (run_folder.parent / "input.jsonl").write_text("two\n")
    assert stage(run_folder).state() == (False, "03_synthesize/examples.jsonl is changed")
    (run_folder.parent / "input.jsonl").write_text("one\n")
    assert stage(run_folder).state()[0]


def test_a_result_changed_or_deleted_by_hand_is_redone(run_folder):
    make(run_folder)
    result = run_folder / "04_train" / "out" / "result.txt"
    result.write_text("better\n")
    assert not stage(run_folder).state()[0]
    result.unlink()
    assert "missing" in stage(run_folder).state()[1]


def test_a_large_file_changed_within_its_size_is_noticed(run_folder):
    big = run_folder.parent / "input.jsonl"
    big.write_bytes(b"a" * 2_000_000)
    make(run_folder)
    big.write_bytes(b"b" * 2_000_000)
    assert stage(run_folder).state()[1] == "03_synthesize/examples.jsonl is changed"


def test_changed_code_is_reported_and_reruns_nothing(run_folder, tmp_path):
    script = tmp_path / "script.py"
    script.write_text("a = 1\n")
    make(run_folder, script=script)
    script.write_text("a = 1  # a comment\n")
    fresh, why = stage(run_folder, script=script).state()
    assert fresh
    assert "made by older code; --force redoes" in why


@pytest.mark.parametrize(
    ("name", "changed", "noticed"),
    [
        ("report", "records.py", True),
        ("report", "page.css", True),
        ("report", "report/report.html.j2", True),
        ("report", "report/page.py", True),
        ("report", "synthesize/checks.py", False),
        ("report", "asking/claude.py", False),
        ("synthesize", "asking/claude.py", True),
        ("synthesize", "synthesize/checks.py", True),
        ("synthesize", "report/page.py", False),
    ],
)
def test_code_means_what_is_shared_and_what_is_the_stages_own(
    run_folder, tmp_path, monkeypatch, name, changed, noticed
):
    package = tmp_path / "inkprint"
    for file in (
        "records.py", "page.css", "report/report.html.j2", "report/page.py", "synthesize/checks.py",
        "asking/claude.py",
    ):  # fmt: skip
        (package / file).parent.mkdir(parents=True, exist_ok=True)
        (package / file).write_text("old\n")
    monkeypatch.setattr("inkprint.artifacts.__file__", str(package / "artifacts.py"))
    made = Stage(run_folder, name, format_number=1, settings={}, seed=1, inputs={})
    with made.writing():
        made.finish({"unit": "files", "in": 0, "out": 0, "rejected": 0, "failed": 0})
    (package / changed).write_text("new\n")
    assert ("older code" in made.state()[1]) == noticed


def test_what_lies_on_another_machine_does_not_count(run_folder):
    (run_folder.parent / "book.pdf").write_text("book\n")
    book = {"data/book.pdf": run_folder.parent / "book.pdf"}
    make(run_folder, inputs=book)
    gone = stage(run_folder, inputs={}, absent={"data/": run_folder.parent / "books"})
    assert gone.state() == (True, f"up to date ({run_folder.parent / 'books'} is not here to compare)")


def test_a_run_carried_elsewhere_stays_up_to_date(run_folder, tmp_path):
    make(run_folder)
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(run_folder, elsewhere / "a")
    for name in ("input.jsonl", "prompt.txt"):
        shutil.copy(run_folder.parent / name, elsewhere / name)
    shutil.rmtree(run_folder)
    assert stage(elsewhere / "a").state() == (True, "up to date")


def test_a_failure_leaves_the_old_result(run_folder):
    make(run_folder, text="old\n")
    broken = stage(run_folder, seed=2)
    with pytest.raises(RuntimeError), broken.writing() as folder:
        (folder / "result.txt").write_text("half")
        raise RuntimeError
    assert (run_folder / "04_train" / "out" / "result.txt").read_text() == "old\n"
    assert not list(run_folder.glob("*.partial"))


def test_a_replaced_adapter_is_kept_and_a_replaced_report_is_not(run_folder):
    first = make(run_folder, text="first\n")
    make(run_folder, text="second\n", seed=2)
    kept = run_folder / "previous" / f"train-{first.key()[:12]}"
    assert (kept / "out" / "result.txt").read_text() == "first\n"
    assert (run_folder / "04_train" / "out" / "result.txt").read_text() == "second\n"
    make(run_folder, name="report")
    make(run_folder, name="report", seed=2)
    assert not list((run_folder / "previous").glob("report-*"))


def test_a_kill_between_the_two_renames_loses_nothing(run_folder):
    made = make(run_folder)
    made.folder.rename(made.folder.with_name("04_train.partial"))
    assert stage(run_folder).state() == (True, "up to date")


def test_a_half_written_folder_of_a_kill_is_not_taken_for_a_result(run_folder):
    (run_folder / "04_train.partial" / "out").mkdir(parents=True)
    assert stage(run_folder).state() == (False, "not made yet")
    make(run_folder)
    assert stage(run_folder).state()[0]


def test_another_run_with_the_same_causes_is_taken_over(run_folder):
    make(run_folder)
    other = stage(run_folder.parent / "b")
    assert other.reuse() == "a"
    assert other.state()[0]
    assert read_manifest(other.folder)["reused_from"] == "a"
    assert "reused_from" not in read_manifest(run_folder / "04_train")
    assert stage(run_folder.parent / "c", seed=2).reuse() is None


def test_a_damaged_result_is_not_taken_over(run_folder):
    make(run_folder)
    (run_folder / "04_train" / "out" / "result.txt").write_text("damaged")
    assert stage(run_folder.parent / "b").reuse() is None


def test_counts_that_do_not_add_up_stop_the_stage(run_folder):
    made = stage(run_folder)
    with pytest.raises(AssertionError, match="lost something"), made.writing():
        made.finish(COUNTS | {"out": 1})
    assert not made.folder.exists()


def test_the_manifest_names_no_path_of_this_machine(run_folder):
    make(run_folder)
    assert str(run_folder.parent) not in json.dumps(read_manifest(run_folder / "04_train"))
