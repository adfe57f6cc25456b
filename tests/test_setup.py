"""setup.sh installs what fits the machine: pip and nvidia-smi are stand-ins, the choice is the real one."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT


def executable(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path):
    """An environment whose pip writes down what it is asked for."""
    executable(tmp_path / "venv" / "bin" / "python", "exit 0")
    executable(tmp_path / "venv" / "bin" / "pip", f'echo "$@" >> {tmp_path}/asked')
    executable(tmp_path / "bin" / "nvidia-smi", "exit 1")
    return tmp_path


def run_setup(machine: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (machine / "tmp").mkdir(exist_ok=True)
    environment = os.environ | {
        "PATH": f"{machine / 'bin'}:{os.environ['PATH']}",
        "INKPRINT_VENV": str(machine / "venv"),
        "TMPDIR": str(machine / "tmp"),
    }
    return subprocess.run([ROOT / "setup.sh", *arguments], env=environment, capture_output=True, text=True)


def set_up(machine: Path, *arguments: str) -> list[str]:
    """The lock files that pip was asked to install, in order."""
    (machine / "asked").unlink(missing_ok=True)
    done = run_setup(machine, *arguments)
    assert done.returncode == 0, done.stderr
    if not (machine / "asked").exists():
        return []
    calls = (machine / "asked").read_text().splitlines()
    assert all("--no-deps --require-hashes" in call for call in calls)
    return [Path(call.split()[-1]).stem for call in calls]


def logs(machine: Path) -> list[str]:
    return [path.read_text() for path in (machine / "tmp").iterdir()]


def test_a_machine_without_a_gpu(machine):
    assert set_up(machine) == ["torch-cpu", "cpu"]
    assert set_up(machine) == [], "nothing is installed twice"
    assert set_up(machine, "--dev") == ["dev"]


def test_a_machine_where_pip_is_offered_no_cpu_wheel(machine):
    log = machine / "asked"
    executable(
        machine / "venv" / "bin" / "pip", f'echo "$@" >> {log}; case "$*" in *torch-cpu*) exit 1;; esac'
    )
    assert set_up(machine) == ["torch-cpu", "torch-registry", "cpu"]


def test_each_step_is_one_line_with_its_time_whatever_pip_says(machine):
    executable(machine / "venv" / "bin" / "pip", "echo Collecting; echo WARNING: a place is ignored >&2")
    done = run_setup(machine, "--dev")
    steps = [re.fullmatch(r"setup\.sh: (.+) \.\.\. \d+ s", line) for line in done.stdout.splitlines()]
    assert all(steps) and len(steps) == 3, done.stdout
    assert done.stderr == ""
    assert logs(machine) == []


def test_what_pip_said_when_it_failed_is_shown_and_kept(machine):
    fails = 'case "$*" in *requirements/cpu.lock) seq 30; echo "no room on the disk" >&2; exit 7;; esac'
    executable(machine / "venv" / "bin" / "pip", fails)
    done = run_setup(machine)
    assert done.returncode == 1
    assert re.search(r"requirements/cpu\.lock .* failed after \d+ s$", done.stdout)
    first, *shown = done.stderr.splitlines()
    assert shown == [f"  {number}" for number in range(12, 31)] + ["  no room on the disk"]
    assert logs(machine) == ["".join(f"{number}\n" for number in range(1, 31)) + "no room on the disk\n"]
    assert str(next((machine / "tmp").iterdir())) in first


def test_why_there_is_no_cpu_wheel_is_kept(machine):
    executable(machine / "venv" / "bin" / "pip", 'case "$*" in *torch-cpu*) echo no such; exit 1;; esac')
    done = run_setup(machine)
    assert done.returncode == 0
    assert logs(machine) == ["no such\n"]
    assert str(next((machine / "tmp").iterdir())) in done.stdout


def test_a_machine_with_a_gpu(machine):
    executable(machine / "bin" / "nvidia-smi", "exit 0")
    assert set_up(machine, "--dev") == ["cuda", "dev"]


def test_a_failed_installation_is_tried_again(machine):
    executable(machine / "venv" / "bin" / "pip", "exit 1")
    assert run_setup(machine).returncode != 0
    executable(machine / "venv" / "bin" / "pip", f'echo "$@" >> {machine}/asked')
    assert set_up(machine) == ["torch-cpu", "cpu"]


def test_without_a_fitting_python(machine):
    environment = os.environ | {"INKPRINT_VENV": str(machine / "none"), "PYTHON": "python2.7"}
    done = subprocess.run([ROOT / "setup.sh"], env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert "needs Python 3.11, 3.12 or 3.13" in done.stderr
