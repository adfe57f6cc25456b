"""What the Hub, or the cache of it, has of a base model beside its weights: a few megabytes at most."""

from __future__ import annotations

import os
from pathlib import Path

from inkprint.errors import UserError
from inkprint.recipe import Recipe
from inkprint.recipe_synthesize import Local
from inkprint.recipe_values import Model

TIMEOUT_SECONDS = 10.0
# Configuration, tokenizer and chat template.
SMALL_FILES = (
    "config.json", "generation_config.json", "tokenizer*", "special_tokens_map.json", "added_tokens.json",
    "vocab.*", "merges.txt", "chat_template*",
)  # fmt: skip
NEEDED = ("config.json", "tokenizer_config.json")


def settle() -> bool:
    """Whether the Hub answers; where it does not, its libraries are told so, and look into the cache alone.

    To be called before any of them is imported: each would try again and again.
    """
    import httpx

    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        return False
    try:
        httpx.head(os.environ.get("HF_ENDPOINT", "https://huggingface.co"), timeout=TIMEOUT_SECONDS)
    except httpx.HTTPError:
        os.environ["HF_HUB_OFFLINE"] = "1"
        return False
    return True


def small_files(model: Model, reached: bool) -> Path | None:
    """The folder with a Hub model's small files at the recipe's revision; None where they are out of reach.

    reached: the Hub answers, as `settle` found. Raises UserError where it refuses: a licence not accepted, no
    such model, no such revision.
    """
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError
    from huggingface_hub.utils import disable_progress_bars

    disable_progress_bars()
    there = reached and _gives("model.base", model.base, model.revision or "main")
    try:
        folder = Path(
            snapshot_download(
                model.base,
                revision=model.revision,
                allow_patterns=list(SMALL_FILES),
                local_files_only=not there,
                etag_timeout=TIMEOUT_SECONDS,
            )
        )
    except (LocalEntryNotFoundError, OSError):  # not cached; or the connection broke meanwhile
        return None
    return folder if all((folder / name).is_file() for name in NEEDED) else None


def ask_for_others(recipe: Recipe, reached: bool) -> list[str]:
    """The Hub's models that the real run takes beside its base, of which nobody said that we get them.

    Raises UserError where the Hub refuses one: a run of hours would fail at it.
    """
    others: dict[str, tuple[str, str | None]] = {}
    writer = recipe.synthesize.provider
    if isinstance(writer, Local) and writer.model.folder is None:
        others["synthesize.provider.model.base"] = writer.model.base, writer.model.revision
    if recipe.export is not None and recipe.export.folder is None:
        others["export.base"] = recipe.export.base, recipe.export.revision
    return [
        name
        for key, (name, revision) in others.items()
        if not (reached and _gives(key, name, revision or "main"))
    ]


def _gives(key: str, name: str, revision: str) -> bool:
    """Whether the Hub gives us the model that the recipe has at `key`. Raises UserError where it refuses."""
    import httpx
    from huggingface_hub import errors, get_hf_file_metadata, hf_hub_url

    try:
        get_hf_file_metadata(hf_hub_url(name, "config.json", revision=revision), timeout=TIMEOUT_SECONDS)
    except errors.GatedRepoError:
        raise UserError(
            f"{key} {name}: the Hub gives it only to those who accepted its licence: accept it on its"
            " page there, and put your token into .env as HF_TOKEN"
        ) from None
    except errors.RevisionNotFoundError:
        raise UserError(f"{key} {name}: the Hub has no revision {revision} of it") from None
    except errors.RepositoryNotFoundError:
        raise UserError(
            f"{key} {name}: no such model on the Hub; for a private one put your token into .env as HF_TOKEN"
        ) from None
    except errors.HfHubHTTPError as error:
        if error.response.status_code in (401, 403):
            raise UserError(
                f"{key} {name}: the Hub refuses it ({error.response.status_code}): see the rights of"
                " HF_TOKEN in .env"
            ) from None
        return False
    except (httpx.HTTPError, OSError):
        return False
    return True
