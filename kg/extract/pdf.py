"""A PDF -> its text in paragraphs. A PDF knows only where characters stand: lines are put together again here.

Read by PDFium, which gives Chinese characters as such where other readers give the radicals that some fonts share their
glyphs with. Two visual lines belong together if the first is full, that is, if the next character (or word) would not
have fitted on it, and nothing else says that a paragraph begins: an indent, a wider gap, another size.
"""

import itertools
import re
import statistics
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from kg.errors import InputError
from kg.extract.publication import Publication, find_publication, web_address

MAX_PAGES: Final = 2_000  # a bound on the time for files made to waste it; no article is near it

# In units of the character height. Chosen on pages printed by Chromium and on made ones, in one column and in two.
_SAME_COLUMN: Final = 4.0  # left edges of one column differ by an indent of two characters at most, and some
_INDENT: Final = 1.2
_SLACK: Final = 0.6  # justified lines end within half a character of the edge
_SAME_SIZE: Final = 0.15  # relative; headings are larger by more
_WIDE_GAP: Final = 1.35  # of the usual distance between lines
_RUNNING_LINES: Final = 2  # heads and feet of a page have one or two lines

_MOST_LINES: Final = (
    1_000  # of one page; beyond, lines are not compared with each other, which takes time by the square
)
_HEAD_CHARACTERS: Final = 1_000  # of the text, among whose lines the headline is

_PAGE_NUMBER: Final = re.compile(
    r"[-—–·•\s]*(?:第\s*)?\d{1,4}(?:\s*页)?(?:\s*[/／]?\s*(?:共\s*)?\d{1,4}\s*页?)?[-—–·•\s]*"
)
# What browsers print in the margins: day and time with the title above, address and page below.
_PRINTED_HEAD: Final = re.compile(
    r"\d{1,4}[/.年-]\d{1,2}[/.月-]\d{1,4}日?,?\s*(?:[上下]午)?\s*\d{1,2}:\d\d(?:\s*[AP]M)?\s*(.*)"
)
_PRINTED_FOOT: Final = re.compile(r"((?:https?|file)://\S+)\s+\d{1,4}/\d{1,4}")
_SENTENCE_END: Final = re.compile(r"[。！？；.!?…][”’」』）)\"']*$")
_HYPHENS: Final = ("\u0002", "\ufffe", "\u00ad")  # how PDFium marks a hyphen that only the line break put there


@dataclass(frozen=True, slots=True)
class _Line:
    """A visual line with its edges in points from the lower left corner of its page.

    PDFium gives lines that a hyphen joins as one: then `bottom` and `right` are those of its end, `first_bottom` and
    `left` of its beginning.
    """

    text: str
    left: float
    right: float
    first_bottom: float
    bottom: float
    height: float
    page: int


def read_pdf(data: bytes, *, source: str, most_characters: int) -> tuple[str, Publication]:
    """The text, a paragraph a line, and what title and first lines say of its publication.

    InputError (of `source`) where it is damaged, locked, a scan without text, or longer than `most_characters`.
    """
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        document = PdfDocument(data)
    except PdfiumError as exc:
        if "password" in str(exc).lower():
            raise InputError(source, "protected by a password; save a copy without one") from exc
        raise InputError(
            source, "not a readable PDF, or a damaged one; print it to PDF again or save its text"
        ) from exc
    try:
        if len(document) > MAX_PAGES:
            raise InputError(source, f"a PDF of more than {MAX_PAGES} pages; split it into its articles")
        title = str(document.get_metadata_dict().get("Title") or "").strip()
        pages = _read_pages(document, source, most_characters)
    except (PdfiumError, UnicodeDecodeError) as exc:
        raise InputError(source, f"a page of the PDF cannot be read ({exc}); print it to PDF again") from exc
    finally:
        document.close()
    if not any(pages):
        raise InputError(source, "a PDF without text, probably a scan; run text recognition (OCR) on it first")
    pages, address = _without_margins(pages, title)
    text = join_lines(list(itertools.chain.from_iterable(pages)))
    found = find_publication(text)
    if title in text[:_HEAD_CHARACTERS].split("\n"):
        found = Publication(title).or_else(found)
    return text, found.or_else(Publication(title if not found.title else "", url=address))


