"""PyMuPDF without the layout model that it would load and that nobody asks: half a second, 55 MB a process.

ONNX Runtime, which it loads all the same, is not to report its use to its maker.
"""

import os
import sys

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
sys.modules.setdefault("pymupdf.layout", None)  # type: ignore[arg-type]  # as if it were not there

import pymupdf  # noqa: E402

__all__ = ["pymupdf"]
