"""A rehearsal is the recipe itself, made small; what it does not prove it says.

No Hub is reached here: a server of the tests' own answers in its place, or nothing does.
"""

from __future__ import annotations

import http.server
import json
import os
import re
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, STAGES
from test_tables import lines_of

from inkprint.errors import UserError
from inkprint.recipe_file import check_recipe, load_recipe
from inkprint.rehearse.data import ROWS, Data, find_data
from inkprint.rehearse.derive import derive
from inkprint.rehearse.families import FAMILIES, family_of
from inkprint.rehearse.state import State
from inkprint.rehearse.steps import STEPS, shorten, steps_an_epoch
from inkprint.rehearse.verdict import facts, verdict

RECIPES = sorted((ROOT / "recipes").rglob("*.yaml"))
STOOD_IN = Data("data/demo/books", own=False, notes=["data: stand-ins"])


def name_of(path):
    return str(path.relative_to(ROOT / "recipes"))


def derived(path, folder, data=STOOD_IN):
    """The original recipe, its rehearsal's values, and what that does not prove."""
    recipe = load_recipe(path)
    values = yaml.safe_load(path.read_text())
    if recipe.extract.columns is not None and data is STOOD_IN:
        data = Data(folder / "data", own=False)
    return recipe, values, derive(recipe, values, data, folder / "model", folder)


def flat(values, prefix=""):
    found = {}
    for key, value in values.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found


# -- the recipe -------------------------------------------------------------------------------

MAY_CHANGE = re.compile(
    r"run|max_dollars|device|gpus|model\.(base|revision)|extract\.data.*|synthesize\.(provider|tasks)\..*"
    r"|prepare\.(validation|test|passages\.(split_by|shared_share|leak_run_words|leak_gram_share))"
    r"|train\.report_to|generate\.(prompts|max_new_tokens)|evaluate\.(bootstrap_samples|judge.*)|report\.(title|note)"
)


@pytest.mark.parametrize("path", RECIPES, ids=name_of)
def test_a_rehearsal_keeps_every_setting_but_size_model_data_and_writer(path, tmp_path):
    if yaml.safe_load(path.read_text())["model"] is None:
        pytest.skip("a method without a base")
    recipe, values, _ = derived(path, tmp_path)
    before, after = flat(yaml.safe_load(path.read_text())), flat(values)
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert not {key for key in changed if not MAY_CHANGE.fullmatch(key)}
    small = check_recipe(values, "rehearsal")
    assert small.run == f"{recipe.run}-rehearsal"
    assert (small.device, small.max_dollars, small.synthesize.provider.name) == ("auto", 0, "template")
    assert small.model.folder == tmp_path / "model"


def test_what_a_model_would_write_is_made_without_one_and_named(tmp_path):
    _, values, notes = derived(ROOT / "recipes/your/books.yaml", tmp_path)
    tasks = values["synthesize"]["tasks"]
    assert tasks["question_passage"] == {"share": 1.0, "questions": 2, "prompt": "prompts/questions.txt"}
    assert "question_answer" not in tasks
    assert any("claude" in note and "wrote nothing" in note for note in notes)
    assert any(note.startswith("question_answer:") for note in notes)
    _, values, notes = derived(ROOT / "recipes/genz/tinyllama.yaml", tmp_path)
    assert values["synthesize"]["tasks"]["rows"]["prompts"] == "columns"
    assert any(note.startswith("style_transfer:") for note in notes)
    assert values["evaluate"]["judge"] is None
    assert any(note.startswith("evaluate.judge: claude") for note in notes)


