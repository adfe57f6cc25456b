"""Train a LoRA adapter on the examples; the only training, with Unsloth and TRL's SFTTrainer.

Reads   03_synthesize/examples.jsonl       prompt and completion as messages, with their split
        the base model                     a folder, or a Hub name with a revision
Writes  04_train/adapter/                  adapter_model.safetensors, adapter_config.json (PEFT)
        04_train/training_log.jsonl        {"step": 10, "epoch": 0.42, "loss": 2.31, "learning_rate": 0.0009,
                                            "grad_norm": 1.2, "tokens": 40321, "seconds": 12.3}
                                           {"step": 20, "epoch": 0.8, "validation_loss": 2.5, "seconds": 20.1}
        04_train/mask_proof.json           what was learned from: counts, and a sample decoded from the labels
        04_train/rejects.jsonl             {"id": "reject-…", "source_id": "example-…", "reason": "too long"}

    python scripts/04_train.py recipes/demo.yaml

A killed run goes on from its last checkpoint and ends in the same adapter.
Time: the demo's 2.6 million parameters take a minute on 2 cores, 14 billion hours on an RTX 4090.
Memory: the recipe's header says.
"""

from __future__ import annotations

import json
import shutil
import sys
from math import ceil
from pathlib import Path
from typing import Any

from inkprint.artifacts import Stage
from inkprint.chat import Chat
from inkprint.command import Command, start
from inkprint.gpus import choose_gpus, find_gpus
from inkprint.models import base_inputs, check_base, import_unsloth, load_base
from inkprint.recipe import Recipe, prompt_files
from inkprint.records import Example, read_records, write_json, write_records
from inkprint.train import team
from inkprint.train.checkpoints import clear_checkpoints, newest_checkpoint, read_log, rewind_log
from inkprint.train.rows import Rows, check_rows, prove_mask, tokenize

CHECKPOINTS_KEPT = 2  # the last, and the one before it should the last be damaged


def add_lora(model: Any, recipe: Recipe) -> Any:
    """Put fresh LoRA matrices on the model, seeded."""
    from unsloth import FastLanguageModel

    settings = recipe.train
    return FastLanguageModel.get_peft_model(
        model,
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=settings.target_modules,
        bias="none",
        use_gradient_checkpointing="unsloth",
        random_state=recipe.seed,
    )


def make_trainer(model: Any, chat: Chat, rows: dict[str, Any], recipe: Recipe, checkpoints: Path) -> Any:
    """TRL's SFTTrainer over rows that are already tokens and labels."""
    import torch
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl import SFTConfig, SFTTrainer

    settings = recipe.train
    bf16 = torch.cuda.is_available() and torch.cuda.is_bf16_supported()
    config = SFTConfig(
        output_dir=str(checkpoints),
        max_length=settings.max_tokens,
        packing=False,
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch_size,
        per_device_eval_batch_size=settings.batch_size,  # never more memory than training
        gradient_accumulation_steps=settings.accumulation_steps // team.size(),
        learning_rate=settings.learning_rate,
        lr_scheduler_type=settings.scheduler,
        warmup_steps=settings.warmup_steps,
        weight_decay=settings.weight_decay,
        optim=settings.optimizer,
        bf16=bf16,
        fp16=torch.cuda.is_available() and not bf16,
        seed=recipe.seed,
        data_seed=recipe.seed,
        logging_steps=1,
        eval_strategy="steps",
        eval_steps=settings.evaluate_every_steps,
        save_strategy="steps",
        save_steps=settings.save_every_steps,
        save_total_limit=CHECKPOINTS_KEPT,
        dataloader_num_workers=0,
        disable_tqdm=True,
        report_to="none",
    )
    if config.device.type == "cpu":
        # One of several processes calls it cpu:0, where torch cannot load a checkpoint's optimizer to.
        config.__dict__["_setup_devices"] = torch.device("cpu")
    trainer = SFTTrainer(
        model=model,
        processing_class=chat.tokenizer,
        train_dataset=Dataset.from_dict(
            {"input_ids": rows["train"].input_ids, "labels": rows["train"].labels}
        ),
        eval_dataset=Dataset.from_dict(
            {"input_ids": rows["validation"].input_ids, "labels": rows["validation"].labels}
        ),
        args=config,
    )
    trainer.remove_callback(PrinterCallback)  # Follow writes the log
    for parameter in model.parameters():
        # TRL casts a QLoRA adapter to bfloat16 and a resumed checkpoint comes back as float32: without
        # this an interrupted run would end elsewhere than one that was not.
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    return trainer


