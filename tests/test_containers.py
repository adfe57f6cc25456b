"""The image and its services on a real Docker engine: what a container does is what the local run does.

A copy of the checkout belongs to an ordinary user, who builds the image from the CPU lock and calls
`docker compose run` and run_all.sh. Without an engine all of this is skipped; INKPRINT_REQUIRE_DOCKER=1 makes
that a failure.
"""

from __future__ import annotations

import hashlib
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from claude_server import claude_server
from conftest import ROOT

from inkprint.extract.mupdf import pymupdf

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.training, pytest.mark.timeout(1800)]

STAGES = ["extract", "prepare", "synthesize", "train", "generate", "evaluate", "report"]
FOLDERS = [f"{number:02}_{stage}" for number, stage in enumerate(STAGES, 1)]
OFFLINE = [
    "extract",
    "prepare",
    "synthesize",
    "evaluate",
    "report",
    "demo-base",
    "status",
    "vary",
    "plan",
    "test",
]
ONLINE = [
    "extract-hub",
    "synthesize-claude",
    "evaluate-claude",
    "synthesize-local",
    "train",
    "generate",
    "doctor",
    "rehearse",
    "run",
    "export",
    "chat",
]
WITH_CARD = ["synthesize-local", "train", "generate", "doctor", "run", "chat"]
STAND_IN = "stand-in/cuda:12.8"  # a base image where no registry can be reached
IMAGE, COMMIT = "inkprint-under-test", "0123456789ab"
SECRET = "hf_nobodyshouldreadthis1234567890"
KEY = "sk-ant-nobodyshouldreadthis1234567890"
ORDINARY = 4321  # no account has this number, here or in the image


