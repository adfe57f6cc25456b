"""How much memory, disk and time a recipe needs: reckoned before anything is rented, and marked as such.

The memory model is fitted to the runs of the field on an RTX 4090 that docs/gpu-boxes.md lists: 14 billion
parameters in 4 bits, two rows of 2,048 tokens with gradient checkpointing, took 13.4 to 15.5 GB.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkprint.recipe import Recipe
from inkprint.recipe_synthesize import Local
from inkprint.recipe_train import Full, Linear, Lora, Tuning
from inkprint.recipe_values import Model
from inkprint.train.plan import Plan

GB = 1e9
GIB = 2.0**30  # what a card with "24 GB" has 24 of
BYTES_A_PARAMETER = {"qlora": 0.62, "lora": 2.0}  # 4 bits, their scales, and the embeddings in 16 bits
# Every weight learned: itself in 32 bits, its gradient, and two states of Adam in 32 bits or in 8.
FULL_BYTES_A_PARAMETER = {"adamw_torch": 16.0, "adamw_8bit": 10.0, "paged_adamw_8bit": 8.0}
ACTIVATION_BYTES_A_TOKEN = 0.9e6  # with gradient checkpointing and the vocabulary's logits in pieces
CONTEXT_BYTES = 1.0e9  # what CUDA and its libraries hold before a model is loaded
RESULT_BYTES = 2e9  # checkpoints with their optimizer, adapter, records and figures
TOKENS_A_WORD = 1.35  # English, tokenizers of 100,000 tokens and more
# A token and parameter: forward, forward again for the checkpoints, backward through frozen weights.
OPERATIONS = 6
USED = 0.5  # of a card's peak; 0.65 was seen on an RTX 4090, 0.05 with a mixture of experts


@dataclass(frozen=True)
class Card:
    name: str
    memory_bytes: float
    flops: float  # bf16, dense, as the maker says; an RTX 4090's was measured


CARDS = {
    "rtx3090": Card("RTX 3090", 24 * GIB, 71e12),
    "rtx4090": Card("RTX 4090", 24 * GIB, 165e12),
    "rtx5090": Card("RTX 5090", 32 * GIB, 209e12),
    "l40s": Card("L40S", 48 * GIB, 362e12),
    "a100-40": Card("A100 40 GB", 40 * GIB, 312e12),
    "a100-80": Card("A100 80 GB", 80 * GIB, 312e12),
    "h100": Card("H100", 80 * GIB, 989e12),
    "h200": Card("H200", 141 * GIB, 989e12),
}


# Models whose names do not say how large they are.
NAMED = {"gpt2": 124e6, "gpt2-medium": 355e6, "gpt2-large": 774e6, "gpt2-xl": 1.56e9, "tinyllama": 1.1e9}


def parameters(model: Model) -> float | None:
    """How many parameters a model has: counted in its files, or read from its name, or None."""
    folder = model.folder
    if folder is not None:
        counted = sum(_shapes(path) for path in folder.glob("*.safetensors"))
        return float(counted) or None
    found = re.search(r"(?<![\w.])(\d+(?:\.\d+)?)([bm])(?![a-z0-9])", model.base.lower().replace("-", " "))
    if not found:
        return NAMED.get(model.base.lower().rpartition("/")[2])
    return float(found[1]) * (1e9 if found[2] == "b" else 1e6)


def _shapes(path: Path) -> int:
    """Numbers in a safetensors file, by its header alone."""
    with path.open("rb") as handle:
        (length,) = struct.unpack("<Q", handle.read(8))
        header = json.loads(handle.read(length))
    sizes = 0
    for name, entry in header.items():
        if name != "__metadata__":
            size = 1
            for side in entry["shape"]:
                size *= side
            sizes += 2 * size if entry["dtype"] == "U8" else size  # two 4-bit numbers a byte
    return sizes


def gpu_bytes(recipe: Recipe, count: float) -> float:
    """Peak GPU memory of training, an estimate: weights, adapter with its optimizer, activations."""
    train = recipe.train
    if isinstance(train, Linear):
        return 0.0
    activations = ACTIVATION_BYTES_A_TOKEN * train.batch_size * train.max_tokens * (count / 14e9) ** 0.5
    if isinstance(train, Full):
        return FULL_BYTES_A_PARAMETER[train.optimizer] * count + activations + CONTEXT_BYTES
    weights = BYTES_A_PARAMETER[train.method] * count
    # A rank of 16 on all matrices is about 0.4 % of the parameters; 16-bit weights, 8-bit states, gradients.
    adapter = 0.004 * count * train.rank / 16 * 8
    return weights + adapter + activations + CONTEXT_BYTES


def what_would_fit(recipe: Recipe, count: float, memory_bytes: float) -> str:
    """The settings that bring training's memory below what a card has, or what else to do; an estimate."""
    train = recipe.train
    assert isinstance(train, Tuning), train
    size, steps = train.batch_size, train.accumulation_steps
    while size > 1:
        size, steps = size // 2, steps * 2
        if _fits(recipe, {"batch_size": size, "accumulation_steps": steps}, count, memory_bytes):
            return f"train.batch_size: {size} with accumulation_steps: {steps} would fit"
    small = {"batch_size": 1, "accumulation_steps": steps}
    for tokens in (1024, 512):
        if tokens < train.max_tokens and _fits(recipe, small | {"max_tokens": tokens}, count, memory_bytes):
            return f"train.max_tokens: {tokens} with batch_size: 1 and accumulation_steps: {steps} would fit"
    if isinstance(train, Lora) and train.method == "lora":
        return "train.method: qlora takes a third; or a smaller base, or a larger card"
    return "no batch would fit: take a smaller base, or a larger card"


