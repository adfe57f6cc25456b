"""Talk to the tuned model, to its base, or to both, in the terminal.

Reads   04_train/adapter/ or 04_train/model/; the base is the recipe's
Writes  nothing but logs/chat.log, what libraries say while a model loads

    python scripts/chat.py recipes/demo.yaml

    /tuned /base /both    who answers; each goes on with its own answers
    /system off|on        the persona that training put before every chat
    /reset                a new chat
    /quit                 or Ctrl-D; Ctrl-C stops an answer

How it answers (greedy or by chance, length, stop strings, thoughts) is the recipe's `generate` and `model`.
Memory: that of 05_generate; where all weights were trained (method full) twice that, for base and tuned.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inkprint.chat import Chat
from inkprint.command import artifacts_folder, exit_with
from inkprint.completion import complete
from inkprint.errors import UserError
from inkprint.generate.trained import ADAPTER, check_commit, full_model, require_trained
from inkprint.models import add_adapter, check_base, import_unsloth, load_base, positions
from inkprint.recipe import Recipe
from inkprint.recipe_file import load_recipe
from inkprint.recipe_generate import Classify, Sample
from inkprint.records import Message
from inkprint.stream import Stream
from inkprint.synthesize.prompts import persona_of

VOICES = ("base", "tuned")
HELP = "/tuned /base /both: who answers; /system off|on; /reset: a new chat; /quit, or Ctrl-D"


@dataclass
class Models:
    """Base and tuned model: one and the same with its adapter off and on, or two."""

    chat: Chat
    room: int  # tokens that a model holds
    loaded: dict[str, Any]

    @contextlib.contextmanager
    def speaking_as(self, voice: str) -> Iterator[Any]:
        model = self.loaded[voice]
        if voice == "base" and self.loaded["tuned"] is model:
            with model.disable_adapter():
                yield model
        else:
            yield model


def load(recipe: Recipe, run_folder: Path) -> Models:
    """As 05 loads them, once for an adapter."""
    assert recipe.model is not None
    import_unsloth(recipe.model, recipe.device, run_folder.parent / "cache")
    check_commit(recipe.model, run_folder)
    room = positions(recipe.model)
    four_bit = recipe.train.method == "qlora"
    base, chat = load_base(recipe.model, recipe.device, four_bit, recipe.seed, room)
    if recipe.train.method != "full":
        tuned = add_adapter(base, run_folder / ADAPTER)
        return Models(chat, room, {"base": tuned, "tuned": tuned})
    tuned, _ = load_base(full_model(recipe, run_folder), recipe.device, four_bit, recipe.seed, room)
    return Models(chat, room, {"base": base, "tuned": tuned})


@dataclass
class Talk:
    """One chat: who is asked, with which persona, and what each voice was asked and said."""

    recipe: Recipe
    models: Models
    persona: str | None
    voices: tuple[str, ...] = ("tuned",)
    said: dict[str, list[Message]] = field(default_factory=lambda: {voice: [] for voice in VOICES})
    answers: int = 0  # so many were given: each has a seed of its own

    def hear(self, line: str) -> bool:
        """Take one line of the user's. False ends the talk."""
        line = line.strip()
        if line == "/quit":
            return False
        if line.startswith("/"):
            print(self.obey(*line[1:].split()))
        elif line:
            for voice in self.voices:
                self.answer(voice, line)
        return True

    def obey(self, command: str = "", *words: str) -> str:
        """Do what a command says; what to tell of it."""
        if command in VOICES and not words:
            self.voices = (command,)
            return f"({command} answers)"
        if command == "both" and not words:
            self.voices = VOICES
            return "(base and tuned answer; each goes on with its own answers)"
        if command == "reset" and not words:
            self.said = {voice: [] for voice in VOICES}
            return "(a new chat)"
        if command == "system" and words in (("on",), ("off",)):
            persona = persona_of(self.recipe)
            if persona is None:
                return "(the recipe has no persona: synthesize.system_prompt is null)"
            self.persona = persona if words == ("on",) else None
            return f"(persona {words[0]}{': ' + persona if self.persona else ''})"
        return f"(there is no /{' '.join((command, *words))}; {HELP})"

    def answer(self, voice: str, line: str) -> None:
        """Print a voice's answer as it comes, and keep both in its history."""
        settings, chat = self.recipe.generate, self.models.chat
        asked = [*self.said[voice], Message(role="user", content=line)]
        limit = self.models.room - settings.max_new_tokens
        kept = self.fit(asked, limit)
        if not kept:
            tokens = f"the model holds {self.models.room} with {settings.max_new_tokens} for the answer"
            print(f"({voice}: too long, and not asked: {tokens})")
            return
        if len(kept) < len(asked):
            print(f"({voice} has forgotten the oldest {len(asked) - len(kept)} messages: no room for them)")
        print(f"{voice}> ", end="", flush=True)
        stream = Stream(chat, settings.stop)
        stopped = False
        try:
            with self.models.speaking_as(voice) as model:
                self._generate(model, chat.generation_prompt(self._with_persona(kept)), stream)
        except KeyboardInterrupt:
            stream.end()
            stopped = True
        reply = stream.reply()
        cut = f" (cut: generate.max_new_tokens is {settings.max_new_tokens})"
        print(" (stopped)" if stopped else "" if reply.ended else cut)
        self.said[voice] = [*kept, Message(role="assistant", content=reply.answer)]
        self.answers += 1

    def fit(self, messages: list[Message], limit: int) -> list[Message]:
        """The last messages that fit into so many tokens, from a user's on; none where one alone is more."""
        for start in range(0, len(messages), 2):
            if len(self.models.chat.generation_prompt(self._with_persona(messages[start:]))) <= limit:
                return messages[start:]
        return []

    def _with_persona(self, messages: list[Message]) -> list[Message]:
        return [Message(role="system", content=self.persona), *messages] if self.persona else messages

    def _generate(self, model: Any, prompt: list[int], stream: Stream) -> None:
        settings = self.recipe.generate
        sampling: dict[str, Any] = {"temperature": 0.0}
        if isinstance(settings, Sample):
            sampling = {name: getattr(settings, name) for name in ("temperature", "top_p", "top_k")}
        complete(
            model, self.models.chat, [prompt], self.recipe.seed + self.answers, settings.max_new_tokens,
            no_repeat_ngram_tokens=settings.no_repeat_ngram_tokens,
            repetition_penalty=settings.repetition_penalty, stop=settings.stop, streamer=stream, **sampling,
        )  # fmt: skip


