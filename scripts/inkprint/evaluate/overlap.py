"""How much of a reference's wording an answer has: chrF by runs of characters, ROUGE-L by words in order.

Where many answers are right, as where a book's passage is completed, both say little.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

ORDERS = range(1, 7)  # runs of one to six characters
BETA = 2  # recall counts twice as much as precision: what the reference says and the answer lacks weighs more

Runs = list[Counter[str]]  # of each order


def character_runs(text: str) -> Runs:
    """How often each run of one to six characters comes in a text, white space taken out and case kept."""
    bare = "".join(text.split())
    return [Counter(bare[at : at + n] for at in range(len(bare) - n + 1)) for n in ORDERS]


def chrf(answer: Runs, reference: Runs) -> float:
    """chrF2 of an answer in 0 to 100: 100 where both have the same characters in order.

    Popović (2015), with six orders, beta 2 and no words, as sacrebleu's sentence score without smoothing has
    it: precision and recall are averaged over the orders that both texts are long enough for.
    """
    precisions, recalls = [], []
    for said, wanted in zip(answer, reference, strict=True):
        both = (said & wanted).total()
        if said and wanted:
            precisions.append(both / said.total())
            recalls.append(both / wanted.total())
    if not precisions:
        return 0.0
    precision, recall = sum(precisions) / len(precisions), sum(recalls) / len(recalls)
    if precision + recall == 0:
        return 0.0
    return 100 * (1 + BETA**2) * precision * recall / (BETA**2 * precision + recall)


def rouge_l(answer: Sequence[str], reference: Sequence[str]) -> float:
    """ROUGE-L's F-measure of an answer's words in 0 to 100, over the whole text as one sequence.

    Lin (2004), with precision and recall weighing the same; words as they are, not stemmed.
    """
    if not answer or not reference:
        return 0.0
    return 200 * common_words_in_order(answer, reference) / (len(answer) + len(reference))


def common_words_in_order(one: Sequence[str], other: Sequence[str]) -> int:
    """The length of the longest common subsequence.

    Bit by bit (Hyyrö 2004): a row of the usual table is one whole number, in which a zero marks a step up, so
    that texts of hundreds of words take some hundred operations and no loop over pairs.
    """
    places: dict[str, int] = {}
    for number, word in enumerate(one):
        places[word] = places.get(word, 0) | 1 << number
    full = (1 << len(one)) - 1
    row = full
    for word in other:
        matches = row & places.get(word, 0)
        row = (row + matches | row - matches) & full
    return len(one) - row.bit_count()
