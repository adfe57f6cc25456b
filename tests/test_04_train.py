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
from training import adapter_digest, kill_at_step, losses, read, run_changed, wait_for_step

from inkprint.chat import Chat
from inkprint.errors import UserError
from inkprint.jsonl import read_records
from inkprint.recipe_file import load_recipe
from inkprint.records import Example, Message
from inkprint.train.rows import check_rows, prove_mask, tokenize

pytestmark = pytest.mark.training


def test_what_training_leaves(finished):
    manifest = json.loads(finished.output("04_train/manifest.json").read_text())
    examples = read(finished.output("03_synthesize/examples.jsonl"))
    train = [e for e in examples if e["split"] == "train"]
    log = read(finished.output("04_train/training_log.jsonl"))
    steps = [entry["step"] for entry in log if "loss" in entry]
    assert manifest["counts"]["in"] == sum(e["split"] != "test" for e in examples)
    assert steps == list(range(1, manifest["steps"] + 1))
    assert manifest["steps"] == -(-len(train) // 8), "one epoch of batches of eight"
    looks = {e["step"]: e["validation_loss"] for e in log if "validation_loss" in e}
    assert list(looks) == [0, 5, 10, 13], "the untouched base is looked at first, and the end as well"
    assert manifest["best_validation_loss"] == min(looks[step] for step in (5, 10, 13))
    assert 0 < manifest["padding_share"] < 0.1
    losses = [entry["loss"] for entry in log if "loss" in entry]
    assert losses[-1] < losses[0]
    assert manifest["adapter_bytes"] > 0
    assert not list(finished.run_folder.glob("work/04_train*")), (
        "checkpoints are gone once the adapter is there"
    )


def test_three_prompts_are_answered_at_every_look(finished):
    samples = read(finished.output("04_train/samples.jsonl"))
    examples = {e["id"]: e for e in read(finished.output("03_synthesize/examples.jsonl"))}
    assert [sample["step"] for sample in samples] == [step for step in (0, 5, 10, 13) for _ in range(3)]
    assert len({sample["example_id"] for sample in samples}) == 3
    for sample in samples:
        example = examples[sample["example_id"]]
        assert example["split"] == "validation"
        assert sample["reference"] == example["completion"][0]["content"]
    assert len({sample["answer"] for sample in samples}) > 3, "what it says changes while it learns"
    log = (finished.run_folder / "logs" / "train.log").read_text()
    assert f"step 13: {' '.join(samples[-1]['prompt'][-1]['content'].split())} -> " in log


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
    shop.stage("train", warm=True)
    return shop


def test_rows_too_long_are_rejected_and_counted(unusual):
    rejects = read(unusual.output("04_train/rejects.jsonl"))
    counts = json.loads(unusual.output("04_train/manifest.json").read_text())["counts"]
    assert 0 < counts["rejected"] == len(rejects)
    assert {reject["reason"] for reject in rejects} == {"too long"}, "one reason, whatever the length"
    lengths = [int(reject["detail"].split()[0]) for reject in rejects]
    assert min(lengths) > 110 and len(set(lengths)) > 1
    said = (unusual.run_folder / "logs" / "train.log").read_text()
    assert f"{len(rejects)} rows rejected" in said
    for told in ("steps,", "estimated: "):
        assert said.index(told) < said.index("Loading weights"), "the plan is told before the model is loaded"


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
    done = workshop.stage("train", check=False, warm=True)
    assert done.returncode == 2
    assert "holds 512 tokens" in done.stderr
    assert not workshop.output("04_train").exists()


def test_the_same_run_twice_gives_the_same_adapter(finished, trained):
    trained.stage("train", "--force", warm=True)
    assert adapter_digest(trained) == adapter_digest(finished)


def test_loss_over_all_tokens(unusual):
    proof = json.loads(unusual.output("04_train/mask_proof.json").read_text())
    assert proof["prompt_tokens"] == 0
    learned = proof["sample"]["supervised"]
    assert learned.startswith("<|im_start|>user")
    assert learned.endswith("<|im_end|>")


@pytest.fixture
def chat(written, base):
    from transformers import AutoTokenizer

    return Chat(AutoTokenizer.from_pretrained(base), load_recipe(written.recipe).model)


def one_row(chat, loss, answer="It was blue.", asked="What of it?"):
    question = [Message(role="user", content=asked)]
    example = Example(
        id="example-1", source_id="p", task="t", split="train", prompt=question, provider="template",
        completion=[Message(role="assistant", content=answer)],
    )  # fmt: skip
    return tokenize([example], chat, loss, 384)


@pytest.mark.parametrize("loss", ["answer", "all"])
def test_the_mask_proof_refuses_labels_that_are_off(chat, loss):
    fine = one_row(chat, loss)
    prove_mask({"train": fine}, chat, loss)
    ids, labels = fine.input_ids[0], fine.labels[0]
    first = len(ids) - 2 - len(chat.ids("It was blue."))
    stray = {"answer": ids[first], "all": -100}[loss]
    for spoiled in (
        [*labels[:first], stray, *labels[first + 1 :]],  # a token of the prompt, learned or left out
        [*labels[:-1], -100],  # no end of turn
        [*labels[:-3], -100, *labels[-2:]],  # a hole in the answer
    ):
        fine.labels[0] = spoiled
        with pytest.raises(AssertionError):
            prove_mask({"train": fine}, chat, loss)


def test_the_mask_proof_refuses_a_second_end_of_turn(chat):
    twice = one_row(chat, "all")
    twice.input_ids[0].append(chat.end_of_turn)
    twice.labels[0].append(chat.end_of_turn)
    with pytest.raises(AssertionError):
        prove_mask({"train": twice}, chat, "all")


def test_an_answer_that_holds_the_end_of_turn_is_rejected(chat):
    rows = one_row(chat, "answer", "It was<|im_end|> blue.")
    assert not rows.input_ids
    assert "holds the token that ends one" in rows.rejects[0].reason


@pytest.mark.parametrize("loss", ["answer", "all"])
@pytest.mark.parametrize("spoken", [{"asked": "What of <|im_start|>?"}, {"answer": "It<|im_start|> was."}])
def test_a_text_that_holds_a_mark_of_the_tokenizers_own_is_rejected(chat, loss, spoken):
    """Read as the mark, it would begin a turn in the middle of one; the prompt's as well as the answer's."""
    rows = one_row(chat, loss, **spoken)
    assert not rows.input_ids
    assert rows.rejects[0].reason == "a mark of the tokenizer's own in its text"
    assert rows.rejects[0].detail == "<|im_start|>"


def test_a_killed_training_ends_in_the_same_adapter(finished, workshop, written):
    """Saved by the clock, every step, and never by their number. test_kills.py kills at other points."""
    workshop.take(written, "synthesize")
    workshop.change(train__save_every_steps=1000, train__save_every_minutes=1e-4)
    kill_at_step(workshop, 3)
    status = subprocess.run(
        [sys.executable, ROOT / "scripts" / "status.py", workshop.recipe],
        capture_output=True, text=True, env=workshop.environment(),
    )  # fmt: skip
    assert "killed or crashed" in status.stdout
    assert f"next: ./run_all.sh {workshop.recipe}" in status.stdout
    done = workshop.stage("train", warm=True)
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


def processes_of(shop) -> set[int]:
    """Processes that have the workshop's recipe on their command line."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            if str(shop.recipe).encode() in path.read_bytes():
                found.add(int(path.parent.name))
    return found


def test_two_processes_learn_what_one_learns(for_two):
    """The same rows a step, so the same losses but for rounding; and only one of them writes.

    The last batch is left out: where it is short, rows of the first fill it up. Nine validation rows are
    three batches: one process has a batch more to look at than the other.
    """
    path = for_two.output("03_synthesize/examples.jsonl")
    examples = read(path)
    held_out = [example["id"] for example in examples if example["split"] == "validation"]
    kept = [example for example in examples if example["id"] not in held_out[9:]]
    path.unlink()
    path.write_text("".join(json.dumps(example) + "\n" for example in kept))
    done = for_two.stage("train")
    manifest = json.loads(for_two.output("04_train/manifest.json").read_text())
    together, log = losses(for_two), read(for_two.output("04_train/training_log.jsonl"))
    assert manifest["processes"] == 2
    assert len(together) == manifest["steps"] == len({entry["step"] for entry in log} - {0})
    logs = [(for_two.run_folder / "logs" / name).read_text() for name in ("train.log", "train-1.log")]
    assert "step" in logs[0]
    for said in (done.stdout, done.stderr, *logs):
        assert "find_unused_parameters" not in said, "DDP looked for what is not there"
    for_two.change(gpus=1)
    assert "up to date" in for_two.stage("train").stdout, "the number of cards is no setting of the model"
    for_two.stage("train", "--force", warm=True)
    assert losses(for_two)[:-1] == pytest.approx(together[:-1], rel=1e-3)
    alone = read(for_two.output("04_train/training_log.jsonl"))
    looks = [[e["validation_loss"] for e in own if "validation_loss" in e] for own in (log, alone)]
    assert looks[0][:-1] == pytest.approx(looks[1][:-1], rel=1e-3), "every row is looked at once"


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
    log = for_two.run_folder / "logs" / "train-1.log"
    assert training.returncode == 2
    assert said == f"04_train.py: process 1 was killed (SIGKILL): {log}; the same command goes on\n"


def test_a_replaced_adapter_is_kept(trained):
    first = adapter_digest(trained)
    trained.change(train__learning_rate=0.002)
    assert "learning_rate was 0.004, is 0.002" in trained.stage("train", warm=True).stdout
    assert adapter_digest(trained) != first
    (kept,) = (trained.run_folder / "previous").glob("train-*/adapter/adapter_model.safetensors")
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == first


NOTHING_LOOKED_AT = """
from inkprint.train import chats
import inkprint.completion
make = chats.make_chat_trainer
def changed(*arguments):
    from inkprint.train.samples import Samples
    from inkprint.train.try_out import TryOut
    TryOut.on_train_begin = Samples.on_evaluate = lambda *_, **__: None
    return make(*arguments)
chats.make_chat_trainer = changed
"""


def test_what_is_tried_out_and_asked_leaves_no_trace(finished, workshop, written):
    """Without the longest batch and the samples the same adapter comes out."""
    workshop.take(written, "synthesize")
    done = run_changed(workshop, NOTHING_LOOKED_AT)
    assert not workshop.output("04_train/samples.jsonl").exists(), done.stderr
    assert adapter_digest(workshop) == adapter_digest(finished)


OUT_OF_MEMORY = """
import os
from inkprint.train import chats
make = chats.make_chat_trainer
def changed(*arguments):
    import torch
    trainer = make(*arguments)
    step = trainer.training_step
    def failing(*own, **options):
        if trainer.state.global_step == 7 and os.environ.get("RANK", "0") == "0":
            torch.empty(2**50, dtype=torch.uint8)  # a petabyte: torch itself says that it is not there
        return step(*own, **options)
    trainer.training_step = failing
    return trainer
chats.make_chat_trainer = changed
"""


def test_out_of_memory_goes_on_with_half_the_rows_at_a_time(finished, workshop, written):
    """The process that takes over runs 04_train.py as it is: memory does not run out again."""
    workshop.take(written, "synthesize")
    done = run_changed(workshop, OUT_OF_MEMORY)
    assert done.returncode == 0, done.stderr
    assert "out of memory: goes on with batches of 4 x 2" in done.stdout
    assert "goes on from step 6" in done.stdout
    manifest = json.loads(workshop.output("04_train/manifest.json").read_text())
    assert (manifest["batch_size"], manifest["accumulation_steps"]) == (4, 2)
    assert manifest["out_of_memory"] == ["8 x 1"]
    assert manifest["steps"] == manifest["planned_steps"]
    (told,) = [e for e in read(workshop.output("04_train/training_log.jsonl")) if "out_of_memory" in e]
    assert (told["step"], told["goes_on_with"]) == (7, "4 x 2")
    assert losses(workshop) == pytest.approx(losses(finished), rel=0.02), "as many rows a step as before"
    log = (workshop.run_folder / "logs" / "train.log").read_text()
    assert "out of memory: goes on with batches of 4 x 2" in log


@pytest.fixture(scope="module")
def one_alone(tmp_path_factory, materials, written, base):
    """The losses of one process with the batches that two share."""
    shop = furnish(tmp_path_factory.mktemp("alone"), materials)
    shop.change(train__batch_size=4, train__accumulation_steps=2)
    shop.take(written, "synthesize")
    shop.stage("train")
    return losses(shop)


@pytest.mark.slow
@pytest.mark.parametrize("whose", ["0", "1"])
def test_out_of_memory_in_one_of_two_processes_makes_both_go_on_narrower(for_two, one_alone, tmp_path, whose):
    """Every process imports the change as it starts; memory runs out in one of them, and not once more."""
    change = OUT_OF_MEMORY.replace('"0") == "0"', f'"0") == "{whose}" and arguments[3].batch_size == 4')
    (tmp_path / "sitecustomize.py").write_text(change)
    done = for_two.stage(
        "train", env=for_two.environment(PYTHONPATH=f"{tmp_path}:{ROOT / 'scripts'}"), timeout=500
    )
    assert "out of memory: goes on with batches of 2 x 4" in done.stdout
    assert "goes on from step 6" in done.stdout
    manifest = json.loads(for_two.output("04_train/manifest.json").read_text())
    assert (manifest["batch_size"], manifest["accumulation_steps"], manifest["processes"]) == (2, 4, 2)
    assert manifest["out_of_memory"] == ["4 x 2"]
    assert manifest["steps"] == manifest["planned_steps"] == 13
    assert losses(for_two)[:-1] == pytest.approx(one_alone[:-1], rel=5e-3), "as many rows a step as before"
    assert not list(for_two.run_folder.glob("work/*"))


AT_EVERY_STEP = """
from inkprint.train import steer
end = steer.Steer.on_step_end
def changed(self, args, state, control, **options):
    end(self, args, state, control, **options)
    CHANGE
steer.Steer.on_step_end = changed
"""
FEWER_PLANNED = "from inkprint.train.plan import Plan\nPlan.steps = property(lambda self: 3)"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            AT_EVERY_STEP.replace("CHANGE", "control.should_training_stop = state.global_step == 2"),
            "2 steps done, 4 planned",
        ),
        (FEWER_PLANNED, "4 steps done, 3 planned"),
        (
            AT_EVERY_STEP.replace("CHANGE", "control.should_log = state.global_step != 2"),
            "4 steps done, the log has [1, 3, 4]",
        ),
    ],
)
def test_other_steps_than_planned_fail_the_run(workshop, written, base, change, says):
    workshop.change(train__epochs=0.3)
    workshop.take(written, "synthesize")
    done = run_changed(workshop, change)
    assert done.returncode == 1
    assert f"AssertionError: {says}" in done.stderr
    assert not workshop.output("04_train").exists()
    assert not workshop.output("04_train.partial").exists()


def test_memory_that_one_row_exceeds_is_a_mistake_of_the_user(workshop, written, base):
    workshop.change(train__batch_size=1, train__accumulation_steps=8)
    workshop.take(written, "synthesize")
    done = run_changed(workshop, OUT_OF_MEMORY.replace("== 7", "== 0"))
    assert done.returncode == 2
    assert "out of memory with one row at a time" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_best_checkpoint_lands_and_training_stops(workshop, written, base):
    """With a steady rate, a run that is planned to end where another was best ends in the same adapter."""
    workshop.change(
        train__epochs=3.0, train__learning_rate=0.05, train__scheduler="constant_with_warmup",
        train__evaluate_every_steps=2, train__stop_after_evaluations=2,
    )  # fmt: skip
    workshop.take(written, "synthesize")
    said = workshop.stage("train", warm=True).stdout
    manifest = json.loads(workshop.output("04_train/manifest.json").read_text())
    log = read(workshop.output("04_train/training_log.jsonl"))
    best, digest = manifest["best_step"], adapter_digest(workshop)
    assert manifest["steps"] == best + 4 < manifest["planned_steps"] == 39
    assert log[-1]["stopped"] == f"no better validation loss since step {best}"
    assert f"stopped early: no better validation loss since step {best}" in said
    workshop.change(train__epochs=(best - 0.5) / 13)  # the half is a whole step
    workshop.stage("train", warm=True)
    manifest = json.loads(workshop.output("04_train/manifest.json").read_text())
    assert manifest["steps"] == manifest["planned_steps"] == manifest["best_step"] == best
    assert adapter_digest(workshop) == digest


KILLED_BEFORE_THE_RESULT = """
import os
from inkprint.train import land
land.land = lambda *_: os._exit(9)
"""


@pytest.mark.parametrize("patience", [None, pytest.param(1, marks=pytest.mark.slow)])
def test_a_kill_before_the_result_lands_costs_no_step(workshop, written, base, patience):
    """Not a whole number of epochs: the trainer itself would go on with the rest of the last."""
    workshop.change(train__epochs=0.5, train__save_every_steps=1, train__evaluate_every_steps=1)
    if patience:  # rates so high that the second look is worse
        workshop.change(
            train__stop_after_evaluations=patience, train__learning_rate=5.0, train__warmup_steps=0
        )
    workshop.take(written, "synthesize")
    assert run_changed(workshop, KILLED_BEFORE_THE_RESULT).returncode == 9
    (log,) = workshop.run_folder.glob("work/04_train-*/training_log.jsonl")
    before = read(log)
    workshop.stage("train", warm=True)
    after = read(workshop.output("04_train/training_log.jsonl"))
    assert [entry["step"] for entry in after if "loss" in entry] == [e["step"] for e in before if "loss" in e]
    manifest = json.loads(workshop.output("04_train/manifest.json").read_text())
    assert (manifest["steps"] < manifest["planned_steps"] == 7) == bool(patience)


def test_a_service_that_is_not_there_is_named(workshop, written, base):
    workshop.change(train__report_to=["comet_ml"])
    workshop.take(written, "synthesize")
    done = workshop.stage("train", check=False, warm=True)
    assert done.returncode == 2
    assert "train.report_to: comet_ml: " in done.stderr
