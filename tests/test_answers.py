"""The commands that ask: run as people run them, in a process of their own where output matters."""

import csv
import io
import json
import subprocess
import sys
import tomllib

import pytest

from kg.load.base import open_store
from kg.model import ArticleInfo, Evidence, Extraction, NamedEntity, Statement
from kg.table import Table


def says(doc, date, head, relation, tail, status="actual", time=None):
    ends = [NamedEntity(n, "Platform") for n in (head, tail)]
    said = Statement(doc, ends[0], relation, ends[1], status, time, Evidence(0, 4, f"{head}与{tail}"), 0.9)
    return Extraction(ArticleInfo(doc, f"题{doc}", date), tuple(ends), (said,))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    path = tmp_path_factory.mktemp("answers") / "g.json"
    with open_store(path) as store:
        store.write(
            [
                says("a", "2020-01-01", "特神网络", "PARTNERS_WITH", "京东", time="2020"),
                says("b", "2021-01-01", "上海特神文化传播有限公司", "PARTNERS_WITH", "京东", "ended", "2021"),
                says("c", "2021-02-01", "京东", "COMPETES_WITH", "拼多多"),
            ]
        )
    return path


def run(*arguments):
    command = [sys.executable, "-m", "kg", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, encoding="utf-8")


def test_a_diff_is_a_digest_or_rows(place):
    digest = run("diff", "2020-06", "2021-06", "--store", place, "--watch", "京东，拼多多")
    assert digest.returncode == 0
    assert digest.stdout.startswith("# 2020-06 至 2021-06：2 处变化")
    rows = json.loads(run("diff", "2020-06", "2021-06", "--store", place, "--format", "json").stdout)
    assert {row["kind"] for row in rows} == {"reported", "ended"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("explain", "京东"),
        ("review",),
        ("timeline", "京东"),
        ("timeline", "京东", "拼多多"),
        ("partners", "京东"),
        ("rank",),
        ("rivals", "京东"),
        ("brokers",),
        ("camps",),
        ("overlap", "京东"),
        ("paths", "京东", "拼多多"),
        ("likely",),
        ("likely", "--backtest", "2020"),
        ("openness",),
        ("lifespans",),
        ("careers",),
    ],
)
def test_answers_are_csv_with_a_header(place, arguments):
    done = run(*arguments, "--store", place, "--format", "csv")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "" or len(list(csv.reader(io.StringIO(done.stdout)))) > 1


def test_explain_says_why_two_names_are_one(place):
    rows = json.loads(run("explain", "特神网络", "--store", place, "--format", "json").stdout)
    assert rows[0]["reason"] == "Platform; 2 articles"
    assert rows[1]["score"] > 0.75


def test_a_verdict_holds_for_what_is_asked_next(place):
    done = run("review", "--store", place, "--apart", "特神网络=上海特神文化传播有限公司", "--because", "两家公司")
    assert done.returncode == 0
    registry = place.with_suffix(".registry.toml")
    assert "# 两家公司" in registry.read_text(encoding="utf-8")
    rows = json.loads(run("explain", "特神网络", "--store", place, "--format", "json").stdout)
    registry.unlink()
    assert rows[0]["reason"] == "Platform; 1 articles"


def test_a_correction_holds_for_what_is_asked_next_and_for_the_next_build(place):
    triple = ("京东", "COMPETES_WITH", "拼多多")
    asked = ("timeline", "京东", "拼多多", "--store", place, "--format", "json")
    before = json.loads(run(*asked).stdout)
    arguments = ("--to", "status=rumored", "--to", "time=2019-05", "--because", '只是"传闻"')
    done = run("review", "--store", place, "--correct", *triple, *arguments)
    registry = place.with_suffix(".registry.toml")
    try:
        assert (done.returncode, done.stdout) == (0, "")
        rows = json.loads(run(*asked).stdout)
        assert {(row["status"], row["time"]) for row in rows} == {("rumored", "2019-05")}
        assert {row["evidence"] for row in rows} <= {row["evidence"] for row in before}
        again = run("review", "--store", place, "--correct", *triple, "--to", "status=perhaps")
        assert (again.returncode, "no status" in again.stderr) == (1, True), (
            "a wrong correction leaves the file as it was"
        )
        assert json.loads(run(*asked).stdout) == rows
    finally:
        registry.unlink()
    assert json.loads(run(*asked).stdout) == before


