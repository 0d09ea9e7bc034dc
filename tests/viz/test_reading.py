"""What a reader sees without asking for it: a path in sight, keys that work from the start, pictures that say what they show."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from kg.viz.html import render_frame
from kg.viz.view import make_history, make_view
from tests.viz.conftest import settle
from tests.viz.test_asking import address, take
from tests.viz.test_page import click_node, visible_nodes

pytestmark = pytest.mark.browser

IN_SIGHT = """() => [...kgPage.lit.nodes].every(index => {
  const [at, size] = [kgPage.stage.at(index), kgPage.stage.size];
  return at.x > 0 && at.y > 0 && at.x < size.width && at.y < size.height;
})"""


def camera(page: Any) -> list[float]:
    settle(page)
    return page.evaluate("() => { const { x, y, k } = kgPage.stage.camera; return [x, y, k]; }")


def test_a_path_is_in_sight(open_page: Any, large: nx.MultiDiGraph) -> None:
    page = open_page(large)
    ends = page.evaluate(
        """() => {
            const from = kgPage.model.nodes[150];
            const way = to => kgPaths.shortest(kgPage.model, from.index, to, edge => kgPage.shown.status.get(edge.index) !== "denied") || [];
            const far = kgPage.model.nodes.slice(0, 200).reduce((a, b) => way(b.index).length > way(a.index).length ? b : a);
            return [from.name, far.name];
        }"""
    )
    page.fill("#search", ends[0])
    page.keyboard.press("Enter")
    page.click("#path-from")
    page.keyboard.type(ends[1])
    page.keyboard.press("Enter")
    settle(page)
    assert page.evaluate("() => kgPage.lit.nodes.size") > 3
    assert page.evaluate(IN_SIGHT)
    seen = camera(page)
    address(page)
    page.reload()
    page.wait_for_function("() => typeof kgPage === 'object'")
    settle(page)
    assert page.evaluate(IN_SIGHT)
    assert camera(page) == pytest.approx(seen, rel=0.05, abs=5)


def test_a_frame_without_a_width_yet_is_no_phone(
    open_page: Any, story: nx.MultiDiGraph, large: nx.MultiDiGraph, tmp_path: Path
) -> None:
    page = open_page(story)
    frame = render_frame(make_view(large)).replace("<iframe", "<iframe hidden", 1)
    (tmp_path / "n.html").write_text(f"<!doctype html><meta charset=utf-8><body>{frame}", encoding="utf-8")
    page.goto((tmp_path / "n.html").as_uri())
    inner = page.frames[1]
    inner.wait_for_function("() => typeof kgPage === 'object'", polling=50)
    assert inner.evaluate("() => [innerWidth, kgPage.shown.nodes.size]") == [0, 75]
    page.eval_on_selector("iframe", "frame => { frame.hidden = false; }")
    inner.wait_for_function("() => kgPage.shown.nodes.size === 300")


def test_a_timeline_without_a_width_yet_is_no_phones(
    open_page: Any, story: nx.MultiDiGraph, put_fact: Any, tmp_path: Path
) -> None:
    page = open_page(story)
    for i in range(100):
        story.add_node(f"p{i}", name=f"伙伴{i}", type="Company", aliases=[], mentions=[])
        put_fact(story, "xhs", "PARTNERS_WITH", f"p{i}", [("actual", "2024", [("a1", "小红书与伙伴合作")])])
    frame = render_frame(make_history(story, ["小红书"]), kind="timeline").replace("<iframe", "<iframe hidden", 1)
    (tmp_path / "n.html").write_text(f"<!doctype html><meta charset=utf-8><body>{frame}", encoding="utf-8")
    page.goto((tmp_path / "n.html").as_uri())
    page.frames[1].wait_for_function("() => typeof kgPage === 'object'", polling=50)
    assert page.frames[1].evaluate("() => kgPage.shown.nodes.size") == 75
    page.eval_on_selector("iframe", "frame => { frame.hidden = false; }")
    page.frames[1].wait_for_function("() => kgPage.shown.nodes.size > 100")


def test_a_narrow_window_that_grows_shows_more_until_it_is_touched(open_page: Any, large: nx.MultiDiGraph) -> None:
    page = open_page(large, size=(390, 844))
    assert visible_nodes(page) == 75
    page.locator("#graph").focus()
    page.keyboard.press("+")
    page.set_viewport_size({"width": 1400, "height": 900})
    page.wait_for_timeout(200)
    assert visible_nodes(page) == 75


def test_what_is_new_or_ended_has_a_date(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    undated = "() => [...kgPage.shown.facts.values()].flat().filter(fact => !fact.times.dated).length"
    assert page.evaluate(undated) > 0
    for mode in ("new", "ended"):
        page.select_option("#time-mode", mode)
        assert not page.is_checked("#undated") and page.evaluate(undated) == 0
    page.check("#undated")
    assert page.evaluate(undated) > 0
    there = address(page)
    assert "undated=1" in there
    page.reload()
    page.wait_for_function("() => typeof kgPage === 'object'")
    assert page.is_checked("#undated") and address(page) == there
    page.select_option("#time-mode", "held")
    assert page.is_checked("#undated") and "undated" not in address(page)


@pytest.mark.parametrize("size", [(1400, 900), (1280, 720), (390, 844)])
def test_main_entities_are_named_in_the_opening_picture(open_page: Any, large: nx.MultiDiGraph, size: Any) -> None:
    page = open_page(large, size=size)
    assert page.evaluate("() => kgPage.model.nodes.slice(0, 10).filter(node => !kgPage.stage.names.has(node.index)).map(node => node.label)") == []  # fmt: skip


def test_keys_work_at_once_and_after_a_search(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    begun = camera(page)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("+")
    moved = camera(page)
    assert moved[0] > begun[0] and moved[2] > begun[2]
    page.fill("#search", "柯南")
    page.keyboard.press("Enter")
    found = camera(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("-")
    moved = camera(page)
    assert moved[1] > found[1] and moved[2] < found[2]


def test_escape_leaves_the_innermost_first(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    picked = "() => kgPage.state.picked !== null"
    click_node(page, "conan")
    page.click("#path-from")
    page.keyboard.press("Escape")
    assert "起点" not in page.inner_text("#notice") and page.evaluate(picked)
    page.click("#take-title")
    page.keyboard.press("Escape")
    assert page.get_attribute("#take", "open") is None and page.evaluate(picked)
    page.click("#take-title")
    page.click("#cypher")
    page.keyboard.press("Escape")
    assert not page.evaluate("() => document.getElementById('dialog').open") and page.evaluate(picked)
    page.wait_for_function("() => document.activeElement.id === 'take-title'")
    page.keyboard.press("Escape")
    assert not page.evaluate(picked)


@pytest.mark.parametrize("size", [(1400, 900), (390, 844)])
def test_a_picture_says_what_it_shows(open_page: Any, story: nx.MultiDiGraph, size: Any) -> None:
    page = open_page(story, title="小红书与伙伴 <&>", size=size)
    drawing = ElementTree.parse(take(page, "svg").path())
    words = [element.text or "" for element in drawing.iter() if element.tag.endswith("text")]
    for part in ("小红书与伙伴 <&>", "人物", "资本", "传闻", "已终止"):
        assert part in words, part
    assert any(word.startswith("2018-06-01 – 2025-05-07") for word in words)
    height = float(drawing.getroot().attrib["height"])
    assert max(float(e.attrib["y"]) for e in drawing.iter() if e.tag.endswith("text")) < height, "all on the sheet"
    picture = page.evaluate("async () => { const p = await createImageBitmap(await kgTakeaway.picture(kgPage.stage, kgPage.sheet())); return [p.width, p.height]; }")  # fmt: skip
    assert picture == [2 * page.evaluate("() => kgPage.stage.size.width"), 2 * height]


def test_a_picture_has_no_band_where_the_page_has_its_legend(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    seen, taken = page.evaluate("() => [kgPage.stage.camera, kgPage.sheet().seen]")
    assert taken["k"] >= seen["k"]
    above, below = page.evaluate(
        """() => {
            const { seen, size } = kgPage.sheet();
            const ys = kgPage.model.nodes.map(node => kgCamera.toScreen(seen, size, node.x, node.y).y);
            return [Math.min(...ys), size.height - Math.max(...ys)];
        }"""
    )
    assert 25 < above < 60 and 25 < below < 60
    page.locator("#graph").focus()
    page.keyboard.press("+")
    settle(page)
    seen, taken = page.evaluate("() => [kgPage.stage.camera, kgPage.sheet().seen]")
    assert taken == seen, "a view moved by hand is taken as it is"


def test_an_address_put_into_an_open_page_is_kept(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    page.evaluate("() => { location.hash = '#lang=en&theme=dark&at=conan&view=10,20,0.800'; }")
    page.wait_for_function("() => document.documentElement.lang === 'en'")
    assert camera(page) == [10, 20, 0.8]
    kept = address(page)
    for part in ("lang=en", "theme=dark", "at=conan", "view=10,20,0.800"):
        assert part in kept, kept
    page.evaluate("() => { location.hash = '#path=conan,sh'; }")
    page.wait_for_function("() => kgPage.state.path !== null || kgPage.state.picked === null")
    assert "view=" not in address(page)


def test_a_page_of_a_part_says_what_its_entities_lack(open_page: Any, story: nx.MultiDiGraph) -> None:
    assert "没有关系" in open_page(story).inner_text("#summary")
    page = open_page(story, relations=["投资"])
    assert "没有此类关系的实体未画出" in page.inner_text("#summary")
    page.click("#language")
    assert "without such a fact not drawn" in page.inner_text("#summary")
