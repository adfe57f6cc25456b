"""DOCX as paragraphs: headings by their styles, insertions accepted, deletions and hidden text left out."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from inkprint.errors import UserError
from inkprint.extract.archive import local, read_xml
from inkprint.extract.blocks import Block

DOCUMENT = "word/document.xml"
WORDS_A_CELL = 20  # a table with more in its average cell is a page's layout
# Deleted or moved away, a second form of the same drawing, a comment's mark, a field's command.
_SKIPPED = {"del", "moveFrom", "Fallback", "instrText", "delText", "pPr", "rPr", "sdtPr", "tblPr", "sectPr"}
_REASONS = (
    (re.compile(r"caption|beschriftung|légende", re.I), "caption"),
    (re.compile(r"toc ?\d|table of (figures|contents)|toc heading", re.I), "contents"),
    (re.compile(r"html preformatted|source code|code|macro( text)?", re.I), "code"),
    (re.compile(r"(foot|end)note text", re.I), "footnote"),
)


@dataclass
class _Paragraph:
    """What a paragraph gathers while its runs are read."""

    text: str = ""
    bold: int = 0  # letters
    marks: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    aside: list[Block] = field(default_factory=list)  # formulae
    boxes: list[Element] = field(default_factory=list)  # text boxes that hang on it


@dataclass(frozen=True)
class _Word:
    """What a paragraph's words need from the rest of the file."""

    levels: dict[str, int]  # heading level by style: 0 for the title
    styles: dict[str, str]  # name by style
    notes: dict[str, str]  # text by kind and number: "footnote 2"


def read_docx(archive: zipfile.ZipFile) -> list[Block]:
    """Every paragraph of the document. Raises UserError for one that is damaged."""
    document = read_xml(archive, DOCUMENT)
    body = (
        next((child for child in document if local(child.tag) == "body"), None)
        if document is not None
        else None
    )
    if body is None:
        raise UserError("damaged, a Word file without a text in it; get it again, or remove it")
    names, levels = _styles(archive)
    notes = {
        f"{kind} {number}": text for kind in ("footnote", "endnote") for number, text in _notes(archive, kind)
    }
    word = _Word(levels, names, notes)
    return [*_heads(archive), *_blocks(body, word)]


def _styles(archive: zipfile.ZipFile) -> tuple[dict[str, str], dict[str, int]]:
    """Every style's name, and the level of those that are headings: by built-in name or by outline."""
    tree = read_xml(archive, "word/styles.xml")
    names: dict[str, str] = {}
    levels: dict[str, int] = {}
    based: dict[str, str] = {}
    for style in tree if tree is not None else ():
        if local(style.tag) != "style":
            continue
        ident = _value(style, "styleId")
        names[ident] = _child_value(style, "name")
        based[ident] = _child_value(style, "basedOn")
        match = re.fullmatch(r"heading (\d)", names[ident].lower())
        outline = next((_value(e, "val") for e in style.iter() if local(e.tag) == "outlineLvl"), "")
        if match:
            levels[ident] = int(match[1])
        elif names[ident].lower() == "title":
            levels[ident] = 0
        elif outline.isdigit() and int(outline) < 9:
            levels[ident] = int(outline) + 1
    for ident in names:
        parent, seen = based[ident], {ident}
        while ident not in levels and parent in based and parent not in seen:
            seen.add(parent)
            if parent in levels:
                levels[ident] = levels[parent]
            parent = based[parent]
    return names, levels


def _value(element: Element, name: str) -> str:
    return next((value for key, value in element.attrib.items() if local(key) == name), "")


def _child_value(element: Element, name: str) -> str:
    return next((_value(child, "val") for child in element if local(child.tag) == name), "")


def _notes(archive: zipfile.ZipFile, kind: str) -> Iterator[tuple[str, str]]:
    tree = read_xml(archive, f"word/{kind}s.xml")
    for note in tree if tree is not None else ():
        if local(note.tag) == kind and _value(note, "type") in ("", "normal"):
            texts = [_read(p).text for p in note.iter() if local(p.tag) == "p"]
            yield _value(note, "id"), " ".join(" ".join(texts).split())


