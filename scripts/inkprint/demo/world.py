"""The little world's words: things, kinds of nouns, and the few word forms that its plain English needs.

Reads data/demo/world/things.yaml, words.yaml and plain.txt. No model and no book comes near this module: the
base model must never see a sentence of the book.
"""

from dataclasses import dataclass
from pathlib import Path
from random import Random

IRREGULAR_PLURALS = {
    "leaf": "leaves", "knife": "knives", "foot": "feet", "tooth": "teeth", "wife": "wives", "thief": "thieves",
    "calf": "calves", "child": "children", "man": "men", "woman": "women", "sheep": "sheep", "fish": "fish",
    "life": "lives", "shelf": "shelves", "family": "families", "story": "stories", "news": "news",
    "daisy": "daisies", "boots": "boots", "stairs": "stairs", "potato": "potatoes", "himself": "themselves",
}  # fmt: skip

EVEN_SHARE, COMMON = 0.25, 5.0


@dataclass(frozen=True)
class Noun:
    """One noun with its kind and the forms that sentences ask for."""

    name: str
    kind: str
    form: str = "count"
    pron: str = "it"

    @property
    def plain(self) -> str:
        """The word as it stands inside a sentence."""
        return self.name

    @property
    def the(self) -> str:
        """With the definite article, where the noun takes one."""
        return self.name if self.form == "name" else f"the {self.name}"

    @property
    def a(self) -> str:
        """With the indefinite article, where the noun takes one."""
        if self.form != "count":
            return self.name
        return f"{'an' if self.name[0] in 'aeiou' or self.name in ('hour', 'honour') else 'a'} {self.name}"

    @property
    def many(self) -> str:
        """The plural."""
        return self.name if self.form != "count" else plural(self.name)

    @property
    def subject(self) -> str:
        """The pronoun as a subject."""
        return "they" if self.form == "plural" else self.pron

    @property
    def object(self) -> str:
        """The pronoun as an object."""
        return {"they": "them", "he": "him", "she": "her"}.get(self.subject, "it")

    @property
    def own(self) -> str:
        """The pronoun as an owner."""
        return {"they": "their", "he": "his", "she": "her"}.get(self.subject, "its")

    def verb(self, third: str) -> str:
        """The form of be, have, do or need that goes with this noun, given the one for 'it'."""
        forms = {
            "is": "are",
            "has": "have",
            "does": "do",
            "was": "were",
            "needs": "need",
            "matters": "matter",
        }
        return forms[third] if self.form == "plural" else third


@dataclass(frozen=True)
class World:
    """Everything the grammar draws on."""

    things: dict[str, dict]
    by_kind: dict[str, list[Noun]]
    words: dict
    plain: list[str]

    def noun(self, rng: Random, *kinds: str) -> Noun:
        """A random noun of one of the kinds (of any kind when none is named), some far oftener than others."""
        kind = rng.choice(kinds or tuple(self.words["nouns"]))
        of_kind = self.by_kind[kind]
        if rng.random() < EVEN_SHARE:
            return rng.choice(of_kind)
        return of_kind[min(int(rng.expovariate(1 / COMMON)), len(of_kind) - 1)]

    def past(self, phrase: str) -> str:
        """A verb phrase put into the past: 'fill it at the well' -> 'filled it at the well'."""
        for base, done in self.words["past"].items():
            if phrase == base or phrase.startswith(base + " "):
                return done + phrase[len(base) :]
        verb, _, rest = phrase.partition(" ")
        if verb.endswith("e"):
            verb += "d"
        elif verb.endswith("y") and verb[-2] not in "aeou":
            verb = verb[:-1] + "ied"
        elif verb in ("stir", "drop", "rub", "trim", "stop"):
            verb += verb[-1] + "ed"
        else:
            verb += "ed"
        return f"{verb} {rest}".strip()


def plural(name: str) -> str:
    """The plural of a plain noun."""
    if name in IRREGULAR_PLURALS:
        return IRREGULAR_PLURALS[name]
    if name.endswith(("s", "x", "ch", "sh", "z")):
        return name + "es"
    if name.endswith("y") and name[-2] not in "aeiou":
        return name[:-1] + "ies"
    return name + "s"


def listing(items: list[str]) -> str:
    """'a, b and c'."""
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1]


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def load_world(folder: Path) -> World:
    """Read the three world files."""
    import yaml

    things = yaml.safe_load((folder / "things.yaml").read_text("utf-8"))
    words = yaml.safe_load((folder / "words.yaml").read_text("utf-8"))
    lines = (folder / "plain.txt").read_text("utf-8").split("\n")
    by_kind: dict[str, list[Noun]] = {}
    for kind, names in words["nouns"].items():
        nouns = []
        for name in dict.fromkeys(names):
            form = (
                "plural" if words["plural"].get(name) else "mass" if is_mass(name, kind, words) else "count"
            )
            form = "name" if name in words["proper"] else form
            nouns.append(Noun(words["proper"].get(name, name), kind, form))
        Random(kind).shuffle(nouns)  # as in any language, a few words do most of the work
        by_kind[kind] = nouns
    return World(things, by_kind, words, [line.strip() for line in lines if line.strip() and line[0] != "#"])


def is_mass(name: str, kind: str, words: dict) -> bool:
    """Whether a noun is spoken of without 'a' and without a plural."""
    return kind == "stuff" or name in words["mass"]


def thing_noun(name: str, entry: dict) -> Noun:
    """The noun of one entry of things.yaml."""
    return Noun(name, "thing", entry.get("form", "count"), entry.get("pron", "it"))
