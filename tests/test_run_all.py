"""run_all.sh as a user runs it: plan, run, run again, status, variations, and a closed terminal."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import time

import pytest
import yaml
from claude_server import claude_server
from conftest import ROOT

pytestmark = pytest.mark.whole_runs

STAGES = ["extract", "prepare", "synthesize", "train", "generate", "evaluate", "report"]


def run_all(shop, *arguments, check=True, recipe=True, **more):
    command = [
        str(ROOT / "run_all.sh"),
        *([str(shop.recipe)] if recipe else []),
        "--runtime",
        "local",
        *arguments,
    ]
    environment = shop.environment(**more) | {
        "INKPRINT_VENV": os.environ.get("INKPRINT_VENV", str(ROOT / ".venv"))
    }
    done = subprocess.run(command, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL)
    if check:
        assert done.returncode == 0, done.stdout + done.stderr
    return done


def said(done):
    """What was said of each stage, by its name."""
    lines = [line.split(maxsplit=2) for line in done.stdout.splitlines() if line[:2].isdigit()]
    return {name: rest for _, name, rest in lines}


def test_help_lists_every_option_that_is_read():
    script = (ROOT / "run_all.sh").read_text()
    help_text = subprocess.run([ROOT / "run_all.sh", "--help"], capture_output=True, text=True).stdout
    for option in (
        "--from",
        "--to",
        "--force",
        "--runtime",
        "--set",
        "--run",
        "--plan",
        "--status",
        "--estimate",
        "--sample",
        "--rehearse",
    ):
        assert option in help_text
        assert f"    {option}" in script or f"| {option}" in script


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--from", "trian"], "no stage trian"),
        (["--from", "report", "--to", "train"], "comes after"),
        (["--frm", "train"], "unknown option --frm"),
        (["--to"], "--to needs a value"),
        (["--set", "train.rank=4"], "--run NAME"),
        (["--set", "train.rnk=4", "--run", "x"], "did you mean train.rank?"),
        (["--set", "train.rank=four", "--run", "x"], "train.rank: 'four'"),
        (["--runtime", "podman"], "auto, docker or local"),
        (["--estimate", "--to", "train"], "--estimate ends with synthesize: --to train does not go with it"),
        (["--sample", "20", "--from", "train"], "--from train comes after --to synthesize"),
        (["--sample", "20", "--estimate"], "--estimate and --sample: one of them"),
        (["--sample", "20", "--plan"], "--plan and --sample: one of them"),
        (["--sample", "twenty"], "--sample twenty: a whole number from 1"),
        (["another.yaml"], "one recipe at a time"),
    ],
)
def test_a_mistake_is_one_line(arguments, says, workshop):
    done = run_all(workshop, *arguments, check=False)
    assert done.returncode == 2, done.stdout + done.stderr
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert not workshop.run_folder.exists()


def test_part_of_a_run(workshop):
    assert said(run_all(workshop, "--to", "prepare", "--plan")).keys() == {"extract", "prepare"}
    done = run_all(workshop, "--to", "prepare")
    assert "runtime local (asked)" in done.stdout
    assert said(done) == {"extract": "not made yet", "prepare": "not made yet"}
    assert (workshop.run_folder / "logs" / "prepare.log").read_text().count("chapters") >= 3
    again = run_all(workshop, "--to", "prepare")
    assert said(again) == {"extract": "up to date", "prepare": "up to date"}
    assert (workshop.run_folder / "recipe.yaml").read_text() == workshop.recipe.read_text()
    forced = run_all(workshop, "--from", "prepare", "--to", "prepare", "--force")
    assert said(forced) == {"prepare": "redone by --force"}


def test_plan_says_what_would_run_and_why(workshop, written):
    workshop.take(written, "synthesize")
    workshop.change(prepare__passages__words=50)
    planned = said(run_all(workshop, "--plan"))
    assert list(planned) == STAGES
    assert planned["extract"] == "skip  up to date"
    assert planned["prepare"].startswith("run   prepare.passages.words was 40, is 50; about")
    assert planned["synthesize"].startswith("run   prepare runs before it; about")
    assert planned["train"].startswith("run   not made yet")
    assert said(run_all(workshop, "--to", "extract")) == {"extract": "up to date"}


def test_a_variation_keeps_its_recipe_and_takes_over_what_is_the_same(workshop, written):
    workshop.take(written, "prepare")
    done = run_all(
        workshop, "--set", "prepare.passages.words=50", "--set", "train.learning_rate=1e-4",
        "--run", "wide", "--to", "synthesize",
    )  # fmt: skip
    kept = workshop.artifacts / "wide" / "recipe.yaml"
    values = yaml.safe_load(kept.read_text())
    assert (values["run"], values["prepare"]["passages"]["words"], values["train"]["learning_rate"]) == (
        "wide",
        50,
        1e-4,
    )
    assert said(done)["extract"].startswith("taken over from run little")
    assert said(done)["prepare"] == "not made yet"
    again = run_all(workshop, "--run", "wide", "--to", "prepare")
    assert said(again) == {"extract": "up to date", "prepare": "up to date"}


def test_status_before_during_and_after_an_error(workshop):
    before = run_all(workshop, "--status").stdout
    assert "01 extract     -" in before
    assert f"next: ./run_all.sh {workshop.recipe}" in before
    workshop.change(prepare__test=["The Whale"], prepare__validation=["The Anchor"])
    failed = run_all(workshop, "--to", "prepare", check=False)
    assert failed.returncode == 2
    after = run_all(workshop, "--status").stdout
    assert "01 extract     done, 10 of 10 pages" in after
    assert "prepare: failed" in after
    assert "no chapter is called 'The Whale'" in after


def test_the_users_own_command_learns_how_the_run_ended(workshop, tmp_path):
    """--on-end: after a good run, a user's mistake and a SIGTERM, once each and with the exit status."""
    told = tmp_path / "told"
    note = f'echo "$1" >> {told}'
    run_all(workshop, "--to", "extract", "--on-end", note)
    assert run_all(workshop, "--plan", "--on-end", note).returncode == 0  # a plan is no run
    workshop.change(prepare__test=["The Whale"], prepare__validation=["The Anchor"])
    failed = run_all(workshop, "--to", "prepare", "--on-end", note, check=False)
    assert failed.returncode == 2
    assert run_all(workshop, "--to", "extract", "--on-end", "false", check=False).returncode == 0
    assert told.read_text().split() == ["0", "2"]


