"""What the Messages API refuses, read off the real one: parameters, messages, schemas; and a request's text.

API version 2026-10-21 takes no temperature, top_p or top_k, and nothing that it does not know:
"temperature: Extra inputs are not permitted".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

PARAMETERS = frozenset(
    "model max_tokens messages cache_control container diagnostics inference_geo metadata output_config"
    " service_tier speed stop_sequences stream system thinking tool_choice tools".split()
)
ROLES = ("user", "assistant", "system")
# What structured outputs know of JSON Schema, less allOf and formats of strings: nothing here writes them.
COMMON = {"$defs", "title", "description"}
KEYWORDS = {
    "object": {"type", "properties", "required", "additionalProperties"},
    "array": {"type", "items", "minItems"},
    "string": {"type"},
    "integer": {"type"},
    "number": {"type"},
    "boolean": {"type"},
    "null": {"type"},
}


class Refused(Exception):
    """A request that the API does not take: HTTP status, error type and message."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status, self.kind, self.message = status, kind, message


def invalid(message: str) -> Refused:
    return Refused(400, "invalid_request_error", message)


def check_body(body: object) -> None:
    """Raise Refused for what the API would not take as the parameters of one message."""
    if not isinstance(body, dict):
        raise invalid("Input should be a valid dictionary")
    for name in ("model", "max_tokens", "messages"):
        if name not in body:
            raise invalid(f"{name}: Field required")
    for name in body:
        if name not in PARAMETERS:
            raise invalid(f"{name}: Extra inputs are not permitted")
    if not isinstance(body["model"], str) or not body["model"]:
        raise invalid("model: Input should be a valid string")
    if type(body["max_tokens"]) is not int or body["max_tokens"] < 1:
        raise invalid("max_tokens: Input should be a valid integer of at least 1")
    if body.get("stream"):
        raise invalid("stream: this server does not stream")
    _check_messages(body["messages"])
    _check_content("system", body.get("system", "-"))
    _check_output(body.get("output_config") or {})
    if body["model"] == "no-such-model":
        raise Refused(404, "not_found_error", "model: no-such-model")


def _check_messages(messages: object) -> None:
    if not isinstance(messages, list) or not messages:
        raise invalid("messages: at least one message is required")
    for number, message in enumerate(messages):
        where = f"messages.{number}"
        if not isinstance(message, dict) or set(message) != {"role", "content"}:
            raise invalid(f"{where}: a message has a role and a content")
        if message["role"] not in ROLES:
            raise invalid(f"{where}.role: Input should be 'user', 'assistant' or 'system'")
        _check_content(f"{where}.content", message["content"])
    if messages[-1]["role"] == "assistant":
        raise invalid("This model does not support assistant message prefill.")


def _check_content(where: str, content: object) -> None:
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if not isinstance(blocks, list) or not blocks:
        raise invalid(f"{where}: Input should be a valid string or a list of blocks")
    for block in blocks:
        if (
            not isinstance(block, dict)
            or block.get("type") != "text"
            or not isinstance(block.get("text"), str)
        ):
            raise invalid(f"{where}: this server reads blocks of text only")
        if not block["text"].strip():
            raise invalid(f"{where}: text content blocks must contain non-whitespace text")


def _check_output(config: object) -> None:
    if not isinstance(config, dict) or not set(config) <= {"effort", "format"}:
        raise invalid("output_config: Input should be a dictionary with effort or format")
    form = config.get("format")
    if form is None:
        return
    if not isinstance(form, dict) or set(form) != {"type", "schema"} or form["type"] != "json_schema":
        raise invalid("output_config.format: needs a type 'json_schema' and a schema")
    _check_schema(form["schema"], form["schema"])


def _check_schema(schema: Any, root: Any) -> None:
    where = "output_config.format.schema"
    if not isinstance(schema, dict):
        raise invalid(f"{where}: Input should be a valid dictionary")
    if reference := schema.get("$ref"):
        if reference.removeprefix("#/$defs/") not in root.get("$defs", {}):
            raise invalid(f"{where}: {reference} is not defined")
    elif not schema.keys() & {"enum", "const", "anyOf"}:
        _check_typed(where, schema)
    for inner in _inner_schemas(schema):
        _check_schema(inner, root)


def _check_typed(where: str, schema: dict[str, Any]) -> None:
    kind = schema.get("type")
    if kind not in KEYWORDS:
        raise invalid(f"{where}: a schema needs a known type, a $ref, an enum, a const or an anyOf")
    for keyword in schema.keys() - KEYWORDS[kind] - COMMON:
        raise invalid(f"{where}: For '{kind}' type, property '{keyword}' is not supported")
    if kind == "object":
        if schema.get("additionalProperties") is not False:
            raise invalid(
                f"{where}: For 'object' type, 'additionalProperties' must be explicitly set to false"
            )
        if not set(schema.get("required", [])) <= set(schema.get("properties", {})):
            raise invalid(f"{where}: a required property is not among the properties")
    if kind == "array":
        if schema.get("minItems", 0) not in (0, 1):
            raise invalid(f"{where}: For 'array' type, 'minItems' values other than 0 or 1 are not supported")
        if "items" not in schema:
            raise invalid(f"{where}: For 'array' type, 'items' is required")


def _inner_schemas(schema: dict[str, Any]) -> Iterator[Any]:
    yield from schema.get("$defs", {}).values()
    yield from schema.get("properties", {}).values()
    yield from schema.get("anyOf", [])
    if "items" in schema:
        yield schema["items"]


def schema_of(body: dict[str, Any]) -> dict[str, Any] | None:
    """The JSON schema that the answer must fit, if one is asked for."""
    form = (body.get("output_config") or {}).get("format")
    return form["schema"] if form else None


def texts(body: dict[str, Any], *roles: str) -> str:
    """The text of the messages with these roles; `system` is also the system prompt."""
    parts = [body["system"]] if "system" in roles and "system" in body else []
    parts += [message["content"] for message in body["messages"] if message["role"] in roles]
    return "\n".join(
        part if isinstance(part, str) else "\n".join(block["text"] for block in part) for part in parts
    )