def test_other_authors_that_are_not_there_yet_are_done_without_and_named(tmp_path):
    path = tmp_path / "r.yaml"
    values = yaml.safe_load((ROOT / "recipes/demo.yaml").read_text())
    values["evaluate"] |= {"background": str(tmp_path / "others"), "primary_metric": "voice"}
    path.write_text(yaml.safe_dump(values))
    _, values, notes = derived(path, tmp_path)
    assert (values["evaluate"]["background"], values["evaluate"]["primary_metric"]) == (None, "bits_per_byte")
    assert [note for note in notes if note.startswith("evaluate.background:")]
    (tmp_path / "others").mkdir()
    _, values, notes = derived(path, tmp_path)
    assert values["evaluate"]["background"] == str(tmp_path / "others")
    assert not [note for note in notes if note.startswith("evaluate.background:")]


def test_a_generated_prompt_becomes_a_fixed_one(tmp_path):
    path = tmp_path / "r.yaml"
    values = yaml.safe_load((ROOT / "recipes/your/rows.yaml").read_text())
    provider = yaml.safe_load((ROOT / "recipes/your/books.yaml").read_text())["synthesize"]["provider"]
    values["extract"]["columns"] = {"text": "t"}
    values["synthesize"]["provider"] = provider
    rows = {"share": 1.0, "prompts": "generated", "prompt": "prompts/row_question.txt"}
    values["synthesize"]["tasks"] = {"rows": rows}
    path.write_text(yaml.safe_dump(values))
    _, values, notes = derived(path, tmp_path)
    made = values["synthesize"]["tasks"]["rows"]
    assert made["prompts"] == "fixed"
    assert Path(made["prompt"]).read_text().strip()
    assert any(note.startswith("rows:") for note in notes)


def test_nothing_is_sent_anywhere_and_that_is_said(tmp_path):
    path = tmp_path / "r.yaml"
    values = yaml.safe_load((ROOT / "recipes/demo.yaml").read_text())
    values["train"]["report_to"] = ["wandb"]
    path.write_text(yaml.safe_dump(values))
    recipe = load_recipe(path)
    notes = derive(recipe, values, Data("data/demo/books"), None, tmp_path)
    assert values["train"]["report_to"] == []
    assert notes == ["train.report_to: nothing was sent to wandb"]
    assert values["model"]["base"] == "./artifacts/cache/demo-base"  # its own


@pytest.mark.parametrize("rows", [1, 7, 8, 9, 64, 100, 997, 5000])
def test_training_is_a_few_steps_whatever_the_rows(rows):
    recipe = load_recipe(ROOT / "recipes/your/books.yaml")
    train = recipe.train.model_dump()
    shorten(train, steps_an_epoch(rows, recipe.train))
    settings = type(recipe.train).model_validate(train)
    steps = -(-steps_an_epoch(rows, recipe.train) * settings.epochs // 1)
    assert steps == min(STEPS, steps_an_epoch(rows, recipe.train) * recipe.train.epochs)
    assert settings.evaluate_every_steps <= steps or steps == 1
    assert (settings.batch_size, settings.accumulation_steps) == (2, 4)


# -- the model --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", RECIPES, ids=name_of)
def test_every_recipes_base_is_told_by_its_name(path):
    model = load_recipe(path).model
    if model is not None and "demo-base" not in model.base:
        assert family_of(model.base) in FAMILIES


@pytest.mark.parametrize(
    ("base", "kind", "template", "end"),
    [
        ("unsloth/Qwen3-14B-unsloth-bnb-4bit", "qwen3", "qwen3.jinja", "<|im_end|>"),
        ("Qwen/Qwen3-30B-A3B", "qwen3_moe", "qwen3.jinja", "<|im_end|>"),
        ("Qwen/Qwen3-4B-Instruct-2507", "qwen3", "qwen3_instruct_2507.jinja", "<|im_end|>"),
        ("openai/gpt-oss-120b", "gpt_oss", "gptoss.jinja", "<|return|>"),
        ("unsloth/tinyllama", "llama", None, "</s>"),
        ("meta-llama/Llama-2-7b-hf", "llama", None, "</s>"),
        ("unsloth/Llama-3.2-1B-Instruct", "llama", "llama3.jinja", "<|eot_id|>"),
        ("unsloth/Llama-3.2-1B", "llama", None, "<|end_of_text|>"),
        ("HuggingFaceTB/SmolLM2-135M-Instruct", "llama", "qwen2_5.jinja", "<|im_end|>"),
        ("distilbert/distilgpt2", "gpt2", None, "<|endoftext|>"),
    ],
)
def test_a_name_tells_architecture_template_and_end_of_text(base, kind, template, end):
    family = family_of(base)
    assert (family.model_type, family.template, family.end) == (kind, template, end)


def test_a_name_that_tells_nothing_is_an_error():
    with pytest.raises(UserError, match=r"my/model: its config\.json is neither .* known here \(gpt2"):
        family_of("my/model")


@pytest.mark.training
@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.pattern)
def test_a_stand_in_is_a_tiny_model_of_that_architecture(family, tmp_path):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from inkprint.rehearse.stand_ins import Base, make_model

    make_model(Base(None, False, family), ["Mind the rope, he said."] * 9, tmp_path / "m", 1)
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "m")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "m")
    assert model.config.model_type == family.model_type
    assert model.config.max_position_embeddings == family.positions
    assert model.num_parameters() < 2_000_000
    assert (tokenizer.eos_token, tokenizer.bos_token) == (family.end, family.begin)
    assert all(len(tokenizer.encode(token, add_special_tokens=False)) == 1 for token in family.special)
    begun = tokenizer("Mind the rope")["input_ids"][0] == tokenizer.bos_token_id
    assert begun == family.begins_text
    assert bool(tokenizer.chat_template) == bool(family.template)
    if family.model_type in ("gpt_oss", "qwen3_moe"):
        assert any("experts" in name for name, _ in model.named_parameters())


