"""The bench's tables of what came out of the books with a known truth."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from measures import Rates, Score, class_rates
from setting.books import Truth

PARTS = ("pages", "lines", "words", "chapters", "paragraphs")


def print_scores(truths: Sequence[Truth], scores: Sequence[Score], show: int) -> dict[str, Any]:
    """A line for each layout and one for all; classes and kinds of lines; the first faults of each book."""
    by_layout: dict[str, list[Score]] = defaultdict(list)
    for truth, score in zip(truths, scores, strict=True):
        by_layout[truth.layout].append(score)
    count = sum(len(truth.classes) for truth in truths)
    print(f"\nGround truth: {len(truths)} books, {count} pages. Precision and recall of\n")
    heads = [f"{name} kept" if name in PARTS[:3] else name for name in PARTS]
    print(f"{'':16}{''.join(f'{head:>16}' for head in heads)}   order    case")
    figures = {name: _row(name, own) for name, own in [*by_layout.items(), ("all", scores)]}
    _print_classes(scores)
    _print_kinds(scores)
    for truth, score in zip(truths, scores, strict=True) if show else ():
        print(f"\n{truth.name}: {len(score.faults)} faults")
        for fault in score.faults[:show]:
            print(f"  p. {fault.page:>3} {fault.what:20} expected {fault.expected!r}, got {fault.got!r}")
    return figures


def _row(name: str, scores: Sequence[Score]) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    text = f"{name:16}"
    for part in PARTS:
        rates = sum((getattr(score, part) for score in scores), Rates())
        figures[part] = {"precision": round(rates.precision, 5), "recall": round(rates.recall, 5)}
        text += f"  {rates.precision:.4f} {rates.recall:.4f}"[:16].rjust(16)
    order = sum(score.order * score.words.wanted for score in scores)
    figures["order"] = round(order / sum(score.words.wanted for score in scores), 5)
    figures["own_case"] = round(sum((score.own_case for score in scores), Rates()).recall, 5)
    figures["faults"] = sum(len(score.faults) for score in scores)
    print(f"{text}  {figures['order']:.4f}  {figures['own_case']:.4f}")
    return figures


def _print_classes(scores: Iterable[Score]) -> None:
    classes: Counter[tuple[str, str]] = sum((score.page_classes for score in scores), Counter())
    print("\nPage classes: precision, recall, pages, and what they were taken for")
    for name, rates in class_rates(classes).items():
        wrong = {found: count for (true, found), count in classes.items() if true == name != found}
        said = ", ".join(f"{count} {found}" for found, count in sorted(wrong.items()))
        print(f"  {name:16} {rates.precision:.4f} {rates.recall:.4f} {rates.wanted:5}  {said}")


def _print_kinds(scores: Iterable[Score]) -> None:
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for score in scores:
        for kind, fates in score.line_kinds.items():
            kinds[kind] += fates
    print("\nLines: kept, or the reason for which they were removed")
    for kind, fates in sorted(kinds.items()):
        said = ", ".join(f"{count} {fate}" for fate, count in fates.most_common(6))
        print(f"  {kind:16} {sum(fates.values()):6}: {said}")
