"""The demo through all seven stages, once: what training, answers and the second run are measured on."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import yaml

from once import ROOT, Failed


@dataclass
class DemoRun:
    """A recipe, the folder that its artifacts are in, and how long its first run took."""

    recipe: Path
    artifacts: Path
    first_seconds: float = 0.0

    @property
    def folder(self) -> Path:
        name = yaml.safe_load(self.recipe.read_text(encoding="utf-8"))["run"]
        return self.artifacts / name

    @property
    def cache(self) -> Path:
        return self.artifacts / "cache"

    def environment(self) -> dict[str, str]:
        """As a user's, who has set nothing but where the artifacts are."""
        kept = {n: v for n, v in os.environ.items() if not n.startswith(("INKPRINT_", "ANTHROPIC_"))}
        kept.pop("PYTHONDONTWRITEBYTECODE", None)
        return kept | {"INKPRINT_ARTIFACTS": str(self.artifacts)}

    def run(self) -> float:
        """All seven stages through run_all.sh; returns seconds. Raises Failed when one of them fails."""
        began = time.perf_counter()
        command = [str(ROOT / "run_all.sh"), str(self.recipe), "--runtime", "local"]
        done = subprocess.run(command, cwd=ROOT, env=self.environment(), capture_output=True, text=True)
        if done.returncode:
            raise Failed(f"{' '.join(command)}: {(done.stdout + done.stderr)[-2000:]}")
        return time.perf_counter() - began


def demo(folder: Path) -> DemoRun:
    """The demo itself; its base model is made where the checkout has none yet."""
    return _ran(DemoRun(ROOT / "recipes" / "demo.yaml", folder / "artifacts"))


def little_demo(folder: Path) -> DemoRun:
    """The tests' little book on a model of 0.1 million parameters: a trial, whose ratios say nothing."""
    from conftest import recipe_values
    from little import make_base, make_book

    folder.mkdir(parents=True, exist_ok=True)
    make_book(folder / "books" / "little.pdf")
    make_base(folder / "base")
    recipe = folder / "little.yaml"
    recipe.write_text(yaml.safe_dump(recipe_values(folder), sort_keys=False), encoding="utf-8")
    return _ran(DemoRun(recipe, folder / "artifacts"))


def _ran(run: DemoRun) -> DemoRun:
    run.artifacts.mkdir(parents=True, exist_ok=True)
    print("The demo, all seven stages …", flush=True)
    run.first_seconds = run.run()
    print(f"  {run.first_seconds:.0f} s")
    return run
