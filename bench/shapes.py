"""The real models' shapes, random weights of them, and how many operations a token costs.

Shapes as the makers' config.json have them. With random weights speed and memory are those of the real model,
and losses are not. Called as a script, by bench/gpu.py, it measures what a large product reaches here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "bench")]

from inkprint.rehearse.families import family_of
from inkprint.rehearse.stand_ins import make_tokenizer, named_config
from once import answer

SHARD_BYTES = 4e9
SPREAD = 0.02  # of the weights, as these models are initialised


@dataclass(frozen=True)
class Shape:
    """A model to be measured: its recipe, and what its configuration has beyond its family's."""

    name: str
    recipe: str
    values: dict[str, Any]


SHAPES = (
    Shape("Qwen3-14B", "peterson/qwen3-14b-questions.yaml", {
        "vocab_size": 151936, "hidden_size": 5120, "intermediate_size": 17408, "num_hidden_layers": 40,
        "num_attention_heads": 40, "num_key_value_heads": 8, "head_dim": 128, "rms_norm_eps": 1e-6,
    }),
    Shape("GPT-OSS-20B", "peterson/gptoss-20b-completion.yaml", {
        "vocab_size": 201088, "hidden_size": 2880, "intermediate_size": 2880, "num_hidden_layers": 24,
        "num_attention_heads": 64, "num_key_value_heads": 8, "head_dim": 64, "num_local_experts": 32,
        "num_experts_per_tok": 4, "sliding_window": 128,
    }),
)  # fmt: skip


def write_model(shape: Shape, base: str, texts: list[str], folder: Path, device: str) -> None:
    """config.json, a tokenizer of these texts, and random weights in 16 bits, drawn on the device.

    The weights are written tensor by tensor: the model is never in memory as a whole.
    """
    import torch
    from safetensors.torch import save_file
    from transformers import AutoConfig, AutoModelForCausalLM

    folder.mkdir(parents=True)
    family = family_of(base)
    tokenizer = make_tokenizer(family, texts)
    tokenizer.save_pretrained(folder)
    values = named_config(family, tokenizer) | shape.values
    config = AutoConfig.for_model(values.pop("model_type"), **values)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    config.architectures = [type(model).__name__]
    config.save_pretrained(folder)
    torch.manual_seed(0)
    placed: dict[str, str] = {}
    for number, names in enumerate(_shards(model.state_dict())):
        tensors = {name: _drawn(name, tensor.shape, device) for name, tensor in names.items()}
        file = f"model-{number:05}.safetensors"
        save_file(tensors, folder / file, metadata={"format": "pt"})
        placed |= dict.fromkeys(tensors, file)
    index = {"metadata": {}, "weight_map": placed}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")


def _shards(tensors: dict[str, Any]) -> Iterator[dict[str, Any]]:
    shard: dict[str, Any] = {}
    size = 0
    for name, tensor in tensors.items():
        if shard and size + 2 * tensor.numel() > SHARD_BYTES:
            yield shard
            shard, size = {}, 0
        shard[name], size = tensor, size + 2 * tensor.numel()
    yield shard


def _drawn(name: str, shape: Any, device: str) -> Any:
    """What scales is one, all else is normal."""
    import torch

    if "norm" in name:
        return torch.ones(shape, dtype=torch.bfloat16)
    return torch.empty(shape, dtype=torch.bfloat16, device=device).normal_(0, SPREAD).cpu()


def parameters(values: dict[str, Any]) -> dict[str, float]:
    """The weights that a token meets: `layers` of all layers' matrices, `head` of the output layer.

    Of a mixture of experts those of the experts that a token is sent to, and the router.
    """
    hidden, heads = values["hidden_size"], values["num_attention_heads"] * values["head_dim"]
    shared = values["num_key_value_heads"] * values["head_dim"]
    attention = hidden * (heads + 2 * shared) + heads * hidden
    experts = values.get("num_experts_per_tok", 1)
    between = 3 * hidden * values["intermediate_size"] * experts + hidden * values.get("num_local_experts", 0)
    return {
        "layers": float(values["num_hidden_layers"] * (attention + between)),
        "head": float(hidden * values["vocab_size"]),
    }


def operations_a_token(values: dict[str, Any], row_tokens: float, learned_share: float, rank: int) -> float:
    """Operations of a training step for each token of a row, with the layers' forward pass done twice.

    A matrix costs two operations a weight and pass. Frozen layers: forward, forward again, and the gradient
    of what came in. The output layer: forward and that gradient, for the tokens that are learned. LoRA's
    matrices: a layer's three passes and their own gradient. Attention looks at half of the row in the mean,
    or within its window (every second layer of GPT-OSS); two products forward, twice, and four back.
    """
    weights = parameters(values)
    width = values["num_attention_heads"] * values["head_dim"]
    seen = row_tokens / 2
    window = min(values.get("sliding_window", seen), seen)
    layers = values["num_hidden_layers"]
    attention = layers * 2 * width * (seen + window) / 2 * (2 + 2 + 4)
    return (
        2 * weights["layers"] * 3
        + 2 * weights["head"] * 2 * learned_share
        + 2 * _lora(values, rank) * 4
        + attention
    )


def _lora(values: dict[str, Any], rank: int) -> float:
    """Weights of the adapter on attention and the layers between, as in the recipes; experts have none."""
    hidden, heads = values["hidden_size"], values["num_attention_heads"] * values["head_dim"]
    shared = values["num_key_value_heads"] * values["head_dim"]
    sides = 2 * (hidden + heads) + 2 * (hidden + shared)
    if "num_local_experts" not in values:
        sides += 3 * (hidden + values["intermediate_size"])
    return float(values["num_hidden_layers"] * rank * sides)


def ceiling(seconds: float = 2.0) -> float:
    """Operations a second of a large product in bfloat16 on this card, measured for so long."""
    import time

    import torch

    size = 8192
    one, other = (torch.randn(size, size, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    for _ in range(5):
        one @ other
    torch.cuda.synchronize()
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        for _ in range(10):
            one @ other
        torch.cuda.synchronize()
        count += 10
    return 2 * size**3 * count / (time.perf_counter() - began)


if __name__ == "__main__":
    answer({"operations_a_second": ceiling()})
