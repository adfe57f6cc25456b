"""A model that writes chats, written out: merged weights, tokenizer, and a GGUF with its Modelfile."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from inkprint.chat import Chat
from inkprint.errors import UserError
from inkprint.export import gguf, modelfile, proof, templates, weights
from inkprint.export.vocabulary import vocabulary_of
from inkprint.generate.trained import ADAPTER, full_model
from inkprint.models import positions
from inkprint.recipe import Recipe
from inkprint.recipe_generate import Sample
from inkprint.recipe_values import Model
from inkprint.synthesize.prompts import persona_of


def write_chat_model(recipe: Recipe, base: Model, run_folder: Path, folder: Path) -> dict[str, Any]:
    """Weights, configuration and tokenizer into the folder, and from there again. Returns check.json.

    Raises UserError where what was written does not say what was trained.
    """
    chat, room = chat_of(recipe, run_folder), positions(base)
    held = proof.held_out(recipe, run_folder, chat, room)
    check = write_weights(recipe, base, chat, held, run_folder, folder)
    write_settings(recipe, chat, folder)
    return check


def chat_of(recipe: Recipe, run_folder: Path) -> Chat:
    """Training's chats: what was trained lay beside this tokenizer."""
    assert recipe.model is not None
    trained = full_model(recipe, run_folder) if recipe.train.method == "full" else recipe.model
    return Chat(weights.load_tokenizer(trained), recipe.model)


def write_weights(
    recipe: Recipe, base: Model, chat: Chat, held: proof.HeldOut, run_folder: Path, folder: Path
) -> dict[str, Any]:
    """Into the folder, and from there again: what was trained and what was written say the same.

    Returns check.json. Raises UserError where they do not.
    """
    room = positions(base)
    said: dict[str, proof.Said] = {}
    if recipe.train.method == "full":
        own = str(full_model(recipe, run_folder).folder)
        said["full"] = proof.listen(weights.load_weights(own, own_type=True), chat, held, recipe, room)
        weights.save(weights.load_weights(own), folder)
    else:
        model = weights.add_adapter(weights.load_base(base), base, run_folder / ADAPTER)
        with model.disable_adapter():
            said["base"] = proof.listen(model, chat, held, recipe, room)
        said["adapter"] = proof.listen(model, chat, held, recipe, room)
        weights.save(weights.merge(model), folder)
        del model  # the next takes its place in memory
    said["merged"] = proof.listen(weights.load_weights(str(folder)), chat, held, recipe, room)
    return proof.compare(held, said)


def write_settings(recipe: Recipe, chat: Chat, folder: Path) -> None:
    """Tokenizer, chat template, and how generation goes and ends."""
    from transformers import GenerationConfig

    assert recipe.model is not None
    templates.save_tokenizer(chat, recipe.model, folder)
    settings = recipe.generate
    sampling: dict[str, Any] = {"do_sample": False}
    if isinstance(settings, Sample):
        named = {"temperature": settings.temperature, "top_p": settings.top_p, "top_k": settings.top_k}
        sampling = {"do_sample": True} | named
    GenerationConfig(
        eos_token_id=chat.stop_ids,
        pad_token_id=chat.tokenizer.pad_token_id,
        bos_token_id=chat.tokenizer.bos_token_id,
        **sampling,
    ).save_pretrained(folder)


def write_gguf(recipe: Recipe, base: Model, run_folder: Path, llama: gguf.LlamaCpp, folder: Path) -> str:
    """The GGUF and its Modelfile. Returns what is to be said of the latter."""
    chat = chat_of(recipe, run_folder)
    target = folder / "gguf" / f"{recipe.run}-{llama.form}.gguf"
    target.parent.mkdir(exist_ok=True)
    vocabulary = vocabulary_of(chat)
    gguf.convert(llama, folder, vocabulary, target)
    made = target.with_name("Modelfile")
    made.unlink(missing_ok=True)
    try:
        if bool(gguf.metadata(llama, target).get("tokenizer.ggml.add_bos_token")) != vocabulary.adds_bos:
            raise UserError("no Modelfile: in the GGUF texts begin in another way than in training")
        text = modelfile.make_modelfile(recipe, chat, target.name, persona_of(recipe), positions(base))
        modelfile.check_modelfile(text, chat, modelfile.as_a_server(chat))
        if llama.tokenizer is not None:
            modelfile.check_modelfile(text, chat, partial(gguf.tokens, llama, target))
    except UserError as error:
        return str(error)
    made.write_text(text, encoding="utf-8")
    return f"in that folder, ollama create {recipe.run.lower()} -f Modelfile makes Ollama know it"
