"""What the terminal says about money: before anything is spent, while it is spent, and at the cap."""

from __future__ import annotations

from collections.abc import Iterator

from inkprint.asking.money import Budget, Estimate
from inkprint.asking.prices import PRICES
from inkprint.asking.writer import Writer
from inkprint.errors import UserError

COLUMNS = ("task", "requests", "answered", "tokens in", "tokens out", "figures from")


def estimate_lines(found: Estimate, writer: Writer, budget: Budget) -> Iterator[str]:
    """Requests, tokens and dollars of each task, of all, and the cap."""
    yield "   {:<20}{:>9}{:>10}{:>12}{:>12}  {}".format(*COLUMNS)
    for row in estimate_rows(found):
        yield "   {:<20}{:>9,}{:>10,}{:>12,}{:>12,}  {}".format(*row).rstrip()
    for sentence in estimate_dollars(found, writer, budget):
        yield f"   {sentence}"


def estimate_rows(found: Estimate) -> Iterator[tuple[str, int, int, int, int, str]]:
    """COLUMNS of each task."""
    for task in sorted(found.requests | found.answered):
        measured = found.measured.get(task, 0)
        source = (
            f"{measured:,} replies"
            if measured
            else "a guess, from nothing measured" * bool(found.requests[task])
        )
        tokens = found.input_tokens[task], found.output_tokens[task]
        yield task, found.requests[task], found.answered[task], *tokens, source


def estimate_dollars(found: Estimate, writer: Writer, budget: Budget) -> Iterator[str]:
    """What the rest will cost, and the cap, in sentences."""
    if not writer.priced:
        yield f"{writer.name}: runs here and costs no money"
        return
    now, batch = (found.dollars(writer.price, batch=way) for way in (False, True))
    yield (
        f"{writer.name}: ${now:,.2f} with anthropic, ${batch:,.2f} with anthropic_batch; chosen:"
        f" {writer.settings.name} (prices of {writer.priced}, {PRICES})"
    )
    yield f"spent by this run so far ${budget.spent:,.2f} of max_dollars ${budget.max_dollars:,.2f}"


def check_cap(found: Estimate, writer: Writer, budget: Budget) -> None:
    """Raise UserError where the estimate passes what is left of the cap."""
    dollars = found.dollars(writer.price, writer.batch)
    if budget.spent + dollars > budget.max_dollars:
        raise UserError(
            f"max_dollars: this would cost about ${dollars:,.2f}, ${budget.spent:,.2f} are spent, and the cap"
            f" is ${budget.max_dollars:,.2f}; nothing was sent; raise it, or ask for less (share, questions;"
            " evaluate.judge.prompts)"
        )


def at_the_cap(budget: Budget, answered: int, total: int) -> UserError:
    """What is said where the next request could pass the cap."""
    return UserError(
        f"max_dollars: stopped at ${budget.spent:,.4f} of ${budget.max_dollars:,.2f}, where the next reply"
        f" could pass it; {answered:,} of {total:,} requests are answered and kept; raise it, and the same"
        " command goes on"
    )
