"""What requests will cost, and the cap that no run passes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from inkprint.asking.prices import Price
from inkprint.asking.replies import Measured, Replies
from inkprint.asking.requests import Request, distinct, read

# Before anything is measured; English prose, as most tokenizers cut it. --sample puts the real figures here.
TOKENS_A_CHARACTER = 1 / 3.6
TOKENS_A_WORD = 1.6  # with quotation marks, braces and names of fields
# No tokenizer that we know makes more than a token of two bytes of text; what the provider adds to a request
# (a system prompt that explains the schema) is a few hundred.
MOST_TOKENS_A_BYTE = 0.5
MOST_ADDED_TOKENS = 600


class CapReached(Exception):
    """The next request could pass the cap."""


@dataclass
class Budget:
    """The run's money. What is under way counts as if each reply took all the tokens it may."""

    price: Price
    max_dollars: float
    spent: float  # by this run in all its starts
    max_tokens: int
    reserved: float = 0.0

    def most(self, request: Request, batch: bool) -> float:
        """Dollars that one request can cost at most."""
        read_tokens = MOST_TOKENS_A_BYTE * len(request.prompt.encode("utf-8", "surrogatepass"))
        return self.price.of(read_tokens + MOST_ADDED_TOKENS, self.max_tokens, batch)

    def allows(self, dollars: float) -> bool:
        # A millionth of a cent: sums of floats.
        return self.spent + self.reserved + dollars <= self.max_dollars + 1e-8

    def reserve(self, dollars: float) -> None:
        assert self.allows(dollars), (self, dollars)
        self.reserved += dollars

    def settle(self, reserved: float, paid: float) -> None:
        """What was reserved has come to what was paid."""
        self.reserved -= reserved
        self.spent += paid


@dataclass
class Estimate:
    """What is still to be asked, and what was answered before."""

    requests: Counter[str] = field(default_factory=Counter)  # open ones, by task
    answered: Counter[str] = field(default_factory=Counter)
    input_tokens: Counter[str] = field(default_factory=Counter)
    output_tokens: Counter[str] = field(default_factory=Counter)
    measured: dict[str, int] = field(default_factory=dict)  # by how many replies the figures were corrected

    def dollars(self, price: Price, batch: bool) -> float:
        return price.of(sum(self.input_tokens.values()), sum(self.output_tokens.values()), batch)


def estimate(requests: Iterable[tuple[str, Request]], replies: Replies, model: str) -> Estimate:
    """What the requests, each with its key, will take; by what earlier replies to the same task took."""
    found, known = Estimate(), dict[str, Measured | None]()
    for key, request in distinct(requests):
        if read(request, replies.of(key)).state != "open":
            found.answered[request.task] += 1
            continue
        if request.task not in known:
            known[request.task] = replies.measured(model, request.task)
        measured = known[request.task] or Measured(0, TOKENS_A_CHARACTER, TOKENS_A_WORD)
        found.measured[request.task] = measured.replies
        found.requests[request.task] += 1
        found.input_tokens[request.task] += round(measured.tokens_a_character * request.characters)
        found.output_tokens[request.task] += round(measured.tokens_a_word * request.expected_words)
    return found
