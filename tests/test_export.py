"""Export: what leaves is what was trained, for transformers, llama.cpp and Ollama, or nothing leaves."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import yaml
from conftest import ROOT, Workshop
from test_chat import TEMPLATES, chat_for
from test_templates import TEMPLATES as OWN_TEMPLATES
from test_templates import chat_of

import export
from inkprint.errors import UserError
from inkprint.export.folder import Export, check_memory, check_room
from inkprint.export.templates import Pieces, go_template, render
from inkprint.records import Message

TALK = [
    Message(role="system", content="Be brief."),
    Message(role="user", content="Who?"),
    Message(role="assistant", content="Nobody."),
    Message(role="user", content="Why?"),
]
PIECES = Pieces(
    opening="", before_system="<sys>", after_system="</sys>", before_user="<u>", after_user="</u>",
    before_answer="<a>", after_answer="</a>", generation="<a>",
)  # fmt: skip


def run(recipe, *arguments, **environment):
    command = [sys.executable, str(ROOT / "scripts" / "export.py"), str(recipe), *arguments]
    shop = Workshop(recipe.parent, recipe)
    return subprocess.run(command, capture_output=True, text=True, env=shop.environment(**environment))


def good(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def refused(done):
    """The one line that a user's mistake costs."""
    assert done.returncode == 2, done.stdout + done.stderr
    (line,) = done.stderr.strip().splitlines()
    return line


def digests(folder):
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@pytest.fixture(scope="module")
def exported(tmp_path_factory, finished):
    """A copy of the finished workshop that has been exported. Not to be changed."""
    folder = tmp_path_factory.mktemp("exported")
    shop = Workshop(folder, folder / "recipe.yaml")
    shop.recipe.write_text(finished.recipe.read_text())
    shop.take(finished, "generate")
    good(run(shop.recipe))
    return shop


@pytest.fixture
def exporting(tmp_path, exported):
    """A workshop of the test's own with 01 to 05 and an export."""
    shop = Workshop(tmp_path, tmp_path / "recipe.yaml")
    shop.recipe.write_text(exported.recipe.read_text())
    shutil.copytree(exported.run_folder, shop.run_folder)
    return shop


