"""Rows of a query as people and programs read them: a table, JSON, or CSV."""

import csv
import io
import json
import math
from collections.abc import Sequence
from typing import Any, TextIO

from kg.spreadsheet import disarm
from kg.terminal import printable

FORMATS = ("table", "json", "csv")
BYTE_ORDER_MARK = "\ufeff"  # Excel takes a CSV file for UTF-8 only where it begins with one
UNBOUNDED = 1_000_000  # columns: a table that is piped is wrapped by nobody

Row = dict[str, Any]


def write_rows(rows: Sequence[Row], file: TextIO, *, format: str, bom: bool = False) -> None:  # noqa: A002
    """Write the rows: as a table fitted to a terminal, a JSON array with one row a line, or CSV with a header.

    `bom` is for Excel, with csv: a byte order mark, and an apostrophe before text that it would run as a formula.
    """
    if bom:
        file.write(BYTE_ORDER_MARK)
        rows = [{str(disarm(name)): disarm(value) for name, value in row.items()} for row in rows]
    {"table": _write_table, "json": _write_json, "csv": _write_csv}[format](rows, file)


def _write_json(rows: Sequence[Row], file: TextIO) -> None:
    lines = (json.dumps(_finite(row), ensure_ascii=False, default=str, allow_nan=False) for row in rows)
    file.write("[" + ",\n ".join(lines) + "]\n")


def _finite(value: Any) -> Any:
    """The value with null for what is no number or without end, for which JSON has no word."""
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _write_csv(rows: Sequence[Row], file: TextIO) -> None:
    writer = csv.writer(file, lineterminator="\n")
    if rows:
        writer.writerow(rows[0])
    writer.writerows([_plain(value) for value in row.values()] for row in rows)


def _write_table(rows: Sequence[Row], file: TextIO) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not rows:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name, value in rows[0].items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        table.add_column(Text(printable(name)), justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(_plain(value))) for value in row.values()))
    if file.isatty():
        Console(file=file, highlight=False).print(table)
        return
    wide = Console(file=io.StringIO(), width=UNBOUNDED, highlight=False)
    with wide.capture() as captured:
        wide.print(table)
    file.writelines(line.rstrip() + "\n" for line in captured.get().splitlines())


def _plain(value: Any) -> str:
    """A cell: text as it is, nothing for null, and JSON for what has parts."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
