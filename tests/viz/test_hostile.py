"""Two hundred strings that would break out of something, at every field of a page at once: shown as they are, running nothing.
What a page complains of, asks for or pops up fails the test in `open_page`."""

import itertools
from typing import Any

import networkx as nx
import pytest

from tests.viz.conftest import settle

pytestmark = pytest.mark.browser

PAYLOADS = (
    "alert(1)", "parent.document.title='x'", "fetch('https://example.com')", "location='https://example.com'",
    "document.body.innerHTML=''", "import('https://example.com/x.js')", "eval('1')", "new Worker('data:,')",
)  # fmt: skip
WRAPPERS = (
    "<script>{0}</script>", "</script><script>{0}</script>", "<img src=x onerror=\"{0}\">", "<svg/onload={0}>", "javascript:{0}",
    "\"><a href='javascript:{0}'>x</a>", "' onfocus='{0}' autofocus='", "`${{{0}}}`", "{{{{{0}}}}}", "<iframe srcdoc='<script>{0}</script>'>",
    "<!--<script>{0}", "]]>{0}", "<style>*{{background:url(https://example.com)}}</style>{0}", "<base href=https://example.com>{0}",
    "<meta http-equiv=refresh content='0;url=https://example.com'>{0}", "\u2028{0}\u2029", "\u202e{0}\u2066", "\x00\x1b[2J{0}",
    "<math><mtext></style><img src onerror={0}>", "data:text/html,<script>{0}</script>", "%3Cscript%3E{0}", "&lt;script&gt;{0}", "\\u003cscript>{0}",
    "</title></style></textarea>{0}", "#at=__proto__&{0}",
)  # fmt: skip
STRINGS = [wrapper.format(payload) for wrapper, payload in itertools.product(WRAPPERS, PAYLOADS)]


def test_there_are_two_hundred() -> None:
    assert len(set(STRINGS)) == 200


def build(strings: list[str]) -> nx.MultiDiGraph:
    """A node, an article and a fact for each string, which is every text of theirs."""
    graph = nx.MultiDiGraph(articles={}, rejected=[])
    graph.add_node("hub", name="枢纽", type="Platform", aliases=[])
    for i, text in enumerate(strings):
        graph.graph["articles"][f"a{text}"] = {"title": text, "date": text, "source": text, "url": text, "hash": ""}
        graph.add_node(f"n{text}", name=text, type=text if i % 3 else "Category", aliases=[text + "2"])
        citation = {"article": f"a{text}", "start": 0, "end": 1, "text": f"{text}与枢纽"}
        graph.add_edge(
            "hub", f"n{text}", key=f"f{text}", relation=text, status=text, confidence=0.5, sources=1, since=text, until=text,
            valid=[[text, text]], history=[{"status": text, "time": text, "citations": [citation]}],
        )  # fmt: skip
    return graph


def test_two_hundred_hostile_strings_at_every_field_run_nothing(open_page: Any) -> None:
    page = open_page(build(STRINGS), title=STRINGS[8], max_nodes=300)
    assert page.evaluate("() => kgPage.model.nodes.length") == 201
    # Every card, every line, both languages, all that is taken along.
    texts = page.evaluate(
        """() => {
            const seen = [];
            for (const node of kgPage.model.nodes) {
                kgPage.pick({ kind: "node", index: node.index });
                for (const button of document.querySelectorAll("#panel .show")) if (node.index) button.click();
                seen.push([node.name, document.querySelector("#panel h2").textContent]);
            }
            for (const edge of kgPage.model.edges) {
                kgPage.pick({ kind: "edge", index: edge.index });
                seen.push([edge.facts[0].history[0].passages[0].segments.map(s => s[0]).join(""), document.querySelector("#panel blockquote").textContent]);
            }
            return seen;
        }"""
    )
    assert len(texts) == 401
    assert all(given == shown for given, shown in texts)
    page.click("#language")
    page.click("#legend-title")  # folded, as 200 types take the whole stage
    page.click("#finer-title")
    settle(page)
    assert (
        page.locator("#panel img, #panel svg, #panel iframe, #panel script, #panel a, #legend img, #hits img").count()
        == 0
    )
    outcome = page.evaluate(
        """() => {
            const svg = kgTakeaway.drawing(kgPage.stage, kgPage.model.title);
            const drawn = new DOMParser().parseFromString(svg, "image/svg+xml");
            return [drawn.querySelectorAll("parsererror, script, image, foreignObject, a").length, kgTakeaway.csv(kgTakeaway.rowsOf(kgPage.model.facts, kgPage.model)).length > 0, JSON.parse(kgTakeaway.json(kgPage.model.facts, kgPage.model)).facts.length];
        }"""
    )
    assert outcome == [0, True, 200]


def test_hostile_searches_and_addresses_run_nothing(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    for text in STRINGS[::5]:
        page.evaluate(
            """text => {
                const box = document.getElementById("search");
                box.value = text;
                box.dispatchEvent(new Event("input"));
                location.hash = "at=" + encodeURIComponent(text) + "&t=" + text + "&cat=" + text + "&view=" + text;
            }""",
            text,
        )
        page.wait_for_timeout(5)
    page.fill("#search", "")
    settle(page)
    assert page.evaluate("() => kgPage.shown.nodes.size") == 12