@pytest.mark.training
def test_the_merged_model_weighs_a_text_as_adapter_and_base_do_together(exported):
    """By transformers and PEFT alone, in float32, on a passage that the export has not looked at."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from inkprint.export.proof import TEXTS

    folder, base = exported.run_folder / "export", exported.values()["model"]["base"]
    passages = [json.loads(line) for line in exported.output("02_prepare/passages.jsonl").open()]
    held_out = sorted((p["id"], p["text"]) for p in passages if p["split"] == "test")
    assert len(held_out) > TEXTS
    ids = torch.tensor([AutoTokenizer.from_pretrained(folder)(held_out[-1][1])["input_ids"]])
    merged = AutoModelForCausalLM.from_pretrained(folder)
    assert merged.dtype == torch.bfloat16
    untouched = AutoModelForCausalLM.from_pretrained(base)
    with torch.inference_mode():
        loss = {
            "merged": float(merged.float()(input_ids=ids, labels=ids).loss),
            "base": float(untouched(input_ids=ids, labels=ids).loss),
        }
        tuned = PeftModel.from_pretrained(untouched, exported.run_folder / "04_train" / "adapter")
        loss["tuned"] = float(tuned(input_ids=ids, labels=ids).loss)
    assert loss["merged"] == pytest.approx(loss["tuned"], abs=0.01)
    assert abs(loss["merged"] - loss["base"]) > 0.1, "the base itself would pass: this test can not fail"


@pytest.mark.training
def test_the_check_holds_merged_against_adapter_and_tells_the_shift_apart(exported):
    check = json.loads((exported.run_folder / "export" / "check.json").read_text())
    nats = check["nats_a_token"]
    assert check["merged_off_adapter"] == pytest.approx(nats["merged"] - nats["adapter"])
    assert abs(check["merged_off_adapter"]) < check["limit"] == 0.01
    assert check["merged_off_trained"] == pytest.approx(nats["merged"] - nats["trained"])
    assert nats["base"] < nats["merged"] - 0.1
    weighed = [json.loads(line) for line in exported.output("05_generate/likelihoods.jsonl").open()]
    tuned = sorted((one for one in weighed if one["variant"] == "tuned"), key=lambda one: one["source_id"])
    tokens = sum(one["tokens"] for one in tuned[:6])
    assert nats["trained"] == pytest.approx(sum(one["log_likelihood"] for one in tuned[:6]) / tokens)
    assert (check["texts"], check["tokens"]) == (6, tokens)


@pytest.mark.training
def test_three_prompts_are_answered_by_all(exported):
    check = json.loads((exported.run_folder / "export" / "check.json").read_text())
    answers = [json.loads(line) for line in exported.output("05_generate/answers.jsonl").open()]
    tuned = {one["example_id"]: one["answer"] for one in answers if one["variant"] == "tuned"}
    assert len({one["prompt"] for one in check["answers"]}) == 3
    for one in check["answers"]:
        assert one["trained"] == tuned[one["example_id"]]
        assert one["adapter"] and one["merged"] and one["base"]
    assert any(one["merged"] != one["base"] for one in check["answers"])


@pytest.mark.training
def test_who_calls_the_tokenizer_without_options_gets_trainings_prompt(exported):
    from transformers import AutoTokenizer, GenerationConfig

    folder = exported.run_folder / "export"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    asked = [{"role": "user", "content": "Tell me of the lantern."}]
    text = tokenizer.apply_chat_template(asked, add_generation_prompt=True, tokenize=False)
    assert text.endswith("<|im_start|>assistant\n<think>\n\n</think>\n\n"), "recipe: thinking is off"
    config = GenerationConfig.from_pretrained(folder)
    assert config.eos_token_id == [tokenizer.convert_tokens_to_ids("<|im_end|>")]
    assert config.do_sample is False


@pytest.mark.training
def test_the_manifest_names_what_came_in_and_went_out(exported):
    folder = exported.run_folder / "export"
    manifest = json.loads((folder / "manifest.json").read_text())
    files = digests(folder)
    del files["manifest.json"]
    assert manifest["outputs"] == files
    adapter = digests(exported.run_folder / "04_train" / "adapter")
    assert {f"04_train/adapter/{name}": digest for name, digest in adapter.items()}.items() <= (
        manifest["inputs"].items()
    )
    assert manifest["versions"]["peft"] and manifest["commit"] and manifest["export"] == "little"
    assert {path.suffix for path in folder.iterdir()} == {".json", ".jinja", ".safetensors"}, "no pickle"
    assert str(exported.folder) not in (folder / "config.json").read_text()


@pytest.mark.training
def test_a_second_call_finds_it_up_to_date_without_loading_a_library(exported):
    start = time.monotonic()
    assert "up to date" in good(run(exported.recipe))
    assert time.monotonic() - start < 10


@pytest.mark.training
def test_a_base_of_another_shape_is_refused_and_touches_nothing(exporting):
    """The base that the recipe names for the export has a layer less than the adapter."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    base = exporting.values()["model"]["base"]
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(base)
    model.model.layers = model.model.layers[:1]
    model.config.num_hidden_layers = 1
    model.config.layer_types = model.config.layer_types[:1]
    model.save_pretrained(exporting.folder / "other")
    AutoTokenizer.from_pretrained(base).save_pretrained(exporting.folder / "other")
    exporting.change(export={"base": str(exporting.folder / "other"), "revision": None})
    before = digests(exporting.run_folder / "04_train"), digests(exporting.run_folder / "export")
    assert "the adapter does not fit" in refused(run(exporting.recipe))
    assert before == (digests(exporting.run_folder / "04_train"), digests(exporting.run_folder / "export"))
    assert not (exporting.run_folder / "export.partial").exists()
    status = json.loads((exporting.run_folder / "logs" / "status.json").read_text())
    assert status["state"] == "failed" and "does not fit" in status["error"]


