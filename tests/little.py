"""A little book and a tiny base model, made on the spot and the same every time."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

THINGS = (
    "lantern",
    "anchor",
    "ladder",
    "barrel",
    "candle",
    "chimney",
    "bucket",
    "compass",
    "hammer",
    "window",
)
SHAPES = (
    "The {thing} stood by the door and nobody asked why.",
    "My aunt kept the {thing} dry, for a wet {thing} is a sad sight.",
    "Whoever mends the {thing} in {season} will thank the {other} later.",
    "I saw the {thing} fall once, and the whole house heard it.",
    "A man without a {thing} borrows one, and a man with two lends none.",
    "They painted the {thing} blue; it did not help the {other} at all.",
    "Leave the {thing} where it is, said the captain, and mind the {other}.",
    "In {season} the {thing} was carried up the hill by four strong men.",
)
CHAPTER_SENTENCES = 18


def chapters(seed: int = 0) -> list[tuple[str, list[str]]]:
    """Ten chapters as (title, sentences); every sentence is its own."""
    dice = random.Random(seed)
    made = []
    for thing in THINGS:
        sentences: list[str] = []
        while len(sentences) < CHAPTER_SENTENCES:
            other = dice.choice([t for t in THINGS if t != thing])
            season = dice.choice(("spring", "summer", "autumn", "winter"))
            sentences.append(dice.choice(SHAPES).format(thing=thing, other=other, season=season))
        made.append((f"The {thing.title()}", sentences))
    return made


def make_book(path: Path, seed: int = 0) -> None:
    """Set the chapters as a PDF, each on pages of its own, with an outline."""
    from inkprint.extract.mupdf import pymupdf

    path.parent.mkdir(parents=True, exist_ok=True)
    document = pymupdf.open()
    outline = []
    for title, sentences in chapters(seed):
        page = document.new_page(width=400, height=600)
        outline.append([1, title, page.number + 1])
        page.insert_text((50, 70), title, fontsize=20, fontname="tibo")
        box = pymupdf.Rect(50, 110, 350, 560)
        page.insert_textbox(box, " ".join(sentences), fontsize=11, fontname="tiro")
    document.set_toc(outline)
    document.save(path, no_new_id=True)


def make_base(folder: Path, chats: list[tuple[str, str]] | None = None, steps: int = 60) -> None:
    """A Qwen3 of 0.1 million parameters, a byte-level tokenizer, Qwen3's chat template.

    chats: questions and answers that it learns from, so many steps; none: the sentences of another book.
    """
    if folder.exists():
        return
    import torch
    import trl
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    if chats is None:
        told = [sentence for _, sentences in chapters(1) for sentence in sentences]
        chats = [(f"Tell me of {n}.", sentence) for n, sentence in enumerate(told)]
    text = [answer for _, answer in chats]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    core.train_from_iterator(
        text, trainers.BpeTrainer(vocab_size=512, special_tokens=special, initial_alphabet=alphabet)
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core, eos_token="<|im_end|>", pad_token="<|endoftext|>", model_max_length=512
    )
    template = Path(trl.__file__).parent / "chat_templates" / "qwen3.jinja"
    tokenizer.chat_template = template.read_text(encoding="utf-8")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # two that wait for each other on busy cores take ten times as long
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    model = Qwen3ForCausalLM(config)
    _learn_to_speak(model, tokenizer, chats, steps)
    torch.set_num_threads(threads)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _learn_to_speak(model: Any, tokenizer: Any, chats: list[tuple[str, str]], steps: int) -> None:
    """Sixty steps are enough for words to come out, in a few seconds."""
    import torch

    told = [
        tokenizer.apply_chat_template(
            [{"role": "user", "content": question}, {"role": "assistant", "content": answer}],
            tokenize=False,
            enable_thinking=False,
        )
        for question, answer in chats
    ]
    ids = tokenizer(" ".join(told), add_special_tokens=False, return_tensors="pt")["input_ids"][0]
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    generator = torch.Generator().manual_seed(0)
    for _ in range(steps):
        starts = torch.randint(0, len(ids) - 65, (16,), generator=generator)
        rows = torch.stack([ids[start : start + 65] for start in starts])
        loss = model(input_ids=rows, labels=rows).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()


def make_gpt2(folder: Path, base: Path) -> None:
    """A GPT-2 of 0.1 million random parameters with the base's tokenizer, less its padding token."""
    import torch
    from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel

    tokenizer = AutoTokenizer.from_pretrained(base)
    torch.manual_seed(0)
    ends = {"bos_token_id": tokenizer.eos_token_id, "eos_token_id": tokenizer.eos_token_id}
    size = {"vocab_size": len(tokenizer), "n_positions": 512, "n_embd": 64, "n_layer": 2, "n_head": 4}
    GPT2LMHeadModel(GPT2Config(**size, **ends)).save_pretrained(folder)
    tokenizer.pad_token = None
    tokenizer.save_pretrained(folder)
