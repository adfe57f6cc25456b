"""What the terminal says about money: before anything is spent, while it is spent, and at the cap."""

from __future__ import annotations

from collections.abc import Iterator

from inkprint.asking.money import Budget, Estimate
from inkprint.asking.prices import PRICES
from inkprint.asking.writer import Writer
from inkprint.errors import UserError


def estimate_lines(found: Estimate, writer: Writer, budget: Budget) -> Iterator[str]:
    """Requests, tokens and dollars of each task, of all, and the cap."""
    yield f"   {'task':<20}{'requests':>9}{'answered':>10}{'tokens in':>12}{'tokens out':>12}  figures from"
    for task in sorted(found.requests | found.answered):
        measured = found.measured.get(task, 0)
        source = (
            f"{measured:,} replies"
            if measured
            else "a guess; --sample 20 measures" * bool(found.requests[task])
        )
        yield (
            f"   {task:<20}{found.requests[task]:>9,}{found.answered[task]:>10,}"
            f"{found.input_tokens[task]:>12,}{found.output_tokens[task]:>12,}  {source}"
        )
    if not writer.priced:
        yield f"   {writer.name}: runs here and costs no money"
        return
    now, batch = (found.dollars(writer.price, batch=way) for way in (False, True))
    yield (
        f"   {writer.name}: ${now:,.2f} with anthropic, ${batch:,.2f} with anthropic_batch; chosen:"
        f" {writer.settings.name} (prices of {writer.priced}, {PRICES})"
    )
    yield f"   spent by this run so far ${budget.spent:,.2f} of max_dollars ${budget.max_dollars:,.2f}"


def check_cap(found: Estimate, writer: Writer, budget: Budget) -> None:
    """Raise UserError where the estimate passes what is left of the cap."""
    dollars = found.dollars(writer.price, writer.batch)
    if budget.spent + dollars > budget.max_dollars:
        raise UserError(
            f"max_dollars: this would cost about ${dollars:,.2f}, ${budget.spent:,.2f} are spent, and the cap"
            f" is ${budget.max_dollars:,.2f}; nothing was sent; raise it, or ask for less (share, questions)"
        )


def at_the_cap(budget: Budget, answered: int, total: int) -> UserError:
    """What is said where the next request could pass the cap."""
    return UserError(
        f"max_dollars: stopped at ${budget.spent:,.4f} of ${budget.max_dollars:,.2f}, where the next reply"
        f" could pass it; {answered:,} of {total:,} requests are answered and kept; raise it, and the same"
        " command goes on"
    )
