"""A book from its raw pages: what is the author's, in paragraphs, and what was taken out and why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from inkprint.extract.chapters import CHAPTER, FRONT, OutlineEntry, Start
from inkprint.extract.classes import REASONS, front_class, is_prose, looks_like
from inkprint.extract.displays import find_displays
from inkprint.extract.footnotes import (
    cut_glued_marks,
    footnote_lines,
    marks_after_words,
    names_with_figures,
    open_note_size,
)
from inkprint.extract.furniture import find_furniture
from inkprint.extract.headings import Heading, Type, body_type, find_headings
from inkprint.extract.letters import WORD, Joiner, as_written, broken_words, capital_words, count_words
from inkprint.extract.lines import Line, RawPage
from inkprint.extract.overrides import Overrides
from inkprint.extract.paragraphs import Paragraph, ends_sentence, make_paragraphs
from inkprint.extract.sections import find_starts
from inkprint.records import KEPT_BY_HAND

BODY = "body"
FRONT_PAGES = 40  # front matter that nothing names ends here at the latest


@dataclass
class Sheet:
    """One page on its way to a record."""

    raw: RawPage
    lines: list[Line]  # what is left when the printer's lines are out
    label: str
    removed: list[tuple[str, str]]  # text, reason
    breaks: set[int]  # positions before which an ornament stood
    kinds: list[str] = field(default_factory=list)  # CHAPTER or a class, line by line
    headings: dict[int, tuple[int, str]] = field(default_factory=dict)  # first line -> line after, title
    displays: dict[int, str] = field(default_factory=dict)  # captions, tables, formulae, code: line -> kind
    marked: list[tuple[str, str]] = field(default_factory=list)  # those that stay: text, kind
    page_class: str = BODY
    evidence: str = ""
    paragraphs: list[Paragraph] = field(default_factory=list)
    continues: bool = False

    @property
    def kept(self) -> bool:
        return self.page_class == BODY

    @property
    def text(self) -> str:
        return "\n\n".join(paragraph.text for paragraph in self.paragraphs)

    def opens(self, paragraph: Paragraph) -> bool:
        """Whether a chapter or, after an ornament, a section begins with it."""
        heads = {after for after, _ in self.headings.values()} | self.breaks
        before = [other.first for other in self.paragraphs if other.first < paragraph.first]
        return any(paragraph.first >= at and not any(first >= at for first in before) for at in heads)

    def chapter_starts(self) -> list[tuple[str, int]]:
        """Titles of the chapters that begin here, with the offset of their first paragraph in the text."""
        starts = []
        for first, (_, title) in sorted(self.headings.items()):
            offset = 0
            for paragraph in self.paragraphs:
                if paragraph.first >= first:
                    break
                offset += len(paragraph.text) + 2
            starts.append((title, min(offset, len(self.text))))
        return starts


def read_book(
    raw: Sequence[RawPage],
    outline: Sequence[OutlineEntry],
    printed: bool,
    overrides: Overrides,
    drop: Sequence[str],
) -> list[Sheet]:
    """Judge every page of a document.

    printed: it has pages of its own, with heads and feet. drop: kinds of displays that are no text here.
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
    _assign(sheets, _with_unnamed_back(starts, pages, type_), type_)
    _drop_bare_titles(sheets, headings)
    _override(sheets, overrides)
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
    after_words, names = marks_after_words(texts, count_words(texts)), names_with_figures(texts)
    for sheet in sheets:
        for at, line in enumerate(sheet.lines):
            text, marks = cut_glued_marks(line.text, after_words, names)
            if marks:
                sheet.lines[at] = replace(line, text=text)
            sheet.removed += [(mark, "note mark") for mark in (*line.marks, *marks)]


def _with_unnamed_back(starts: list[Start], pages: Sequence[Sequence[Line]], type_: Type) -> list[Start]:
    """An index or notes at the end that no outline and no heading names, told by its pages' figures."""
    last = starts[-1]
    if last.kind not in (CHAPTER, BODY):
        return starts
    for name in ("index", "bibliography", "notes"):
        first, odd = len(pages), 0
        for index in range(len(pages) - 1, last.page, -1):
            if looks_like(name, pages[index], type_.size):
                first, odd = index, 0
            elif pages[index]:
                odd += 1
                if odd > 1:
                    break
        if len(pages) - first >= 2:
            evidence = f"the last {len(pages) - first} pages look like {REASONS[name]}"
            return [*starts, Start(first, 0, 0, name, "", evidence)]
    return starts


