"""The statements file: what is written is read, in whatever order; bad lines are named and lose nothing."""

import gzip
import io
import json
import random
import subprocess
import sys
import tracemalloc

import pytest

from kg.errors import InputError, TriplesError
from kg.load.base import open_store
from kg.load.triples import read_triples, write_triples
from kg.model import Article, Extraction
from kg.ontology import load_ontology
from kg.resolve import resolve

GOOD = {
    "doc": "a",
    "head": {"name": "小红书", "type": "Platform", "aliases": ["RED"]},
    "relation": "PARTNERS_WITH",
    "tail": {"name": "京东", "type": "Platform", "aliases": []},
    "status": "actual",
    "time": "2025-05",
    "evidence": {"start": 3, "end": 7, "text": "达成合作"},
    "confidence": 0.9,
}


def save(path, *lines):
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines), "utf-8")
    return path


def change(**values):
    return {key: value for key, value in {**GOOD, **values}.items() if value is not ...}


def test_what_is_written_with_entities_is_read_back(corpus, tmp_path):
    path = tmp_path / "t.jsonl"
    with path.open("w", encoding="utf-8") as file:
        assert write_triples(corpus, file, entities=True) == 8
    again = list(read_triples(path))
    assert again[0] == corpus[0]
    assert [e.article for e in again] == [e.article for e in corpus]
    assert resolve(again, load_ontology()).facts == resolve(corpus, load_ontology()).facts


def test_reprints_are_known_from_the_file_too(tmp_path):
    text = "5月7日，小红书与京东达成战略合作，双方将打通商品与笔记，推出面向品牌的联合计划，首批商家六月上线。" * 3
    one, other = (Article(doc, text, date=f"2025-05-0{day}").info() for doc, day in (("a", 8), ("b", 9)))
    with (tmp_path / "t.jsonl").open("w", encoding="utf-8") as file:
        write_triples([Extraction(one), Extraction(other)], file, entities=True)
    assert [e.article.sketch for e in read_triples(tmp_path / "t.jsonl")] == [one.sketch, other.sketch]
    assert dict(resolve(read_triples(tmp_path / "t.jsonl"), load_ontology()).reprints) == {"b": "a"}


def test_without_entities_only_statements_are_written_in_the_documented_form(corpus):
    file = io.StringIO()
    write_triples(corpus[:1], file)
    rows = [json.loads(line) for line in file.getvalue().splitlines()]
    assert len(rows) == 3
    assert list(rows[0]) == ["doc", "head", "relation", "tail", "status", "time", "evidence", "confidence"]
    assert rows[0]["head"] == {"name": "小红书", "type": "Platform", "aliases": ["RED", "红薯"]}
    assert rows[0]["evidence"] == {"start": 10, "end": 16, "text": "达成战略合作"}
    assert rows[1]["time"] is None


def test_scattered_lines_give_the_same_graph(corpus, tmp_path):
    file = io.StringIO()
    write_triples(corpus, file, entities=True)
    lines = file.getvalue().splitlines()
    with open_store("memory:") as store:
        store.write(read_triples(save(tmp_path / "t.jsonl", *lines)))
        once = store.resolution()
    random.Random(9).shuffle(lines)
    with open_store("memory:") as store:
        store.write(read_triples(save(tmp_path / "t.jsonl", *lines)))
        assert store.resolution() == once


