"""Write 04's result out as a model of its own: merged 16-bit weights, and a GGUF with an Ollama Modelfile.

Reads   04_train/adapter/, model/ or linear/    what training made; never changed
        02_prepare/, 03_synthesize/             the test split, to check the result on
        05_generate/                            what the model said as it was trained, where 05 has run
Writes  export/*.safetensors, config.json, generation_config.json, tokenizer and chat template
        export/check.json       {"nats_a_token": {"base": -3.2, "adapter": -2.41, "merged": -2.41,
                                 "trained": -2.43}, "merged_off_adapter": 0.0004, "answers": […]}
                                of a classifier how many texts each gets right, and how far apart they are
        export/README.md        of a classifier: its labels, and the lines that ask it
        export/gguf/            with --gguf: RUN-q4_K_M.gguf and a Modelfile for Ollama
        export/manifest.json    hashes of what came in and went out, versions, commit

    python scripts/export.py recipes/demo.yaml
    python scripts/export.py recipes/your/books.yaml --gguf q4_K_M

Runs on the CPU. Memory: 2.2 bytes a parameter (8 billion: 18 GB). Disk: 2 bytes a parameter, as much again
for a base that is fetched, and for a GGUF what docs/export.md says. The demo: 15 seconds.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from inkprint.artifacts import read_manifest, stage_folder
from inkprint.command import artifacts_folder, as_user_error, exit_with, lock_run
from inkprint.console import Output
from inkprint.doctor.needs import parameters
from inkprint.errors import UserError
from inkprint.export import chat_model, classifier, gguf, proof, weights
from inkprint.export.folder import Export, check_memory, check_room
from inkprint.generate.trained import require_trained
from inkprint.hashes import hash_file
from inkprint.jsonl import write_json
from inkprint.models import base_inputs, check_base
from inkprint.recipe import Recipe, prompt_files
from inkprint.recipe_file import load_recipe
from inkprint.recipe_generate import Classify
from inkprint.recipe_train import Tuning
from inkprint.recipe_values import Model

BYTES_A_PARAMETER = 2.0


def check_form(recipe: Recipe, form: str | None) -> None:
    """Raise UserError for a GGUF of what does not write."""
    if form is not None and isinstance(recipe.generate, Classify):
        raise UserError(
            "--gguf: llama.cpp and Ollama take models that write, and this is a classifier; leave it out"
        )


def check_trained(recipe: Recipe, run_folder: Path, recipe_path: Path) -> dict[str, Path]:
    """The files that training made, by name. Raises UserError unless all are there and as they were made."""
    folder = stage_folder(run_folder, "train")
    files = require_trained(recipe, run_folder, recipe_path)
    made = (read_manifest(folder) or {}).get("outputs", {})
    for path in files.values():
        if hash_file(path) != made.get(path.relative_to(folder).as_posix()):
            raise UserError(f"{path}: changed since it was trained; train again with --force")
    return files


def identity(recipe: Recipe, files: dict[str, Path], base: Model | None) -> dict[str, Any]:
    """What an export is a function of."""
    found = base_inputs(base) if base is not None else {}
    inputs = files | found.get("files", {})
    named: list[str | None] = [recipe.synthesize.system_prompt]
    settings: dict[str, Any] = {"generate": recipe.generate.model_dump()}
    if recipe.model is not None:
        named.append(recipe.model.chat_template)
        settings |= recipe.model.model_dump(exclude={"base"})
    if isinstance(recipe.generate, Classify) and isinstance(recipe.train, Tuning):
        settings["train.max_tokens"] = recipe.train.max_tokens
    return {
        "run": recipe.run,
        "format": 2,
        "base": None if base is None else base.base if base.folder is None else base.folder.name,
        "revision": None if base is None else base.revision,
        "author": recipe.author,
        "settings": settings,
        "inputs": {name: hash_file(path) for name, path in sorted(inputs.items())},
        "prompts": {name: hash_file(path) for name, path in sorted(prompt_files(*named).items())},
    }


def check_machine(recipe: Recipe, base: Model, folder: Path, form: str | None, merges: bool) -> None:
    """Raise UserError where disk or memory will not do, before anything is fetched."""
    count = parameters(base)
    if count is None:
        raise UserError(f"{base.base}: its name does not say how large it is, so that nothing can be planned")
    full = recipe.train.method == "full"
    # A classifier of which every weight moved is written as it was trained, in 32 bits.
    weight = 4.0 if full and isinstance(recipe.generate, Classify) else BYTES_A_PARAMETER
    each = weight if merges else 0.0
    if base.folder is None and merges and not full and not _cached(base):
        each += BYTES_A_PARAMETER
    if form is not None:
        each += gguf.FORMATS[form] + gguf.intermediate_bytes(form)
    check_room(folder, each * count, "the weights" + (f" and a GGUF of {form}" if form else ""))
    if merges:
        check_memory(weight * count)


def _cached(base: Model) -> bool:
    from huggingface_hub import try_to_load_from_cache

    files = ("model.safetensors", "model.safetensors.index.json")
    return any(
        isinstance(try_to_load_from_cache(base.base, name, revision=base.revision), str) for name in files
    )


def write_model(recipe: Recipe, base: Model | None, run_folder: Path, folder: Path, output: Output) -> None:
    """The model into a folder, checked; what the check found onto the terminal and into check.json."""
    print("   writing weights, and checking what was written")
    show = classifier.show
    with output.quiet():
        if base is None:
            check = classifier.write_linear(recipe, run_folder, folder)
        elif isinstance(recipe.generate, Classify):
            check = classifier.write_classifier(recipe, base, run_folder, folder)
        else:
            check, show = chat_model.write_chat_model(recipe, base, run_folder, folder), proof.show
    write_json(folder / "check.json", check)
    show(check)


def export(
    recipe: Recipe,
    base: Model | None,
    made: Export,
    run_folder: Path,
    llama: gguf.LlamaCpp | None,
    output: Output,
) -> None:
    """All of it into the partial folder, and that in place of the old one."""
    if base is not None:
        with output.quiet():
            weights.check_sixteen_bits(base)
    kept = made.state()
    with made.writing(kept) as folder:
        if kept is None:
            write_model(recipe, base, run_folder, folder, output)
        said = ""
        if llama is not None and base is not None:
            print(f"   a GGUF of {llama.form} by llama.cpp")
            with output.quiet():
                said = chat_model.write_gguf(recipe, base, run_folder, llama, folder)
        made.land()
    print(f"   written to {made.folder} in {made.took()}" + (f"; {said}" if said else ""))


def warn(recipe: Recipe, run_folder: Path) -> None:
    """Say what 06 found that whoever takes the weights must know, where 06 has been."""
    from inkprint.report.model_card import warnings

    path = run_folder / "06_evaluate" / "metrics.json"
    if path.is_file():
        for line in warnings(recipe, json.loads(path.read_text(encoding="utf-8"))["metrics"]):
            print(f"   WARNING: {line}")
            print(f"   {run_folder / '07_report' / 'MODEL_CARD.md'} says so, too: let it go with the weights")


def run(options: argparse.Namespace) -> None:
    recipe = load_recipe(options.recipe)
    check_form(recipe, options.gguf)
    run_folder = artifacts_folder() / recipe.run
    files = check_trained(recipe, run_folder, options.recipe)
    llama = gguf.find_llama_cpp(options.gguf) if options.gguf else None
    base = weights.sixteen_bit_base(recipe)
    if base is not None:
        check_base(base)
    warn(recipe, run_folder)
    made = Export(options.out or run_folder / "export", identity(recipe, files, base))
    made.check_place()
    kept = made.state()
    if kept is not None and (not options.gguf or f"gguf/{recipe.run}-{options.gguf}.gguf" in kept["outputs"]):
        print(f"export      up to date in {made.folder}")
        return
    if base is not None:
        check_machine(recipe, base, made.folder, options.gguf, merges=kept is None)
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
