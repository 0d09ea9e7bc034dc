"""A Word document (.docx) -> its text, paragraphs and table rows as lines in their order, and its publication."""

import io
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from kg.errors import InputError
from kg.extract.days import day_of
from kg.extract.publication import Publication, find_publication

MAX_UNPACKED_BYTES: Final = 256 * 1024 * 1024  # pictures included; XML of a million characters is about 20 MB
_HEAD_CHARACTERS: Final = 1_000  # of the text, among whose lines the headline is
_OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"


def read_docx(data: bytes, *, source: str, most_characters: int) -> tuple[str, Publication]:
    """The text (cells of a table row apart by tabs) and the publication from first lines and document properties.

    InputError (of `source`) where it is no document, locked, blank, or longer than `most_characters`.
    """
    if data.startswith(_OLD_OFFICE):
        raise InputError(source, "an old Word document or one with a password; save it as .docx without a password")
    document = _open(data, source)
    body = document.element.find(f"{_W}body")
    if body is None:
        raise InputError(source, "a Word document without a body, so a damaged one; save it as .docx again")
    lines: list[str] = []
    count = 0
    for line in _lines(body):
        count += len(line) + 1
        if count > most_characters:
            raise InputError(
                source, f"a document of more than {most_characters:,} characters; split it into its articles"
            )
        lines.append(line)
    text = "\n".join(lines).strip("\n")
    if not text.strip():
        raise InputError(
            source, "a document without text; if it holds pictures of text, run text recognition (OCR) first"
        )
    return text, _publication(text, document)


def _open(data: bytes, source: str) -> Any:
    from docx import Document

    stream = io.BytesIO(data)
    try:
        with zipfile.ZipFile(stream) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
        if unpacked > MAX_UNPACKED_BYTES:
            raise InputError(
                source,
                f"unpacks to more than {MAX_UNPACKED_BYTES // 2**20} MB, which no document does; save its text as .txt",
            )
        return Document(stream)
    except InputError:
        raise
    except zipfile.BadZipFile as exc:
        raise InputError(source, f"not a Word document, or a damaged one ({exc}); save it as .docx again") from exc
    except (
        Exception
    ) as exc:  # python-docx lets KeyError, ValueError, lxml's and its own errors through, by what is broken
        reason = str(exc).replace(f"file '{stream}'", "it")
        raise InputError(source, f"not a readable Word document ({reason}); save it as .docx again") from exc


def _publication(text: str, document: Any) -> Publication:
    found = find_publication(text)
    title, created = _properties(document)
    if title in text[:_HEAD_CHARACTERS].split("\n"):
        found = Publication(title).or_else(found)
    return found.or_else(Publication(title if title != "Word Document" else "", created))


def _properties(document: Any) -> tuple[str, str | None]:
    """Title and day of creation, as far as there are any: a damaged part of properties is no loss of the text."""
    try:
        properties = document.core_properties
        title = (properties.title or "").strip()
        # Files made with python-docx bear the day on which its template was made, 2013-12-23, unless the program set one.
        if properties.author == "python-docx" and "python-docx" in (properties.comments or ""):
            return title, None
        created: datetime | None = properties.created
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):  # another part in their place
        return "", None
    try:
        return title, day_of(created)
    except (ValueError, OverflowError):
        return title, None


def _lines(parent: Any) -> Iterator[str]:
    """Paragraphs and table rows of a body, cell or content control in document order, blank ones as they are."""
    for element in parent:
        if element.tag == f"{_W}p":
            yield from _paragraph(element).split("\n")
        elif element.tag == f"{_W}tbl":
            for row in element.iter(f"{_W}tr"):
                if next(row.iterancestors(f"{_W}tbl")) is element:  # not of a table within a cell
                    yield "\t".join(" ".join(filter(None, _lines(cell))) for cell in row.iterchildren(f"{_W}tc"))
        elif element.tag == f"{_W}sdt":
            for content in element.iterchildren(f"{_W}sdtContent"):
                yield from _lines(content)
        elif element.tag in (f"{_W}ins", f"{_W}customXml"):
            yield from _lines(element)


def _paragraph(paragraph: Any) -> str:
    """The text as it stands after all changes are accepted (inserted text, links, fields; not what was deleted)."""
    pieces: list[str] = []
    for element in paragraph.iter(f"{_W}t", f"{_W}tab", f"{_W}br", f"{_W}cr", f"{_W}noBreakHyphen"):
        if any(ancestor.tag == _FALLBACK for ancestor in element.iterancestors()):
            continue  # the same once more, for old programs
        if element.tag == f"{_W}t":
            pieces.append(element.text or "")
        elif element.tag == f"{_W}tab":
            if element.getparent().tag == f"{_W}r":  # elsewhere it sets a stop
                pieces.append("\t")
        else:
            pieces.append("-" if element.tag == f"{_W}noBreakHyphen" else "\n")
    return "".join(pieces)
