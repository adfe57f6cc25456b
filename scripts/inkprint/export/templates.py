"""The chat template that leaves with the weights: Jinja with training's settings in it, and Ollama's.

Ollama renders chats with Go's text/template (ollama/ollama, template/template.go): `.System` is all system
messages, `.Messages` all messages in turn. What to write there is found by probing: a chat of known words is
rendered with the tokenizer's own template and taken apart at these words.
"""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from inkprint.chat import PINNED_DATE, Chat
from inkprint.errors import UserError
from inkprint.models import write_tokenizer
from inkprint.recipe_values import Model
from inkprint.records import Message

_WORDS = {name: f"Probe{name}word" for name in ("system", "user", "answer", "again", "reply", "last")}
_ACTION = re.compile(r"\{\{ (.*?) \}\}")


@dataclass(frozen=True)
class Pieces:
    """What a template writes around the messages of a chat: system?, user, assistant, user, ..."""

    opening: str  # of a chat without a system message
    before_system: str | None  # None: the template knows no system message
    after_system: str
    before_user: str
    after_user: str
    before_answer: str  # of an answer in the past
    after_answer: str
    generation: str  # behind the last user message: where the model goes on


def save_tokenizer(chat: Chat, settings: Model, folder: Path) -> None:
    """The tokenizer, with a chat template that gives training's prompts to those who call it without options.

    Raises UserError where it does not.
    """
    tokenizer = copy.deepcopy(chat.tokenizer)
    asked = [Message(role="user", content="?")]
    tokenizer.chat_template = _with_defaults(tokenizer.chat_template, settings)
    rendered, wanted = _plain(tokenizer, asked), chat.generation_text(asked)
    if wanted.startswith(rendered):  # what training puts in front of an answer: GPT-OSS's channel
        tokenizer.chat_template += _at_the_end(wanted.removeprefix(rendered))
    elif rendered.rstrip(" ") == wanted:  # training gives such a space to the answer
        tokenizer.chat_template = _without_last_spaces(tokenizer.chat_template)
    write_tokenizer(tokenizer, folder)
    _check_saved(chat, folder)


def _check_saved(chat: Chat, folder: Path) -> None:
    from transformers import AutoTokenizer

    saved = AutoTokenizer.from_pretrained(folder)
    for messages in shapes(chat):
        if _plain(saved, messages) != chat.generation_text(messages):
            raise UserError(
                "the chat template cannot be written so that it gives training's prompts by itself"
            )
        ids = saved(chat.generation_text(messages), add_special_tokens=False)["input_ids"]
        if ids != chat.generation_prompt(messages):
            raise UserError("the tokenizer cannot be saved so that it gives training's tokens")


def shapes(chat: Chat) -> list[list[Message]]:
    """One turn, two turns, and each with a system message where the template knows one."""
    turns = [
        Message(role="user", content="What is a lantern for? Say it in two lines."),
        Message(role="assistant", content="It hangs by the door.\n\nIt shows who knocks."),
        Message(role="user", content="And who knocks?"),
    ]
    persona = Message(role="system", content="You keep the light.\nYou say little.")
    chats = [turns[:1], turns]
    return [*chats, *([persona, *one] for one in chats)] if chat.knows_system else chats


def _with_defaults(template: str, settings: Model) -> str:
    """The template with training's settings for whoever gives none."""
    lines = []
    for name in ("enable_thinking", "reasoning_effort"):
        value = settings.thinking if name == "enable_thinking" else settings.reasoning_effort
        if value is not None and re.search(rf"\b{name}\b", template):
            lines.append(
                f"{{%- if {name} is not defined %}}{{%- set {name} = {_quoted(value)} %}}{{%- endif -%}}\n"
            )
    if "strftime_now" in template:
        lines.append(f"{{%- macro strftime_now(form) -%}}{PINNED_DATE}{{%- endmacro -%}}\n")
    return "".join(lines) + template


def _at_the_end(header: str) -> str:
    return f"{{%- if add_generation_prompt -%}}{{{{ {_quoted(header)} }}}}{{%- endif -%}}" if header else ""


def _without_last_spaces(template: str) -> str:
    end = '{% endset %}{{ whole_chat.rstrip(" ") if add_generation_prompt else whole_chat }}'
    return "{% set whole_chat %}" + template.removesuffix("\n") + end


def _quoted(value: str | bool) -> str:
    """A value as Jinja writes it."""
    return json.dumps(value, ensure_ascii=False)


def _plain(tokenizer: Any, messages: list[Message]) -> str:
    chat = [message.model_dump() for message in messages]
    return tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)