@pytest.mark.training
def test_another_base_of_the_same_shape_is_pointed_at(exporting):
    """The recipe names an export base that the adapter was not trained on: it merges, and means nothing."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    base = exporting.values()["model"]["base"]
    torch.manual_seed(0)
    other = AutoModelForCausalLM.from_config(AutoModelForCausalLM.from_pretrained(base).config)
    other.save_pretrained(exporting.folder / "other")
    AutoTokenizer.from_pretrained(base).save_pretrained(exporting.folder / "other")
    exporting.change(export={"base": str(exporting.folder / "other"), "revision": None})
    said = good(run(exporting.recipe))
    assert "look: " in said and "the model that was trained" in said


@pytest.mark.training
def test_a_base_in_four_bits_is_refused_with_the_key_to_set(base, tmp_path, monkeypatch):
    from inkprint.export.weights import check_sixteen_bits
    from inkprint.recipe import Model

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    quantized = tmp_path / "quantized"
    shutil.copytree(base, quantized)
    config = json.loads((quantized / "config.json").read_text())
    settings = Model(
        base=str(quantized), revision=None, chat_template=None, thinking=False, reasoning_effort=None
    )
    check_sixteen_bits(settings)
    config["quantization_config"] = {"quant_method": "bitsandbytes", "load_in_4bit": True}
    (quantized / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match=r"is quantized \(bitsandbytes\).*export: \{base:"):
        check_sixteen_bits(settings)


@pytest.mark.training
def test_an_adapter_that_was_changed_since_is_refused(exporting):
    path = exporting.run_folder / "04_train" / "adapter" / "adapter_model.safetensors"
    path.write_bytes(path.read_bytes() + b" ")
    assert "changed since it was trained" in refused(run(exporting.recipe))


@pytest.mark.training
def test_a_folder_of_somebody_elses_is_not_replaced(exporting):
    mine = exporting.folder / "mine"
    mine.mkdir()
    (mine / "diary.txt").write_text("dear diary")
    assert "no export of Inkprint's" in refused(run(exporting.recipe, "--out", str(mine)))
    assert (mine / "diary.txt").read_text() == "dear diary"


@pytest.mark.training
def test_without_llama_cpp_a_gguf_costs_one_line_and_nothing_is_done(exporting):
    before = digests(exporting.run_folder / "export")
    line = refused(run(exporting.recipe, "--gguf", "q4_K_M", LLAMA_CPP=""))
    assert "LLAMA_CPP=" in line and "git clone" in line
    assert digests(exporting.run_folder / "export") == before


def stand_in_for_llama_cpp(folder, quantizer="cp"):
    """Programs with llama.cpp's command lines: what they get is written into the file that they make."""
    (folder / "gguf-py" / "gguf" / "scripts").mkdir(parents=True)
    (folder / "build" / "bin").mkdir(parents=True)
    (folder / "gguf.py").write_text(
        "class GGUFWriter:\n"
        "    add_tokenizer_model = add_add_bos_token = add_add_space_prefix = None\n"
        "class LlamaHfVocab:\n    pass\n"
    )
    (folder / "conversion").mkdir()
    (folder / "conversion" / "base.py").write_text("class TextModel:\n    get_vocab_base_pre = None\n")
    (folder / "convert_hf_to_gguf.py").write_text(
        "import pathlib, sys\n"
        "def main():\n"
        "    model, _, out, _, kind = sys.argv[1:]\n"
        "    assert pathlib.Path(model, 'model.safetensors').is_file()\n"
        "    pathlib.Path(out).write_text(kind)\n"
    )
    (folder / "gguf-py" / "gguf" / "scripts" / "gguf_dump.py").write_text(
        'print(\'{"metadata": {"tokenizer.ggml.add_bos_token": {"value": false}}}\')\n'
    )
    program = folder / "build" / "bin" / "llama-quantize"
    program.write_text(f"#!/bin/sh\necho out of luck >&2\n{quantizer} $1 $2 && echo -$3 >> $2\n")
    program.chmod(0o755)
    return str(folder)


@pytest.mark.training
def test_a_gguf_lands_with_its_modelfile_and_the_weights_are_not_merged_again(exporting):
    persona = exporting.folder / "persona.txt"
    persona.write_text("You are {author}.")
    llama = stand_in_for_llama_cpp(exporting.folder / "llama")
    weights = exporting.run_folder / "export" / "model.safetensors"
    before = weights.stat().st_mtime_ns
    said = good(run(exporting.recipe, "--gguf", "q4_K_M", LLAMA_CPP=llama))
    assert "weights are up to date" in said and "ollama create little" in said
    folder = exporting.run_folder / "export" / "gguf"
    assert {path.name for path in folder.iterdir()} == {"little-q4_K_M.gguf", "Modelfile"}
    assert (folder / "little-q4_K_M.gguf").read_text() == "bf16-q4_K_M\n", "quantized from what 16 bits hold"
    assert weights.stat().st_mtime_ns == before
    modelfile = (folder / "Modelfile").read_text()
    assert modelfile.startswith("FROM ./little-q4_K_M.gguf\nTEMPLATE")
    for line in ('stop "<|im_end|>"', "temperature 0", "repeat_penalty 1", "num_ctx 512"):
        assert f"\nPARAMETER {line}\n" in modelfile
    assert "up to date" in good(run(exporting.recipe, "--gguf", "q4_K_M", LLAMA_CPP=llama))


