"""Training: the mask, the log, the adapter; the same bytes twice, and after a kill."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT, furnish

from inkprint.chat import Chat
from inkprint.errors import UserError
from inkprint.recipe_file import load_recipe
from inkprint.records import Example, read_records
from inkprint.train.rows import check_rows, tokenize

pytestmark = pytest.mark.training


def read(path):
    with path.open() as handle:
        return [json.loads(line) for line in handle]


def adapter_digest(shop):
    return hashlib.sha256(shop.output("04_train/adapter/adapter_model.safetensors").read_bytes()).hexdigest()


def test_what_training_leaves(finished):
    manifest = json.loads(finished.output("04_train/manifest.json").read_text())
    examples = read(finished.output("03_synthesize/examples.jsonl"))
    train = [e for e in examples if e["split"] == "train"]
    log = read(finished.output("04_train/training_log.jsonl"))
    steps = [entry["step"] for entry in log if "loss" in entry]
    assert manifest["counts"]["in"] == sum(e["split"] != "test" for e in examples)
    assert steps == list(range(1, manifest["steps"] + 1))
    assert manifest["steps"] == -(-len(train) // 8), "one epoch of batches of eight"
    assert next(e["step"] for e in log if "validation_loss" in e) == 0, "the untouched base is measured first"
    losses = [entry["loss"] for entry in log if "loss" in entry]
    assert losses[-1] < losses[0]
    assert manifest["adapter_bytes"] > 0
    assert not list(finished.run_folder.glob("work/04_train*")), (
        "checkpoints are gone once the adapter is there"
    )


def test_the_adapter_is_safetensors_and_names_no_path_of_this_machine(finished):
    folder = finished.output("04_train/adapter")
    assert {path.name for path in folder.iterdir()} == {"adapter_config.json", "adapter_model.safetensors"}
    config = json.loads((folder / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == finished.values()["model"]["base"]
    assert config["r"] == finished.values()["train"]["rank"]


def test_the_mask_proof_shows_the_answer_and_only_the_answer(finished):
    proof = json.loads(finished.output("04_train/mask_proof.json").read_text())
    examples = {e["id"]: e for e in read(finished.output("03_synthesize/examples.jsonl"))}
    sample = examples[proof["sample"]["example_id"]]
    assert proof["sample"]["supervised"] == sample["completion"][0]["content"] + "<|im_end|>"
    assert sample["prompt"][0]["content"] in proof["sample"]["prompt"]
    assert proof["supervised_tokens"] > 0
    assert proof["truncated"] == 0


@pytest.fixture(scope="module")
def unusual(tmp_path_factory, materials, written, base):
    """A workshop that learned the prompts as well, of rows that are not long. Not to be changed."""
    shop = furnish(tmp_path_factory.mktemp("unusual"), materials)
    shop.change(train__max_tokens=110, train__loss="all")
    shop.take(written, "synthesize")
    shop.stage("train")
    return shop


def test_rows_too_long_are_rejected_and_counted(unusual):
    rejects = read(unusual.output("04_train/rejects.jsonl"))
    counts = json.loads(unusual.output("04_train/manifest.json").read_text())["counts"]
    assert 0 < counts["rejected"] == len(rejects)
    assert all("too long" in reject["reason"] for reject in rejects)


def test_nothing_to_learn_from_is_a_mistake_of_the_user(written, base):
    from transformers import AutoTokenizer

    chat = Chat(AutoTokenizer.from_pretrained(base), load_recipe(written.recipe).model)
    examples = list(read_records(written.output("03_synthesize/examples.jsonl"), Example))
    learned = [example for example in examples if example.split == "train"]
    too_long = tokenize(learned, chat, "answer", 8)
    says = f"no token would be learned from in train; {len(learned)} rows exceed max_tokens"
    with pytest.raises(UserError, match=says):
        check_rows({"train": too_long, "validation": too_long})
    with pytest.raises(UserError, match="no token would be learned from in validation"):
        check_rows({"train": tokenize(learned, chat, "answer", 384), "validation": too_long})


def test_more_tokens_than_the_base_has_positions(workshop, written, base):
    workshop.change(train__max_tokens=4096)
    workshop.take(written, "synthesize")
    done = workshop.stage("train", check=False)
    assert done.returncode == 2
    assert "holds 512 tokens" in done.stderr
    assert not workshop.output("04_train").exists()


def test_the_same_run_twice_gives_the_same_adapter(finished, trained):
    trained.stage("train", "--force")
    assert adapter_digest(trained) == adapter_digest(finished)


def test_loss_over_all_tokens(unusual):
    proof = json.loads(unusual.output("04_train/mask_proof.json").read_text())
    assert proof["prompt_tokens"] == 0
    assert "<|im_start|>user" in proof["sample"]["supervised"]


def kill_at_step(shop, step: int) -> None:
    """Start training and kill it with SIGKILL once the log holds `step`."""
    command = [sys.executable, str(ROOT / "scripts" / "04_train.py"), str(shop.recipe)]
    process = subprocess.Popen(
        command, env=shop.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    wait_for_step(shop, process, step)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not shop.output("04_train").exists()


def wait_for_step(shop, process: subprocess.Popen, step: int) -> None:
    for _ in range(6000):
        logs = list(shop.run_folder.glob("work/04_train-*/training_log.jsonl"))
        if logs and any(entry["step"] >= step for entry in _whole_lines(logs[0])):
            return
        assert process.poll() is None, "training ended before it could be killed"
        time.sleep(0.05)
    raise AssertionError(f"step {step} was not reached in five minutes")


def _whole_lines(path):
    return [json.loads(line) for line in path.read_text().split("\n")[:-1]]


@pytest.mark.parametrize("step", [3, pytest.param(6, marks=pytest.mark.slow)])
def test_a_killed_training_ends_in_the_same_adapter(step, finished, workshop, written):
    workshop.take(written, "synthesize")
    kill_at_step(workshop, step)
    status = subprocess.run(
        [sys.executable, ROOT / "scripts" / "status.py", workshop.recipe],
        capture_output=True, text=True, env=workshop.environment(),
    )  # fmt: skip
    assert "killed or crashed" in status.stdout
    assert f"next: ./run_all.sh {workshop.recipe}" in status.stdout
    done = workshop.stage("train")
    assert "goes on from step" in done.stdout
    assert adapter_digest(workshop) == adapter_digest(finished)
    kept = [
        [
            {k: v for k, v in entry.items() if k != "seconds"}
            for entry in read(shop.output("04_train/training_log.jsonl"))
        ]
        for shop in (workshop, finished)
    ]
    assert kept[0] == kept[1], "the log of an interrupted run reads like that of one that was not"


def test_a_checkpoint_that_was_being_written_is_passed_over(tmp_path):
    from inkprint.train.checkpoints import clear_checkpoints, newest_checkpoint

    for step, whole in ((2, True), (4, True), (10, False)):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        if whole:
            (folder / "complete").write_text("{}")
    clear_checkpoints(tmp_path)
    assert newest_checkpoint(tmp_path).name == "checkpoint-4"
    assert not (tmp_path / "checkpoint-10").exists()


@pytest.fixture
def for_two(workshop, written, base):
    """A workshop whose recipe two processes share, with 01 to 03 done."""
    workshop.change(gpus=2, train__batch_size=4, train__accumulation_steps=2)
    workshop.take(written, "synthesize")
    return workshop


def losses(shop) -> list[float]:
    return [entry["loss"] for entry in read(shop.output("04_train/training_log.jsonl")) if "loss" in entry]


def processes_of(shop) -> set[int]:
    """Processes that have the workshop's recipe on their command line."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            if str(shop.recipe).encode() in path.read_bytes():
                found.add(int(path.parent.name))
    return found


