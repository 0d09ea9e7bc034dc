"""What a reader asks of the page and takes along, done as a reader does it: typing, clicking, dragging."""

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from kg.viz.html import render_frame, write_html
from kg.viz.view import make_history, make_view
from tests.viz.conftest import settle
from tests.viz.test_page import click_edge, click_node, panel, visible_nodes

pytestmark = pytest.mark.browser


def address(page: Any) -> str:
    page.wait_for_timeout(150)
    return page.evaluate("() => location.hash")


def shown_relations(page: Any) -> set[str]:
    settle(page)
    return set(page.evaluate("() => [...kgPage.shown.facts.values()].flat().map(fact => fact.relation)"))


def pick_year(page: Any, year: str) -> None:
    """Narrow the window to one year with the keyboard, as the handles are native sliders."""
    for handle, last in (("#time-from", False), ("#time-to", True)):
        page.evaluate(
            """([handle, year, last]) => {
                const bins = [...document.querySelectorAll("#bins .bin")].map(bin => bin.title.slice(0, 4));
                const input = document.querySelector(handle);
                input.value = last ? bins.lastIndexOf(year) : bins.indexOf(year);
                input.dispatchEvent(new Event("input"));
            }""",
            [handle, year, last],
        )
    settle(page)


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("xhs", "小红书"),
        ("xiaohongshu", "小红书"),
        ("zengming", "曾鸣"),
        ("cm", "曾鸣"),
        ("qiu yong", "仇勇"),
        ("shanren", "单仁"),
        ("xiebai", "解百"),
    ],
)
def test_pinyin_and_initials_find_names_by_every_reading(
    open_page: Any, story: nx.MultiDiGraph, put_fact: Any, typed: str, wanted: str
) -> None:
    for name in ("曾鸣", "仇勇", "单仁", "解百"):
        story.add_node(name, name=name, type="Person", aliases=[], mentions=[])
        put_fact(story, name, "WORKS_FOR", "xhs", [("actual", None, [("a1", f"{name}在小红书")])])
    page = open_page(story)
    page.fill("#search", typed)
    assert wanted in page.locator("#hits li").first.inner_text()
    page.keyboard.press("Enter")
    assert page.locator("#panel h2").inner_text() == wanted


