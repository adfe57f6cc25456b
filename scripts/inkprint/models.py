"""Loading the base model, bare or with the adapter that 04 made."""

from __future__ import annotations

import gc
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inkprint.chat import Chat
from inkprint.errors import UserError
from inkprint.gpus import claim_gpus
from inkprint.jsonl import write_json
from inkprint.recipe_values import ROOT, Model

if TYPE_CHECKING:
    from peft import PeftModel

DEMO_BASE = "artifacts/cache/demo-base"
# What makes a model a model; the rest of its folder (README, images) changes nothing.
MODEL_FILES = (
    "config.json", "generation_config.json", "*.safetensors", "*.safetensors.index.json", "tokenizer*",
    "special_tokens_map.json", "added_tokens.json", "vocab.*", "merges.txt", "chat_template*",
)  # fmt: skip


def base_inputs(settings: Model) -> dict[str, Any]:
    """The base model as arguments of artifacts.Stage: files by content, a Hub model by revision."""
    folder = settings.folder
    if folder is None:
        return {"identities": {"base": f"{settings.base}@{settings.revision}"}}
    if not folder.is_dir():
        return {"absent": {"base/": folder}}
    files = sorted({path for pattern in MODEL_FILES for path in folder.glob(pattern)})
    return {"files": {f"base/{path.name}": path for path in files}}


def check_base(settings: Model) -> None:
    """Raise UserError when a base model's folder is not there or holds no model."""
    folder = settings.folder
    if folder is None:
        return
    if not folder.is_dir():
        made_by = "python scripts/make_demo_base.py" if folder == ROOT / DEMO_BASE else "see model.base"
        raise UserError(f"{folder}: no base model there; {made_by}")
    for name in ("config.json", "tokenizer_config.json"):
        if not (folder / name).is_file():
            raise UserError(f"{folder / name}: not there, so this folder is no base model")
    if not any(folder.glob("*.safetensors")):
        raise UserError(f"{folder}: no .safetensors in it; weights in other formats are not loaded")


def positions(settings: Model) -> int:
    """How many tokens the base model can hold at once, by its configuration."""
    from transformers import AutoConfig

    return AutoConfig.from_pretrained(_name(settings), revision=settings.revision).max_position_embeddings


def base_commit(settings: Model) -> str | None:
    """The commit that a base's revision stands for on the Hub today, or in the cache; None for a folder."""
    if settings.folder is not None:
        return None
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(settings.base, revision=settings.revision)._commit_hash
    except OSError as error:
        raise _not_to_be_had(settings, error) from None


