"""EPUB as paragraphs: its pages of XHTML in the order of the spine, and its table of contents as outline."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from inkprint.errors import UserError
from inkprint.extract.archive import local, read_part, read_xml
from inkprint.extract.blocks import Block
from inkprint.extract.html_text import decode_html, html_blocks

PACKAGE = "META-INF/container.xml"
OutlineName = tuple[int, str, str]  # level, title, the place that it links to
# Fonts may be scrambled in a book that anybody can read.
_FONTS = re.compile(r"\.(otf|ttf|woff2?)$", re.I)
# What epub:type or the guide calls a part, and the name under which the rules know it.
_PARTS = {
    "cover": "Cover",
    "titlepage": "Title page",
    "title-page": "Title page",
    "halftitlepage": "Half title",
    "copyright-page": "Copyright",
    "dedication": "Dedication",
    "toc": "Contents",
    "loi": "List of Illustrations",
    "lot": "List of Tables",
    "index": "Index",
    "bibliography": "Bibliography",
    "glossary": "Glossary",
    "footnotes": "Notes",
    "endnotes": "Notes",
    "rearnotes": "Notes",
    "imprint": "Imprint",
    "colophon": "Colophon",
}


def read_epub(archive: zipfile.ZipFile) -> tuple[list[Block], list[OutlineName]]:
    """Every paragraph of the book, and the outline that its publisher gave it.

    Raises UserError for a book that is locked or has no pages.
    """
    _refuse_locked(archive)
    package_name = _package_name(archive)
    package = read_xml(archive, package_name)
    if package is None:
        raise UserError(f"damaged, {package_name} is missing in it; get it again, or remove it")
    folder = posixpath.dirname(package_name)
    items = {item.get("id", ""): item for item in _all(package, "item")}
    spine = [items[ref.get("idref", "")] for ref in _all(package, "itemref") if ref.get("idref") in items]
    names = [_join(folder, item.get("href", "")) for item in spine]
    guide = {_join(folder, ref.get("href", "")): ref.get("type", "") for ref in _all(package, "reference")}
    blocks: list[Block] = []
    parts: list[OutlineName] = []
    for name in dict.fromkeys(names):
        content = read_part(archive, name)
        if content is None:
            blocks.append(Block(name, reason="missing in the file"))
            continue
        text = decode_html(content)
        blocks.append(Block("", names=(name,), new_file=True))
        blocks += [replace(block, names=_full(name, block.names)) for block in html_blocks(text)]
        if part := _part(text, guide.get(name, "")):
            parts.append((1, part, name))
    if not any(block.text for block in blocks):
        raise UserError("an EPUB without any text in it; remove it")
    return blocks, _with_parts(_outline(archive, folder, package, items), parts, names)


def _refuse_locked(archive: zipfile.ZipFile) -> None:
    sealed = read_xml(archive, "META-INF/encryption.xml")
    references = [ref.get("URI", "") for ref in _all(sealed, "CipherReference")] if sealed is not None else []
    if any(not _FONTS.search(name) for name in references) or "META-INF/rights.xml" in archive.namelist():
        raise UserError("an EPUB that is locked by its shop (DRM); put a copy without a lock in its place")


def _package_name(archive: zipfile.ZipFile) -> str:
    container = read_xml(archive, PACKAGE)
    roots = (
        [root.get("full-path", "") for root in _all(container, "rootfile")] if container is not None else []
    )
    found = roots or [name for name in archive.namelist() if name.endswith(".opf")]
    if not found:
        raise UserError("damaged, an EPUB without a list of its pages; get it again, or remove it")
    return found[0]


def _all(tree: Element, tag: str) -> Iterator[Element]:
    return (element for element in tree.iter() if isinstance(element.tag, str) and local(element.tag) == tag)


def _join(folder: str, href: str) -> str:
    return posixpath.normpath(posixpath.join(folder, unquote(href.partition("#")[0])))


def _full(name: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{name}#{own}" for own in names)


def _part(text: str, guided: str) -> str:
    """What a page says it is: cover, copyright page, contents; "" for a chapter."""
    body = re.search(r"<(?:body|section|div)\b[^>]*epub:type\s*=\s*[\"']([^\"']+)", text[:4000])
    words = [*(body[1].lower().split() if body else ()), guided.lower()]
    return next((_PARTS[word] for word in words if word in _PARTS), "")


def _outline(
    archive: zipfile.ZipFile, folder: str, package: Element, items: dict[str, Element]
) -> list[OutlineName]:
    """The navigation document of EPUB 3, or the NCX of EPUB 2; none where both are missing or broken."""
    spine = next(_all(package, "spine"), None)
    navs = [item for item in items.values() if "nav" in item.get("properties", "").split()]
    ncx = items.get(spine.get("toc", "") if spine is not None else "") or next(
        (item for item in items.values() if item.get("media-type") == "application/x-dtbncx+xml"), None
    )
    found: list[OutlineName] = []
    for item in [*navs, *([ncx] if ncx is not None else [])]:
        name = _join(folder, item.get("href", ""))
        try:
            tree = read_xml(archive, name)
        except UserError:
            continue
        if tree is not None and not found:
            found = list(_nav_entries(tree) if item in navs else _ncx_entries(tree))
            found = [(level, title, _place(posixpath.dirname(name), href)) for level, title, href in found]
    return found


def _place(folder: str, href: str) -> str:
    _, mark, fragment = href.partition("#")
    return _join(folder, href) + (f"#{unquote(fragment)}" if mark and fragment else "")


def _nav_entries(tree: Element) -> Iterator[OutlineName]:
    navs = list(_all(tree, "nav"))
    kinds = [next((v for k, v in nav.attrib.items() if local(k) == "type"), "toc") for nav in navs]
    for nav in [nav for nav, kind in zip(navs, kinds, strict=True) if "toc" in kind.split()][:1]:
        pending = [(nav, 0)]
        while pending:
            element, depth = pending.pop()
            tag = local(element.tag) if isinstance(element.tag, str) else ""
            if tag == "a":
                yield max(1, depth), " ".join("".join(element.itertext()).split()), element.get("href", "")
                continue
            inner = depth + (tag == "ol")
            pending += [(child, inner) for child in reversed(element)]


def _ncx_entries(tree: Element) -> Iterator[OutlineName]:
    pending = [(point, 1) for nav in _all(tree, "navMap") for point in reversed(nav)]
    while pending:
        element, depth = pending.pop()
        if local(element.tag) != "navPoint":
            continue
        label = next(
            (text for child in element if local(child.tag) == "navLabel" for text in _all(child, "text")),
            None,
        )
        content = next((child for child in element if local(child.tag) == "content"), None)
        if label is not None and content is not None:
            yield depth, " ".join((label.text or "").split()), content.get("src", "")
        pending += [(child, depth + 1) for child in reversed(element)]


def _with_parts(outline: list[OutlineName], parts: list[OutlineName], names: list[str]) -> list[OutlineName]:
    """The outline with the parts that it leaves out, in the order of the book."""
    listed = {name.partition("#")[0] for _, _, name in outline}
    order = {name: at for at, name in reversed(list(enumerate(names)))}
    result = list(outline)
    for part in parts:
        if part[2] in listed:
            continue
        after = [
            at
            for at, (_, _, name) in enumerate(result)
            if order.get(name.partition("#")[0], 0) > order[part[2]]
        ]
        result.insert(after[0] if after else len(result), part)
    return result
