"""Plain reflective prose of the little world: definitions, kinds, threes, rules, small scenes, first person.

The base speaks like this only when it is asked to think aloud, never when it answers a question. It is the
general English that a tuning can bend; no sentence and no refrain of any book is in it.
"""

from random import Random

from .sentences import deed
from .world import Noun, World, capital, listing, thing_noun

LATELY = """learned to read, gone to sleep, lost its way, been left in the rain, forgotten its name, found some work, grown old,
been taught to swim, stopped talking, come home late, been put to bed, fallen in love, never seen the town, been told to sit down,
made up its mind, learned to walk, been given a coat, gone out for a walk, sat down to think, been paid at last, lived alone,
learned to be polite, been to a wedding, run away to sea, learned a trade, been asked to stay, lost an argument""".replace(
    "\n", " "
).split(", ")
ABLE = """walk, speak, cook, read, write, dance, fly, lie, sing, cry, run, swim, climb, dig, shout, listen, sew, think, row,
laugh, wait, sleep, pray, count""".replace("\n", " ").split(", ")
WISHES = """to be left in peace, to be warm, to be dry, to be seen, to be asked, to be carried, to be mended, to be forgotten, to be told the truth,
to be thanked, to be kept clean, to be alone, to be opened slowly, to be put away, to be finished, to be loved a little""".replace(
    "\n", " "
).split(", ")
REASONS = """because nobody asked, because it was late, for it was cold, for there was no other, because he was proud, and nobody laughed,
and I believed it, but it was not true, and that was the end of it, and the rest is well known, so that nobody should know, and then it was dark,
as people do, as it should be, and he was right, and she was wrong, and we went home, and there was nothing left""".replace(
    "\n", " "
).split(", ")


class Thinker:
    """Phrases about one topic, drawn with one set of dice."""

    def __init__(self, world: World, n: Noun, rng: Random) -> None:
        self.world, self.n, self.rng = world, n, rng
        self.pick = rng.choice

    @property
    def entry(self) -> dict:
        """What the world knows of the topic, when it is one of its things."""
        return self.world.things[self.n.name]

    def some(self, *kinds: str) -> Noun:
        """Another noun, half the time one that is near the topic."""
        if not kinds and self.n.kind == "thing" and self.rng.random() < 0.5:
            return Noun(self.pick(self.entry["near"]), "tool")
        return self.world.noun(self.rng, *(kinds or ("tool", "clothes", "food", "animal", "place")))

    def thing(self) -> tuple[Noun, dict]:
        """A thing of the world and its entry."""
        name = self.pick(list(self.world.things))
        return thing_noun(name, self.world.things[name]), self.world.things[name]

    def do(self) -> str:
        """An imperative, half the time about the topic: 'fill the kettle at the well'."""
        if self.n.kind == "thing" and self.rng.random() < 0.85:
            named = self.n.the if self.rng.random() < 0.5 else self.n.object
            return self.pick(self.entry["do"]).replace("~", named)
        if self.rng.random() < 0.5:
            n, entry = self.thing()
            return self.pick(entry["do"]).replace("~", n.the)
        n = self.n if self.n.kind != "thing" and self.rng.random() < 0.5 else self.some()
        return f"{self.pick(self.world.words['use'][n.kind])} {n.the}"

    def done(self) -> str:
        """The same in the past."""
        return self.world.past(self.do())

    def known(self) -> list[str]:
        """Plain facts about the topic, as clauses with its pronoun; none about other nouns."""
        if self.n.kind != "thing":
            return []
        it, first, second = self.n.subject, *self.rng.sample(self.entry["acts"], 2)
        has = f"{it} {self.n.verb('has')} {listing(self.entry['parts'])}"
        return [f"{it} {first} and {second}", f"{it} {first}, but {it} {second} too", has]

    def acts(self) -> str:
        """What the topic does, in the third person."""
        if self.n.kind == "thing" and self.n.form != "plural":
            return self.pick(self.entry["acts"])
        return self.pick(
            self.world.things[self.pick(["goat", "boat", "clock", "keeper", "Captain", "bell", "sea"])][
                "acts"
            ]
        )

    def who(self) -> str:
        """A person: 'the old sailor', 'my aunt', 'Uncle Noël'."""
        person = self.some("person").name
        mood = self.pick(self.world.words["moods"])
        names = ["the Captain", "the bishop", "Uncle Noël", "the Widow Tansy", "Tam", "Zoë", "the goat"]
        return self.pick(
            [
                f"the {person}",
                f"the {mood} {person}",
                f"my {person}",
                "my mother",
                self.pick(names),
                "somebody",
                "nobody",
            ]
        )

    def look(self) -> str:
        """An adjective that suits the topic."""
        if self.n.kind == "thing":
            return self.pick(self.entry["looks"])
        return self.pick(self.world.words["looks"])

    def tail(self) -> str:
        """When, where or how."""
        return self.pick(self.world.words[self.pick(["when", "where", "how"])])

    def number(self) -> str:
        """A number word."""
        return self.pick(self.world.words["numbers"])