@pytest.mark.training
def test_where_llama_cpp_fails_the_export_stays_as_it_was(exporting):
    before = digests(exporting.run_folder / "export")
    llama = stand_in_for_llama_cpp(exporting.folder / "llama", quantizer="false")
    assert "llama-quantize failed: out of luck" in refused(
        run(exporting.recipe, "--gguf", "q4_K_M", LLAMA_CPP=llama)
    )
    assert digests(exporting.run_folder / "export") == before
    assert not (exporting.run_folder / "export.partial").exists()


@pytest.mark.training
@pytest.mark.skipif(not os.environ.get("LLAMA_CPP"), reason="LLAMA_CPP names no llama.cpp")
@pytest.mark.parametrize("form", ["q4_K_M", "q8_0", "f16"])
def test_a_real_llama_cpp_makes_a_gguf_whose_tokens_are_trainings(form, exporting):
    """The vocabulary was made on the spot, so that the converter's list does not have it."""
    said = good(run(exporting.recipe, "--gguf", form, LLAMA_CPP=os.environ["LLAMA_CPP"]))
    assert "ollama create little" in said, "the Modelfile's chats have training's tokens by llama-tokenize"
    folder = exporting.run_folder / "export" / "gguf"
    assert (folder / f"little-{form}.gguf").read_bytes()[:4] == b"GGUF"


@pytest.mark.training
def test_merged_weights_that_are_off_do_not_leave():
    from inkprint.export.proof import HeldOut, Said, compare
    from inkprint.generate.likelihoods import Weighed

    held = HeldOut(
        texts=[Weighed("passage-1", [1, 2], 1, 1)], asked=[], prompts=[], answered={}, likelihoods={}
    )
    assert compare(held, {"adapter": Said(-2.0, []), "merged": Said(-2.009, [])})["merged_off_adapter"] < 0
    for off in (-2.011, -1.989, float("nan")):
        with pytest.raises(UserError, match="off adapter on the 16-bit base"):
            compare(held, {"adapter": Said(-2.0, []), "merged": Said(off, [])})


def chats(chat):
    """Of one turn, two and three, and each with a system message."""
    system, *turns = TALK
    three = [*turns, Message(role="assistant", content="So."), Message(role="user", content="Oh?")]
    alone = [turns[:1], turns, three]
    return [*alone, *([system, *one] for one in alone)] if chat.knows_system else alone


def all_chats():
    for name in TEMPLATES:
        yield pytest.param(lambda name=name: chat_for(name), id=name)
    yield pytest.param(lambda: chat_for("qwen3", thinking=True), id="qwen3-thinking")
    yield pytest.param(lambda: chat_for("gptoss", reasoning_effort="low"), id="gptoss-low")
    for path in OWN_TEMPLATES:
        for begin in (None, "<s>"):
            yield pytest.param(lambda path=path, begin=begin: chat_of(path, begin), id=f"{path.stem}-{begin}")


@pytest.mark.training
@pytest.mark.parametrize("make", list(all_chats()))
def test_ollamas_template_gives_the_tokens_of_training(make):
    from inkprint.export.templates import find_pieces

    chat = make()
    template = go_template(find_pieces(chat))
    for messages in chats(chat):
        assert chat.ids(render(template, messages)) == chat.generation_prompt(messages)


@pytest.mark.training
@pytest.mark.parametrize("make", list(all_chats()))
def test_the_saved_tokenizer_gives_the_prompts_of_training_by_itself(make, tmp_path):
    from transformers import AutoTokenizer

    from inkprint.export.templates import save_tokenizer
    from inkprint.recipe import Model

    chat = make()
    effort = chat._options.get("reasoning_effort")
    thinking = chat._options["enable_thinking"]
    save_tokenizer(
        chat,
        Model(base="./x", revision=None, chat_template=None, thinking=thinking, reasoning_effort=effort),
        tmp_path,
    )
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    for messages in chats(chat):
        plain = [message.model_dump() for message in messages]
        made = tokenizer.apply_chat_template(plain, add_generation_prompt=True)["input_ids"]
        assert made == chat.generation_prompt(messages)


