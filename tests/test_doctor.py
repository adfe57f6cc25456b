"""doctor.py: what stops a run is named with its mend, estimates grow with the work, a bundle tells no secret.

No driver runs here: where a card is needed, a stand-in answers in nvidia-smi's place. What a real one
prints is the format that NVIDIA documents for --query-gpu; it was not seen on a card.
"""

from __future__ import annotations

import http.server
import json
import os
import re
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
import yaml
from conftest import ROOT
from safetensors.numpy import save_file

from inkprint.doctor import forecast
from inkprint.doctor.bundle import clean
from inkprint.doctor.needs import CARDS, gpu_bytes, parameters, train_hours, train_tokens, what_would_fit
from inkprint.gpus import Gpu
from inkprint.recipe_file import check_recipe, load_recipe

pytestmark = pytest.mark.whole_runs
GPU_RECIPE = "recipes/peterson/qwen3-14b-completion.yaml"


def doctor(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / "scripts" / "doctor.py", *words]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env=os.environ | environment, check=False
    )


def books_recipe(tmp_path: Path) -> Path:
    """The GPU recipe with a folder of books that is there."""
    values = yaml.safe_load((ROOT / GPU_RECIPE).read_text())
    values["extract"]["data"] = "data/demo/books"
    path = tmp_path / "books.yaml"
    path.write_text(yaml.safe_dump(values))
    return path


def test_the_demo_lacks_nothing_here():
    done = doctor()
    assert done.returncode == 0, done.stdout + done.stderr
    assert {line.split()[0] for line in done.stdout.splitlines()} <= {"ok", "look"}


def test_which_ggufs_can_be_made_is_one_line(tmp_path):
    def said(llama: str) -> str:
        (line,) = [line for line in doctor(LLAMA_CPP=llama).stdout.splitlines() if "GGUF: " in line]
        return line

    assert said("").startswith("ok    GGUF: none can be made, LLAMA_CPP is not set")
    assert re.search(r"^look  GGUF: none can be made by .* not there", said(str(tmp_path)))
    (tmp_path / "gguf-py" / "gguf" / "scripts").mkdir(parents=True)
    (tmp_path / "gguf-py" / "gguf" / "scripts" / "gguf_dump.py").touch()
    (tmp_path / "convert_hf_to_gguf.py").touch()
    assert re.search(r"^ok    GGUF: q8_0, f16 can be made .* no llama-quantize", said(str(tmp_path)))
    for program in ("llama-quantize", "llama-tokenize"):
        (tmp_path / program).touch()
    assert said(str(tmp_path)) == f"ok    GGUF: q4_K_M, q8_0, f16 can be made by llama.cpp at {tmp_path}"


def test_what_the_judge_lacks_is_known_before_the_training(tmp_path):
    """Of a recipe whose examples no model writes: the key is needed hours later, by 06."""
    values = yaml.safe_load((ROOT / "recipes" / "demo.yaml").read_text())
    judge = yaml.safe_load((ROOT / "recipes" / "genz" / "tinyllama.yaml").read_text())["evaluate"]["judge"]
    values["evaluate"]["judge"] = judge
    recipe = tmp_path / "judged.yaml"
    recipe.write_text(yaml.safe_dump(values))
    stops = [line for line in doctor(recipe, ANTHROPIC_API_KEY="").stdout.splitlines() if "STOP" in line]
    assert [line.split(":")[0] for line in stops] == ["STOP  judge's price", "STOP  judge's key"]
    recipe.write_text(yaml.safe_dump(values | {"max_dollars": 1}))
    done = doctor(recipe, ANTHROPIC_API_KEY="sk-ant-nobodyshouldreadthis", ANTHROPIC_BASE_URL="")
    assert done.returncode == 0, done.stdout
    assert "ok    judge's key: ANTHROPIC_API_KEY is set" in done.stdout and "sk-ant" not in done.stdout


