"""Scripts run in a process that has the heavy libraries already, forked from one that waits for them.

Loading the training stack (Unsloth, torch, transformers, trl) takes 5 to 12 s of a core and training the
tests' model 2 to 5; loading scikit-learn and Matplotlib takes 2.5 s and 06 and 07 take less. Each script
still has a process, an environment and a folder of its own and runs from its first line to its last; only
its imports find the libraries there. From nothing start: the `finished` workshop, whose bytes the warm runs
must repeat, runs that are killed, those of several processes, and all that run_all.sh starts.

    python tests/warm.py MODULE ...    reads a request a line, answers each with a line: the exit code
"""

from __future__ import annotations

import atexit
import functools
import importlib
import json
import os
import runpy
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# As inkprint.models settles it for a base that is a folder; read while the stack is loaded.
SETTLED = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "UNSLOTH_DISABLE_STATISTICS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
    "OMP_NUM_THREADS": "1",
}


# Unsloth first: it patches the others.
TRAINING = ("unsloth", "trl.trainer.sft_trainer")
REPORTING = (
    "jinja2",
    "matplotlib.backends.backend_svg",
    "pydantic",
    "sklearn.feature_extraction.text",
    "yaml",
)


def run_warm(
    modules: tuple[str, ...],
    command: list[str],
    env: dict[str, str],
    change: str = "",
    cwd: str | None = None,
) -> subprocess.CompletedProcess:
    """Run a script with its arguments, after `change`, Python; what subprocess.run would return."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        request = {"command": command, "env": env, "change": change, "cwd": cwd or str(Path.cwd())}
        server = waiting(modules)
        server.stdin.write(json.dumps(request | {"out": str(out), "err": str(err)}) + "\n")
        server.stdin.flush()
        answer = server.stdout.readline()
        assert answer, "the process that waits has ended"
        return subprocess.CompletedProcess(command, int(answer), out.read_text(), err.read_text())


@functools.cache
def waiting(modules: tuple[str, ...]) -> subprocess.Popen:
    """The process that waits, one for each that runs tests; it ends when its input does."""
    server = subprocess.Popen(
        [sys.executable, __file__, *modules],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={name: value for name, value in os.environ.items() if name not in SETTLED} | SETTLED,
    )
    atexit.register(server.communicate)
    return server


def become(request: dict) -> None:
    """In the fork: take over what a new process would have been given, and run the script."""
    for number, path in ((1, request["out"]), (2, request["err"])):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    sys.argv = request["command"]
    sys.path[0] = str(Path(sys.argv[0]).parent)
    exec(request["change"], {})
    runpy.run_path(sys.argv[0], run_name="__main__")


def serve() -> None:
    cache = tempfile.mkdtemp()
    os.environ["UNSLOTH_COMPILE_LOCATION"] = cache
    heard = os.dup(1)
    os.dup2(2, 1)  # what the stack says while it loads is no answer
    for module in sys.argv[1:]:
        importlib.import_module(module)
    for line in sys.stdin:
        if (child := os.fork()) == 0:
            os.close(heard)
            become(json.loads(line))
            return
        os.write(heard, f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n".encode())
    shutil.rmtree(cache)


if __name__ == "__main__":
    serve()