def test_optional_keys_may_be_missing_and_unknown_ones_are_ignored(tmp_path):
    row = {
        **change(time=..., head={"name": "小红书", "type": "Platform"}),
        "model": "x",
        "evidence": {"start": -1, "end": -1, "text": "题"},
    }
    [extraction] = read_triples(
        save(tmp_path / "t.jsonl", row, {"doc": "a", "article": {}}, {"doc": "a", "entity": row["head"]})
    )
    [statement] = extraction.statements
    assert (statement.time, statement.head.aliases, statement.evidence.start) == (None, (), -1)
    assert (extraction.article.title, extraction.article.date, extraction.article.hash) == ("", None, "")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not a JSON object"),
        ("[" * 50_000, "not a JSON object"),
        ("3", "a JSON object was expected, not a whole number"),
        ("null", "a JSON object was expected, not null"),
        ({"doc": "a"}, 'one of "relation", "entity" or "article"'),
        (change(doc=...), '"doc" is missing'),
        (change(doc=7), '"doc" is a whole number; a string was expected'),
        (change(doc=""), '"doc" is empty'),
        (change(head="小红书"), '"head" is a string; an object'),
        (change(head={"name": " ", "type": "Platform"}), "\"name\" of head is ' '"),
        (change(head={"name": "x", "type": "Shop"}), "unknown entity type 'Shop'; the ontology has Platform"),
        (change(tail={"name": "x", "type": "Platform", "aliases": [1]}), '"aliases" of tail'),
        (change(relation="LIKES"), "unknown relation LIKES"),
        (change(relation="WORKS_FOR"), "WORKS_FOR may not start at Platform"),
        (change(status="maybe"), "unknown status maybe"),
        (change(status=None), '"status" is missing'),
        (change(time="去年"), "\"time\" is '去年'"),
        (change(time="2025-02-30"), '"time" is'),
        (change(confidence=1.5), "a number from 0 to 1"),
        (change(confidence=True), "a number from 0 to 1"),
        (json.dumps(GOOD).replace("0.9", "NaN"), "a number from 0 to 1"),
        (change(evidence={"start": 9, "end": 3, "text": ""}), "no stretch of text"),
        (change(evidence={"start": -1, "end": 3, "text": ""}), "no stretch of text"),
        (change(evidence={"start": 1.0, "end": 3, "text": ""}), '"start" is a number; a whole number'),
        (change(evidence={"start": 1, "end": 3}), '"text" is missing'),
        ({"doc": "a", "entity": {"name": "x", "type": "Platform", "count": -1}}, '"count" of entity'),
        (
            {"doc": "a", "entity": {"name": "x", "type": "Platform", "count": 10**49}},
            '"count" is a number of 50 digits',
        ),
        ({"doc": "a", "article": {"date": "tomorrow"}}, "\"date\" is 'tomorrow'"),
        ({"doc": "a", "article": []}, '"article" is a list; an object'),
    ],
)
def test_a_bad_line_is_named_and_loses_no_good_one(tmp_path, line, reason):
    path = save(tmp_path / "t.jsonl", GOOD, "", line, change(doc="b"))
    errors = []
    extractions = list(read_triples(path, on_error=errors.append))
    assert [(e.article.id, len(e.statements)) for e in extractions] == [("a", 1), ("b", 1)]
    [error] = errors
    assert isinstance(error, TriplesError)
    assert error.source == f"{path}:3"
    assert reason in str(error)
    assert len(str(error)) < 1000
    with pytest.raises(TriplesError, match=r"t\.jsonl:3"):
        list(read_triples(path))


def test_a_line_that_is_not_utf8_is_named_as_such(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_bytes(json.dumps(GOOD, ensure_ascii=False).encode("gb18030") + b"\n" + json.dumps(GOOD).encode() + b"\n")
    errors = []
    assert len(list(read_triples(path, on_error=errors.append))) == 1
    assert "save the file as UTF-8" in str(errors[0])


def test_a_byte_order_mark_windows_lines_gz_and_standard_input_are_read(tmp_path):
    data = b"\xef\xbb\xbf" + json.dumps(GOOD).encode() + b"\r\n\r\n"
    (tmp_path / "bom.jsonl").write_bytes(data)
    (tmp_path / "t.jsonl.gz").write_bytes(gzip.compress(data))
    assert list(read_triples(tmp_path / "bom.jsonl")) == list(read_triples(str(tmp_path / "t.jsonl.gz"))) != []
    code = "from kg.load.triples import read_triples; print(len(list(read_triples('-'))))"
    done = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=True)
    assert done.stdout.split() == [b"1"]


def test_a_file_that_cannot_be_read_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match=r"missing\.jsonl: .*No such file"):
        list(read_triples(tmp_path / "missing.jsonl"))
    cut = tmp_path / "cut.gz"
    cut.write_bytes(gzip.compress(json.dumps(GOOD).encode() * 100)[:-20])
    with pytest.raises(InputError, match="damaged or not gzip"):
        list(read_triples(cut))
    assert list(read_triples(save(tmp_path / "empty.jsonl"))) == []


