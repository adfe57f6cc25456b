"""Generation: what is asked, of whom, with likelihoods that a plain computation confirms."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from conftest import ROOT

from inkprint.gpus import Gpu, find_gpus
from inkprint.records import Example, Message

pytestmark = pytest.mark.training


def read(path):
    with path.open() as handle:
        return [json.loads(line) for line in handle]


def test_both_variants_answer_the_same_held_out_prompts(finished):
    answers = read(finished.output("05_generate/answers.jsonl"))
    examples = {e["id"]: e for e in read(finished.output("03_synthesize/examples.jsonl"))}
    asked = {v: {a["example_id"] for a in answers if a["variant"] == v} for v in ("base", "tuned")}
    assert asked["base"] == asked["tuned"]
    assert len(asked["base"]) == finished.values()["generate"]["prompts"]
    for answer in answers:
        example = examples[answer["example_id"]]
        assert example["split"] == "test"
        assert answer["prompt"] == example["prompt"]
        assert answer["reference"] == example["completion"][0]["content"]
        assert answer["tokens"] <= finished.values()["generate"]["max_new_tokens"]
        assert "<|im_end|>" not in answer["answer"]
    by_variant = {v: [a["answer"] for a in answers if a["variant"] == v] for v in asked}
    assert by_variant["base"] != by_variant["tuned"]


def test_every_held_out_passage_is_weighed_and_tuning_made_it_likelier(finished):
    passages = [p for p in read(finished.output("02_prepare/passages.jsonl")) if p["split"] == "test"]
    weighed = read(finished.output("05_generate/likelihoods.jsonl"))
    assert Counter(w["variant"] for w in weighed) == {"base": len(passages), "tuned": len(passages)}
    total = {v: sum(w["log_likelihood"] for w in weighed if w["variant"] == v) for v in ("base", "tuned")}
    assert total["tuned"] > total["base"]
    text = {p["id"]: p["text"] for p in passages}
    for one in weighed:
        assert (
            0.9 * len(text[one["source_id"]].encode()) < one["bytes"] <= len(text[one["source_id"]].encode())
        )


def test_likelihoods_agree_with_a_plain_computation(finished):
    """Base, in float32, one passage at a time, by transformers alone. Ours is 4-bit: a small shift."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = finished.values()["model"]["base"]
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    texts = {p["id"]: p["text"] for p in read(finished.output("02_prepare/passages.jsonl"))}
    for ours in read(finished.output("05_generate/likelihoods.jsonl")):
        if ours["variant"] != "base":
            continue
        ids = torch.tensor([tokenizer(texts[ours["source_id"]], add_special_tokens=False)["input_ids"]])
        with torch.inference_mode():
            mean = -float(model(input_ids=ids, labels=ids).loss)
        assert ours["tokens"] == ids.shape[1] - 1
        assert ours["log_likelihood"] / ours["tokens"] == pytest.approx(mean, abs=0.06)