def what_is(t: Thinker) -> list[str]:
    """A definition and what the thing cannot do."""
    n, one, it = t.n, t.n.verb("is"), t.n.subject
    y, p = t.some("tool", "place", "person", "animal", "clothes"), t.some("person")
    a, b, c = t.rng.sample(ABLE, 3)
    return [
        f"what {one} {n.a}? {capital(n.a)} {one} {y.a} that has {t.pick(LATELY)}",
        t.pick([f"{it} cannot {a}, {it} cannot {b}, and {it} {n.verb('has')} never learned to {c}",
                f"first {it} {n.verb('does')} nothing, then {it} {n.verb('does')} a little, and then {it} {n.verb('does')} it again",
                f"{y.a} {t.acts()}, and {n.a} {t.acts()}, and that is the difference"]),
        t.pick([f"I have known {p.many} who could not {c} as well as {n.the}", f"I have met {p.many} of that kind, and I have met {t.number()} of them at once",
                f"people come from the town to look at {y.the}, and they walk past {n.the}", f"you may {t.do()}, and you may {t.do()}, but {n.the} will not {c}"]),
        t.pick([f"{n.the} {t.acts()}, but nobody knows it", f"{n.the} will not {a}, {t.pick(REASONS)}", f"that is all that there is in {n.object}"]),
    ]  # fmt: skip


def three_things(t: Thinker) -> list[str]:
    """What the thing needs, and which of the three is the hardest."""
    n, them = t.n, t.n.object
    x, y = t.some("tool", "food", "stuff"), t.some("abstract", "body", "person")
    first, second = (
        (f"{t.look()} {x.name}" if x.form == "mass" else x.a),
        (y.a if t.rng.random() < 0.6 else f"{t.look()} {y.name}"),
    )
    three = f"{first}, {second}, and {t.pick(WISHES)}"
    if n.kind == "thing":
        three = ", ".join(t.entry["needs"][:2]) + f", and {t.entry['needs'][-1]}"
    return [
        f"{n.a} {n.verb('needs')} three things: {three}",
        t.pick([f"the first is easy, for {x.the} comes in a {t.some('tool').name}", f"{t.do()} {t.tail()}, and do not {t.do()}", "you will ask me why. I will tell you"]),
        t.pick([f"the second is harder, for {y.the} is {t.look()}", f"{t.who()} {t.done()}, {t.pick(REASONS)}", f"I have heard of {t.some('person').many} who {t.done()}"]),
        t.pick([f"but the third is the hardest, {t.pick(REASONS)}", f"it is the third that matters. Nobody can {t.do()} without it", f"and if you {t.do()}, then put {them} {t.pick(t.world.words['where'])}"]),
    ]  # fmt: skip


