"""Make chats out of passages: the opening to go on from, or a question that the passage answers.

Reads   02_prepare/passages.jsonl     passages with their split
Writes  03_synthesize/examples.jsonl  {"id": "example-51b8c0de9a77", "passage_id": "passage-…",
                                       "task": "question_passage", "split": "train",
                                       "prompt": [{"role": "user", "content": "Tell me about the rope."}],
                                       "completion": [{"role": "assistant", "content": "…"}],
                                       "provider": "template"}
        03_synthesize/rejects.jsonl   {"id": "reject-…", "source_id": "passage-…", "reason": "…", "text": "…"}

    python scripts/03_synthesize.py recipes/demo.yaml

Time: a few seconds for ten books. Memory: the passages, some tens of megabytes.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from inkprint.artifacts import Stage
from inkprint.command import Command, start
from inkprint.errors import UserError
from inkprint.recipe import Synthesize, prompt_files
from inkprint.records import Example, Message, Passage, Reject, Split, content_id, read_records, write_records
from inkprint.sentences import sentence_spans
from inkprint.synthesize.phrases import KeyPhrases

OPENING_SHARE = 1 / 3  # of the passage's words; the rest is the answer
PHRASES_A_QUESTION = 2


def read_prompts(settings: Synthesize) -> dict[str, Path]:
    """The prompt files that these settings use, by their path below the repository."""
    assert settings.provider == "template", f"no provider {settings.provider} yet"
    names = ["prompts/completion.txt"] if settings.tasks.passage_completion else []
    names += ["prompts/questions.txt"] if settings.tasks.question_passage else []
    return prompt_files(*names, settings.system_prompt)


def question_forms(path: Path) -> list[str]:
    """The lines of a file of questions, without its comments."""
    lines = [line.strip() for line in path.read_text(encoding="utf-8").split("\n")]
    forms = [line for line in lines if line and not line.startswith("#")]
    if not any("{first}" in form and "{second}" not in form for form in forms):
        raise UserError(f"{path}: needs a question with {{first}} and without {{second}}")
    return forms


def ask(phrases: list[str], forms: list[str], count: int, dice: random.Random) -> list[str]:
    """At most `count` questions, none twice, all about the strongest phrase: what the passage is about.

    Where a form names a second phrase, each question takes the next one.
    """
    if not phrases:
        return []
    first, *others = phrases
    questions: list[str] = []
    for form in dice.sample(forms, len(forms)):
        if len(questions) == count:
            break
        if "{second}" in form and not others:
            continue
        second = others.pop(0) if "{second}" in form else ""
        questions.append(form.format(first=first, second=second))
    return questions


def open_passage(text: str) -> tuple[str, str] | None:
    """The passage's opening sentences, about a third of its words, and the rest; None for one sentence."""
    spans = [(m, e) for m, e in _spans(text)]
    if len(spans) < 2:
        return None
    words, goal = 0, OPENING_SHARE * len(text.split())
    for position, (begin, end) in enumerate(spans[:-1], start=1):
        words += len(text[begin:end].split())
        if words >= goal or position == len(spans) - 1:
            return text[:end], text[end:].strip()
    return None


def _spans(text: str) -> Iterator[tuple[int, int]]:
    offset = 0
    for block in text.split("\n\n"):
        yield from ((offset + begin, offset + end) for begin, end in sentence_spans(block))
        offset += len(block) + 2


def phrases_of_splits(passages: list[Passage]) -> dict[Split, KeyPhrases]:
    """What is a noun and what is rare, for each split: train questions know nothing of what is held out.

    Held-out chapters have words of their own, so that questions about them need to know those too.
    """
    return {
        split: KeyPhrases((f"{p.document} {p.chapter}", p.text) for p in passages if p.split in known)
        for split, known in (
            ("train", ("train",)),
            ("validation", ("train", "validation")),
            ("test", ("train", "test")),
        )
    }