def _assign(sheets: Sequence[Sheet], starts: Sequence[Start], type_: Type) -> None:
    """Give every line its section, and every page its class and the evidence for it."""
    position, at_work = -1, starts[0]
    for index, sheet in enumerate(sheets):
        met: list[Start] = []
        for at in range(max(1, len(sheet.lines))):
            while position + 1 < len(starts) and (starts[position + 1].page, starts[position + 1].line) <= (
                index,
                at,
            ):
                position += 1
                at_work = starts[position]
                if at_work.kind == CHAPTER and sheet.lines:
                    sheet.headings[at_work.line] = (at_work.after, at_work.title)
            if at_work not in met:
                met.append(at_work)
            if sheet.lines:
                sheet.kinds.append(CHAPTER if at_work.kind == BODY else at_work.kind)
        _classify(sheets, index, met, type_)


def _classify(sheets: Sequence[Sheet], index: int, met: Sequence[Start], type_: Type) -> None:
    sheet = sheets[index]
    if sheet.lines and sheet.raw.unreadable:
        sheet.page_class, sheet.evidence = "no_text", sheet.raw.unreadable
        return
    if not sheet.lines:
        _classify_empty(sheets, index)
        return
    if FRONT in sheet.kinds:
        lines = [line for line, kind in zip(sheet.lines, sheet.kinds, strict=True) if kind == FRONT]
        name, why = front_class(lines, index, type_.size)
        earlier = any(other.kept and is_prose(other.lines) for other in sheets[:index])
        if name in ("title", "cover", "contents") and (earlier or index > FRONT_PAGES):
            name, why = BODY, "between pages of text"
        sheet.kinds = [{FRONT: CHAPTER if name == BODY else name}.get(kind, kind) for kind in sheet.kinds]
        met = [replace(start, kind=name, evidence=why) if start.kind == FRONT else start for start in met]
    if CHAPTER in sheet.kinds:
        sheet.evidence = next(s.evidence for s in met if s.kind in (CHAPTER, BODY))
        return
    kinds = [start for start in met if start.kind in sheet.kinds]
    main = max(kinds, key=lambda start: sheet.kinds.count(start.kind))
    sheet.page_class = main.kind
    inherited = (
        (main.page < index) and main.kind not in (FRONT, BODY) and "before the first" not in main.evidence
    )
    sheet.evidence = main.evidence + (f" on page {main.page + 1}, and none since" if inherited else "")


def _drop_bare_titles(sheets: Sequence[Sheet], headings: Sequence[Sequence[Heading]]) -> None:
    """A half title, or the title page of a part: a few words in display type. What has that title begins
    on the next page."""
    beheaded = ""
    for sheet, found in zip(sheets, headings, strict=True):
        standing_out = sum(heading.last + 1 - heading.first for heading in found)
        words = sum(len(line.text.split()) for line in sheet.lines)
        if sheet.kept and sheet.lines and standing_out == len(sheet.lines) and words <= 20:
            sheet.page_class, sheet.evidence = "title", f"{words} words in display type, and nothing else"
            if sheet.headings:
                beheaded = sheet.headings[max(sheet.headings)][1]
        elif beheaded and sheet.kept and sheet.lines:
            sheet.headings.setdefault(0, (0, beheaded))
            beheaded = ""


def _override(sheets: Sequence[Sheet], overrides: Overrides) -> None:
    """A person's word over every rule. A chapter whose first page is dropped begins on its next one."""
    beheaded = ""
    for sheet in sheets:
        number, was = sheet.raw.number, f"was {sheet.page_class}: {sheet.evidence}"
        if number in overrides.keep:
            if not sheet.kept:
                sheet.kinds = [CHAPTER] * len(sheet.lines)
            sheet.page_class, sheet.evidence = BODY, f"{KEPT_BY_HAND}; {was}"
        elif number in overrides.drop and sheet.kept:
            sheet.page_class, sheet.evidence = "override", f"overrides.yaml drops it; {was}"
            if sheet.headings:
                beheaded = sheet.headings[max(sheet.headings)][1]
            continue
        if beheaded and sheet.kept:
            sheet.headings.setdefault(0, (0, beheaded))
            beheaded = ""


def _classify_empty(sheets: Sequence[Sheet], index: int) -> None:
    sheet = sheets[index]
    edge = index == 0 or index == len(sheets) - 1
    if not sheet.raw.pictures:
        sheet.page_class, sheet.evidence = "blank", "no text and no picture"
        if sheet.removed:
            sheet.evidence = "nothing but running heads, page number or ornament"
    elif edge and any(other.lines for other in sheets):
        sheet.page_class, sheet.evidence = "cover", "the first or last page, a picture without text"
    else:
        sheet.page_class = "no_text"
        sheet.evidence = sheet.raw.unreadable or "pictures or drawings, and no text under them"


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
    texts = (paragraph.text for sheet in sheets if sheet.kept for paragraph in sheet.paragraphs)
    forms = Counter(word for text in texts for word in WORD.findall(text))
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
    for before, sheet in pairwise(kept):
        first, last = sheet.paragraphs[0], before.paragraphs[-1]
        heading = any(at <= first.first for at in sheet.headings) or any(
            at > last.first for at in before.headings
        )
        if heading or not dropped.isdisjoint(range(before.raw.number, sheet.raw.number)):
            continue
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
