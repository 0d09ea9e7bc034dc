"""A tenth of bench/fuzz.py: a thousand files spoilt by a seeded mutator, and what Hypothesis makes of the readers of bytes."""

import gzip
import io
import json
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg.errors import InputError, KGError
from kg.extract.articles import read_articles
from kg.extract.page import read_page
from kg.extract.pdf import read_pdf
from kg.extract.word import read_docx
from kg.load.triples import read_triples
from tests.extract.made_pdf import layout, make_pdf
from tests.fuzzing import GOOD_ROW, GOOD_TEXT, HOSTILE, make_file, read_seeds, run

FILES, CHUNKS = 1000, 8
FIRST = 2_000_000  # other files than those of the bench, whose numbers begin at 0


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_spoilt_files_cost_nothing_but_themselves(chunk):
    count = FILES // CHUNKS
    outcome = run(FIRST + chunk * count, count)
    assert outcome.faults == {}
    assert outcome.files == count


def test_the_same_number_is_the_same_file_and_others_are_others():
    seeds = read_seeds()
    files = [make_file(number, seeds) for number in range(50)]
    assert files == [make_file(number, seeds) for number in range(50)]
    assert len({file.data for file in files}) > 45


def test_a_crash_and_a_fault_are_told_with_their_number(monkeypatch, tmp_path):
    """What watches must see something: a worker that dies at one file, and finds fault with another."""
    worker = tmp_path / "python"
    worker.write_text(
        "#!/bin/sh\n"
        'first=$4; echo "$first begins"\n'
        'if [ "$first" = 7 ]; then echo gone >&2; exit 11; fi\n'
        'echo "$first 0.5 100 a fault of it"\n'
    )
    worker.chmod(0o755)
    monkeypatch.setattr("tests.fuzzing.sys.executable", str(worker))
    outcome = run(6, 3)
    assert outcome.files == 3
    assert sorted(outcome.faults) == [6, 7, 8]
    assert outcome.faults[6] == "a fault of it"
    assert "ended the process (11): gone" in outcome.faults[7]


def read_folder(folder, name, data):
    """Texts by id and errors of a folder with this file between two good ones."""
    (folder / "a-good.txt").write_text(GOOD_TEXT, encoding="utf-8")
    (folder / name).write_bytes(data)
    (folder / "z-rows.jsonl").write_text(json.dumps(GOOD_ROW, ensure_ascii=False) + "\n", encoding="utf-8")
    errors: list[KGError] = []
    texts = {article.id: article.text for article in read_articles(folder, on_error=errors.append)}
    assert texts.pop("a-good") == texts.pop("good-row") == GOOD_TEXT
    return texts, errors


BYTES = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.lists(st.sampled_from(HOSTILE), max_size=8).map(lambda names: GOOD_TEXT.join(names).encode("utf-8", "surrogatepass")),
)  # fmt: skip


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(["m.txt", "m.html", "m.jsonl", "m.csv", "m.pdf", "m.docx", "m.txt.gz"]), data=BYTES)
def test_any_bytes_are_an_article_or_an_error_in_a_sentence(tmp_path, name, data):
    for old in tmp_path.iterdir():
        old.unlink()
    _, errors = read_folder(tmp_path, name, data)
    assert all(isinstance(error, InputError) and str(error).isprintable() for error in errors)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(HOSTILE),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["text", "id", "date", "title", "正文", "url", "x"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(JSON, min_size=1, max_size=5))
def test_any_json_beside_a_good_row_leaves_it_whole(tmp_path, rows):
    lines = [json.dumps({"id": "best", "text": GOOD_TEXT}), *map(json.dumps, rows)]
    texts, _ = read_folder(tmp_path, "m.jsonl", "\n".join(lines).encode())
    assert texts["best"] == GOOD_TEXT


FIELDS = ("doc", "head", "relation", "tail", "status", "time", "evidence", "confidence", "article", "entity")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.dictionaries(st.sampled_from(FIELDS), JSON | st.just("actual"), max_size=9), max_size=5))
def test_any_json_beside_a_good_statement_leaves_it_whole(tmp_path, rows):
    end = {"name": "京东", "type": "Platform"}
    good = {"doc": "good", "head": end, "relation": "OWNS", "tail": {**end, "name": "京东物流"}, "status": "actual", "confidence": 1,
            "evidence": {"start": 0, "end": 2, "text": "京东"}}  # fmt: skip
    (tmp_path / "s.jsonl").write_text("\n".join(map(json.dumps, [*rows, good])), encoding="utf-8")
    errors: list[KGError] = []
    found = {e.article.id: e for e in read_triples(tmp_path / "s.jsonl", on_error=errors.append)}
    assert found["good"].statements[0].tail.name == "京东物流"


def timed(read):
    """Seconds of the processor, and the error if there was one."""
    begin = time.process_time()
    try:
        read()
    except InputError as exc:
        return time.process_time() - begin, exc
    return time.process_time() - begin, None