def find_pieces(chat: Chat) -> Pieces:
    """Take the chat template apart. Raises UserError for one that writes a turn in more than one way."""
    opening, end = _apart(chat, ["user"])
    first, past, between, again, over, whole_end = _apart(chat, ["user", "answer", "again", "reply", "last"])
    if (first, past, between, whole_end) != (opening, again, over, end):
        raise UserError("the chat template writes later turns in another way than the first")
    system = _apart(chat, ["system", "user"]) if chat.knows_system else None
    if system is not None and system[2] != end:
        raise UserError("the chat template ends in another way where there is a system message")
    # Any place to part what stands between two messages is right; behind the end of turn it reads best.
    after_user = _to_end_of_turn(chat, _shared([past, end]))
    heads = [opening, between, *([system[1]] if system else [])]
    before_user = _shared([head[::-1] for head in heads])[::-1]
    before_user = before_user[min(_special_at(chat, before_user), default=(0, 0))[0] :]
    if chat.tokenizer.bos_token:  # it stays in front of all: a server may put it there by itself
        before_user = before_user.rpartition(chat.tokenizer.bos_token)[2]
    if before_user and before_user == between:
        before_user = between[len(_to_end_of_turn(chat, between)) :]
    assert all(head.endswith(before_user) for head in heads), heads
    cut = len(before_user)
    return Pieces(
        opening=opening[: len(opening) - cut],
        before_system=system[0] if system else None,
        after_system=system[1][: len(system[1]) - cut] if system else "",
        before_user=before_user,
        after_user=after_user,
        before_answer=past[len(after_user) :],
        after_answer=between[: len(between) - cut],
        generation=end[len(after_user) :],
    )


def go_template(pieces: Pieces) -> str:
    """The pieces as a Go template over .System and .Messages."""
    p = pieces
    opening = p.opening
    if p.before_system is not None:
        system = f"{p.before_system}{{{{ .System }}}}{p.after_system}"
        other = f"{{{{ else }}}}{p.opening}" if p.opening else ""
        opening = f"{{{{ if .System }}}}{system}{other}{{{{ end }}}}"
    return (
        f'{opening}{{{{ range .Messages }}}}{{{{ if eq .Role "user" }}}}{p.before_user}{{{{ .Content }}}}'
        f'{p.after_user}{{{{ else if eq .Role "assistant" }}}}{p.before_answer}{{{{ .Content }}}}'
        f"{p.after_answer}{{{{ end }}}}{{{{ end }}}}{p.generation}"
    )


def render(template: str, messages: list[Message]) -> str:
    """A chat as Ollama renders it. Raises ValueError for what go_template does not write."""
    parts = _ACTION.split(template)  # text, action, text, action, ...
    system = "\n\n".join(m.content for m in messages if m.role == "system")
    out, at = _block(parts, 0, system, messages, None)
    if at != len(parts):
        raise ValueError(f"`{parts[at]}` closes nothing")
    return out


def _block(
    parts: list[str], at: int, system: str, messages: list[Message], message: Message | None
) -> tuple[str, int]:
    """Render from a text up to the action that ends this block; where that is."""
    out = [parts[at]]
    at += 1
    while at < len(parts):
        action = parts[at]
        if action == "end" or action.startswith("else"):
            return "".join(out), at
        if action == ".System":
            out.append(system)
        elif action == ".Content" and message is not None:
            out.append(message.content)
        elif action == "range .Messages":
            end = at
            for one in messages:
                text, end = _block(parts, at + 1, system, messages, one)
                out.append(text)
            at = end
        elif action.startswith("if "):
            text, at = _branches(parts, at, system, messages, message)
            out.append(text)
        else:
            raise ValueError(f"{{{{ {action} }}}}: not known")
        out.append(parts[at + 1])
        at += 2
    return "".join(out), at


def _branches(
    parts: list[str], at: int, system: str, messages: list[Message], message: Message | None
) -> tuple[str, int]:
    """Render the first branch whose condition holds; where its `end` is."""
    chosen = None
    while parts[at] != "end":
        condition = parts[at].removeprefix("else").strip().removeprefix("if ")
        text, at = _block(parts, at + 1, system, messages, message)
        if chosen is None and _holds(condition, system, message):
            chosen = text
        if at == len(parts):
            raise ValueError("an `if` is not closed")
    return chosen or "", at


def _holds(condition: str, system: str, message: Message | None) -> bool:
    if condition in ("", ".System"):
        return bool(system) if condition else True
    role = re.fullmatch(r'eq \.Role "(\w+)"', condition)
    if role is None:
        raise ValueError(f"{{{{ if {condition} }}}}: not known")
    return message is not None and message.role == role[1]


def _apart(chat: Chat, names: list[str]) -> list[str]:
    """What the template writes before, between and after the messages of a chat of these words."""
    roles = {"system": "system", "answer": "assistant", "reply": "assistant"}
    messages = [Message(role=roles.get(name, "user"), content=_WORDS[name]) for name in names]
    rest, parts = chat.generation_text(messages), []
    for name in names:
        before, found, rest = rest.partition(_WORDS[name])
        if not found:
            raise UserError(
                f"the chat template does not write out a message of the role {roles.get(name, 'user')}"
            )
        parts.append(before)
    if any(word in rest for word in _WORDS.values()):
        raise UserError("the chat template writes a message twice")
    return [*parts, rest]


def _shared(texts: list[str]) -> str:
    """What all of them begin with."""
    columns = zip(*texts, strict=False)
    return "".join(column[0] for column in takewhile(lambda column: len(set(column)) == 1, columns))


def _to_end_of_turn(chat: Chat, text: str) -> str:
    """The text up to its first special token and the line's end behind it; nothing where it has none."""
    _, end = min(_special_at(chat, text), default=(0, 0))
    return text[: end + 1] if end and text[end : end + 1] == "\n" else text[:end]


def _special_at(chat: Chat, text: str) -> list[tuple[int, int]]:
    """Where special tokens first stand in a text: their beginnings and ends."""
    special = [token.content for token in chat.tokenizer.added_tokens_decoder.values() if token.special]
    return [(place, place + len(token)) for token in special if (place := text.find(token)) >= 0]
