"""skypilot.yaml: SkyPilot itself can read it, and what it runs on several machines trains."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

pytestmark = pytest.mark.slow
READ = """
import json, sky
task = sky.Task.from_yaml("skypilot.yaml")
task.set_resources_override({"accelerators": "H100:2"})
task.num_nodes = 2
(resources,) = task.resources
print(json.dumps({"run": task.run, "setup": task.setup, "envs": task.envs, "nodes": task.num_nodes,
                  "accelerators": resources.accelerators, "workdir": task.workdir}))
"""


@pytest.fixture(scope="module")
def task(tmp_path_factory) -> dict:
    """The task as SkyPilot's parser gives it back, with other cards and two machines."""
    folder = tmp_path_factory.mktemp("sky")
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    pip = [folder / "venv/bin/pip", "--quiet", "--disable-pip-version-check", "install", "--no-deps"]
    subprocess.run([*pip, "--require-hashes", "-r", ROOT / "requirements/sky.lock"], check=True)
    environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "SKYPILOT_DISABLE_USAGE_COLLECTION": "1"}
    read = subprocess.run(
        [folder / "venv/bin/python", "-c", READ],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert read.returncode == 0, read.stderr
    return json.loads(read.stdout.splitlines()[-1])


def test_skypilot_reads_the_task_and_takes_options(task):
    assert task["accelerators"] == {"H100": 2}
    assert task["nodes"] == 2
    assert (ROOT / task["envs"]["RECIPE"]).is_file()
    assert (ROOT / task["setup"]).is_file()


def test_its_commands_are_sound(task):
    shellcheck = [str(Path(sys.executable).parent / "shellcheck"), "--shell=bash", "-"]
    done = subprocess.run(shellcheck, input=task["run"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    for word in task["run"].split():
        if word.startswith(("./", "scripts/")):
            assert (ROOT / word).is_file(), word


@pytest.mark.timeout(600)
def test_two_machines_train_one_adapter(workshop, base, tmp_path):
    """As the task does it, on this machine: two artifacts folders, one process each, over a port."""
    workshop.change(train__batch_size=4, train__accumulation_steps=2)
    workshop.up_to("synthesize")
    other = tmp_path / "other-machine"
    shutil.copytree(workshop.artifacts, other)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = str(listener.getsockname()[1])
    machines = []
    for node, artifacts in enumerate((workshop.artifacts, other)):
        command = [sys.executable, "-m", "torch.distributed.run", "--nnodes", "2", "--node-rank", str(node)]
        command += ["--master-addr", "127.0.0.1", "--master-port", port, "--nproc-per-node", "1"]
        command += [str(ROOT / "scripts/04_train.py"), str(workshop.recipe)]
        environment = workshop.environment(INKPRINT_ARTIFACTS=str(artifacts))
        machines.append(
            subprocess.Popen(
                command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
        )
    said = [machine.communicate(timeout=500)[0] for machine in machines]
    assert [machine.returncode for machine in machines] == [0, 0], "\n".join(said)
    manifest = json.loads(workshop.output("04_train/manifest.json").read_text())
    assert manifest["processes"] == 2
    assert not (other / "little" / "04_train").exists(), "only the first machine writes"
    workshop.stage("generate")  # the first machine has all that the next stage needs
