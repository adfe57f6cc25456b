"""What the model is to write for each task: the forms of its replies."""

from __future__ import annotations

from inkprint.asking.requests import Reply


class Questions(Reply):
    questions: list[str]


class Pair(Reply):
    question: str
    answer: str


class Pairs(Reply):
    pairs: list[Pair]


class OneQuestion(Reply):
    question: str


class OneAnswer(Reply):
    answer: str
