"""The library in a real Neo4j beside KGLite, and in the real Neo4j Browser: its style sheet, favourites and pictures."""

import base64
import os
import re
import shutil
import zipfile
from pathlib import Path

import pytest

from kg.load.library import list_queries, load_query, write_favourite, write_favourites
from kg.ontology import load_ontology
from tests.load.example_graph import ask_kglite, ask_neo4j, read_gold

pytestmark = [pytest.mark.xdist_group("neo4j"), pytest.mark.slow]

HOW = "needs Chromium: apt-get install chromium fonts-noto-cjk"
PICTURES = Path(__file__).parents[2] / "docs" / "images"


@pytest.fixture(scope="module")
def asked(examples, root, neo4j_server, tmp_path_factory):
    """Questions put to KGLite and to Neo4j, over the same graph."""
    path = tmp_path_factory.mktemp("both") / "g.kgl"
    with (
        ask_kglite(read_gold(examples / "gold.jsonl"), path) as (embedded, store),
        ask_neo4j(neo4j_server, store.resolution(), root / "cypher" / "schema.cypher") as server,
    ):
        yield embedded, server


@pytest.mark.parametrize("query", list_queries(), ids=lambda query: query.name)
def test_both_stores_give_the_same_rows_in_the_same_order(asked, query):
    embedded, server = asked
    assert "ORDER BY" in query.cypher or "UNION ALL" in query.cypher
    assert embedded(query.name) == server(query.name)


@pytest.mark.parametrize(
    "query", [q for q in list_queries() if {"name", "other"} & set(q.parameters)], ids=lambda query: query.name
)
@pytest.mark.parametrize("name", ["淘宝联盟", "RED", "新浪微博", "福利社", "柯南", "美妆", "no such thing"])
def test_both_stores_agree_on_other_names(asked, query, name):
    embedded, server = asked
    given = {"name": name} if "name" in query.parameters else {"other": name}
    assert embedded(query.name, **given) == server(query.name, **given)


@pytest.mark.parametrize("query", list_queries(), ids=lambda query: query.name)
def test_nothing_in_a_question_is_on_its_way_out_of_neo4j(asked, neo4j_server, query):
    import neo4j

    auth = (neo4j_server.user, neo4j_server.password)
    with neo4j.GraphDatabase.driver(neo4j_server.address, auth=auth, warn_notification_severity="OFF") as driver:
        explained = driver.execute_query(f"EXPLAIN {query.text(neo4j_server.url)}", query.fill({}))
    notes = explained.summary.gql_status_objects
    assert [note.status_description for note in notes if "DEPRECATION" in str(note.raw_classification)] == []


def test_every_favourite_gives_the_rows_of_its_question(asked, neo4j_server, tmp_path):
    _, server = asked
    path = tmp_path / "favourites.zip"
    write_favourites(path)
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            rows = neo4j_server.run(archive.read(name).decode("utf-8"))
            if name.startswith("kg questions/"):
                question = Path(name).stem
                assert rows == [tuple(row.values()) for row in server(question)], name
            else:
                assert rows, name


# In the Browser.

SIZE = {"width": 1280, "height": 860}


@pytest.fixture(autouse=True)
def full_server(asked):
    """Tests that go past the questions find the graph there, too."""
    asked[1]("article-names")


