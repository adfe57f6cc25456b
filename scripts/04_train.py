"""Train a model on the examples, by the recipe's method; the only training.

Reads   03_synthesize/examples.jsonl       prompt and completion as messages, or text and label; their split
        the base model                     a folder, or a Hub name with a revision; linear has none
Writes  04_train/adapter/                  qlora, lora: adapter_model.safetensors, adapter_config.json (PEFT)
        04_train/model/                    full: safetensors, config.json, the tokenizer's files
        04_train/linear/                   linear: weights.safetensors, vocabulary.json
        04_train/training_log.jsonl        {"step": 10, "epoch": 0.42, "loss": 2.31, "learning_rate": 0.0009,
                                            "grad_norm": 1.2, "tokens": 40321, "seconds": 12.3}
                                           {"step": 20, "epoch": 0.8, "validation_loss": 2.5, "seconds": 20.1}
        04_train/samples.jsonl             {"id": "sample-…", "example_id": "example-…", "step": 20, …}
        04_train/mask_proof.json           what was learned from: counts, and a sample decoded from the labels
        04_train/rejects.jsonl             {"id": "reject-…", "source_id": "example-…", "reason": "too long"}

    python scripts/04_train.py recipes/demo.yaml

What lands is the checkpoint with the best validation loss. A killed run goes on from its last one and ends
in the same bytes; one that runs out of memory goes on with half the rows at a time.
Time: the demo's 2.6 million parameters take a minute on 2 cores, 14 billion hours on an RTX 4090.
Memory: the recipe's header says.
"""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

from inkprint.artifacts import Stage
from inkprint.command import Command, start
from inkprint.company import company, follow_the_leader, rank, size
from inkprint.doctor.forecast import forecast
from inkprint.gpus import check_gpus
from inkprint.jsonl import write_json, write_records
from inkprint.models import base_commit, base_inputs, check_base
from inkprint.recipe import Recipe, prompt_files
from inkprint.recipe_train import Linear
from inkprint.train import land, team
from inkprint.train.chats import Chats, ask_samples, make_chat_trainer, read_chats
from inkprint.train.checkpoints import (
    BESIDE,
    best_step,
    clear_checkpoints,
    has_stopped,
    newest_checkpoint,
    read_log,
    rewind,
    validation_losses,
)
from inkprint.train.classifier import Labelled, make_label_trainer, read_labelled
from inkprint.train.linear import train_linear
from inkprint.train.memory import batch_of, fitting_batch, is_shortage, note_shortage, shortages, start_again
from inkprint.train.plan import Plan


def make_stage(command: Command) -> Stage:
    recipe = command.recipe
    model = recipe.model
    base = base_inputs(model) if model else {}
    return Stage(
        run_folder=command.run_folder,
        name="train",
        format_number=2,
        settings={"train": recipe.train.model_dump(), "model": model and model.model_dump(exclude={"base"})},
        seed=recipe.seed,
        inputs=command.inputs("03_synthesize/examples.jsonl") | base.get("files", {}),
        identities=base.get("identities", {}),
        absent=base.get("absent", {}),
        prompts=prompt_files(model.chat_template if model else None),
        script=command.script,
    )


def check_machine(recipe: Recipe) -> None:
    """Raise UserError for a base or cards that are not there, before anything is loaded."""
    if recipe.model is None:
        return
    check_base(recipe.model)
    check_gpus(recipe.gpus)


def read_rows(command: Command, stage: Stage) -> tuple[Chats | Labelled, Plan]:
    """The examples as tokens, proven, and the order that they are learned in; no model is loaded."""
    recipe = command.recipe
    team.check_share(recipe.train.accumulation_steps)
    examples, cache = stage.inputs["03_synthesize/examples.jsonl"], command.run_folder.parent / "cache"
    labels = recipe.train.loss == "label"
    rows = read_labelled(recipe, examples) if labels else read_chats(recipe, examples, cache)
    return rows, Plan.of(recipe.train, rows.lengths, recipe.seed)


