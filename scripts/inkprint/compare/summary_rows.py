"""The training summary: of each run what was trained, on what, for how long, and what came out."""

from __future__ import annotations

from typing import Any

from inkprint.compare.finished import Finished
from inkprint.console import duration
from inkprint.report.page import memory


def training_row(run: Finished, redact: bool) -> dict[str, str]:
    """Column by column, as printed; "" where a run has no such thing. redact: no path and no cost."""
    train = run.manifests["train"]
    peak = train["peak_memory_bytes"]
    size = next(
        (train[key] for key in ("adapter_bytes", "model_bytes", "linear_bytes") if key in train), None
    )
    dollars = run.manifests["synthesize"].get("dollars")
    return {
        "model": base_name(run, redact),
        "method": run.recipe.train.method,
        "data": "" if redact else run.recipe.extract.data,
        "rows": f"{train['counts']['out']:,} {train['counts']['unit']}",
        "epochs": _shown(train, "epochs", "{:.3g}"),
        "steps": _shown(train, "steps", "{:,}"),
        "time": duration(train["seconds"]),
        "device": train["device"],
        "loss": _shown(train, "final_loss", "{:.3f}"),
        "validation_loss": _shown(train, "best_validation_loss", "{:.3f}"),
        "memory": memory(peak["machine"]),
        "gpu_memory": memory(peak["gpu"]) if "gpu" in peak else "",
        "size": "" if size is None else memory(size),
        "cost": "" if redact or dollars is None else f"${dollars:,.2f}",
    }


def base_name(run: Finished, redact: bool) -> str:
    """The base as the recipe names it; redacted, a folder without the way to it."""
    model = run.recipe.model
    if model is None:
        return "none"
    if model.folder is not None:
        return model.folder.name if redact else model.base
    return f"{model.base} at {model.revision}"


def _shown(train: dict[str, Any], key: str, form: str) -> str:
    return "" if train.get(key) is None else form.format(train[key])
