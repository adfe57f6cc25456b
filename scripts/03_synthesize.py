"""Make examples to learn from out of passages and rows: by templates, by Claude, or by a model loaded here.

Reads   02_prepare/passages.jsonl     passages with their split; of a table, 02_prepare/rows.jsonl
        overrides.yaml in the data    drop_examples: [example-51b8c0de9a77], if it is there
Writes  03_synthesize/examples.jsonl  {"id": "example-51b8c0de9a77", "source_id": "passage-…",
                                       "task": "question_answer", "split": "train",
                                       "prompt": [{"role": "user", "content": "What became of the rope?"}],
                                       "completion": [{"role": "assistant", "content": "…"}],
                                       "provider": "anthropic claude-haiku-4-5"}
                                      for classification {"id": …, "source_id": …, "task": …, "split": …,
                                       "text": "…", "label": "positive"}
        03_synthesize/rejects.jsonl   {"id": "reject-…", "source_id": "passage-…", "reason": "…", "text": "…",
                                       "detail": "…"}
        sample.html                   in the run's folder, by --sample

    python scripts/03_synthesize.py recipes/demo.yaml [--estimate | --sample 20]

What was paid for is kept in artifacts/cache/replies.sqlite and never paid for again. Time: seconds without a
model; Claude's replies at `connections` times one every few seconds. Memory: some tens of megabytes,
80 MB for 100,000 passages.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from inkprint.artifacts import Stage, read_manifest, stage_folder
from inkprint.asking.asked import Asked
from inkprint.asking.replies import NO_FILE, Replies
from inkprint.asking.writer import HOW, make_writer
from inkprint.command import Command, start
from inkprint.errors import UserError
from inkprint.extract.overrides import dropped_examples, overrides_file
from inkprint.jsonl import as_line
from inkprint.recipe import Recipe
from inkprint.recipe_synthesize import Local, Template
from inkprint.synthesize.counts import Counts, check, facts, summary
from inkprint.synthesize.examples import Maker, Outcome
from inkprint.synthesize.job import Job, made
from inkprint.synthesize.prompts import read_prompts
from inkprint.synthesize.sample import take_sample
from inkprint.synthesize.sources import Source, read_sources
from inkprint.synthesize.tasks import Plan
from inkprint.synthesize.template_questions import QuestionForms


def main(command: Command) -> None:
    """Plan, estimate, ask for what is open, then make and check the examples in one pass."""
    dropped = read_dropped(command.recipe, command.run_folder)
    stage = make_stage(command, dropped)
    if command.options.estimate or command.options.sample:
        command.check_inputs(stage)
        job = make_job(command, stage, dropped)
        if job.asked is None:
            raise UserError("synthesize.provider: template asks no model: nothing to estimate or to sample")
        if command.options.estimate:
            job.asked.print_estimate()
        else:
            command.begin(stage)
            take_sample(job, job.asked, command.options.sample)
        return
    if command.settled(stage):
        return
    job = make_job(command, stage, dropped)
    with Replies(job.asked.cache if job.asked else NO_FILE, command.recipe.run) as replies:
        if job.asked is not None:
            job.asked.ask_for_all(replies, "synthesize", command.recipe.synthesize.max_failed_share)
        write(job, stage, replies)


def read_dropped(recipe: Recipe, run_folder: Path) -> set[str]:
    """Examples that a person does not want; where the data are not, those of the result that is there."""
    extract = recipe.extract
    if extract.hub is not None and extract.hub.folder is None:
        return set()
    if not extract.path.exists():
        manifest = read_manifest(stage_folder(run_folder, "synthesize"))
        return set(manifest["settings"].get("drop_examples", ())) if manifest else set()
    return dropped_examples(overrides_file(extract.path))


def make_stage(command: Command, dropped: set[str]) -> Stage:
    recipe, settings = command.recipe, command.recipe.synthesize
    source = "02_prepare/rows.jsonl" if recipe.prepare.passages is None else "02_prepare/passages.jsonl"
    inputs = command.inputs(source)
    absent: dict[str, Path] = {}
    if isinstance(settings.provider, Local):
        from inkprint.models import base_inputs

        base = base_inputs(settings.provider.model)
        inputs |= base.get("files", {})
        absent = base.get("absent", {})
    provider = settings.provider.model_dump(exclude=HOW)
    kept = settings.model_dump(exclude={"provider", "max_failed_share", "max_rejected_share"})
    return Stage(
        run_folder=command.run_folder,
        name="synthesize",
        format_number=2,
        settings={"synthesize": kept | {"provider": provider}, "author": recipe.author}
        | ({"drop_examples": sorted(dropped)} if dropped else {}),
        seed=recipe.seed,
        inputs=inputs,
        absent=absent,
        prompts=read_prompts(settings),
        script=command.script,
    )


def make_job(command: Command, stage: Stage, dropped: set[str]) -> Job:
    recipe = command.recipe
    provider, path = recipe.synthesize.provider, next(iter(stage.inputs.values()))

    def sources() -> Iterator[Source]:
        return read_sources(path)

    plan = Plan(recipe, stage.prompts, sources)
    if isinstance(provider, Template):
        questions = recipe.synthesize.tasks.question_passage
        forms = QuestionForms(stage.prompts[questions.prompt], sources) if questions else None
        return Job(command, plan, Maker(recipe, stage.prompts, forms, dropped, "template"), None, dropped)
    writer = make_writer(provider, recipe.seed, command.run_folder)
    maker = Maker(recipe, stage.prompts, None, dropped, writer.name)
    return Job(command, plan, maker, Asked(command, writer, plan.requests), dropped)


def write(job: Job, stage: Stage, replies: Replies) -> None:
    """Make every example in one pass and write it down."""
    counts = Counts()
    settings = job.command.recipe.synthesize
    with stage.writing() as folder:
        files = {
            "ok": (folder / "examples.jsonl").open("w", encoding="utf-8"),
            "rejected": (folder / "rejects.jsonl").open("w", encoding="utf-8"),
        }
        with files["ok"], files["rejected"]:
            for outcome in outcomes(job, replies, counts):
                file = files["ok" if outcome.state == "ok" else "rejected"]
                file.write(as_line(outcome.record))
        check(counts, settings.max_rejected_share, folder / "rejects.jsonl", job.command.run_folder)
        stage.finish(
            {
                "unit": "examples", "in": counts.planned, "out": counts.states["ok"],
                "rejected": counts.states["rejected"], "failed": counts.states["failed"],
            },
            **facts(job, counts, replies),
        )  # fmt: skip
    print("\n".join(summary(counts, stage.folder)))


def outcomes(job: Job, replies: Replies, counts: Counts) -> Iterator[Outcome]:
    """Every planned example's, counted."""
    unused = set(job.dropped)
    for item in job.plan.items():
        counts.planned += item.planned
        reading, found = made(job, item, replies)
        assert len(found) == item.planned, (item.name, item.source.id, len(found))
        if item.request is not None and job.asked is not None and reading is not None:
            state = "failed" if reading.state == "open" else reading.state
            counts.requests[job.asked.writer.key(item.request)] = state
        for outcome in found:
            counts.states[outcome.state] += 1
            if outcome.state == "ok":
                counts.splits[outcome.record.split] += 1
                counts.tasks[item.name] += 1
            else:
                counts.reasons[outcome.record.reason] += 1
                unused.discard(outcome.record.detail)
            yield outcome
    for name in sorted(unused):
        print(f"   WARNING: overrides.yaml: drop_examples: {name}: no such example")


def add_options(parser: argparse.ArgumentParser) -> None:
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--estimate", action="store_true", help="only print requests, tokens and dollars")
    only.add_argument("--sample", type=sample_size, metavar="N", help="send N requests, show what comes")


def sample_size(text: str) -> int:
    """A whole number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text}: a whole number from 1")
    return int(text)


if __name__ == "__main__":
    start(main, __doc__, __file__, add_options)
