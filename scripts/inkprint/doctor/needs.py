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

from inkprint.recipe import Recipe
from inkprint.recipe_synthesize import Local
from inkprint.recipe_values import Model

GB = 1e9
BYTES_A_PARAMETER = {"qlora": 0.62, "lora": 2.0}  # 4 bits, their scales, and the embeddings in 16 bits
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
    "rtx3090": Card("RTX 3090", 24 * GB, 71e12),
    "rtx4090": Card("RTX 4090", 24 * GB, 165e12),
    "rtx5090": Card("RTX 5090", 32 * GB, 209e12),
    "l40s": Card("L40S", 48 * GB, 362e12),
    "a100-40": Card("A100 40 GB", 40 * GB, 312e12),
    "a100-80": Card("A100 80 GB", 80 * GB, 312e12),
    "h100": Card("H100", 80 * GB, 989e12),
    "h200": Card("H200", 141 * GB, 989e12),
}


def parameters(model: Model) -> float | None:
    """How many parameters a model has: counted in its files, or read from its name, or None."""
    folder = model.folder
    if folder is not None:
        counted = sum(_shapes(path) for path in folder.glob("*.safetensors"))
        return float(counted) or None
    found = re.search(r"(?<![\w.])(\d+(?:\.\d+)?)([bm])(?![a-z0-9])", model.base.lower().replace("-", " "))
    return float(found[1]) * (1e9 if found[2] == "b" else 1e6) if found else None


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
    weights = BYTES_A_PARAMETER[train.method] * count
    # A rank of 16 on all matrices is about 0.4 % of the parameters; 16-bit weights, 8-bit states, gradients.
    adapter = 0.004 * count * train.rank / 16 * 8
    activations = ACTIVATION_BYTES_A_TOKEN * train.batch_size * train.max_tokens * (count / 14e9) ** 0.5
    return weights + adapter + activations + CONTEXT_BYTES


def writer_bytes(writer: Local, count: float) -> float:
    """GPU memory that a model takes which writes examples, an estimate; replies under way come on top."""
    return BYTES_A_PARAMETER["qlora" if writer.four_bit else "lora"] * count + CONTEXT_BYTES


def disk_bytes(recipe: Recipe, count: float) -> float:
    """Disk that a run takes: the models that are fetched, and the results."""
    fetched = _fetched_bytes(recipe.model, count)
    writer = recipe.synthesize.provider
    if isinstance(writer, Local) and writer.model.base != recipe.model.base:
        fetched += _fetched_bytes(writer.model, parameters(writer.model) or 0.0)
    return fetched + RESULT_BYTES


def _fetched_bytes(model: Model, count: float) -> float:
    if model.folder is not None:
        return 0.0
    return count * (BYTES_A_PARAMETER["qlora"] if "bnb-4bit" in model.base.lower() else 2.0)


def export_bytes(count: float) -> float:
    """Disk for what can be made of a result: the merged weights in 16 bits, and a GGUF of 4 bits."""
    return count * (2.0 + 0.6)


def train_tokens(run_folder: Path) -> float | None:
    """Tokens of one epoch, reckoned from 03's examples; None before there are any."""
    path = run_folder / "03_synthesize" / "examples.jsonl"
    if not path.is_file():
        return None
    return TOKENS_A_WORD * sum(_words(path))


def _words(path: Path) -> Iterator[int]:
    with path.open(encoding="utf-8") as handle:
        for line in handle:
            example = json.loads(line)
            if example["split"] == "train":
                yield sum(len(m["content"].split()) for m in example["prompt"] + example["completion"])


def train_hours(recipe: Recipe, count: float, tokens: float, card: Card) -> float:
    """Hours of training on a card, an estimate."""
    return tokens * recipe.train.epochs * OPERATIONS * count / (card.flops * USED) / 3600