# As the makers have them on the Hub, but for what says nothing of the architecture.
MAKERS = {
    "gpt_oss": {
        "attention_bias": True, "eos_token_id": 2002, "head_dim": 64, "hidden_size": 2880,
        "intermediate_size": 2880, "layer_types": ["sliding_attention", "full_attention"] * 12,
        "max_position_embeddings": 131072, "num_attention_heads": 64, "num_experts_per_tok": 4,
        "num_hidden_layers": 24, "num_key_value_heads": 8, "num_local_experts": 32, "pad_token_id": 2000,
        "quantization_config": {"quant_method": "mxfp4"}, "rope_theta": 150000, "sliding_window": 128,
        "rope_scaling": {"beta_fast": 32.0, "beta_slow": 1.0, "factor": 32.0, "rope_type": "yarn",
                         "original_max_position_embeddings": 4096, "truncate": False},
        "swiglu_limit": 7.0, "tie_word_embeddings": False, "torch_dtype": "bfloat16", "vocab_size": 2011,
    },
    "gpt2": {"n_ctx": 1024, "n_embd": 1024, "n_head": 16, "n_layer": 24, "n_positions": 1024,
             "resid_pdrop": 0.1, "bos_token_id": 5, "eos_token_id": 5, "vocab_size": 5027},
    "llama": {"hidden_size": 4096, "intermediate_size": 11008, "max_position_embeddings": 4096,
              "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 32,
              "rope_scaling": None, "torch_dtype": "float16", "vocab_size": 3200},
}  # fmt: skip


@pytest.mark.training
@pytest.mark.parametrize("kind", MAKERS)
def test_a_makers_configuration_keeps_all_but_its_sizes(kind, tmp_path):
    from inkprint.rehearse.stand_ins import SIZES, save_weights

    save_weights({"model_type": kind} | MAKERS[kind], tmp_path, 1)
    made = json.loads((tmp_path / "config.json").read_text())
    gone = {"quantization_config", "torch_dtype", "layer_types", "rope_theta", "rope_scaling", "n_ctx"}
    for key in MAKERS[kind].keys() - gone - SIZES.keys():
        assert made[key] == MAKERS[kind][key], key
    assert (tmp_path / "model.safetensors").stat().st_size < 3_000_000
    if kind == "gpt_oss":
        assert made["layer_types"] == ["sliding_attention", "full_attention"]
        assert made["rope_parameters"]["factor"] == 32.0
        assert (made["num_local_experts"], made["num_experts_per_tok"]) == (4, 2)
    if kind == "llama":  # every head has keys and values of its own
        assert made["num_key_value_heads"] == made["num_attention_heads"] == 4
    assert made["dtype"] == MAKERS[kind].get("torch_dtype", "float32")


