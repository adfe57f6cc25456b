"""Write 04's result out as a model of its own: merged 16-bit weights, and a GGUF with an Ollama Modelfile.

Reads   04_train/adapter/ or 04_train/model/    what training made; never changed
        02_prepare/, 03_synthesize/             the test split, to check the result on
        05_generate/                            what the model said as it was trained, where 05 has run
Writes  export/*.safetensors, config.json, generation_config.json, tokenizer and chat template
        export/check.json       {"nats_a_token": {"base": -3.2, "adapter": -2.41, "merged": -2.41, …}, …}
        export/gguf/            with --gguf: RUN-q4_K_M.gguf and a Modelfile for Ollama
        export/manifest.json    hashes of what came in and went out, versions, commit

    python scripts/export.py recipes/demo.yaml
    python scripts/export.py recipes/your/books.yaml --gguf q4_K_M

Runs on the CPU. Memory: 2.2 bytes a parameter (8 billion: 18 GB). Disk: 2 bytes a parameter, as much again for
a base that is fetched, and for a GGUF what docs/export.md says. The demo: 15 seconds.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

from inkprint.artifacts import read_manifest, stage_folder
from inkprint.chat import Chat
from inkprint.command import artifacts_folder, as_user_error, exit_with, lock_run
from inkprint.console import Output
from inkprint.doctor.needs import parameters
from inkprint.errors import UserError
from inkprint.export import gguf, modelfile, proof, templates, weights
from inkprint.export.folder import Export, check_memory, check_room
from inkprint.hashes import hash_file
from inkprint.models import base_inputs, positions
from inkprint.recipe import Recipe, prompt_files
from inkprint.recipe_file import load_recipe
from inkprint.recipe_generate import Classify, Sample
from inkprint.recipe_train import Full, Linear
from inkprint.recipe_values import Model
from inkprint.records import write_json
from inkprint.synthesize.prompts import Prompt

BYTES_A_PARAMETER = 2.0


def check_method(recipe: Recipe) -> None:
    """Raise UserError for a result that is no model that writes."""
    if isinstance(recipe.train, Linear):
        raise UserError("train.method linear: nothing to merge; 04_train/linear is the whole classifier")
    if isinstance(recipe.generate, Classify):
        raise UserError("train.loss label: a classifier is not exported; 04_train holds it as it was trained")


def trained_files(recipe: Recipe, run_folder: Path, recipe_path: Path) -> dict[str, Path]:
    """The files that training made, by their name below the run. Raises UserError unless all are there, whole."""
    folder = stage_folder(run_folder, "train")
    manifest = read_manifest(folder)
    part = "model/" if isinstance(recipe.train, Full) else "adapter/"
    names = [name for name in (manifest or {}).get("outputs", ()) if name.startswith(part)]
    if manifest is None or not names:
        raise UserError(f"{folder / part}: not there; make it with: python scripts/04_train.py {recipe_path}")
    for name in names:
        path = folder / name
        if not path.is_file() or hash_file(path) != manifest["outputs"][name]:
            raise UserError(f"{path}: missing, or changed since it was trained; train again with --force")
    return {f"{folder.name}/{name}": folder / name for name in names}


def identity(recipe: Recipe, files: dict[str, Path], base: Model) -> dict[str, Any]:
    """What an export is a function of."""
    assert recipe.model is not None
    found = base_inputs(base)
    inputs = files | found.get("files", {})
    prompts = prompt_files(recipe.model.chat_template, recipe.synthesize.system_prompt)
    return {
        "run": recipe.run,
        "format": 1,
        "base": base.base if base.folder is None else base.folder.name,
        "revision": base.revision,
        "author": recipe.author,
        "settings": recipe.model.model_dump(exclude={"base"}) | {"generate": recipe.generate.model_dump()},
        "inputs": {name: hash_file(path) for name, path in sorted(inputs.items())},
        "prompts": {name: hash_file(path) for name, path in sorted(prompts.items())},
    }


def check_machine(recipe: Recipe, base: Model, folder: Path, form: str | None, merges: bool) -> None:
    """Raise UserError where disk or memory will not do, before anything is fetched."""
    count = parameters(base)
    if count is None:
        raise UserError(f"{base.base}: its name does not say how large it is, so that nothing can be planned")
    each = BYTES_A_PARAMETER if merges else 0.0
    if base.folder is None and merges and not _cached(base):
        each += BYTES_A_PARAMETER
    if form is not None:
        each += gguf.FORMATS[form] + gguf.intermediate_bytes(form)
    check_room(folder, each * count, "the weights" + (f" and a GGUF of {form}" if form else ""))
    if merges:
        check_memory(BYTES_A_PARAMETER * count)


def _cached(base: Model) -> bool:
    from huggingface_hub import try_to_load_from_cache

    files = ("model.safetensors", "model.safetensors.index.json")
    return any(
        isinstance(try_to_load_from_cache(base.base, name, revision=base.revision), str) for name in files
    )


def write_weights(
    recipe: Recipe, base: Model, chat: Chat, held: proof.HeldOut, run_folder: Path, folder: Path
) -> dict[str, Any]:
    """Merge, or copy, into the folder. Returns what adapter and base said before: see check.json."""
    trained, pad = run_folder / "04_train", chat.tokenizer.pad_token_id
    if isinstance(recipe.train, Full):
        shutil.copytree(trained / "model", folder, dirs_exist_ok=True)
        return {"nats": {}, "answers": None}
    model = weights.add_adapter(base, trained / "adapter")
    with model.disable_adapter():
        untouched = proof.log_likelihood(model, held, pad)
    nats = {"base": untouched, "adapter": proof.log_likelihood(model, held, pad)}
    answers = proof.answers(model, chat, held, recipe)
    weights.save(weights.merge(model), folder)
    return {"nats": nats, "answers": answers}


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
    config = GenerationConfig(
        eos_token_id=chat.stop_ids,
        pad_token_id=chat.tokenizer.pad_token_id,
        bos_token_id=chat.tokenizer.bos_token_id,
        **sampling,
    )
    config.save_pretrained(folder)


def check_result(
    recipe: Recipe, chat: Chat, held: proof.HeldOut, before: dict[str, Any], run_folder: Path, folder: Path
) -> dict[str, Any]:
    """Load what was written and let it say the same again. Raises UserError where it does not."""
    model = weights.load_weights(str(folder))
    nats = before["nats"] | {"merged": proof.log_likelihood(model, held, chat.tokenizer.pad_token_id)}
    nats["trained"] = proof.trained_log_likelihood(run_folder, held)
    off = abs(nats["merged"] - nats["adapter"]) if "adapter" in nats else None
    if off is not None and not off <= proof.LIMIT_NATS:
        raise UserError(
            f"the merged weights are {off:.4f} nats a token off the adapter on the same base, more than"
            f" {proof.LIMIT_NATS}: not written; the adapter is as it was"
        )
    said = proof.answers(model, chat, held, recipe)
    trained = proof.trained_answers(run_folder)
    rows = zip(held.asked, before["answers"] or [None] * len(said), said, strict=True)
    return {
        "texts": len(held.source_ids),
        "tokens": held.tokens,
        "nats_a_token": nats,
        "merged_off_adapter": off,
        "limit": proof.LIMIT_NATS,
        "merged_off_trained": None if nats["trained"] is None else nats["merged"] - nats["trained"],
        "answers": [
            {
                "example_id": example.id,
                "prompt": example.prompt[-1].content,
                "trained": trained.get(example.id),
                "adapter": adapter,
                "merged": merged,
            }
            for example, adapter, merged in rows
        ],
    }


def show_check(check: dict[str, Any]) -> None:
    """The same for the terminal."""
    nats = check["nats_a_token"]
    print(f"   nats a token on {check['texts']} held-out texts ({check['tokens']} tokens), nearer to 0 is likelier:")
    names = {"base": "the base", "trained": "as trained", "adapter": "adapter on the 16-bit base", "merged": "merged"}
    for key, name in names.items():
        if nats.get(key) is not None:
            print(f"      {name:<28}{nats[key]:.4f}")
    if nats["trained"] is None:
        print("      the shift from what was trained is not known: 05_generate has not run, or weighed other texts")
    for answer in check["answers"]:
        print(f"   {_short(answer['prompt'])}")
        for key, name in list(names.items())[1:]:
            if answer[key] is not None:
                print(f"      {name:<28}{_short(answer[key])}")


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 90 else text[:89] + "…"


def write_gguf(recipe: Recipe, chat: Chat, llama: gguf.LlamaCpp, form: str, folder: Path, room: int) -> str:
    """The GGUF and its Modelfile. Returns what is to be said of the latter."""
    target = folder / "gguf" / f"{recipe.run}-{form}.gguf"
    target.parent.mkdir(exist_ok=True)
    gguf.convert(llama, folder, target, form)
    made = target.with_name("Modelfile")
    made.unlink(missing_ok=True)
    try:
        if bool(gguf.metadata(llama, target).get("tokenizer.ggml.add_bos_token")) != modelfile.adds_bos(chat):
            raise UserError("no Modelfile: the GGUF begins texts with another token than training did")
        text = modelfile.make_modelfile(recipe, chat, target.name, persona(recipe), room)
    except UserError as error:
        return str(error)
    made.write_text(text, encoding="utf-8")
    return f"ollama create {recipe.run.lower()} -f {made.name} (in that folder) makes Ollama know it"


def persona(recipe: Recipe) -> str | None:
    """The system prompt that training put in front of every chat, if any."""
    name = recipe.synthesize.system_prompt
    return Prompt(prompt_files(name)[name], {"author"}, set()).fill(author=recipe.author) if name else None