def _heads(archive: zipfile.ZipFile) -> Iterator[Block]:
    """Running heads and feet, which stand in files of their own."""
    for name in sorted(archive.namelist()):
        if match := re.fullmatch(r"word/(header|footer)\d*\.xml", name):
            tree = read_xml(archive, name)
            texts = [_read(p).text for p in tree.iter() if local(p.tag) == "p"] if tree is not None else []
            if text := "\n".join(text for text in texts if text.strip()):
                yield Block(text, reason="running head" if match[1] == "header" else "running foot")


def _blocks(parent: Element, word: _Word) -> Iterator[Block]:
    """The paragraphs below an element, in order; a table's rows where it is one of short entries."""
    for element in parent:
        tag = local(element.tag) if isinstance(element.tag, str) else ""
        if tag == "p":
            yield from _paragraph(element, word)
        elif tag == "tbl":
            yield from _table(element, word)
        elif tag not in _SKIPPED:
            yield from _blocks(element, word)


def _table(table: Element, word: _Word) -> list[Block]:
    inside = list(_blocks(table, word))
    cells = sum(local(element.tag) == "tc" for element in table.iter() if isinstance(element.tag, str))
    words = sum(len(block.text.split()) for block in inside)
    if cells <= 1 or words > WORDS_A_CELL * cells or any(block.level >= 0 for block in inside):
        return inside
    rows = []
    for row in (child for child in table if local(child.tag) == "tr"):
        texts = [" ".join(b.text for b in _blocks(cell, word)) for cell in row if local(cell.tag) == "tc"]
        rows.append(" | ".join(text for text in texts if text))
    return [Block("\n".join(rows), reason="table")]


def _paragraph(element: Element, word: _Word) -> Iterator[Block]:
    style, outline = "", ""
    for properties in (child for child in element if local(child.tag) == "pPr"):
        style, outline = _child_value(properties, "pStyle"), _child_value(properties, "outlineLvl")
    read = _read(element)
    name = word.styles.get(style, style)
    reason = next((reason for pattern, reason in _REASONS if pattern.fullmatch(name)), "")
    level = int(outline) + 1 if outline in set("01234567") else word.levels.get(style, -1)
    letters = len(read.text.strip())
    if letters or read.marks:
        level = -1 if reason else min(level, 6)
        yield Block(read.text.strip(), level, read.bold * 2 > letters, tuple(read.marks), reason)
    yield from (Block(word.notes[note], reason="footnote") for note in read.notes if word.notes.get(note))
    yield from read.aside
    for box in read.boxes:
        yield from _blocks(box, word)


def _read(element: Element) -> _Paragraph:
    """The words of a paragraph and what hangs on it."""
    read = _Paragraph()
    _gather(element, read, bold=False)
    return read


def _gather(parent: Element, read: _Paragraph, bold: bool) -> None:
    for element in parent:
        tag = local(element.tag) if isinstance(element.tag, str) else ""
        if tag in _SKIPPED:
            continue
        if tag == "t":
            read.text += element.text or ""
            read.bold += len((element.text or "").strip()) if bold else 0
        elif tag == "tab":
            read.text += " "
        elif tag in ("br", "cr"):
            read.text += "\n" if _value(element, "type") in ("", "textWrapping") else " "
        elif tag == "noBreakHyphen":
            read.text += "-"
        elif tag in ("footnoteReference", "endnoteReference"):
            read.notes.append(f"{tag.removesuffix('Reference')} {_value(element, 'id')}")
            read.marks.append(str(len(read.notes)))
        elif tag == "oMathPara":
            read.aside.append(Block("".join(element.itertext()), reason="formula"))
        elif tag == "txbxContent":
            read.boxes.append(element)
        elif tag == "r":
            if not _is_on(element, "vanish"):
                _gather(element, read, _is_on(element, "b"))
        else:
            _gather(element, read, bold)


def _is_on(run: Element, name: str) -> bool:
    """Whether a run has a property such as bold; its value may say that it has it not."""
    for properties in (child for child in run if local(child.tag) == "rPr"):
        for child in properties:
            if local(child.tag) == name:
                return _value(child, "val") not in ("0", "false", "none", "off")
    return False
