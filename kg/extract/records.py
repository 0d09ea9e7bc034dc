"""JSON lines and tables -> one record an article, line by line, so that memory does not grow with the file.

A bad row is reported with its line and the rest goes on; what spoils the whole file (damage, no header) ends it.
"""

import codecs
import contextlib
import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final

from kg.errors import InputError
from kg.extract.decoding import decode, detect
from kg.extract.publication import FIELD_NAMES, field

# The longest row: an article of the greatest length taken (a million characters) with every character escaped (\uXXXX,
# up to 12 bytes) and its annotations beside it.
MAX_LINE_BYTES: Final = 16 * 1024 * 1024
_DETECTION_BYTES: Final = (
    262_144  # enough of a file to tell its encoding; later lines that do not fit are looked at alone
)
_LONGEST_HEADER: Final = 1_000  # characters
_MOST_COLUMNS: Final = 500  # a header of more is not one of articles
_WIDE: Final = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")


@dataclass(frozen=True, slots=True)
class Record:
    """The named fields of one row, and the number of the line (from 1) on which it starts."""

    fields: dict[str, object]
    line: int


def read_json_lines(stream: BinaryIO, *, label: str, on_error: Callable[[InputError], None]) -> Iterator[Record]:
    """One record for each JSON object a line; blank lines are passed over. Rows that are none go to `on_error`."""
    first = True
    for number, line in _read_lines(stream, label, on_error):
        if not line.strip():
            continue
        if first and (line.lstrip().startswith("[") or line.strip() == "{"):
            raise InputError(
                label, "one JSON document, not JSON lines; write one object a line (jq -c '.[]' does that)"
            )
        first = False
        try:
            row = json.loads(line, strict=False)  # raw tabs and line feeds within a string are common, and clear
        except json.JSONDecodeError as exc:
            on_error(
                InputError(
                    f"{label}:{number}", f"not JSON ({exc.msg} at column {exc.colno}); expected one object a line"
                )
            )
            continue
        except (RecursionError, ValueError) as exc:
            on_error(InputError(f"{label}:{number}", f"not JSON of an article ({exc})"))
            continue
        if not isinstance(row, dict):
            on_error(InputError(f"{label}:{number}", 'not a JSON object; expected {"text": …, "title": …, "date": …}'))
            continue
        yield Record({str(key).strip().lower(): value for key, value in row.items()}, number)


def read_table(stream: BinaryIO, *, label: str, on_error: Callable[[InputError], None]) -> Iterator[Record]:
    """One record for each row of a table with a header row, apart by comma, semicolon or tab; cells may be quoted.

    InputError where the header names no column of text. Rows of another width go to `on_error`.
    """
    numbers = _Numbered(_read_lines(stream, label, on_error))
    header: list[str] = []
    rows: Iterator[list[str]] = iter(())
    for line in numbers:
        if line.strip() and not line.strip().lower().startswith("sep="):  # Excel's note on the delimiter
            if "\r" in line.rstrip("\r\n"):
                raise InputError(
                    label, "its lines end in carriage returns alone; save it with Unix or Windows line ends"
                )
            try:
                delimiter, header = find_columns(line)
            except csv.Error as exc:
                raise InputError(label, f"its first row is no header of a table ({exc})") from exc
            # Strict, because otherwise a quotation mark left open takes all that follows into one cell without a word.
            rows = csv.reader(numbers, delimiter=delimiter, strict=True)
            break
    if not any(name in header for name in FIELD_NAMES["text"]):
        raise InputError(
            label,
            "the first row names no column of text; name the columns title, date, text (or 标题, 日期, 正文), also id, source, url",
        )
    csv.field_size_limit(max(csv.field_size_limit(), MAX_LINE_BYTES))
    yield from _table_records(rows, header, numbers, label, on_error)


def _table_records(
    rows: Iterator[list[str]],
    header: list[str],
    numbers: "_Numbered",
    label: str,
    on_error: Callable[[InputError], None],
) -> Iterator[Record]:
    while True:
        numbers.first = 0
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as exc:
            start = numbers.first
            reason = f"not a row of a table ({exc}); double each quotation mark within a quoted cell"
            if numbers.last > start:
                reason += f", or close the one left open (lines {start} to {numbers.last} are lost)"
            on_error(InputError(f"{label}:{start}", reason))
            continue
        start = numbers.first
        if not any(cell.strip() for cell in row):
            continue
        if len(row) > len(header) and any(cell.strip() for cell in row[len(header) :]):
            on_error(
                InputError(
                    f"{label}:{start}",
                    f"{len(row)} cells under {len(header)} columns; quote the cell that holds the delimiter",
                )
            )
            continue
        yield Record(dict(zip(header, row, strict=False)), start)


