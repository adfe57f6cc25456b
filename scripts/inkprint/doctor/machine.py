"""What this machine has, and what a recipe will miss on it: one finding a line, each with its mend."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from inkprint.artifacts import read_manifest, stage_folder
from inkprint.console import duration
from inkprint.doctor.finding import Finding
from inkprint.doctor.forecast import here
from inkprint.doctor.needs import (
    GB,
    GIB,
    disk_bytes,
    export_bytes,
    gpu_bytes,
    parameters,
    train_hours,
    train_rows,
    train_steps,
    what_would_fit,
    writer_bytes,
)
from inkprint.doctor.paid import judge, key, price
from inkprint.errors import UserError
from inkprint.export.gguf import tools
from inkprint.gpus import choose_gpus, find_gpus
from inkprint.models import DEMO_BASE, check_base
from inkprint.recipe import ROOT, Recipe
from inkprint.recipe_generate import Classify
from inkprint.recipe_synthesize import Claude, ClaudeBatch, Local
from inkprint.recipe_train import Tuning
from inkprint.recipe_values import Model

DRIVER = 570  # the oldest driver that runs CUDA 12.8
CAPABILITY = 7.0  # Volta: the oldest that Unsloth trains on
HUB_TIMEOUT_SECONDS = 10.0
SHM_BYTES = 1e9  # torch's data loaders pass batches through /dev/shm; Docker gives 64 MB


def examine(recipe: Recipe, artifacts: Path) -> Iterator[Finding]:
    """Every check, in the order in which a run would fail."""
    yield data(recipe, artifacts)
    yield reading(recipe)
    yield from writer(recipe, artifacts)
    yield from judge(recipe, artifacts)
    yield base(recipe.model) if recipe.model else Finding("base: none, and none is needed")
    yield from graphics(recipe)
    yield from work(recipe, artifacts)
    yield from folders(recipe, artifacts)
    yield shared_memory()
    if recipe.model is not None and not isinstance(recipe.generate, Classify):
        yield ggufs()


def data(recipe: Recipe, artifacts: Path) -> Finding:
    """Whether there are documents; a run that was carried here does without."""
    from inkprint.extract.documents import find_documents

    settings = recipe.extract
    if settings.hub is not None and settings.hub.folder is None:
        return Finding(f"data: {settings.hub.dataset} at {settings.hub.revision}, which 01 fetches")
    what, made = ("documents", "pages") if settings.columns is None else ("tables", "rows")
    name = settings.data if settings.hub is None else settings.hub.dataset
    found = find_documents(settings.path) if settings.path.exists() else {}
    if found:
        return Finding(f"data: {len(found)} {what} in {name}")
    if read_manifest(stage_folder(artifacts / recipe.run, "extract")):
        return Finding(f"data: no {what} in {name}, but the run carries its {made}")
    return Finding(f"data: no {what} in {name}", f"put {what} there", fatal=True)


def reading(recipe: Recipe) -> Finding:
    """Whether scanned pages could be read; most books have none."""
    from inkprint.extract.ocr import find_tessdata

    language = recipe.extract.ocr_language
    if language is None:
        return Finding("OCR: extract.ocr_language is null, scanned pages are not read")
    try:
        folder = find_tessdata(language)
    except UserError as error:
        return Finding(f"OCR: {error}", "or name another language", fatal=True)
    if folder:
        return Finding(f"OCR: Tesseract reads scanned pages ({language})")
    return Finding("OCR: no Tesseract", "only scanned pages need it: apt-get install tesseract-ocr")


def writer(recipe: Recipe, artifacts: Path) -> Iterator[Finding]:
    """What the model needs that writes the examples; a run that has them does without."""
    provider = recipe.synthesize.provider
    made = read_manifest(stage_folder(artifacts / recipe.run, "synthesize")) is not None
    found = []
    if isinstance(provider, Claude | ClaudeBatch):
        found = [price(provider, recipe.max_dollars), key()]
    elif isinstance(provider, Local):
        found = [base(provider.model, "writer"), *_memory(provider)]
    for finding in found:
        yield replace(finding, fatal=finding.fatal and not made)


def _memory(provider: Local) -> Iterator[Finding]:
    count, gpus = parameters(provider.model), find_gpus()
    if count is None or not gpus:
        return
    need, has = writer_bytes(provider, count), max(gpu.memory_bytes for gpu in gpus)
    said = f"writer: some {need / GIB:.0f} GB of {has / GIB:.0f} on the card (estimated), more by batch_size"
    yield Finding(said, "four_bit: true, or a smaller model" if need > has else "", fatal=need > has)


def base(model: Model, label: str = "base") -> Finding:
    """Whether a model is here, or can be fetched."""
    if model.folder is None:
        return _on_the_hub(model.base, model.revision or "main", label)
    if model.folder == ROOT / DEMO_BASE:
        return Finding(f"{label}: the demo's, made when it is needed")
    try:
        check_base(model)
    except UserError as error:
        return Finding(f"{label}: {error}", "put the model there, or name another in the recipe", fatal=True)
    return Finding(f"{label}: {model.base} is here")


def _on_the_hub(name: str, revision: str, label: str) -> Finding:
    """Whether the Hub has the model at that revision and would give it to us: one small request."""
    import httpx
    from huggingface_hub import errors, get_hf_file_metadata, hf_hub_url, try_to_load_from_cache

    what = f"{label}: {name}"
    if isinstance(try_to_load_from_cache(name, "config.json", revision=revision), str):
        return Finding(f"{what} is in the cache")
    if os.environ.get("HF_HUB_OFFLINE") == "1":
        return Finding(f"{what} is not in the cache, and HF_HUB_OFFLINE is set", "unset it", fatal=True)
    try:
        get_hf_file_metadata(hf_hub_url(name, "config.json", revision=revision), timeout=HUB_TIMEOUT_SECONDS)
    except errors.GatedRepoError:
        mend = "accept its licence on its page there, and put your token into .env as HF_TOKEN"
        return Finding(f"{what}: the Hub gives it only to those who accepted its licence", mend, fatal=True)
    except errors.RevisionNotFoundError:
        return Finding(
            f"{what} has no revision {revision} on the Hub", "see revision in the recipe", fatal=True
        )
    except errors.RepositoryNotFoundError:
        mend = "see base in the recipe; for a private one put your token into .env as HF_TOKEN"
        return Finding(f"{what}: no such model on the Hub", mend, fatal=True)
    except (httpx.HTTPError, OSError) as error:
        mend = "a run needs the network once: then the model is in the cache"
        return Finding(f"{what}: the Hub does not answer ({type(error).__name__})", mend, fatal=True)
    return Finding(f"{what}, to be fetched from the Hub")


def graphics(recipe: Recipe) -> Iterator[Finding]:
    """The GPU: is there one, may we see it, is it new and large enough."""
    wanted = recipe.device == "gpu"
    gpus = find_gpus()
    if not gpus:
        mend = _no_gpu_mend() if wanted else ""
        yield Finding("GPU: none seen" + ("" if wanted else "; this recipe does without"), mend, fatal=wanted)
        return
    try:
        gpu = choose_gpus(gpus, recipe.gpus)[0]
    except UserError as error:
        yield Finding(f"GPU: {error}", "choose another number, or CUDA_VISIBLE_DEVICES", fatal=True)
        return
    taken = f"{recipe.gpus} x " if recipe.gpus > 1 else ""
    others = f"; of {len(gpus)} cards here" if len(gpus) > recipe.gpus else ""
    yield Finding(f"GPU: {taken}{gpu.name}, {gpu.memory_bytes / GIB:.0f} GB, driver {gpu.driver}{others}")
    if gpu.driver < DRIVER:
        mend = f"CUDA 12.8 needs {DRIVER} or newer: update it, or rent a machine with a newer one"
        yield Finding(f"driver: {gpu.driver} is too old", mend, fatal=True)
    if gpu.capability < CAPABILITY:
        mend = f"{CAPABILITY} is the least (Volta, 2017)"
        yield Finding(f"card: compute capability {gpu.capability} is too old", mend, fatal=True)
    if importlib.metadata.version("torch").endswith("+cpu"):
        mend = "delete .venv and run ./setup.sh again: it takes the CUDA lock where nvidia-smi answers"
        if "INKPRINT_IN_IMAGE" in os.environ:
            mend = "this image was built from the CPU lock: docker compose build without compose.cpu.yaml"
        yield Finding("torch: the build without CUDA", mend, fatal=wanted)
    if recipe.model is None:
        return
    count = parameters(recipe.model)
    if count is None:
        yield Finding(f"memory: the size of {recipe.model.base} is not known from its name")
        return
    need = gpu_bytes(recipe, count)
    has = f"the card has {gpu.memory_bytes / GIB:.0f} GB"
    said = f"memory: training needs some {need / GIB:.0f} GB (an estimate), {has}"
    short = need > gpu.memory_bytes
    mend = what_would_fit(recipe, count, gpu.memory_bytes) if short else ""
    yield Finding(said, mend, fatal=need > 1.15 * gpu.memory_bytes)


def work(recipe: Recipe, artifacts: Path) -> Iterator[Finding]:
    """Tokens, steps and hours of training on this machine, where there is something to train."""
    if not isinstance(recipe.train, Tuning):
        return
    rows = train_rows(artifacts / recipe.run)
    if rows is None:
        yield Finding("work: tokens, steps and hours are known when 03 has run; --rehearse knows them before")
        return
    said = f"work: some {sum(rows):,.0f} tokens an epoch, {train_steps(recipe, len(rows)):,} steps"
    count = parameters(recipe.model) if recipe.model else None
    machine = here(recipe.gpus) if find_gpus() or recipe.device != "gpu" else None
    if count and machine and machine.flops:
        seconds = 3600 * train_hours(recipe, count, sum(rows), machine)
        said += f", {duration(seconds)} or more on {machine.name} (an estimate)"
    yield Finding(said)


def _no_gpu_mend() -> str:
    if "INKPRINT_IN_IMAGE" in os.environ:
        return "the container was given none: the host needs the NVIDIA Container Toolkit; then ./run_all.sh"
    if Path("/dev/nvidia0").exists():
        return (
            "there is a card, but nvidia-smi does not answer: install the driver's tools, or mend the driver"
        )
    return "run this recipe on a machine with an NVIDIA card: docs/gpu-boxes.md"


def folders(recipe: Recipe, artifacts: Path) -> Iterator[Finding]:
    """Whether results and models can be written, and whether there is room for them."""
    places = {"artifacts": artifacts}
    if "HF_HOME" in os.environ:
        places["HF_HOME"] = Path(os.environ["HF_HOME"])
    for name, folder in places.items():
        if not os.access(_existing(folder), os.W_OK | os.X_OK):
            mend = "give it to the user who runs this (chown), or name another in .env"
            yield Finding(f"{name}: {folder} can not be written", mend, fatal=True)
    count = parameters(recipe.model) if recipe.model else None
    need = disk_bytes(recipe, count) if count else 0.0
    free = shutil.disk_usage(_existing(artifacts)).free
    short = free < need
    room = f"disk: {free / GB:.0f} GB free at {artifacts}, some {need / GB:.0f} GB needed (an estimate)"
    if count and export_bytes(recipe, count) >= GB:
        room += f", {export_bytes(recipe, count) / GB:.0f} GB more for merged weights and a GGUF"
    yield Finding(
        room, "free some, or name another disk by INKPRINT_ARTIFACTS in .env" if short else "", short
    )


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def ggufs() -> Finding:
    """Which kinds export.py can make: a run needs none of them."""
    named, kinds, lacks = tools()
    if not named:
        return Finding("GGUF: none can be made, LLAMA_CPP is not set; if you want one: docs/export.md")
    made = f"GGUF: {', '.join(kinds) or 'none'} can be made by llama.cpp at {named}"
    return Finding(f"{made}; {lacks}" if kinds and lacks else made, "" if kinds else lacks)


def shared_memory() -> Finding:
    """/dev/shm, which Docker makes too small unless told otherwise."""
    size = shutil.disk_usage("/dev/shm").total if Path("/dev/shm").exists() else 0
    mend = "docker run --shm-size 8g; compose.yaml sets it" if size < SHM_BYTES else ""
    return Finding(f"shared memory: {size / GB:.1f} GB at /dev/shm", mend)