def converse(hear: Callable[[str], bool]) -> None:
    """Read lines until there are no more, or `hear` has had enough."""
    asks = sys.stdin.isatty()
    if asks:
        import readline  # noqa: F401  (the arrow keys, and earlier lines)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    while True:
        try:
            if not hear(input("you> " if asks else "")):
                return
        except KeyboardInterrupt:
            print("\n(Ctrl-D or /quit ends)")
        except EOFError:
            print()
            return


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipe", type=Path)
    options = parser.parse_args()
    recipe = load_recipe(options.recipe)
    if isinstance(recipe.generate, Classify):
        raise UserError(f"{options.recipe}: its model tells labels and does not talk")
    assert recipe.model is not None
    run_folder = artifacts_folder() / recipe.run
    require_trained(recipe, run_folder, options.recipe)
    check_base(recipe.model)
    persona = persona_of(recipe)
    print("loading; ", end="", flush=True)
    (run_folder / "logs").mkdir(exist_ok=True)
    # The file stays open: what libraries log later goes there, too.
    with (run_folder / "logs" / "chat.log").open("a", encoding="utf-8") as log:
        with contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
            models = load(recipe, run_folder)
        print(f"{HELP}{'; ' + persona if persona else ''}")
        converse(Talk(recipe, models, persona).hear)


if __name__ == "__main__":
    exit_with(main, "chat.py")
