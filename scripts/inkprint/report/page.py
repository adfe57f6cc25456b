"""The page: what the templates get, and how text from books and models is made harmless in them.

Everything that a template prints is escaped, in HTML by autoescape, in Markdown by the same mechanism
(`finalize`) with Markdown's own signs. Only what this package drew itself, figures and style, goes in raw.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from markupsafe import Markup

from inkprint.console import duration
from inkprint.html import html_escape, page_style, templates, visible
from inkprint.report import numbers

FOLDER = Path(__file__).parent
# In Markdown: signs that a backslash calms everywhere, those that not every reader lets be calmed so, and
# what means something at the beginning of a line only (a list, a rule, a heading's underline).
_BACKSLASH = re.compile(r"[\\`*_{}\[\]#]")
_ENTITY = re.compile(r"[<>&~@$|]|:(?=\S)|(?<=\bwww)\.", re.IGNORECASE)
_LINE_START = re.compile(r"^(\s*(?:\d+(?=[.)]))?)([-+=](?!\d)|(?<=\d)[.)](?!\d))")


def markdown_escape(value: object) -> Markup:
    """Text as one line of Markdown that shows just that text, no link, image, heading, table or HTML."""
    if isinstance(value, Markup):
        return value
    line = " ".join(visible(str(value)).splitlines())
    text = _ENTITY.sub(lambda sign: f"&#{ord(sign.group())};", line)
    # The # of the entities themselves is spared.
    text = "".join(
        part if part.startswith("&#") else _BACKSLASH.sub(r"\\\g<0>", part)
        for part in re.split(r"(&#\d+;)", text)
    )
    text = _LINE_START.sub(r"\1\\\2", text)
    return Markup(text)


def render(template: str, context: dict[str, Any], own: Path = FOLDER) -> str:
    """Fill `template`, a file of `own` or of this folder; undefined names are errors."""
    finalize = html_escape if template.endswith(".html.j2") else markdown_escape
    environment = templates(own, FOLDER, finalize=finalize)
    environment.globals.update(
        number=numbers.number, measured=numbers.measured, difference=numbers.difference,
        bounds=numbers.bounds, unit=numbers.unit, duration=duration, memory=memory, quoted=quoted,
        shared=numbers.shared, percent=numbers.percent, chance=numbers.chance,
    )  # fmt: skip
    return environment.get_template(template).render(context)


def style() -> Markup:
    return page_style(FOLDER / "report.css")


def memory(size: float) -> str:
    """Bytes as a person says them: 13.4 GB, 86 MB, 1.2 MB, 512 kB."""
    for scale, name in ((1e9, "GB"), (1e6, "MB")):
        if size >= scale:
            return f"{size / scale:.{int(size < 10 * scale or name == 'GB')}f} {name}"
    return f"{size / 1e3:.0f} kB"


def quoted(text: str) -> Markup:
    """Text as a Markdown block quote, escaped. Lines lose their indents: four spaces would make them code."""
    return Markup("\n").join(Markup("> ") + markdown_escape(line.strip(" \t")) for line in text.split("\n"))
