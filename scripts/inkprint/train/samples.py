"""A few validation prompts, the same ones at every look: what the model says while it learns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from inkprint.chat import Chat
from inkprint.completion import complete
from inkprint.draws import draw
from inkprint.jsonl import as_line
from inkprint.records import Example, Sample, content_id
from inkprint.train.randomness import undisturbed

PROMPTS = 3
NEW_TOKENS = 60  # a sentence or three; a 14B model takes some ten seconds for three answers of these


class Samples(TrainerCallback):
    """Answers, greedy, at step 0 and at every evaluation, into samples.jsonl and the log."""

    def __init__(self, chat: Chat, examples: list[Example], room: int, seed: int, path: Path) -> None:
        self._chat, self._seed, self._path = chat, seed, path
        fitting = (
            (None, example.prompt[-1].content, example)
            for example in examples
            if len(chat.prompt(example.prompt)) + NEW_TOKENS <= room
        )
        self._examples = draw(fitting, PROMPTS, seed).get(None, [])

    def on_evaluate(self, args: Any, state: Any, control: Any, model: Any, **_: object) -> None:
        with undisturbed(), self._path.open("a", encoding="utf-8") as handle:
            model.eval()
            for example in self._examples:
                sample = self._answer(model, example, state.global_step)
                handle.write(as_line(sample))
                spoken = f"{sample.prompt[-1].content} -> {sample.answer}"
                print(f"step {sample.step}: {' '.join(spoken.split())}", flush=True)
            model.train()

    def _answer(self, model: Any, example: Example, step: int) -> Sample:
        prompt = self._chat.prompt(example.prompt)
        (ids,) = complete(model, self._chat, [prompt], self._seed, NEW_TOKENS, 0.0)
        text, ended = self._chat.answer_text(ids)
        return Sample(
            id=content_id("sample", example.id, step, text),
            example_id=example.id,
            step=step,
            prompt=example.prompt,
            answer=text,
            reference=example.completion[0].content,
            ended=ended,
        )