@pytest.mark.parametrize("tag", ["div", "b", "table", "ul", "a", "font", "span", "p", "td", "blockquote", "svg"])
def test_a_page_ten_thousand_levels_deep_is_read_or_refused(tag):
    page = f"<html><body>{f'<{tag}>' * 10_000}{GOOD_TEXT}{f'</{tag}>' * 10_000}<p>{GOOD_TEXT * 3}</p></body></html>"
    seconds, _ = timed(lambda: read_page(page.encode(), source="a.html"))
    assert seconds < 10


def test_many_pages_in_one_file_nested_by_an_odd_tag_are_read_or_refused():
    """Each stands within the one before; XPath, which sorts what it finds, took time by the square for them."""
    menu = "<TABLE><TR><TD><A href=/>首页</A></TD><TD><A href=/>新闻</A></TD></TR></TABLE>"
    page = f"<HTML><BODY><H1>青禾超市与云仓科技签约</H1>{menu}<TABLE嫒ㄋ | 关于本站</FONT></CENTER></BODY></HTML>\n"
    seconds, _ = timed(lambda: read_page((page * 6_000).encode(), source="a.html"))
    assert seconds < 10


def test_a_document_with_entities_is_not_blown_up(tmp_path):
    names = [
        f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "京东"}">' for n in range(10)
    ]  # 10^9 names, if anybody wrote them out
    whole = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(read_seeds()[".docx"][0])) as old, zipfile.ZipFile(whole, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "word/document.xml":
                data = data.replace(b"?>", f"?><!DOCTYPE d [{''.join(names)}]>".encode(), 1).replace(
                    "小红书".encode(), b"&e9;"
                )
            new.writestr(name, data)
    seconds, _ = timed(lambda: read_docx(whole.getvalue(), source="a.docx", most_characters=1_000_000))
    assert seconds < 10


def test_a_document_that_names_a_file_outside_does_not_hold_it(tmp_path):
    (tmp_path / "outside.txt").write_text("金丝雀", encoding="utf-8")
    whole = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(read_seeds()[".docx"][0])) as old, zipfile.ZipFile(whole, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "word/document.xml":
                outside = f'?><!DOCTYPE d [<!ENTITY x SYSTEM "{(tmp_path / "outside.txt").as_uri()}">]>'
                data = data.replace(b"?>", outside.encode(), 1).replace("小红书".encode(), b"&x;")
            new.writestr(name, data)
    try:
        text, _ = read_docx(whole.getvalue(), source="a.docx", most_characters=1_000_000)
    except InputError:
        return
    assert "金丝雀" not in text


def test_a_pdf_whose_pages_stand_in_a_circle_is_read_or_refused():
    data = make_pdf([layout(GOOD_TEXT * 4)])
    assert b"/Kids [10 0 R]" in data
    for kid in (b"2 0 R", b"10 0 R 2 0 R", b"1 0 R"):
        circle = data.replace(b"/Kids [10 0 R]", b"/Kids [%s]" % kid)
        seconds, _ = timed(lambda circle=circle: read_pdf(circle, source="a.pdf", most_characters=1_000_000))
        assert seconds < 10


@pytest.mark.parametrize("ending", ["txt.gz", "jsonl.gz", "html.gz", "pdf.gz", "docx.gz", "csv.gz"])
def test_an_archive_that_inflates_costs_itself_alone(tmp_path, ending):
    data = gzip.compress(GOOD_TEXT.encode() + b" " * 20_000_000, 1)
    texts, errors = read_folder(tmp_path, f"m.{ending}", data)
    assert texts == {}
    assert len(errors) == 1
    assert "inflates to more than" in str(errors[0])


def test_one_broken_line_among_many_is_one_article_less(tmp_path):
    rows = [
        json.dumps({"id": str(number), "text": "小红书与京东合作。"}, ensure_ascii=False) for number in range(20_000)
    ]
    rows[12_345] = rows[12_345][:-3]
    texts, errors = read_folder(tmp_path, "m.jsonl", "\n".join(rows).encode())
    assert len(texts) == len(rows) - 1
    assert [error.source for error in errors] == [f"{tmp_path / 'm.jsonl'}:12346"]


def test_names_of_files_lead_nowhere_else(tmp_path):
    """A name is shown with what it has, and stays in its folder."""
    for name in (
        "x..%2f..%2fx.txt",
        "=cmd.txt",
        "<script>.txt",
        "a\nb.txt",
        "$(touch x).txt",
        "`touch x`.txt",
        "\u202etxt.txt",
        "é" * 80 + ".txt",
    ):
        (tmp_path / name).write_text(GOOD_TEXT + name, encoding="utf-8")
    before = sorted(Path(tmp_path).iterdir())
    assert len(list(read_articles(tmp_path))) == 8
    assert sorted(Path(tmp_path).iterdir()) == before