@pytest.mark.parametrize(
    ("verdict", "says"),
    [
        (("--reject", "京东", "PARTNERS_WITH", "特神网络"), ""),
        (("--same", "京东=拼多多"), ""),
        (("--same", "京东=京冬"), "no entity is named '京冬'"),
        (("--apart", "京東=拼多多"), "did you mean 京东?"),
        (("--reject", "京东", "OWNS", "拼多多"), "no article says 京东 OWNS 拼多多; they say"),
        (("--reject", "特神网络", "OWNS", "拼多多"), "nor anything of the two"),
        (("--reject", "京东", "COMPETES_WITH", "拼多多", "--article", "x"), "article 'x' does not say so; these do: c"),
        (("--correct", "京东", "COMPETES_WITH", "拼多多", "--to", "tail=无此"), "no entity is named '无此'"),
    ],
)
def test_a_verdict_that_meets_nothing_is_written_and_said(place, verdict, says):
    done = run("review", "--store", place, *verdict)
    registry = place.with_suffix(".registry.toml")
    assert done.returncode == 0
    registry.unlink()
    assert ("Nothing in" in done.stderr, says in done.stderr) == (bool(says), True)


def test_a_verdict_on_what_another_has_rejected_meets_it(place):
    registry = place.with_suffix(".registry.toml")
    for _ in range(2):
        done = run("review", "--store", place, "--reject", "京东", "COMPETES_WITH", "拼多多")
        assert "Nothing in" not in done.stderr
    registry.unlink()


def test_a_verdict_names_relations_as_the_page_shows_them_too(place):
    registry = place.with_suffix(".registry.toml")
    done = run("review", "--store", place, "--correct", "京东", "竞争", "拼多多", "--to", "relation=合作")
    written = tomllib.loads(registry.read_text("utf-8"))["verdict"]
    registry.unlink()
    assert "Nothing in" not in done.stderr
    assert (written[0]["relation"], written[0]["becomes"]) == ("COMPETES_WITH", {"relation": "PARTNERS_WITH"})
    refused = run("review", "--store", place, "--reject", "京东", "结盟", "拼多多")
    assert (refused.returncode, "unknown relation '结盟'" in refused.stderr) == (1, True)
    assert not registry.exists()


def test_a_verdict_for_a_store_that_is_not_there_is_not_written(tmp_path):
    done = run("review", "--store", tmp_path / "misspelt.kgl", "--same", "京东=拼多多")
    assert done.returncode == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("review", "--correct", "a", "OWNS", "b"), "--to status=planned"),
        (("review", "--to", "status=planned"), "--correct HEAD RELATION TAIL"),
        (("review", "--correct", "a", "OWNS", "b", "--to", "planned"), "KEY=VALUE"),
        (("review", "--same", "a=b", "--article", "x"), "--reject or --correct"),
        (("explain", "无此"), "no entity is named '无此'"),
        (("diff", "2021", "2020"), "earlier day first"),
        (("rank", "--format", "xml"), "table, json, csv"),
        (("review", "--same", "京东"), "A=B"),
        (("review", "--same", "a=b", "--apart", "a=b"), "one thing at a time"),
        (("rank", "--on", "bald"), "no day"),
        (("likely", "京东", "--backtest", "2020"), "leave the name out"),
    ],
)
def test_wrong_usage_is_a_sentence_and_status_two(place, arguments, says):
    done = run(*arguments, "--store", place)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_table_without_rows_knows_its_columns():
    assert Table(columns=("a", "b")).columns == ("a", "b")
    assert Table([{"x": 1}]).columns == ("x",)
