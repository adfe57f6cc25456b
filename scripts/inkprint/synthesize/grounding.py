"""Words, names and numbers of one text that others have or lack: does an answer stand on its passage?

The rules are those of any European language that parts words by spaces: content words are long words, and
words agree by how they begin. Only the lists of function words and of number words are English.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from inkprint.synthesize.phrases import FUNCTION_WORDS
from inkprint.synthesize.wording import PARTS, Text

# Longer than three letters and still about nothing; "couldn" is what is left of "couldn't".
NO_CONTENT = FUNCTION_WORDS | frozenset(
    """about across almost among anybody anyone anything around away behind beside besides cannot couldn didn
    doesn either else everybody everyone everything hadn hasn haven however indeed least less like myself
    herself himself itself neither nobody none nothing ourselves perhaps quite rather said says somebody
    someone something therefore themselves thus toward towards unless upon wasn weren whatever whenever
    whether within without wouldn yourself""".split()
)
SHORTEST_CONTENT = 4  # letters: "der", "les", "una" and "det" are shorter, "rope" is not
ENDING = 3  # letters at a word's end that may differ
SHORTEST_BEGINNING = 4
# Capitals inside sentences mark names where few words have them. In 720 passages of English novels and essays
# 5 % of the words have one, and 15 % in one passage of a hundred; in German, where every noun has one, 27 %.
NAMES_SHARE = 0.2
# What anyone may write with a capital, whatever the passage is about.
NO_NAMES = frozenset(
    """mr mrs ms miss dr sir madam lord lady st saint professor
    january february march april may june july august september october november december
    monday tuesday wednesday thursday friday saturday sunday christmas easter
    god gods christ jesus lord heaven hell providence nature fate bible scripture church christian christians
    devil satan state man dieu dios dio deus
    english englishman englishmen england french german germans italian spanish irish scottish scotch welsh
    dutch russian american americans british european europe greek greeks latin roman romans
    """.split()
)
# After these a capital begins something: a stop, a colon, a dash, or an opening quotation mark or bracket.
_BEGINS = re.compile(r"[.!?…:—–]|--|[\"“”„«»‘'(\[]$")
_FIGURES = re.compile(r"\d+(?:[.,'’\u00a0\u202f]\d+)*")
_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
).split()
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
_VALUES = (
    {word: number for number, word in enumerate(_UNITS)}
    | {word: number for number, word in enumerate(_ORDINALS, start=1)}
    | {word: 10 * number for number, word in enumerate(_TENS, start=2)}
)


class Source:
    """The words and numbers of some texts, for looking up those of another."""

    def __init__(self, *texts: Text) -> None:
        self._texts = texts
        self._words = sorted({part for text in texts for part in text.parts})

    def has_word(self, word: str) -> bool:
        """Whether a word begins like one of these texts: "believe" and "belief", "ropes" and "rope".

        All but the last three letters must agree, and four at least; a shorter word must be there as it is.
        """
        if len(word) < SHORTEST_BEGINNING:
            return self._has(word)
        beginning = word[: max(SHORTEST_BEGINNING, len(word) - ENDING)]
        place = bisect_left(self._words, beginning)
        return place < len(self._words) and self._words[place].startswith(beginning)

    def has_name(self, name: str) -> bool:
        """Whether a name stands there, be it with another ending: "the Lucases", "Ibsenism", "Pans"."""
        name = name.lower()
        return self.has_word(name) or self._has(name.removesuffix("s"))

    def has_number(self, number: str) -> bool:
        """Whether a number stands there, in figures or in English words: 28, "eight and twenty"."""
        return any(number in figures(text) or number in _said(text) for text in self._texts)

    def _has(self, word: str) -> bool:
        place = bisect_left(self._words, word)
        return self._words[place : place + 1] == [word]


def content_words(text: Text) -> Iterator[str]:
    """The words that say what a text is about, in lower case, in order; "l'auteur" is "auteur"."""
    return (part for part in text.parts if len(part) >= SHORTEST_CONTENT and part not in NO_CONTENT)


def names(text: Text) -> Iterator[str]:
    """Capitalised words inside sentences, but for titles, months and what anyone may capitalise."""
    for start, end in _inside(text):
        for part in PARTS.split(text.text[start:end]):
            lower = part.lower()
            if len(part) > 1 and part[0].isupper() and lower not in NO_NAMES and lower not in NO_CONTENT:
                yield part


def capitals_mark_names(text: Text) -> bool:
    """Whether the text's language keeps capitals for names, as English does and German does not."""
    inside = [text.text[start].isupper() for start, _ in _inside(text)]
    return sum(inside) <= NAMES_SHARE * len(inside)


def figures(text: Text) -> list[str]:
    """The numbers written in figures, without the marks inside them: "1,000" is "1000", "26th" is "26"."""
    return [re.sub(r"\D", "", number) for number in _FIGURES.findall(text.text)]


def _inside(text: Text) -> Iterator[tuple[int, int]]:
    """Places of the words inside sentences, [start, end): not of those that begin one, or what is said."""
    before, ended = "", 0
    for word, start, end in text.spans:
        between = text.text[ended:start]
        stop = between.strip()
        if stop == "." and "\n" not in between:  # Mr. Darcy, J. S. Mill
            begins = before not in NO_NAMES and len(before) > 1
        else:
            begins = not ended or "\n" in between or bool(_BEGINS.search(between))
        if not begins:
            yield start, end
        before, ended = word, end


def _said(text: Text) -> Iterator[str]:
    """The numbers said in English words: "eight hundred", "twenty-eight", "eight and twenty", "third"."""
    for run in _number_runs(text.parts):
        total = group = 0
        for word in run:
            if word in _SCALES:
                group = max(group, 1) * _SCALES[word]
                if group >= 1000:
                    total, group = total + group, 0
            else:
                group += _VALUES[word]
        yield str(total + group)


def _number_runs(parts: Iterable[str]) -> Iterator[list[str]]:
    run: list[str] = []
    for part in parts:
        if part in _VALUES or part in _SCALES:
            run.append(part)
        elif run and part != "and":
            yield run
            run = []
    if run:
        yield run
