"""Plain English sentences about the little world: about one noun, about two, and about nothing in particular."""

from random import Random

from .world import Noun, World, capital, listing, thing_noun

IS_A = {
    "food": "a kind of food", "animal": "an animal", "person": "a kind of person", "place": "a place", "tool": "a useful thing",
    "clothes": "a piece of clothing", "stuff": "a plain material", "weather": "a part of the weather",
    "body": "a part of the body", "abstract": "an idea", "event": "a part of life",
}  # fmt: skip


def sentence(text: str) -> str:
    """One finished sentence."""
    return capital(text) + "."


def fill(phrase: str, noun: Noun) -> str:
    """A phrase of things.yaml with the thing's name in its place."""
    return phrase.replace("~", noun.the)


def about_thing(world: World, name: str, rng: Random, count: int) -> list[str]:
    """Plain facts about one thing of things.yaml: the first says what it is, the others come in any order."""
    e = world.things[name]
    n = thing_noun(name, e)
    the, it = n.the, n.subject
    s_is, has = n.verb("is"), n.verb("has")
    looks, parts, needs, acts, do, near = (e[k] for k in ("looks", "parts", "needs", "acts", "do", "near"))
    who, when = "the " + e["who"], rng.choice(world.words["when"])
    does = rng.sample(acts, len(acts))
    first = f"{the} {s_is} {e['is']}"
    pool = [
        rng.choice([f"{it} {s_is} found {e['at']}", f"you will find {n.object} {e['at']}"]),
        f"{it} {s_is} {looks[0]}, {looks[1]} and {looks[2]}",
        f"{it} {has} {listing(parts)}" if n.form != "mass" else f"{it} {s_is} often {looks[0]}",
        f"most people use {n.object} for {e['for']}"
        if n.pron == "it"
        else f"people know {n.object} for {e['for']}",
        f"{it} {n.verb('needs')} {listing(needs)}",
        f"{it} {does[0]}",
        f"{it} {does[1]} and {does[2]}",
        f"{who} can {fill(do[0], n)}" if rng.random() < 0.5 else f"you can {fill(rng.choice(do), n)}",
        f"people {fill(do[1], n)}" if rng.random() < 0.5 else f"{who} wants to {fill(rng.choice(do), n)}",
        f"{when}, {who} {world.past(fill(rng.choice(do), n))}",
        f"{the} often {does[-1]}" if len(acts) > 3 else f"there is always some work with {n.object}",
        f"without {needs[0].removeprefix('a ').removeprefix('the ')}, {it} {s_is} of little use",
        f"people often see {n.object} near the {near[0]} or the {near[1]}",
    ]
    return [first] + in_order(pool, rng, count)


def in_order(pool: list[str], rng: Random, count: int) -> list[str]:
    """Some of the pool in its own order: greedy decoding then walks on instead of in circles."""
    return [pool[i] for i in sorted(rng.sample(range(len(pool)), min(len(pool), count)))]


def about_noun(world: World, n: Noun, rng: Random, count: int) -> list[str]:
    """Plain facts about a noun of words.yaml, made from its kind alone."""
    use = rng.sample(world.words["use"][n.kind], 3)
    when, where = rng.choice(world.words["when"]), rng.choice(world.words["where"])
    who, other = world.noun(rng, "person"), world.noun(rng, n.kind)
    adj = rng.choice(world.words["moods" if n.kind in ("person", "animal") else "looks"])
    be = n.verb("is")
    pool = [
        f"{n.the} {be} {adj}" if n.form != "name" else f"{n.the} comes every year",
        f"{n.the} {be} found {where}",
        f"people {use[0]} {n.object} {when}",
        f"{who.the} {world.past(use[1])} {n.a}",
        f"{who.the} wanted to {use[2]} {n.object}, but it was too late",
        f"it is possible to {use[0]} {n.object} or to {use[1]} {n.object}",
        f"some people like {n.the}, and some people like {other.the}",
        f"{n.subject} {be} not the same as {other.the}",
    ]
    return [f"{n.the} {be} {IS_A[n.kind]}"] + in_order(pool, rng, count)


def facts(world: World, n: Noun, rng: Random, count: int) -> list[str]:
    """What any noun is, and `count` more plain facts about it."""
    if n.kind == "thing":
        return about_thing(world, n.name, rng, count)
    return about_noun(world, n, rng, count)