def make_trainer(recipe: Recipe, stage: Stage, rows: Chats | Labelled, plan: Plan) -> tuple[Any, Path | None]:
    """The trainer with its model, and the checkpoint to go on from: the same in every process."""
    from inkprint.train.steer import Steer  # after Unsloth: it imports transformers
    from inkprint.train.trainer import add_callbacks, check_reports
    from inkprint.train.try_out import TryOut

    check_reports(recipe.train.report_to)
    checkpoints = stage.work_folder / "checkpoints"
    checkpoint = newest_checkpoint(checkpoints)
    batch = fitting_batch(recipe.train, stage.work_folder)
    if isinstance(rows, Chats):
        trainer = make_chat_trainer(recipe, rows, plan, batch, checkpoints)
    else:
        trainer = make_label_trainer(recipe, rows, plan, batch, checkpoints)
    team.agree(checkpoint, str(batch))
    trainer.args.eval_on_start = checkpoint is None
    add_callbacks(trainer, [TryOut(trainer, plan), Steer(recipe.train)])
    return trainer, checkpoint


def run(trainer: Any, recipe: Recipe, stage: Stage, steps: int, checkpoint: Path | None) -> None:
    """Train all the steps, or to where no look at the validation split brought anything better."""
    from transformers import TrainerState

    if checkpoint is not None:
        state = trainer.state = TrainerState.load_from_json(str(checkpoint / "trainer_state.json"))
        losses = validation_losses(state.log_history)
        if state.global_step == steps or has_stopped(losses, recipe.train.stop_after_evaluations):
            return  # killed between its last save and its result
    try:
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    except RuntimeError as error:
        if is_shortage(error):
            note_shortage(stage.work_folder, batch_of(trainer.args), trainer.state.global_step)
        raise


def main(command: Command) -> None:
    recipe = command.recipe
    stage = make_stage(command)
    if rank() > 0:
        follow_the_leader()
        rows, plan = read_rows(command, stage)
        trainer, checkpoint = make_trainer(recipe, stage, rows, plan)
        run(trainer, recipe, stage, plan.steps, checkpoint)
        team.part()
        return
    if command.settled(stage, lambda: check_machine(recipe)):
        return
    if isinstance(recipe.train, Linear):
        train_linear(recipe, stage)
        return
    clear_checkpoints(stage.work_folder / "checkpoints")
    batch = fitting_batch(recipe.train, stage.work_folder)

    def go_on_narrower() -> None:
        # It may have been another process whose memory ran out: the note in the work folder tells.
        narrower = fitting_batch(recipe.train, stage.work_folder)
        if narrower != batch:
            start_again(command, narrower)

    try:
        with company(recipe.gpus, command.again(), command.run_folder / "logs" / "train", go_on_narrower):
            train(command, stage)
    except Exception:
        go_on_narrower()
        raise


def train(command: Command, stage: Stage) -> None:
    """Train, with the others where there are some, and write the stage's folder."""
    recipe, output = command.recipe, command.working()
    batch = fitting_batch(recipe.train, stage.work_folder)
    with output.quiet():
        rows, plan = read_rows(command, stage)
    tell_plan(rows, plan, batch.batch_size)
    for line in forecast(recipe, sum(plan.lengths), team.size(), command.run_folder.parent):
        print(f"   {line}", flush=True)
    with output.quiet():
        trainer, checkpoint = make_trainer(recipe, stage, rows, plan)
    seconds = rewind(stage.work_folder, checkpoint)
    if checkpoint is not None:
        print(f"   goes on from step {checkpoint.name.rpartition('-')[2]}", flush=True)
    log = stage.work_folder / "training_log.jsonl"
    with output.counter("steps", plan.steps) as advance, output.quiet():
        from inkprint.train.follow import Follow

        follow = Follow(stage.work_folder, advance, sum(plan.lengths), seconds)
        follow.tell_shortages(shortages(stage.work_folder), batch, read_log(log) if log.exists() else [])
        trainer.add_callback(follow)
        if isinstance(rows, Chats):
            trainer.add_callback(ask_samples(recipe, rows, stage.work_folder))
        run(trainer, recipe, stage, plan.steps, checkpoint)
        team.part()
    losses = validation_losses(trainer.state.log_history)
    steps = trainer.state.global_step
    early = steps < plan.steps and has_stopped(losses, recipe.train.stop_after_evaluations)
    assert early or steps == plan.steps, f"{steps} steps done, {plan.steps} planned"
    logged = [entry["step"] for entry in read_log(log) if "loss" in entry]
    assert logged == list(range(1, steps + 1)), f"{steps} steps done, the log has {logged}"
    best = best_step(losses)
    if early:
        follow.tell_stop(steps, best)
    write_result(command, stage, rows, plan, trainer, best)


