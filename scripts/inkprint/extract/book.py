"""A book from its raw pages: what is the author's, in paragraphs, and what was taken out and why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from inkprint.extract.chapters import CHAPTER, OutlineEntry
from inkprint.extract.displays import find_displays
from inkprint.extract.footnotes import (
    cut_glued_marks,
    footnote_lines,
    marks_after_words,
    names_with_figures,
    open_note_size,
    with_figures,
)
from inkprint.extract.furniture import find_furniture
from inkprint.extract.headings import Heading, Type, body_type, find_headings
from inkprint.extract.judging import Sheet, judge
from inkprint.extract.letters import WORD, Joiner, as_written, broken_words, capital_words, count_words
from inkprint.extract.lines import Line, RawPage
from inkprint.extract.overrides import Overrides
from inkprint.extract.paragraphs import ends_sentence, make_paragraphs
from inkprint.extract.sections import find_starts


def read_book(
    raw: Sequence[RawPage],
    outline: Sequence[OutlineEntry],
    printed: bool,
    overrides: Overrides,
    drop: Sequence[str],
    matter_stays: bool,
) -> list[Sheet]:
    """Judge every page of a document.

    printed: it has pages of its own, with heads and feet. drop: kinds of displays that are no text here.
    matter_stays: front and back matter is text, too.
    """
    sheets = _without_furniture(raw, printed)
    _cut_marks(sheets)
    pages = [sheet.lines for sheet in sheets]
    type_ = body_type(pages, printed)
    for sheet in sheets:
        sheet.displays |= find_displays(sheet.lines, type_, sheet.raw.columns)
    headings = [
        find_headings(index, sheet.lines, type_, sheet.displays) for index, sheet in enumerate(sheets)
    ]
    starts = find_starts(pages, headings, outline, type_)
    judge(sheets, headings, starts, type_, overrides, matter_stays)
    texts = [
        line.text
        for sheet in sheets
        for line, kind in zip(sheet.lines, sheet.kinds, strict=True)
        if kind == CHAPTER
    ]
    joiner = Joiner(count_words(texts), broken_words(texts))
    open_size = 0.0
    for sheet, found in zip(sheets, headings, strict=True):
        open_size = _set_text(sheet, found, type_, joiner, open_size, drop)
    _lower_openings(sheets)
    if printed:
        dropped = {sheet.raw.number for sheet in sheets if sheet.page_class == "override"}
        _tie_pages([sheet for sheet in sheets if sheet.kept and sheet.paragraphs], joiner, dropped)
    return sheets


def _without_furniture(raw: Sequence[RawPage], printed: bool) -> list[Sheet]:
    found, labels = find_furniture(raw, edges=printed)
    sheets = []
    for page, out, label in zip(raw, found, labels, strict=True):
        removed = [(page.lines[at].text, out[at]) for at in sorted(out)]
        removed += [(text, "sideways line") for text in page.sideways]
        removed += page.aside
        lines: list[Line] = []
        breaks: set[int] = set()
        displays: dict[int, str] = {}
        said = dict(page.displays)
        for at, line in enumerate(page.lines):
            if out.get(at) == "ornament" or at in page.breaks:
                breaks.add(len(lines))
            if at not in out:
                displays |= {len(lines): said[at]} if at in said else {}
                lines.append(line)
        sheets.append(Sheet(page, lines, label or page.label, removed, breaks, displays=displays))
    return sheets


def _cut_marks(sheets: Sequence[Sheet]) -> None:
    """Take note marks out of the lines: raised ones are out already, glued ones go now."""
    texts = [line.text for sheet in sheets for line in sheet.lines]
    figured = with_figures(texts)
    after_words, names = marks_after_words(texts, figured), names_with_figures(figured)
    cut = {text: cut_glued_marks(text, after_words, names) for text in figured}
    for sheet in sheets:
        for at, line in enumerate(sheet.lines):
            text, glued = cut.get(line.text, (line.text, ()))
            if glued:
                sheet.lines[at] = replace(line, text=text)
            if glued or line.marks:
                sheet.removed += [(mark, "note mark") for mark in (*line.marks, *glued)]


def _set_text(
    sheet: Sheet,
    found: Sequence[Heading],
    type_: Type,
    joiner: Joiner,
    open_size: float,
    drop: Sequence[str],
) -> float:
    """Make the page's paragraphs. Returns the type size of a footnote that goes on overleaf, or 0."""
    positions = list(range(len(sheet.lines)))
    notes: set[int] = set()
    stays: dict[int, str] = {}
    breaks = set(sheet.breaks) | {at for heading in found for at in (heading.first, heading.last + 1)}
    if sheet.kept:
        positions = [at for at in positions if sheet.kinds[at] == CHAPTER]
        for at, kind in enumerate(sheet.kinds):
            if kind != CHAPTER:
                sheet.removed.append((sheet.lines[at].text, kind))
        own = [sheet.lines[at] for at in positions]
        if not sheet.whole:
            notes = {positions[at] for at in footnote_lines(own, type_.size, open_size)}
        sheet.removed += [
            (f"{sheet.lines[at].mark} {sheet.lines[at].text}".strip(), "footnote") for at in sorted(notes)
        ]
        for first, (after, _) in sheet.headings.items():
            breaks |= {first, after}
            for at in range(first, after):
                sheet.removed.append((sheet.lines[at].text, "chapter heading"))
            positions = [at for at in positions if not first <= at < after]
        positions = [at for at in positions if at not in notes]
        positions = _without_displays(sheet, positions, drop)
        stays = {at: kind for at, kind in sheet.displays.items() if kind != "formula"}  # part of its sentence
    sheet.paragraphs = make_paragraphs(sheet.lines, positions, breaks, stays, type_, joiner)
    return open_note_size(sheet.lines, notes)