def test_the_template_is_go_as_a_person_would_write_it():
    assert go_template(PIECES) == (
        "{{ if .System }}<sys>{{ .System }}</sys>{{ end }}{{ range .Messages }}"
        '{{ if eq .Role "user" }}<u>{{ .Content }}</u>'
        '{{ else if eq .Role "assistant" }}<a>{{ .Content }}</a>{{ end }}{{ end }}<a>'
    )
    said = render(go_template(PIECES), TALK)
    assert said == "<sys>Be brief.</sys><u>Who?</u><a>Nobody.</a><u>Why?</u><a>"
    opened = replace(PIECES, opening="<o>")
    assert render(go_template(opened), TALK[1:2]) == "<o><u>Who?</u><a>"
    assert render(go_template(opened), TALK[:2]) == "<sys>Be brief.</sys><u>Who?</u><a>"
    assert "System" not in go_template(replace(opened, before_system=None))
    with pytest.raises(ValueError, match="not known"):
        render("{{ .Tools }}", TALK)


@pytest.mark.training
def test_a_template_that_changes_with_the_turn_has_no_modelfile():
    from inkprint.export.templates import find_pieces

    chat = chat_for("qwen3")
    chat.tokenizer.chat_template = (
        "{%- for m in messages -%}<|im_start|>{{ loop.index }}{{ m.role }}\n{{ m.content }}<|im_end|>"
        "{%- endfor -%}"
        "{%- if add_generation_prompt -%}<|im_start|>assistant\n{%- endif -%}"
    )
    with pytest.raises(UserError, match="later turns in another way"):
        find_pieces(chat)


@pytest.mark.training
def test_a_modelfile_with_other_tokens_is_refused():
    from inkprint.export.modelfile import as_a_server, check_modelfile
    from inkprint.export.templates import find_pieces

    chat = chat_for("qwen3")
    template = go_template(find_pieces(chat))
    check_modelfile(f'FROM x\nTEMPLATE """{template}"""\n', chat, as_a_server(chat))
    without_thoughts = template.replace("<think>\n\n</think>\n\n", "")
    assert without_thoughts != template
    with pytest.raises(UserError, match="no Modelfile: a chat of user has other tokens"):
        check_modelfile(f'FROM x\nTEMPLATE """{without_thoughts}"""\n', chat, as_a_server(chat))


def begins_by_itself(chat):
    """From now on the tokenizer puts its begin-of-text token before a text, and so does a server."""
    from tokenizers.processors import TemplateProcessing

    begin = (chat.tokenizer.bos_token, chat.tokenizer.bos_token_id)
    chat.tokenizer._tokenizer.post_processor = TemplateProcessing(
        single=f"{begin[0]} $A", pair=f"{begin[0]} $A $B", special_tokens=[begin]
    )


@pytest.mark.training
def test_a_beginning_of_text_that_opens_every_user_turn_is_written_by_the_server_at_first():
    from inkprint.export.modelfile import as_a_server, check_modelfile, make_modelfile
    from inkprint.recipe_file import check_recipe

    recipe = check_recipe(yaml.safe_load((ROOT / "recipes" / "demo.yaml").read_text()), "demo")
    (path,) = (path for path in OWN_TEMPLATES if path.stem == "tinystories")
    chat = chat_of(path, "<|start_story|>")
    begins_by_itself(chat)
    made = make_modelfile(recipe, chat, "x.gguf", None, 512)
    check_modelfile(made, chat, as_a_server(chat))
    assert 'TEMPLATE """{{ if .System }}{{ .System }}\n\n<|start_story|>{{ end }}{{ range' in made


@pytest.mark.training
def test_a_beginning_of_text_that_the_server_adds_is_not_written_twice():
    from inkprint.export.modelfile import as_a_server, check_modelfile, make_modelfile
    from inkprint.recipe_file import check_recipe

    values = yaml.safe_load((ROOT / "recipes" / "demo.yaml").read_text())
    recipe = check_recipe(values, "demo")
    chat = chat_for("llama3")
    assert "<|begin_of_text|>" in make_modelfile(recipe, chat, "x.gguf", "You are she.", 8192)
    begins_by_itself(chat)
    made = make_modelfile(recipe, chat, "x.gguf", "You are she.", 8192)
    check_modelfile(made, chat, as_a_server(chat))
    assert "<|begin_of_text|>" not in made
    assert 'SYSTEM """You are she."""\n' in made and "PARAMETER num_ctx 4096" in made


