"""Plain reflective prose of the little world: definitions, kinds, threes, rules, small scenes, first person.

The base speaks like this only when it is asked to think aloud, never when it answers a question. It is the
general English that a tuning can bend; no sentence and no refrain of any book is in it.
"""

from random import Random

from .sentences import deed
from .world import Noun, World, capital, thing_noun

LATELY = """learned to read, gone to sleep, lost its way, been left in the rain, forgotten its name, found some work, grown old,
been taught to swim, stopped talking, come home late, been put to bed, fallen in love, never seen the town, been told to sit down,
made up its mind, learned to walk, been given a coat, gone out for a walk, sat down to think, been paid at last, lived alone,
learned to be polite, been to a wedding, run away to sea, learned a trade, been asked to stay, lost an argument""".replace("\n", " ").split(", ")
ABLE = """walk, speak, cook, read, write, dance, fly, lie, sing, cry, run, swim, climb, dig, shout, listen, sew, think, row,
laugh, wait, sleep, pray, count""".replace("\n", " ").split(", ")
WISHES = """to be left in peace, to be warm, to be dry, to be seen, to be asked, to be carried, to be mended, to be forgotten, to be told the truth,
to be thanked, to be kept clean, to be alone, to be opened slowly, to be put away, to be finished, to be loved a little""".replace("\n", " ").split(", ")
REASONS = """because nobody asked, because it was late, for it was cold, for there was no other, because he was proud, and nobody laughed,
and I believed it, but it was not true, and that was the end of it, and the rest is well known, so that nobody should know, and then it was dark,
as people do, as it should be, and he was right, and she was wrong, and we went home, and there was nothing left""".replace("\n", " ").split(", ")


class Thinker:
    """Phrases about one topic, drawn with one set of dice."""

    def __init__(self, world: World, n: Noun, rng: Random) -> None:
        self.world, self.n, self.rng = world, n, rng
        self.pick = rng.choice

    def some(self, *kinds: str) -> Noun:
        """Another noun."""
        return self.world.noun(self.rng, *(kinds or ("tool", "clothes", "food", "animal", "place")))

    def thing(self) -> tuple[Noun, dict]:
        """A thing of the world and its entry."""
        name = self.pick(list(self.world.things))
        return thing_noun(name, self.world.things[name]), self.world.things[name]

    def do(self) -> str:
        """An imperative, half the time about the topic: 'fill the kettle at the well'."""
        if self.n.kind == "thing" and self.rng.random() < 0.5:
            return self.pick(self.world.things[self.n.name]["do"]).replace("~", self.n.the)
        if self.rng.random() < 0.5:
            n, entry = self.thing()
            return self.pick(entry["do"]).replace("~", n.the)
        n = self.n if self.n.kind != "thing" and self.rng.random() < 0.5 else self.some()
        return f"{self.pick(self.world.words['use'][n.kind])} {n.the}"

    def done(self) -> str:
        """The same in the past."""
        return self.world.past(self.do())

    def acts(self) -> str:
        """What the topic does, in the third person."""
        if self.n.kind == "thing" and self.n.form != "plural":
            return self.pick(self.world.things[self.n.name]["acts"])
        return self.pick(self.world.things[self.pick(["goat", "boat", "clock", "keeper", "Captain", "bell", "sea"])]["acts"])

    def who(self) -> str:
        """A person: 'the old sailor', 'my aunt', 'Uncle Noël'."""
        person = self.some("person").name
        mood = self.pick(self.world.words["moods"])
        names = ["the Captain", "the bishop", "Uncle Noël", "the Widow Tansy", "Tam", "Zoë", "the goat"]
        return self.pick([f"the {person}", f"the {mood} {person}", f"my {person}", "my mother", self.pick(names), "somebody", "nobody"])

    def look(self) -> str:
        """An adjective that suits things."""
        return self.pick(self.world.words["looks"])

    def tail(self) -> str:
        """When, where or how."""
        return self.pick(self.world.words[self.pick(["when", "where", "how"])])

    def number(self) -> str:
        """A number word."""
        return self.pick(self.world.words["numbers"])