def test_a_recipe_for_a_gpu_stops_where_there_is_none(tmp_path, hub):
    done = doctor(books_recipe(tmp_path), PATH=f"{Path(sys.executable).parent}:/usr/bin:/bin", **hub)
    (stop,) = [line for line in done.stdout.splitlines() if line.startswith("STOP")]
    assert "GPU: none seen" in stop
    assert "docs/gpu-boxes.md" in stop
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("NVIDIA GeForce RTX 4090, 24564, 550.54.15, 8.9", "driver: 550 is too old"),
        ("Tesla K80, 11441, 570.10, 3.7", "compute capability 3.7 is too old"),
        ("NVIDIA T400, 2048, 570.10, 7.5", "memory: training needs some"),
    ],
)
def test_a_card_that_will_not_do(card, tmp_path, line, says):
    done = doctor(books_recipe(tmp_path), PATH=card(line))
    assert any(says in stop for stop in done.stdout.splitlines() if stop.startswith("STOP")), done.stdout
    assert done.returncode == 2


def test_a_good_card_is_named_and_nothing_is_held_against_it(card, hub, tmp_path):
    path = card("NVIDIA GeForce RTX 4090, 24564, 570.86.10, 8.9")
    done = doctor(books_recipe(tmp_path), PATH=path, **hub)
    assert "ok    GPU: NVIDIA GeForce RTX 4090, 24 GB, driver 570" in done.stdout
    stops = [line for line in done.stdout.splitlines() if line.startswith("STOP")]
    assert all("torch: the build without CUDA" in stop for stop in stops), stops  # this venv's


def test_the_largest_card_is_taken_and_unequal_ones_are_not_taken_together(card, tmp_path):
    cards = "Tesla T4, 15360, 570.86.10, 7.5", "NVIDIA GeForce RTX 4090, 24564, 570.86.10, 8.9"
    path, recipe = card(*cards), books_recipe(tmp_path)
    assert "GPU: NVIDIA GeForce RTX 4090, 24 GB, driver 570; of 2 cards" in doctor(recipe, PATH=path).stdout
    values = yaml.safe_load(recipe.read_text()) | {"gpus": 2}
    recipe.write_text(yaml.safe_dump(values))
    assert "STOP  GPU: gpus: 2: unequal cards" in doctor(recipe, PATH=path).stdout


def test_no_data_and_no_base_are_named(tmp_path):
    values = yaml.safe_load((ROOT / "recipes" / "demo.yaml").read_text())
    values["extract"]["data"], values["model"]["base"] = str(tmp_path / "none"), str(tmp_path / "model")
    recipe = tmp_path / "r.yaml"
    recipe.write_text(yaml.safe_dump(values))
    done = doctor(recipe)
    stops = [line for line in done.stdout.splitlines() if line.startswith("STOP")]
    assert len(stops) == 2
    assert "no documents in" in stops[0]
    assert "no base model there" in stops[1]


CLAUDE = {
    "name": "anthropic_batch", "model": "claude-haiku-4-5", "max_tokens": 400, "timeout_seconds": 10,
    "poll_seconds": 1, "deadline_hours": 1,
}  # fmt: skip
LOCAL = {
    "name": "local", "four_bit": True, "max_tokens": 400, "batch_size": 8, "temperature": 0,
    "model": {"base": "some/model-8b", "revision": "main", "chat_template": None, "thinking": False,
              "reasoning_effort": None},
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "environment", "says"),
    [
        ({}, {}, "ok    price: claude-haiku-4-5, $0.5 a million tokens in and $2.5 out, as of 20"),
        ({}, {}, "ok    key: ANTHROPIC_API_KEY is set; anthropic is asked"),
        ({}, {"ANTHROPIC_API_KEY": ""}, "STOP  key: ANTHROPIC_API_KEY is not set: put it into .env"),
        ({"model": "my-own"}, {}, "STOP  price: prompts/prices.yaml has no price for my-own: look it up"),
        ({"max_dollars": 0}, {}, "STOP  price: claude-haiku-4-5, $0.5"),
        (
            {},
            {"ANTHROPIC_BASE_URL": "there:8000"},
            "STOP  server: ANTHROPIC_BASE_URL: 'there:8000' is no address",
        ),
        (
            {},
            {"ANTHROPIC_BASE_URL": "http://there:8000"},
            "ok    key: ANTHROPIC_API_KEY is set; there:8000 is asked",
        ),
        (
            {},
            {"ANTHROPIC_BASE_URL": "http://localhost:8", "INKPRINT_IN_IMAGE": "1"},
            "look  key: ANTHROPIC_API_KEY",
        ),
    ],
)
def test_what_claude_needs_is_looked_for_and_no_key_is_shown(changes, environment, says, workshop):
    values = workshop.values()["synthesize"] | {
        "provider": CLAUDE | {"model": changes.get("model", CLAUDE["model"])}
    }
    workshop.change(synthesize=values, max_dollars=changes.get("max_dollars", 5))
    key = {"ANTHROPIC_API_KEY": "sk-ant-nobodyshouldreadthis", "ANTHROPIC_BASE_URL": ""}
    done = doctor(workshop.recipe, **(key | environment))
    assert says in done.stdout
    assert "nobodyshouldreadthis" not in done.stdout + done.stderr