@pytest.mark.training
def test_a_run_that_is_terminated_still_tells(workshop, written, base, tmp_path):
    workshop.take(written, "synthesize")
    told = tmp_path / "told"
    command = [ROOT / "run_all.sh", workshop.recipe, "--runtime", "local", "--to", "train"]
    environment = workshop.environment() | {
        "INKPRINT_VENV": os.environ.get("INKPRINT_VENV", str(ROOT / ".venv"))
    }
    process = subprocess.Popen(
        [*map(str, command), "--on-end", f'echo "$1" >> {told}'],
        env=environment,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(600):
        if list(workshop.run_folder.glob("work/04_train-*/training_log.jsonl")):
            break
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGTERM)
    assert process.wait(timeout=60) != 0
    assert len(told.read_text().split()) == 1
    assert told.read_text().strip() == str(process.returncode)


@pytest.mark.training
def test_everything_is_up_to_date_the_second_time(finished):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = run_all(finished)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert list(said(done)) == STAGES
    assert all(what.startswith("up to date") for what in said(done).values()), done.stdout
    # 3 s by the clock are promised on 2 idle cores; its own seconds count where others work, too.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 6


@pytest.mark.training
def test_a_run_is_carried_to_another_place_without_its_books(finished, tmp_path, base):
    import shutil

    from conftest import Workshop

    shutil.copytree(finished.run_folder, tmp_path / "artifacts" / "little", symlinks=True)
    (tmp_path / "recipe.yaml").write_text(finished.recipe.read_text())
    elsewhere = Workshop(tmp_path, tmp_path / "recipe.yaml")
    elsewhere.change(extract__data=str(tmp_path / "books"), model__base=str(base))
    done = run_all(elsewhere)
    assert all(what.startswith("up to date") for what in said(done).values()), done.stdout
    assert "is not here to compare" in said(done)["extract"]
    forced = run_all(elsewhere, "--from", "evaluate", "--to", "evaluate", "--force")
    assert said(forced) == {"evaluate": "redone by --force"}
    before = finished.output("06_evaluate/metrics.json").read_bytes()
    assert elsewhere.output("06_evaluate/metrics.json").read_bytes() == before


@pytest.mark.parametrize(
    ("data", "on_the_hub"),
    [
        ("data/books", False),
        ("{dataset: stanfordnlp/imdb, config: null, revision: main, split: train}", True),
        ("\n    dataset: 'org/name'\n    revision: main", True),
        ("\n    dataset: ./data/set\n    revision: null", False),
        ("data/books # {dataset: org/name}", False),
    ],
)
def test_only_a_data_set_on_the_hub_gives_the_first_container_a_network(data, on_the_hub, tmp_path):
    """run_all.sh decides on the host, where no Python need be: its own function, by itself."""
    (tmp_path / "recipe.yaml").write_text(f"extract:\n  data: {data}\n")
    chosen = call("service_for extract", tmp_path, "service_for", "data_on_the_hub")
    assert chosen == ["extract-hub" if on_the_hub else "extract"]