def test_two_processes_learn_what_one_learns(for_two, finished):
    """The same rows a step, so the same losses but for rounding; and only one of them writes.

    The last batch is left out: where it is short, rows of the first fill it up.
    """
    for_two.stage("train")
    manifest = json.loads(for_two.output("04_train/manifest.json").read_text())
    together, log = losses(for_two), for_two.output("04_train/training_log.jsonl")
    assert manifest["processes"] == 2
    assert len(together) == manifest["steps"] == len({entry["step"] for entry in read(log)} - {0})
    assert "step" in (for_two.run_folder / "logs" / "train.log").read_text()
    assert losses(finished)[:-1] == pytest.approx(together[:-1], rel=0.02)
    for_two.change(gpus=1)
    assert "up to date" in for_two.stage("train").stdout, "the number of cards is no setting of the model"


def test_a_batch_that_can_not_be_shared_is_named(for_two):
    for_two.change(train__accumulation_steps=3)
    done = for_two.stage("train", check=False)
    assert done.returncode == 2
    assert "gpus: 2 must divide train.accumulation_steps, which is 3" in done.stderr


@pytest.mark.slow
def test_a_killed_team_leaves_no_process_and_goes_on(for_two, tmp_path):
    kill_at_step(for_two, 3)
    time.sleep(2)
    assert not processes_of(for_two), "a process outlived the one that leads"
    assert "goes on from step" in for_two.stage("train").stdout
    first = adapter_digest(for_two)
    for_two.stage("train", "--force")
    assert adapter_digest(for_two) == first


@pytest.mark.slow
def test_a_process_that_dies_ends_the_training_with_its_name(for_two):
    command = [sys.executable, str(ROOT / "scripts" / "04_train.py"), str(for_two.recipe)]
    training = subprocess.Popen(command, env=for_two.environment(), stderr=subprocess.PIPE, text=True)
    wait_for_step(for_two, training, 2)
    (follower,) = processes_of(for_two) - {training.pid}
    os.kill(follower, signal.SIGKILL)
    _, said = training.communicate(timeout=120)
    assert training.returncode == 1
    assert "process 1 ended with -9" in said
    assert "train-1.log" in said


def test_a_replaced_adapter_is_kept(trained):
    first = adapter_digest(trained)
    trained.change(train__learning_rate=0.002)
    assert "learning_rate was 0.004, is 0.002" in trained.stage("train").stdout
    assert adapter_digest(trained) != first
    (kept,) = (trained.run_folder / "previous").glob("train-*/adapter/adapter_model.safetensors")
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == first
