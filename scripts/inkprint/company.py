"""Several processes that do one stage together: each on a card of its own, or on the CPU.

The first leads: it decides, writes and speaks. It starts the others itself (`gpus: 2`), or is one of
torchrun's, on several machines.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from inkprint.errors import UserError

DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
GRACE_SECONDS = 60  # for a collective operation to notice that a process is gone
MISTAKE, STOPPED = 2, 130  # exit codes; see command.exit_with


def rank() -> int:
    """This process's number among those that work together; 0 leads, or is alone."""
    return int(os.environ.get("RANK", "0"))


def size() -> int:
    """How many processes work together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def follow_the_leader() -> None:
    """End when the leader does, however it ends: called first where `company` may have started us."""
    if rank() > 0 and "INKPRINT_LEADER" in os.environ:
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != int(os.environ["INKPRINT_LEADER"]):  # it had ended before that
            sys.exit(1)


@contextlib.contextmanager
def company(
    processes: int, arguments: list[str], log: Path, stuck: Callable[[], None] = lambda: None
) -> Iterator[Callable[[], None]]:
    """Lead `processes` processes while the block runs; does nothing for one, or under torchrun.

    arguments: what the others run. They write to <log>-<rank>.log. Raises UserError when one is killed or
    says what the user can mend, RuntimeError when one fails otherwise. Yields what waits until all have ended
    well. stuck: called, before this process ends, where one fails while the block waits for it in an
    operation that hears nothing.
    """
    if processes == 1 or "WORLD_SIZE" in os.environ:
        yield lambda: None
        return
    together = _environment(processes)
    before = {name: os.environ.get(name) for name in together}
    os.environ.update(together)
    others = _Others(processes - 1, arguments, log, before, stuck)
    try:
        yield others.wait
        others.wait()
    except BaseException as error:
        with contextlib.suppress(KeyboardInterrupt):  # the watch's own, where the error came first
            time.sleep(1)  # where the others' end is the cause, the watch says so
            others.leave_in_peace()
        if others.problem is not None and not isinstance(error, UserError):
            raise others.problem from error
        raise
    finally:
        others.end()


def _environment(processes: int) -> dict[str, str]:
    """What torch.distributed wants to know, in the process that leads."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    threads = str(max(1, (os.cpu_count() or 1) // processes))
    return {
        "RANK": "0",
        "LOCAL_RANK": "0",
        "WORLD_SIZE": str(processes),
        "LOCAL_WORLD_SIZE": str(processes),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", threads),
        "INKPRINT_LEADER": str(os.getpid()),
    }


class _Others:
    """The processes that follow this one, each watched by a thread."""

    def __init__(
        self,
        count: int,
        arguments: list[str],
        log: Path,
        before: dict[str, str | None],
        stuck: Callable[[], None],
    ) -> None:
        """before: what in the environment said of no others, to go back to."""
        self.problem: Exception | None = None
        self._before, self._stuck = before, stuck
        self._over, self._lock = threading.Event(), threading.Lock()
        self._processes = [self._start(number, arguments, log) for number in range(1, count + 1)]
        for number, process in enumerate(self._processes, start=1):
            threading.Thread(target=self._watch, args=(number, process, log), daemon=True).start()

    def _start(self, number: int, arguments: list[str], log: Path) -> subprocess.Popen[bytes]:
        environment = os.environ | {"RANK": str(number), "LOCAL_RANK": str(number)}
        with _log_of(number, log).open("a", encoding="utf-8") as out:
            return subprocess.Popen(
                arguments, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
            )

    def _watch(self, number: int, process: subprocess.Popen[bytes], log: Path) -> None:
        code = process.wait()
        with self._lock:
            if code == 0 or self._over.is_set():
                return
            if code != STOPPED:
                self.problem = self.problem or _problem(number, code, _log_of(number, log))
            # A signal, for nothing else would wake what sleeps or waits for a process.
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        if not self._over.wait(GRACE_SECONDS):
            self.end()
            self._stuck()
            print(f"{Path(sys.argv[0]).name}: {self.problem or 'stopped'}", file=sys.__stderr__, flush=True)
            os._exit(MISTAKE if isinstance(self.problem, UserError) else 1)

    def wait(self) -> None:
        """Until all have ended, of whom none may fail."""
        for process in self._processes:
            process.wait()
        if any(process.returncode for process in self._processes):
            time.sleep(1)  # the watch interrupts
            raise RuntimeError("another process failed")

    def leave_in_peace(self) -> None:
        """From here on nobody interrupts the process that leads."""
        with self._lock:
            self._over.set()

    def end(self) -> None:
        """Kill whom there still is, for one in an operation that waits hears nothing else; and be alone."""
        self.leave_in_peace()
        for process in self._processes:
            process.kill()
            process.wait()
        for name, value in self._before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _log_of(number: int, log: Path) -> Path:
    return log.with_name(f"{log.name}-{number}.log")


def _problem(number: int, code: int, log: Path) -> Exception:
    """What to say of a process that failed."""
    if code in (-signal.SIGKILL, -signal.SIGTERM):  # the kernel kills so, too, where memory is short
        return UserError(
            f"process {number} was killed ({signal.Signals(-code).name}): {log}; the same command goes on"
        )
    if code == MISTAKE and (lines := log.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]):
        return UserError(f"process {number}: {lines[-1].removeprefix(Path(sys.argv[0]).name + ': ')}")
    return RuntimeError(f"process {number} ended with {code}: {log}")