@dataclass
class Checkout:
    """A copy of the repository that belongs to an ordinary user, and what that user calls in it."""

    folder: Path
    uid: int
    gid: int

    @property
    def run(self) -> Path:
        return self.folder / "artifacts" / "demo"

    def start(self, command: Sequence[str], environment: dict[str, str], **options: Any) -> subprocess.Popen:
        """Start a command as the checkout's owner."""
        others = "INKPRINT_", "HF_", "ANTHROPIC_", "COMPOSE_"
        kept = {k: v for k, v in os.environ.items() if not k.startswith(others)}
        ours = {"HOME": str(self.folder.parent), "INKPRINT_IMAGE": IMAGE, "BASE_IMAGE": base_image()}
        ours = {key: value for key, value in ours.items() if value}
        if os.geteuid() == 0:
            groups = [Path("/var/run/docker.sock").stat().st_gid]
            options |= {"user": self.uid, "group": self.gid, "extra_groups": groups}
        return subprocess.Popen(command, cwd=self.folder, env=kept | ours | environment, **options)

    def call(self, *command: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess:
        """Run a command as the checkout's owner and take what it says."""
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = self.start(command, environment, text=True, **pipes)
        said, errors = process.communicate()
        assert not check or process.returncode == 0, said + errors
        return subprocess.CompletedProcess(command, process.returncode, said, errors)

    def compose(self, *arguments: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess:
        ours = {"COMPOSE_FILE": "compose.yaml:compose.cpu.yaml"}
        ours |= {"INKPRINT_UID": str(self.uid), "INKPRINT_GID": str(self.gid)}
        return self.call("docker", "compose", *arguments, check=check, **(ours | environment))

    def service(self, *arguments: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess:
        return self.compose("--progress", "quiet", "run", "--rm", *arguments, check=check, **environment)

    def python(self, service: str, code: str, check: bool = True) -> str:
        """What a few lines of Python print in a service's container."""
        return self.service("--entrypoint", "python", service, "-c", code, check=check).stdout

    def run_all(self, *arguments: str, check: bool = True, **environment: str) -> subprocess.CompletedProcess:
        return self.call("./run_all.sh", *arguments, check=check, **environment)

    def own(self) -> None:
        """Give everything in the checkout to its owner, as `git clone` would have."""
        for path in (self.folder.parent, *self.folder.parent.rglob("*")):
            os.chown(path, self.uid, self.gid, follow_symlinks=False)


def base_image() -> str:
    """The base to build on: BASE_IMAGE, else the stand-in where there is one, else the Dockerfile's."""
    found = subprocess.run(["docker", "image", "inspect", STAND_IN], capture_output=True)
    return os.environ.get("BASE_IMAGE", STAND_IN if found.returncode == 0 else "")


def sources() -> list[str]:
    """What a commit of this working tree would hold."""
    listed = subprocess.run(
        ["git", "ls-files", "-coz", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def digests(folder: Path, without: str = "") -> dict[str, str]:
    """The SHA-256 of every file below a folder, but for those below `without`."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not (without and path.is_relative_to(folder / without))
    }


@pytest.fixture(scope="session")
def checkout():
    """A fresh checkout with a book of the user's in it, and the image built from it."""
    if shutil.which("docker") is None or subprocess.run(["docker", "info"], capture_output=True).returncode:
        if os.environ.get("INKPRINT_REQUIRE_DOCKER") == "1":
            pytest.fail("INKPRINT_REQUIRE_DOCKER=1 and no Docker engine answers")
        pytest.skip("no Docker engine answers")
    home = Path(tempfile.mkdtemp(prefix="inkprint-containers-"))  # pytest's own folders are closed to others
    root = os.geteuid() == 0
    made = Checkout(home / "inkprint", ORDINARY if root else os.getuid(), ORDINARY if root else os.getgid())
    for name in sources():
        target = made.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    (made.folder / "data" / "mine").mkdir()
    (made.folder / "data" / "mine" / "book.txt").write_text("Nobody's but mine.")
    gpu = (made.folder / "recipes" / "demo.yaml").read_text().replace("device: auto", "device: gpu")
    (made.folder / "data" / "mine" / "gpu.yaml").write_text(gpu)
    if root:
        made.own()
    # A key lies in .env and in the environment while the image is built, as it would on a real machine.
    (made.folder / ".env").write_text(f"HF_TOKEN={SECRET}\nANTHROPIC_API_KEY={KEY}\n")
    made.compose("build", INKPRINT_COMMIT=COMMIT, HF_TOKEN=SECRET, ANTHROPIC_API_KEY=KEY)
    (made.folder / ".env").unlink()
    yield made
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def finished_there(checkout: Checkout) -> Checkout:
    """The checkout after the demo, each stage in a container of its own, no .env. Not to be changed."""
    before = digests(checkout.folder, without="artifacts")
    checkout.service("demo-base")
    for stage in STAGES:
        checkout.service(stage, "recipes/demo.yaml")
    assert digests(checkout.folder, without="artifacts") == before
    return checkout


@pytest.fixture(scope="session")
def finished_here(finished_there: Checkout, tmp_path_factory) -> Path:
    """The run folder of the same recipe and code, run without a container."""
    artifacts = tmp_path_factory.mktemp("here")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("INKPRINT_")}
    environment |= {"INKPRINT_ARTIFACTS": str(artifacts), "PYTHONDONTWRITEBYTECODE": "1"}
    for folder in FOLDERS:
        command = [sys.executable, f"scripts/{folder}.py", "recipes/demo.yaml"]
        subprocess.run(command, cwd=finished_there.folder, env=environment, check=True, capture_output=True)
    return artifacts / "demo"


def outputs(run: Path, folder: str) -> dict[str, str]:
    return {name: sha for name, sha in digests(run / folder).items() if name != "manifest.json"}


def manifest(run: Path, folder: str) -> dict:
    return json.loads((run / folder / "manifest.json").read_text())


@pytest.mark.parametrize("folder", FOLDERS[:3])
def test_records_are_those_of_the_local_run(folder, finished_there, finished_here):
    assert outputs(finished_there.run, folder) == outputs(finished_here, folder)


def test_adapter_answers_and_metrics_are_those_of_the_local_run(finished_there, finished_here):
    there, here = (manifest(run, "04_train")["versions"] for run in (finished_there.run, finished_here))
    different = sorted(name for name in there if there[name] != here[name] and name != "python")
    if different:
        pytest.skip(
            f"the image holds another {', '.join(different)} than the local environment: bits may differ"
        )
    weights = "04_train/adapter/adapter_model.safetensors"
    assert (finished_there.run / weights).read_bytes() == (finished_here / weights).read_bytes()
    assert outputs(finished_there.run, "05_generate") == outputs(finished_here, "05_generate")
    assert outputs(finished_there.run, "06_evaluate") == outputs(finished_here, "06_evaluate")


def test_manifests_name_the_commit_that_the_image_was_built_from(finished_there):
    assert {manifest(finished_there.run, folder)["commit"] for folder in FOLDERS} == {COMMIT}


def test_everything_belongs_to_the_caller(finished_there):
    owners = {(p.lstat().st_uid, p.lstat().st_gid) for p in finished_there.folder.rglob("*")}
    assert owners == {(finished_there.uid, finished_there.gid)}


def test_caches_are_kept_and_nobody_is_told(finished_there):
    cache = finished_there.folder / "artifacts" / "cache"
    assert list(cache.glob("matplotlib/*"))
    assert not list(cache.rglob("*Microsoft*"))  # ONNX Runtime's report of its use


@pytest.mark.parametrize(
    "place", ["/inkprint/x", "/inkprint/data/x", "/inkprint/recipes/x", "/opt/venv/x", "/etc/x"]
)
def test_nothing_can_be_written_elsewhere(place, checkout):
    done = checkout.service("--entrypoint", "touch", "extract", place, check=False)
    assert done.returncode != 0
    assert "Read-only file system" in done.stderr


def test_a_container_has_no_power_over_the_machine(checkout):
    status = checkout.service("--entrypoint", "cat", "train", "/proc/self/status").stdout
    assert re.search(r"^CapBnd:\s+0+$", status, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\s+1$", status, re.MULTILINE)
    assert re.search(rf"^Uid:\s+{checkout.uid}\b", status, re.MULTILINE)


NETWORK = "import os; print(*sorted(os.listdir('/sys/class/net')))"


@pytest.mark.parametrize("service", [name for name in OFFLINE if name != "test"])
def test_the_network_is_off_where_none_is_needed(service, checkout):
    assert checkout.python(service, NETWORK).split() == ["lo"]


def test_every_service_is_known_to_these_tests(checkout):
    services = json.loads(checkout.compose("--profile", "*", "config", "--format", "json").stdout)["services"]
    assert sorted(services) == sorted(OFFLINE + ONLINE)
    assert {name for name, service in services.items() if service["network_mode"] != "none"} == set(ONLINE)
    assert all(service["read_only"] and service["cap_drop"] == ["ALL"] for service in services.values())
    started = checkout.compose("config", "--services").stdout.split()
    assert started == ["run"]  # what a bare `docker compose up` starts


def test_only_what_loads_a_model_asks_for_a_gpu(checkout):
    def asking(files: str) -> set[str]:
        text = checkout.compose("--profile", "*", "config", "--format", "json", COMPOSE_FILE=files).stdout
        return {name for name, service in json.loads(text)["services"].items() if service.get("deploy")}

    assert asking("compose.yaml") == set(WITH_CARD)
    assert asking("compose.yaml:compose.cpu.yaml") == set()


def test_a_model_stage_reaches_the_machine_it_runs_on(checkout):
    code = "import socket; print(socket.gethostbyname('host.docker.internal'))"
    assert re.fullmatch(r"[\d.]+\n", checkout.python("train", code))
    assert "eth0" in checkout.python("train", NETWORK)


def test_the_key_goes_to_the_stages_that_use_it(checkout):
    for service in ("extract-hub", "train", "generate"):
        assert SECRET in checkout.service("--entrypoint", "env", service, HF_TOKEN=SECRET).stdout
    for service in ("extract", "synthesize", "report"):
        assert "HF_TOKEN" not in checkout.service("--entrypoint", "env", service, HF_TOKEN=SECRET).stdout
    assert "HF_TOKEN" not in checkout.service("--entrypoint", "env", "train").stdout


def test_claudes_key_goes_to_what_asks_claude(checkout):
    (checkout.folder / ".env").write_text(f"ANTHROPIC_API_KEY={KEY}\nANTHROPIC_BASE_URL=http://there:8\n")
    text = checkout.compose("--profile", "*", "config", "--format", "json").stdout
    (checkout.folder / ".env").unlink()
    services = json.loads(text)["services"]
    seen = {name: service.get("environment") or {} for name, service in services.items()}
    asking = {"synthesize-claude", "evaluate-claude", "run"}
    assert {name for name in seen if KEY in str(services[name])} == asking
    assert {name for name in seen if "ANTHROPIC_BASE_URL" in seen[name]} == asking | {"doctor"}
    assert seen["doctor"]["ANTHROPIC_API_KEY"] == "set"  # that there is one, and no more
    assert "HF_TOKEN" not in seen["synthesize-claude"] | seen["evaluate-claude"]
    assert seen["run"].keys() == seen["synthesize-local"].keys() | seen["synthesize-claude"].keys()


def test_claude_is_asked_from_a_container_and_the_key_is_written_nowhere(checkout, tmp_path):
    """A sample and the rest, through the server in Claude's place, which listens on this machine."""
    folder = checkout.folder / "data" / "claude"
    folder.mkdir()
    (folder / "ask.txt").write_text(
        "Write <count>{count}</count> questions on\n<passage>\n{passage}\n</passage>\n"
    )
    values = yaml.safe_load((ROOT / "recipes" / "demo.yaml").read_text()) | {
        "run": "claude",
        "max_dollars": 1,
    }
    values["synthesize"]["provider"] = {
        "name": "anthropic", "model": "claude-haiku-4-5", "max_tokens": 300, "connections": 2,
        "timeout_seconds": 10, "deadline_hours": 1,
    }  # fmt: skip
    task = {"share": 0.2, "prompt": "data/claude/ask.txt", "questions": 1}
    values["synthesize"]["tasks"] = {"question_passage": task}
    (folder / "recipe.yaml").write_text(yaml.safe_dump(values, sort_keys=False))
    recipe, run = "data/claude/recipe.yaml", checkout.folder / "artifacts" / "claude"
    with claude_server(tmp_path, key=KEY, host="0.0.0.0") as server:
        address = server.url.replace("127.0.0.1", "host.docker.internal")
        (checkout.folder / ".env").write_text(f"ANTHROPIC_API_KEY={KEY}\nANTHROPIC_BASE_URL={address}\n")
        done = checkout.run_all(recipe, "--sample", "3")
        assert "runtime docker" in done.stdout
        assert sum(server.paid().values()) == 3
        assert (run / "sample.html").stat().st_uid == checkout.uid
        without = checkout.service("synthesize", recipe, check=False)
        assert without.returncode == 2
        assert "ANTHROPIC_API_KEY is not set" in without.stderr
        assert (
            f"key: ANTHROPIC_API_KEY is set; {address[7:]} is asked"
            in checkout.service("doctor", recipe).stdout
        )
        checkout.run_all(recipe, "--to", "synthesize")
        assert set(server.paid().values()) == {1}
        asked = manifest(run, "03_synthesize")["counts"]["in"]
        assert sum(server.paid().values()) == asked > 3
        again = checkout.run_all(recipe, "--estimate")  # though the examples are there
    (checkout.folder / ".env").unlink()
    assert re.search(rf"question_passage +0 +{asked} ", again.stdout), again.stdout
    files = [path for path in (checkout.folder / "artifacts").rglob("*") if path.is_file()]
    assert not [path for path in files if KEY.encode() in path.read_bytes()]
    shutil.rmtree(run)
    shutil.rmtree(folder)


def test_the_image_holds_no_key_and_no_data_of_the_user(checkout):
    for command in (["history", "--no-trunc", IMAGE], ["image", "inspect", IMAGE]):
        said = checkout.call("docker", *command).stdout
        assert SECRET not in said and KEY not in said
    looked = checkout.call(
        "docker", "run", "--rm", "--entrypoint", "ls", IMAGE, "-A", ".", "data", "artifacts"
    ).stdout
    assert {"scripts", "demo", "run_all.sh"} <= set(looked.split())
    assert not {".env", ".git", ".venv", "mine"} & set(looked.split())


def test_the_image_holds_the_code_of_the_checkout(checkout):
    listed = checkout.python(
        "extract",
        "import hashlib, pathlib\n"
        "for p in sorted(pathlib.Path('scripts').rglob('*')):\n"
        "    if p.is_file() and p.suffix != '.pyc': print(p, hashlib.sha256(p.read_bytes()).hexdigest())",
    )
    ours = {f"scripts/{name}": sha for name, sha in digests(checkout.folder / "scripts").items()}
    assert dict(line.split() for line in listed.splitlines()) == {
        name: sha for name, sha in ours.items() if not name.endswith(".pyc")
    }


def test_a_compiled_kernel_is_loaded_from_the_cache(checkout):
    """Inductor writes C++, compiles it and loads the shared object, in the read-only container."""
    checkout.python(
        "train",
        "import torch\n"
        "double = torch.compile(lambda x: (x * 2).sin() + 1)\n"
        "x = torch.ones(64)\n"
        "assert torch.allclose(double(x), (x * 2).sin() + 1)",
    )
    cache = checkout.folder / "artifacts" / "cache" / "inductor"
    assert any(path.stat().st_uid == checkout.uid for path in cache.rglob("*.so"))


def test_run_all_finds_everything_up_to_date_at_once(finished_there):
    done = finished_there.run_all("recipes/demo.yaml", "--runtime", "docker")
    lines = [line for line in done.stdout.splitlines() if line[:2].isdigit()]
    assert [line.split(maxsplit=2)[1:] for line in lines] == [[stage, "up to date"] for stage in STAGES]


def test_run_all_works_in_containers_where_the_image_is_built(finished_there):
    varied = ["recipes/demo.yaml", "--run", "varied"]
    done = finished_there.run_all(*varied, "--set", "generate.prompts=4")
    assert "run_all.sh: artifacts/varied/recipe.yaml, runtime docker (the image is built" in done.stdout
    assert "taken over from run demo" in done.stdout
    assert "4 prompts" in done.stdout
    assert (finished_there.folder / "artifacts" / "varied" / "07_report" / "report.html").is_file()
    planned = finished_there.run_all(*varied, "--plan", "--from", "evaluate").stdout
    assert re.findall(r"^0\d (\w+) +(\w+)", planned, re.MULTILINE) == [
        ("evaluate", "skip"),
        ("report", "skip"),
    ]
    status = finished_there.run_all(*varied, "--status").stdout
    assert "07 report      done" in status
    shutil.rmtree(finished_there.folder / "artifacts" / "varied")


def test_a_gguf_is_made_by_the_images_own_llama_cpp(finished_there):
    """Of the demo, whose vocabulary is on no list; by an ordinary user, in a container that is read-only."""
    said = finished_there.service("export", "recipes/demo.yaml", "--gguf", "q4_K_M").stdout
    assert "ollama create demo" in said, "llama.cpp's own tokenizer gives training's tokens"
    folder = finished_there.run / "export" / "gguf"
    assert sorted(path.name for path in folder.iterdir()) == ["Modelfile", "demo-q4_K_M.gguf"]
    assert (folder / "demo-q4_K_M.gguf").read_bytes()[:4] == b"GGUF"
    assert (folder / "demo-q4_K_M.gguf").stat().st_uid == finished_there.uid
    said = finished_there.service("doctor", "recipes/demo.yaml").stdout
    assert "GGUF: q4_K_M, q8_0, f16 can be made by llama.cpp at /opt/llama.cpp\n" in said
    shutil.rmtree(finished_there.run / "export")


def test_the_image_reads_a_scan_and_gets_its_password_by_the_recipes_name(finished_there):
    folder = finished_there.folder / "data" / "locked"
    folder.mkdir()
    scan, printed = pymupdf.open(), pymupdf.open()
    page = printed.new_page(width=360, height=200)
    page.insert_text((40, 80), "Eleven kettles stood on the harbour wall.", fontsize=14)
    picture = page.get_pixmap(dpi=200).tobytes("png")
    scan.new_page(width=360, height=200).insert_image(page.rect, stream=picture)
    scan.save(folder / "scan.pdf", encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw=SECRET, owner_pw="printer")
    settings = ["--set", "extract.data=data/locked", "--set", "extract.password_env=BOOK_KEY"]
    done = finished_there.run_all(
        "recipes/demo.yaml", "--run", "locked", *settings, "--to", "extract", BOOK_KEY=SECRET
    )
    assert "1 of 1 pages kept, 1 read by OCR" in done.stdout
    run = finished_there.folder / "artifacts" / "locked"
    assert "Eleven kettles" in (run / "01_extract" / "documents.jsonl").read_text()
    assert not [p for p in run.rglob("*") if p.is_file() and SECRET.encode() in p.read_bytes()]
    shutil.rmtree(run)
    shutil.rmtree(folder)


def test_a_closed_terminal_does_not_kill_a_run_in_containers(finished_there):
    """The terminal goes while 04 is in its container; 04 ends well and 05 starts after it."""
    ours, theirs = pty.openpty()
    command = ["./run_all.sh", "recipes/demo.yaml", "--run", "closed", "--runtime", "docker"]
    options = {"stdin": theirs, "stdout": theirs, "stderr": theirs, "start_new_session": True}
    process = finished_there.start([*command, "--set", "train.epochs=0.5", "--to", "generate"], {}, **options)
    os.close(theirs)
    run = finished_there.folder / "artifacts" / "closed"
    deadline = time.monotonic() + 300
    while not list(run.glob("work/04_train-*/training_log.jsonl")) and time.monotonic() < deadline:
        time.sleep(0.1)
    os.close(ours)
    os.killpg(process.pid, signal.SIGHUP)
    assert process.wait(timeout=300) == 0
    assert manifest(run, "05_generate")["counts"]["out"] > 0
    shutil.rmtree(run)


@pytest.mark.parametrize(
    ("recipe", "environment", "says"),
    [
        ("recipes/demo.yaml", {"INKPRINT_IMAGE": "inkprint-not-built"}, "the image is not built"),
        ("recipes/demo.yaml", {"DOCKER_HOST": "unix:///nowhere"}, "no Docker engine answers"),
        ("data/mine/gpu.yaml", {"COMPOSE_FILE": "compose.yaml:compose.cpu.yaml"}, "device: gpu"),
        ("/elsewhere/recipe.yaml", {}, "lies outside recipes/"),
        ("recipes/none.yaml", {}, "no such recipe"),
    ],
)
def test_what_a_container_cannot_do_is_one_line(recipe, environment, says, checkout):
    done = checkout.run_all(recipe, "--runtime", "docker", check=False, **environment)
    assert done.returncode == 2, done.stdout + done.stderr
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("driver", "says"),
    [
        ("", "nvidia-smi does not answer"),
        ("550.54.15", "driver 550.54.15 is older than 570"),
        ("570.86.10", "Docker has no NVIDIA runtime: install the NVIDIA Container Toolkit"),
    ],
)
def test_what_keeps_a_gpu_from_a_container_is_named(driver, says, checkout):
    """On a real engine without an NVIDIA runtime; a stand-in answers for the driver: none runs here."""
    program = checkout.folder.parent / "bin" / "nvidia-smi"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\necho {driver}\n" if driver else "#!/bin/sh\nexit 9\n")
    program.chmod(0o755)
    program.parent.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    done = checkout.run_all("data/mine/gpu.yaml", "--runtime", "docker", check=False, PATH=path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_doctor_says_in_a_container_what_is_missing(checkout):
    done = checkout.service("doctor", "data/mine/gpu.yaml", check=False)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "STOP  GPU: none seen: the container was given none" in done.stdout
    assert checkout.service("doctor", "recipes/demo.yaml").returncode == 0


def test_a_folder_that_is_missing_is_not_made_by_root(checkout):
    done = checkout.service("extract", check=False, INKPRINT_ARTIFACTS=f"{checkout.folder}/nowhere")
    assert done.returncode != 0
    assert "nowhere" in done.stderr
    assert not (checkout.folder / "nowhere").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to make a folder of root's")
def test_a_folder_that_is_not_the_callers_is_one_line(checkout, tmp_path):
    closed = checkout.folder.parent / "closed"
    closed.mkdir(mode=0o755)
    done = checkout.service("extract", "recipes/demo.yaml", check=False, INKPRINT_ARTIFACTS=str(closed))
    assert done.returncode == 2
    assert "permission denied" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_model_cache_elsewhere_is_seen_at_its_own_path(checkout):
    cache = checkout.folder.parent / "models"
    cache.mkdir()
    os.chown(cache, checkout.uid, checkout.gid)
    code = "import os, pathlib; p = pathlib.Path(os.environ['HF_HOME']); (p / 'here').touch(); print(p)"
    done = checkout.service("--entrypoint", "python", "train", "-c", code, HF_HOME=str(cache))
    assert done.stdout.strip() == str(cache)
    assert (cache / "here").stat().st_uid == checkout.uid


def test_the_quick_tests_pass_in_a_container(checkout):
    """Without git, network or a place to write to but /tmp; two tests skip, for they need git or root."""
    quick = "not (slow or training or whole_runs)"
    done = checkout.service("test", "-q", "-n", "2", "-m", quick, COMPOSE_PROGRESS="quiet", check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 300, done.stdout[-400:]


PACKAGES = (
    "pip freeze --all; dpkg --list; find scripts -type f ! -name '*.pyc' -exec sha256sum {} + | sort -k 2"
)


def test_built_twice_it_holds_the_same(checkout):
    """Nothing cached: packages of Python and of the system by version, and the code byte for byte."""
    again = f"{IMAGE}-again"
    checkout.compose("build", "--no-cache", "run", INKPRINT_IMAGE=again, INKPRINT_COMMIT=COMMIT)
    held = [
        checkout.call("docker", "run", "--rm", "--entrypoint", "bash", image, "-c", PACKAGES).stdout
        for image in (IMAGE, again)
    ]
    checkout.call("docker", "image", "rm", again)
    assert len(held[0].splitlines()) > 200
    assert held[0] == held[1]
