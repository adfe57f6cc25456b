"""One side of the training comparison: 04's trainer, or plain transformers, PEFT, bitsandbytes and TRL.

    python bench/train_once.py JOB.json ANSWER.json      bench/tuning.py and bench/gpu.py hand out the jobs

Job: {"side": "inkprint" or "plain", "recipe": path, "run_folder": of a run that has 03's examples, "steps":
of the optimizer, "cache": folder, "adapter": where to save it, or null}. Both sides get the same rows as the
same tokens and labels, the same adapter, optimizer, schedule, batch, seed and precision, and on a GPU the
same checkpointing; neither validates nor saves. What is left between them is what 04 is: Unsloth's kernels,
rows batched by length, and on a CPU no layer of a small model made twice. The clock begins behind the first
steps; the loss of the same few rows, before and after, shows that both learn the same thing.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "bench")]

from inkprint.chat import Chat
from inkprint.jsonl import read_records
from inkprint.models import import_unsloth, load_tokenizer, settle_environment
from inkprint.recipe import Recipe
from inkprint.recipe_file import load_recipe
from inkprint.records import Example
from inkprint.train.chats import Chats, make_chat_trainer
from inkprint.train.memory import Batch
from inkprint.train.plan import Plan
from inkprint.train.rows import Rows, check_given, tokenize
from once import answer, job

WARM_STEPS = 2  # they compile, and allocate what later ones find there
NEVER = 10**6
PROBE_ROWS = 8
SPLITS = ("train", "validation")


def main() -> None:
    asked = job()
    recipe = _undisturbed(load_recipe(Path(asked["recipe"])))
    cache = Path(asked["cache"])
    assert recipe.model is not None
    if asked["side"] == "inkprint":
        import_unsloth(recipe.model, recipe.device, cache)
    else:
        settle_environment(recipe.model, recipe.device)
    chat = Chat(load_tokenizer(recipe.model), recipe.model)
    rows = _rows(recipe, chat, Path(asked["run_folder"]))
    make = _ours if asked["side"] == "inkprint" else _plain
    began = time.perf_counter()
    trainer = make(recipe, chat, rows)
    loaded = time.perf_counter() - began
    found = _train(trainer, rows["train"], asked["steps"])
    if asked["adapter"]:
        trainer.model.save_pretrained(asked["adapter"])
    answer({"load_seconds": loaded} | found)


def _undisturbed(recipe: Recipe) -> Recipe:
    """The recipe without looks at the validation split and without checkpoints."""
    rare = {"evaluate_every_steps": NEVER, "save_every_steps": NEVER}
    return recipe.model_copy(update={"train": recipe.train.model_copy(update=rare)})


def _rows(recipe: Recipe, chat: Chat, run_folder: Path) -> dict[str, Rows]:
    read = list(read_records(run_folder / "03_synthesize" / "examples.jsonl", Example))
    train = recipe.train
    return {
        split: tokenize((one for one in read if one.split == split), chat, train.loss, train.max_tokens)
        for split in SPLITS
    }


def _ours(recipe: Recipe, chat: Chat, rows: dict[str, Rows]) -> Any:
    """What 04 makes, with its try-out of the longest batch."""
    from inkprint.train.trainer import add_callbacks
    from inkprint.train.try_out import TryOut

    plan = Plan.of(recipe.train, rows["train"].lengths, recipe.seed)
    trainer = make_chat_trainer(recipe, Chats(chat, rows, {}), plan, _batch(recipe), Path("checkpoints"))
    add_callbacks(trainer, [TryOut(trainer, plan)])
    return trainer


def _plain(recipe: Recipe, chat: Chat, rows: dict[str, Rows]) -> Any:
    """What a person writes who knows these libraries: a base in 4 bits, an adapter, TRL's trainer."""
    from datasets import Dataset
    from peft import LoraConfig
    from trl import SFTConfig

    from inkprint.train.trainer import trainer_settings

    settings = recipe.train
    model = load_plain(recipe)
    for module in model.modules():
        # bitsandbytes packs weights on a CPU at the first look without gradients, and has no way back through
        # what it packed.
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False
    lora = LoraConfig(
        task_type="CAUSAL_LM", r=settings.rank, lora_alpha=settings.alpha, lora_dropout=settings.dropout,
        target_modules=settings.target_modules, bias="none",
    )  # fmt: skip
    config = SFTConfig(
        max_length=settings.max_tokens, packing=False, gradient_checkpointing=True,
        gradient_checkpointing_kwargs={"use_reentrant": False},
        **trainer_settings(recipe, _batch(recipe), Path("checkpoints"), model),
    )  # fmt: skip
    columns = {"input_ids": rows["train"].input_ids, "labels": rows["train"].labels}
    held_out = {"input_ids": rows["validation"].input_ids, "labels": rows["validation"].labels}
    trainer = _sft_trainer()(
        model=model, processing_class=chat.tokenizer, train_dataset=Dataset.from_dict(columns),
        eval_dataset=Dataset.from_dict(held_out), args=config, peft_config=lora,
    )  # fmt: skip
    check_given(rows["train"], trainer)
    for parameter in trainer.model.parameters():
        if parameter.requires_grad:  # TRL makes them 16 bits; 04 learns in 32
            parameter.data = parameter.data.float()
    return trainer


