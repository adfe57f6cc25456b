"""Let the base and the tuned model answer held-out prompts and weigh held-out passages; one load for both.

Reads   04_train/adapter/                  the adapter; the base model is the recipe's
        03_synthesize/examples.jsonl       the test split's prompts
        02_prepare/passages.jsonl          the test split's passages
Writes  05_generate/answers.jsonl          {"id": "answer-…", "example_id": "example-…",
                                            "source_id": "passage-…", "task": "question_passage",
                                            "variant": "tuned", "prompt": […], "answer": "…",
                                            "reference": "…", "tokens": 87, "ended": true}
        05_generate/likelihoods.jsonl      {"id": "likelihood-…", "source_id": "passage-…",
                                            "variant": "base", "log_likelihood": -312.7,
                                            "tokens": 118, "bytes": 466}
        05_generate/rejects.jsonl          {"id": "reject-…", "source_id": "example-…",
                                            "reason": "too long: …", "text": "…"}

    python scripts/05_generate.py recipes/demo.yaml

Batches are fixed before the first is generated and kept as they finish: a killed run goes on and gives
the same answers. Time: half a minute for the demo on 2 cores. Memory: that of training, or less.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from inkprint.artifacts import Stage
from inkprint.chat import Chat
from inkprint.command import Command, start
from inkprint.completion import complete
from inkprint.models import add_adapter, base_inputs, check_base, import_unsloth, load_base, positions
from inkprint.recipe import Generate, prompt_files
from inkprint.records import (
    Answer,
    Example,
    Likelihood,
    Passage,
    Record,
    Reject,
    content_id,
    read_records,
    write_records,
)

VARIANTS = ("base", "tuned")
Batch = list[tuple[Example, list[int]]]  # examples with their prompt's tokens


def choose_prompts(examples: list[Example], count: int, seed: int) -> list[Example]:
    """At most `count` test examples, no prompt twice, over as many passages as can be."""
    dice = random.Random(seed)
    by_passage: dict[str, list[Example]] = {}
    for example in sorted(examples, key=lambda e: e.id):
        by_passage.setdefault(example.source_id, []).append(example)
    groups = list(by_passage.values())
    dice.shuffle(groups)
    for group in groups:
        dice.shuffle(group)
    rounds = max(map(len, groups), default=0)
    ordered = [group[turn] for turn in range(rounds) for group in groups if turn < len(group)]
    distinct: dict[str, Example] = {}
    for example in ordered:
        distinct.setdefault(example.prompt[-1].content, example)
    return list(distinct.values())[:count]


def make_batches(
    chosen: list[Example], chat: Chat, settings: Generate, room: int
) -> tuple[list[Batch], list[Reject]]:
    """Prompts of like length together; those that leave no room for an answer are rejected."""
    fitting, rejects = [], []
    for example in chosen:
        ids = chat.prompt(example.prompt)
        if len(ids) + settings.max_new_tokens > room:
            reason = (
                f"too long: {len(ids)} tokens and {settings.max_new_tokens} new ones, the model has {room}"
            )
            text = example.prompt[-1].content
            rejects.append(
                Reject(id=content_id("reject", example.id), source_id=example.id, reason=reason, text=text)
            )
        else:
            fitting.append((example, ids))
    fitting.sort(key=lambda pair: (len(pair[1]), pair[0].id))
    size = settings.batch_size
    return [fitting[start : start + size] for start in range(0, len(fitting), size)], rejects


def answer_batch(
    model: Any,
    chat: Chat,
    batch: Batch,
    variant: str,
    settings: Generate,
    seed: int,
) -> list[Answer]:
    """One variant's answers to one batch, left-padded, with a seed of the batch's own."""
    from transformers import RepetitionPenaltyLogitsProcessor

    prompts = [ids for _, ids in batch]
    # The library's own setting counts the prompt too: it would punish an answer for naming what was asked.
    longest = max(map(len, prompts))
    penalty = RepetitionPenaltyLogitsProcessor(settings.repetition_penalty, prompt_ignore_length=longest)
    made = complete(
        model, chat, prompts, seed, settings.max_new_tokens, getattr(settings, "temperature", 0.0),
        settings.no_repeat_ngram_tokens, logits_processor=[penalty],
    )  # fmt: skip
    return [_answer(example, variant, chat, row) for (example, _), row in zip(batch, made, strict=True)]


def _answer(example: Example, variant: str, chat: Chat, new_ids: list[int]) -> Answer:
    text, ended = chat.answer_text(new_ids)
    return Answer(
        id=content_id("answer", example.id, variant, text),
        example_id=example.id,
        source_id=example.source_id,
        task=example.task,
        variant=variant,
        prompt=example.prompt,
        answer=text,
        reference=example.completion[0].content,
        tokens=next((n for n, token in enumerate(new_ids) if token in chat.stop_ids), len(new_ids)),
        ended=ended,
    )


def weigh(model: Any, chat: Chat, passages: list[Passage], variant: str, room: int) -> list[Likelihood]:
    """Log-likelihood of every passage as plain text. A text's very first token has no context: unscored."""
    from inkprint.generate.likelihoods import batch_windows, cut_windows, score_batch

    texts, scored_bytes = zip(*(chat.text(passage.text) for passage in passages), strict=True)
    sums = [0.0] * len(texts)
    for batch in batch_windows(cut_windows(texts, room)):
        for window, value in zip(batch, score_batch(model, batch, chat.tokenizer.pad_token_id), strict=True):
            sums[window.text] += value
    return [
        Likelihood(
            id=content_id("likelihood", passage.id, variant),
            source_id=passage.id,
            variant=variant,
            log_likelihood=round(total, 6),
            tokens=len(ids) - 1,
            bytes=size,
        )
        for passage, ids, size, total in zip(passages, texts, scored_bytes, sums, strict=True)
    ]


