"""Let the base and the tuned model answer held-out prompts, and weigh what is held out; or label texts.

Reads   04_train/adapter/                  what was trained: of method full model/, of method linear linear/
        the base model                     a folder, or a Hub name with a revision; linear has none
        03_synthesize/examples.jsonl       the test split's prompts, or texts to label
        02_prepare/passages.jsonl          the test split's passages, of documents
Writes  05_generate/answers.jsonl          {"id": "answer-…", "example_id": "example-…",
                                            "source_id": "passage-…", "task": "question_passage",
                                            "variant": "tuned", "prompt": […], "thinking": "",
                                            "answer": "…", "reference": "…", "tokens": 87, "ended": true}
        05_generate/likelihoods.jsonl      {"id": "likelihood-…", "source_id": "passage-…",
                                            "variant": "base", "log_likelihood": -312.7,
                                            "tokens": 118, "bytes": 466}
        05_generate/rejects.jsonl          {"id": "reject-…", "source_id": "example-…",
                                            "reason": "too long", "text": "…", …}
        05_generate/predictions.jsonl      of classification, alone: {"id": "prediction-…",
                                            "source_id": "row-…", "variant": "tuned", "text": "…",
                                            "label": "good", "probabilities": {"bad": 0.1, "good": 0.9},
                                            "cut": false}

    python scripts/05_generate.py recipes/demo.yaml

Batches are fixed before the first is generated and kept as they finish: a killed run goes on and gives
the same answers. Time: half a minute for the demo on 2 cores. Memory: that of training, or less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from inkprint.artifacts import Stage
from inkprint.chat import Chat
from inkprint.command import Command, start
from inkprint.company import company, follow_the_leader
from inkprint.errors import UserError
from inkprint.generate.alone import compare_alone, told
from inkprint.generate.answers import answer_batch
from inkprint.generate.labels import EXAMPLES, label_texts
from inkprint.generate.prompted import Prompted, make_prompted, prompt_names
from inkprint.generate.prompts import Batch, choose_prompts, fitting, make_batches
from inkprint.generate.speakers import Speakers
from inkprint.generate.trained import base_of, check_commit, needs_base, trained_files
from inkprint.generate.work import Job, Turns, settled, take_turns
from inkprint.gpus import check_gpus
from inkprint.jsonl import read_records, write_records
from inkprint.models import check_base, import_unsloth, positions
from inkprint.recipe import Recipe, prompt_files
from inkprint.recipe_generate import Answers, Classify
from inkprint.recipe_train import Tuning
from inkprint.records import Answer, Example, Likelihood, Passage, Reject, Split

if TYPE_CHECKING:
    from inkprint.generate.likelihoods import Weighed

PASSAGES = "02_prepare/passages.jsonl"


def main(command: Command) -> None:
    follow_the_leader()
    stage = make_stage(command)
    if settled(command, stage, lambda: check_machine(command.recipe)):
        return
    with company(command.recipe.gpus, command.again(), command.run_folder / "logs" / "generate") as wait:
        turns = take_turns(wait)
        if command.recipe.generate.method == "classify":
            label_texts(command, stage, turns)
        else:
            generate(command, stage, turns)


def generate(command: Command, stage: Stage, turns: Turns) -> None:
    """Load the base, choose the prompts, let each variant answer and weigh, and see that they differ."""
    recipe = command.recipe
    with command.working().quiet():
        import_unsloth(recipe.model, recipe.device, command.run_folder.parent / "cache")
        check_commit(recipe.model, command.run_folder)
        room = positions(recipe.model)
        speakers = Speakers(recipe, command.run_folder, room)
    prompted = make_variant(recipe, stage, speakers, room)
    drawn = recipe.generate.method == "sample"
    chosen = choose_prompts(examples_of(stage, "test"), recipe.generate.prompts, recipe.seed, drawn)
    batches, rejects = plan_batches(recipe, speakers, prompted, chosen, room)
    jobs, texts, alone = speak(command, stage, turns, speakers, batches, room)
    if turns.number > 0:
        return
    turns.wait()
    answers, likelihoods = collect(jobs, texts)
    check_difference(likelihoods)
    with stage.writing() as folder:
        write_records(folder / "answers.jsonl", sorted(answers, key=lambda a: (a.example_id, a.variant)))
        write_records(folder / "likelihoods.jsonl", likelihoods)
        write_records(folder / "rejects.jsonl", rejects)
        out = len(chosen) - len(rejects)
        counts = {"unit": "prompts", "in": len(chosen), "out": out, "rejected": len(rejects), "failed": 0}
        stage.finish(counts, alone=alone, **({"prompted": prompted.facts()} if prompted else {}))
    summarize(answers, likelihoods, rejects)
    for line in filter(None, (prompted.summary() if prompted else "", told(alone))):
        print(f"   {line}")


def check_machine(recipe: Recipe) -> None:
    """Raise UserError for a base or cards that are not there, before anything is loaded."""
    if recipe.model is not None and needs_base(recipe):
        check_base(recipe.model)
    check_gpus(recipe.gpus)


def make_stage(command: Command) -> Stage:
    recipe = command.recipe
    base = base_of(recipe)
    inputs = trained_files(recipe, command.run_folder) | command.inputs(EXAMPLES)
    if recipe.extract.columns is None:
        inputs |= command.inputs(PASSAGES)
    settings: dict[str, Any] = {"generate": recipe.generate.model_dump(), "train.method": recipe.train.method}
    prompts: list[str | None] = []
    if recipe.model is not None:
        settings["model"] = recipe.model.model_dump(exclude={"base"})
        prompts.append(recipe.model.chat_template)
    if isinstance(recipe.generate, Answers) and recipe.generate.prompted_passages:
        settings |= {"author": recipe.author, "synthesize.system_prompt": recipe.synthesize.system_prompt}
        prompts += prompt_names(recipe)
    if isinstance(recipe.generate, Classify) and isinstance(recipe.train, Tuning):
        settings["train.max_tokens"] = recipe.train.max_tokens  # longer texts are cut
    return Stage(
        run_folder=command.run_folder,
        name="generate",
        format_number=3,
        settings=settings,
        seed=recipe.seed,
        inputs=inputs | base.get("files", {}),
        identities=base.get("identities", {}),
        absent=base.get("absent", {}),
        prompts=prompt_files(*prompts),
        script=command.script,
    )


def examples_of(stage: Stage, split: Split) -> list[Example]:
    """03's examples of one split. Raises UserError where there are none."""
    path = stage.inputs[EXAMPLES]
    found = [example for example in read_records(path, Example) if example.split == split]
    if not found:
        raise UserError(f"{path}: no example of the {split} split")
    return found


