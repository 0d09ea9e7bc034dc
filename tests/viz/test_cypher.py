"""The query that a page hands on, copied as a reader copies it, and asked of both stores that speak Cypher."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kg.load.base import Store, open_store
from kg.viz.html import write_html
from kg.viz.view import make_view
from tests.load.example_graph import read_gold
from tests.viz.conftest import settle

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("neo4j")]

Row = tuple[str, str, str, str]
# What the page's own table says of the facts selected.
TABLE = """() => {
  const rows = kgTakeaway.rowsOf(kgPage.selection(), kgPage.model);
  return rows.map(row => [row.head, row.relation, row.tail, row.status]);
}"""


@pytest.fixture(scope="module")
def store(examples: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The examples as their annotations have them, in a file."""
    with open_store(tmp_path_factory.mktemp("cypher") / "g.kgl") as store:
        store.write(read_gold(examples / "gold.jsonl"))
        yield store


def copied(page: Any) -> str:
    """The query, by way of the copy button and the clipboard."""
    page.click("#take-title")
    page.click("#cypher")
    page.click("#copy")
    assert page.inner_text("#copy") == "已复制"
    shown = page.input_value("#cypher-text")
    page.click("#dialog-close")
    other = page.context.new_page()
    other.set_content("<textarea></textarea>")
    other.focus("textarea")
    other.keyboard.press("Control+V")
    pasted = other.input_value("textarea")
    other.close()
    assert pasted == shown, "what is pasted elsewhere is what the page showed"
    return str(pasted)


def table(page: Any) -> set[Row]:
    settle(page)
    return {tuple(row) for row in page.evaluate(TABLE)}


@pytest.fixture(scope="module")
def queries(chromium: Any, store: Store, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, set[Row]]]:
    """By what was done to the page before: the query, and what the page says is selected."""
    path = tmp_path_factory.mktemp("page") / "g.html"
    write_html(make_view(store.read()), path)
    context = chromium.new_context(viewport={"width": 1400, "height": 900}, locale="zh-CN", offline=True)
    page = context.new_page()
    page.goto(path.as_uri())
    found = {"all": (copied(page), table(page))}
    search(page, "xhs")
    found["one entity"] = copied(page), table(page)
    page.keyboard.press("Escape")
    page.click("#statuses [data-key=actual]")
    page.click("#families [data-key=business]")
    found["filtered"] = copied(page), table(page)
    page.click("#reset")
    page.locator("#bins .bin").last.click()
    found["a time"] = copied(page), table(page)
    page.click("#time-all")
    search(page, "淘宝联盟")
    page.click("#path-from")
    search(page, "京东")
    found["a path"] = copied(page), table(page)
    context.close()
    return found


def search(page: Any, typed: str) -> None:
    page.fill("#search", typed)
    page.keyboard.press("Enter")
    settle(page)


def test_each_selection_is_another(queries: dict[str, tuple[str, set[Row]]]) -> None:
    assert len(queries["all"][1]) > 100 and 1 < len(queries["a path"][1]) < 30
    assert len({query for query, _ in queries.values()}) == 5 and all(wanted for _, wanted in queries.values())


def test_a_file_answers_the_query_with_what_the_page_shows(
    queries: dict[str, tuple[str, set[Row]]], store: Store
) -> None:
    for case, (query, wanted) in queries.items():
        rows = store.query(query)
        assert {
            (row["a"]["properties"]["name"], row["r"]["type"], row["b"]["properties"]["name"], row["r"]["properties"]["status"])
            for row in rows
        } == wanted, case  # fmt: skip


def test_a_neo4j_server_answers_the_query_with_what_the_page_shows(
    queries: dict[str, tuple[str, set[Row]]], neo4j_server: Any, neo4j_url: str, examples: Path
) -> None:
    with open_store(neo4j_url) as server:
        server.write(read_gold(examples / "gold.jsonl"))
    for case, (query, wanted) in queries.items():
        rows = neo4j_server.run(query)
        assert {(a["name"], r.type, b["name"], r["status"]) for a, r, b in rows} == wanted, case
