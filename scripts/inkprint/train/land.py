"""What a training leaves: the best checkpoint's weights, and what the report's tables need."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from inkprint.models import write_tokenizer
from inkprint.recipe import Recipe


def land_adapter(checkpoint: Path, folder: Path, base: str) -> None:
    """Copy the adapter, naming the base as the recipe does and not by a path of here."""
    folder.mkdir()
    shutil.copy(checkpoint / "adapter_model.safetensors", folder)
    config = json.loads((checkpoint / "adapter_config.json").read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = base
    config["target_modules"] = sorted(config["target_modules"])  # PEFT keeps a set, in no order
    text = json.dumps(config, indent=2, sort_keys=True) + "\n"
    (folder / "adapter_config.json").write_text(text, encoding="utf-8")


def land_model(checkpoint: Path, folder: Path, tokenizer: Any) -> None:
    """Copy the weights and the configuration, and put the tokenizer beside them."""
    folder.mkdir()
    for pattern in ("*.safetensors", "*.safetensors.index.json", "config.json", "generation_config.json"):
        for path in sorted(checkpoint.glob(pattern)):
            shutil.copy(path, folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    config.pop("_name_or_path", None)  # a path of this machine
    config.pop("use_cache", None)  # off while it learned with checkpointing; on is what configurations mean
    text = json.dumps(config, indent=2, sort_keys=True) + "\n"
    (folder / "config.json").write_text(text, encoding="utf-8")
    write_tokenizer(tokenizer, folder)


def parameter_counts(model: Any) -> tuple[int, int]:
    """(trained, all) parameters; of a model in 4 bits as many as it stands for."""
    if hasattr(model, "get_nb_trainable_parameters"):
        return model.get_nb_trainable_parameters()
    return model.num_parameters(only_trainable=True), model.num_parameters()


def training_facts(model: Any, log: list[dict[str, Any]], tokens: int, best: int) -> dict[str, Any]:
    """What the report's tables need besides the log. tokens: of one epoch. best: the step that landed."""
    losses = [entry for entry in log if "loss" in entry]
    looks = [(entry["step"], entry["validation_loss"]) for entry in log if "validation_loss" in entry]
    seconds, epochs = log[-1]["seconds"], losses[-1]["epoch"]
    trainable, total = parameter_counts(model)
    return {
        "steps": losses[-1]["step"],
        "epochs": epochs,
        "trainable_parameters": trainable,
        "total_parameters": total,
        "train_tokens": round(tokens * epochs),
        "train_seconds": seconds,
        "tokens_per_second": round(tokens * epochs / max(seconds, 0.1)),
        "first_loss": losses[0]["loss"],
        "final_loss": round(sum(entry["loss"] for entry in losses[-10:]) / len(losses[-10:]), 4),
        "first_validation_loss": looks[0][1],
        "best_validation_loss": dict(looks)[best],
        "best_step": best,
        "last_validation_loss": looks[-1][1],
    }


def land(checkpoint: Path, folder: Path, recipe: Recipe, tokenizer: Any) -> dict[str, int]:
    """Put the checkpoint's weights where the recipe's method has them; returns how many bytes they are."""
    assert recipe.model is not None
    if recipe.train.method == "full":
        land_model(checkpoint, folder / "model", tokenizer)
        return {"model_bytes": sum(path.stat().st_size for path in (folder / "model").glob("*.safetensors"))}
    land_adapter(checkpoint, folder / "adapter", recipe.model.base)
    return {"adapter_bytes": (folder / "adapter" / "adapter_model.safetensors").stat().st_size}
