"""Stanzas of texts that were typed and not printed: their lines end where the poet ended them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from inkprint.extract.headings import Type
from inkprint.extract.lines import Line

LEAST_LINES = 2
MORE_FOR_TWO = 8  # letters of room beyond the next word: two lines of prose may begin with capitals by chance
CAPITALS_SHARE = 0.9  # of the lines begin with one; of wrapped prose a tenth, in German a third
ROOM_SHARE = 0.7  # of the lines' ends have room for the next word, which prose would have put there
STOPS_SHARE = 0.7  # of the lines end a sentence: more are speeches, or a list of sentences
LONGEST_LINE = 75  # letters: what is longer is a sentence on a line of its own


def stanzas(
    lines: Sequence[Line],
    keep: Sequence[int],
    breaks: set[int],
    displays: Mapping[int, str],
    type_: Type,
    edges: Mapping[int, tuple[float, float]],
) -> dict[int, int]:
    """The lines of verse among `keep`, each with its stanza's first. Empty for a printed page, whose lines
    are justified or not and tell little.

    edges: of each line's column, left and right.
    """
    if type_.printed:
        return {}
    likely: list[list[int]] = []
    run: list[int] = []
    for at in [*keep, None]:
        if run and (at is None or _parted(lines, run[-1], at, breaks, displays, type_)):
            if _may_be_one([lines[one] for one in run]):
                likely.append(run)
            run = []
        if at is not None and at not in displays:
            run.append(at)
    sure = [run for run in likely if _has_room([lines[one] for one in run], edges[run[-1]][1])]
    # On a page of poems a stanza of the longest lines is one, too.
    poems = sum(map(len, sure)) * 2 > len(keep)
    return {at: run[0] for run in (likely if poems else sure) for at in run}


def _parted(
    lines: Sequence[Line], before: int, at: int, breaks: set[int], displays: Mapping[int, str], type_: Type
) -> bool:
    space = lines[at].top - lines[before].top > 1.25 * type_.leading
    return space or at in displays or not breaks.isdisjoint(range(before + 1, at + 1))


def _may_be_one(lines: Sequence[Line]) -> bool:
    if len(lines) < LEAST_LINES or max(len(line.text) for line in lines) > LONGEST_LINE:
        return False
    begins = [next((character for character in line.text if character.isalnum()), "") for line in lines]
    capitals = sum(character.isupper() for character in begins)
    stops = sum(line.text.rstrip("”’\"')")[-1:] in ".!?:" for line in lines)
    return capitals >= CAPITALS_SHARE * len(lines) and stops < STOPS_SHARE * len(lines)


def _has_room(lines: Sequence[Line], right: float) -> bool:
    more = MORE_FOR_TWO if len(lines) == LEAST_LINES else 1
    room = sum(
        above.x1 + (len(below.text.split()[0]) + more) * (above.x1 - above.x0) / max(1, len(above.text))
        <= right
        for above, below in pairwise(lines)
    )
    return room >= ROOM_SHARE * (len(lines) - 1)
