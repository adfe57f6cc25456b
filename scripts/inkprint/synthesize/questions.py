"""Questions that ask what an earlier one asked: near-duplicates, found one by one as they come.

Two questions are alike by the Jaccard similarity of their word stems. That every pair is found that reaches
the threshold, without comparing all, is prefix filtering: Chaudhuri, Ganti and Kaushik (2006), "A primitive
operator for similarity joins in data cleaning"; Bayardo, Ma and Srikant (2007), "Scaling up all pairs
similarity search". Exact, and no chance is in it.
"""

from __future__ import annotations

from inkprint.synthesize.phrases import FUNCTION_WORDS
from inkprint.synthesize.wording import Text

# Stems in common among those of either, in %: of eight stems each all must agree, of ten stems each nine.
LIKENESS = 80
# Of all function words these make another question: why he went, when he went.
ASKING = frozenset("who whom whose what which how why when where".split())
NOT_ASKED = FUNCTION_WORDS - ASKING
SHORTEST = 3  # letters: "cat", "sea"; function words of other languages come along and do little
STEM = 6  # letters that are kept: "question", "questions" and "questioned" are one
FIRST_ORDER = 64  # questions before stems are ordered by rarity for the first time; then at each doubling


class Asked:
    """The questions so far, each found again by its rarest stems.

    Two sets can only be as alike as LIKENESS if they share one of the first few stems, in any order that is
    the same for both. The rarest come first, so that few questions share them. Which are rare changes as
    questions come; at each doubling of their number the order is made anew.
    """

    def __init__(self) -> None:
        self._questions: list[str] = []
        self._stems: list[tuple[int, ...]] = []  # of each question, by number
        self._numbers: dict[str, int] = {}
        self._seen: list[int] = []  # questions that have the stem
        self._rank: list[int] = []  # the stem's place in the order; rare ones first
        self._found_by: dict[int, list[int]] = {}
        self._ordered_at = FIRST_ORDER

    def repeats(self, question: str) -> str | None:
        """The earlier question that this one is most like (of equals the first), if alike enough.

        None for a new question, which is remembered; one that repeats another is not.
        """
        stems = self._numbered(stems_of(question))
        earlier = self._most_like(stems)
        if earlier is not None:
            return self._questions[earlier]
        self._remember(question, stems)
        return None

    def _most_like(self, stems: tuple[int, ...]) -> int | None:
        own, best, best_share = set(stems), None, 0.0
        candidates = {number for stem in self._rarest(stems) for number in self._found_by.get(stem, ())}
        for number in sorted(candidates):
            theirs = self._stems[number]
            if 100 * min(len(own), len(theirs)) < LIKENESS * max(len(own), len(theirs)):
                continue
            common = len(own.intersection(theirs))
            union = len(own) + len(theirs) - common
            if 100 * common >= LIKENESS * union and common / union > best_share:
                best, best_share = number, common / union
        return best

    def _remember(self, question: str, stems: tuple[int, ...]) -> None:
        number = len(self._questions)
        self._questions.append(question)
        self._stems.append(stems)
        for stem in stems:
            self._seen[stem] += 1
        if len(self._questions) < self._ordered_at:
            self._index(number)
            return
        self._ordered_at *= 2
        by_rarity = sorted(range(len(self._seen)), key=lambda stem: (self._seen[stem], stem))
        for rank, stem in enumerate(by_rarity):
            self._rank[stem] = rank
        self._found_by.clear()
        for every in range(len(self._questions)):
            self._index(every)

    def _index(self, number: int) -> None:
        for stem in self._rarest(self._stems[number]):
            self._found_by.setdefault(stem, []).append(number)

    def _rarest(self, stems: tuple[int, ...]) -> list[int]:
        """The first stems in the order, of which a set that is alike has one at least.

        It has LIKENESS % of all of them, so that it can lack only the rest: the first few are one more.
        """
        count = (100 - LIKENESS) * len(stems) // 100 + 1
        return sorted(stems, key=self._rank.__getitem__)[:count]

    def _numbered(self, stems: set[str]) -> tuple[int, ...]:
        """The stems by their numbers. One never seen is rarer than any: it gets a rank before all others."""
        for stem in sorted(stem for stem in stems if stem not in self._numbers):
            self._numbers[stem] = len(self._seen)
            self._rank.append(-len(self._seen))
            self._seen.append(0)
        return tuple(sorted(self._numbers[stem] for stem in stems))


def stems_of(question: str) -> set[str]:
    """What a question asks: the beginnings of its content words, and by which word it asks.

    Without content words it is nothing but itself: "And what of him?".
    """
    text = Text(question)
    kept = {
        part for part in text.parts if part not in NOT_ASKED and (len(part) >= SHORTEST or part.isdigit())
    }
    if kept <= ASKING:
        return {text.in_a_row}
    return {part if part[0].isdigit() else part.removesuffix("s")[:STEM] for part in kept}
