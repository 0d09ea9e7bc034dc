import json
import os
import re
import subprocess
import sys
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import OutputError
from kg.viz.html import Page, json_in_html, make_network, render_html, write_html
from kg.viz.view import make_view
from tests.viz.conftest import read_page

HOSTILE = [
    "</script><img src=x onerror=alert(1)>",
    "<!--<script>",
    "{{ 7 * 7 }}{% raw %}",
    "'\"`${alert(1)}",
    "\u2028\u2029\u202e\u200f",
    "\x00\x1b]0;x\x07",
    "\ud800",
    "__proto__",
    "constructor",
    '<a href="javascript:alert(1)">x</a>',
]


def test_pyvis_keeps_every_line_of_a_pair(story: nx.MultiDiGraph) -> None:
    view = make_view(story)
    network = make_network(view)
    assert len(network.edges) == len(view.edges) > len({(e["from"], e["to"]) for e in network.edges})
    assert len(network.nodes) == len(view.nodes)


def test_pyvis_draws_arrows_only_where_facts_have_a_direction(story: nx.MultiDiGraph) -> None:
    view = make_view(story)
    arrows = {edge["id"]: edge["arrows"] for edge in make_network(view).edges}
    for edge in view.edges:
        assert ("to" in arrows[edge.id]) == edge.forward
        assert ("from" in arrows[edge.id]) == edge.backward


def test_pyvis_does_not_lay_out_anything(story: nx.MultiDiGraph) -> None:
    network = make_network(make_view(story))
    assert network.options["physics"] == {"enabled": False}
    assert all({"x", "y"} <= set(node) for node in network.nodes)


def test_pyvis_shows_an_unnamed_entity_without_its_id(story: nx.MultiDiGraph) -> None:
    story.nodes["jd"]["name"] = "\u200b"
    labels = {node["id"]: node["label"] for node in make_network(make_view(story)).nodes}
    assert labels["jd"] == "…"


def test_a_network_changed_by_hand_is_shown_by_our_template(story: nx.MultiDiGraph) -> None:
    network = make_network(make_view(story))
    network.nodes[0] |= {"size": 44, "color": "#ff0000"}
    html = network.generate_html()
    node = next(node for node in read_page(html)["nodes"] if node["id"] == network.nodes[0]["id"])
    assert (node["size"], node["color"]) == (44, "#ff0000")
    assert "Content-Security-Policy" in html


def test_the_same_view_gives_the_same_page(story: nx.MultiDiGraph, make_story) -> None:
    assert render_html(make_view(story)) == render_html(make_view(make_story()))


def test_pages_of_150_entities_stay_small(make_large) -> None:
    assert len(render_html(make_view(make_large(150))).encode()) < 1_500_000


def test_the_page_refers_to_nothing_outside(root: Path, story: nx.MultiDiGraph) -> None:
    for path in (root / "kg/viz").rglob("*"):
        if path.suffix in (".html", ".css", ".js"):
            text = path.read_text(encoding="utf-8")
            assert not re.findall(r"https?://(?!\S*\\/\\/)", text), path
            assert not re.findall(
                r"@import|url\(|<link|src=|<iframe|fetch\(|XMLHttpRequest|WebSocket|import\(", text
            ), path
    html = render_html(make_view(story))
    assert not re.findall(r"<(?:script|img|iframe)[^>]*\ssrc|<link|@import|sourceMappingURL", html)
    assert "cdn" not in html.lower() and "bootstrap" not in html.lower()


def test_no_script_of_ours_parses_data_as_html(root: Path) -> None:
    for path in (root / "kg/viz").rglob("*.js"):
        text = path.read_text(encoding="utf-8")
        forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\.srcdoc|\.on(?:click|load|error|key\w+|mouse\w+)\s*="
        assert not re.findall(forbidden, text), path


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(one_fact, text: str) -> None:
    graph = one_fact(name=text, other=text + "2", aliases=[text + "3"], passage=text, title=text, source=text, relation=text, status=text, time=text, url=text)  # fmt: skip
    html = render_html(make_view(graph, title=text))
    plain = render_html(make_view(one_fact()))
    for tag in ("<script", "</script", "<style", "<img", "<a ", "<!--"):
        assert html.count(tag) == plain.count(tag), tag
    html.encode("utf-8")
    shown = text.replace("\ud800", "\ufffd")
    data = read_page(html)
    assert data["nodes"][0]["name"].startswith(shown)
    assert data["articles"][0]["url"] is None
    assert "49" not in re.search(r"<title>(.*?)</title>", html, re.DOTALL)[1]


def test_a_big_page_is_packed_and_a_small_one_can_be_read(story: nx.MultiDiGraph, make_large) -> None:
    small, big = render_html(make_view(story)), render_html(make_view(make_large(2000), max_nodes=2000))
    assert 'type="application/json" id="kg-data"' in small and "小红书切断了★" not in small and "切断了★" in small
    assert 'type="application/octet-stream" id="kg-data"' in big
    assert len(big.encode()) < 700_000
    data = read_page(big)
    assert len(data["nodes"]) == 2000 and sum(len(edge["facts"]) for edge in data["edges"]) == 3996


