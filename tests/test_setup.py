"""setup.sh installs what fits the machine: pip and nvidia-smi are stand-ins, the choice is the real one."""

from __future__ import annotations

import os
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


def set_up(machine: Path, *arguments: str) -> list[str]:
    """The lock files that pip was asked to install, in order."""
    (machine / "asked").unlink(missing_ok=True)
    path = f"{machine / 'bin'}:{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "INKPRINT_VENV": str(machine / "venv")}
    done = subprocess.run([ROOT / "setup.sh", *arguments], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    if not (machine / "asked").exists():
        return []
    calls = (machine / "asked").read_text().splitlines()
    assert all("--no-deps --require-hashes" in call for call in calls)
    return [Path(call.split()[-1]).stem for call in calls]


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


def test_a_machine_with_a_gpu(machine):
    executable(machine / "bin" / "nvidia-smi", "exit 0")
    assert set_up(machine, "--dev") == ["cuda", "dev"]


def test_a_failed_installation_is_tried_again(machine):
    executable(machine / "venv" / "bin" / "pip", "exit 1")
    environment = os.environ | {"INKPRINT_VENV": str(machine / "venv")}
    assert subprocess.run([ROOT / "setup.sh"], env=environment, capture_output=True).returncode != 0
    executable(machine / "venv" / "bin" / "pip", f'echo "$@" >> {machine}/asked')
    assert set_up(machine) == ["torch-cpu", "cpu"]


def test_without_a_fitting_python(machine):
    environment = os.environ | {"INKPRINT_VENV": str(machine / "none"), "PYTHON": "python2.7"}
    done = subprocess.run([ROOT / "setup.sh"], env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert "needs Python 3.11, 3.12 or 3.13" in done.stderr
