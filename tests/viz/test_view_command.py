"""`kg view` as a user calls it, and the query that a page hands on, asked of the store it was made from."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.viz.conftest import read_page


@pytest.fixture(scope="module")
def store(run_kg: Any, examples: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("view") / "g.kgl"
    done = run_kg(
        "build",
        examples / "2020-11-26-taobao-links-open.txt",
        examples / "2021-08-03-taobao-links-cut.txt",
        "--store",
        path,
    )
    assert done.returncode == 0, done.stderr
    return path


def data(path: Path) -> dict[str, Any]:
    return read_page(path.read_text(encoding="utf-8"))


def test_a_graph_can_be_narrowed_by_name_relation_and_time(run_kg: Any, store: Path, tmp_path: Path) -> None:
    page = tmp_path / "g.html"
    done = run_kg(
        "view",
        "小红书",
        "--relation",
        "互通",
        "--since",
        "2020",
        "--until",
        "2021",
        "--title",
        "题",
        "--store",
        store,
        "-o",
        page,
    )
    assert done.returncode == 0, done.stderr
    got = data(page)
    assert {fact["relation"] for edge in got["edges"] for fact in edge["facts"]} == {"CONNECTS_TO"}
    assert got["title"] == "题" and got["nodes"][got["focus"][0]]["name"] == "小红书"


def test_a_timeline_is_of_one_or_two(run_kg: Any, store: Path, tmp_path: Path) -> None:
    page = tmp_path / "t.html"
    for names in (["小红书"], ["小红书", "淘宝"]):
        done = run_kg("view", "--kind", "timeline", *names, "--store", store, "-o", page)
        assert done.returncode == 0, done.stderr
        got = data(page)
        assert (got["kind"], got["pair"]) == ("timeline", len(names) == 2)
        assert {got["nodes"][i]["name"] for i in got["focus"]} == set(names)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--kind", "timeline"], "name one entity or two"),
        (["--kind", "timeline", "小红书", "淘宝", "京东"], "3 names"),
        (["--kind", "pie"], "graph or timeline"),
        (["--since", "yesterday"], "2020-05"),
        (["--relation", "MARRIES"], "PARTNERS_WITH"),
        (["小红书", "--around", "淘宝"], "timeline takes two"),
        (["--kind", "timeline", "小红书", "--around", "淘宝"], "leave out --around"),
        (["--kind", "timeline", "小红书", "--max-nodes", "3"], "leave out --around"),
        (["--hops", "2"], "name one with --around"),
        (["--max-nodes", "0"], "--max-nodes"),
        (["--around", "\x1b[31m红"], "\\x1b[31m红"),
        (["--since", "2025-02-31"], "2020-05-31"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    run_kg: Any, store: Path, tmp_path: Path, arguments: list[str], told: str
) -> None:
    page = tmp_path / "g.html"
    done = run_kg("view", *arguments, "--store", store, "-o", page)
    assert done.returncode == 2 and told in done.stderr, done.stderr
    assert not page.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--max-nodes", "9" * 30, "--title", "\x1b]0;x\x07</title><script>", "--relation", "互通"],
        ["--hops", "9" * 15, "小红书", "--title", ""],
    ],
    ids=["numbers and controls", "hops"],
)
def test_what_is_odd_but_can_be_meant_gives_a_page(
    run_kg: Any, store: Path, tmp_path: Path, arguments: list[str]
) -> None:
    page = tmp_path / "g.html"
    done = run_kg("view", *arguments, "--store", store, "-o", page)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stderr
    assert data(page)["kind"] == "graph"


def test_the_query_of_a_page_finds_the_same_facts_in_the_store(run_kg: Any, store: Path, tmp_path: Path) -> None:
    page = tmp_path / "g.html"
    assert run_kg("view", "--store", store, "-o", page).returncode == 0
    ids = [fact["id"] for edge in data(page)["edges"] for fact in edge["facts"]][:3]
    wanted = ", ".join(f"'{id_}'" for id_ in ids)
    query = f"MATCH (a:Entity)-[r]->(b:Entity)\nWHERE r.id IN [{wanted}]\nRETURN a, r, b".replace(
        "RETURN a, r, b", "RETURN r.id AS id"
    )
    done = run_kg("query", query, "--store", store, "--format", "json")
    assert done.returncode == 0, done.stderr
    assert sorted(row["id"] for row in json.loads(done.stdout)) == sorted(ids)