def _lower_openings(sheets: Sequence[Sheet]) -> None:
    """Words that the printer set in capitals where a chapter or section begins, as the author wrote them."""
    openings = [
        (sheet, at)
        for sheet in sheets
        if sheet.kept
        for at, paragraph in enumerate(sheet.paragraphs)
        if sheet.opens(paragraph) and capital_words(paragraph.text)
    ]
    if not openings:
        return
    forms = Counter(WORD.findall("\n".join([sheet.text for sheet in sheets if sheet.kept])))
    for sheet, at in openings:
        paragraph = sheet.paragraphs[at]
        sheet.paragraphs[at] = replace(paragraph, text=as_written(paragraph.text, forms))


def _without_displays(sheet: Sheet, positions: Sequence[int], drop: Sequence[str]) -> list[int]:
    """The positions that stay; what goes is in `removed`, what stays and is no running text in `marked`."""
    stay: list[int] = []
    for at in positions:
        kind = sheet.displays.get(at, "")
        if kind in drop:
            sheet.removed.append((sheet.lines[at].text, kind))
            continue
        stay.append(at)
        if kind:
            sheet.marked.append((sheet.lines[at].text, kind))
    return stay


def _tie_pages(kept: Sequence[Sheet], joiner: Joiner, dropped: set[int]) -> None:
    """Say where a paragraph goes on over a page's edge, and give a broken word whole to the first page.

    dropped: numbers of pages that a person took out of the text; nothing goes on over those.
    """
    paragraphs = [paragraph for sheet in kept for paragraph in sheet.paragraphs]
    set_in = sum(paragraph.indented for paragraph in paragraphs) * 4 > len(paragraphs)
    before = None
    for sheet in kept:
        if before and dropped.isdisjoint(range(before.raw.number, sheet.raw.number)):
            _tie(before, sheet, set_in, joiner)
        # A page with the end of a broken word and no more has given it away: the next follows `before`.
        before = sheet if sheet.paragraphs else before


def _tie(before: Sheet, sheet: Sheet, set_in: bool, joiner: Joiner) -> None:
    """One page's last paragraph and the next one's first. set_in: paragraphs are indented."""
    first, last = sheet.paragraphs[0], before.paragraphs[-1]
    if any(at <= first.first for at in sheet.headings) or any(at > last.first for at in before.headings):
        return
    new = ends_sentence(last.text) and (first.indented if set_in else not last.full)
    sheet.continues = first.text[:1].islower() or not new
    if sheet.continues and re.search(r"[^\W\d_]-$|\u00ad$", last.text):
        word, _, rest = first.text.partition(" ")
        before.paragraphs[-1] = replace(last, text=joiner.join(last.text, word))
        sheet.paragraphs[0] = replace(first, text=rest)
        if not rest:
            sheet.paragraphs.pop(0)
            sheet.continues = False


def has_text(sheets: Sequence[Sheet]) -> bool:
    return any(sheet.kept and sheet.text for sheet in sheets)