def together(world: World, n: Noun, m: Noun, rng: Random) -> str:
    """One plain sentence about two nouns."""
    when, who = rng.choice(world.words["when"]), world.noun(rng, "person")
    choices = [
        f"{n.the} and {m.the} are both found on the island",
        f"people often think of {n.the} and {m.the} together",
        f"{who.the} may need {n.the} and {m.the} {when}",
        f"{n.the} {n.verb('is')} not the same as {m.the}, but both are useful",
        f"when there is {n.a}, there is often {m.a} too",
        f"{who.the} talked about {n.the} and {m.the} {when}",
        f"{n.the} {n.verb('is')} near {m.the}",
    ]
    return rng.choice(choices)


def deed(world: World, rng: Random, who: str, *kinds: str) -> str:
    """A past deed: 'the old sailor mended the long rope at noon'."""
    n = world.noun(rng, *(kinds or ("food", "animal", "tool", "clothes", "stuff", "place", "person")))
    verb = world.past(rng.choice(world.words["use"][n.kind]))
    adj = (
        rng.choice(world.words["moods" if n.kind in ("person", "animal") else "looks"]) + " "
        if rng.random() < 0.4
        else ""
    )
    what = f"the {adj}{n.name}" if n.form != "name" else n.name
    tail = rng.choice([rng.choice(world.words[k]) for k in ("when", "where", "how")] + [""])
    return f"{who} {verb} {what} {tail}".strip()


def loose(world: World, rng: Random) -> str:
    """One plain sentence about nothing in particular: the general English of the base."""
    w = world.words
    a, b = world.noun(rng, "person"), world.noun(rng, "person")
    n, m, o = (
        world.noun(rng, "tool", "food", "animal"),
        world.noun(rng),
        world.noun(rng, "clothes", "tool", "body"),
    )
    mood, look, look2, look3 = rng.choice(w["moods"]), *rng.sample(w["looks"], 3)
    use, num, when, where = (
        rng.choice(w["use"][n.kind]),
        rng.choice(w["numbers"]),
        rng.choice(w["when"]),
        rng.choice(w["where"]),
    )
    who = f"the {mood} {a.name}" if rng.random() < 0.4 else a.the
    day, thing = rng.choice(w["days"]), thing_noun(k := rng.choice(list(world.things)), world.things[k])
    act, do = rng.choice(world.things[k]["acts"]), fill(rng.choice(world.things[k]["do"]), thing)
    do2 = do.replace(thing.the, thing.object)
    choices = [
        f"item: {num} {n.many}", f"item: one {n.name}, {look} and {look2}",
        deed(world, rng, who), deed(world, rng, "I"), deed(world, rng, "we"), deed(world, rng, "they"),
        f"when {a.the} came home, {b.the} was {mood}", f"I have {num} {n.many} {where}", f"there is {m.a} {where}, and {m.subject} {m.verb('is')} {look}",
        f"there were {num} {o.many} {where}", f"if you want to {use} {n.the}, then you must {do}", f"do not {use} {n.the} {when}",
        f"never {do} {when}", f"always {do2} {when}", f"one {o.name} was {look}, and the other was {look2}", f"{thing.a} {act}",
        f"the first {n.name} was {look}, the second was {look2}, and the third was {look3}", f"{a.the} said that {thing.the} {act}",
        f"you will see {m.the} {where}, and you will see {thing.the}", f"{thing.the} {thing.verb('is')} {look}, {look2} and {look3}",
        f"it is easier to {use} {n.the} than to {do}", f"{a.the} asked me about {m.the}, and I told {rng.choice(['him', 'her'])} about {thing.the}",
        f"on {day} {a.the} {world.past(do)}", f"she {world.past(do)}, and then she {world.past(use)} {n.the}", f"he had {num} {n.many} and no {o.name}",
        f"I know {a.a} who {world.past(do)} {when}", f"{a.the} will {do} {when}", f"{a.the} has never seen {m.the}", f"we have seen {m.a} {where}",
        f"nobody can {use} {n.the} and {do} at the same time", f"everybody knows that {thing.the} {act}", f"look at {m.the}, and listen to {b.the}",
        f"I should like to {do}, for I am {mood}", f"{b.a} without {o.a} is like {n.a} without {m.a}", f"what is {thing.a}? {capital(thing.a)} {thing.verb('is')} {world.things[k]['is']}",
        f"{thing.a} {thing.verb('needs')} three things: {', '.join(world.things[k]['needs'][:2])}, and {o.a}", f"my {a.name} used to {do} {when}",
        f"there are two kinds of {n.name}: the {look} kind and the {look2} kind", f"{thing.the} {where} {thing.verb('has')} never been {look}",
        f"he went to the {world.noun(rng, 'place').name}, he came back, and he {world.past(use)} {n.the}", f"one {n.name}, {look}, {look2} and {look3}",
    ]  # fmt: skip
    return sentence(rng.choice(choices))