# -- the data ---------------------------------------------------------------------------------


def rows_recipe(folder, columns, data=None, labels=None):
    """your/rows.yaml with these columns, over a folder of the test's own."""
    values = yaml.safe_load((ROOT / "recipes/your/rows.yaml").read_text())
    values["extract"] |= {"columns": columns, "labels": labels, "data": str(data or folder / "none")}
    if "text" in columns:
        prompt = {"share": 1.0, "prompts": "fixed", "prompt": "prompts/completion.txt"}
        values["synthesize"]["tasks"] = {"rows": prompt}
    return check_recipe(values, "r.yaml")


def read_lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_of_a_large_table_some_rows_are_drawn_in_their_order(tmp_path):
    many = [{"n": n, "t": f"Row {n}.", "l": "ab"[n >= 1000]} for n in range(2000)]  # sorted by label
    (tmp_path / "big.jsonl").write_text(lines_of(many))
    recipe = rows_recipe(tmp_path, {"text": "t", "label": "l"}, tmp_path / "big.jsonl")
    data = find_data(recipe, tmp_path / "data")
    rows = read_lines(tmp_path / "data" / "big.jsonl.jsonl")
    assert (data.there, data.taken, data.own, data.whole) == (2000, ROWS, True, False)
    assert [row["n"] for row in rows] == sorted(row["n"] for row in rows)
    labels = Counter(row["l"] for row in rows)
    assert min(labels["a"], labels["b"]) > ROWS / 3
    assert rows == [many[row["n"]] for row in rows]
    again = find_data(recipe, tmp_path / "again")
    assert read_lines(again.where / "big.jsonl.jsonl") == rows


def test_a_small_table_and_books_are_taken_as_they_are(tmp_path):
    (tmp_path / "small.jsonl").write_text(lines_of([{"t": "A row."}] * 5))
    data = find_data(rows_recipe(tmp_path, {"text": "t"}, tmp_path / "small.jsonl"), tmp_path / "data")
    assert (data.where, data.taken, data.whole) == (str(tmp_path / "small.jsonl"), 5, True)
    data = find_data(load_recipe(ROOT / "recipes/demo.yaml"), tmp_path / "data")
    assert (data.where, data.own, data.notes) == ("data/demo/books", True, [])


def test_of_many_books_some_are_read_and_that_is_said(tmp_path):
    (tmp_path / "books").mkdir()
    for number in range(9):
        (tmp_path / "books" / f"{number}.txt").write_text("A book.")
    values = yaml.safe_load((ROOT / "recipes/your/books.yaml").read_text())
    values["extract"]["data"] = str(tmp_path / "books")
    data = find_data(check_recipe(values, "r.yaml"), tmp_path / "data")
    assert data.notes == ["data: 6 of 9 documents were read"]
    assert sorted(path.name for path in data.where.iterdir()) == [f"{number}.txt" for number in range(6)]


@pytest.mark.whole_runs
@pytest.mark.parametrize(
    ("columns", "labels"),
    [
        ({"text": "review", "label": "sentiment"}, ["good", "bad", "neither"]),
        ({"prompt": "q", "answer": "answers.text.0", "input": "about", "system": "who"}, None),
        ({"text": "<content>", "label": "<folder>"}, ["pos", "neg"]),
        ({"text": "t", "split": "part", "group": "writer"}, None),
        ({"text": "t", "label": "<file>"}, None),
    ],
)
def test_rows_are_made_up_for_any_columns(columns, labels, workshop):
    recipe = rows_recipe(workshop.folder, columns, labels=labels)
    data = find_data(recipe, workshop.folder / "data")
    assert not data.own
    assert "no tables in" in data.notes[0]
    values = recipe.model_dump() | {"run": "made-up"}
    values["extract"]["data"] = str(workshop.folder / "data")
    workshop.recipe.write_text(yaml.safe_dump(values))
    for stage in ("extract", "prepare"):
        workshop.stage(stage)
    kept = read_lines(workshop.output("02_prepare/rows.jsonl"))
    assert len(kept) > 0.8 * data.taken
    assert {row["split"] for row in kept} == {"train", "validation", "test"}
    if labels:
        assert {row["fields"]["label"] for row in kept} == set(labels)
    assert all(set(row["fields"]) == set(columns) - {"split"} for row in kept)