def test_windows_score_each_token_once():
    from inkprint.generate.likelihoods import Weighed, batch_windows, cut_windows

    texts = [
        Weighed("source", list(range(n)), first, 0)
        for n in (3, 100, 101, 150, 151, 999)
        for first in (1, n // 3, n - 1)
    ]
    windows = cut_windows(texts, positions=100)
    for number, text in enumerate(texts):
        scored = [token for w in windows if w.text == number for token in w.ids[w.scored_from :]]
        assert scored == text.ids[text.scored_from :]
    assert all(len(w.ids) <= 100 and 0 < w.scored_from < len(w.ids) for w in windows)
    assert all(w.scored_from >= 50 for w in windows if w.ids[0] > 0), "a token has half a window of context"
    batched = [window for batch in batch_windows(windows) for window in batch]
    assert Counter(map(id, batched)) == Counter(map(id, windows))


def test_windows_make_no_difference_where_one_is_enough(finished):
    """A text cut into windows is scored like one that is not, but for the context that it loses."""
    from transformers import AutoModelForCausalLM

    from inkprint.generate.likelihoods import Window, score_batch

    model = AutoModelForCausalLM.from_pretrained(finished.values()["model"]["base"])
    ids = list(range(40, 100))
    (whole,) = score_batch(model, [Window(0, ids, 1)], pad=0)
    parts = score_batch(model, [Window(0, ids, 30), Window(0, ids[:30], 1)], pad=0)
    assert sum(parts) == pytest.approx(whole, abs=1e-3)


def test_prompts_are_spread_over_passages():
    from inkprint.generate import prompts as generate

    examples = [
        Example(
            id=f"example-{passage}-{number}",
            source_id=f"passage-{passage}",
            task="question_passage",
            split="test",
            prompt=[Message(role="user", content=f"{passage} {number}?")],
            completion=[Message(role="assistant", content="!")],
            provider="template",
        )
        for passage in range(10)
        for number in range(3)
    ]
    chosen = generate.choose_prompts(examples, 12, 1, False)
    assert sorted(Counter(e.source_id for e in chosen).values()) == [1] * 8 + [2] * 2
    assert generate.choose_prompts(list(reversed(examples)), 12, 1, False) == chosen
    assert generate.choose_prompts(examples, 12, 2, False) != chosen
    assert len(generate.choose_prompts(examples, 99, 1, False)) == 30
    same = [e.model_copy(update={"prompt": [Message(role="user", content="?")]}) for e in examples]
    chosen = generate.choose_prompts([*examples, *same], 99, 1, False)
    assert len(chosen) == 31, "a prompt was chosen twice"
    assert len(generate.choose_prompts(same, 99, 1, True)) == 30, (
        "by chance each row gets an answer of its own"
    )


def test_prompts_that_leave_no_room_are_rejected(trained):
    trained.change(generate__max_new_tokens=480)
    trained.stage("generate", warm=True)
    rejects = read(trained.output("05_generate/rejects.jsonl"))
    counts = json.loads(trained.output("05_generate/manifest.json").read_text())["counts"]
    assert counts["rejected"] == len(rejects) > 0
    assert {reject["reason"] for reject in rejects} == {"too long"}
    assert all("the model has 512" in reject["detail"] for reject in rejects)


def test_an_answer_may_name_what_was_asked(finished, trained):
    """The strongest penalty lets the first word stand: the prompt's words are not counted."""
    assert finished.values()["generate"]["repetition_penalty"] == 1.0
    trained.change(generate__repetition_penalty=1e6, generate__max_new_tokens=1)
    trained.stage("generate", warm=True)
    answers = read(trained.output("05_generate/answers.jsonl"))
    first = {(a["example_id"], a["variant"]): a["answer"] for a in answers}
    free = read(finished.output("05_generate/answers.jsonl"))
    whole = {(a["example_id"], a["variant"]): a["answer"] for a in free}
    assert first.keys() == whole.keys()
    assert all(whole[key].startswith(word) for key, word in first.items())
    named = [a for a in answers if a["answer"].strip() and a["answer"].strip() in a["prompt"][-1]["content"]]
    assert named, "no first word stands in its prompt: this test can not fail"


def test_killed_and_run_again_it_gives_the_same_answers(finished, trained):
    command = [sys.executable, str(ROOT / "scripts" / "05_generate.py"), str(trained.recipe)]
    process = subprocess.Popen(
        command, env=trained.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    for _ in range(15_000):  # five minutes
        if list(trained.run_folder.glob("work/05_generate-*/answers-base-*.jsonl")):
            break
        assert process.poll() is None, "generation ended before it could be killed"
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    done = list(trained.run_folder.glob("work/05_generate-*/*.jsonl"))
    before = {path.name: path.stat().st_mtime_ns for path in done}
    assert before
    trained.stage("generate", warm=True)
    for name in ("answers.jsonl", "likelihoods.jsonl"):
        ours, theirs = (shop.output(f"05_generate/{name}").read_bytes() for shop in (trained, finished))
        assert ours == theirs


SCRIPT = str(ROOT / "scripts" / "05_generate.py")
TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
FOR_TWO = {"gpus": 2, "train__batch_size": 4, "train__accumulation_steps": 2}


@pytest.mark.parametrize("started_by", ["gpus", pytest.param("torchrun", marks=pytest.mark.slow)])
def test_two_processes_share_the_work_and_make_the_same_result(finished, trained, started_by):
    """As 05 starts them itself, or torchrun. The one that follows has a log of its own, and no lock."""
    if started_by == "gpus":
        trained.change(**FOR_TWO)
    done = subprocess.run(
        [sys.executable, *(TORCHRUN if started_by == "torchrun" else []), SCRIPT, str(trained.recipe)],
        env=trained.environment(), capture_output=True, text=True, timeout=500,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("answers.jsonl", "likelihoods.jsonl"):
        ours, theirs = (shop.output(f"05_generate/{name}").read_bytes() for shop in (trained, finished))
        assert ours == theirs
    steps = [
        json.loads((trained.run_folder / "logs" / folder / "status.json").read_text())["steps"]
        for folder in ("", "rank-1")
    ]
    assert abs(steps[0] - steps[1]) <= 1
    jobs = 2 + sum(-(-finished.values()["generate"]["prompts"] // 4) for _ in ("base", "prompted", "tuned"))
    assert sum(steps) == jobs
    assert not list(trained.run_folder.glob("work/05_generate-*"))


@pytest.mark.slow
def test_one_of_two_that_is_killed_ends_both_in_a_line_and_nothing_is_lost(finished, trained):
    """Then the one that leads is killed; then one process alone goes on with what the two had done."""
    trained.change(**FOR_TWO)
    process, other, done = start_two(trained)
    os.kill(other, signal.SIGKILL)
    _, said = process.communicate(timeout=120)
    log = trained.run_folder / "logs" / "generate-1.log"
    assert said == f"05_generate.py: process 1 was killed (SIGKILL): {log}; the same command goes on\n"
    assert process.returncode == 2
    process, other, more = start_two(trained)
    assert done.items() <= more.items(), "what was done is done anew"
    process.kill()
    process.communicate(timeout=60)
    for _ in range(500):
        if not Path(f"/proc/{other}").exists():
            break
        time.sleep(0.01)
    assert not Path(f"/proc/{other}").exists(), "it outlived the one that leads"
    trained.change(gpus=1)
    trained.stage("generate")
    for name in ("answers.jsonl", "likelihoods.jsonl"):
        ours, theirs = (shop.output(f"05_generate/{name}").read_bytes() for shop in (trained, finished))
        assert ours == theirs


def start_two(shop):
    """05 at work with another process that it started: both, and the jobs done once one is new."""

    def jobs():
        done = shop.run_folder.glob("work/05_generate-*/*.jsonl")
        return {path.name: path.stat().st_mtime_ns for path in done}

    before = len(jobs())
    process = subprocess.Popen(
        [sys.executable, SCRIPT, str(shop.recipe)], env=shop.environment(), text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    for _ in range(15_000):  # five minutes
        if len(jobs()) > before:
            break
        assert process.poll() is None, "generation ended before it could be killed"
        time.sleep(0.02)
    (other,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return process, int(other), jobs()


def test_jobs_are_shared_out_one_by_one():
    from inkprint.generate.work import Turns

    turns = [Turns(number, 3) for number in range(3)]
    assert [sum(turn.mine(job) for turn in turns) for job in range(10)] == [1] * 10
    assert [job for job in range(10) if turns[1].mine(job)] == [1, 4, 7]
    assert all(Turns().mine(job) for job in range(10))


def test_a_process_of_torchruns_is_on_its_own(monkeypatch):
    from inkprint.generate import work

    for name, value in {"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    gpus = [Gpu(n, f"GPU-{n}", "H100", 8e10, 570, 9.0) for n in range(3)]
    monkeypatch.setattr(work, "find_gpus", lambda: gpus)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert work.take_turns() == work.Turns(3, 4)
    assert os.environ.pop("CUDA_VISIBLE_DEVICES") == "GPU-1"
    assert not {"RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"} & set(os.environ)
    assert work.take_turns() == work.Turns()
    assert "CUDA_VISIBLE_DEVICES" not in os.environ


@pytest.mark.skipif(bool(find_gpus()), reason="this machine has a GPU")
def test_a_gpu_that_is_not_there_is_one_line(trained):
    trained.change(device="gpu")
    done = trained.stage("generate", check=False)
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert "this recipe wants a GPU (device: gpu) and torch sees none here" in line