@pytest.fixture(scope="module")
def page(asked, neo4j_server):
    """Neo4j Browser, connected, with the style sheet and the favourites dropped on its window."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        pytest.skip(HOW)
    if not neo4j_server.version.startswith("5."):
        pytest.skip("the newest Browser in Maven is that of servers of version 5")
    playwright = pytest.importorskip("playwright.sync_api", reason=HOW)
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_context(viewport=SIZE).new_page()
        tab.set_default_timeout(15_000)
        tab.goto(neo4j_server.browser)
        tab.get_by_test_id("bolt-scheme-select").select_option("bolt://")
        tab.get_by_test_id("boltaddress").fill(neo4j_server.address.removeprefix("bolt://"))
        tab.get_by_test_id("username").fill(neo4j_server.user)
        tab.get_by_test_id("password").fill(neo4j_server.password)
        tab.get_by_test_id("connect").click()
        tab.get_by_test_id("disconnectedBanner").wait_for(state="detached")
        tab.get_by_text(":play start").wait_for()  # shown once it is connected, and only then are statements taken
        tab.get_by_test_id("activeEditor").get_by_text("neo4j$").wait_for()
        yield tab
        browser.close()


def drop(page, path):
    """Drop a file on the window, as from a file manager."""
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    page.evaluate(
        """([name, data]) => {
            const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], name));
            const target = document.querySelector('.filedrop');
            for (const kind of ['dragenter', 'dragover', 'drop'])
                target.dispatchEvent(new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: transfer}));
        }""",
        [path.name, data],
    )


def enter(page, text):
    """Put a text into the editor and run it."""
    page.get_by_test_id("activeEditor").locator(".monaco-editor").first.click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)
    page.keyboard.press("Control+Enter")


def clear(page):
    """Close all frames."""
    while page.get_by_test_id("frame").count():
        page.get_by_test_id("frame").first.get_by_title("Close", exact=True).click()


def settle(page, places="svg.neod3viz g.node"):
    """Wait until the layout of a graph has come to rest."""
    page.evaluate(
        """async selector => {
            const look = () => [...document.querySelectorAll(selector)].map(n => n.getAttribute('transform')).join();
            for (let before = null, now = look(); now !== before || !now; before = now, now = look())
                await new Promise(resolve => setTimeout(resolve, 400));
        }""",
        places,
    )


def _nodes(value):
    """The nodes of a node, relationship or path."""
    return getattr(value, "nodes", (value,))


def picture(page, name, folder):
    """A picture in `folder`; with KG_DOCS=1 the documentation's own is taken anew."""
    target = (PICTURES if os.environ.get("KG_DOCS") else folder) / f"browser-{name}.png"
    page.screenshot(path=target)
    assert target.stat().st_size > 20_000


@pytest.mark.browser
def test_the_browser_takes_the_style_sheet(page, root):
    drop(page, root / "cypher" / "style.grass")
    shown = page.get_by_test_id("frame").first.locator("pre")
    shown.wait_for()
    text = shown.inner_text()
    for name in load_ontology().entities:
        assert f"node.{name} {{" in text
    for name in load_ontology().relations:
        assert f"relationship.{name} {{" in text
    assert re.search(r"relationship\.PARTNERS_WITH \{[^}]*合作 \{status\} ×\{sources\}", text)


@pytest.mark.browser
def test_the_browser_takes_the_favourites_and_runs_one(page, tmp_path):
    path = tmp_path / "favourites.zip"
    write_favourites(path)
    drop(page, path)
    clear(page)
    page.get_by_test_id("navigationFavorites").click()
    page.get_by_test_id("expandFolder-kg questions").click()
    assert page.get_by_text("(partners-of)").count() == 1
    page.get_by_test_id("expandFolder-kg questions").click()
    page.get_by_test_id("expandFolder-kg").click()
    page.get_by_text("1 谁与小红书合作，状态如何？").click()
    enter(page, write_favourite(load_query("timeline")))
    table = page.get_by_test_id("frame").locator("table").first
    table.wait_for()
    assert "2021-08-02" in table.inner_text()
    picture(page, "favourites", tmp_path)
    page.get_by_test_id("navigationFavorites").click()


@pytest.mark.browser
@pytest.mark.parametrize("number", range(1, 6))
def test_the_browser_draws_the_first_questions(page, root, neo4j_server, tmp_path, number):
    path = tmp_path / "favourites.zip"
    write_favourites(path)
    with zipfile.ZipFile(path) as archive:
        statement = archive.read(f"kg/{number:02d}.cypher").decode("utf-8")
    drop(page, root / "cypher" / "style.grass")
    enter(page, ":config autoComplete: false")  # or it draws all other relations between what was found, too
    clear(page)
    enter(page, statement)
    page.get_by_test_id("frame").first.get_by_title("Fullscreen").click()
    page.locator("svg.neod3viz").wait_for()
    settle(page)
    fold = page.get_by_title("Collapse the node properties display")
    if fold.count():
        fold.click()
    page.get_by_label("zoom-to-fit").click()
    settle(page, "svg.neod3viz g")
    found = {node.element_id for row in neo4j_server.run(statement) for value in row for node in _nodes(value)}
    assert page.locator("svg.neod3viz g.node").count() == len(found)
    assert page.locator("svg.neod3viz g.node circle[fill='#2563eb']").count()  # a platform, as the style sheet has it
    assert "actual ×" in page.locator("svg.neod3viz").text_content()
    picture(page, str(number), tmp_path)
    page.get_by_test_id("frame").first.get_by_title("Close", exact=True).click()
