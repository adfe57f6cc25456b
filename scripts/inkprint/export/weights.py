"""The tuned weights in 16 bits: the adapter merged into its base, on the CPU."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkprint.errors import UserError
from inkprint.recipe import Recipe
from inkprint.recipe_values import Model

if TYPE_CHECKING:
    from peft import PeftModel

SHARD_BYTES = 4_500_000_000  # of weights; a file's header comes on top


def sixteen_bit_base(recipe: Recipe) -> Model | None:
    """The base to merge into: the recipe's export.base, or where there is none model.base itself, if any."""
    if recipe.model is None or recipe.export is None:
        return recipe.model
    return recipe.model.model_copy(update={"base": recipe.export.base, "revision": recipe.export.revision})


def name_of(base: Model) -> str:
    """What from_pretrained takes: a folder's path, or a name on the Hub."""
    return base.base if base.folder is None else str(base.folder)


def check_sixteen_bits(base: Model) -> Any:
    """The base's configuration. Raises UserError for weights that are quantized, or not to be had."""
    if base.folder is not None:
        os.environ["HF_HUB_OFFLINE"] = "1"
    from transformers import AutoConfig

    with _said_of(base):
        config = AutoConfig.from_pretrained(name_of(base), revision=base.revision)
    quantized = getattr(config, "quantization_config", None)
    if quantized is not None:
        raise UserError(
            f"{base.base} is quantized ({quantized['quant_method']}), and merging takes weights in 16 bits;"
            " name the same model in 16 bits in the recipe: export: {base: …, revision: …}"
        )
    return config


def load_tokenizer(base: Model) -> Any:
    from transformers import AutoTokenizer

    with _said_of(base):
        return AutoTokenizer.from_pretrained(name_of(base), revision=base.revision)


def load_weights(name: str, revision: str | None = None, own_type: bool = False) -> Any:
    """A causal language model on the CPU, in bfloat16 unless its own weights are float16, or as they are."""
    from transformers import AutoModelForCausalLM

    return _load(AutoModelForCausalLM, name, revision, own_type)


def load_head(base: Model, labels: list[str], pad_token_id: int, own_type: bool = False) -> Any:
    """The same with a classification head, which a base does not have: the adapter brings it."""
    from transformers import AutoModelForSequenceClassification

    with _said_of(base):
        return _load(
            AutoModelForSequenceClassification,
            name_of(base),
            base.revision,
            own_type,
            num_labels=len(labels),
            id2label=dict(enumerate(labels)),
            label2id={label: number for number, label in enumerate(labels)},
            pad_token_id=pad_token_id,
        )


def _load(kind: Any, name: str, revision: str | None, own_type: bool, **options: Any) -> Any:
    import torch
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(name, revision=revision)
    sixteen = torch.float16 if config.dtype == torch.float16 else torch.bfloat16
    dtype = "auto" if own_type else sixteen
    return kind.from_pretrained(name, revision=revision, dtype=dtype, use_safetensors=True, **options).eval()


def load_base(base: Model) -> Any:
    """The 16-bit base. Raises UserError where it is not to be had."""
    with _said_of(base):
        return load_weights(name_of(base), base.revision)


def add_adapter(model: Any, base: Model, adapter: Path) -> PeftModel:
    """Put 04's adapter beside the 16-bit base. Raises UserError where the two do not fit."""
    from peft import PeftModel, get_peft_model_state_dict
    from safetensors import safe_open

    try:
        model = PeftModel.from_pretrained(model, str(adapter), is_trainable=False)
    except (RuntimeError, ValueError) as error:
        raise UserError(f"the adapter does not fit {base.base}: {_last_line(error)}") from None
    with safe_open(adapter / "adapter_model.safetensors", framework="pt") as file:
        stored = set(file.keys())
    placed = set(get_peft_model_state_dict(model))
    if stored != placed:
        odd = sorted(stored ^ placed)[0]
        raise UserError(f"the adapter does not fit {base.base}: {odd} is in one of them and not in the other")
    return model.eval()


def merge(model: PeftModel) -> Any:
    """The base with the adapter's matrices added to its own. Raises UserError for what is no number."""
    try:
        return model.merge_and_unload(safe_merge=True)
    except ValueError as error:
        raise UserError(f"the adapter cannot be merged: {_last_line(error)}") from None


def save(model: Any, folder: Path) -> None:
    """Safetensors in shards under 5 GB, with config.json."""
    model.save_pretrained(folder, max_shard_size=SHARD_BYTES)


@contextmanager
def _said_of(base: Model) -> Iterator[None]:
    """What from_pretrained says of a base that cannot be had, in one line."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise UserError(f"base {base.base}: {str(error).splitlines()[0]}") from None


def _last_line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1].strip()