def test_a_run_that_has_its_examples_needs_no_key(workshop, written):
    workshop.take(written, "synthesize")
    workshop.change(synthesize__provider=CLAUDE, model__base="./artifacts/cache/demo-base")
    done = doctor(workshop.recipe, INKPRINT_ARTIFACTS=str(workshop.artifacts), ANTHROPIC_API_KEY="")
    assert done.returncode == 0, done.stdout
    assert "look  key: ANTHROPIC_API_KEY is not set" in done.stdout


def test_a_local_writer_is_looked_for_and_must_fit_the_card(workshop, card, hub):
    workshop.change(synthesize__provider=LOCAL, model=LOCAL["model"] | {"base": "some/model-1b"})
    small, large = (f"NVIDIA Card, {mib}, 570.86.10, 8.9" for mib in (5_000, 24_564))
    done = doctor(workshop.recipe, PATH=card(large), **hub)
    assert "ok    writer: some/model-8b, to be fetched from the Hub" in done.stdout
    assert "ok    writer: some 6 GB of 24 on the card" in done.stdout
    assert (
        "STOP  writer: some 6 GB of 5 on the card" in doctor(workshop.recipe, PATH=card(small), **hub).stdout
    )
    assert "some 20 GB needed" in done.stdout  # 9 billion x 2 bytes, and the results
    workshop.change(synthesize__provider__model=LOCAL["model"] | {"revision": "v9"})
    assert "STOP  writer: some/model-8b has no revision v9" in doctor(workshop.recipe, **hub).stdout


def test_a_run_that_was_carried_here_needs_no_data(workshop, written):
    workshop.take(written, "extract")
    workshop.change(model__base="./artifacts/cache/demo-base")
    (workshop.folder / "books").unlink()
    done = doctor(workshop.recipe, INKPRINT_ARTIFACTS=str(workshop.artifacts))
    assert done.returncode == 0, done.stdout
    assert "the run carries its pages" in done.stdout


class Hub(http.server.BaseHTTPRequestHandler):
    """What the Hub answers to a request for a file's headers, in its own error codes."""

    def do_HEAD(self) -> None:
        owner, revision = self.path.split("/")[1], self.path.split("/")[4]
        errors = {"gated": (403, "GatedRepo"), "nobody": (404, "RepoNotFound")}
        status, code = errors.get(owner, (200, "") if revision == "main" else (404, "RevisionNotFound"))
        if owner == "gated" and self.headers.get("Authorization") == "Bearer hf_accepted":
            status, code = 200, ""
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("X-Repo-Commit", "0" * 40)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", "2")
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def hub(tmp_path):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield {"HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}", "HF_HOME": str(tmp_path / "hub")}
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("name", "revision", "more", "says"),
    [
        ("some/model-8b", "main", {}, "ok    base: some/model-8b, to be fetched from the Hub"),
        ("some/model-8b", "v9", {}, "STOP  base: some/model-8b has no revision v9"),
        ("nobody/model-8b", "main", {}, "STOP  base: nobody/model-8b: no such model"),
        ("gated/model-8b", "main", {}, "STOP  base: gated/model-8b: the Hub gives it only to those who"),
        ("gated/model-8b", "main", {"HF_TOKEN": "hf_accepted"}, "ok    base: gated/model-8b, to be"),
        ("some/model-8b", "main", {"HF_HUB_OFFLINE": "1"}, "STOP  base: some/model-8b is not in the cache"),
        (
            "some/model-8b",
            "main",
            {"HF_ENDPOINT": "http://127.0.0.1:9"},
            "STOP  base: some/model-8b: the Hub does",
        ),
    ],
)
def test_whether_the_hub_would_give_the_model(hub, tmp_path, name, revision, more, says):
    recipe = books_recipe(tmp_path)
    values = yaml.safe_load(recipe.read_text())
    values["model"] |= {"base": name, "revision": revision}
    recipe.write_text(yaml.safe_dump(values))
    assert says in doctor(recipe, **(hub | more)).stdout


