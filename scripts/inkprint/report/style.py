"""How every figure looks, and how it is saved: PNG and SVG as files, and SVG that fits into the page.

Blue, green and vermillion stay apart for the colour-blind (Okabe and Ito 2008), and wine from all of them
and from grey, where their purple does not. A figure is 5 inches wide
with letters of 10 points, so that on a phone, where it shrinks to 3.7 inches, they are still 7 points.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLOURS = {"base": "#0072b2", "prompted": "#009e73", "tuned": "#d55e00", "reference": "#7f7f7f",
           "instruction": "#882255", "words": "#882255"}  # fmt: skip  # never in one report
# Of the strips of pages: no variant's colours, and apart in lightness for whoever sees no colours at all.
SPLITS = {"train": "#c4c4c4", "validation": "#e6ab02", "test": "#5e3c99"}
NAMES = {"base": "base", "prompted": "prompted", "tuned": "tuned", "reference": "author",
         "instruction": "instruction"}  # fmt: skip
INK, LINE = "#1a1a1a", "#d9d9d9"
# Colour and dashes of lines that are no variants, as the labels of a ROC.
SERIES = (
    ("#d55e00", "-"), ("#0072b2", "-"), ("#009e73", "-"), ("#cc79a7", "-"), ("#7f7f7f", "--"), (INK, ":"),
)  # fmt: skip
WIDTH = 5.0  # inches
DOTS_PER_INCH = 200

SETTINGS = {
    "svg.hashsalt": "inkprint",  # the same bytes every time
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.labelsize": 10,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.axisbelow": True,
    "text.color": INK,
    "text.parse_math": False,  # a $ in the data is a $
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": LINE,
    "legend.frameon": False,
}


def new_figure(
    height: float, rows: int = 1, columns: int = 1, **options: object
) -> tuple[Figure, list[Axes]]:
    """A figure of the one width with `rows` axes below each other, or that times `columns`, row by row."""
    figure, axes = plt.subplots(
        rows, columns, figsize=(WIDTH, height), squeeze=False, layout="constrained", **options
    )
    return figure, list(axes.ravel())


def legend(axes: Axes, columns: int) -> None:
    """The legend above the axes, where it hides nothing."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, borderaxespad=0.2, handlelength=1.4)


def save(figure: Figure, folder: Path, name: str) -> str:
    """Write NAME.png and NAME.svg and return the SVG for the page. Closes the figure."""
    folder.mkdir(exist_ok=True)
    figure.savefig(folder / f"{name}.png", dpi=DOTS_PER_INCH, facecolor="white", metadata={"Software": None})
    drawn = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(drawn, format="svg", transparent=True, metadata=nothing)
    plt.close(figure)
    text = re.sub(r"<!--.*?-->\n?", "", drawn.getvalue(), flags=re.DOTALL)
    (folder / f"{name}.svg").write_text(text, encoding="utf-8")
    return for_page(text, name)


def for_page(svg: str, name: str) -> str:
    """The SVG element alone, ids made its own, colours left to the page (dark or light)."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'(\bid="|"#|url\(#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r' width="[\d.]+pt" height="[\d.]+pt"', "", svg, count=1)
    named = COLOURS | SPLITS
    variables = {INK: "ink", LINE: "line"} | {named[name]: name for name in named}
    for colour, variable in variables.items():
        svg = svg.replace(colour, f"var(--{variable})")
    return svg