def _fits(recipe: Recipe, changes: dict[str, int], count: float, memory_bytes: float) -> bool:
    smaller = recipe.model_copy(update={"train": recipe.train.model_copy(update=changes)})
    return gpu_bytes(smaller, count) <= memory_bytes


def writer_bytes(writer: Local, count: float) -> float:
    """GPU memory that a model takes which writes examples, an estimate; replies under way come on top."""
    return BYTES_A_PARAMETER["qlora" if writer.four_bit else "lora"] * count + CONTEXT_BYTES


def disk_bytes(recipe: Recipe, count: float) -> float:
    """Disk that a run takes: the models that are fetched, and the results."""
    fetched = 0.0 if recipe.model is None else _fetched_bytes(recipe.model, count)
    writer = recipe.synthesize.provider
    if isinstance(writer, Local) and (recipe.model is None or writer.model.base != recipe.model.base):
        fetched += _fetched_bytes(writer.model, parameters(writer.model) or 0.0)
    return fetched + RESULT_BYTES


def _fetched_bytes(model: Model, count: float) -> float:
    if model.folder is not None:
        return 0.0
    return count * (BYTES_A_PARAMETER["qlora"] if "bnb-4bit" in model.base.lower() else 2.0)


def export_bytes(recipe: Recipe, count: float) -> float:
    """Disk for what can be made of a result: the merged weights in 16 bits, a GGUF of 4 bits, and the base in
    16 bits where the recipe names one that is fetched for it."""
    fetched = 2.0 if recipe.export is not None and recipe.export.folder is None else 0.0
    return count * (2.0 + 0.6 + fetched)


def train_tokens(run_folder: Path) -> float | None:
    """Tokens of one epoch, reckoned from 03's examples; None before there are any."""
    rows = train_rows(run_folder)
    return None if rows is None else sum(rows)


def train_rows(run_folder: Path) -> list[float] | None:
    """The tokens of every train row, reckoned from 03's examples; None before there are any."""
    path = run_folder / "03_synthesize" / "examples.jsonl"
    if not path.is_file():
        return None
    return [TOKENS_A_WORD * words for words in _words(path)]


def train_steps(recipe: Recipe, rows: int) -> int:
    """Optimizer steps of the whole training."""
    assert isinstance(recipe.train, Tuning), recipe.train
    return Plan.of(recipe.train, [0] * rows, recipe.seed).steps


def _words(path: Path) -> Iterator[int]:
    with path.open(encoding="utf-8") as handle:
        for line in handle:
            example = json.loads(line)
            if example["split"] == "train":
                texts = [example["text"]] if "text" in example else _contents(example)
                yield sum(len(text.split()) for text in texts)


def _contents(example: dict[str, Any]) -> list[str]:
    return [message["content"] for message in example["prompt"] + example["completion"]]


def train_hours(recipe: Recipe, count: float, tokens: float, card: Card) -> float:
    """Hours of training on a card, an estimate."""
    assert isinstance(recipe.train, Tuning), recipe.train
    return tokens * recipe.train.epochs * OPERATIONS * count / (card.flops * USED) / 3600
