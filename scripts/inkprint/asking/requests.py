"""A request to a model, and what its reply is worth.

The same request has the same key, whoever asks and in whatever run: replies are kept by it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

# The reply of one that is off its schema may be right the next time.
MOST_ATTEMPTS = 3
JUDGING = ("judge_marks", "judge_pairs")  # tasks of 06; all others are of 03


class Reply(BaseModel):
    """A reply's form. Its fields, with what they hold, are the JSON schema that the model gets."""

    model_config = ConfigDict(extra="forbid")


@dataclass(frozen=True)
class Request:
    """What a model is asked."""

    task: str  # what it is for; replies to one task are alike in length
    prompt: str
    form: type[Reply]
    items: int  # how many entries each list of the reply is to have
    expected_words: int  # of the reply, as far as one can know before

    def key(self, model: str, max_tokens: int, **parameters: object) -> str:
        """A SHA-256 over what the reply depends on. model: who answers, with its provider."""
        whole = [model, max_tokens, parameters, self.prompt, schema(self.form), self.items]
        text = json.dumps(whole, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def characters(self) -> int:
        """How many the model reads: the prompt's, and the schema's."""
        return len(self.prompt) + len(json.dumps(schema(self.form)))


@dataclass(frozen=True)
class Stored:
    """A reply that was paid for."""

    text: str
    stop: str  # end_turn, max_tokens, refusal, …
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True)
class Reading:
    """What a request has come to: `ok` with its value, `rejected` with a reason, `open` without an answer."""

    state: Literal["ok", "rejected", "open"]
    reason: str = ""
    text: str = ""
    value: Any = None  # of the request's form


def read(request: Request, replies: list[Stored]) -> Reading:
    """Read the replies to a request, in the order in which they came; refused and cut ones are final."""
    reason = text = ""
    for reply in replies:
        text = reply.text
        if reply.stop == "refusal":
            return Reading("rejected", "refusal", text)
        if reply.stop in ("max_tokens", "model_context_window_exceeded"):
            return Reading("rejected", "max_tokens", text)
        try:
            return Reading("ok", "", text, request.form.model_validate_json(_bare(text)))
        except ValidationError as error:
            reason = "malformed" if error.errors()[0]["type"] == "json_invalid" else "off_schema"
    if len(replies) >= MOST_ATTEMPTS:
        return Reading("rejected", reason, text)
    return Reading("open")


def distinct(requests: Iterable[tuple[str, Request]]) -> Iterator[tuple[str, Request]]:
    """Each key once: equal requests share a reply."""
    seen: set[bytes] = set()
    for key, request in requests:
        if (short := bytes.fromhex(key)) not in seen:
            seen.add(short)
            yield key, request


def _bare(text: str) -> str:
    """Without the fence that some models put around JSON."""
    text = text.strip()
    if text.startswith("```") and text.endswith("```"):
        return text[3:-3].removeprefix("json").strip()
    return text


def schema(form: type[Reply]) -> dict[str, Any]:
    """The JSON schema of a reply: objects, lists, texts, some of them to choose from; no definitions."""
    whole = form.model_json_schema()
    return _plain(whole, whole.get("$defs", {}))


def _plain(part: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in part:
        part = definitions[part["$ref"].rpartition("/")[2]]
    if part["type"] == "object":
        properties = {name: _plain(inner, definitions) for name, inner in part["properties"].items()}
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
    if part["type"] == "array":
        return {"type": "array", "items": _plain(part["items"], definitions)}
    assert part["type"] == "string", part
    return {"type": "string"} | ({"enum": part["enum"]} if "enum" in part else {})