@pytest.mark.parametrize("name", ["imdb/logreg", "imdb/gpt2"])
def test_a_gguf_of_a_classifier_is_refused_before_anything_else(name):
    from inkprint.recipe_file import load_recipe

    recipe = load_recipe(ROOT / "recipes" / f"{name}.yaml")
    export.check_form(recipe, None)
    with pytest.raises(UserError, match=r"--gguf: .* this is a classifier"):
        export.check_form(recipe, "q8_0")


def test_a_disk_or_a_memory_that_is_too_small_is_said_in_one_line(tmp_path):
    check_room(tmp_path / "not" / "there", 1.0, "the weights")
    with pytest.raises(UserError, match=r"GB free, and the weights take 1000000000\.0 GB"):
        check_room(tmp_path / "not" / "there", 1e18, "the weights")
    check_memory(1.0)
    with pytest.raises(UserError, match="of memory, and"):
        check_memory(1e18)


def test_an_export_lands_whole_or_not_at_all(tmp_path):
    one = Export(tmp_path / "export", {"run": "x", "format": 1})
    with one.writing(None) as folder:
        (folder / "a.txt").write_text("first")
        one.land()
    other = Export(tmp_path / "export", {"run": "x", "format": 2})
    assert one.state() and other.state() is None
    (tmp_path / "export" / "a.txt").write_text("damaged")
    assert one.state() is None
    (tmp_path / "export" / "a.txt").write_text("first")
    with pytest.raises(RuntimeError), other.writing(None) as folder:
        (folder / "a.txt").write_text("second")
        raise RuntimeError
    assert (tmp_path / "export" / "a.txt").read_text() == "first"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["export"]
    with other.writing(None) as folder:
        (folder / "a.txt").write_text("second")
        other.land()
    assert (tmp_path / "export" / "a.txt").read_text() == "second"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["export"]


@pytest.mark.training
def test_of_a_table_the_answers_of_six_rows_are_weighed_as_05_weighs_them(tmp_path):
    from test_recipe import table_values

    from inkprint.export.proof import Said, compare, held_out
    from inkprint.generate.likelihoods import of_examples
    from inkprint.jsonl import write_records
    from inkprint.recipe_file import check_recipe
    from inkprint.records import Example, Likelihood

    recipe = check_recipe(table_values(columns={"prompt": "q", "answer": "a"}), "r.yaml")
    chat = chat_for("qwen3")
    examples = [
        Example(
            id=f"example-{row}-{turn}",
            source_id=f"row-{row}",
            task="rows",
            split="train" if row == 0 else "test",
            prompt=[Message(role="user", content=f"Who is {row % 4}?")],
            completion=[Message(role="assistant", content=f"Nobody, {turn} times.")],
            provider="template",
        )
        for row in range(9)
        for turn in range(2)
    ]
    (tmp_path / "03_synthesize").mkdir()
    write_records(tmp_path / "03_synthesize" / "examples.jsonl", examples)
    held = held_out(recipe, tmp_path, chat, 4096)
    assert held.texts == of_examples(examples[2:14], chat), "rows 1 to 6, two answers each"
    assert len({one.prompt[-1].content for one in held.asked}) == len(held.asked) == 3
    said = {"adapter": Said(-2.0, ["a"] * 3), "merged": Said(-2.0, ["b"] * 3)}
    assert compare(held, said)["nats_a_token"]["trained"] is None

    def of_05(tokens):
        return [
            Likelihood(
                id=f"likelihood-{row}", source_id=f"row-{row}", variant="tuned", log_likelihood=-30.0 * row,
                tokens=tokens, bytes=9,
            )
            for row in range(1, 9)
        ]  # fmt: skip

    (tmp_path / "05_generate").mkdir()
    path = tmp_path / "05_generate" / "likelihoods.jsonl"
    write_records(path, of_05(held.tokens // 6))
    again = compare(held_out(recipe, tmp_path, chat, 4096), said)
    assert again["nats_a_token"]["trained"] == pytest.approx(-30 * 21 / held.tokens)
    write_records(path, of_05(held.tokens // 6 + 1))
    assert compare(held_out(recipe, tmp_path, chat, 4096), said)["merged_off_trained"] is None