def _read_pages(document: Any, source: str, most_characters: int) -> list[list[_Line]]:
    pages: list[list[_Line]] = []
    count = 0
    for number, page in enumerate(document):
        text_page = page.get_textpage()
        lines = _read_lines(text_page, number)
        count += sum(len(line.text) for line in lines)
        text_page.close()
        page.close()
        if count > most_characters:
            raise InputError(source, f"a PDF of more than {most_characters:,} characters; split it into its articles")
        pages.append(lines)
    return pages


def _read_lines(text_page: Any, page: int) -> list[_Line]:
    text = text_page.get_text_range()
    lines: list[_Line] = []
    exact = len(text) == text_page.count_chars()  # characters beyond the BMP count twice there: then edges are unknown
    for found in re.finditer(r"[^\r\n]+", text):
        stripped = found.group().strip(" \t\u3000\xa0")
        if not stripped.strip("".join(_HYPHENS)):
            continue
        start = text.index(stripped, found.start())
        if exact:
            left, first_bottom, _, top = text_page.get_charbox(start, loose=True)
            _, bottom, right, _ = text_page.get_charbox(start + len(stripped.rstrip("".join(_HYPHENS))) - 1, loose=True)
        else:
            left, right, top = 0.0, float(_width(stripped)), 1.0 - found.start()
            first_bottom = bottom = -float(found.start())
        height = max(top - first_bottom, 0.1)
        lines.append(_Line(stripped, left, right, first_bottom, bottom, height, page))
    return lines


