"""One side of the comparison of 05: answers and likelihoods of the base and of what was made of it.

    python bench/speak_once.py JOB.json ANSWER.json      bench/tuning.py and bench/gpu.py hand out the jobs

Job: {"side": "inkprint" or "plain", "recipe": path, "run_folder": of a run with 02, 03 and 04's adapter,
"prompts": how many are answered, "cache": folder}. inkprint: one load, the adapter off and on, answers in
05's batches, likelihoods in its windows. plain: transformers and PEFT, a load for each variant, one prompt
and one passage at a time. Settings of generation and precision are the same, and the answers come back as
tokens, so that who asked can see whether they agree. Loading is timed apart.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "bench")]

from inkprint.chat import Chat
from inkprint.completion import complete
from inkprint.generate.prompts import Batch, choose_prompts, fitting, make_batches
from inkprint.generate.speakers import Speakers
from inkprint.generate.trained import ADAPTER
from inkprint.jsonl import read_records
from inkprint.models import add_adapter, import_unsloth, load_tokenizer, positions, settle_environment
from inkprint.recipe import Recipe
from inkprint.recipe_file import load_recipe
from inkprint.records import Example, Passage
from once import answer, job
from train_once import load_plain

VARIANTS = ("base", "tuned")
Texts = list[Any]  # of inkprint.generate.likelihoods.Weighed, whose module imports torch


def main() -> None:
    asked = job()
    recipe, run_folder = load_recipe(Path(asked["recipe"])), Path(asked["run_folder"])
    speak = _ours if asked["side"] == "inkprint" else _plain
    if asked["side"] == "inkprint":
        import_unsloth(recipe.model, recipe.device, Path(asked["cache"]))
    else:
        settle_environment(recipe.model, recipe.device)
    chat = Chat(load_tokenizer(recipe.model), recipe.model)
    batches, texts = _work(recipe, chat, run_folder, asked["prompts"])
    answer(speak(recipe, run_folder, chat, batches, texts))


def _work(recipe: Recipe, chat: Chat, run_folder: Path, count: int) -> tuple[list[Batch], Texts]:
    """What 05 would answer and weigh: the test split's prompts in batches, and its passages."""
    from inkprint.generate.likelihoods import of_passages

    settings, room = recipe.generate, positions(recipe.model)
    read = read_records(run_folder / "03_synthesize" / "examples.jsonl", Example)
    test = [example for example in read if example.split == "test"]
    chosen = choose_prompts(test, count, recipe.seed, drawn=False)

    def tokens(example: Example) -> list[int]:
        return chat.generation_prompt(example.prompt)

    fits, _ = fitting(chosen, lambda example: len(tokens(example)), settings.max_new_tokens, room)
    passages = read_records(run_folder / "02_prepare" / "passages.jsonl", Passage)
    texts = of_passages([passage for passage in passages if passage.split == "test"], chat)
    return make_batches(fits, tokens, settings.batch_size), [one for one in texts if len(one.ids) <= room]


def _ours(recipe: Recipe, folder: Path, chat: Chat, batches: list[Batch], texts: Texts) -> dict[str, Any]:
    from inkprint.generate.likelihoods import weigh

    room, began = positions(recipe.model), time.perf_counter()
    speakers = Speakers(recipe, folder, room)
    found: dict[str, Any] = {}
    loading = time.perf_counter() - began
    for variant, model in speakers.each(list(VARIANTS), texts[0].ids):
        found[variant] = _timed(
            lambda model=model: _answers(model, chat, recipe, batches),
            lambda model=model, variant=variant: {
                one.source_id: one.log_likelihood for one in weigh(model, chat, texts, variant, room)
            },
            lambda model=model: _warm(model, chat, batches),
        )
    return _sums(found, loading, texts)


def _plain(recipe: Recipe, folder: Path, chat: Chat, batches: list[Batch], texts: Texts) -> dict[str, Any]:
    alone = [[pair] for batch in batches for pair in batch]
    found: dict[str, Any] = {}
    loading = 0.0
    for variant, model, seconds in _loads(recipe, folder):
        loading += seconds
        found[variant] = _timed(
            lambda model=model: _answers(model, chat, recipe, alone),
            lambda model=model: {text.source_id: _likelihood(model, text.ids) for text in texts},
            lambda model=model: _warm(model, chat, batches),
        )
    return _sums(found, loading, texts)


def _loads(recipe: Recipe, folder: Path) -> Iterator[tuple[str, Any, float]]:
    """Each variant with a model of its own, and the seconds of its load. The one before is let go first."""
    import gc

    # What importing takes is no part of a load.
    import bitsandbytes  # noqa: F401
    import peft  # noqa: F401
    from transformers import AutoModelForCausalLM  # noqa: F401

    for variant in VARIANTS:
        began = time.perf_counter()
        model = load_plain(recipe)
        if variant == "tuned":
            model = add_adapter(model, folder / ADAPTER)
        model.eval()
        yield variant, model, time.perf_counter() - began
        del model
        gc.collect()


def _warm(model: Any, chat: Chat, batches: list[Batch]) -> None:
    complete(model, chat, [batches[0][0][1]], 0, 4, 0.0)


def _answers(model: Any, chat: Chat, recipe: Recipe, batches: list[Batch]) -> dict[str, list[int]]:
    """New tokens of each example up to its end, with the recipe's rules; greedy, so that sides can agree."""
    settings, found = recipe.generate, {}
    for number, batch in enumerate(batches):
        made = complete(
            model, chat, [ids for _, ids in batch], recipe.seed + number, settings.max_new_tokens, 0.0,
            settings.no_repeat_ngram_tokens, repetition_penalty=settings.repetition_penalty,
            stop=settings.stop,
        )  # fmt: skip
        for (example, _), ids in zip(batch, made, strict=True):
            found[example.id] = ids[: chat.reply(ids, settings.stop).tokens]
    return found


def _likelihood(model: Any, ids: list[int]) -> float:
    """As the documentation of transformers has it: the mean loss of one text, times its tokens."""
    import torch

    row = torch.tensor([ids], device=model.device)
    with torch.inference_mode():
        return -float(model(input_ids=row, labels=row).loss) * (len(ids) - 1)


def _timed(
    answers: Callable[[], dict[str, list[int]]],
    weigh: Callable[[], dict[str, float]],
    warm: Callable[[], None],
) -> dict[str, Any]:
    warm()
    began = time.perf_counter()
    said = answers()
    answered = time.perf_counter()
    weighed = weigh()
    return {
        "answers": said,
        "likelihoods": weighed,
        "answer_seconds": answered - began,
        "weigh_seconds": time.perf_counter() - answered,
    }


def _sums(found: dict[str, Any], loading: float, texts: Texts) -> dict[str, Any]:
    answers, weighing = (
        sum(own[name] for own in found.values()) for name in ("answer_seconds", "weigh_seconds")
    )
    count = sum(len(own["answers"]) for own in found.values())
    tokens = len(VARIANTS) * sum(len(text.ids) for text in texts)
    return {
        "answers": {variant: own["answers"] for variant, own in found.items()},
        "likelihoods": {variant: own["likelihoods"] for variant, own in found.items()},
        "tokens": {text.source_id: len(text.ids) - 1 for text in texts},
        "answers_a_minute": 60 * count / answers,
        "weighed_a_second": tokens / weighing,
        "load_seconds": loading,
    }


if __name__ == "__main__":
    main()
