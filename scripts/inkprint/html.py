"""Pages of HTML: text from books and models made harmless in them, and the look that they share."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import jinja2
from markupsafe import Markup, escape

# Controls, and the marks that turn the direction of text around: shown, not obeyed.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """Text with control characters and direction marks replaced by a sign one can see."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def html_escape(value: object) -> Markup:
    """Text as HTML that shows just that text."""
    return value if isinstance(value, Markup) else escape(visible(str(value)))


def page_style(own: Path) -> Markup:
    """The rules that all pages share, and after them a page's own."""
    shared = Path(__file__).with_name("page.css")
    return Markup("".join(path.read_text(encoding="utf-8") for path in (shared, own)))


def templates(*folders: Path, finalize: Callable[[object], Markup] = html_escape) -> jinja2.Environment:
    """The templates of some folders: what they print goes through `finalize`, undefined names are errors."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=True,
        finalize=finalize,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