def test_a_model_in_the_cache_needs_no_hub(hub, tmp_path):
    snapshot = tmp_path / "hub" / "hub" / "models--some--model-8b" / "snapshots" / ("a" * 40)
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    recipe = books_recipe(tmp_path)
    values = yaml.safe_load(recipe.read_text())
    values["model"] |= {"base": "some/model-8b", "revision": "a" * 40}
    recipe.write_text(yaml.safe_dump(values))
    assert "ok    base: some/model-8b is in the cache" in doctor(recipe, **hub, HF_HUB_OFFLINE="1").stdout


def test_parameters_are_counted_in_the_files_and_read_from_the_name(tmp_path):
    save_file(
        {"a": np.zeros((30, 20), np.float32), "b": np.zeros((5, 1), np.uint8)}, tmp_path / "m.safetensors"
    )
    values = yaml.safe_load((ROOT / "recipes" / "demo.yaml").read_text())
    values["model"]["base"] = str(tmp_path)
    assert parameters(check_recipe(values, "r.yaml").model) == 610  # a byte of NF4 holds two
    for name, count in (
        ("unsloth/Qwen3-14B-unsloth-bnb-4bit", 14e9),
        ("unsloth/gpt-oss-20b-unsloth-bnb-4bit", 20e9),
        ("HuggingFaceTB/SmolLM2-135M-Instruct", 135e6),
        ("Qwen/Qwen3-0.6B", 0.6e9),
        ("unsloth/tinyllama", 1.1e9),
        ("openai-community/gpt2-medium", 355e6),
        ("somebody/nameless", None),
    ):
        values["model"] |= {"base": name, "revision": "main"}
        assert parameters(check_recipe(values, "r.yaml").model) == count, name


def test_the_estimate_of_memory_holds_for_the_runs_it_was_fitted_to():
    """Qwen3-14B on an RTX 4090, 2 x 2,048 tokens: 13.4 GB at rank 16, 15.5 GB at rank 32."""
    recipe = load_recipe(ROOT / GPU_RECIPE)
    needs = []
    for rank, measured in ((16, 13.4e9), (32, 15.5e9)):
        train = recipe.train.model_copy(update={"rank": rank, "batch_size": 2, "max_tokens": 2048})
        needs.append(gpu_bytes(recipe.model_copy(update={"train": train}), 14.8e9))
        assert 0.85 < needs[-1] / measured < 1.25, (rank, needs)
    assert 0.2e9 < needs[1] - needs[0] < 2.1e9, "a rank twice as high takes more, and not twice as much"


def test_where_training_does_not_fit_a_setting_is_named_that_does():
    recipe = load_recipe(ROOT / GPU_RECIPE)
    train = recipe.train.model_copy(update={"batch_size": 16, "accumulation_steps": 2})
    large = recipe.model_copy(update={"train": train})
    memory = CARDS["rtx4090"].memory_bytes
    assert gpu_bytes(large, 14e9) > memory
    said = what_would_fit(large, 14e9, memory)
    size, steps = (int(number) for number in re.findall(r": (\d+)", said))
    assert size * steps == 32 and size > 1
    smaller = recipe.model_copy(
        update={"train": train.model_copy(update={"batch_size": size, "accumulation_steps": steps})}
    )
    assert gpu_bytes(smaller, 14e9) <= memory
    assert "a smaller base" in what_would_fit(large, 70e9, memory)


