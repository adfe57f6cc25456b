"""Training on chats: TRL's SFTTrainer through Unsloth, of LoRA matrices or of every weight."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkprint.chat import Chat
from inkprint.company import size
from inkprint.jsonl import read_records
from inkprint.models import check_device, check_room, import_unsloth, load_model, load_tokenizer, positions
from inkprint.recipe import Recipe
from inkprint.recipe_train import Lora
from inkprint.records import Example, Reject
from inkprint.train.memory import Batch, recomputes
from inkprint.train.plan import Plan
from inkprint.train.rows import Rows, check_given, check_rows, prove_mask, tokenize


@dataclass
class Chats:
    """The examples as tokens, what the mask proof found, and whom the tokens are from."""

    chat: Chat
    rows: dict[str, Rows]
    proof: dict[str, Any]

    @property
    def tokenizer(self) -> Any:
        return self.chat.tokenizer

    @property
    def lengths(self) -> list[int]:
        return self.rows["train"].lengths

    @property
    def rejects(self) -> list[Reject]:
        return [reject for of_split in self.rows.values() for reject in of_split.rejects]

    @property
    def summary(self) -> str:
        learned, read = self.proof["supervised_tokens"], self.proof["prompt_tokens"]
        counts = {"answers": self.proof["lost_characters"], "prompts": self.proof["lost_prompt_characters"]}
        lost = " and ".join(f"{count:,} of the {where}" for where, count in counts.items() if count)
        unknown = f"; characters unknown to the tokenizer, and lost: {lost}" if lost else ""
        return f"{learned:,} tokens learned from, {read:,} only read{unknown}"


def read_chats(recipe: Recipe, examples: Path, cache: Path) -> Chats:
    """Tokens and proof, with the tokenizer alone; imports Unsloth."""
    assert recipe.model is not None
    import_unsloth(recipe.model, recipe.device, cache)
    check_device(recipe.device)
    check_room(recipe.model, recipe.train.max_tokens)
    chat = Chat(load_tokenizer(recipe.model), recipe.model)
    read = list(read_records(examples, Example))
    rows = {
        split: tokenize(_of(read, split), chat, recipe.train.loss, recipe.train.max_tokens)
        for split in ("train", "validation")
    }
    check_rows(rows)
    return Chats(chat, rows, prove_mask(rows, chat, recipe.train.loss))


def _of(examples: list[Example], split: str) -> Iterable[Example]:
    return (example for example in examples if example.split == split)


def make_chat_trainer(recipe: Recipe, chats: Chats, plan: Plan, batch: Batch, checkpoints: Path) -> Any:
    """Load the model and make TRL's SFTTrainer over rows that are already tokens and labels."""
    import torch
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    from inkprint.train.trainer import by_length, let_it_settle, planned, trainer_settings

    settings = recipe.train
    assert recipe.model is not None
    model = load_model(recipe.model, recipe.device, settings.method, recipe.seed, settings.max_tokens)
    # Of processes on a CPU one died at its end, once in five runs, where values were kept: not understood.
    shared = torch.cuda.is_available() or size() > 1
    recompute = recomputes(model.config, batch.batch_size, max(chats.lengths), shared)
    if isinstance(settings, Lora):
        model = _add_lora(model, settings, recipe.seed, recompute)
    config = SFTConfig(
        max_length=settings.max_tokens, packing=False, gradient_checkpointing=recompute,
        **trainer_settings(recipe, batch, checkpoints, model),
    )  # fmt: skip
    let_it_settle(config)
    columns = {
        split: {"input_ids": rows.input_ids, "labels": rows.labels} for split, rows in chats.rows.items()
    }
    trainer = planned(SFTTrainer, plan, texts=False)(
        model=model,
        processing_class=chats.tokenizer,
        train_dataset=Dataset.from_dict(columns["train"]),
        eval_dataset=Dataset.from_dict(by_length(columns["validation"])),
        args=config,
    )
    check_given(chats.rows["train"], trainer)
    if isinstance(settings, Lora):
        _to_float32(model)
    return trainer


def ask_samples(recipe: Recipe, chats: Chats, work_folder: Path) -> Any:
    """What asks the model a few validation prompts, again and again."""
    from inkprint.train.samples import Samples

    assert recipe.model is not None
    room = positions(recipe.model)
    examples = chats.rows["validation"].examples
    return Samples(chats.chat, examples, room, recipe.seed, work_folder / "samples.jsonl")


def _add_lora(model: Any, settings: Lora, seed: int, recompute: bool) -> Any:
    """Put fresh LoRA matrices on the model, seeded. recompute: recomputes()."""
    from unsloth import FastLanguageModel

    return FastLanguageModel.get_peft_model(
        model,
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=settings.target_modules,
        bias="none",
        use_gradient_checkpointing="unsloth" if recompute else False,
        random_state=seed,
    )


def _to_float32(model: Any) -> None:
    """Keep what is trained in 32 bits.

    TRL casts a QLoRA adapter to bfloat16 and a resumed checkpoint comes back as float32: without this an
    interrupted run would end elsewhere than one that was not.
    """
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
