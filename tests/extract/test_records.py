import io
import json

import pytest

from kg.errors import InputError
from kg.extract import records
from kg.extract.records import looks_like_json_lines, looks_like_table, read_json_lines, read_table

ROWS = [
    {"id": "a", "title": "甲与乙合作", "date": "2025-05-07", "text": "甲公司与乙公司签署合作协议。"},
    {"id": "b", "title": "丙收购丁", "date": "2025-05-08", "text": "丙公司宣布收购丁公司全部股权。"},
]
TABLE = "id,title,date,text\na,甲与乙合作,2025-05-07,甲公司与乙公司签署合作协议。\nb,丙收购丁,2025-05-08,丙公司宣布收购丁公司全部股权。\n"


def lines_of(data):
    errors = []
    stream = io.BufferedReader(io.BytesIO(data))
    return list(read_json_lines(stream, label="f", on_error=errors.append)), errors


def table_of(data):
    errors = []
    stream = io.BufferedReader(io.BytesIO(data))
    return list(read_table(stream, label="f", on_error=errors.append)), errors


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_json_lines_are_read_in_every_encoding(encoding, end):
    data = end.join(json.dumps(row, ensure_ascii=False) for row in ROWS).encode(encoding)
    found, errors = lines_of(data)
    assert [record.fields for record in found] == ROWS
    assert [record.line for record in found] == [1, 2]
    assert errors == []


def test_bad_rows_are_said_with_their_line_and_the_rest_goes_on():
    good = json.dumps(ROWS[0])
    data = f'{good}\n\n{{"text": \n[1]\n"x"\n{good}\n{{"a": {"[" * 100_000}\n{good}'.encode()
    found, errors = lines_of(data)
    assert [record.line for record in found] == [1, 6, 8]
    assert [error.source for error in errors] == ["f:3", "f:4", "f:5", "f:7"]


def test_lines_of_another_encoding_within_a_file_are_read():
    lines = [json.dumps(row, ensure_ascii=False) for row in ROWS]
    found, errors = lines_of(lines[0].encode() + b"\n" + lines[1].encode("gb18030"))
    assert [record.fields for record in found] == ROWS
    assert errors == []


@pytest.mark.parametrize("data", [json.dumps(ROWS), json.dumps(ROWS, indent=2), json.dumps(ROWS[0], indent=2)])
def test_a_json_document_is_refused_as_a_whole_with_the_way_out(data):
    with pytest.raises(InputError, match="one object a line"):
        lines_of(data.encode())


@pytest.mark.parametrize("size", [10, 100])
def test_a_line_beyond_the_bound_is_passed_over(monkeypatch, size):
    monkeypatch.setattr(records, "MAX_LINE_BYTES", 400)
    good = json.dumps(ROWS[0]).encode()
    found, errors = lines_of(good + b"\n" + b'{"text": "' + b"a" * 40 * size + b'"}\n' + good)
    assert [record.line for record in found] == [1, 3]
    assert (errors[0].source, "split it" in errors[0].reason) == ("f:2", True)


def test_raw_control_characters_within_a_string_are_taken():
    found, errors = lines_of('{"text": "甲\t乙"}'.encode())
    assert found[0].fields == {"text": "甲\t乙"}
    assert errors == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_tables_are_read_in_every_encoding_and_with_every_delimiter(encoding, delimiter, end):
    found, errors = table_of(TABLE.replace(",", delimiter).replace("\n", end).encode(encoding))
    assert [record.fields for record in found] == ROWS
    assert [record.line for record in found] == [2, 3]
    assert errors == []


def test_quoted_cells_hold_delimiters_quotes_and_line_ends():
    found, errors = table_of('标题,正文\r\n"甲, 乙","第一行\r\n他说：""好""。"\r\n丙,丁\r\n'.encode())
    assert [record.fields for record in found] == [
        {"标题": "甲, 乙", "正文": '第一行\r\n他说："好"。'},
        {"标题": "丙", "正文": "丁"},
    ]
    assert [record.line for record in found] == [2, 4]
    assert errors == []


def test_excels_note_blank_rows_and_blank_columns_are_passed_over():
    found, errors = table_of("sep=;\nTitle;Text;\n;;\n甲;乙;\n\n".encode())
    assert [{k: v for k, v in record.fields.items() if k} for record in found] == [{"title": "甲", "text": "乙"}]
    assert errors == []


def test_rows_of_another_width_are_said():
    found, errors = table_of("title,text\n甲,乙,丙\n丁\n戊,己\n".encode())
    assert [error.source for error in errors] == ["f:2"]
    assert [record.fields.get("title") for record in found] == ["丁", "戊"]


def test_a_quotation_mark_left_open_is_said_and_takes_nothing_in_silence():
    _, errors = table_of('title,text\n甲,"乙\n丙,丁\n戊,己\n'.encode())
    assert "lines 2 to 4 are lost" in errors[0].reason
    found, errors = table_of('title,text\n甲,"红猫"计划落地\n丙,丁\n'.encode())
    assert [error.source for error in errors] == ["f:2"]
    assert [record.fields["text"] for record in found] == ["丁"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("a,b\n1,2\n", "no column of text"),
        ("just text\n", "no column of text"),
        ("\n\n", "no column of text"),
        ("title,text\r甲,乙\r", "carriage returns"),
        ("", "empty"),
    ],
)
def test_a_file_that_is_no_table_of_articles_is_refused(data, reason):
    with pytest.raises(InputError, match=reason):
        table_of(data.encode())


def test_kinds_are_told_by_the_first_line():
    assert looks_like_json_lines('{"text": "x"}')
    assert not looks_like_json_lines("{ 甲与乙合作 }")
    assert not looks_like_json_lines("[1]")
    assert looks_like_table("标题,日期,正文")
    assert not looks_like_table("正文")
    assert not looks_like_table("甲公司,乙公司与丙公司合作。")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85"])
def test_only_a_line_feed_ends_a_row_in_every_encoding(encoding, separator):
    rows = [{"id": "a", "text": f"甲公司{separator}与乙公司签约。"}, {"id": "b", "text": "丙公司。"}]
    data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode(encoding)
    found, errors = lines_of(data)
    assert errors == []
    assert [record.fields for record in found] == rows
    table = f"id,title,date,text\na,题,2025-05-07,甲公司{separator}与乙公司签约。\n".encode(encoding)
    (record,), errors = table_of(table)
    assert errors == []
    assert record.fields["text"] == f"甲公司{separator}与乙公司签约。"
