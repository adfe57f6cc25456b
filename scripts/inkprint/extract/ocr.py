"""Pages whose text cannot be taken from the file: which they are, and how Tesseract reads them.

Such a page is a picture without text, a picture with a sliver of text (a library's stamp on a scan), or text
whose font does not say what its characters mean.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from math import sqrt
from pathlib import Path
from statistics import median
from typing import Any

from inkprint.errors import UserError
from inkprint.extract.lines import RawPage
from inkprint.extract.spans import read_page
from inkprint.recipe import Extract

DPI = 300  # what Tesseract was made for
ENOUGH_PIXELS = 10e6  # an A4 page at 300 dpi has 9 million; more only cost time
MOST_PIXELS = 25e6  # an A3 page at 300 dpi has 17 million; a page may claim to be as large as a house
SLIVER_WORDS = 25
COVERED = 0.6  # of the page, by pictures, for a scan with a sliver of text
HALF = 0.5  # of the page, by pictures: without Tesseract such a page may hold text that would be lost
OUTLINES = 200  # drawn paths: a page of letters as drawings has a thousand
FEW_WORDS = 20  # among pages with text a picture with fewer words is a figure and not a scanned page
LEGIBLE = 0.6  # of what Tesseract finds must look like words; of a photograph it makes "ae |, . Sy"
SAME_SIZE = 0.08  # sizes of scanned lines vary by their letters; a short line's more than a long one's
# Characters of a font that does not say what they mean: U+FFFD, private use, a glyph's number as a control.
_ODD = re.compile("[\x01-\x08\x0e-\x1f\x80-\x9f\ue000-\uf8ff\ufffd]")
ODD_SHARE, MANY_ODD = 0.1, 20
MONOSPACED = 8  # PyMuPDF's TEXT_FONT_MONOSPACED
_WORD = re.compile(r"\W*(?:[^\W\d_]{2,}(?:[-'’][^\W\d_]+)*|[aAIOà&]|\d+)\W*")

Tell = Callable[[int, int], None]  # how many pages of how many are read
Found = dict[str, Any]  # what PyMuPDF's get_text("dict") says of a page


def find_tessdata(language: str | None) -> str:
    """The folder with Tesseract's languages; "" where OCR is off or Tesseract is not installed.

    Raises UserError for a language whose data file is missing.
    """
    if language is None or (folder := _tessdata()) is None:
        return ""
    there = sorted({path.stem for path in folder.glob("*.traineddata")} - {"osd"})
    for name in language.split("+"):
        if name not in there:
            raise UserError(
                f"extract.ocr_language: Tesseract has no data for {name!r} in {folder}; there are:"
                f" {', '.join(there) or 'none'}; install it (apt-get install"
                f" tesseract-ocr-{name.lower().replace('_', '-')}), or write null for no OCR"
            )
    return str(folder)


def _tessdata() -> Path | None:
    """Where the languages are, as the environment or Tesseract itself says.

    PyMuPDF would find it, too, after a fifth of a second of imports that this process needs for nothing else.
    """
    if folder := os.environ.get("TESSDATA_PREFIX"):
        return Path(folder)
    try:
        said = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True)
    except OSError:  # it is not installed
        return None
    found = re.search('languages in "(.+)"', said.stdout)
    return Path(found[1]) if found else None


def why_unreadable(page: Any, raw: RawPage, found: Found) -> str:
    """What stands between us and the text of a page: "" for a page like any other."""
    lines = [line for block in found["blocks"] for line in block.get("lines", ())]
    text = "".join([span["text"] for line in lines for span in line["spans"]])
    odd = len(_ODD.findall(text))
    if odd >= MANY_ODD and odd >= ODD_SHARE * len(text):
        return f"{odd} of its {len(text)} characters have no meaning"
    if raw.pictures:
        return "a picture without text"
    if not 0 < len(raw.lines) < SLIVER_WORDS:  # a line has a word at least
        return ""
    words = sum(len(line.text.split()) for line in raw.lines)
    if words < SLIVER_WORDS and picture_share(page) >= COVERED:
        return f"a picture with {words} words of text"
    return ""


def picture_share(page: Any) -> float:
    """How much of the page its pictures cover. A scan may come in strips, so that they are added up."""
    area = sum(abs(page.rect & image["bbox"]) for image in page.get_image_info())
    return min(1.0, area / max(1.0, abs(page.rect)))


def read_unreadable(
    document: Any, pages: list[RawPage], reasons: dict[int, str], settings: Extract, tessdata: str, tell: Tell
) -> list[RawPage]:
    """The pages, those with a reason (by position) read by Tesseract, as far as it finds words on them.

    Raises UserError with the pages that nothing can read, where the recipe does not allow their loss.
    """
    if not reasons:
        return pages
    result = list(pages)
    if not tessdata:
        missing = "Tesseract is not installed" if settings.ocr_language else "extract.ocr_language is null"
        lost = {at: why for at, why in reasons.items() if _may_hold_text(document[at], pages, at)}
        if lost and settings.unreadable_pages == "stop":
            raise UserError(_unreadable(pages, lost, missing))
        for at, why in lost.items():
            result[at] = replace(pages[at], pictures=True, unreadable=f"{why}, and {missing}")
        return result
    with_text = sum(bool(page.lines) for at, page in enumerate(pages) if at not in reasons)
    fewest = FEW_WORDS if with_text > len(reasons) else 1
    reader = f"Tesseract ({settings.ocr_language})"
    for done, (at, why) in enumerate(sorted(reasons.items()), start=1):
        read = read_scan(document[at], pages[at], settings.ocr_language or "", tessdata)
        if _legible(read, fewest):
            result[at] = replace(read, read_by=reader)
        elif not pages[at].lines or why.endswith("no meaning"):
            result[at] = replace(pages[at], pictures=True, unreadable=f"{why}, and {reader} finds no words")
        else:
            result[at] = replace(pages[at], pictures=True)
        tell(done, len(reasons))
    return _even_sizes(result)


def _unreadable(pages: Sequence[RawPage], lost: dict[int, str], missing: str) -> str:
    mend = "install it (apt-get install tesseract-ocr)" if "installed" in missing else "name a language"
    return (
        f"text that cannot be read on {len(lost)} of {len(pages)} pages"
        f" ({next(iter(lost.values()))}): {ranges([at + 1 for at in lost])}; {missing}:"
        f" {mend}, or allow the loss with extract.unreadable_pages: drop"
    )


def _may_hold_text(page: Any, pages: Sequence[RawPage], at: int) -> bool:
    """Whether a page is worth stopping for: not the cover, not a drawing in the middle of an empty page."""
    if not pages[at].pictures:
        return True
    if at in (0, len(pages) - 1) and any(other.lines for other in pages):
        return False
    return picture_share(page) >= HALF or len(page.get_drawings()) >= OUTLINES


def read_scan(page: Any, raw: RawPage, language: str, tessdata: str) -> RawPage:
    """One page as Tesseract reads its picture, in the page's own points."""
    from inkprint.extract.mupdf import pymupdf

    os.environ["OMP_THREAD_LIMIT"] = "1"  # documents are read side by side already
    zoom = _zoom(page)
    # Of a grey pixmap PyMuPDF 2.0 makes a page without text.
    picture = page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), colorspace=pymupdf.csRGB, alpha=False)
    with pymupdf.open(
        stream=picture.pdfocr_tobytes(compress=False, language=language, tessdata=tessdata)
    ) as scan:
        scale = page.rect.width / max(1.0, scan[0].rect.width)
        text = scan[0].get_textpage(flags=pymupdf.TEXTFLAGS_TEXT, matrix=pymupdf.Matrix(scale, scale))
        found = text.extractDICT()
    for block in found["blocks"]:
        for line in block.get("lines", ()):
            _set_evenly(line["spans"])
    size = {"width": page.rect.width, "height": page.rect.height}
    return read_page(page, raw.number, raw.label, found | size)


