"""Endpoint by endpoint: from a request to the reply, through faults, counts and the log."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TextIO

from claude.answers import make_answer
from claude.batches import Batch, Batches, check_requests, new_id
from claude.faults import BATCH, HARMLESS, LASTING, NEEDS_SCHEMA, SPOILT, TRANSPORT, Faults, draw, roll
from claude.requests import Refused, check_body, invalid, schema_of

VERSIONS = ("2023-06-01", "2026-10-21")
ERRORS = {
    "rate_limit": (429, "rate_limit_error", "This request would exceed your organization's rate limit."),
    "overloaded": (529, "overloaded_error", "Overloaded"),
    "server_error": (500, "api_error", "Internal server error"),
}
TOO_LONG = "prompt is too long: 1000001 tokens > 1000000 maximum"
A_BREATH = 50  # requests of a batch, some 20 ms: then others are served


@dataclass(frozen=True)
class Options:
    """How the server behaves; the program's own options say more."""

    faults: Faults
    key: str
    latency_seconds: float
    batch_seconds: float
    retry_after: tuple[str, ...]
    characters_a_token: float
    faulty_endpoint: str


@dataclass(frozen=True)
class Request:
    """One HTTP request; header names in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    content: bytes

    @property
    def base_url(self) -> str:
        return f"http://{self.headers['host']}"


@dataclass(frozen=True)
class Reply:
    """One HTTP reply; a fault among timeout, dropped and truncated is done by the connection."""

    status: int = 200
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    fault: str = "ok"
    delay_seconds: float = 0.0


def hash_json(value: object) -> str:
    """What a body is known by in the log: as inkprint.hashes.hash_json, which the program cannot import."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def as_json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


