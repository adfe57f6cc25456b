"""A server of Claude's Messages and Message Batches API on loopback, with faults on demand and a log of all.

    python tests/claude_server.py --log requests.jsonl --faults 0.2 --kinds rate_limit,dropped

It prints its URL when it listens. Tests start it with `claude_server(folder, faults=0.2)`. No model is in
it: an answer is words of the passage in the asked-for shape. What it takes, refuses and replies is what API
version 2026-10-21 and the client anthropic 2.11 agree on. A line of the log:

    {"time": 1795300000.1, "endpoint": "POST /v1/messages", "kind": "ok", "body": "<sha256>",
     "custom_id": null, "batch": null, "answered": true, "input_tokens": 512, "output_tokens": 40,
     "retry_after": null}

`kind` is ok, a fault, or the type of an error that the client deserves. `answered` says that the client pays.
A batch has a line for the call, and one for each request as "batch request"; a cancel adds lines of kind
`canceled`, which take back what was to be paid. Memory: the answers of all batches. 1,500 requests a second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from claude.api import Api, Options, Reply, Request
from claude.faults import KINDS, Faults

REASONS = {status.value: status.phrase for status in HTTPStatus} | {529: "Overloaded"}


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """The next request of a connection, None at its end. Bodies come with a content-length."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    content = await reader.readexactly(int(headers.get("content-length", 0)))
    url = urlsplit(target)
    return Request(method, url.path, dict(parse_qsl(url.query)), headers, content)


async def send(
    reply: Reply, timeout_seconds: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bool:
    """Send a reply, or the fault in its place; whether the connection goes on."""
    if reply.fault == "dropped":
        return False
    if reply.fault == "timeout":
        with suppress(TimeoutError):
            # A client that gives up closes the connection: that ends the read.
            await asyncio.wait_for(reader.read(1), timeout_seconds)
        return False
    if reply.delay_seconds:
        await asyncio.sleep(reply.delay_seconds)
    headers = {"content-type": "application/json", "content-length": len(reply.content)} | reply.headers
    head = f"HTTP/1.1 {reply.status} {REASONS[reply.status]}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    cut = len(reply.content) // 2 if reply.fault == "truncated" else len(reply.content)
    writer.write(head.encode() + b"\r\n" + reply.content[:cut])
    await writer.drain()
    return reply.fault != "truncated"


async def serve(
    api: Api, host: str, port: int, timeout_seconds: float, until_stdin_ends: bool
) -> None:  # fmt: skip
    """Listen, say where on loopback, and serve until ended."""
    serving = asyncio.current_task()
    if until_stdin_ends and serving:
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), serving.cancel)

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            # A killed client leaves its connection in the middle of anything.
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                while request := await read_request(reader):
                    if not await send(await api.reply(request), timeout_seconds, reader, writer):
                        break
        except Exception:
            # Python 3.11 prints it when the task is collected, and leaves the connection open until then.
            traceback.print_exc()
            raise
        finally:
            writer.close()

    server = await asyncio.start_server(converse, host, port)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def _kinds(text: str) -> tuple[str, ...]:
    kinds = tuple(text.split(","))
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise argparse.ArgumentTypeError(f"no kind {unknown[0]}; there are {','.join(KINDS)}")
    return kinds


def _waits(text: str) -> tuple[str, ...]:
    for wait in text.split(","):
        if wait != "none":
            float(wait)
    return tuple(text.split(","))


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    """The program's options, as --help says them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="0.0.0.0 lets containers ask, too")
    add("--port", type=int, default=0, help="0 takes a free one")
    add("--log", type=Path, default=Path("/dev/null"), help="JSON lines, appended")
    add("--faults", type=float, default=0.0, help="share of requests that meet a fault, from 0 to 1")
    add("--kinds", type=_kinds, default=KINDS, help="faults, with commas: " + ",".join(KINDS))
    add("--seed", type=int, default=1, help="of the faults")
    add(
        "--faulty-endpoint", default="", help="of the batch endpoints the only one with faults, as in the log"
    )
    add("--key", default="test-key", help="the API key that is right")
    add("--latency-seconds", type=float, default=0.0, help="an answer's mean delay; it varies by half")
    add("--timeout-seconds", type=float, default=30.0, help="how long a timeout lasts if nobody gives up")
    add("--batch-seconds", type=float, default=0.3, help="from a batch's creation to its end")
    add("--retry-after", type=_waits, default=("0", "0.05", "0.2", "none"), help="of rate_limit, with commas")
    add("--characters-a-token", type=float, default=4.0, help="for the tokens in usage")
    add("--until-stdin-ends", action="store_true", help="end with the program that holds standard input")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> None:
    chosen = parse_arguments(arguments)
    options = Options(
        faults=Faults(chosen.faults, chosen.kinds, chosen.seed),
        key=chosen.key,
        latency_seconds=chosen.latency_seconds,
        batch_seconds=chosen.batch_seconds,
        retry_after=chosen.retry_after,
        characters_a_token=chosen.characters_a_token,
        faulty_endpoint=chosen.faulty_endpoint,
    )
    ends = (KeyboardInterrupt, asyncio.CancelledError)
    with chosen.log.open("a", encoding="utf-8") as log, suppress(*ends):
        listening = chosen.host, chosen.port, chosen.timeout_seconds, chosen.until_stdin_ends
        asyncio.run(serve(Api(options, log), *listening))


@dataclass(frozen=True)
class ClaudeServer:
    """A running server: where it is, and what has reached it."""

    url: str
    key: str
    log_path: Path
    process: subprocess.Popen[str]

    def log(self) -> list[dict[str, Any]]:
        """The lines so far; one that is just being written is left out."""
        with self.log_path.open(encoding="utf-8") as lines:
            return [json.loads(line) for line in lines if line.endswith("\n")]

    def paid(self) -> Counter[str]:
        """How many answers are paid for, body by body."""
        lines = self.log()
        canceled = {(line["batch"], line["custom_id"]) for line in lines if line["kind"] == "canceled"}
        return Counter(
            line["body"]
            for line in lines
            if line["answered"] and (line["batch"], line["custom_id"]) not in canceled
        )


@contextmanager
def claude_server(folder: Path, **options: Any) -> Iterator[ClaudeServer]:
    """Run the server in a process of its own, which ends with the caller's even if that is killed.

    Its log is `claude.jsonl` in the folder, and goes on there.

    options: the program's, as faults=0.2, kinds="dropped,empty", batch_seconds=1. Raises AssertionError when
    the server ended by itself or wrote a traceback, which a client would have taken for a fault.
    """
    options = {"log": folder / "claude.jsonl", "key": "test-key"} | options
    command = [sys.executable, __file__, "--until-stdin-ends"]
    for name, value in options.items():
        command += [f"--{name.replace('_', '-')}", str(value)]
    errors = folder / "claude.stderr"
    with errors.open("w") as sink:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": sink}
        process = subprocess.Popen(command, text=True, **pipes)
    try:
        url = process.stdout.readline().strip() if process.stdout else ""
        assert url, errors.read_text()
        yield ClaudeServer(url, options["key"], Path(options["log"]), process)
        assert process.poll() is None, f"the server ended: {errors.read_text()}"
    finally:
        process.terminate()
        process.communicate()
    assert not errors.read_text(), errors.read_text()


if __name__ == "__main__":
    main(sys.argv[1:])
