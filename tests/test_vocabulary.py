"""What llama.cpp is told of a tokenizer, so that a GGUF cuts text as training did."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from test_chat import chat_for
from test_export import begins_by_itself

from inkprint.chat import Chat
from inkprint.export.vocabulary import vocabulary_of
from inkprint.models import write_tokenizer
from inkprint.recipe import Model

pytestmark = pytest.mark.training
TEXTS = [
    "The keeper hung the lantern by the door.\n\nNobody asked why; it was never lit.",
    "Two  blanks, a tab\tand a letter that nobody taught it: \u00e9.",
    "lantern, lanterns and the lantern's keeper",
]


def llama_chat(legacy: bool, template: str = "instruction_user_response") -> Chat:
    """Chats of a tokenizer of Llama's first kind, learned from our own texts: SentencePiece's with bytes."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaTokenizer

    core = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    core.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=True)
    core.decoder = decoders.Metaspace()
    special = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    core.train_from_iterator(TEXTS * 3, trainers.BpeTrainer(vocab_size=400, special_tokens=special))
    model = json.loads(core.to_str())["model"]
    tokenizer = LlamaTokenizer(
        vocab=model["vocab"], merges=[tuple(merge) for merge in model["merges"]], legacy=legacy
    )
    settings = Model(
        base="./x", revision=None, chat_template=f"prompts/templates/{template}.jinja", thinking=False,
        reasoning_effort=None,
    )  # fmt: skip
    chat = Chat(tokenizer, settings)
    begins_by_itself(chat)
    return chat


def test_where_a_blank_is_written_by_itself_is_read_from_the_tokenizer():
    assert vocabulary_of(llama_chat(legacy=True)).blank == "every"
    assert vocabulary_of(llama_chat(legacy=False)).blank == "first"
    assert not vocabulary_of(llama_chat(legacy=False)).server_blank
    qwen = vocabulary_of(chat_for("qwen3"))
    assert (qwen.blank, qwen.pre_tokenizer, qwen.adds_bos) == (None, "gpt-2", False)
    assert vocabulary_of(llama_chat(legacy=True)).pre_tokenizer is None


@pytest.mark.parametrize("legacy", [True, False])
def test_a_saved_tokenizer_comes_back_with_its_blanks(legacy, tmp_path):
    """transformers 5 forgets one setting when it saves."""
    from transformers import AutoTokenizer

    chat = llama_chat(legacy)
    write_tokenizer(chat.tokenizer, tmp_path)
    text = "<s>The keeper</s>hung the lantern"
    ids = chat.ids(text)
    assert AutoTokenizer.from_pretrained(tmp_path)(text, add_special_tokens=False)["input_ids"] == ids
    assert ids != llama_chat(not legacy).ids(text), "or nothing was there to forget"


@pytest.mark.parametrize("legacy", [True, False])
def test_the_modelfile_of_such_a_tokenizer_gives_trainings_tokens(legacy):
    import yaml

    from inkprint.export.modelfile import as_a_server, check_modelfile, make_modelfile
    from inkprint.recipe_file import check_recipe

    recipe = check_recipe(yaml.safe_load((ROOT / "recipes" / "demo.yaml").read_text()), "demo")
    chat = llama_chat(legacy)
    made = make_modelfile(recipe, chat, "x.gguf", None, 512)
    check_modelfile(made, chat, as_a_server(chat))
    assert 'TEMPLATE """{{ if .System }}### Instruction' in made, "the server writes the beginning of text"


@pytest.mark.skipif(not os.environ.get("LLAMA_CPP"), reason="LLAMA_CPP names no llama.cpp")
@pytest.mark.parametrize("legacy", [True, False])
def test_a_real_llama_cpp_cuts_text_as_training_did(legacy, tmp_path):
    """By its own tokenizer, from a GGUF: pieces joined in their order, blanks where training has them."""
    from transformers import LlamaConfig, LlamaForCausalLM

    from inkprint.export import gguf
    from inkprint.export.templates import save_tokenizer

    chat = llama_chat(legacy)
    config = LlamaConfig(
        vocab_size=len(chat.tokenizer), hidden_size=64, intermediate_size=64, num_hidden_layers=1,
        num_attention_heads=2,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(tmp_path)
    settings = Model(base="./x", revision=None, chat_template=None, thinking=False, reasoning_effort=None)
    save_tokenizer(chat, settings, tmp_path)
    llama, made = gguf.find_llama_cpp("f16"), tmp_path / "x.gguf"
    gguf.convert(llama, tmp_path, vocabulary_of(chat), made)
    # Where text begins with a blank, the tokenizer of the first kind writes no other, and llama.cpp does.
    for text in TEXTS if legacy else [*TEXTS, "  " + TEXTS[0]]:
        assert gguf.tokens(llama, made, text) == chat.ids("<s>" + text)


def test_pieces_are_scored_by_the_order_of_their_merges(tmp_path):
    """In a process of its own, as the converter runs: this folder's module gguf is not llama.cpp's."""
    merges = {"model": {"merges": [["a", "b"], "c d", ["ab", "cd"]]}}
    (tmp_path / "tokenizer.json").write_text(json.dumps(merges))
    converter = ROOT / "scripts" / "inkprint" / "export" / "converter.py"
    code = f"""
import runpy, pathlib
score_by_merges = runpy.run_path({str(converter)!r})["score_by_merges"]
class Vocabulary:
    def __init__(self, folder):
        self.tokenizer = type("T", (), {{"get_vocab": lambda _: {{"a": 0, "ab": 1, "cd": 2, "abcd": 3}}}})()
score_by_merges(Vocabulary)
made = Vocabulary(pathlib.Path({str(tmp_path)!r}))
print([made.get_token_score(number) for number in range(4)])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path("/"))
    assert done.stdout.strip() == "[-1000000000.0, 0.0, -1.0, -2.0]", done.stderr
