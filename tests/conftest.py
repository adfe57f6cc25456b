"""What the tests share: a small book, a tiny base model, and stages run as a user runs them."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from little import make_base, make_book
from warm import TRAINING, run_warm

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("extract", "prepare", "synthesize", "train", "generate", "evaluate", "report")


@dataclass
class Workshop:
    """A folder with data, a base model, recipes and artifacts; stages run in it as subprocesses."""

    folder: Path
    recipe: Path

    @property
    def artifacts(self) -> Path:
        return self.folder / "artifacts"

    @property
    def run_folder(self) -> Path:
        return self.artifacts / self.values()["run"]

    def values(self) -> dict[str, Any]:
        return yaml.safe_load(self.recipe.read_text())

    def change(self, **changes: Any) -> None:
        """Change the recipe: train__epochs=2 sets train.epochs."""
        values = self.values()
        for name, value in changes.items():
            *parents, key = name.split("__")
            target = values
            for parent in parents:
                target = target[parent]
            target[key] = value
        self.recipe.write_text(yaml.safe_dump(values, sort_keys=False))

    def environment(self, **more: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("INKPRINT_")}
        return kept | {"INKPRINT_ARTIFACTS": str(self.artifacts), "OMP_NUM_THREADS": "1"} | more

    def stage(
        self, name: str, *arguments: str, check: bool = True, warm: bool = False, **options: Any
    ) -> subprocess.CompletedProcess:
        """Run a stage's script by the stage's name; with check, it must succeed. warm: see warm.py."""
        (script,) = (ROOT / "scripts").glob(f"[0-9][0-9]_{name}.py")
        options.setdefault("env", self.environment())
        command = [str(script), str(self.recipe), *arguments]
        if warm:
            done = run_warm(TRAINING, command, **options)
        else:
            done = subprocess.run([sys.executable, *command], capture_output=True, text=True, **options)
        if check:
            assert done.returncode == 0, done.stdout + done.stderr
        return done

    def up_to(self, last: str) -> None:
        for name in STAGES[: STAGES.index(last) + 1]:
            self.stage(name)

    def take(self, other: Workshop, last: str) -> None:
        """The other's results up to a stage: copied, for a run can be carried, and up to date here."""
        for name in STAGES[: STAGES.index(last) + 1]:
            (folder,) = other.run_folder.glob(f"[0-9][0-9]_{name}")
            shutil.copytree(folder, self.run_folder / folder.name)

    def output(self, name: str) -> Path:
        """An output by its name below the run: `02_prepare/passages.jsonl`."""
        return self.run_folder / name


def recipe_values(folder: Path) -> dict[str, Any]:
    """The demo's recipe, cut down to seconds and pointed at the workshop's book and base."""
    values = yaml.safe_load((ROOT / "recipes" / "demo.yaml").read_text())
    values["run"] = "little"
    values["model"]["base"] = str(folder / "base")
    values["extract"]["data"] = str(folder / "books")
    # The little books are eight sentences in many forms: they share nearly everything.
    values["prepare"] = {
        "validation": 0.15,
        "test": 0.2,
        "near_duplicate": None,
        "passages": {
            "split_by": "chapter",
            "words": 40,
            "overlap_words": 0,
            "min_words": 20,
            "filters": values["prepare"]["passages"]["filters"],
            "shared_share": None,
            "leak_run_words": 1000,
            "leak_gram_share": 1.0,
        },
    }
    values["train"] |= {"epochs": 1, "evaluate_every_steps": 5, "save_every_steps": 2, "max_tokens": 384}
    values["generate"] |= {"max_new_tokens": 12, "prompts": 10, "batch_size": 4}
    values["evaluate"] |= {"bootstrap_samples": 200}
    return values


def for_labels(values: dict[str, Any]) -> None:
    """Change a recipe's values, in place, to what goes with the task classification."""
    lora = ("rank", "alpha", "dropout", "target_modules")
    kept = {key: value for key, value in values["train"].items() if key not in lora}
    values["train"] = kept | {"method": "full", "loss": "label"}
    values["generate"] = {"method": "classify", "batch_size": 4}
    values["evaluate"] = {"primary_metric": "accuracy", "bootstrap_samples": 200}


def shared(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder for the whole session, made by the process that asks first while the others wait."""
    root = factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    with (root / f"{name}.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        if not lock.read():
            shutil.rmtree(root / name, ignore_errors=True)  # of one that failed
            (root / name).mkdir()
            make(root / name)
            lock.write("made")
    return root / name


@pytest.fixture(scope="session")
def materials(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a book as PDF and, made when first asked for, a base model."""
    return shared(tmp_path_factory, "materials", lambda folder: make_book(folder / "books" / "little.pdf"))


def furnish(folder: Path, materials: Path) -> Workshop:
    (folder / "books").symlink_to(materials / "books")
    (folder / "base").symlink_to(materials / "base")
    recipe = folder / "recipe.yaml"
    recipe.write_text(yaml.safe_dump(recipe_values(folder), sort_keys=False))
    return Workshop(folder, recipe)


@pytest.fixture
def workshop(tmp_path: Path, materials: Path) -> Workshop:
    """A workshop of the test's own, nothing run yet."""
    return furnish(tmp_path, materials)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory, materials: Path) -> Path:
    """The tiny base model; a test that trains asks for it beside its workshop."""
    shared(tmp_path_factory, "base", lambda _: make_base(materials / "base"))
    return materials / "base"


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory, materials: Path) -> Workshop:
    """A workshop in which 01 to 03 have run once, all that needs no model. Not to be changed."""
    folder = shared(
        tmp_path_factory, "written", lambda folder: furnish(folder, materials).up_to("synthesize")
    )
    return Workshop(folder, folder / "recipe.yaml")


@pytest.fixture(scope="session")
def finished(
    tmp_path_factory: pytest.TempPathFactory, materials: Path, base: Path, written: Workshop
) -> Workshop:
    """A workshop in which all seven stages have run once. Not to be changed."""

    def make(folder: Path) -> None:
        shop = furnish(folder, materials)
        shop.take(written, "synthesize")
        shop.up_to("report")

    folder = shared(tmp_path_factory, "finished", make)
    return Workshop(folder, folder / "recipe.yaml")


@pytest.fixture
def trained(workshop: Workshop, finished: Workshop) -> Workshop:
    """A workshop of the test's own with 01 to 04 done."""
    workshop.take(finished, "train")
    return workshop


@pytest.fixture
def card(tmp_path: Path) -> Callable[..., str]:
    """Put a stand-in for nvidia-smi on the path: of each card name, MiB, driver, compute capability."""

    def install(*cards: str) -> str:
        lines = []
        for index, card in enumerate(cards):
            name, rest = card.split(", ", 1)
            lines.append(f"{index}, GPU-{index}-0000, {rest}, {name}")
        program = tmp_path / "bin" / "nvidia-smi"
        program.parent.mkdir(exist_ok=True)
        answer = "\n".join(lines)
        program.write_text(f"#!/bin/sh\necho '{answer}'\n")
        program.chmod(0o755)
        return f"{program.parent}:{os.environ['PATH']}"

    return install
