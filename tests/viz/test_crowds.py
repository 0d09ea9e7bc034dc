"""Big graphs in a real browser: what is drawn at first sight, what is said of the rest, and how one gets at it."""

from typing import Any

import networkx as nx
import pytest

from tests.viz.conftest import settle
from tests.viz.test_page import click_node, panel, visible_nodes

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def crowd(make_large: Any) -> nx.MultiDiGraph:
    """700 entities; not to be changed."""
    return make_large(700)


def lines(page: Any) -> int:
    settle(page)
    return page.evaluate("() => kgPage.shown.drawn.size")


def test_a_crowded_picture_draws_its_main_lines_and_says_so(open_page: Any, crowd: nx.MultiDiGraph) -> None:
    page = open_page(crowd)
    there = page.evaluate("() => kgPage.shown.edges.size")
    assert lines(page) < 400 < there
    assert f"另有 {there - lines(page)} 条次要连线未画出" in page.inner_text("#notice")
    page.click("#lines")
    assert lines(page) == there
    page.wait_for_timeout(150)
    assert "lines=all" in page.evaluate("() => location.hash")
    page.click("#lines")
    assert lines(page) < 400
    click_node(page, "n0")
    own = page.evaluate("() => [...kgPage.lit.edges].every(i => kgPage.shown.edges.has(i)) && kgPage.lit.edges.size")
    assert own > 20, "of what is picked every line is drawn"


def test_an_entity_not_drawn_yet_comes_with_its_neighbours_when_it_is_searched(
    open_page: Any, crowd: nx.MultiDiGraph
) -> None:
    page = open_page(crowd)
    page.fill("#search", page.evaluate("() => kgPage.model.nodes.at(-1).name"))
    page.keyboard.press("Enter")
    settle(page)
    assert 300 < visible_nodes(page) < 310, "it and what it is linked to, not everything"
    assert page.evaluate("() => kgPage.lit.edges.size") > 0
    page.keyboard.press("Escape")
    assert visible_nodes(page) == 300


def test_a_path_may_lead_over_what_is_not_drawn_yet(open_page: Any, crowd: nx.MultiDiGraph) -> None:
    page = open_page(crowd)
    last, other = page.evaluate("() => [kgPage.model.nodes.at(-1).name, kgPage.model.nodes.at(-2).name]")
    page.fill("#search", last)
    page.keyboard.press("Enter")
    page.click("#path-from")
    page.keyboard.type(other)
    page.keyboard.press("Enter")
    settle(page)
    assert page.locator("#no-path").count() == 0
    assert last in page.inner_text("#panel .way-through") and other in page.inner_text("#panel .way-through")
    assert page.evaluate("() => [...kgPage.lit.nodes].every(i => kgPage.shown.nodes.has(i))")


def test_hops_around_an_entity_reach_what_is_not_drawn_yet(open_page: Any, crowd: nx.MultiDiGraph) -> None:
    page = open_page(crowd)
    click_node(page, "n0")
    page.click("#only")
    near = {*nx.all_neighbors(crowd, "n0"), "n0"}
    settle(page)
    assert set(page.evaluate("() => [...kgPage.shown.nodes].map(i => kgPage.model.nodes[i].id)")) == near


def test_a_phone_begins_with_fewer(open_page: Any, crowd: nx.MultiDiGraph) -> None:
    page = open_page(crowd, size=(390, 844))
    assert visible_nodes(page) == 75
    assert "625" in page.inner_text("#notice")
    page.click("#more")
    assert visible_nodes(page) == 150


def test_a_view_sent_from_a_phone_looks_the_same_on_a_desk(open_page: Any, crowd: nx.MultiDiGraph) -> None:
    page = open_page(crowd, size=(390, 844))
    page.focus("#graph")
    page.keyboard.press("+")
    page.wait_for_timeout(300)
    sent = page.evaluate("() => location.hash")
    places = "() => kgPage.model.nodes.slice(0, 75).map(n => [n.x, n.y])"
    before = page.evaluate(places)
    page.set_viewport_size({"width": 1400, "height": 900})
    page.reload()
    page.wait_for_function("() => typeof kgPage === 'object' && document.querySelector('#panel').hasChildNodes()")
    assert page.evaluate("() => location.hash") == sent
    assert visible_nodes(page) == 75 and page.evaluate(places) == before
    assert "主要实体" in panel(page)


def test_names_in_sight_stand_wholly_in_sight(open_page: Any, crowd: nx.MultiDiGraph) -> None:
    page = open_page(crowd, size=(390, 844))
    cut = page.evaluate(
        """() => {
            const { width, height } = kgPage.stage.size;
            const inside = (p) => p.x > 0 && p.y > 0 && p.x < width && p.y < height;
            return [...kgPage.stage.names].filter(([i, box]) => inside(kgPage.stage.at(i)) && (box.left < -1 || box.right > width + 1)).length;
        }"""
    )
    assert cut == 0