def passages_of(stage: Stage, split: Split) -> list[Passage]:
    return [passage for passage in read_records(stage.inputs[PASSAGES], Passage) if passage.split == split]


def make_variant(recipe: Recipe, stage: Stage, speakers: Speakers, room: int) -> Prompted | None:
    """The base that is shown some of train, where the recipe wants it."""
    settings = recipe.generate
    if not settings.prompted_passages:
        return None
    train = passages_of(stage, "train") if PASSAGES in stage.inputs else examples_of(stage, "train")
    return make_prompted(recipe, stage.prompts, speakers.chat, train, room)


def plan_batches(
    recipe: Recipe, speakers: Speakers, prompted: Prompted | None, chosen: list[Example], room: int
) -> tuple[dict[str, list[Batch]], list[Reject]]:
    """Each variant's batches, fixed before the first is generated; prompts without room for an answer."""
    settings, chat = recipe.generate, speakers.chat

    def bare(example: Example) -> list[int]:
        return chat.generation_prompt(example.prompt)

    def longest(example: Example) -> int:
        return max(len(bare(example)), prompted.shortest(example) if prompted else 0)

    fits, rejects = fitting(chosen, longest, settings.max_new_tokens, room)
    plain = make_batches(fits, bare, settings.batch_size)
    batches = {"base": plain}
    if prompted:
        batches["prompted"] = make_batches(fits, prompted.prompt, settings.batch_size)
    return batches | {"tuned": plain}, rejects


