"""The page without a mouse, for a screen reader, and on paper."""

from typing import Any

import networkx as nx
import pytest

from tests.viz.conftest import settle
from tests.viz.test_page import click_node, panel, visible_nodes

pytestmark = pytest.mark.browser

HELD = "() => document.activeElement.id || document.activeElement.className || document.activeElement.tagName"


def tab_to(page: Any, selector: str, *, most: int = 60) -> None:
    """Press the tabulator until the keyboard is where it is wanted."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"no way to {selector} by the tabulator")


def test_evidence_is_reached_by_the_keyboard_alone(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    tab_to(page, "#search")
    page.keyboard.type("kn")
    page.keyboard.press("Enter")
    assert page.evaluate(HELD) == "panel", "the keyboard goes on in the card"
    assert page.get_attribute("#panel", "aria-label") == "详情 柯南", "and it is said whose it is"
    tab_to(page, "#panel .show")
    page.keyboard.press("Enter")
    assert "小红书COO柯南" in panel(page)
    assert page.evaluate("() => document.activeElement.getAttribute('aria-expanded')") == "true"
    tab_to(page, "#panel .row .link")
    page.keyboard.press("Enter")
    assert page.locator("#panel h2").inner_text() != "柯南"
    page.keyboard.press("Escape")
    assert "主要实体" in panel(page)


def test_filters_time_and_the_graph_are_worked_by_the_keyboard_alone(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    tab_to(page, "#graph")
    before = page.evaluate("() => ({ ...kgPage.stage.camera })")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("+")
    after = page.evaluate("() => ({ ...kgPage.stage.camera })")
    assert after["k"] > before["k"] and after["x"] > before["x"]
    tab_to(page, "#types [data-key=Person]")
    page.keyboard.press("Space")
    assert visible_nodes(page) == 10
    assert page.evaluate("() => document.activeElement.dataset.key") == "Person", "the keyboard stays on the key"
    page.keyboard.press("Space")
    assert visible_nodes(page) == 12
    tab_to(page, "#time-from")
    whole = page.inner_text("#time-span")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(HELD) == "time-from" and page.inner_text("#time-span") != whole
    assert page.get_attribute("#time-from", "aria-valuetext") in page.inner_text("#time-span")
    tab_to(page, "#time-all")
    page.keyboard.press("Enter")
    assert page.inner_text("#time-span") == whole


def test_what_is_taken_along_is_reached_by_the_keyboard_alone(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    tab_to(page, "#take-title")
    page.keyboard.press("Enter")
    tab_to(page, "#csv")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename.endswith(".csv")
    tab_to(page, "#take-title", most=90)
    page.keyboard.press("Enter")
    tab_to(page, "#cypher")
    page.keyboard.press("Enter")
    assert page.locator("#dialog").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#dialog").is_hidden()


def test_a_timeline_is_worked_by_the_keyboard_alone(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story, history=["小红书"])
    tab_to(page, "#lanes .bar-of")
    assert page.evaluate("() => document.activeElement.getAttribute('aria-label')")
    page.keyboard.press("Enter")
    assert page.locator("#panel blockquote").count() > 0


def test_the_keyboards_place_can_be_seen(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    for _ in range(25):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            "() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1; }"
        )
        assert seen, page.evaluate(HELD)


def test_a_screen_reader_is_told_what_is_there(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    click_node(page, "xhs")
    page.click("#types [data-key=Person]")
    tree = page.locator("body").aria_snapshot()
    for part in (
        'heading "商业合作关系图谱" [level=1]',
        "search",
        'combobox "搜索名称、别名或拼音"',
        'button "导出"' if 'button "导出"' in tree else "导出",
        'img "关系图：12 个实体，16 条关系。右侧面板以文字列出同样的内容。"',
        'group "类型"',
        'button "平台 4" [pressed]',
        'slider "时间 从"',
        'combobox "看什么"',
        'checkbox "含时间不详" [checked]',
        'complementary "详情 小红书"',
        'heading "小红书" [level=2]',
        "status",
    ):
        assert part in tree, f"{part}\n{tree}"
    assert 'button "人物 1"' in tree and 'button "人物 1" [pressed]' not in tree
    assert "筛选隐藏了 2 个实体" in tree


@pytest.mark.parametrize("dark", [False, True])
def test_paper_shows_the_graph_undistorted_with_legend_and_card_below(
    open_page: Any, story: nx.MultiDiGraph, dark: bool
) -> None:
    page = open_page(story, dark=dark)
    click_node(page, "conan")
    page.locator("#panel .show").first.click()
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 720, "height": 1000})  # about a sheet of A4
    page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    settle(page)
    picture = page.locator("#graph canvas").bounding_box()
    shape = page.eval_on_selector("#graph canvas", "canvas => canvas.width / canvas.height")
    assert abs(picture["width"] / picture["height"] / shape - 1) < 0.02, "circles stay round"
    legend, card = page.locator("#legend").bounding_box(), page.locator("#panel").bounding_box()
    assert picture["y"] + picture["height"] <= legend["y"] + 1 and legend["y"] + legend["height"] <= card["y"] + 1
    assert picture["width"] <= 720
    for hidden in ("#search", ".tools", "#time", "#only", "#panel .show"):
        assert page.locator(hidden).first.is_hidden(), hidden
    assert "小红书COO柯南" in panel(page), "what was unfolded is printed"
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("() => document.documentElement.dataset.theme") == "light"
    page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("() => document.documentElement.dataset.theme") == ("dark" if dark else "light")