def save_adapter(model: Any, folder: Path, base: str) -> None:
    """Write the adapter as safetensors, naming the base as the recipe does and not by a path of here."""
    model.save_pretrained(str(folder), safe_serialization=True)
    config_path = folder / "adapter_config.json"
    config = json.loads(config_path.read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = base
    config["target_modules"] = sorted(config["target_modules"])  # PEFT keeps a set, in no order
    config_path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    (folder / "README.md").unlink(missing_ok=True)  # a card full of blanks; 07 writes a true one


def training_facts(model: Any, log: list[dict[str, Any]], tokens: int, steps: int) -> dict[str, Any]:
    """What the report's tables need besides the log."""
    validation = [entry["validation_loss"] for entry in log if "validation_loss" in entry]
    losses = [entry["loss"] for entry in log if "loss" in entry]
    seconds = log[-1]["seconds"]
    return {
        "steps": steps,
        "epochs": log[-1]["epoch"],
        "trainable_parameters": model.get_nb_trainable_parameters()[0],
        "total_parameters": model.get_nb_trainable_parameters()[1],
        "train_tokens": round(tokens * log[-1]["epoch"]),
        "train_seconds": seconds,
        "tokens_per_second": round(tokens * log[-1]["epoch"] / max(seconds, 0.1)),
        "first_loss": losses[0],
        "final_loss": round(sum(losses[-10:]) / len(losses[-10:]), 4),
        "first_validation_loss": validation[0],
        "best_validation_loss": min(validation),
        "last_validation_loss": validation[-1],
    }


def make_stage(command: Command) -> Stage:
    recipe = command.recipe
    base = base_inputs(recipe.model)
    return Stage(
        run_folder=command.run_folder,
        name="train",
        format_number=1,
        settings={"train": recipe.train.model_dump(), "model": recipe.model.model_dump(exclude={"base"})},
        seed=recipe.seed,
        inputs=command.inputs("03_synthesize/examples.jsonl") | base.get("files", {}),
        identities=base.get("identities", {}),
        absent=base.get("absent", {}),
        prompts=prompt_files(recipe.model.chat_template),
        script=command.script,
    )


def get_ready(command: Command, stage: Stage) -> tuple[Any, Chat, dict[str, Rows], Path | None]:
    """The trainer, the chat, the rows and the checkpoint to go on from: the same in every process."""
    recipe = command.recipe
    import_unsloth(recipe.model, recipe.device, command.run_folder.parent / "cache")
    model, chat = load_base(
        recipe.model, recipe.device, recipe.train.method == "qlora", recipe.seed, recipe.train.max_tokens
    )
    examples = list(read_records(stage.inputs["03_synthesize/examples.jsonl"], Example))
    rows = {
        split: tokenize(
            (e for e in examples if e.split == split), chat, recipe.train.loss, recipe.train.max_tokens
        )
        for split in ("train", "validation")
    }
    check_rows(rows)
    model = add_lora(model, recipe)
    team.check_share(recipe.train.accumulation_steps)
    checkpoints = stage.work_folder / "checkpoints"
    checkpoint = newest_checkpoint(checkpoints)
    trainer = make_trainer(model, chat, rows, recipe, checkpoints)
    team.agree(checkpoint)
    trainer.args.eval_on_start = checkpoint is None
    return trainer, chat, rows, checkpoint


def main(command: Command) -> None:
    recipe = command.recipe
    stage = make_stage(command)
    if team.rank() > 0:
        team.follow_the_leader()
        trainer, _, _, checkpoint = get_ready(command, stage)
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        return
    if command.settled(stage, lambda: check_machine(recipe)):
        return
    clear_checkpoints(stage.work_folder / "checkpoints")
    others = [sys.executable, str(command.script), str(command.recipe_path)]
    with team.company(recipe.gpus, others, command.run_folder / "logs"):
        train(command, stage)


def check_machine(recipe: Recipe) -> None:
    """Raise UserError for a base or cards that are not there, before anything is loaded."""
    check_base(recipe.model)
    if gpus := find_gpus():
        choose_gpus(gpus, recipe.gpus)


def train(command: Command, stage: Stage) -> None:
    """Train, with the others where there are some, and write the stage's folder."""
    recipe, output = command.recipe, command.working()
    with output.quiet():
        trainer, chat, rows, checkpoint = get_ready(command, stage)
        proof = prove_mask(rows, list(trainer.train_dataset), chat, recipe.train.loss)
    print(
        f"   {proof['rows']['train']:,} rows, {proof['supervised_tokens']:,} tokens learned from,"
        f" {proof['prompt_tokens']:,} only read; {sum(proof['rejected'].values())} rows too long",
        flush=True,
    )
    if proof["lost_characters"]:
        print(f"   {proof['lost_characters']:,} characters of the answers are unknown to the tokenizer: lost")
    log = stage.work_folder / "training_log.jsonl"
    resumed_seconds = rewind_log(log, checkpoint)
    if checkpoint is not None:
        print(f"   goes on from step {checkpoint.name.rpartition('-')[2]}", flush=True)
    steps = planned_steps(len(rows["train"].input_ids), recipe)
    with output.counter("steps", steps) as advance, output.quiet():
        from inkprint.train.follow import Follow  # after Unsloth: it imports transformers

        trainer.add_callback(Follow(log, advance, rows["train"].tokens, resumed_seconds))
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    assert trainer.state.global_step == steps, f"{trainer.state.global_step} steps done, {steps} planned"
    entries = read_log(log)
    with stage.writing() as folder:
        save_adapter(trainer.model, folder / "adapter", recipe.model.base)
        shutil.copy(log, folder / "training_log.jsonl")
        write_json(folder / "mask_proof.json", proof)
        rejects = [reject for of_split in rows.values() for reject in of_split.rejects]
        write_records(folder / "rejects.jsonl", rejects)
        kept = sum(len(of_split.input_ids) for of_split in rows.values())
        counts = {
            "unit": "rows",
            "in": kept + len(rejects),
            "out": kept,
            "rejected": len(rejects),
            "failed": 0,
        }
        facts = training_facts(trainer.model, entries, rows["train"].tokens, steps)
        facts["processes"] = team.size()
        facts["optimizer"] = str(getattr(trainer.args.optim, "value", trainer.args.optim))
        facts["adapter_bytes"] = (folder / "adapter" / "adapter_model.safetensors").stat().st_size
        stage.finish(counts, **facts)
    if facts["optimizer"] != recipe.train.optimizer:
        print(f"   optimizer {facts['optimizer']}: {recipe.train.optimizer} needs a GPU")
    print(
        f"   {steps} steps, {facts['tokens_per_second']:,} tokens/s, validation loss"
        f" {facts['first_validation_loss']:.3f} -> {facts['last_validation_loss']:.3f}"
    )


def planned_steps(rows: int, recipe: Recipe) -> int:
    """Optimizer steps: the last, smaller batch of an epoch is a step too."""
    batches = ceil(rows / (recipe.train.batch_size * team.size()))  # of every process
    return ceil(ceil(batches / (recipe.train.accumulation_steps // team.size())) * recipe.train.epochs)


if __name__ == "__main__":
    start(main, __doc__, __file__)