def test_damage_within_packed_statements_is_an_input_error(tmp_path):
    packed = bytearray(gzip.compress(json.dumps(GOOD).encode() * 100))
    path = tmp_path / "t.jsonl.GZ"
    for place in range(10, len(packed) - 1):
        damaged = packed.copy()
        damaged[place] ^= 0xFF
        path.write_bytes(damaged)
        with pytest.raises(InputError, match=r"t\.jsonl\.GZ:"):
            list(read_triples(path))
    path.write_bytes(b"no gzip at all")
    with pytest.raises(InputError, match="damaged or not gzip"):
        list(read_triples(path))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\n" * (50 * 2**20), "inflates to more than"),
        (b"0" * (50 * 2**20), "a line of more than 16 MB"),
    ],
    ids=["blank lines", "one line"],
)
def test_packed_statements_that_inflate_without_bounds_are_stopped(tmp_path, content, reason):
    path = tmp_path / "t.jsonl.gz"
    path.write_bytes(gzip.compress(content, 9))
    with pytest.raises(InputError, match=reason):
        list(read_triples(path))


def test_one_statement_written_again_and_again_is_no_bomb(tmp_path):
    path = tmp_path / "t.jsonl.gz"
    path.write_bytes(gzip.compress((json.dumps(GOOD) + "\n").encode() * 40_000, 9))
    [extraction] = read_triples(path)
    assert len(extraction.statements) == 40_000


def test_a_file_of_something_else_is_given_up_early(tmp_path):
    path = save(tmp_path / "t.jsonl", *["so it goes"] * 10_000)
    errors = []
    with pytest.raises(InputError, match="none of the first 100 lines"):
        list(read_triples(path, on_error=errors.append))
    assert len(errors) == 100


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//news.example/a", "http:alert(1)"])
def test_an_address_that_is_no_link_is_left_out(tmp_path, url):
    [extraction] = read_triples(save(tmp_path / "t.jsonl", {"doc": "a", "article": {"title": "题", "url": url}}))
    assert (extraction.article.title, extraction.article.url) == ("题", None)


def test_an_address_that_is_a_link_is_kept(tmp_path):
    [extraction] = read_triples(save(tmp_path / "t.jsonl", {"doc": "a", "article": {"url": "HTTPS://news.example/a"}}))
    assert extraction.article.url == "HTTPS://news.example/a"


def test_perfect_statements_of_the_examples_are_all_taken(examples, shared, tmp_path):
    path = tmp_path / "gold.jsonl"
    subprocess.run(
        [sys.executable, shared / "gold" / "to_triples.py", examples / "gold.jsonl", path, "--local"], check=True
    )
    extractions = list(read_triples(path))
    assert len(extractions) == 14
    wanted = sum(
        len(json.loads(line)["relations"]) for line in (examples / "gold.jsonl").read_text("utf-8").splitlines()
    )
    assert sum(len(e.statements) for e in extractions) == wanted


def test_bad_lines_of_scattered_articles_are_named_with_their_place(tmp_path):
    bad = change(relation="BEFRIENDS")
    lines = [GOOD, "", bad, "{half", change(doc="b"), GOOD, "  ", change(status="over"), change(doc="b", time="soon")]
    path = save(tmp_path / "t.jsonl", *lines)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    errors: list[TriplesError] = []
    found = list(read_triples(path, on_error=errors.append))
    assert [(e.article.id, len(e.statements)) for e in found] == [("a", 2), ("b", 1)]
    assert sorted(error.source for error in errors) == [f"{path}:{number}" for number in (3, 4, 8, 9)]


@pytest.mark.parametrize("scattered", [False, True])
def test_memory_is_for_an_article_not_for_the_file(tmp_path, scattered):
    rows = [change(doc=f"a{number // 10}", time=f"20{number % 90 + 10}") for number in range(20_000)]
    if scattered:
        random.Random(5).shuffle(rows)
    path = save(tmp_path / "t.jsonl", *rows)
    tracemalloc.start()
    try:
        assert sum(len(extraction.statements) for extraction in read_triples(path)) == 20_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < path.stat().st_size / 4
