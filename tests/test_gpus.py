"""Which cards a run takes. nvidia-smi is a stand-in here: no driver runs on the machine that tests this."""

from __future__ import annotations

import os
import re
import subprocess

import pytest
from conftest import ROOT

from inkprint.errors import UserError
from inkprint.gpus import Gpu, choose_gpus, claim_gpus, find_gpus


def gpu(index: int, name: str, gigabytes: float) -> Gpu:
    return Gpu(index, f"GPU-{index}-0000", name, gigabytes * 2**30, 570, 8.9)


BOX = [gpu(0, "RTX 3060", 12), gpu(1, "RTX 4090", 24), gpu(2, "RTX 4090", 24), gpu(3, "T4", 16)]


def test_one_card_is_the_largest_and_the_first_of_equal_ones():
    assert [g.index for g in choose_gpus(BOX, 1)] == [1]
    assert [g.index for g in choose_gpus(BOX[::-1], 2)] == [1, 2]


def test_unequal_cards_and_too_few_are_refused_with_a_line():
    with pytest.raises(UserError, match=r"gpus: 3: unequal cards .*RTX 4090 \(24 GB\), T4 \(16 GB\)"):
        choose_gpus(BOX, 3)
    with pytest.raises(UserError, match="gpus: 5: this machine has 4"):
        choose_gpus(BOX, 5)


@pytest.fixture(autouse=True)
def nothing_hidden(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")  # so that it is put back whatever a test does
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")


@pytest.fixture
def two_cards(card, monkeypatch):
    monkeypatch.setenv(
        "PATH", card("Tesla T4, 15360, 570.86.10, 7.5", "NVIDIA GeForce RTX 4090, 24564, 570.86.10, 8.9")
    )
    monkeypatch.setenv("CUDA_DEVICE_ORDER", "FASTEST_FIRST")
    return monkeypatch


def test_cuda_sees_the_chosen_card_and_no_other(two_cards):
    assert claim_gpus(1) == 1
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "GPU-1-0000"
    assert os.environ["CUDA_DEVICE_ORDER"] == "PCI_BUS_ID"
    assert claim_gpus(1) == 1, "a process that the first one starts finds the same card"


@pytest.mark.parametrize("hidden", ["0", "GPU-0-0000"])
def test_what_the_user_hides_stays_hidden(two_cards, hidden):
    two_cards.setenv("CUDA_VISIBLE_DEVICES", hidden)
    assert [g.name for g in find_gpus()] == ["Tesla T4"]
    with pytest.raises(UserError, match="this machine has 1"):
        claim_gpus(2)


def test_without_a_driver_nothing_is_claimed(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert claim_gpus(1) == 0
    assert "CUDA_VISIBLE_DEVICES" not in os.environ


def test_a_container_is_given_the_largest_cards_as_docker_numbers_them(tmp_path):
    """run_all.sh chooses on the host, where no Python need be: its own function, by itself."""
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\nprintf '15360, 0\\n24564, 1\\n24564, 2\\n'\n")
    program.chmod(0o755)
    function = re.search(r"^largest_gpus\(\) \{\n.*?^\}", (ROOT / "run_all.sh").read_text(), re.M | re.S)
    for recipe, cards in (("gpus: 1\n", "1"), ("seed: 4\ngpus: 2 # two\n", "1,2"), ("", "1")):
        (tmp_path / "recipe.yaml").write_text(recipe)
        script = f"set -euo pipefail\n{function[0]}\nrecipe={tmp_path}/recipe.yaml\nlargest_gpus"
        environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=environment)
        assert done.stdout.strip() == cards, done.stderr
