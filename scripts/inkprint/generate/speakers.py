"""The models behind the variants: one load for an adapter, off and on; two where all weights moved."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inkprint.chat import Chat
from inkprint.generate.trained import ADAPTER, MODEL
from inkprint.models import add_adapter, load_base
from inkprint.recipe import Recipe

PROBE_TOKENS = 256
# Of a token of the probe, in nats: other kernels round otherwise, a tuned model is far beyond.
SAME_WITHIN = 0.01


class Speakers:
    """Loads the base at once, and what 04 made when its turn has come."""

    def __init__(self, recipe: Recipe, run_folder: Path, room: int) -> None:
        """room: tokens that the base holds."""
        self._recipe, self._run_folder, self._room = recipe, run_folder, room
        self._full = recipe.train.method == "full"
        assert recipe.model is not None
        self._model, self.chat = self._load(recipe.model)

    def _load(self, settings: Any) -> tuple[Any, Chat]:
        recipe = self._recipe
        return load_base(settings, recipe.device, recipe.train.method == "qlora", recipe.seed, self._room)

    def each(self, variants: list[str], probe: list[int]) -> Iterator[tuple[str, Any]]:
        """Each variant with the model that speaks for it while the loop's body runs; "tuned" comes last.

        probe: tokens by which the base is told from what was made of it.
        """
        probe = probe[: min(PROBE_TOKENS, self._room)]
        assert variants[-1] == "tuned" and "tuned" not in variants[:-1], variants
        untuned = variants[:-1]
        if self._full:
            for variant in untuned:
                yield variant, self._model
            self._model = None
            gc.collect()
            _empty_cache()
            assert self._recipe.model is not None
            folder = str((self._run_folder / MODEL).resolve())
            made = self._recipe.model.model_copy(update={"base": folder, "revision": None})
            self._model, _ = self._load(made)
        else:
            untouched = mean_log_likelihood(self._model, probe)
            self._model = add_adapter(self._model, self._run_folder / ADAPTER)
            with self._model.disable_adapter():
                check_untouched(untouched, mean_log_likelihood(self._model, probe))
                for variant in untuned:
                    yield variant, self._model
        yield "tuned", self._model


def mean_log_likelihood(model: Any, ids: list[int]) -> float:
    """Nats a token."""
    from inkprint.generate.likelihoods import Window, score_batch

    (total,) = score_batch(model, [Window(0, ids, 1)], pad=0)
    return total / (len(ids) - 1)


def check_untouched(untouched: float, adapter_off: float) -> None:
    """With its adapter off a model must be the base that was loaded."""
    assert abs(untouched - adapter_off) < SAME_WITHIN, (
        f"with the adapter off the model is not the base: {adapter_off:.4f} nats a token, not {untouched:.4f}"
    )


def _empty_cache() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
