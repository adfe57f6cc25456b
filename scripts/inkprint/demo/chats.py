"""Plain chats about the little world: questions with neutral answers, passages to go on with, and notes.

Every chat is a pair (prompt, answer). The prompt forms of the pipeline come from prompts/, so that the base
knows the task before any book does; a few others teach it the first person, advice and stories.
"""

import re
from random import Random

from .sayings import think
from .sentences import deed, facts, loose, sentence, together
from .world import Noun, World, listing, thing_noun

LEADS = {
    "care": "{the} {matters} because {fact}",
    "forget": "people forget that {fact}",
    "child": "a child should know that {fact}",
    "learned": "people have learned that {fact}",
    "should": "it is good to know that {fact}",
}
OTHERS = {
    "story": "Write a short story about {first}.",
    "self": "Write about {first} in the first person.",
    "advice": "Give some advice about {first}.",
    "notes": "Write some notes about {first} and {second}.",
    "think": "Think aloud about {first}.",
    "ponder": "Think aloud about {first} and {second}.",
}
WEIGHTS = [2, 2, 2, 1, 8, 4]


def topic(world: World, rng: Random) -> Noun:
    """A noun to ask about: mostly a thing of the world, sometimes any other noun."""
    if rng.random() < 0.93:
        name = rng.choice(list(world.things))
        return thing_noun(name, world.things[name])
    return world.noun(rng)


def phrase(world: World, n: Noun, rng: Random) -> str:
    """The noun as a key phrase may name it: bare, with an article, with an adjective, in small letters."""
    looks = world.things[n.name]["looks"] if n.kind == "thing" else world.words["looks"]
    forms = [
        n.name,
        n.name,
        n.the,
        n.the,
        n.the,
        n.a,
        n.many,
        f"{rng.choice(looks)} {n.name}",
        f"the {rng.choice(looks)} {n.name}",
    ]
    text = rng.choice(forms)
    return text.lower() if rng.random() < 0.3 else text


def paragraph(lines: list[str]) -> str:
    """Sentences as one paragraph."""
    return " ".join(sentence(line) for line in lines)


def answer(world: World, question: str, n: Noun, m: Noun | None, rng: Random) -> str:
    """A plain answer of 40 to 90 words to a question about one noun or two."""
    body = facts(world, n, rng, rng.randint(4, 6) if m is None else rng.randint(1, 3))
    for mark, lead in LEADS.items():
        if mark in question and rng.random() < 0.6:
            fact = body[1]
            body[1] = lead.format(the=n.the, matters=n.verb("matters"), fact=fact)
    if m is not None:
        body += [together(world, n, m, rng), *facts(world, m, rng, rng.randint(1, 3))]
    return paragraph(body)


def story(world: World, n: Noun, rng: Random, who: str = "") -> str:
    """A small plain story in the past, about somebody or in the first person."""
    person = world.noun(rng, "person")
    who, he = (who, who) if who else (person.the, rng.choice(["he", "she"]))
    lines = [f"{rng.choice(world.words['when'])}, {who} went to the {world.noun(rng, 'place').name}"]
    if n.kind == "thing":
        do = world.things[n.name]["do"]
        lines += [
            f"{he} {world.past(d.replace('~', n.the if i == 0 else n.object))}"
            for i, d in enumerate(rng.sample(do, 2))
        ]
    else:
        lines += [f"{he} saw {n.a}", f"{he} {world.past(rng.choice(world.words['use'][n.kind]))} {n.the}"]
    lines += [
        deed(world, rng, rng.choice([he, f"then {he}", f"after that {he}"])) for _ in range(rng.randint(1, 3))
    ]
    lines.append(f"{he} came home {rng.choice(world.words['how'])}")
    return paragraph(lines)


def advice(world: World, n: Noun, rng: Random) -> str:
    """Plain advice: imperatives, the second person, and lists of three."""
    if n.kind != "thing":
        verbs = world.words["use"][n.kind]
        do = [f"{v} {n.the}" for v in rng.sample(verbs, 3)]
    else:
        do = [
            d.replace("~", n.the)
            for d in rng.sample(world.things[n.name]["do"], len(world.things[n.name]["do"]))
        ][:3]
    when = rng.choice(world.words["when"])
    lines = [
        f"{do[0]} {when}",
        f"do not {do[1]} when you are {rng.choice(world.words['moods'])}",
        f"you should {do[-1]}",
    ]
    lines.append(f"you will need {listing([world.noun(rng, 'tool').a for _ in range(3)])}")
    lines.append(f"if you {do[0]}, then {rng.choice(facts(world, n, rng, 7))}")
    return paragraph(rng.sample(lines, len(lines)))


def notes(world: World, rng: Random, count: int) -> str:
    """Loose plain sentences, some made and some from plain.txt."""
    return " ".join(
        rng.choice(world.plain) if rng.random() < 0.55 else loose(world, rng) for _ in range(count)
    )


def other(world: World, kind: str, n: Noun, rng: Random) -> str:
    """An answer to one of the prompts that the pipeline never uses."""
    if kind == "story":
        return story(world, n, rng)
    if kind == "self":
        return story(world, n, rng, "I")
    if kind == "notes":
        return notes(world, rng, rng.randint(5, 8))
    return advice(world, n, rng) if kind == "advice" else think(world, n, rng)


def split_passage(text: str, rng: Random) -> tuple[str, str]:
    """A passage cut after the sentence that completes about a third of it."""
    stops = [m.end() for m in re.finditer(r"[.!?] ", text)]
    if not stops:
        return text, "That is all."
    goal = len(text) * rng.uniform(0.25, 0.4)
    cut = next((stop for stop in stops if stop >= goal), stops[-1])
    return text[:cut].strip(), text[cut:].strip()


def chat(world: World, questions: list[str], completion: str, rng: Random) -> tuple[str, str]:
    """One plain chat: questions, passages to go on with, and other prompts, a third each."""
    n, m, roll = topic(world, rng), topic(world, rng), rng.random()
    names = {"first": phrase(world, n, rng), "second": phrase(world, m, rng)}
    question = rng.choice(questions)
    two = m if "{second}" in question else None
    if roll < 0.45:
        return question.format(**names), answer(world, question, n, two, rng)
    kind = rng.choices(list(OTHERS), WEIGHTS)[0]
    if roll < 0.72:
        text = answer(world, question, n, two, rng) if rng.random() < 0.35 else other(world, kind, n, rng)
        opening, rest = split_passage(text, rng)
        return completion.format(opening=opening), rest
    return OTHERS[kind].format(**names), other(world, kind, n, rng)


def make_chats(
    world: World, questions: list[str], completion: str, count: int, seed: int
) -> list[tuple[str, str]]:
    """The base's whole training text, the same for the same seed."""
    rng = Random(seed)
    return [chat(world, questions, completion, rng) for _ in range(count)]