def test_the_data_of_a_page_holds_all_of_a_fact(story: nx.MultiDiGraph) -> None:
    data = read_page(render_html(make_view(story)))
    names = [node["name"] for node in data["nodes"]]
    (fact,) = (f for edge in data["edges"] for f in edge["facts"] if f["relation"] == "CONNECTS_TO")
    assert (names[fact["head"]], names[fact["tail"]], fact["since"], fact["until"]) == (
        "小红书",
        "淘宝",
        "2019",
        "2021-08-02",
    )
    assert [event["status"] for event in fact["history"]] == ["planned", "actual", "ended"]
    article, in_title, roles, texts = fact["history"][2]["passages"][0]
    assert (data["articles"][article]["title"], in_title, roles, "".join(texts)) == (
        "外链切断",
        False,
        "h.t.",
        "小红书切断了★淘宝外链",
    )


def test_titles_with_href_are_not_run_as_html(one_fact) -> None:
    html = render_html(make_view(one_fact(name='<b href="x">甲</b>'), title='<b href="x">题</b>'))
    assert "<b href" not in html
    assert "&lt;b href=" in html


@given(st.recursive(st.text() | st.integers(), lambda inner: st.lists(inner, max_size=3)))
def test_embedded_json_reads_back_and_cannot_end_its_script(value: object) -> None:
    text = json_in_html(value)
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == value


def test_huge_names_are_cut_on_the_graph_and_whole_in_the_data(one_fact) -> None:
    name = "长" * 10_000
    data = read_page(render_html(make_view(one_fact(name=name))))
    node = next(node for node in data["nodes"] if node["name"] == name)
    assert len(node["label"]) < 20


def test_the_page_is_written_in_utf8_whatever_the_locale(tmp_path: Path) -> None:
    script = (
        "import networkx as nx, sys; from kg.viz.view import make_view; from kg.viz.html import write_html\n"
        "g = nx.MultiDiGraph(); g.add_node('a', name='\\u5c0f\\u7ea2\\u4e66', type='Platform', aliases=[])\n"
        "write_html(make_view(g), sys.argv[1])"
    )
    path = tmp_path / "a.html"
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    subprocess.run([sys.executable, "-c", script, str(path)], check=True, env=environment)
    assert "小红书" in path.read_text(encoding="utf-8")


def test_importing_the_rooms_modules_loads_no_pyvis() -> None:
    script = (
        "import sys, kg.viz.view, kg.viz.html; sys.exit(any(m in sys.modules for m in ('pyvis', 'numpy', 'jinja2')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_page_replaces_an_older_one_whole(story: nx.MultiDiGraph, tmp_path: Path) -> None:
    path = tmp_path / "g.html"
    path.write_text("old", encoding="utf-8")
    write_html(make_view(story), path)
    assert path.read_text(encoding="utf-8").endswith("</html>")
    assert [p.name for p in tmp_path.iterdir()] == ["g.html"]


def test_any_file_name_will_do(story: nx.MultiDiGraph, tmp_path: Path) -> None:
    for name in ("page", "a.b.htm", "页 面.txt"):  # pyvis itself insists on .html
        write_html(make_view(story), str(tmp_path / name))
        assert (tmp_path / name).stat().st_size > 80_000


@pytest.mark.parametrize("name", ["missing/g.html", "file.txt/g.html", "folder", "x" * 300 + ".html", "a\0b.html"])
def test_a_place_that_cannot_be_written_is_named(story: nx.MultiDiGraph, tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file.txt").write_text("x", encoding="utf-8")
    with pytest.raises(OutputError) as caught:
        write_html(make_view(story), tmp_path / name)
    assert str(tmp_path)[:20] in str(caught.value)
    assert "\n" not in str(caught.value)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file.txt", "folder"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here to play a full disk")
def test_a_full_disk_is_an_output_error(story: nx.MultiDiGraph) -> None:
    with pytest.raises(OutputError, match="/dev/full"):
        write_html(make_view(story), "/dev/full")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write into read-only folders")
def test_a_read_only_folder_is_an_output_error(story: nx.MultiDiGraph, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError):
            write_html(make_view(story), tmp_path / "g.html")
    finally:
        tmp_path.chmod(0o700)


def test_a_notebook_shows_the_page_in_a_frame_that_reaches_nothing(story: nx.MultiDiGraph) -> None:
    shown = Page(make_view(story))._repr_html_()
    assert shown.startswith("<iframe srcdoc=") and "allow-same-origin" not in shown
    assert shown.count('"') == 10, "the page inside ends none of the frame's attributes"


def test_a_page_is_printed_in_a_line(story: nx.MultiDiGraph) -> None:
    assert repr(Page(make_view(story, title="甲"))) == "Page('甲', 'graph': 12 of 13 entities, 16 of 16 facts)"


def test_a_page_is_a_pyvis_network_on_request(story: nx.MultiDiGraph) -> None:
    network = Page(make_view(story)).network()
    assert type(network).__module__.startswith("pyvis")
    assert {node["label"] for node in network.nodes} >= {"小红书", "淘宝"}
