"""PyMuPDF without what it would load and nobody asks: its layout model, and its Markdown writer with NumPy.

Together more than a second and 90 MB a process; PyMuPDF alone takes 0.15 s and 46 MB.
"""

import sys

for unasked in ("pymupdf.layout", "pymupdf4llm"):
    sys.modules.setdefault(unasked, None)  # type: ignore[arg-type]  # as if it were not there

import pymupdf  # noqa: E402

# Boxes as the fonts give them, to which our distances are fitted. To import pymupdf4llm sets this as well.
pymupdf.TOOLS.unset_quad_corrections(True)

__all__ = ["pymupdf"]
