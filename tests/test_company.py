"""Processes that work together: what the one that leads says and does when another one ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT

pytestmark = pytest.mark.whole_runs  # every test starts processes, and waits for their end
LEADER = """
import ctypes, os, signal, sys, time
from pathlib import Path
from inkprint import company
from inkprint.command import exit_with

LOG = Path(sys.argv[1]) / "work"

def stuck():
    print("stuck", flush=True)

def work():
    company.follow_the_leader()
    with company.company(2, [sys.executable, *sys.argv], LOG, stuck) as wait:
        if company.rank() > 0:
            FOLLOWER
        LEAD
    if company.rank() == 0:
        assert "RANK" not in os.environ and "WORLD_SIZE" not in os.environ
        print("done", flush=True)

company.GRACE_SECONDS = PATIENCE
exit_with(work, Path(sys.argv[0]).name)
"""


@pytest.fixture
def together(tmp_path):
    """Start two processes of the same script, with what each of them does."""

    def start(lead: str, follow: str, grace_seconds: int = 20) -> subprocess.Popen:
        script = tmp_path / "work.py"
        text = LEADER.replace("FOLLOWER", follow).replace("LEAD", lead)
        script.write_text(text.replace("PATIENCE", str(grace_seconds)))
        kept = {name: value for name, value in os.environ.items() if name not in ("RANK", "WORLD_SIZE")}
        return subprocess.Popen(
            [sys.executable, str(script), str(tmp_path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=kept | {"PYTHONPATH": str(ROOT / "scripts")},
            start_new_session=True,
        )

    return start


def follower_of(leader: subprocess.Popen) -> int:
    """The one process that the leader started."""
    for _ in range(1000):
        children = Path(f"/proc/{leader.pid}/task/{leader.pid}/children").read_text().split()
        if children:
            return int(children[0])
        time.sleep(0.01)
    raise AssertionError("no process was started")


def has_ended(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


KILLED = "work.py: process 1 was killed (SIGKILL): {}; the same command goes on\n"
DIE, SLEEP = "os.kill(os.getpid(), signal.SIGKILL)", "time.sleep(60)"


@pytest.mark.parametrize(
    ("lead", "follow", "code", "says"),
    [
        ("pass", "time.sleep(0.3)", 0, ""),
        ("wait()", "sys.exit(2)", 1, "process 1 ended with 2: {}"),
        ("wait()", "print('work.py: no card'); sys.exit(2)", 2, "work.py: process 1: no card\n"),
        ("wait()", DIE, 2, KILLED),
        (SLEEP, DIE, 2, KILLED),
        (SLEEP, "assert False", 1, "RuntimeError: process 1 ended with 1: {}"),
        (SLEEP, "sys.exit(130)", 130, "work.py: stopped; what is finished is kept"),
        ("raise ValueError('mine')", SLEEP, 1, "ValueError: mine"),
    ],
)
def test_the_end_of_one_is_the_end_of_all(together, tmp_path, lead, follow, code, says):
    leader = together(lead, follow)
    follower = follower_of(leader)
    said, complaint = leader.communicate(timeout=30)
    assert leader.returncode == code, complaint
    assert says.format(tmp_path / "work-1.log") in complaint
    assert said == ("" if code else "done\n")
    assert has_ended(follower)
    if code == 2:
        assert complaint.count("\n") == 1, "one line"


DEAF = "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT]); ctypes.CDLL(None).sleep(600)"


def test_one_that_hears_nothing_is_ended_after_a_while(together):
    """As in an operation on a card that waits for the one that is gone."""
    leader = together(DEAF, DIE, grace_seconds=2)
    said, complaint = leader.communicate(timeout=30)
    assert (leader.returncode, said) == (2, "stuck\n")
    assert "process 1 was killed" in complaint


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_no_process_outlives_the_one_that_leads(together, how):
    leader = together("time.sleep(60)", "print('here', flush=True); time.sleep(60)")
    follower = follower_of(leader)
    for _ in range(1000):
        if "here" in Path(leader.args[2], "work-1.log").read_text():
            break
        time.sleep(0.01)
    leader.send_signal(how)
    leader.communicate(timeout=30)
    for _ in range(500):
        if has_ended(follower):
            return
        time.sleep(0.01)
    raise AssertionError("it did")


def test_ctrl_c_in_a_terminal_is_a_stop_and_no_fault(together):
    """The terminal sends it to all of them."""
    leader = together("time.sleep(60)", "print('here', flush=True); time.sleep(60)")
    for _ in range(1000):
        log = Path(leader.args[2], "work-1.log")
        if log.exists() and "here" in log.read_text():
            break
        time.sleep(0.01)
    os.killpg(leader.pid, signal.SIGINT)
    _, complaint = leader.communicate(timeout=30)
    assert (complaint, leader.returncode) == (
        "work.py: stopped; what is finished is kept, the same command goes on\n", 130,
    )  # fmt: skip