def _sft_trainer() -> type:
    """TRL's trainer; without a GPU with transformers' loss, since TRL's own is a Triton kernel."""
    import torch
    from transformers import Trainer
    from trl import SFTTrainer

    class WithoutTriton(SFTTrainer):
        def compute_loss(self, *arguments: Any, **named: Any) -> Any:
            return Trainer.compute_loss(self, *arguments, **named)

    return SFTTrainer if torch.cuda.is_available() else WithoutTriton


def load_plain(recipe: Recipe) -> Any:
    """The base through transformers and bitsandbytes alone, in the precision that Unsloth takes here."""
    import torch
    from transformers import AutoModelForCausalLM, BitsAndBytesConfig

    gpu = torch.cuda.is_available()
    half = torch.bfloat16 if gpu and torch.cuda.is_bf16_supported() else torch.float16
    four_bits = recipe.train.method == "qlora"
    dtype = half if gpu else torch.bfloat16 if four_bits else torch.float32
    four_bit = BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )  # fmt: skip
    assert recipe.model is not None
    return AutoModelForCausalLM.from_pretrained(
        str(recipe.model.folder or recipe.model.base), revision=recipe.model.revision, dtype=dtype,
        quantization_config=four_bit if four_bits else None,
        device_map={"": torch.cuda.current_device() if gpu else "cpu"},
    )  # fmt: skip


def _batch(recipe: Recipe) -> Batch:
    return Batch(recipe.train.batch_size, recipe.train.accumulation_steps)


def _train(trainer: Any, rows: Rows, steps: int) -> dict[str, Any]:
    """So many steps by the clock, and the loss of the same rows before and after them."""
    import torch
    from transformers.trainer_utils import SaveStrategy

    trainer.args.max_steps = steps
    trainer.args.save_strategy = SaveStrategy.NO  # it would save at the last step
    trainer.args.eval_on_start = False
    before = _loss_of(trainer, rows)
    clock = _clock(trainer)
    trainer.train()
    learned = [p for p in trainer.model.parameters() if p.requires_grad]
    frozen = [p for p in trainer.model.parameters() if not p.requires_grad]
    return clock.found() | {
        "loss_before": before,
        "loss_after": _loss_of(trainer, rows),
        "steps": trainer.state.global_step,
        "trained": sum(p.numel() for p in learned),
        # Bytes of a frozen number, most and of each that is learned: the precision of both sides.
        "widest_bytes": max(p.element_size() for p in frozen) + 10 * max(p.element_size() for p in learned),
        "row_tokens": rows.tokens / len(rows.labels),
        "learned_share": rows.supervised / rows.tokens,
        "threads": torch.get_num_threads(),
    }


def _loss_of(trainer: Any, rows: Rows) -> float:
    """Nats a token of the first rows. With gradients: without them bitsandbytes packs weights on a CPU."""
    count = range(min(PROBE_ROWS, len(rows.labels)))
    batch = trainer.data_collator([{"input_ids": rows.input_ids[n], "labels": rows.labels[n]} for n in count])
    trainer.model.train()
    inputs = {name: values.to(trainer.args.device) for name, values in batch.items()}
    with trainer.compute_loss_context_manager():
        return float(trainer.model(**inputs).loss.detach())


def _clock(trainer: Any) -> Any:
    """A callback, added to the trainer, that counts tokens and seconds from the end of the warm steps on."""
    import torch
    from transformers import TrainerCallback

    gpu = torch.cuda.is_available()

    class Clock(TrainerCallback):
        def __init__(self) -> None:
            self.supervised = self.real = self.padded = self.steps = 0
            self.began = self.ended = 0.0
            self.resident = 0

        def count(self, inputs: dict[str, Any]) -> None:
            # The label of the very first token is learned by nobody.
            self.supervised += int((inputs["labels"][:, 1:] != -100).sum())
            self.padded += inputs["input_ids"].numel()
            mask = inputs.get("attention_mask")
            self.real += inputs["input_ids"].numel() if mask is None else int(mask.sum())

        def on_step_end(self, args: Any, state: Any, control: Any, **_: object) -> None:
            if gpu:
                torch.cuda.synchronize()
            if state.global_step == WARM_STEPS:
                self.supervised = self.real = self.padded = self.steps = 0
                self.began = time.perf_counter()
                if gpu:  # gradients are gone by now: weights and optimizer alone
                    self.resident = torch.cuda.memory_allocated()
                    torch.cuda.reset_peak_memory_stats()
                return
            self.steps += 1
            self.ended = time.perf_counter()

        def found(self) -> dict[str, float]:
            seconds = self.ended - self.began
            figures = {
                "seconds": seconds,
                "supervised_a_second": self.supervised / seconds,
                "tokens_a_second": self.real / seconds,
                "padding_share": 1 - self.real / self.padded,
            }
            if gpu:
                figures["gpu_peak_bytes"] = torch.cuda.max_memory_allocated()
                figures["gpu_resident_bytes"] = self.resident
            return figures

    clock, step = Clock(), trainer.training_step

    def counted(model: Any, inputs: Any, *rest: Any, **more: Any) -> Any:
        clock.count(inputs)
        return step(model, inputs, *rest, **more)

    trainer.training_step = counted
    trainer.add_callback(clock)
    return clock


if __name__ == "__main__":
    main()
