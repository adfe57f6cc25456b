"""Every script's command line: quick help, one line for a mistake, exit code 2, nothing half-written."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys

import pytest
import yaml
from conftest import ROOT

SCRIPTS = sorted((ROOT / "scripts").glob("*.py"))
STAGES = [path for path in SCRIPTS if path.name[:2].isdigit()]


def fails_in_one_line(done: subprocess.CompletedProcess, *says: str) -> None:
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    for word in says:
        assert word in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_there_are_seven_stages():
    names = [path.name[3:-3] for path in STAGES]
    assert names == ["extract", "prepare", "synthesize", "train", "generate", "evaluate", "report"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_help_is_quick_and_says_what_for(script):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, script, "--help"], capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert done.returncode == 0
    assert f"python scripts/{script.name}" in done.stdout
    # Of a core, so that others may use it meanwhile: 0.4 s; with torch it would be 3, with matplotlib 1.1.
    assert seconds < 1


@pytest.mark.parametrize("script", STAGES, ids=lambda path: path.name)
def test_a_bad_recipe_is_one_line_and_makes_nothing(script, workshop):
    workshop.change(train__rank="many")
    fails_in_one_line(
        workshop.stage(script.name[3:-3], check=False), str(workshop.recipe), "train.rank: 'many'"
    )
    assert not workshop.artifacts.exists()


@pytest.mark.whole_runs
@pytest.mark.parametrize(
    ("stage", "maker"),
    [
        ("prepare", "01_extract"),
        ("synthesize", "02_prepare"),
        ("train", "03_synthesize"),
        ("generate", "04_train"),
        ("evaluate", "02_prepare"),
        ("report", "01_extract"),
    ],
)
def test_a_missing_input_names_the_command_that_makes_it(stage, maker, workshop, base):
    done = workshop.stage(stage, check=False)
    fails_in_one_line(done, f"python scripts/{maker}.py {workshop.recipe}", f"--to {maker[3:]}")


def test_a_missing_base_model_is_named(workshop, written):
    workshop.take(written, "synthesize")
    workshop.change(model__base="./artifacts/nowhere")
    fails_in_one_line(workshop.stage("train", check=False), "artifacts/nowhere", "no base model there")


def test_the_demos_base_names_the_tool_that_makes_it(workshop, written):
    if (ROOT / "artifacts" / "cache" / "demo-base").exists():
        pytest.skip("the demo's base is there")
    workshop.take(written, "synthesize")
    workshop.change(model__base="./artifacts/cache/demo-base")
    fails_in_one_line(workshop.stage("train", check=False), "python scripts/make_demo_base.py")


@pytest.mark.parametrize("what", ["missing", "empty"])
def test_data_that_is_not_there(what, workshop):
    folder = workshop.folder / what
    if what == "empty":
        folder.mkdir()
    workshop.change(extract__data=str(folder))
    fails_in_one_line(workshop.stage("extract", check=False), str(folder))


def test_a_jsonl_cut_in_the_middle_of_a_line_is_named(workshop, written):
    workshop.take(written, "extract")
    path = workshop.output("01_extract/documents.jsonl")
    path.write_bytes(path.read_bytes()[:-20])
    lines = path.read_bytes().count(b"\n") + 1
    fails_in_one_line(workshop.stage("prepare", check=False), f"documents.jsonl:{lines}", "middle of a line")
    assert not workshop.output("02_prepare").exists()


def test_a_test_split_without_a_chapter(workshop, written):
    workshop.change(prepare__test=[], prepare__validation=["The Anchor"])
    workshop.take(written, "extract")
    fails_in_one_line(workshop.stage("prepare", check=False), "no chapter is left for test")


def test_a_chapter_that_is_not_there(workshop, written):
    workshop.change(prepare__test=["The Whale"], prepare__validation=["The Anchor"])
    workshop.take(written, "extract")
    fails_in_one_line(workshop.stage("prepare", check=False), "'The Whale'", "The Anchor")


@pytest.mark.skipif(
    os.geteuid() == 0 and not shutil.which("setpriv"), reason="root needs setpriv to drop rights"
)
def test_an_artifacts_folder_that_cannot_be_written(workshop):
    workshop.artifacts.mkdir(mode=0o555)
    script = ROOT / "scripts" / "01_extract.py"
    # Root may write anywhere unless it gives up its capabilities.
    powerless = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*powerless, sys.executable, script, workshop.recipe],
        capture_output=True, text=True, env=workshop.environment(),
    )  # fmt: skip
    fails_in_one_line(done, str(workshop.artifacts), "permission denied", "INKPRINT_ARTIFACTS")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small disk")
def test_a_full_disk(workshop):
    workshop.artifacts.mkdir()
    size = "-osize=24k"
    if subprocess.run(
        ["mount", "-t", "tmpfs", size, "tmpfs", workshop.artifacts], capture_output=True
    ).returncode:
        pytest.skip("this machine lets nobody mount a tmpfs")
    try:
        done = workshop.stage("extract", check=False)
        fails_in_one_line(done, "no space left", "INKPRINT_ARTIFACTS")
        assert not workshop.output("01_extract").exists()
        assert not list(workshop.run_folder.glob("*.partial"))
    finally:
        subprocess.run(["umount", workshop.artifacts], check=True)


@pytest.mark.whole_runs
def test_a_stage_run_again_has_nothing_to_do(workshop):
    workshop.stage("extract")
    before = {path: path.stat().st_mtime_ns for path in workshop.run_folder.rglob("*") if path.is_file()}
    assert "up to date" in workshop.stage("extract").stdout
    assert before == {
        path: path.stat().st_mtime_ns for path in workshop.run_folder.rglob("*") if path.is_file()
    }
    assert "up to date" not in workshop.stage("extract", "--force").stdout


@pytest.mark.whole_runs
def test_plan_changes_nothing_and_gives_reasons(workshop, written):
    assert "run   not made yet" in workshop.stage("extract", "--plan").stdout
    assert not workshop.artifacts.exists()
    workshop.take(written, "prepare")
    assert "skip  up to date" in workshop.stage("extract", "--plan").stdout
    assert "skip  up to date" in workshop.stage("prepare", "--plan").stdout
    assert "run   extract runs before it" in workshop.stage("prepare", "--plan", "--after", "extract").stdout
    workshop.change(seed=7)
    assert "seed was 42, is 7; about" in workshop.stage("extract", "--plan").stdout


def test_two_processes_do_not_work_on_one_run(workshop):
    import fcntl

    workshop.run_folder.mkdir(parents=True)
    with (workshop.run_folder / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        fails_in_one_line(
            workshop.stage("extract", check=False), "another process works on this run", "--status"
        )


def test_keys_reach_no_file(workshop):
    key = "sk-ant-api03-never-to-be-seen"
    workshop.stage("extract", env=workshop.environment(ANTHROPIC_API_KEY=key, HF_TOKEN="hf_" + "x" * 30))
    for path in workshop.artifacts.rglob("*"):
        if path.is_file():
            assert key not in path.read_text(errors="replace")
            assert "hf_xxx" not in path.read_text(errors="replace")


def test_env_file_holds_paths_and_the_environment_wins(tmp_path):
    example = (ROOT / ".env.example").read_text()
    settings = yaml.safe_load((ROOT / "recipes" / "demo.yaml").read_text())
    for key in settings:
        assert f"{key.upper()}=" not in example, "settings of a run belong into its recipe"
    for line in example.splitlines():
        assert not line or line.startswith("#"), (
            "every line of .env.example is a comment until it is filled in"
        )