class Api:
    """The endpoints, what came so far, and the log of it."""

    def __init__(self, options: Options, log: TextIO) -> None:
        self.options, self.log_file = options, log
        self.came: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.batches = Batches()
        self.requests = 0

    def log(self, endpoint: str, kind: str, **more: Any) -> None:
        """Write one line and see it out before the reply."""
        line = {
            "time": time.time(),
            "endpoint": endpoint,
            "kind": kind,
            "body": None,
            "custom_id": None,
            "batch": None,
            "answered": False,
            "input_tokens": 0,
            "output_tokens": 0,
            "retry_after": None,
        }
        self.log_file.write(json.dumps(line | more) + "\n")
        self.log_file.flush()

    async def reply(self, request: Request) -> Reply:
        """Answer a request, whatever it is."""
        self.requests += 1
        endpoint, handle = self._route(request)
        body, single = None, endpoint == "POST /v1/messages"
        try:
            self._check_headers(request)
            if handle is None:
                raise Refused(404, "not_found_error", f"{request.method} {request.path} not found")
            body = _parse(request.content) if request.method == "POST" and request.content else None
            if single:
                return self._message(endpoint, body)
            return await self._with_faults(endpoint, request, body, handle)
        except Refused as refused:
            self.log(endpoint, refused.kind, body=hash_json(body) if single and body is not None else None)
            return self._error(refused.status, refused.kind, refused.message)

    def _route(self, request: Request) -> tuple[str, Callable[..., Any] | None]:
        parts = request.path.strip("/").split("/")
        name = [*parts[:3], "{id}", *parts[4:]] if len(parts) > 3 else parts
        endpoint = f"{request.method} /{'/'.join(name)}"
        handlers = {
            "POST /v1/messages": self._message,
            "POST /v1/messages/batches": self._create,
            "GET /v1/messages/batches": self._list,
            "GET /v1/messages/batches/{id}": self._retrieve,
            "GET /v1/messages/batches/{id}/results": self._results,
            "POST /v1/messages/batches/{id}/cancel": self._cancel,
        }
        return endpoint, handlers.get(endpoint)

    def _check_headers(self, request: Request) -> None:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        key = request.headers.get("x-api-key", bearer)
        if key != self.options.key:
            raise Refused(401, "authentication_error", "invalid x-api-key" if key else "API key is required")
        if request.headers.get("anthropic-version") not in VERSIONS:
            raise invalid("anthropic-version: header is required")

    def _error(self, status: int, kind: str, message: str, **headers: str) -> Reply:
        name = f"req_{self.requests:08d}"
        error = {"type": "error", "error": {"type": kind, "message": message}, "request_id": name}
        return Reply(status, as_json(error), {"request-id": name, **headers})

    def _count(self, key: str) -> int:
        """How often this came before."""
        self.came[key] += 1
        return self.came[key] - 1

    def _fail(self, endpoint: str, kind: str, key: str, came: int, body: str | None) -> Reply:
        """A fault that has no answer."""
        waits = draw(self.options.retry_after, self.options.faults.seed, key, came, "retry-after")
        wait = waits if kind == "rate_limit" and waits != "none" else None
        self.log(endpoint, kind, body=body, retry_after=wait)
        if kind == "invalid_request":
            return self._error(400, "invalid_request_error", TOO_LONG)
        if kind not in ERRORS:
            return Reply(fault=kind)
        return self._error(*ERRORS[kind], **({"retry-after": wait} if wait else {}))

    def _message(self, endpoint: str, body: Any) -> Reply:
        check_body(body)
        digest = hash_json(body)
        came = self._count(digest)
        kind = self._draw(body, digest, came, (*TRANSPORT, *SPOILT, *HARMLESS, *LASTING))
        if (kind in TRANSPORT and kind != "truncated") or kind == "invalid_request":
            return self._fail(endpoint, kind, digest, came, digest)
        message, kind = self._answer(endpoint, body, kind, digest, came)
        jitter = 0.5 + roll(self.options.faults.seed, digest, came, "latency")
        return Reply(
            content=as_json(message),
            headers={"request-id": f"req_{self.requests:08d}"},
            fault=kind,
            delay_seconds=self.options.latency_seconds * jitter,
        )

    def _draw(self, body: Any, digest: str, came: int, possible: tuple[str, ...]) -> str:
        if schema_of(body) is None:
            possible = tuple(kind for kind in possible if kind not in NEEDS_SCHEMA)
        return self.options.faults.of(digest, came, possible)

    def _answer(
        self, endpoint: str, body: Any, kind: str, digest: str, came: int, **more: Any
    ) -> tuple[dict[str, Any], str]:
        """The message and the kind that it has in the log; it is counted, logged and paid for."""
        number = self.answered[digest]
        name = f"{digest} {came}"
        answer = make_answer(body, kind, digest, number, name, self.options.characters_a_token)
        if kind == "ok" and answer.message["stop_reason"] == "max_tokens":
            kind = "max_tokens"
        self.answered[digest] += kind in ("ok", *HARMLESS)
        tokens = dict(zip(("input_tokens", "output_tokens"), answer.tokens, strict=True))
        self.log(endpoint, kind, body=digest, answered=answer.paid, **tokens, **more)
        return answer.message, kind

    async def _with_faults(
        self, endpoint: str, request: Request, body: Any, handle: Callable[..., Any]
    ) -> Reply:
        """A batch endpoint: with `truncated` it is done and the reply lost, else nothing is done."""
        key = f"{endpoint} {request.path} {hash_json(body)}"
        came = self._count(key)
        kind = self.options.faults.of(key, came, TRANSPORT)
        if self.options.faulty_endpoint not in ("", endpoint):
            kind = "ok"
        if kind not in ("ok", "truncated"):
            return self._fail(endpoint, kind, key, came, None)
        content = await handle(request, body)
        self.log(endpoint, kind)
        return Reply(content=content, headers={"request-id": f"req_{self.requests:08d}"}, fault=kind)

    async def _create(self, request: Request, body: Any) -> bytes:
        asked = check_requests(body)
        results: dict[str, dict[str, Any]] = {}
        batch_id = new_id(f"{self.options.faults.seed} {self.requests}")
        for number, one in enumerate(asked):
            if number % A_BREATH == A_BREATH - 1:
                await asyncio.sleep(0)
            results[one["custom_id"]] = self._one(one["custom_id"], one["params"], batch_id)
        batch = self.batches.add(Batch(batch_id, results, self.options.batch_seconds))
        return as_json(batch.shape(request.base_url))

    def _one(self, custom_id: str, body: Any, batch_id: str) -> dict[str, Any]:
        """The result that one request of a batch will have."""
        digest = hash_json(body)
        named = {"custom_id": custom_id, "batch": batch_id}
        try:
            check_body(body)
        except Refused as refused:
            self.log("batch request", refused.kind, body=digest, **named)
            return _errored(refused.kind, refused.message)
        came = self._count(digest)
        kind = self._draw(body, digest, came, (*SPOILT, *HARMLESS, *LASTING, *BATCH))
        if kind in ("expired", "errored", "invalid_request"):
            self.log("batch request", kind, body=digest, **named)
            if kind == "expired":
                return {"type": "expired"}
            cause = draw(("server_error", "overloaded"), self.options.faults.seed, digest, came, "cause")
            why = ERRORS[cause][1:] if kind == "errored" else ("invalid_request_error", TOO_LONG)
            return _errored(*why)
        message, _ = self._answer("batch request", body, kind, digest, came, **named)
        message["usage"]["service_tier"] = "batch"
        return {"type": "succeeded", "message": message}

    async def _list(self, request: Request, _: Any) -> bytes:
        page, more = self.batches.page(request.query)
        return as_json(
            {
                "data": [batch.shape(request.base_url) for batch in page],
                "has_more": more,
                "first_id": page[0].id if page else None,
                "last_id": page[-1].id if page else None,
            }
        )

    async def _retrieve(self, request: Request, _: Any) -> bytes:
        return as_json(self.batches.get(request.path.split("/")[4]).shape(request.base_url))

    async def _results(self, request: Request, _: Any) -> bytes:
        batch = self.batches.get(request.path.split("/")[4])
        if not batch.ended:
            raise Refused(404, "not_found_error", f"{batch.id} has no results before it has ended")
        return b"".join(as_json(line) + b"\n" for line in batch.lines())

    async def _cancel(self, request: Request, _: Any) -> bytes:
        batch = self.batches.get(request.path.split("/")[4])
        for custom_id in batch.cancel():
            self.log("batch request", "canceled", custom_id=custom_id, batch=batch.id)
        return as_json(batch.shape(request.base_url))


def _errored(kind: str, message: str) -> dict[str, Any]:
    error = {"type": "error", "error": {"type": kind, "message": message}, "request_id": None}
    return {"type": "errored", "error": error}


def _parse(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError as error:
        raise invalid(f"The request body is not valid JSON: {error}") from error