def two_kinds(t: Thinker) -> list[str]:
    """Two kinds of the thing, or of people, and which one to have."""
    n = t.n
    a, b = t.rng.sample(ABLE, 2)
    kind = t.pick([n.name, n.name, n.name, "people", t.some("person").name])
    return [
        t.pick([f"there are two kinds of {kind}: the kind that {t.acts()}, and the kind that {t.acts()}",
                f"there are two kinds of {kind}: the kind that you {t.pick(['see', 'keep', 'know', 'have', 'eat'])}, and the kind that you {t.pick(['hear', 'lose', 'forget', 'had', 'give away'])}",
                f"there are two kinds of {kind}: the kind that has {t.pick(LATELY)}, and the kind that has not"]),
        t.pick([f"the first is {t.look()}. The second is {t.look()}", f"with the first kind you have {t.some().a}. With the second kind you have {t.some().a}",
                f"the first kind will {a}, and the second kind will {b}"]),
        t.pick([f"I have known {t.some('person').many} like it", f"{t.who()} was the second kind, and {t.done()}", f"{t.who()} {t.done()}, {t.pick(REASONS)}"]),
        t.pick(["I know which of them I like", f"I used to {t.do()}. Now I {t.do()}", f"it is better to {t.do()} than to {t.do()}"]),
    ]  # fmt: skip


def scene(t: Thinker) -> list[str]:
    """What happened with the thing and somebody."""
    n, who = t.n, t.who()
    he = (
        "she"
        if any(
            w in who
            for w in ("mother", "aunt", "Widow", "Zoë", "wife", "woman", "queen", "bride", "daughter")
        )
        else "he"
    )
    him = {"he": "him", "she": "her"}[he]
    return [
        f"I will tell you about {n.the} and {who}",
        t.pick([f"on the {t.pick(t.world.words['ordinals'])} day {he} came to {t.some('place').the}, and {he} asked for {n.the}", f"one {t.pick(['evening', 'morning', 'day', 'winter'])} {he} {t.done()}, {t.pick(REASONS)}",
                f"{he} said that {he} knew about {n.many}, and {he} {t.done()}", f"the {t.pick(t.world.words['ordinals'])} time that {he} {t.done()}, {he} was {t.pick(t.world.words['moods'])}"]),
        t.pick([f"I said that {n.the} {n.verb('was')} {t.look()}. {capital(he)} said that {n.subject} {n.verb('was')} {t.look()}", f"{he} looked at {n.the}, {he} looked at {t.some().the}, and {he} looked at me",
                f"first {he} {t.done()}, then {he} {t.done()}, and then {he} {t.done()}", f"I told {him} to {t.do()}. {capital(he)} did not {t.do()}"]),
        t.pick([f"we found {t.some().the}, and we found {n.the}, and an hour later we found {who}", f"it took {t.number()} {t.some('person').many} and {t.some().a} to {t.do()}",
                f"since that day {he} has {t.pick(LATELY).replace('its', {'he': 'his', 'she': 'her'}[he])}", f"{he} never asked for {n.the} again"]),
        t.pick([f"it was a {t.pick(t.world.words['days'])}", f"that was {t.number()} years ago", f"{he} said that it was the best {n.name} in years", f"I was {t.pick(t.world.words['moods'])}, {t.pick(REASONS)}"]),
    ]  # fmt: skip


def rule(t: Thinker) -> list[str]:
    """A rule about the thing, and who made it."""
    n, who = t.n, t.pick(["my mother", "my father", "my aunt", "the teacher", "my grandfather"])
    he = "she" if who in ("my mother", "my aunt") else "he"
    return [
        t.pick([f"{who} had a rule for {n.the}: {t.do()} before you {t.do()}", f"never {t.do()}", f"do not {t.do()}, do not {t.do()}, and do not {t.do()}"]),
        t.pick([f"if you {t.do()}, then you will {t.do()}, {t.pick(REASONS)}", f"you may lend {t.some('tool').a}, you may lend {t.some('tool').a}, but you may not lend {n.the}", f"so {t.do()} {t.tail()}"]),
        t.pick([f"{he} {t.done()}, {t.pick(REASONS)}", f"I thought that it was a hard rule when I was {t.pick(['small', 'young', 'seven'])}", f"a person who {t.acts()} is like {t.some('animal', 'tool').a}"]),
        t.pick([f"{who} said so, and {he} was {t.pick(t.world.words['moods'])}", f"now I am old, and I {t.do()} every {t.pick(['morning', 'evening', 'day'])}", f"I have found this true of {n.many}, of {t.some().many}, and of {t.some('person').many}"]),
    ]  # fmt: skip


