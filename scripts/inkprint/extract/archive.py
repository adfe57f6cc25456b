"""Reading from the zip archives that EPUB and DOCX files are, within bounds."""

from __future__ import annotations

import struct
import zipfile
import zlib
from xml.etree import ElementTree

from inkprint.errors import UserError

MOST_BYTES = 200 * 2**20  # of one part; the Bible with its mark-up is 10 MB


def read_part(archive: zipfile.ZipFile, name: str) -> bytes | None:
    """One file of an archive, None where there is none. Raises UserError for a damaged or huge one."""
    try:
        with archive.open(name) as handle:
            content = handle.read(MOST_BYTES + 1)
    except KeyError:
        return None
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        RuntimeError,
        ValueError,
        struct.error,
    ) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise UserError(
            f"damaged, {name} in it cannot be read ({said}); get it again, or remove it"
        ) from None
    if len(content) > MOST_BYTES:
        raise UserError(f"{name} in it is larger than {MOST_BYTES // 2**20} MB; remove it")
    return content


def read_xml(archive: zipfile.ZipFile, name: str) -> ElementTree.Element | None:
    """A part as XML, None where it is missing. Raises UserError where it is no XML, or an entity bomb."""
    content = read_part(archive, name)
    if content is None:
        return None
    try:
        return ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        raise UserError(f"damaged, {name} in it is not XML ({error}); get it again, or remove it") from None


def local(tag: str) -> str:
    """An XML tag or attribute without its namespace."""
    return tag.rpartition("}")[2]