def tell_plan(rows: Chats | Labelled, plan: Plan, batch_size: int) -> None:
    """Say what is about to be learned, before the model is loaded."""
    tokens = sum(plan.lengths)
    print(
        f"   {len(plan.lengths):,} rows of {tokens:,} tokens, {plan.epochs:g} epochs: {plan.steps:,} steps,"
        f" {round(tokens * plan.epochs):,} tokens and {plan.padding_share(batch_size):.1%} padding"
    )
    reasons = Counter(reject.reason for reject in rows.rejects).most_common()
    why = f": {', '.join(f'{reason} {count:,}' for reason, count in reasons)}" if reasons else ""
    print(f"   {rows.summary}; {len(rows.rejects):,} rows rejected{why}", flush=True)


def write_result(
    command: Command, stage: Stage, rows: Chats | Labelled, plan: Plan, trainer: Any, best: int
) -> None:
    """Land the best checkpoint, and write what is known of the training."""
    from inkprint.train.trainer import optimizer_of

    recipe, batch = command.recipe, fitting_batch(command.recipe.train, stage.work_folder)
    entries = read_log(stage.work_folder / "training_log.jsonl")
    facts = land.training_facts(trainer.model, entries, sum(plan.lengths), best)
    facts |= {
        "base_commit": base_commit(recipe.model),  # `main` moves; 05 asks for this one
        "planned_steps": plan.steps,
        "processes": size(),
        "optimizer": optimizer_of(trainer),
        "batch_size": batch.batch_size,
        "accumulation_steps": batch.accumulation_steps,
        "padding_share": round(plan.padding_share(batch.batch_size), 4),
        "out_of_memory": [entry["out_of_memory"] for entry in entries if "out_of_memory" in entry],
    }
    with stage.writing() as folder:
        facts |= land.land(
            stage.work_folder / "checkpoints" / f"checkpoint-{best}", folder, recipe, rows.tokenizer
        )
        for name in BESIDE:  # there are no samples of a classifier
            if (stage.work_folder / name).is_file():
                shutil.copy(stage.work_folder / name, folder / name)
        write_json(folder / "mask_proof.json", rows.proof)
        write_records(folder / "rejects.jsonl", rows.rejects)
        kept, rejected = sum(rows.proof["rows"].values()), len(rows.rejects)
        counts = {"unit": "rows", "in": kept + rejected, "out": kept, "rejected": rejected, "failed": 0}
        stage.finish(counts, **facts)
    tell_result(recipe, facts)


def tell_result(recipe: Recipe, facts: dict[str, Any]) -> None:
    if "8bit" in recipe.train.optimizer and "8bit" not in facts["optimizer"]:
        print(f"   optimizer {facts['optimizer']}: {recipe.train.optimizer} needs a GPU")
    if facts["steps"] < facts["planned_steps"]:
        print(f"   stopped early: no better validation loss since step {facts['best_step']}")
    first, best = facts["first_validation_loss"], facts["best_validation_loss"]
    print(
        f"   {facts['steps']} steps, {facts['tokens_per_second']:,} tokens/s,"
        f" validation loss {first:.3f} -> {best:.3f} at step {facts['best_step']}"
    )


if __name__ == "__main__":
    start(main, __doc__, __file__)
