"""Lines into paragraphs, by indentation, space and type."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from inkprint.extract.headings import Type
from inkprint.extract.letters import Joiner
from inkprint.extract.lines import Line
from inkprint.extract.verse import stanzas

INDENT = 0.7  # of the type's size: less is a crooked margin
AS_ROWS = ("table", "code")  # kept line by line
_ITEM = re.compile(r"([•‣▪◦●]|\(?(\d{1,2}|[a-z]|[ivx]{1,4})[.)]) ")  # an entry of a list


@dataclass(frozen=True)
class Paragraph:
    """One paragraph, the position of its first line on the page, and whether that line is set in.

    full: its last line reaches the right edge, so that it may go on overleaf even where a sentence ends.
    """

    text: str
    first: int
    indented: bool
    full: bool


def ends_sentence(text: str) -> bool:
    return text.rstrip("”’\"')]").endswith((".", "!", "?", "…", ":"))


def make_paragraphs(
    lines: Sequence[Line],
    keep: Sequence[int],
    breaks: set[int],
    displays: Mapping[int, str],
    type_: Type,
    joiner: Joiner,
) -> list[Paragraph]:
    """Join the lines at the positions `keep`; before a position in `breaks` a new paragraph begins.

    displays: kinds of lines that are no running text; those of one kind stay together, line by line, and
    so does a stanza.
    """
    groups: list[list[int]] = []
    indents: list[bool] = []
    columns = _margins(lines, keep)
    verse = stanzas(lines, keep, breaks, displays, type_, columns)
    for order, at in enumerate(keep):
        left = columns[at][0]
        before = keep[order - 1] if order else None
        indented = lines[at].x0 > left + INDENT * type_.size
        broken = before is not None and not breaks.isdisjoint(range(before + 1, at + 1))
        kind = displays.get(at)
        if before is not None and (kind or displays.get(before)):
            parted = kind != displays.get(before)
        elif before is not None and (at in verse or before in verse):
            parted = verse.get(at) != verse.get(before)
        else:
            first = groups[-1][0] if groups else at
            parted = before is None or broken or _parted(lines, before, at, columns, indented, first, type_)
        if parted:
            groups.append([at])
            indents.append(indented)
        else:
            groups[-1].append(at)
    found: list[Paragraph] = []
    for group, indented in zip(groups, indents, strict=True):
        if displays.get(group[0]) in AS_ROWS or group[0] in verse:
            found.append(Paragraph("\n".join(lines[at].text for at in group), group[0], indented, False))
            continue
        text = ""
        for at in group:
            text = joiner.join(text, lines[at].text)
        left, right = columns[group[-1]]
        full = lines[group[-1]].x1 > right - 0.05 * (right - left)
        # A formula or a line set apart in the middle of a sentence does not end the paragraph.
        if found and group[0] not in breaks and text[:1].islower() and not ends_sentence(found[-1].text):
            found[-1] = replace(found[-1], text=joiner.join(found[-1].text, text), full=full)
        else:
            found.append(Paragraph(text, group[0], indented, full))
    return found


def _parted(
    lines: Sequence[Line],
    before: int,
    at: int,
    columns: dict[int, tuple[float, float]],
    indented: bool,
    first: int,
    type_: Type,
) -> bool:
    """Whether a paragraph ends between two lines. first: the position of its first line."""
    above, line = lines[before], lines[at]
    if above.top < line.top < above.capital - line.size / 2:  # set in beside a drop capital
        return False
    step = line.top - above.top
    if step < -type_.leading:  # the next column
        return indented
    size = max(above.size, line.size)
    gap = line.top - above.bottom
    usual = max(0.0, type_.leading - type_.size)
    if gap > usual + 0.2 * type_.leading and step > 1.25 * type_.leading:
        return True
    # A power or a root makes a line taller at one end: space parts paragraphs only if both ends move.
    alike = abs(above.size - line.size) < 0.05 * size
    if alike and min(step, line.bottom - above.bottom) > 1.25 * type_.leading:
        return True
    if abs(above.size - line.size) > 0.15 * size and min(len(above.text), len(line.text)) > 3:
        return True
    if above.text.endswith((".", ";", ":", ",")) and _ITEM.match(line.text):
        return True
    item = _ITEM.match(lines[first].text) is not None
    left, right = columns[at]
    was_indented = above.x0 > columns[before][0] + INDENT * type_.size
    ended = ends_sentence(above.text) or (item and above.text.endswith(";"))
    # Set in a little further than the entry, and less than its label is wide: the text goes on.
    if item and ended and 2 < line.x0 - lines[first].x0 < INDENT * type_.size:
        return True
    if indented and (not was_indented or abs(above.x0 - line.x0) > INDENT * type_.size):
        return True
    if not ended:
        return False
    if indented and was_indented:  # set-in lines one after the other: short speeches, or a quotation
        return above.x1 < right - 2.5 * type_.size
    if not type_.printed:  # there blank lines part paragraphs, and a short line says nothing
        return False
    # A line that ends early although the next word would have fitted ends its paragraph.
    word = line.text.split()[0]
    needed = (len(word) + 1) * (line.x1 - line.x0) / max(1, len(line.text)) + 2 * type_.size
    return above.x1 + needed < right and above.x1 < right - 0.2 * (right - left)


def _margins(lines: Sequence[Line], keep: Sequence[int]) -> dict[int, tuple[float, float]]:
    """The left and right edge of every line's column: where most of the column's lines begin and end."""
    columns: list[list[int]] = []
    for at in keep:
        if columns and lines[at].top >= lines[columns[-1][-1]].top - 2 * lines[at].size:
            columns[-1].append(at)
        else:
            columns.append([at])
    edges: dict[int, tuple[float, float]] = {}
    for column in columns:
        right = max(lines[at].x1 for at in column)
        full = [at for at in column if lines[at].x1 > right - 0.1 * (right - lines[at].x0)] or column
        starts = Counter(round(lines[at].x0) for at in full)
        usual = [x for x, count in starts.items() if count >= 0.25 * max(starts.values())]
        edges |= dict.fromkeys(column, (min(usual), right))
    return edges