def test_a_year_shows_what_held_then_and_how_it_stood(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    page.uncheck("#undated")
    pick_year(page, "2021")
    assert "CONNECTS_TO" in shown_relations(page) and "PARTNERS_WITH" not in shown_relations(page)
    assert "ended" in page.evaluate("() => [...kgPage.shown.status.values()]")
    pick_year(page, "2018")
    page.select_option("#time-mode", "new")
    assert shown_relations(page) == {"INVESTS_IN"}
    page.click("#time-all")
    page.check("#undated")
    assert visible_nodes(page) == 12


def test_a_bar_of_the_histogram_is_a_window_and_steps_move_it(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    first = page.locator("#bins .bin").first
    first.click()
    before = page.inner_text("#time-span")
    page.click("#time-on")
    assert page.inner_text("#time-span") != before
    page.click("#time-back")
    assert page.inner_text("#time-span") == before


def test_a_handle_can_be_dragged(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    box = page.locator("#time-to").bounding_box()
    page.mouse.move(box["x"] + box["width"] - 8, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 8, steps=5)
    page.mouse.up()
    assert "–" in page.inner_text("#time-span")
    assert page.evaluate("() => kgPage.state.filter.time.to") < page.evaluate("() => kgDates.range('2025')[0]")


def test_playing_goes_through_time_and_stops_at_its_end(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    page.locator("#bins .bin").nth(-3).click()
    page.click("#time-play")
    page.wait_for_function("() => document.querySelector('#time-play').textContent === '▶'", timeout=8000)
    assert page.evaluate(
        "() => kgPage.state.filter.time.to === kgDates.bins(kgPage.model.facts.map(f => f.times)).at(-1).to"
    )


def test_filters_by_relation_confidence_sources_and_category(
    open_page: Any, story: nx.MultiDiGraph, put_fact: Any
) -> None:
    put_fact(story, "ali", "COMPETES_WITH", "jd", [("actual", None, [("a1", "阿里与京东竞争")])], confidence=0.3)
    page = open_page(story)
    page.click("#finer-title")
    page.evaluate(
        """() => { const c = document.querySelector("#confidence"); c.value = 50; c.dispatchEvent(new Event("input")); }"""
    )
    settle(page)
    assert page.evaluate("() => [...kgPage.shown.facts.values()].flat().every(f => f.confidence >= 0.5)")
    page.evaluate(
        """() => { const c = document.querySelector("#sources"); c.value = 4; c.dispatchEvent(new Event("input")); }"""
    )
    assert shown_relations(page) == {"CONNECTS_TO"}
    page.click("#reset")
    assert visible_nodes(page) == 12
    page.select_option("#category", label="美妆")
    assert visible_nodes(page) == 2
    page.click("#reset")
    page.click("#relations [data-key=INVESTS_IN]")
    assert "INVESTS_IN" not in shown_relations(page)


def test_two_hops_reach_farther_than_one(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    click_node(page, "beauty")
    page.click("#only")
    assert visible_nodes(page) == 2
    page.select_option("#hops", "2")
    assert visible_nodes(page) == 3
    assert "2" in page.inner_text("#notice")


def test_the_path_between_two_is_shown_with_its_evidence(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    click_node(page, "beauty")
    page.click("#path-from")
    page.keyboard.type("上海")
    page.keyboard.press("Enter")
    text = panel(page)
    assert page.locator("#panel .way-through").inner_text().replace("\n", "") == "美妆 → 红猫计划 → 小红书 → 上海"
    assert "红猫计划首批仅限美妆品类" in text and "总部位于上海的小红书" in text
    assert page.evaluate("() => kgPage.lit.nodes.size") == 4
    page.click("#families [data-key=business]")
    assert page.locator("#no-path").is_visible()


def test_the_address_brings_the_same_view_back(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    page.click("#types [data-key=Person]")
    page.click("#language")
    page.uncheck("#undated")
    click_edge(page, "CONNECTS_TO")
    page.mouse.move(500, 350)
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(300)
    before = address(page), panel(page), page.evaluate("() => kgPage.stage.camera.k")
    page.reload()
    page.wait_for_function("() => typeof kgPage === 'object' && document.querySelector('#panel').hasChildNodes()")
    settle(page)
    assert (address(page), panel(page)) == before[:2]
    assert abs(page.evaluate("() => kgPage.stage.camera.k") - before[2]) < 0.01
    assert page.get_attribute("#types [data-key=Person]", "aria-pressed") == "false"


def test_more_entities_come_when_asked_for(open_page: Any, make_large: Any) -> None:
    page = open_page(make_large(700))
    assert page.evaluate("() => kgPage.shown.nodes.size") <= 300
    assert "400" in page.inner_text("#notice")
    page.click("#more")
    assert 300 < visible_nodes(page) <= 600
    page.click("#more")
    assert page.locator("#more").count() == 0


def test_dragging_moves_and_the_wheel_zooms(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    before = page.evaluate("() => kgPage.stage.camera")
    page.mouse.move(300, 300)
    page.mouse.down()
    page.mouse.move(380, 340, steps=4)
    page.mouse.up()
    after = page.evaluate("() => kgPage.stage.camera")
    assert (
        abs((before["x"] - after["x"]) * after["k"] - 80) < 2 and abs((before["y"] - after["y"]) * after["k"] - 40) < 2
    )
    page.mouse.wheel(0, -200)
    assert page.evaluate("() => kgPage.stage.camera.k") > after["k"]
    page.focus("#graph")
    page.keyboard.press("-")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("() => kgPage.stage.camera.x") != after["x"]
    page.keyboard.press("0")
    settle(page)
    assert abs(page.evaluate("() => kgPage.stage.camera.k") - before["k"]) < 0.01


def take(page: Any, button: str) -> Any:
    page.click("#take-title")
    with page.expect_download() as download:
        page.click(f"#{button}")
    return download.value


def test_pictures_and_tables_are_taken_along(open_page: Any, story: nx.MultiDiGraph, tmp_path: Path) -> None:
    page = open_page(story)
    picture = take(page, "png")
    assert picture.suggested_filename == "商业合作关系图谱.png"
    assert Path(picture.path()).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    drawing = ElementTree.parse(take(page, "svg").path())
    words = {element.text for element in drawing.iter() if element.tag.endswith("text")}
    assert {"小红书", "阿里巴巴", "上海"} <= words
    click_node(page, "conan")
    table = Path(take(page, "csv").path()).read_text(encoding="utf-8-sig")
    assert table.count("\n") == 3 and "小红书COO柯南" in table
    data = json.loads(Path(take(page, "json").path()).read_text(encoding="utf-8"))
    assert {entity["name"] for entity in data["entities"]} == {"柯南", "小红书", "COO"}
    assert {fact["relation"] for fact in data["facts"]} == {"WORKS_FOR", "HOLDS_POSITION"}


def test_lines_are_drawn_by_status(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)

    def strokes(status: str) -> list[tuple[str, float]]:
        """Dashes and opacity of the lines drawn while facts of this status alone are shown."""
        page.evaluate(
            """status => {
                const { filter } = kgPage.state;
                filter.statuses = new Set(Object.keys(kgPage.model.statuses).filter(each => each !== status));
                document.getElementById("undated").dispatchEvent(new Event("change"));
            }""",
            status,
        )
        settle(page)
        drawing = ElementTree.fromstring(
            page.evaluate("() => kgTakeaway.drawing(kgPage.stage, { ...kgPage.sheet(), keys: [] })").encode()
        )
        lines = [e for e in drawing.iter() if e.get("fill") == "none" and (e.get("d") or "").startswith("M") and e.get("stroke-linecap") == "butt" and not set("ZA") & set(e.get("d"))]  # fmt: skip
        return [(e.get("stroke-dasharray") or "", float(e.get("opacity") or 1)) for e in lines]

    assert {dashes for dashes, _ in strokes("actual")} == {""}
    assert {dashes for dashes, _ in strokes("planned")} == {"10 6"}
    assert {dashes for dashes, _ in strokes("rumored")} == {"2 5"}
    assert {dashes for dashes, _ in strokes("denied")} == {"10 6"}
    assert (
        page.evaluate(
            '() => kgTakeaway.drawing(kgPage.stage, { ...kgPage.sheet(), keys: [] }).match(/stroke-linecap="round"/g).length'
        )
        >= 2
    ), "crossed"
    (ended,), actual = strokes("ended"), strokes("actual")
    assert ended[0] == "" and ended[1] < min(opacity for _, opacity in actual) / 1.5, "faded"


def test_no_path_leads_over_what_is_denied(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    click_node(page, "jd")
    page.click("#path-from")
    page.keyboard.type("xhs")
    page.keyboard.press("Enter")
    assert page.locator("#panel .way-through").inner_text().replace("\n", "") == "京东 → 小红书", "a rumour links"
    page.click("#statuses [data-key=rumored]")
    assert page.locator("#no-path").is_visible()


def test_the_end_of_a_path_may_be_clicked(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    click_node(page, "beauty")
    page.click("#path-from")
    click_node(page, "shanghai")
    assert page.locator("#panel .way-through").inner_text().replace("\n", "") == "美妆 → 红猫计划 → 小红书 → 上海"


def test_the_cypher_names_the_facts_selected(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    click_node(page, "conan")
    page.click("#take-title")
    page.click("#cypher")
    query = page.input_value("#cypher-text")
    ids = {
        key
        for *_, key, data in story.edges(keys=True, data=True)
        if data["relation"] in ("WORKS_FOR", "HOLDS_POSITION")
    }
    assert set(re.findall(r"'([^']*)'", query)) == ids
    page.click("#copy")
    page.click("#dialog-close")
    assert page.locator("#dialog").is_hidden()


def test_the_timeline_has_a_lane_a_partner_and_evidence_on_click(
    open_page: Any, story: nx.MultiDiGraph, tmp_path: Path
) -> None:
    page = open_page(story)
    path = tmp_path / "t.html"
    write_html(make_history(story, ["小红书"]), path, kind="timeline")
    page.goto(path.as_uri())
    lanes = page.locator("#lanes .lane[role=listitem] .partner").all_inner_texts()
    assert lanes[0] in ("阿里巴巴", "腾讯") and "淘宝" in lanes and len(lanes) == 9
    assert page.title() == "小红书 的合作沿革"
    page.locator("#lanes .lane", has_text="淘宝").first.locator(".bar-of").first.click()
    assert "小红书切断了★淘宝外链" in panel(page)
    write_html(make_history(story, ["RED", "淘宝"]), path, kind="timeline")
    page.goto(path.as_uri())
    assert sorted(page.locator("#lanes .lane[role=listitem] .partner").all_inner_texts()) == ["互通", "竞争"]


def test_a_notebook_frame_shows_the_page_and_reaches_nothing(
    open_page: Any, story: nx.MultiDiGraph, tmp_path: Path
) -> None:
    page = open_page(story)
    (tmp_path / "n.html").write_text(
        f"<!doctype html><meta charset=utf-8><body>{render_frame(make_view(story))}", encoding="utf-8"
    )
    page.goto((tmp_path / "n.html").as_uri())
    frame = page.frame_locator("iframe")
    assert "12" in frame.locator("#summary").inner_text()
    assert "allow-same-origin" not in page.get_attribute("iframe", "sandbox")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("size", [(1400, 900), (390, 844)])
def test_axe_finds_no_serious_fault(
    chromium: Any, root: Path, story: nx.MultiDiGraph, tmp_path: Path, dark: bool, size: tuple[int, int]
) -> None:
    axe = root / "node_modules/axe-core/axe.min.js"
    if not axe.exists():
        pytest.skip("needs axe-core: npm ci")
    paths = [tmp_path / "g.html", tmp_path / "t.html"]
    write_html(make_view(story), paths[0])
    write_html(make_history(story, ["小红书"]), paths[1], kind="timeline")
    # axe comes in from outside, which the page's own policy forbids.
    context = chromium.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light", bypass_csp=True
    )
    page = context.new_page()
    for path in paths:
        page.goto(path.as_uri())
        if path == paths[0]:
            click_node(page, "xhs")
            page.locator("#panel .show").first.click()
        page.add_script_tag(path=axe)
        result = page.evaluate("() => axe.run()")
        assert len(result["passes"]) > 15
        grave = [
            (v["id"], v["nodes"][0]["html"][:200])
            for v in result["violations"]
            if v["impact"] in ("serious", "critical")
        ]
        assert grave == []
    context.close()