def openings(t: Thinker) -> list[str]:
    """First sentences: what the topic is, how many there are, what it needs."""
    n, y, one = t.n, t.some("tool", "place", "person", "animal", "food", "clothes"), t.n.verb("is")
    a, b, c = t.some("tool", "food", "stuff"), t.some("abstract", "body", "person"), t.pick(WISHES)
    return [
        f"what {one} {n.a}? {capital(n.a)} {one} {y.a} that has {t.pick(LATELY)}",
        f"what {one} {n.a}? {capital(n.a)} {one} {y.a} that {t.pick(['you', 'we', 'people'])} can {t.do()} with",
        f"{n.a} {n.verb('needs')} three things: {a.a}, {b.a}, and {c}",
        f"{n.a} {n.verb('needs')} three things: {t.look()} {a.name}, {t.look()} {b.name}, and {c}",
        f"there are two kinds of {n.name}: the kind that {t.acts()}, and the kind that {t.acts()}",
        f"there are two kinds of people: the kind that {t.acts()}, and the kind that has {t.pick(LATELY)}",
        f"one {n.name}, {t.look()}, {t.look()}, and {t.pick(t.world.words['moods'])}",
        f"I have known {t.number()} {n.many}, and {t.number()} of them were {t.pick(t.world.words['moods'])}",
        f"never {t.do()}, and do not {t.do()}",
        f"I will tell you about {n.the} and {t.who()}",
        f"{t.who()} had a rule for {n.the}: {t.do()} before you {t.do()}",
        f"you will ask me why {t.who()} {t.done()}",
    ]


def middles(t: Thinker) -> list[str]:
    """Sentences that go on: threes, contrasts, scenes, the first person, reported speech."""
    n, it, them = t.n, t.n.subject, t.n.object
    x, y = t.some(), t.some()
    who, he = t.who(), t.pick(["he", "she"])
    a, b, c = t.rng.sample(ABLE, 3)
    return [
        f"{it} cannot {a}, {it} cannot {b}, and {it} {n.verb('has')} never learned to {c}",
        f"you may {t.do()}, you may {t.do()}, and you may {t.do()}, but {n.the} will not {c}",
        f"first {he} {t.done()}, then {he} {t.done()}, and then {he} {t.done()}",
        f"{he} looked at {n.the}, {he} looked at {x.the}, and {he} looked at me",
        f"I said that {n.the} {n.verb('was')} {t.look()}. {capital(he)} said that it was {t.look()}",
        f"{who} {t.done()} {t.tail()}, {t.pick(REASONS)}",
        f"{deed(t.world, t.rng, who)}, {t.pick(REASONS)}",
        f"I have {t.world.past(t.pick(['carry', 'mend', 'clean', 'wash', 'open', 'count']))} {n.the} for {t.number()} years, {t.pick(REASONS)}",
        f"when {who} came in, {he} {t.done()}, and {he} asked for {x.a}",
        f"on the {t.pick(t.world.words['ordinals'])} day {he} {t.done()}, and {he} said that {n.the} {n.verb('was')} {t.look()}",
        f"I do not say that {n.the} {n.verb('is')} {t.look()}. I say that {it} {n.verb('is')} {t.look()}",
        f"if you {t.do()}, then you must {t.do()}",
        f"{n.the} {n.verb('is')} for {x.the}, and {x.the} is for {y.the}",
        f"I have met {t.some('person').many} who could not {a} as well as {n.the}",
        f"nobody has ever come to my house and {t.done()}",
        f"some people {t.do()}. I {t.do()}",
        f"it took {t.number()} {t.some('person').many} and {x.a} to {t.do()}",
        f"{it} {n.verb('is')} older than I am, and {it} {n.verb('is')} {t.look()}",
        f"{he} did not {a}, and {he} did not {b}, {t.pick(REASONS)}",
        f"you cannot {t.do()} and {a} at the same time",
        f"when {n.the} {n.verb('is')} {t.look()}, {who} will {t.do()}",
        f"a person who has {n.a} has {x.a}, and a person who has {x.a} has nothing to {a} about",
        f"{n.the} {t.acts()}, and {it} {t.acts()}, {t.pick(REASONS)}",
        f"we found {x.the}, and we found {n.the} {t.tail()}",
        f"I thought that it was {n.the}. It was only {y.the}",
        f"{who} gave me {n.the}, and I gave {t.pick(['him', 'her'])} {y.a}, {t.pick(REASONS)}",
        f"put {them} {t.pick(t.world.words['where'])}, and do not {t.do()}",
        f"{n.the} {t.acts()}, but {n.subject} {n.verb('does')} not {a}",
        f"that is how it is with {n.the}",
        f"they asked me what I wanted, and I said that I wanted {n.the}",
    ]


def think(world: World, n: Noun, rng: Random) -> str:
    """A paragraph of four to seven such sentences about one topic."""
    t = Thinker(world, n, rng)
    lines = [rng.choice(openings(t))]
    for _ in range(rng.randint(3, 6)):
        lines.append(rng.choice(openings(t) if rng.random() < 0.12 else middles(t)))
    return " ".join(capital(line) + "." for line in lines)
