"""What every page of a book is, by its sections, a person's word and its own look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from inkprint.extract.chapters import CHAPTER, FRONT, Start
from inkprint.extract.classes import REASONS, front_class, is_prose, looks_like
from inkprint.extract.headings import Heading, Type
from inkprint.extract.lines import Line, RawPage
from inkprint.extract.overrides import Overrides
from inkprint.extract.paragraphs import Paragraph
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
    whole: bool = False  # a page that the rules drop and somebody wants: nothing on it is a footnote

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


def judge(
    sheets: Sequence[Sheet],
    headings: Sequence[Sequence[Heading]],
    starts: list[Start],
    type_: Type,
    overrides: Overrides,
    matter_stays: bool,
) -> None:
    """Give every line its section and every page its class, with the evidence.

    matter_stays: the recipe wants front and back matter, too.
    """
    pages = [sheet.lines for sheet in sheets]
    _assign(sheets, _with_unnamed_back(starts, pages, type_), type_)
    _drop_bare_titles(sheets, headings)
    if matter_stays:
        _keep_matter(sheets)
    _override(sheets, overrides)


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
        name, why = front_class(lines, type_.size)
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


def _drop_bare_titles(sheets: Sequence[Sheet], headings: Sequence[Sequence[Heading]]) -> None:
    """A half title, or the title page of a part: a few words in display type. What has that title begins
    on the next page."""
    beheaded = ""
    for sheet, found in zip(sheets, headings, strict=True):
        standing_out = sum(heading.last + 1 - heading.first for heading in found)
        bare = sheet.kept and sheet.lines and standing_out == len(sheet.lines)
        words = sum(len(line.text.split()) for line in sheet.lines) if bare else 0
        if bare and words <= 20:
            sheet.page_class, sheet.evidence = "title", f"{words} words in display type, and nothing else"
            if sheet.headings:
                beheaded = sheet.headings[max(sheet.headings)][1]
        elif beheaded and sheet.kept and sheet.lines:
            sheet.headings.setdefault(0, (0, beheaded))
            beheaded = ""


def _keep_matter(sheets: Sequence[Sheet]) -> None:
    """Every page with text, whatever it is, and every line of it."""
    for sheet in sheets:
        if sheet.lines:
            sheet.whole = not sheet.kept
            evidence = (
                sheet.evidence
                if sheet.kept
                else f"the recipe keeps it; was {sheet.page_class}: {sheet.evidence}"
            )
            sheet.page_class, sheet.evidence = BODY, evidence
            sheet.kinds = [CHAPTER] * len(sheet.lines)


def _override(sheets: Sequence[Sheet], overrides: Overrides) -> None:
    """A person's word over every rule. A chapter whose first page is dropped begins on its next one."""
    beheaded = ""
    for sheet in sheets:
        number, was = sheet.raw.number, f"was {sheet.page_class}: {sheet.evidence}"
        if number in overrides.keep:
            if not sheet.kept:
                sheet.whole = True
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
