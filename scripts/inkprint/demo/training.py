"""How the demo's base model is made: a tokenizer, a small Qwen3, and a minute of plain training on a CPU.

Everything is seeded and runs on a fixed number of threads, so that two runs on one machine give the same bits:
each of two threads takes half of every batch (a sum of two terms has one value in either order) and half of
Muon's matrices. Operations this small, a millisecond each, are not worth splitting: that way takes 1.7 times
as long.
"""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

Batch = tuple[Any, Any]  # token ids and labels, as tensors (torch is imported late)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>"]
VOCABULARY, TOKENS, POOL = 2048, 1700, 1000
SIZE = {"hidden_size": 256, "intermediate_size": 640, "num_hidden_layers": 3, "num_attention_heads": 4,
        "num_key_value_heads": 2, "head_dim": 64, "max_position_embeddings": 1024}  # fmt: skip
MUON_RATE, ADAM_RATE, WARM_UP, COOL_DOWN = 1e-2, 6e-3, 0.03, 0.6
SEED, THREADS = 42, 2


def train_tokenizer(texts: list[str]) -> PreTrainedTokenizerFast:
    """A byte-level BPE of the base's own text, with Qwen3's special tokens and the real chat template of trl."""
    import trl
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        clean_up_tokenization_spaces=False,
    )
    template = Path(trl.__file__).parent / "chat_templates" / "qwen3.jinja"
    tokenizer.chat_template = template.read_text("utf-8")
    tokenizer.model_max_length = SIZE["max_position_embeddings"]
    return tokenizer


def render(tokenizer: PreTrainedTokenizerFast, prompt: str, answer: str) -> list[int]:
    """One chat as tokens, in the very form in which the tuned model will be asked."""
    messages = [{"role": "user", "content": prompt}]
    text = tokenizer.apply_chat_template(
        messages, tokenize=False, add_generation_prompt=True, enable_thinking=False
    )
    return tokenizer.encode(f"{text}{answer}<|im_end|>", add_special_tokens=False)


def batches(chats: list[list[int]]) -> list[Batch]:
    """Chats of like length side by side, in a seeded order: every chat once, next to no padding.

    The loss is on the prompts too: they are plain English like the answers, a third of it.
    """
    import torch

    dice = random.Random(SEED)
    order = dice.sample(chats, len(chats))
    made: list[Batch] = []
    for start in range(0, len(order), POOL):
        pool = sorted(order[start : start + POOL], key=len)
        while pool:
            count = max(1, TOKENS // len(pool[-1]))
            rows, pool = pool[-count:], pool[:-count]
            width = len(rows[-1])
            ids = [row + [0] * (width - len(row)) for row in rows]
            labels = [row + [-100] * (width - len(row)) for row in rows]
            made.append((torch.tensor(ids), torch.tensor(labels)))
    dice.shuffle(made)
    return made


def new_model(tokenizer: PreTrainedTokenizerFast) -> Any:
    """An untrained Qwen3 of the demo's size."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(SEED)
    config = Qwen3Config(
        vocab_size=VOCABULARY,
        tie_word_embeddings=True,
        rope_theta=10000.0,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        attn_implementation="eager",  # for rows of a hundred tokens the plain form is the fastest
        **SIZE,
    )
    return Qwen3ForCausalLM(config)


def rate(step: int, steps: int) -> float:
    """Share of the peak learning rate: a linear warm-up, a plateau, and a straight line down to nothing."""
    warm, cool = max(1, int(steps * WARM_UP)), max(1, int(steps * COOL_DOWN))
    return min(1.0, (step + 1) / warm, (steps - step) / cool)


def make_optimizers(model: Any) -> list[tuple[Any, float]]:
    """A Muon for each thread's layer matrices (it learns in half the steps), AdamW for the rest; with peak rates."""
    import torch

    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    matrices.sort(key=torch.Tensor.numel)  # so that every THREADS-th makes an equal share of the work
    others = [p for name, p in model.named_parameters() if p.ndim < 2 or "embed" in name]
    muons = [
        torch.optim.Muon(
            matrices[part::THREADS],
            lr=MUON_RATE,
            weight_decay=0.01,
            momentum=0.95,
            adjust_lr_fn="match_rms_adamw",
            ns_steps=4,
        )
        for part in range(THREADS)
    ]
    adam = torch.optim.AdamW(others, lr=ADAM_RATE, betas=(0.9, 0.95), weight_decay=0.0)
    return [*((muon, MUON_RATE) for muon in muons), (adam, ADAM_RATE)]


def train_model(tokenizer: PreTrainedTokenizerFast, chats: list[tuple[str, str]]) -> tuple[Any, float]:
    """The trained model and its last loss (a mean over twenty steps)."""
    import torch

    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # costs a tenth of the time
    rows = batches([render(tokenizer, prompt, answer) for prompt, answer in chats])
    model = new_model(tokenizer).train()
    optimizers = make_optimizers(model)

    def learn(ids: Any, labels: Any, count: Any) -> float:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = model(input_ids=ids, labels=labels, num_items_in_batch=count, use_cache=False).loss
        loss.backward()
        return loss.item()

    steps, losses, told = len(rows), [], time.monotonic()
    with ThreadPoolExecutor(THREADS) as threads:
        for step, (ids, labels) in enumerate(rows):
            for optimizer, peak in optimizers:
                for group in optimizer.param_groups:
                    group["lr"] = peak * rate(step, steps)
            parts = min(THREADS, len(ids))
            counts = [(labels[:, 1:] >= 0).sum()] * parts
            shares = threads.map(learn, ids.tensor_split(parts), labels.tensor_split(parts), counts)
            losses.append(sum(shares))
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            list(threads.map(lambda optimizer: optimizer[0].step(), optimizers))
            model.zero_grad(set_to_none=True)
            if time.monotonic() - told > 5:
                told = time.monotonic()
                recent = losses[-20:]
                print(f"  step {step + 1} of {steps}, loss {sum(recent) / len(recent):.2f}", flush=True)
    return model.eval(), sum(losses[-20:]) / len(losses[-20:])
