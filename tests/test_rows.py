"""Rows as people and programs read them."""

import csv
import io
import json

from kg.rows import write_rows

ROWS = [{"=name": "=1+1", "n": -5, "list": ["=a"], "none": None}, {"=name": "常规", "n": 2.5, "list": [], "none": "-x"}]


def write(format_: str, *, bom: bool = False) -> str:
    out = io.StringIO()
    write_rows(ROWS, out, format=format_, bom=bom)
    return out.getvalue()


def test_csv_for_excel_has_a_mark_and_no_formula_and_numbers_stay():
    text = write("csv", bom=True)
    assert text.startswith("\ufeff")
    assert list(csv.reader(io.StringIO(text[1:]))) == [
        ["'=name", "n", "list", "none"],
        ["'=1+1", "-5", '["=a"]', ""],
        ["常规", "2.5", "[]", "'-x"],
    ]


def test_csv_for_programs_is_what_the_store_says():
    assert list(csv.reader(io.StringIO(write("csv"))))[1] == ["=1+1", "-5", '["=a"]', ""]
    assert json.loads(write("json")) == ROWS