def call(command, folder, *functions):
    """What a command prints that has these functions of run_all.sh, and a recipe.yaml in this folder."""
    text = (ROOT / "run_all.sh").read_text()
    bodies = [re.search(rf"^{name}\(\) {{\n.*?^}}", text, re.M | re.S)[0] for name in functions]
    script = "\n".join(["set -euo pipefail; recipe=recipe.yaml force=''", *bodies, command])
    return subprocess.run(
        ["bash", "-c", script], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.splitlines()


LOCAL = "model: {base: ./artifacts/cache/demo-base, revision: null}"


@pytest.mark.parametrize(
    ("section", "service"),
    [
        ("synthesize:\n  provider:\n    name: template # {name: local}\n", "synthesize"),
        ("synthesize:\n  provider:\n    name: anthropic\n    model: claude-haiku-4-5\n", "synthesize-claude"),
        ("synthesize:\n  provider:\n    model: claude-haiku-4-5 # name: local\n    name: anthropic_batch\n",
         "synthesize-claude"),
        ("synthesize:\n  provider: {name: anthropic, model: claude-haiku-4-5,\n    max_tokens: 9}\n",
         "synthesize-claude"),
        ("synthesize:\n  # provider: {name: anthropic}\n  provider: {name: template}\n", "synthesize"),
        ("synthesize: {provider: {'name': 'anthropic'}, tasks: {}\n}\n", "synthesize-claude"),
        (f"synthesize:\n  provider: {{{LOCAL}, name: local}}\n", "synthesize-local"),
        ("synthesize:\r\n  provider:\r\n\r\n# local:\r\n    name: local\r\n", "synthesize-local"),
        ('"synthesize":\n  "provider": {"model": "x","name":"local"}\n', "synthesize-local"),
        ("synthesize:\n  provider:\n    name:\n      anthropic\n", "synthesize-claude"),
    ],
)  # fmt: skip
def test_the_writer_of_the_examples_decides_about_network_key_and_card(section, service, tmp_path):
    others = "author: {name}\nmodel:\n  name: local\n", "train:\n  name: anthropic\n# name: local\n"
    (tmp_path / "recipe.yaml").write_text(others[0] + section + others[1], newline="")
    assert call("service_for synthesize", tmp_path, "service_for", "provider", "section") == [service]
    assert call("service_for prepare", tmp_path, "service_for") == ["prepare"]


@pytest.mark.parametrize(
    ("section", "service"),
    [
        ("evaluate:\n  judge: null # none\n  keywords: 20\n", "evaluate"),
        ("evaluate:\n  judge: ~\n", "evaluate"),
        ("evaluate:\n  # judge: {provider: x}\n  keywords: [judge]\n", "evaluate"),
        ("evaluate:\n  judge: # a witness\n    provider:\n      name: anthropic\n", "evaluate-claude"),
        ("evaluate: {'judge': {provider: {name: anthropic_batch}}}\n", "evaluate-claude"),
        ("evaluate:\r\n  judge:\r\n    provider:\r\n", "evaluate-claude"),
    ],
)
def test_only_a_judge_gives_06_the_network_and_the_key(section, service, tmp_path):
    recipe = f"synthesize:\n  provider: {{name: template}}\n{section}report:\n  judge: yes\n"
    (tmp_path / "recipe.yaml").write_text(recipe, newline="")
    assert call("service_for evaluate", tmp_path, "service_for", "has_judge", "section") == [service]


TEMPLATE = "synthesize:\n  provider:\n    name: template\n"
OTHER = "model:\n  base: ./artifacts/cache/demo-base-2\n  revision: null\n"


@pytest.mark.parametrize(
    ("recipe", "before"),
    [
        (f"model:\n  base: ./artifacts/cache/demo-base # tiny\n{TEMPLATE}", ["train", "generate"]),
        (
            f"{TEMPLATE}model:\r\n  revision: null\r\n  base: ./artifacts/cache/demo-base\r\n",
            ["train", "generate"],
        ),
        (f"{TEMPLATE}model: {{base: './artifacts/cache/demo-base'}}\n", ["train", "generate"]),
        (f"{OTHER}synthesize:\n  provider:\n    name: local\n    {LOCAL}\n", ["synthesize"]),
        (f"{OTHER}{TEMPLATE}# base: ./artifacts/cache/demo-base\n", []),
    ],
)
def test_the_demos_base_is_made_before_what_loads_it(recipe, before, tmp_path):
    """run_all.sh alone; a stand-in for Python says what it is called with."""
    for script in sorted((ROOT / "scripts").glob("0*.py")):
        (tmp_path / "scripts" / script.name).parent.mkdir(exist_ok=True)
        (tmp_path / "scripts" / script.name).touch()
    (tmp_path / "recipe.yaml").write_text(recipe, newline="")
    (tmp_path / "python").write_text('#!/bin/sh\ncase $* in *--plan) echo " run " ;; *) echo "$@" ;; esac\n')
    (tmp_path / "python").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "INKPRINT_IN_IMAGE": "1"}
    command = ["bash", "-s", "recipe.yaml"]
    done = subprocess.run(
        command,
        input=(ROOT / "run_all.sh").read_text(),
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    made = [
        n
        for n, line in enumerate(lines)
        if line == "scripts/make_demo_base.py --out artifacts/cache/demo-base"
    ]
    assert [lines[n + 1].split()[0][len("scripts/01_") : -len(".py")] for n in made] == before


KEY = "sk-ant-nobodyshouldreadthis"


def let_claude_write(shop):
    """Change the recipe: Claude asks about each passage."""
    prompt = shop.folder / "ask.txt"
    prompt.write_text("Write <count>{count}</count> questions on\n<passage>\n{passage}\n</passage>\n")
    shop.change(
        max_dollars=1,
        synthesize__provider={
            "name": "anthropic", "model": "claude-haiku-4-5", "max_tokens": 300, "connections": 2,
            "timeout_seconds": 10, "deadline_hours": 1,
        },
        synthesize__tasks={"question_passage": {"share": 1, "prompt": str(prompt), "questions": 2}},
    )  # fmt: skip


def test_plan_and_estimate_need_neither_key_nor_network(workshop):
    let_claude_write(workshop)
    nobody = {"ANTHROPIC_API_KEY": "", "ANTHROPIC_BASE_URL": "http://127.0.0.1:9"}
    assert said(run_all(workshop, "--plan", **nobody))["synthesize"].startswith("run   not made yet")
    done = run_all(workshop, "--estimate", **nobody)
    assert said(done) == {"extract": "not made yet", "prepare": "not made yet"}
    assert re.search(r"question_passage +[1-9]\d* +0 ", done.stdout), done.stdout
    assert "spent by this run so far $0.00 of max_dollars $1.00" in done.stdout
    assert not workshop.output("03_synthesize").exists()
    failed = run_all(workshop, "--to", "synthesize", check=False, **nobody)
    assert failed.returncode == 2
    assert "ANTHROPIC_API_KEY is not set" in failed.stderr


def test_a_sample_is_paid_for_once_and_the_key_is_written_nowhere(workshop, tmp_path):
    let_claude_write(workshop)
    folder = tmp_path / "server"
    folder.mkdir()
    with claude_server(folder, key=KEY) as server:
        asked = {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": server.url}
        done = run_all(workshop, "--sample", "3", **asked)
        assert said(done).keys() == {"extract", "prepare"}
        assert sum(server.paid().values()) == 3
        assert workshop.output("sample.html").is_file()
        assert not workshop.output("03_synthesize").exists()
        run_all(workshop, "--to", "synthesize", **asked)
        passages = len(workshop.output("02_prepare/passages.jsonl").read_bytes().splitlines())
        assert sorted(server.paid().values()) == [1] * passages
        again = run_all(workshop, "--estimate", **asked)  # also where the examples are there
        assert re.search(rf"question_passage +0 +{passages} ", again.stdout), again.stdout
    files = [path for path in workshop.artifacts.rglob("*") if path.is_file()]
    assert not [path for path in files if KEY.encode() in path.read_bytes()]


@pytest.mark.training
def test_a_closed_terminal_does_not_kill_a_run(workshop, written, base):
    """A pseudo-terminal is closed while training; the run ends well and the log has it all."""
    import pty

    workshop.take(written, "synthesize")
    ours, theirs = pty.openpty()
    command = [str(ROOT / "run_all.sh"), str(workshop.recipe), "--runtime", "local", "--to", "train"]
    environment = workshop.environment() | {
        "INKPRINT_VENV": os.environ.get("INKPRINT_VENV", str(ROOT / ".venv"))
    }
    process = subprocess.Popen(
        command, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    for _ in range(600):
        if list(workshop.run_folder.glob("work/04_train-*/training_log.jsonl")):
            break
        time.sleep(0.1)
    os.close(ours)
    os.killpg(process.pid, signal.SIGHUP)
    assert process.wait(timeout=300) == 0
    assert workshop.output("04_train/manifest.json").is_file()
    assert "validation loss" in (workshop.run_folder / "logs" / "train.log").read_text()