def test_every_weight_learned_takes_many_times_the_memory_of_an_adapter():
    full = load_recipe(ROOT / "recipes" / "alpaca" / "gpt2.yaml")
    adapter = load_recipe(ROOT / GPU_RECIPE)
    assert gpu_bytes(full, 7e9) > 5 * gpu_bytes(adapter, 7e9)
    assert gpu_bytes(load_recipe(ROOT / "recipes" / "imdb" / "logreg.yaml"), 7e9) == 0


@pytest.mark.parametrize("path", sorted((ROOT / "recipes").rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_recipe_fits_the_card_that_its_header_names(path):
    recipe, header = load_recipe(path), path.read_text().split("run:")[0]
    named = re.search(r"card with (\d+) GB", header)
    if recipe.device == "gpu":
        need = gpu_bytes(recipe, parameters(recipe.model))
        assert need <= int(named[1]) * 2**30, f"{need / 2**30:.1f} GB"


def test_tokens_are_reckoned_from_chats_and_from_texts_with_labels(tmp_path):
    folder = tmp_path / "03_synthesize"
    folder.mkdir()
    told = [{"content": "one two"}, {"content": "three"}]
    chat = {"split": "train", "prompt": told[:1], "completion": told[1:]}
    text = {"split": "train", "text": "four five six seven", "label": "good"}
    for records, words in (([chat], 3), ([text], 4), ([chat | {"split": "test"}, chat], 3)):
        (folder / "examples.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
        assert train_tokens(tmp_path) == pytest.approx(1.35 * words)


def test_hours_grow_with_the_work_and_shrink_with_the_card():
    recipe = load_recipe(ROOT / GPU_RECIPE)
    hours = train_hours(recipe, 8e9, 1e6, CARDS["rtx4090"])
    assert train_hours(recipe, 8e9, 2e6, CARDS["rtx4090"]) == pytest.approx(2 * hours)
    assert train_hours(recipe, 16e9, 1e6, CARDS["rtx4090"]) == pytest.approx(2 * hours)
    assert train_hours(recipe, 8e9, 1e6, CARDS["h100"]) < hours


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("NVIDIA GeForce RTX 4090", "rtx4090"),
        ("NVIDIA A100-SXM4-80GB", "a100-40"),  # as fast as the other A100
        ("NVIDIA H100 80GB HBM3", "h100"),
        ("NVIDIA L40S", "l40s"),
        ("NVIDIA GeForce RTX 4090 Laptop GPU", None),
        ("NVIDIA RTX A4000", None),
    ],
)
def test_a_card_is_known_by_what_nvidia_smi_calls_it(name, known):
    assert forecast.card_of(name) == (CARDS[known] if known else None)


def test_training_is_forecast_against_what_the_machine_has(monkeypatch, tmp_path):
    """The notebook's run on an RTX 4090 took 144 minutes and 15.5 GB: half and twice that are no forecast."""
    recipe = load_recipe(ROOT / "recipes/peterson/qwen3-14b-questions.yaml")
    card = Gpu(0, "GPU-0", "NVIDIA GeForce RTX 4090", 24 * 2**30, 570, 8.9)
    monkeypatch.setattr(forecast, "find_gpus", lambda: [card])
    (line,) = forecast.forecast(recipe, 5029 * 700, 1, tmp_path)
    memory, card_memory, _, free = (float(n) for n in re.findall(r"([\d.]+) GB", line))
    assert 13 < memory < 20 and card_memory == 24 and free > 0
    hours, minutes = (int(n) for n in re.search(r"(\d+) h (\d+) min or more of training on", line).groups())
    assert 72 < 60 * hours + minutes < 288
    (line,) = forecast.forecast(recipe, 5029 * 700, 2, tmp_path)
    assert "on 2 x NVIDIA GeForce RTX 4090" in line and f"{hours} h {minutes}" not in line


def test_what_does_not_fit_is_said_with_what_would(monkeypatch, tmp_path):
    recipe = load_recipe(ROOT / "recipes/peterson/qwen3-14b-questions.yaml")
    small = Gpu(0, "GPU-0", "NVIDIA RTX A4000", 13 * 2**30, 570, 8.6)
    monkeypatch.setattr(forecast, "find_gpus", lambda: [small])
    monkeypatch.setattr(forecast.shutil, "disk_usage", lambda path: type("Disk", (), {"free": 1e9}))
    estimated, memory, disk = forecast.forecast(recipe, 1e6, 1, tmp_path / "not" / "made")
    assert "how long a NVIDIA RTX A4000 takes is not known here" in estimated
    assert memory.startswith("memory may not suffice: train.batch_size: 1 with accumulation_steps: 8")
    assert disk.startswith("disk may not suffice")


def test_without_a_card_the_cpu_is_reckoned_with(monkeypatch, tmp_path):
    recipe = load_recipe(ROOT / "recipes/laptop.yaml")
    monkeypatch.setattr(forecast, "find_gpus", list)
    monkeypatch.setattr(forecast.os, "cpu_count", lambda: 8)
    (line,) = forecast.forecast(recipe, 186_000, 1, tmp_path)  # a book of 350 pages
    minutes = int(re.search(r"(\d+) min or more of training on 8 cores", line)[1])
    assert 3 < minutes < 30


def test_a_plan_from_a_laptop(workshop, written):
    workshop.take(written, "synthesize")
    values = yaml.safe_load(workshop.recipe.read_text())
    values["model"] |= {"base": "unsloth/Qwen3-14B-unsloth-bnb-4bit", "revision": "main"}
    recipe = workshop.folder / "plan.yaml"
    recipe.write_text(yaml.safe_dump(values))
    artifacts = {"INKPRINT_ARTIFACTS": str(workshop.run_folder.parent)}
    done = doctor(recipe, "--card", "rtx4090", "--price", "0.69", **artifacts)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()][1:] == [
        "memory",
        "disk",
        "hours",
        "dollars",
    ]
    assert "36 GB for merged weights and a GGUF" in done.stdout  # 14 billion x 2.6 bytes
    examples = workshop.output("03_synthesize/examples.jsonl").read_text()
    rows = examples.count('"split": "train"')
    size = values["train"]["batch_size"] * values["train"]["accumulation_steps"]
    steps = -(-rows // size) * values["train"]["epochs"]
    assert f", {steps:,.0f} steps" in done.stdout
    offline = {"HF_HUB_OFFLINE": "1", **artifacts}
    (work,) = [line for line in doctor(recipe, **offline).stdout.splitlines() if "work: " in line]
    assert f" tokens an epoch, {steps:,.0f} steps, " in work and "or more on" in work
    values["model"]["base"] = "unsloth/Llama-3.3-70B-Instruct-bnb-4bit"
    recipe.write_text(yaml.safe_dump(values))
    assert doctor(recipe, "--card", "rtx4090", **artifacts).returncode == 2


def test_a_bundle_tells_what_happened_and_no_secret(workshop):
    workshop.up_to("synthesize")
    log = workshop.run_folder / "logs" / "extract.log"
    log.write_text(log.read_text() + f"token hf_abcdefghijklmnop, {Path.home()}/books, my-own-long-key\n")
    done = doctor(
        "--bundle",
        workshop.run_folder.name,
        INKPRINT_ARTIFACTS=str(workshop.run_folder.parent),
        ANTHROPIC_API_KEY="my-own-long-key",
    )
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(done.stdout.strip()) as bundle:
        names = bundle.namelist()
        text = "\n".join(bundle.read(name).decode() for name in names)
    assert {"little/01_extract/manifest.json", "little/logs/extract.log"} <= set(names)
    assert not any("jsonl" in name and "training_log" not in name for name in names)
    for secret in ("hf_abcdefghijklmnop", "my-own-long-key", f"{Path.home()}/books"):
        assert secret not in text
    with workshop.output("02_prepare/passages.jsonl").open() as passages:
        assert not any(yaml.safe_load(line)["text"][:60] in text for line in passages)
    assert doctor("--bundle", "nobody").returncode == 2


def test_what_looks_like_a_key_is_taken_out():
    assert clean("a sk-ant-api03-abcdefgh b") == "a <key> b"
    assert clean("of ghp_abcdefgh12, github_pat_11ABCDEFG") == "of <key>, <key>"
    assert clean("a risk-free book") == "a risk-free book"
