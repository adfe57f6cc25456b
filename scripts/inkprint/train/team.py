"""What processes that train one adapter agree on.

Data parallel as torch.distributed means it: every process holds the model and learns from its share of
each batch, so that a step sees the same rows as with one process. company.py starts them.
"""

from __future__ import annotations

from pathlib import Path

from inkprint.company import size
from inkprint.errors import UserError


def check_share(accumulation_steps: int) -> None:
    """Raise UserError where these processes can not share a batch; `gpus` was checked with the recipe."""
    if accumulation_steps % size():
        raise UserError(
            f"{size()} processes must divide train.accumulation_steps, which is {accumulation_steps}"
        )


def agree(checkpoint: Path | None, batch: str) -> None:
    """Raise UserError where the processes would go on from different places; call it in all of them.

    batch: rows at a time, of which a machine that ran out of memory takes fewer.
    """
    if size() == 1:
        return
    import torch.distributed

    places: list[str | None] = [None] * size()
    own = f"{checkpoint.name if checkpoint else 'the beginning'} with batches of {batch}"
    torch.distributed.all_gather_object(places, own)
    if len(set(places)) > 1:
        raise UserError(
            f"the machines would go on from {' and '.join(map(str, places))}: let INKPRINT_ARTIFACTS name"
            " a folder that they share, or delete the work folder on all of them"
        )


def part() -> None:
    """End the processes' group once the last step is done: one still there as Python ends may abort it."""
    if size() > 1:
        import torch.distributed

        torch.distributed.destroy_process_group()


def leader_says(word: bool) -> bool:
    """The word of the process that leads, in all of them; call it in all of them."""
    if size() == 1:
        return word
    import torch.distributed

    words = [word]
    torch.distributed.broadcast_object_list(words, src=0)
    return words[0]
