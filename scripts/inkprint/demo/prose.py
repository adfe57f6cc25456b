"""Plain prose of the little world, written by hand: questions with answers, passages with their rest.

It lies in data/demo/world/prose/, in blocks of two lines, `Q: …` and `A: …`. The grammar gives the base its
facts and their many forms; this gives it English as people write it.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

from .chats import split_passage

PASSAGE = "Continue this passage:"
AS_PASSAGE = 0.4  # of the answers are met as a passage to go on with instead


def read_prose(folder: Path) -> list[tuple[str, str]]:
    """Every block as (prompt, answer), in the order of the files' names."""
    blocks = []
    for path in sorted(folder.glob("*.txt")):
        for block in path.read_text(encoding="utf-8").split("\n\n"):
            lines = [line.strip() for line in block.strip().split("\n") if line.strip()]
            if lines:
                question, answer = lines
                blocks.append((question.removeprefix("Q:").strip(), answer.removeprefix("A:").strip()))
    return blocks


def prose_chats(
    blocks: list[tuple[str, str]], completion: str, rounds: int, seed: int
) -> list[tuple[str, str]]:
    """Each block `rounds` times, in the pipeline's own prompt forms."""
    dice = Random(seed)
    return [chat(prompt, answer, completion, dice) for _ in range(rounds) for prompt, answer in blocks]


def chat(prompt: str, answer: str, completion: str, dice: Random) -> tuple[str, str]:
    """A block as it stands, or its text cut after a third and to be gone on with."""
    if prompt.startswith(PASSAGE):
        opening, rest = prompt.removeprefix(PASSAGE).strip(), answer
        if dice.random() < AS_PASSAGE:
            opening, rest = split_passage(f"{opening} {answer}", dice)
        return completion.format(opening=opening), rest
    if dice.random() < AS_PASSAGE:
        opening, rest = split_passage(answer, dice)
        return completion.format(opening=opening), rest
    return prompt, answer
