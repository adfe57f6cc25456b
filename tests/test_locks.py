"""The locks: hashes for everything, no index named, CUDA 12.8 for the GPU and nothing of CUDA for the CPU."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT

LOCKS = sorted((ROOT / "requirements").glob("*.lock"))


def packages(name):
    """{package: version} of a lock."""
    text = (ROOT / "requirements" / f"{name}.lock").read_text()
    return dict(re.findall(r"^([\w.-]+)==([\w.+!-]+)", text, re.MULTILINE))


def test_the_locks_are_there():
    names = ["bench", "cpu", "cuda", "dev", "llama-build", "llama", "sky", "torch-cpu", "torch-registry"]
    assert [lock.stem for lock in LOCKS] == names


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_package_has_hashes_and_no_lock_names_a_host(lock):
    text = lock.read_text()
    blocks = re.split(r"^(?=[\w])", text, flags=re.MULTILINE)[1:]
    assert blocks
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text
    assert "index-url" not in text


def test_the_gpu_gets_cuda_12_and_the_cpu_none():
    cuda = packages("cuda")
    assert cuda["torch"] == "2.10.0"
    assert "nvidia-cuda-runtime-cu12" in cuda
    assert not [name for name in cuda if "cu13" in name]
    assert not [name for name in packages("cpu") if "nvidia" in name or "cuda" in name or name == "triton"]


def test_cpu_and_gpu_run_the_same_training_stack():
    cpu, cuda = packages("cpu"), packages("cuda")
    for name in (
        "unsloth",
        "unsloth-zoo",
        "transformers",
        "trl",
        "peft",
        "datasets",
        "bitsandbytes",
        "pymupdf",
    ):
        assert cpu[name] == cuda[name]


@pytest.mark.parametrize("stack", ["cpu", "cuda"])
def test_what_a_person_edits_is_in_the_lock(stack):
    asked = (ROOT / "requirements" / "pipeline.in").read_text()
    wanted = re.findall(r"^([\w-]+)", re.sub("#.*", "", asked), re.MULTILINE)
    assert {name.replace("_", "-") for name in wanted} <= {name.replace("_", "-") for name in packages(stack)}