# -- the Hub ----------------------------------------------------------------------------------

COMMIT = "c" * 40


@pytest.fixture(scope="session")
def published(tmp_path_factory):
    """What the Hub has of a model: a real base's configuration, a tokenizer, and weights nobody asks for."""
    from inkprint.rehearse.stand_ins import make_tokenizer

    folder = tmp_path_factory.mktemp("published")
    make_tokenizer(family_of("unsloth/Qwen3-8B"), ["Mind the rope, he said."] * 9).save_pretrained(folder)
    config = {
        "model_type": "qwen3", "architectures": ["Qwen3ForCausalLM"], "hidden_size": 4096,
        "intermediate_size": 12288, "num_hidden_layers": 36, "num_attention_heads": 32,
        "num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 40960, "vocab_size": 700,
        "torch_dtype": "bfloat16", "quantization_config": {"quant_method": "bitsandbytes"},
        "rope_theta": 1000000, "tie_word_embeddings": False,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


@pytest.fixture
def hub(published, tmp_path):
    """A server that speaks as the Hub does, as far as small files need it; it notes what it is asked for."""
    asked = []

    class Hub(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.answer(head=True)

        def do_GET(self):
            self.answer(head=False)

        def answer(self, head):
            asked.append(self.path)
            status, code, body = 200, "", b"{}"
            if "gated" in self.path:
                status, code = 403, "GatedRepo"
            elif "nobody" in self.path:
                status, code = 404, "RepoNotFound"
            elif self.path.startswith("/api/models/"):
                names = [{"rfilename": path.name} for path in sorted(published.iterdir())]
                files = {"siblings": names, "tags": [], "private": False, "disabled": False, "gated": False}
                body = json.dumps(
                    {"id": "some/my-8b", "modelId": "some/my-8b", "sha": COMMIT} | files
                ).encode()
                if "/tree/" in self.path:
                    tree = [
                        {"type": "file", "path": path.name, "size": path.stat().st_size, "oid": path.name}
                        for path in sorted(published.iterdir())
                    ]
                    body = json.dumps(tree).encode()
            elif "/resolve/" in self.path:
                path = published / self.path.rpartition("/")[2].partition("?")[0]
                status, code = (200, "") if path.is_file() else (404, "EntryNotFound")
                body = path.read_bytes() if path.is_file() else b""
            self.send_response(status)
            self.send_header("X-Error-Code", code)
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("ETag", f'"{hash(body) % 10**12}"')
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if not head:
                self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield {"HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}", "HF_HOME": str(tmp_path / "hf")}, asked
    server.shutdown()
    server.server_close()


def hub_recipe(workshop, base, revision="main"):
    """A recipe for a base on the Hub over the workshop's book."""
    workshop.change(model__base=base, model__revision=revision)
    return workshop


def rehearse(shop, *arguments, **environment):
    return subprocess.run(
        [sys.executable, ROOT / "scripts" / "rehearse.py", shop.recipe, *arguments],
        capture_output=True,
        text=True,
        env=shop.environment(**environment),
    )


ASK_FOR_COMMIT = """
import sys
from pathlib import Path
from inkprint.errors import UserError
from inkprint.generate.trained import check_commit
from inkprint.models import base_commit
from inkprint.recipe_values import Model

base = Model(base=sys.argv[1], revision="main", chat_template=None, thinking=False, reasoning_effort=None)
print(base_commit(base))
try:
    check_commit(base, Path(sys.argv[2]))
except UserError as error:
    print(error)
"""


@pytest.mark.training
@pytest.mark.parametrize(
    ("learned", "says"), [(COMMIT, ""), ("d" * 40, "write revision: " + "d" * 40), (None, "")]
)
def test_a_base_that_moved_on_the_hub_since_training_is_one_line(hub, tmp_path, learned, says):
    (tmp_path / "04_train").mkdir()
    (tmp_path / "04_train" / "manifest.json").write_text(json.dumps({"base_commit": learned}))
    environment = os.environ | hub[0] | {"PYTHONPATH": str(ROOT / "scripts")}
    done = subprocess.run(
        [sys.executable, "-c", ASK_FOR_COMMIT, "some/my-8b", tmp_path],
        capture_output=True, text=True, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    commit, *refused = done.stdout.splitlines()
    assert commit == COMMIT
    assert [says in line for line in refused] == [True] * bool(says)


@pytest.mark.training
def test_configuration_and_tokenizer_are_the_hubs_and_the_weights_are_not(workshop, hub, published):
    environment, asked = hub
    hub_recipe(workshop, "some/my-8b")
    done = rehearse(workshop, **environment)
    assert done.returncode == 0, done.stderr
    folder = workshop.artifacts / "little-rehearsal"
    assert done.stdout.strip() == str(folder / "recipe.yaml")
    state = json.loads((folder / "rehearsal.json").read_text())
    assert state["real_tokens"]
    assert state["unproven"] == []
    shop = type(workshop)(workshop.folder, folder / "recipe.yaml")
    for stage in STAGES[:3]:
        shop.stage(stage)
    ready = rehearse(workshop, "--shorten", HF_HOME=environment["HF_HOME"], HF_HUB_OFFLINE="1")
    assert ready.returncode == 0, ready.stderr
    config = json.loads((folder / "model" / "config.json").read_text())
    assert (config["model_type"], config["vocab_size"], config["max_position_embeddings"]) == (
        "qwen3",
        700,
        40960,
    )
    assert (config["hidden_size"], config["num_hidden_layers"]) == (64, 2)
    assert "quantization_config" not in config
    for name in ("tokenizer.json", "chat_template.jinja"):
        assert (folder / "model" / name).read_bytes() == (published / name).read_bytes()
    assert any("/resolve/" in path for path in asked)
    assert not any("safetensors" in path for path in asked)


@pytest.mark.whole_runs
@pytest.mark.parametrize(
    ("base", "says"),
    [
        ("gated/model-8b", "accept it on its page there, and put your token into .env as HF_TOKEN"),
        ("nobody/model-8b", "no such model on the Hub"),
    ],
)
def test_a_base_that_the_hub_does_not_give_is_one_line(workshop, hub, base, says):
    done = rehearse(hub_recipe(workshop, base), **hub[0])
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(workshop.artifacts.glob("*/recipe.yaml"))


@pytest.mark.whole_runs
def test_a_base_for_the_export_that_the_hub_does_not_give_is_one_line(workshop, hub):
    """What is loaded at a run's very end is asked for before its beginning."""
    workshop.change(export={"base": "gated/model-8b", "revision": "main"})
    done = rehearse(hub_recipe(workshop, "some/my-8b"), **hub[0])
    assert done.returncode == 2
    assert done.stderr.startswith("rehearse.py: export.base gated/model-8b: ")
    assert "accept it on its page there" in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.whole_runs
def test_a_hub_that_does_not_answer_leaves_the_name(workshop, tmp_path):
    nobody = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HOME": str(tmp_path / "hf")}
    done = rehearse(hub_recipe(workshop, "unsloth/Qwen3-8B"), **nobody)
    assert done.returncode == 0, done.stderr
    state = json.loads((workshop.artifacts / "little-rehearsal" / "rehearsal.json").read_text())
    assert state["unproven"][0].startswith("tokenizer, lengths and template are stand-ins: unsloth/Qwen3-8B")
    assert "access: the Hub was not asked whether it gives unsloth/Qwen3-8B" in state["unproven"]
    done = rehearse(hub_recipe(workshop, "my/own-model"), **nobody)
    assert done.returncode == 2
    assert "its name tells no architecture" in done.stderr


@pytest.mark.whole_runs
def test_a_folder_that_is_no_rehearsal_is_left_alone(workshop):
    workshop.change(model__base="./artifacts/cache/demo-base")
    other = workshop.artifacts / "little-rehearsal" / "recipe.yaml"
    other.parent.mkdir(parents=True)
    other.write_text("run: little-rehearsal")
    done = rehearse(workshop)
    assert done.returncode == 2
    assert "not of a rehearsal" in done.stderr
    assert other.read_text() == "run: little-rehearsal"


# -- what it ends in --------------------------------------------------------------------------


def state_of(**more):
    return State(**({"recipe": "r.yaml", "unproven": [], "own_data": True, "there": 1, "taken": 1,
                     "real_tokens": True, "began": 0.0} | more))  # fmt: skip


@pytest.mark.training
def test_pass_is_for_what_ran_whole_and_lacked_nothing(finished):
    recipe = load_recipe(finished.recipe)
    said = verdict(recipe, state_of(), finished.run_folder)
    assert said[0].startswith("rehearsal   PASS: r.yaml, ")
    assert not any("not proven" in line for line in said)
    said = verdict(recipe, state_of(unproven=["data: stand-ins"]), finished.run_folder)
    assert said[0].startswith("rehearsal   PARTIAL: r.yaml, ")
    assert "   not proven  data: stand-ins" in said


def test_a_stage_that_did_not_run_is_not_proven(written):
    said = verdict(load_recipe(written.recipe), state_of(), written.run_folder)
    assert said[0].startswith("rehearsal   PARTIAL")
    assert "   not proven  stages: train, generate, evaluate, report did not run" in said


def test_the_real_runs_steps_are_reckoned_from_what_was_rehearsed(written):
    recipe = load_recipe(written.recipe)
    examples = read_lines(written.output("03_synthesize/examples.jsonl"))
    train = sum(example["split"] == "train" for example in examples)
    read = train + sum(example["split"] == "validation" for example in examples)
    proof = {"rows": {"train": train}, "rejected": {"too long": 3}, "truncated": 0, "supervised_tokens": 900,
             "prompt_tokens": 100}  # fmt: skip
    folder = written.folder / "reckoned"
    (folder / "04_train").mkdir(parents=True)
    (folder / "04_train" / "mask_proof.json").write_text(json.dumps(proof))
    (folder / "03_synthesize").symlink_to(written.run_folder / "03_synthesize")
    said = facts(recipe, state_of(), folder)
    assert said[0] == "1 document"
    assert said[1].startswith(f"examples: {train:,} train, ")
    assert said[2] == f"rows of {read:,}: 3 too long, 0 cut"
    epoch = -(-train // (recipe.train.batch_size * recipe.train.accumulation_steps))
    assert said[3] == f"steps: {epoch * int(recipe.train.epochs):,}, {recipe.train.epochs:g} x {epoch:,}"
    small = recipe.model_copy(update={"model": recipe.model.model_copy(update={"base": "some/model-135m"})})
    assert "hours: 0.0 or more of training on " in facts(small, state_of(), folder)[4]
    tenfold = facts(recipe, state_of(there=10), folder)
    assert tenfold[1].startswith(f"examples: about {10 * train:,} train, ")
    assert facts(recipe, state_of(own_data=False), folder) == []


@pytest.mark.whole_runs
def test_what_a_rehearsal_took_is_no_estimate_for_a_run(workshop, written):
    workshop.take(written, "extract")
    workshop.run_folder.rename(workshop.artifacts / "other")
    assert "; about " in workshop.stage("extract", "--plan").stdout
    (workshop.artifacts / "other" / "rehearsal.json").write_text("{}")
    assert "; not yet measured here" in workshop.stage("extract", "--plan").stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--plan"], "--rehearse goes with none of"),
        (["--estimate"], "--rehearse goes with none of"),
        (["--from", "train"], "--rehearse begins anew"),
    ],
)
def test_what_does_not_go_with_a_rehearsal_is_one_line(arguments, says):
    command = [ROOT / "run_all.sh", "--rehearse", "--runtime", "local", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


# -- whole rehearsals -------------------------------------------------------------------------


def run_all(recipe, artifacts, *arguments, **more):
    """./run_all.sh RECIPE --rehearse, where nothing outside this machine answers."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("INKPRINT_", "HF_"))}
    environment = kept | {
        "INKPRINT_ARTIFACTS": str(artifacts),
        "INKPRINT_VENV": os.environ.get("INKPRINT_VENV", str(ROOT / ".venv")),
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(artifacts / "hf"),
    }
    command = [ROOT / "run_all.sh", recipe, "--rehearse", "--runtime", "local", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment | more)


def rehearsed(recipe, tmp_path):
    """Rehearse a recipe of the repository and look at what every rehearsal must leave; its folder."""
    done = run_all(f"recipes/{recipe}", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    folder = tmp_path / f"{load_recipe(ROOT / 'recipes' / recipe).run}-rehearsal"
    assert [path.parent.name[3:] for path in sorted(folder.glob("0*/manifest.json"))] == list(STAGES)
    (said,) = [line for line in done.stdout.splitlines() if line.startswith("rehearsal ")]
    assert said.startswith(f"rehearsal   PARTIAL: recipes/{recipe}, ")
    assert "not proven  data: " in done.stdout
    return folder


def slow(*values):
    """Half a minute each: one adapter and one whole model are rehearsed every day, the others by --all."""
    return pytest.param(*values, marks=pytest.mark.slow)


def config_of(folder):
    return json.loads((folder / "model" / "config.json").read_text())


@pytest.mark.training
@pytest.mark.parametrize(
    ("recipe", "kind", "made"),
    [
        ("your/books.yaml", "qwen3", "adapter/adapter_model.safetensors"),
        slow("peterson/gptoss-20b-completion.yaml", "gpt_oss", "adapter/adapter_model.safetensors"),
        slow("wednesday/llama2-7b.yaml", "llama", "adapter/adapter_model.safetensors"),
        slow("alpaca/gpt2.yaml", "gpt2", "model/model.safetensors"),
        ("imdb/gpt2.yaml", "gpt2", "model/model.safetensors"),
    ],
)
def test_a_recipe_of_each_architecture_is_rehearsed(recipe, kind, made, tmp_path):
    folder = rehearsed(recipe, tmp_path)
    assert config_of(folder)["model_type"] == kind
    assert (folder / "04_train" / made).is_file()
    manifest = json.loads((folder / "04_train" / "manifest.json").read_text())
    assert manifest["planned_steps"] == STEPS
    proof = json.loads((folder / "04_train" / "mask_proof.json").read_text())
    assert proof["rows"]["train"] >= 20


REHEARSED_ABOVE = {
    "your/books.yaml",
    "peterson/gptoss-20b-completion.yaml",
    "wednesday/llama2-7b.yaml",
    "alpaca/gpt2.yaml",
    "imdb/gpt2.yaml",
}


@pytest.mark.slow
@pytest.mark.timeout(1500)  # two of them make the demo's base first
@pytest.mark.parametrize("path", [p for p in RECIPES if name_of(p) not in REHEARSED_ABOVE], ids=name_of)
def test_every_other_recipe_is_rehearsed(path, tmp_path):
    if name_of(path) != "demo.yaml":
        rehearsed(name_of(path), tmp_path)
        return
    done = run_all("recipes/demo.yaml", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\nrehearsal   PASS: recipes/demo.yaml, " in done.stdout
