"""How fast 03 asks: requests a second by connections, and its memory as passages grow; a server on loopback.

    python bench/synthesis.py [--requests 1000] [--connections 1 8 32] [--passages 10000 100000] [--json FILE]

The server is the tests' (tests/claude_server.py): an answer costs it half a millisecond, so what is measured
is our side, the client of Anthropic's included. With a latency it shows how far connections hide the waiting.
Time: three minutes, and ten more for 100,000 passages.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests")]

from asking import CLAUDE, Asking, passages_of
from claude_server import claude_server

LATENCIES_SECONDS = (0.0, 0.5)
# What begins and ends a run, whatever it asks: timed apart and taken off.
START_REQUESTS = 8
TEMPLATE_TASKS = {
    "passage_completion": {"share": 1.0, "prompt": "prompts/completion.txt"},
    "question_passage": {"share": 1.0, "prompt": "prompts/questions.txt", "questions": 2},
}


def run(requests: int, connections: int, latency_seconds: float) -> tuple[float, dict[str, Any]]:
    """Seconds of one run of 03 with so many passages, and its manifest."""
    with (
        tempfile.TemporaryDirectory() as name,
        claude_server(Path(name), latency_seconds=latency_seconds) as server,
    ):
        asking = Asking(Path(name), server.url)
        provider = CLAUDE | {"connections": connections, "timeout_seconds": 60.0}
        asking.write(passages_of("one.pdf", requests), provider, max_dollars=1e6)
        began = time.perf_counter()
        asking.run(timeout_seconds=3600)
        seconds = time.perf_counter() - began
        assert sum(server.paid().values()) == requests
        return seconds, asking.manifest()


def throughput(requests: int, connections: list[int]) -> list[dict[str, Any]]:
    """Requests a second, start-up taken off, for each number of connections and each latency."""
    print(f"Throughput: {requests} requests of 70 words, two pairs each\n")
    found = []
    for latency in LATENCIES_SECONDS:
        for count in connections:
            asked = requests if not latency else min(requests, 40 * count)
            start, _ = run(START_REQUESTS, count, latency)
            seconds, _ = run(asked, count, latency)
            if seconds <= start:
                sys.exit("too few --requests to tell them from the start-up")
            rate = (asked - START_REQUESTS) / (seconds - start)
            found.append(
                {"latency": latency, "connections": count, "requests": asked, "rate": round(rate, 1)}
            )
            print(f"  latency {latency:.1f} s, {count:>3} connections: {rate:7.1f} requests a second")
    return found


def memory(passages: list[int]) -> list[dict[str, Any]]:
    """The largest memory of 03, by template and by requests."""
    print("\nMemory: the largest of the process\n")
    found = []
    for count in passages:
        with tempfile.TemporaryDirectory() as name:
            asking = Asking(Path(name), "http://127.0.0.1:9")
            asking.write(
                passages_of("one.pdf", count), {"name": "template"}, synthesize__tasks=TEMPLATE_TASKS
            )
            asking.run(timeout_seconds=3600)
            plain = asking.manifest()
        seconds, asked = run(count, 32, 0.0)
        found.append({"passages": count, "template": _megabytes(plain), "asked": _megabytes(asked),
                      "template_seconds": plain["seconds"], "asked_seconds": round(seconds, 1)})  # fmt: skip
        print(f"  {count:>7,} passages: template {_megabytes(plain)} MB in {plain['seconds']} s,"
              f" with a request each {_megabytes(asked)} MB in {seconds:.0f} s")  # fmt: skip
    return found


def _megabytes(manifest: dict[str, Any]) -> int:
    return round(max(value for value in manifest["peak_memory_bytes"].values() if value) / 1e6)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--passages", type=int, nargs="*", default=[10_000])
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    arguments = parser.parse_args()
    figures = {"throughput": throughput(arguments.requests, arguments.connections)}
    figures["memory"] = memory(arguments.passages)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
