"""Write 04's result out as a model of its own: merged 16-bit weights, and a GGUF with an Ollama Modelfile.

Reads   04_train/adapter/ or 04_train/model/    what training made; never changed
        02_prepare/, 03_synthesize/             the test split, to check the result on
        05_generate/                            what the model said as it was trained, where 05 has run
Writes  export/*.safetensors, config.json, generation_config.json, tokenizer and chat template
        export/check.json       {"nats_a_token": {"base": -3.2, "adapter": -2.41, "merged": -2.41,
                                 "trained": -2.43}, "merged_off_adapter": 0.0004, "answers": […]}
        export/gguf/            with --gguf: RUN-q4_K_M.gguf and a Modelfile for Ollama
        export/manifest.json    hashes of what came in and went out, versions, commit

    python scripts/export.py recipes/demo.yaml
    python scripts/export.py recipes/your/books.yaml --gguf q4_K_M

Runs on the CPU. Memory: 2.2 bytes a parameter (8 billion: 18 GB). Disk: 2 bytes a parameter, as much again
for a base that is fetched, and for a GGUF what docs/export.md says. The demo: 15 seconds.
"""

from __future__ import annotations

import argparse
from functools import partial
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
from inkprint.generate.trained import ADAPTER, full_model, require_trained
from inkprint.hashes import hash_file
from inkprint.models import base_inputs, check_base, positions
from inkprint.recipe import Recipe, prompt_files
from inkprint.recipe_file import load_recipe
from inkprint.recipe_generate import Classify, Sample
from inkprint.recipe_train import Linear
from inkprint.recipe_values import Model
from inkprint.records import write_json
from inkprint.synthesize.prompts import persona_of

BYTES_A_PARAMETER = 2.0


def check_method(recipe: Recipe) -> None:
    """Raise UserError for a result that is no model that writes."""
    if isinstance(recipe.train, Linear):
        raise UserError("train.method linear: nothing to merge; 04_train/linear is the whole classifier")
    if isinstance(recipe.generate, Classify):
        raise UserError("train.loss label: a classifier is not exported; 04_train holds it as it was trained")


def check_trained(recipe: Recipe, run_folder: Path, recipe_path: Path) -> dict[str, Path]:
    """The files that training made, by name. Raises UserError unless all are there and as they were made."""
    folder = stage_folder(run_folder, "train")
    files = require_trained(recipe, run_folder, recipe_path)
    made = (read_manifest(folder) or {}).get("outputs", {})
    for path in files.values():
        if hash_file(path) != made.get(path.relative_to(folder).as_posix()):
            raise UserError(f"{path}: changed since it was trained; train again with --force")
    return files


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


def check_machine(base: Model, folder: Path, form: str | None, merges: bool) -> None:
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
        model = weights.add_adapter(base, run_folder / ADAPTER)
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


def write_gguf(recipe: Recipe, chat: Chat, llama: gguf.LlamaCpp, folder: Path, room: int) -> str:
    """The GGUF and its Modelfile. Returns what is to be said of the latter."""
    target = folder / "gguf" / f"{recipe.run}-{llama.form}.gguf"
    target.parent.mkdir(exist_ok=True)
    gguf.convert(llama, folder, target)
    made = target.with_name("Modelfile")
    made.unlink(missing_ok=True)
    try:
        if bool(gguf.metadata(llama, target).get("tokenizer.ggml.add_bos_token")) != modelfile.adds_bos(chat):
            raise UserError("no Modelfile: in the GGUF texts begin in another way than in training")
        text = modelfile.make_modelfile(recipe, chat, target.name, persona_of(recipe), room)
        modelfile.check_modelfile(text, chat, modelfile.as_a_server(chat))
        if llama.tokenizer is not None:
            modelfile.check_modelfile(text, chat, partial(gguf.tokens, llama, target))
    except UserError as error:
        return str(error)
    made.write_text(text, encoding="utf-8")
    return f"in that folder, ollama create {recipe.run.lower()} -f Modelfile makes Ollama know it"


def export(
    recipe: Recipe, base: Model, made: Export, run_folder: Path, llama: gguf.LlamaCpp | None, output: Output
) -> None:
    """All of it into the partial folder, and that in place of the old one."""
    assert recipe.model is not None
    with output.quiet():
        weights.check_sixteen_bits(base)
    kept = made.state()
    trained = full_model(recipe, run_folder) if recipe.train.method == "full" else recipe.model
    with made.writing(kept) as folder:
        with output.quiet():
            room = positions(base)
            chat = Chat(weights.load_tokenizer(trained), recipe.model)
        if kept is None:
            print("   writing weights in 16 bits, and checking them")
            with output.quiet():
                held = proof.held_out(recipe, run_folder, chat, room)
                check = write_weights(recipe, base, chat, held, run_folder, folder)
                write_settings(recipe, chat, folder)
            write_json(folder / "check.json", check)
            proof.show(check)
        said = ""
        if llama is not None:
            print(f"   a GGUF of {llama.form} by llama.cpp")
            with output.quiet():
                said = write_gguf(recipe, chat, llama, folder, room)
        made.land()
    print(f"   written to {made.folder} in {made.took()}" + (f"; {said}" if said else ""))


def run(options: argparse.Namespace) -> None:
    recipe = load_recipe(options.recipe)
    check_method(recipe)
    run_folder = artifacts_folder() / recipe.run
    files = check_trained(recipe, run_folder, options.recipe)
    llama = gguf.find_llama_cpp(options.gguf) if options.gguf else None
    base = weights.sixteen_bit_base(recipe)
    check_base(base)
    made = Export(options.out or run_folder / "export", identity(recipe, files, base))
    made.check_place()
    kept = made.state()
    if kept is not None and (not options.gguf or f"gguf/{recipe.run}-{options.gguf}.gguf" in kept["outputs"]):
        print(f"export      up to date in {made.folder}")
        return
    check_machine(base, made.folder, options.gguf, merges=kept is None)
    lock = lock_run(run_folder, options.recipe)
    output = Output(run_folder / "logs", "export")
    try:
        print(f"export      {'not made yet' if kept is None else 'weights are up to date'}")
        export(recipe, base, made, run_folder, llama, output)
        output.status(state="done")
    except BaseException as error:
        problem = as_user_error(error, made.folder)
        stopped = isinstance(error, KeyboardInterrupt)
        output.status(state="stopped" if stopped else "failed", error=str(problem or repr(error)))
        if problem is None:
            raise
        raise problem from None
    finally:
        output.close()
        lock.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--gguf", choices=gguf.FORMATS, help="also one file for llama.cpp and Ollama")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="in place of artifacts/<run>/export")
    run(parser.parse_args())


if __name__ == "__main__":
    exit_with(main, "export.py")
