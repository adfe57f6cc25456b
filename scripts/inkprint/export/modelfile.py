"""An Ollama Modelfile beside the GGUF, whose template is proven to give training's tokens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from inkprint.chat import Chat
from inkprint.errors import UserError
from inkprint.export.templates import Pieces, find_pieces, go_template, render, shapes
from inkprint.export.vocabulary import vocabulary_of
from inkprint.recipe import Recipe
from inkprint.recipe_generate import Classify, Sample
from inkprint.recipe_train import Linear

CONTEXT_TOKENS = 4096  # what Ollama keeps in memory for a chat; more where training's rows were longer


def make_modelfile(recipe: Recipe, chat: Chat, gguf: str, persona: str | None, room: int) -> str:
    """The Modelfile's text, to be checked. Raises UserError where the chat template has no equal in Ollama.

    gguf: the file's name beside the Modelfile. persona: the system prompt of training, if any.
    room: tokens that the model holds.
    """
    pieces = find_pieces(chat)
    if any("{{" in str(piece) or '"""' in str(piece) for piece in vars(pieces).values()):
        raise UserError('the chat template writes {{ or """, which a Modelfile cannot')
    vocabulary = vocabulary_of(chat)
    if vocabulary.adds_bos:
        # The server puts it in front by itself.
        pieces = _opened(pieces, lambda text: text.removeprefix(chat.tokenizer.bos_token))
    elif vocabulary.blank == "first" and not begins_specially(chat):
        # The tokenizer wrote this blank in training, and llama.cpp, told to write none, does not.
        pieces = _opened(pieces, lambda text: " " + text)
    lines = [f"FROM ./{gguf}", f'TEMPLATE """{go_template(pieces)}"""']
    if persona is not None:
        lines.append(f'SYSTEM """{persona}"""')
    lines += [f"PARAMETER {name} {value}" for name, value in _parameters(recipe, chat, room)]
    return "\n".join(lines) + "\n"


def check_modelfile(text: str, chat: Chat, tokenize: Callable[[str], list[int]]) -> None:
    """Raise UserError unless chats of every shape have the same tokens by this Modelfile as in training.

    tokenize: as a server does it, with the begin-of-text token that it puts in front.
    """
    template = re.search(r'^TEMPLATE """(.*?)"""$', text, re.MULTILINE | re.DOTALL)
    assert template is not None, text
    for messages in shapes(chat):
        ours, theirs = chat.generation_prompt(messages), tokenize(render(template[1], messages))
        if ours != theirs:
            roles = ", ".join(message.role for message in messages)
            at = next((n for n, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), None)
            at = min(len(ours), len(theirs)) if at is None else at
            raise UserError(
                f"no Modelfile: a chat of {roles} has other tokens by Ollama's template than in training,"
                f" from token {at} on; the GGUF is there, and wants training's tokens"
            )


def begins_specially(chat: Chat) -> bool:
    """Whether chats begin with a special token."""
    first = chat.generation_prompt(shapes(chat)[0])[0]
    return first in chat.tokenizer.all_special_ids


def as_a_server(chat: Chat) -> Callable[[str], list[int]]:
    """Tokens of a text by the tokenizer of training, as near to a server's as it comes."""
    vocabulary, front = vocabulary_of(chat), chat.tokenizer.bos_token
    if vocabulary.adds_bos:
        return lambda text: chat.ids(front + text)
    if vocabulary.blank == "first":  # a server writes no blank; nor does the tokenizer behind a special token
        end = chat.tokenizer.eos_token
        return lambda text: chat.ids(end + text)[1:]
    return chat.ids


def _opened(pieces: Pieces, change: Callable[[str], str]) -> Pieces:
    """The same with another beginning."""
    system = pieces.before_system
    return replace(
        pieces,
        opening=change(pieces.opening),
        before_system=None if system is None else change(system),
    )


def _parameters(recipe: Recipe, chat: Chat, room: int) -> Iterator[tuple[str, str]]:
    settings = recipe.generate
    assert not isinstance(settings, Classify) and not isinstance(recipe.train, Linear)
    stops = [chat.tokenizer.convert_ids_to_tokens(token) for token in chat.stop_ids]
    for stop in [*stops, *settings.stop]:
        yield "stop", f'"""{stop}"""' if '"' in stop else f'"{stop}"'
    if isinstance(settings, Sample):
        yield "temperature", f"{settings.temperature:g}"
        yield "top_p", f"{settings.top_p:g}"
        yield "top_k", str(settings.top_k)
    else:
        yield "temperature", "0"
    # Ollama's own default has been 1.1.
    yield "repeat_penalty", f"{settings.repetition_penalty:g}"
    wanted = max(CONTEXT_TOKENS, recipe.train.max_tokens + settings.max_new_tokens)
    yield "num_ctx", str(min(room, wanted))