def make_examples(
    passages: list[Passage], settings: Synthesize, prompts: dict[str, Path], seed: int
) -> Iterator[Example | Reject]:
    """An example or a reject for every one that the tasks ask for, passage by passage."""
    system = []
    if settings.system_prompt:
        content = prompts[settings.system_prompt].read_text(encoding="utf-8").strip()
        system = [Message(role="system", content=content)]
    known = phrases_of_splits(passages)
    forms = question_forms(prompts["prompts/questions.txt"]) if settings.tasks.question_passage else []
    completion_form = ""
    if settings.tasks.passage_completion:
        completion_form = prompts["prompts/completion.txt"].read_text(encoding="utf-8").strip()
    for passage in passages:
        dice = random.Random(f"{seed} {passage.id}")
        if settings.tasks.passage_completion:
            yield complete(passage, completion_form, system)
        wanted = settings.tasks.question_passage
        questions = ask(
            known[passage.split].of(passage.text, wanted + PHRASES_A_QUESTION), forms, wanted, dice
        )
        for question in questions:
            yield _example(passage, "question_passage", system, question, passage.text)
        for number in range(len(questions), wanted):
            yield _reject(passage, f"question_passage {number + 1}", "too few key phrases")


def complete(passage: Passage, form: str, system: list[Message]) -> Example | Reject:
    """The task passage_completion for one passage."""
    parts = open_passage(passage.text)
    if parts is None:
        return _reject(passage, "passage_completion", "a single sentence cannot be parted")
    return _example(passage, "passage_completion", system, form.replace("{opening}", parts[0]), parts[1])


def _example(passage: Passage, task: str, system: list[Message], user: str, answer: str) -> Example:
    return Example(
        id=content_id("example", passage.id, task, user, [m.content for m in system]),
        passage_id=passage.id,
        task=task,
        split=passage.split,
        prompt=[*system, Message(role="user", content=user)],
        completion=[Message(role="assistant", content=answer)],
        provider="template",
    )


def _reject(passage: Passage, task: str, reason: str) -> Reject:
    return Reject(
        id=content_id("reject", passage.id, task),
        source_id=passage.id,
        reason=f"{task.split()[0]}: {reason}",
        text=passage.text,
    )


def main(command: Command) -> None:
    recipe, settings = command.recipe, command.recipe.synthesize
    if recipe.prepare.passages is None:
        raise UserError(
            "synthesize: this version makes chats of passages only; the table's rows are ready in"
            f" {command.run_folder / '02_prepare' / 'rows.jsonl'}: stop there, with --to prepare"
        )
    stage = Stage(
        run_folder=command.run_folder,
        name="synthesize",
        format_number=1,
        settings={"synthesize": settings.model_dump()},
        seed=recipe.seed,
        inputs=command.inputs("02_prepare/passages.jsonl"),
        prompts=read_prompts(settings),
        script=command.script,
    )
    if command.settled(stage):
        return
    passages = list(read_records(stage.inputs["02_prepare/passages.jsonl"], Passage))
    made = list(make_examples(passages, settings, stage.prompts, recipe.seed))
    examples = [record for record in made if isinstance(record, Example)]
    rejects = [record for record in made if isinstance(record, Reject)]
    for split in ("train", "validation", "test"):
        if not any(example.split == split for example in examples):
            raise UserError(
                f"synthesize: no {split} example came out of {len(passages)} passages; see prepare"
            )
    planned = len(passages) * sum(settings.tasks.model_dump().values())
    with stage.writing() as folder:
        write_records(folder / "examples.jsonl", examples)
        write_records(folder / "rejects.jsonl", rejects)
        stage.finish(
            {"unit": "examples", "in": planned, "out": len(examples), "rejected": len(rejects), "failed": 0}
        )
    for split in ("train", "validation", "test"):
        print(f"   {split:<11}{sum(example.split == split for example in examples):>6,} examples")
    if rejects:
        print(f"   rejected   {len(rejects):>6,} of {planned:,}; see {stage.folder / 'rejects.jsonl'}")


if __name__ == "__main__":
    start(main, __doc__, __file__)