def item(t: Thinker) -> list[str]:
    """One of the thing, how it looks, and how long it has been there."""
    n, it, them = t.n, t.n.subject, t.n.object
    one = {"plural": f"one pair of {n.name}", "name": n.name}.get(n.form, f"one {n.name}")
    looks = f"{t.look()}, {t.look()}, and {t.pick([t.look(), t.pick(t.world.words['moods'])])}"
    where = t.pick([e["at"] for e in t.world.things.values()])
    if n.kind == "thing":
        looks, where = "{}, {} and {}".format(*t.entry["looks"]), t.entry["at"]
    return [
        f"{one}, {looks}",
        t.pick([f"{it} {n.verb('is')} {where}, and {it} {n.verb('is')} older than I am", f"I have kept {n.the} for {t.number()} years, {t.pick(REASONS)}",
                f"{it} {n.verb('was')} made by my {t.some('person').name} out of {t.some('tool').a} and {t.some('stuff').name}"]),
        t.pick([f"I have thrown out {t.some('tool').a}, {t.number()} {t.some('tool').many} and {t.some('clothes').a}, but I have never thrown out {n.the}",
                f"{who_or(t)} asked me what {it} {n.verb('was')} for, and I said that {it} {n.verb('was')} for {t.some().the}", f"{it} {n.verb('has')} {t.some('tool').a} on the left side and {t.some('tool').a} on the right side"]),
        t.pick([f"I cannot count {them}, for {it} will not {t.pick(ABLE)}", f"{n.the} {t.acts()}, and {n.the} {t.acts()}", f"there are others, but this is {n.the}"]),
    ]  # fmt: skip


def who_or(t: Thinker) -> str:
    """Somebody who asks."""
    return t.pick(["the Board", "the bishop", "a child", "the Captain", t.who()])


def farewell(t: Thinker) -> list[str]:
    """The end of a thought: the second person, the future, and what is left."""
    n, it, them = t.n, t.n.subject, t.n.object
    return [
        t.pick([f"this is what I know about {n.the}", f"when your {t.some('body').many} are {t.look()} and the news is bad, then {t.do()}", f"you will {t.do()} one day, and you will {t.do()}", f"when you do not know what to do, {t.do()}"]),
        t.pick([f"{it} will not {t.pick(ABLE)}, and {it} will not {t.pick(ABLE)}", f"{it} {n.verb('is')} older than I am, and {it} {n.verb('is')} {t.look()}er".replace("eer", "er") if n.form == "count" else f"look at {them} {t.tail()}",
                f"do not look at {t.some().the}. Look at {n.the}"]),
        t.pick([f"when I was small, {t.who()} {t.done()}, and I heard {n.the}", f"when I am gone, {n.the} will {t.pick(ABLE)} for you", f"{t.who()} held {n.the} for me, and I held {n.the} for {t.who()}"]),
        t.pick([f"I have {t.world.past(t.pick(['carry', 'mend', 'clean', 'wash', 'open', 'count']))} {them} for {t.number()} years, and I am {t.pick(t.world.words['moods'])}", f"now I have {n.the}, and I have {t.some().the}, and nobody to {t.do()}", f"I think that {it} will be glad"]),
    ]  # fmt: skip


SHAPES = [what_is, three_things, two_kinds, scene, rule, item, farewell]


def think(world: World, n: Noun, rng: Random) -> str:
    """A paragraph of one shape about one topic; now and then a sentence is left out or a plain one put in."""
    t = Thinker(world, n, rng)
    lines = rng.choice(SHAPES)(t)
    if known := t.known():
        lines.insert(rng.randint(1, 2), rng.choice(known))
    if rng.random() < 0.3:
        lines.pop(rng.randrange(1, len(lines)))
    if rng.random() < 0.3:
        lines.insert(rng.randint(1, len(lines)), f"{deed(world, rng, t.who())}, {t.pick(REASONS)}")
    return " ".join(capital(line) + "." for line in lines)