def find_columns(line: str) -> tuple[str, list[str]]:
    """The delimiter and the column names, in lower case, of a table's first row."""
    delimiter = max((",", ";", "\t"), key=line.count)
    names = next(csv.reader([line], delimiter=delimiter), [])
    return delimiter, [name.strip().lower() for name in names[:_MOST_COLUMNS]]


def looks_like_table(line: str) -> bool:
    """Whether a first line is the header row of a table of articles: more than one column, and one of text."""
    if len(line) > _LONGEST_HEADER or not any(name in line.lower() for name in FIELD_NAMES["text"]):
        return False
    try:
        _, names = find_columns(line)
    except csv.Error:
        return False
    return len(names) > 1 and any(name in names for name in FIELD_NAMES["text"])


def looks_like_json_lines(line: str) -> bool:
    """Whether a first line is a JSON object, so that the file is JSON lines."""
    if not line.lstrip().startswith("{"):
        return False
    try:
        return isinstance(json.loads(line, strict=False), dict)
    except (ValueError, RecursionError):
        return False


class _Numbered:
    """The lines of a file as csv wants them, remembering the number of the last one given out, and of the first one
    since `first` was set to 0."""

    def __init__(self, lines: Iterable[tuple[int, str]]) -> None:
        self._lines = iter(lines)
        self.first = self.last = 0

    def __iter__(self) -> "_Numbered":
        return self

    def __next__(self) -> str:
        self.last, line = next(self._lines)
        self.first = self.first or self.last
        return line


def _read_lines(stream: BinaryIO, label: str, on_error: Callable[[InputError], None]) -> Iterator[tuple[int, str]]:
    """Lines with their number from 1, decoded, with their ends; one of more than MAX_LINE_BYTES goes to `on_error`."""
    buffered = io.BufferedReader(stream, _DETECTION_BYTES) if not isinstance(stream, io.BufferedReader) else stream  # type: ignore[type-var]
    head = buffered.peek(_DETECTION_BYTES)
    if not head:
        raise InputError(label, "empty; nothing to read")
    try:
        encoding = detect(head, source=label)
    except InputError:  # perhaps lines in several encodings; then the first one must be readable
        encoding = detect(head.split(b"\n", 1)[0], source=label)
    if encoding in _WIDE:
        yield from _read_wide_lines(buffered, encoding, label, on_error)
        return
    number = 0
    while line := buffered.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            on_error(_too_long(label, number))
            while line and not line.endswith(b"\n"):
                line = buffered.readline(MAX_LINE_BYTES)
            continue
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        try:
            # Line by line, because files put together from several sources change their encoding on the way.
            text = line.decode(encoding)
        except UnicodeDecodeError:
            try:
                text = decode(line, source=f"{label}:{number}")
            except InputError as exc:
                on_error(exc)
                continue
        yield number, text


def _read_wide_lines(
    stream: BinaryIO, encoding: str, label: str, on_error: Callable[[InputError], None]
) -> Iterator[tuple[int, str]]:
    # Only \n ends a row: codecs' own reader also splits at U+2028 and U+0085, which may stand inside a value.
    reader = io.TextIOWrapper(stream, encoding, "replace", newline="\n")
    number, first = 0, True
    try:
        while text := reader.readline(MAX_LINE_BYTES):
            number += 1
            if first:
                text, first = text.removeprefix("\ufeff"), False
            if len(text) >= MAX_LINE_BYTES:
                on_error(_too_long(label, number))
                return
            yield number, text
    finally:
        # The stream is its opener's to close, who may have done so: what is wrong with a file can end its reading anywhere.
        with contextlib.suppress(ValueError):
            reader.detach()


def _too_long(label: str, number: int) -> InputError:
    return InputError(
        f"{label}:{number}",
        f"a row of more than {MAX_LINE_BYTES // 2**20} MB, which no article is; split it into several",
    )


def text_field(record: Record, *, label: str) -> str:
    """The article's text in a record; InputError names file and line where there is none."""
    value = field(record.fields, "text")
    where = f"{label}:{record.line}"
    if value is None:
        names = ", ".join(list(record.fields)[:6])
        raise InputError(
            where, f'no "text" ({f"it has {names}" if names else "it is empty"}); each row needs the article\'s text'
        )
    if not isinstance(value, str):
        raise InputError(where, f'"text" is {_kind_of(value)}; expected a string')
    if not value.strip():
        raise InputError(where, '"text" is blank; put the headline there if the article has nothing else')
    return value


def id_field(record: Record, *, label: str) -> str | None:
    """The row's own id as text, or None; InputError where it is neither text nor a whole number."""
    value = field(record.fields, "id")
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InputError(f"{label}:{record.line}", f'"id" is {_kind_of(value)}; expected text or a whole number')
    return str(value).strip()


def _kind_of(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", bool: "true or false", int: "a number", float: "a number"}
    return kinds.get(type(value), "no text")