@contextlib.contextmanager
def speaking_as(model: Any, variant: str) -> Iterator[Any]:
    """The model as the named variant: with its adapter, or with the adapter off."""
    if variant == "tuned":
        yield model
    else:
        with model.disable_adapter():
            yield model


def kept(path: Path, kind: type[Record], make: Callable[..., list[Any]], *arguments: object) -> list[Any]:
    """Records from an earlier, interrupted run; or made now and kept for the next."""
    if not path.exists():
        partial = path.with_suffix(".partial")
        write_records(partial, make(*arguments))
        partial.rename(path)
    return list(read_records(path, kind))


def make_stage(command: Command) -> Stage:
    recipe = command.recipe
    base = base_inputs(recipe.model)
    adapter = ("04_train/adapter/adapter_config.json", "04_train/adapter/adapter_model.safetensors")
    inputs = command.inputs(*adapter, "03_synthesize/examples.jsonl", "02_prepare/passages.jsonl")
    return Stage(
        run_folder=command.run_folder,
        name="generate",
        format_number=2,
        settings={
            "generate": recipe.generate.model_dump(),
            "model": recipe.model.model_dump(exclude={"base"}),
            "train.method": recipe.train.method,
        },
        seed=recipe.seed,
        inputs=inputs | base.get("files", {}),
        identities=base.get("identities", {}),
        absent=base.get("absent", {}),
        prompts=prompt_files(recipe.model.chat_template),
        script=command.script,
    )


def main(command: Command) -> None:
    recipe, settings = command.recipe, command.recipe.generate
    stage = make_stage(command)
    if command.settled(stage, lambda: check_base(recipe.model)):
        return
    output = command.working()
    examples = [
        e for e in read_records(stage.inputs["03_synthesize/examples.jsonl"], Example) if e.split == "test"
    ]
    passages = [
        p for p in read_records(stage.inputs["02_prepare/passages.jsonl"], Passage) if p.split == "test"
    ]
    with output.quiet():
        import_unsloth(recipe.model, recipe.device, command.run_folder.parent / "cache")
        room = positions(recipe.model)
        model, chat = load_base(
            recipe.model, recipe.device, recipe.train.method == "qlora", recipe.seed, room
        )
        model = add_adapter(model, command.run_folder / "04_train" / "adapter")
    batches, rejects = make_batches(
        choose_prompts(examples, settings.prompts, recipe.seed), chat, settings, room
    )
    work = stage.work_folder
    work.mkdir(parents=True, exist_ok=True)
    answers: list[Answer] = []
    likelihoods: list[Likelihood] = []
    with output.counter("batches", len(VARIANTS) * (len(batches) + 1)) as advance, output.quiet():
        for variant in VARIANTS:
            with speaking_as(model, variant) as speaker:
                path = work / f"likelihoods-{variant}.jsonl"
                likelihoods += kept(path, Likelihood, weigh, speaker, chat, passages, variant, room)
                advance()
                for number, batch in enumerate(batches):
                    path = work / f"answers-{variant}-{number:05d}.jsonl"
                    seed = recipe.seed + number
                    answers += kept(path, Answer, answer_batch, speaker, chat, batch, variant, settings, seed)
                    advance()
    check_difference(likelihoods)
    with stage.writing() as folder:
        write_records(folder / "answers.jsonl", sorted(answers, key=lambda a: (a.example_id, a.variant)))
        write_records(folder / "likelihoods.jsonl", likelihoods)
        write_records(folder / "rejects.jsonl", rejects)
        prompts = len(rejects) + sum(map(len, batches))
        counts = {"unit": "prompts", "in": prompts, "out": prompts - len(rejects), "rejected": len(rejects)}
        stage.finish(counts | {"failed": 0})
    ended = {v: [a.ended for a in answers if a.variant == v] for v in VARIANTS}
    shares = ", ".join(f"{v} ended {sum(e)} of {len(e)} by itself" for v, e in ended.items())
    print(f"   {prompts - len(rejects)} prompts, {len(passages)} passages; {shares}; {len(rejects)} rejected")


def check_difference(likelihoods: list[Likelihood]) -> None:
    """A "base" that is secretly the tuned model, or an adapter that does nothing, would prove nothing."""
    sums = {v: [record.log_likelihood for record in likelihoods if record.variant == v] for v in VARIANTS}
    assert sums["base"] != sums["tuned"], (
        "base and tuned weigh every passage alike: the adapter changes nothing"
    )


if __name__ == "__main__":
    start(main, __doc__, __file__)