def _zoom(page: Any) -> float:
    """300 dpi; on a page that claims to be smaller than the paper was, the picture's own dots."""
    area = max(1.0, abs(page.rect))
    dots = [
        image["width"] / max(1.0, image["bbox"][2] - image["bbox"][0])
        for image in page.get_image_info()
        if abs(page.rect & image["bbox"]) >= HALF * area
    ]
    finer = min(max(dots, default=0.0), sqrt(ENOUGH_PIXELS / area))
    return max(finer, min(DPI / 72, sqrt(MOST_PIXELS / area)))


def _set_evenly(spans: list[dict[str, Any]]) -> None:
    """Give the spans of a line, in place, one size and the blanks between them that are missing.

    Tesseract gives every word the size that makes it as wide as its picture; a line has their mean. No span
    ends inside a word, and between two that stand on different baselines MuPDF sets no blank.
    """
    letters = sum(len(span["text"].strip()) for span in spans)
    size = sum(span["size"] * len(span["text"].strip()) for span in spans) / max(1, letters)
    for span in spans:
        span["size"] = round(size, 1)
        span["flags"] &= ~MONOSPACED  # the invisible letters over the picture are all of one width
    for first, second in pairwise(spans):
        if not first["text"][-1:].isspace() and not second["text"][:1].isspace():
            first["text"] += " "


def _legible(read: RawPage, fewest: int) -> bool:
    tokens = [token for line in read.lines for token in line.text.split()]
    words = sum(bool(_WORD.fullmatch(token)) for token in tokens)
    return words >= max(1, fewest) and words >= LEGIBLE * len(tokens)


def _even_sizes(pages: list[RawPage]) -> list[RawPage]:
    """Give scanned lines of about the usual size exactly that: what differs is a heading or a note."""
    sizes = [line.size for page in pages if page.read_by for line in page.lines if len(line.text) > 40]
    usual = round(median(sizes), 1) if sizes else 0.0
    for at, page in enumerate(pages):
        if page.read_by and usual:
            lines = [
                replace(line, size=usual if _same_size(line.size, usual, len(line.text)) else line.size)
                for line in page.lines
            ]
            pages[at] = replace(page, lines=tuple(lines))
    return pages


def _same_size(size: float, usual: float, letters: int) -> bool:
    return abs(size - usual) <= (SAME_SIZE + 1 / max(4, letters)) * usual


def ranges(numbers: Sequence[int]) -> str:
    """Page numbers as a person writes them: p. 9-11, 14."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return "p. " + ", ".join(f"{p[0]}-{p[-1]}" if len(p) > 1 else f"{p[0]}" for p in parts)
