"""Several processes that train one adapter: each on a card of its own, or on the CPU where there is none.

Data parallel as torch.distributed means it: every process holds the model and learns from its share of
each batch, so that a step sees the same rows as with one process. The first leads: it decides, writes
and speaks. It starts the others itself (`gpus: 2`), or is one of torchrun's, on several machines.
"""

from __future__ import annotations

import _thread
import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from inkprint.errors import UserError

DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
GRACE_SECONDS = 60  # for a collective operation to notice that a process is gone


def rank() -> int:
    """This process's number among those that train together; 0 leads, or is alone."""
    return int(os.environ.get("RANK", "0"))


def size() -> int:
    """How many processes train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def check_share(accumulation_steps: int) -> None:
    """Raise UserError where these processes can not share a batch; `gpus` was checked with the recipe."""
    if accumulation_steps % size():
        raise UserError(
            f"{size()} processes must divide train.accumulation_steps, which is {accumulation_steps}"
        )


def agree(checkpoint: Path | None) -> None:
    """Raise UserError where the processes would go on from different checkpoints; call it in all of them."""
    if size() == 1:
        return
    import torch.distributed

    names: list[str | None] = [None] * size()
    torch.distributed.all_gather_object(names, checkpoint.name if checkpoint else "the beginning")
    if len(set(names)) > 1:
        raise UserError(
            f"the machines would go on from {' and '.join(map(str, names))}: let INKPRINT_ARTIFACTS name"
            " a folder that they share, or delete the work folder on all of them"
        )


def leader_says(word: bool) -> bool:
    """The word of the process that leads, in all of them; call it in all of them."""
    if size() == 1:
        return word
    import torch.distributed

    words = [word]
    torch.distributed.broadcast_object_list(words, src=0)
    return words[0]


def follow_the_leader() -> None:
    """End when the leader does, however it ends: called first in a process that `company` started."""
    if "INKPRINT_LEADER" in os.environ:
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != int(os.environ["INKPRINT_LEADER"]):  # it had ended before that
            sys.exit(1)


@contextlib.contextmanager
def company(processes: int, command: list[str], logs: Path) -> Iterator[None]:
    """Lead `processes` processes while the block runs; does nothing for one, or under torchrun.

    command: what the others run. They write to logs/train-<rank>.log. Raises RuntimeError when one fails.
    """
    if processes == 1 or "WORLD_SIZE" in os.environ:
        yield
        return
    threads = str(max(1, (os.cpu_count() or 1) // processes))
    together = {
        "WORLD_SIZE": str(processes),
        "LOCAL_WORLD_SIZE": str(processes),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(_free_port()),
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", threads),
        "INKPRINT_LEADER": str(os.getpid()),
    }
    together |= {"RANK": "0", "LOCAL_RANK": "0"}
    before = {name: os.environ.get(name) for name in together}
    os.environ.update(together)
    followers, failed = [], []
    for number in range(1, processes):
        with (logs / f"train-{number}.log").open("a", encoding="utf-8") as log:
            environment = os.environ | {"RANK": str(number), "LOCAL_RANK": str(number)}
            followers.append(
                subprocess.Popen(
                    command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
                )
            )

    def watch(number: int, follower: subprocess.Popen[bytes]) -> None:
        if follower.wait() not in (0, -signal.SIGTERM):
            failed.append(
                f"process {number} ended with {follower.returncode}: {logs / f'train-{number}.log'}"
            )
            _thread.interrupt_main()
            time.sleep(GRACE_SECONDS)
            os._exit(1)  # stuck in an operation that waits for the one that is gone

    for number, follower in enumerate(followers, start=1):
        threading.Thread(target=watch, args=(number, follower), daemon=True).start()
    try:
        yield
        for follower in followers:
            follower.wait()
    except BaseException as error:
        with contextlib.suppress(
            KeyboardInterrupt
        ):  # the watch's own, where the collective's error came first
            time.sleep(1)  # where the others' end is the cause, the watch says so
        if failed:
            raise RuntimeError(failed[0]) from error
        raise
    finally:
        for follower in followers:
            follower.terminate()
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