def plan_jobs(
    recipe: Recipe, stage: Stage, chat: Chat, batches: dict[str, list[Batch]], texts: list[Weighed], room: int
) -> dict[str, list[Job]]:
    """Each variant's answers and likelihoods; "prompted" weighs nothing."""
    from inkprint.generate.likelihoods import weigh_jobs

    jobs: dict[str, list[Job]] = {}
    for variant, own in batches.items():
        weighs = variant != "prompted"
        jobs[variant] = weigh_jobs(stage.work_folder, chat, texts, variant, room) if weighs else []
        for number, batch in enumerate(own):
            path = stage.work_folder / f"answers-{variant}-{number:05d}.jsonl"
            arguments = (chat, batch, variant, recipe.generate, recipe.seed + number)
            jobs[variant].append(Job(path, answer_batch, arguments))
    return jobs


def speak(
    command: Command,
    stage: Stage,
    turns: Turns,
    speakers: Speakers,
    batches: dict[str, list[Batch]],
    room: int,
) -> tuple[dict[str, list[Job]], list[Weighed], dict[str, Any]]:
    """Do this process's jobs. Returns those of all, the texts, and what the leader found of batches."""
    from inkprint.generate.likelihoods import of_examples, of_passages

    recipe, chat = command.recipe, speakers.chat
    if PASSAGES in stage.inputs:
        texts = of_passages(passages_of(stage, "test"), chat)
    else:
        texts = of_examples(examples_of(stage, "test"), chat)
    jobs = plan_jobs(recipe, stage, chat, batches, texts, room)
    every = [job for own in jobs.values() for job in own]
    mine = {job.path for number, job in enumerate(every) if turns.mine(number)}
    alone: dict[str, Any] = {}
    output = command.working()
    with output.counter("batches", len(mine)) as advance, output.quiet():
        for variant, model in speakers.each(list(jobs), texts[0].ids):
            if variant == "base" and turns.number == 0:
                new_tokens = recipe.generate.max_new_tokens
                alone = compare_alone(model, chat, batches["base"], texts, room, new_tokens)
            for job in jobs[variant]:
                if job.path in mine:
                    job.do(model)
                    advance()
            del model  # or the base would still be in memory when the trained model is loaded
    return jobs, texts, alone


def collect(jobs: dict[str, list[Job]], texts: list[Weighed]) -> tuple[list[Answer], list[Likelihood]]:
    """What all processes made, once it is there."""
    from inkprint.generate.likelihoods import Scored, add_up

    answers, likelihoods = [], []
    for variant, own in jobs.items():
        answers += [one for job in own if job.make is answer_batch for one in job.records(Answer)]
        scored = [one for job in own if job.make is not answer_batch for one in job.records(Scored)]
        likelihoods += add_up(texts, scored, variant) if scored else []
    return answers, likelihoods


def check_difference(likelihoods: list[Likelihood]) -> None:
    """A "base" that is secretly the tuned model, or training that changed nothing, would prove nothing."""
    sums = {v: [one.log_likelihood for one in likelihoods if one.variant == v] for v in ("base", "tuned")}
    assert sums["base"] != sums["tuned"], "base and tuned weigh every text alike: training changed nothing"


def summarize(answers: list[Answer], likelihoods: list[Likelihood], rejects: list[Reject]) -> None:
    """What came of it, in a line."""
    ended: dict[str, list[bool]] = {}
    for answer in answers:
        ended.setdefault(answer.variant, []).append(answer.ended)
    shares = ", ".join(f"{v} ended {sum(e)} of {len(e)} by itself" for v, e in ended.items())
    weighed = len({one.source_id for one in likelihoods})
    prompts = len({answer.example_id for answer in answers})
    print(f"   {prompts} prompts, {weighed} texts weighed; {shares}; {len(rejects)} rejected")


if __name__ == "__main__":
    start(main, __doc__, __file__)