def _without_margins(pages: Sequence[list[_Line]], title: str) -> tuple[list[list[_Line]], str | None]:
    """Pages without running heads and feet, page numbers and what browsers print there; and the address among it."""
    address: str | None = None
    shapes: Counter[tuple[str, int]] = Counter()
    margins = [_margin_lines(page) for page in pages]
    for margin in margins:
        shapes.update({_shape(line) for line in margin})
    result: list[list[_Line]] = []
    for page, margin in zip(pages, margins, strict=True):
        dropped: set[int] = set()
        for line in margin:
            head, foot = _PRINTED_HEAD.fullmatch(line.text), _PRINTED_FOOT.fullmatch(line.text)
            repeated = shapes[_shape(line)] >= max(2, (len(pages) + 1) // 2)
            if foot:
                address = address or web_address(foot.group(1))
            if (
                foot
                or (head and head.group(1) in ("", title))
                or repeated
                or (_PAGE_NUMBER.fullmatch(line.text) and len(pages) > 1)
            ):
                dropped.add(id(line))
        result.append([line for line in page if id(line) not in dropped])
    return result, address


def _margin_lines(page: list[_Line]) -> list[_Line]:
    by_height = sorted(page, key=lambda line: line.bottom)
    if len(by_height) <= 2 * _RUNNING_LINES:
        return [*by_height[:1], *by_height[-1:]]
    return [*by_height[:_RUNNING_LINES], *by_height[-_RUNNING_LINES:]]


def _shape(line: _Line) -> tuple[str, int]:
    """What a running head has in common on all pages: its text but for numbers, and its height on the page."""
    return re.sub(r"\d+", "#", line.text), round(line.bottom / line.height)


def join_lines(lines: Sequence[_Line]) -> str:
    """Visual lines in reading order as paragraphs, one a line: Chinese joins without a blank, Latin with one."""
    if not lines:
        return ""
    usual = _usual_distances(lines)
    columns = _columns(lines)
    paragraphs = [lines[0].text]
    for (line, column), (following, _) in itertools.pairwise(zip(lines, columns, strict=True)):
        if _continues(line, following, column, usual.get(line.page)):
            paragraphs[-1] = _join(paragraphs[-1], following.text)
        else:
            paragraphs.append(following.text)
    return "\n".join(paragraph.translate(dict.fromkeys(map(ord, _HYPHENS))) for paragraph in paragraphs)


def _continues(line: _Line, following: _Line, column: tuple[float, float], usual: float | None) -> bool:
    """Whether the paragraph goes on in the next line."""
    height = line.height
    if abs(following.height - height) > _SAME_SIZE * height:
        return False
    if line.right + _first_unit(following.text) * height <= column[1] - _SLACK * height:
        return False  # there was room left: the writer ended the line
    same_page = following.page == line.page
    if same_page and following.first_bottom < line.bottom:  # below, not the next column
        gap = line.bottom - following.first_bottom
        if usual and gap > _WIDE_GAP * usual:
            return False
        if abs(following.left - line.left) < _SAME_COLUMN * height and following.left > line.left + _INDENT * height:
            return False
        return not (following.left > column[0] + _INDENT * height and _SENTENCE_END.search(line.text))
    return not _SENTENCE_END.search(line.text)


def _columns(lines: Sequence[_Line]) -> list[tuple[float, float]]:
    """Left and right edge of each line's column: those of the lines of its page that begin about where it does.

    Where a page has lines across and columns below, lines with another one beside them are a kind of their own.
    """
    groups: dict[tuple[int, bool], list[_Line]] = {}
    kinds = [(line.page, beside) for line, beside in zip(lines, _has_lines_beside(lines), strict=True)]
    for line, kind in zip(lines, kinds, strict=True):
        groups.setdefault(kind, []).append(line)
    edges: list[tuple[float, float]] = []
    for line, kind in zip(lines, kinds, strict=True):
        if len(groups[kind]) > _MOST_LINES:
            edges.append((line.left, line.right))
            continue
        peers = [
            peer
            for peer in groups[kind]
            if abs(peer.left - line.left) < _SAME_COLUMN * line.height
            and abs(peer.height - line.height) <= _SAME_SIZE * line.height
        ]
        edges.append((min(peer.left for peer in peers), max(peer.right for peer in peers)))
    return edges


def _has_lines_beside(lines: Sequence[_Line]) -> list[bool]:
    """Whether another line of the page stands to the right of each, at its height."""
    by_page: dict[int, list[_Line]] = {}
    for line in lines:
        by_page.setdefault(line.page, []).append(line)
    return [
        len(by_page[line.page]) <= _MOST_LINES
        and any(
            other.left > line.right and abs(other.bottom - line.bottom) < line.height / 2
            for other in by_page[line.page]
        )
        for line in lines
    ]


def _usual_distances(lines: Sequence[_Line]) -> dict[int, float]:
    """The median distance between lines that follow each other downwards, by page."""
    distances: dict[int, list[float]] = {}
    for line, following in itertools.pairwise(lines):
        gap = line.bottom - following.first_bottom
        if line.page == following.page and 0 < gap < 4 * line.height:
            distances.setdefault(line.page, []).append(gap)
    return {page: statistics.median(gaps) for page, gaps in distances.items()}


def _first_unit(text: str) -> float:
    """Width, in character heights, of what must stand together at the head of a line: a character, or a Latin word."""
    found = re.match(r"[\x21-\u024f]+", text)
    unit = found.group() if found else re.match(r".[，。、；：？！”’）》」』…]*", text).group()  # type: ignore[union-attr]
    return _width(unit) / 2


def _width(text: str) -> int:
    return sum(2 if _is_wide(char) else 1 for char in text)


def _is_wide(char: str) -> bool:
    return unicodedata.east_asian_width(char) in "WF" or char in "“”‘’—…·"


def _join(paragraph: str, following: str) -> str:
    if paragraph.endswith(_HYPHENS):
        return paragraph[:-1] + following
    if re.search(r"[a-z]-$", paragraph) and following[:1].islower():
        return paragraph[:-1] + following
    if _is_wide(paragraph[-1]) or _is_wide(following[0]):
        return paragraph + following
    return f"{paragraph} {following}"