def settle_environment(settings: Model, device: str) -> None:
    """What torch and transformers read from the environment; call it before they are imported.

    One card is in sight, or those of the processes that train together on this machine.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    # Threads that wait by spinning all but stop on a machine that is shared (seen: 5 s a step, not 0.4).
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    claim_gpus(int(os.environ.get("LOCAL_WORLD_SIZE", "1")))
    if settings.folder is not None:
        os.environ["HF_HUB_OFFLINE"] = "1"
    if device == "gpu":
        # A fault of the GPU must not turn into a run of weeks on the CPU.
        os.environ["UNSLOTH_DISABLE_CPU_FALLBACK"] = "1"


def import_unsloth(settings: Model, device: str, cache: Path) -> None:
    """Import Unsloth before what it patches (transformers, trl, peft), with its environment settled.

    Raises UserError where the recipe wants a GPU and there is none.
    """
    os.environ.setdefault("UNSLOTH_COMPILE_LOCATION", str((cache / "unsloth").resolve()))
    os.environ.setdefault("UNSLOTH_DISABLE_STATISTICS", "1")
    settle_environment(settings, device)
    # Five thousand modules make objects that stay. Looking for garbage among them takes a sixth of the
    # time (10.8 s of a core instead of 13.1); frozen, they are not looked at again while there is training.
    gc.disable()
    try:
        import unsloth  # noqa: F401
    except NotImplementedError:  # as it says that there is no accelerator, where the CPU is not allowed
        check_device(device)
        raise
    finally:
        gc.enable()
        gc.freeze()


def load_base(settings: Model, device: str, four_bit: bool, seed: int, max_tokens: int) -> tuple[Any, Chat]:
    """A model to generate with, through Unsloth, and its tokenizer. Call import_unsloth first.

    In 4 bits (NF4), or in 16 on a GPU, or in 32 on a CPU, where an answer in a batch is then that of a prompt
    alone.
    """
    import torch

    dtype = None if four_bit or torch.cuda.is_available() else torch.float32
    model = load_model(settings, device, "qlora" if four_bit else "lora", seed, max_tokens, dtype)
    return model, Chat(load_tokenizer(settings), settings)


def load_model(
    settings: Model, device: str, method: str, seed: int, max_tokens: int, dtype: Any = None
) -> Any:
    """The base model through Unsloth, as the method wants it. Call import_unsloth first.

    method: `qlora` takes 4 bits (NF4); `full` leaves every weight to be trained, in 32 bits on a CPU, where
    that costs nothing, and in 16 on a GPU that has bfloat16. dtype: of the others; None leaves it to Unsloth.
    """
    import torch
    from unsloth import FastLanguageModel

    check_room(settings, max_tokens)
    check_device(device)
    full = method == "full"
    try:
        model, _ = FastLanguageModel.from_pretrained(
            model_name=_name(settings),
            revision=settings.revision,
            max_seq_length=max_tokens,
            dtype=torch.float32 if full and not torch.cuda.is_available() else dtype,
            load_in_4bit=method == "qlora",
            full_finetuning=full,
            use_exact_model_name=True,
            random_state=seed,
        )
    except OSError as error:
        raise _not_to_be_had(settings, error) from None
    return model


def load_classifier(settings: Model, method: str, labels: list[str], pad_token_id: int) -> Any:
    """The base model with a classification head, without Unsloth; a base has none, and a fresh one is drawn.

    Every weight is in 32 bits, or for LoRA in what the GPU computes best, or for `qlora` in 4 bits.
    """
    import torch
    from transformers import AutoModelForSequenceClassification, BitsAndBytesConfig

    gpu = torch.cuda.is_available()
    half = (
        torch.bfloat16 if gpu and torch.cuda.is_bf16_supported() else torch.float16 if gpu else torch.float32
    )
    four_bit = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=half,
        llm_int8_skip_modules=["score", "classifier", "lm_head"],
    )
    try:
        model = AutoModelForSequenceClassification.from_pretrained(
            _name(settings),
            revision=settings.revision,
            num_labels=len(labels),
            id2label=dict(enumerate(labels)),
            label2id={label: number for number, label in enumerate(labels)},
            pad_token_id=pad_token_id,
            dtype=torch.float32 if method == "full" else half,
            quantization_config=four_bit if method == "qlora" else None,
            device_map={"": torch.cuda.current_device() if gpu else "cpu"},
        )
    except OSError as error:
        raise _not_to_be_had(settings, error) from None
    for module in model.modules():
        # bitsandbytes packs weights on a CPU at the first look without gradients, and the backward pass
        # through what it packed is wrong.
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False
    return model


def load_tokenizer(settings: Model) -> Any:
    """The base model's tokenizer, as it is there."""
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(_name(settings), revision=settings.revision)
    except OSError as error:
        raise _not_to_be_had(settings, error) from None


def check_room(settings: Model, max_tokens: int) -> None:
    """Raise UserError for rows that are longer than what the base model holds."""
    if max_tokens > positions(settings):
        # Unsloth would stretch the positions (RoPE scaling) and say so in a log that nobody reads.
        raise UserError(
            f"{settings.base} holds {positions(settings)} tokens; train.max_tokens is {max_tokens}"
        )


def check_device(device: str) -> None:
    """Raise UserError where the recipe wants a GPU and torch sees none."""
    import torch

    if device == "gpu" and not torch.cuda.is_available():
        raise UserError("this recipe wants a GPU (device: gpu) and torch sees none here; see nvidia-smi")


def _name(settings: Model) -> str:
    return settings.base if settings.folder is None else str(settings.folder)


def _not_to_be_had(settings: Model, error: OSError) -> UserError:
    return UserError(f"model.base {settings.base}: {str(error).splitlines()[0]}")


def add_adapter(model: Any, folder: Path) -> PeftModel:
    """Put 04's adapter on the base model, for inference."""
    from peft import PeftModel

    return PeftModel.from_pretrained(model, str(folder), is_trainable=False)


def write_tokenizer(tokenizer: Any, folder: Path) -> None:
    """Save a tokenizer so that it comes back as it is."""
    tokenizer.save_pretrained(str(folder))
    if getattr(tokenizer, "legacy", False):
        # Llama's of the first kind: transformers 5 reads this setting, and does not write it; without it
        # text behind a special token has other tokens.
        path = folder / "tokenizer_config.json"
        write_json(path, json.loads(path.read_text(encoding="utf-8")) | {"legacy": True})
