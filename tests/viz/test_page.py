"""The page in a real browser, offline. That nothing was complained of, asked for or popped up is checked by `open_page`
at the end of every test."""

from typing import Any

import networkx as nx
import pytest

from tests.viz.conftest import settle

pytestmark = pytest.mark.browser

HOSTILE = [
    "</script><img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "javascript:alert(1)",
    "\"'`${alert(1)}`",
    "{{ 7*7 }}",
    "左\u202e右\u200f\u2066",
    "行\u2028行\u2029",
    "__proto__",
    "&lt;b&gt;&amp;",
    "长" * 10_000,
]


def spot(page: Any, expression: str) -> tuple[float, float]:
    """Where on the screen a point of the stage is; `expression` gives it."""
    point = page.evaluate(
        f"""() => {{
            const at = {expression};
            const frame = document.getElementById("graph").getBoundingClientRect();
            return [at.x + frame.left, at.y + frame.top];
        }}"""
    )
    return point[0], point[1]


def click_node(page: Any, id_: str) -> None:
    page.mouse.click(*spot(page, f'kgPage.stage.at(kgPage.model.byId.get("{id_}"))'))
    settle(page)


def click_edge(page: Any, relation: str) -> None:
    """Click the line that carries this relation, where neither end nor another line is near."""
    index = page.evaluate("r => kgPage.model.edges.findIndex(e => e.facts.some(f => f.relation === r))", relation)
    page.mouse.click(*spot(page, f"kgPage.stage.middleOf({index})"))
    settle(page)


def panel(page: Any) -> str:
    return page.inner_text("#panel")


def visible_nodes(page: Any) -> int:
    settle(page)
    return page.evaluate("() => kgPage.shown.nodes.size")


def test_every_node_is_drawn_and_named(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    assert page.evaluate("() => kgPage.shown.nodes.size") == 12
    assert page.evaluate("() => kgPage.shown.edges.size") == 15
    assert page.evaluate("() => kgPage.stage.names.size") == 12, "all names readable at first zoom"


def test_no_name_stands_on_another_at_first_zoom(open_page: Any, large: nx.MultiDiGraph) -> None:
    page = open_page(large)
    boxes = page.evaluate("() => [...kgPage.stage.names.values()]")
    assert len(boxes) > 60
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            apart = (
                a["right"] <= b["left"] or b["right"] <= a["left"] or a["bottom"] <= b["top"] or b["bottom"] <= a["top"]
            )
            assert apart
        assert a["bottom"] - a["top"] >= 12


def test_the_graph_stays_where_python_put_it(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    before = page.evaluate("() => kgPage.model.nodes.map(n => [n.x, n.y])")
    page.wait_for_timeout(500)
    assert page.evaluate("() => kgPage.model.nodes.map(n => [n.x, n.y])") == before


def test_the_top_tells_dates_counts_and_what_is_hidden(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    summary = page.inner_text("#summary")
    for part in ("2018-06-01 – 2025-05-07", "4 篇文章", "13 个实体中的 12 个", "16 条关系", "1 个没有关系的实体未画出"):
        assert part in summary
    assert page.title() == page.inner_text("#title") == "商业合作关系图谱"


def test_clicking_a_line_shows_every_statement_with_its_evidence(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    click_edge(page, "CONNECTS_TO")
    text = panel(page)
    for part in (
        "互通",
        "已终止",
        "自 2019 至 2021-08-02",
        "4 个独立来源",
        "可信度 80%",
        "小红书切断了★淘宝外链",
        "计划",
        "2020-11",
    ):
        assert part in text
    assert "《外链切断》 · 2021-08-03" in text
    assert page.locator("#panel mark.head").first.inner_text() == "小红书"
    assert "手机淘宝" in page.locator("#panel mark.tail").all_inner_texts()
    assert "竞争" in text, "the pair's other relation is shown below"


def test_links_are_web_addresses_only_and_tell_nothing_of_the_page(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    click_edge(page, "CONNECTS_TO")
    links = page.eval_on_selector_all("#panel a", "links => links.map(a => [a.getAttribute('href'), a.rel])")
    assert {href for href, _ in links} == {"https://example.com/a1", "http://example.com/a4?x=1&y=2"}
    assert all("noopener" in rel for _, rel in links)


def test_clicking_a_node_shows_its_card_and_lights_its_neighbours(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    click_node(page, "conan")
    text = panel(page)
    for part in ("柯南", "人物", "又名", "之恒", "任职", "小红书", "职位", "COO"):
        assert part in text
    lit = page.evaluate("() => [...kgPage.lit.nodes].map(index => kgPage.model.nodes[index].id)")
    assert set(lit) == {"conan", "xhs", "coo"}
    page.locator("#panel .show").first.click()
    assert "小红书COO柯南" in panel(page)


def test_a_card_says_what_else_there_is_with_the_same_partner(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    click_node(page, "taobao")
    row = page.locator("#panel .row", has_text="小红书").first
    assert row.locator(".also").inner_text() in ("另有互通", "另有竞争")
    assert page.locator("#panel .row", has_text="阿里巴巴").locator(".also").count() == 0
    row.locator(".also").click()
    assert "互通" in panel(page) and "竞争" in panel(page), "all of the pair, with its evidence"


def test_a_card_leads_on_to_the_next_and_back(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    click_node(page, "conan")
    page.locator("#panel .row .link", has_text="小红书").click()
    assert page.locator("#panel h2").inner_text() == "小红书"
    page.locator("#panel .back").first.click()
    assert page.locator("#panel h2").inner_text() == "柯南"
    page.keyboard.press("Escape")
    assert "主要实体" in panel(page)


def test_facts_of_a_card_stand_in_time_order(open_page: Any, story: nx.MultiDiGraph, put_fact: Any) -> None:
    for year in ("2024", "2016", "2020-05"):
        story.add_node(f"y{year}", name=f"计划{year}", type="Program", aliases=[], mentions=[])
        put_fact(story, "jd", "LAUNCHES", f"y{year}", [("actual", year, [("a1", f"京东推出计划{year}")])])
    page = open_page(story)
    click_node(page, "jd")
    names = page.locator("#panel .row .link").all_inner_texts()
    assert [name for name in names if name.startswith("计划")] == ["计划2016", "计划2020-05", "计划2024"]


@pytest.mark.parametrize("typed", ["之恒", "jd.com", "ＪＤ．com", "行吟", " RED "])
def test_search_finds_by_alias_and_enter_flies_there(open_page: Any, story: nx.MultiDiGraph, typed: str) -> None:
    wanted = {"之恒": "柯南", "行吟": "小红书", " RED ": "小红书"}.get(typed, "京东")
    page = open_page(story)
    page.keyboard.press("/")
    page.keyboard.type(typed)
    assert wanted in page.locator("#hits li").first.inner_text()
    page.keyboard.press("Enter")
    assert page.locator("#panel h2").inner_text() == wanted
    view = page.evaluate("() => kgPage.stage.camera")
    picked = page.evaluate("() => kgPage.model.nodes[kgPage.state.picked.index]")
    assert abs(view["x"] - picked["x"]) < 1 and abs(view["y"] - picked["y"]) < 1


def test_search_is_worked_by_keyboard_and_says_when_nothing_is_found(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    page.fill("#search", "淘宝")
    assert page.locator("#hits li").all_inner_texts()[0].startswith("淘宝")
    page.keyboard.press("ArrowDown")
    assert page.locator("#hits li[aria-selected=true]").inner_text().startswith("淘宝天猫")
    page.keyboard.press("Enter")
    assert page.locator("#panel h2").inner_text() == "淘宝天猫"
    page.fill("#search", "没有这个")
    assert page.inner_text("#hits") == "没有找到"
    page.keyboard.press("Escape")
    assert page.locator("#hits").is_hidden()


def test_the_legend_hides_and_shows_types_relations_and_statuses(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    page.click("#types [data-key=Person]")
    assert visible_nodes(page) == 10, "the person, and the title that only the person holds"
    assert "2" in page.inner_text("#notice")
    page.click("#types [data-key=Person]")
    assert visible_nodes(page) == 12
    page.click("#statuses [data-key=denied]")
    page.click("#statuses [data-key=rumored]")
    assert visible_nodes(page) == 11, "京东 has only a denied and a rumoured fact"
    page.click("#families [data-key=organisation]")
    assert page.locator("#families [data-key=organisation]").get_attribute("aria-pressed") == "false"
    assert visible_nodes(page) < 11


def test_only_the_neighbours_can_be_shown(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    click_node(page, "conan")
    page.click("#only")
    assert visible_nodes(page) == 3
    page.keyboard.press("Escape")
    assert visible_nodes(page) == 12


def test_the_interface_follows_the_browsers_language_and_the_switch(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story, locale="en-GB")
    assert page.get_attribute("html", "lang") == "en"
    assert "12 of 13 entities" in page.inner_text("#summary")
    click_edge(page, "CONNECTS_TO")
    assert "connects to" in panel(page)
    page.click("#language")
    assert page.get_attribute("html", "lang") == "zh-CN"
    assert "互通" in panel(page)


def test_dark_follows_the_system_and_the_switch(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story, dark=True)
    ground = "() => getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.click("#theme")
    assert page.evaluate(ground) != dark
    page.emulate_media(color_scheme="light")
    page.wait_for_timeout(100)  # two changes within one frame would be none
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(f"wanted => ({ground})() === wanted", arg=dark)


def test_an_empty_graph_says_so(open_page: Any, empty: nx.MultiDiGraph) -> None:
    page = open_page(empty)
    assert "图中没有实体" in page.inner_text("#stage")
    page.click("#fit")
    page.click("#language")
    assert "holds no entities" in page.inner_text("#stage")


def test_where_no_fact_fits_what_was_asked_for_the_page_says_so(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story, since="1900", until="1901")
    assert "没有符合条件的关系：自 1900 至 1901" in page.inner_text("#stage")


def test_one_entity_alone_is_shown(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story, around="沪研咨询")
    assert page.locator("#panel h2").inner_text() == "沪研咨询"
    assert page.inner_text("#title") == "沪研咨询 的关系图"


def test_what_the_page_was_asked_to_show_around_is_picked(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story, around="RED", title="给投委会的图")
    assert page.locator("#panel h2").inner_text() == "小红书"
    assert page.title() == "给投委会的图"


@pytest.mark.parametrize("text", HOSTILE, ids=[ascii(text[:20]) for text in HOSTILE])
def test_hostile_text_is_shown_as_it_is_and_runs_nothing(open_page: Any, one_fact: Any, text: str) -> None:
    graph = one_fact(
        name=text, aliases=["甲", text + "!"], passage=f"{text}与乙", title=text, source=text, url=text, status=text, relation=text
    )  # fmt: skip
    page = open_page(graph, title=text)
    # Browsers show a line or paragraph separator inside one line; what matters is that every character is there.
    assert page.evaluate("() => document.getElementById('title').textContent") == text
    page.fill("#search", "甲")
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.querySelector('#panel h2').textContent") == text
    page.locator("#panel .show").click()
    shown = page.evaluate("() => document.querySelector('#panel blockquote').textContent")
    assert shown == f"{text}与乙"
    assert page.locator("#panel a, #panel img, #panel svg, #panel script").count() == 0
    click_edge(page, text)
    page.click("#language")
    assert page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth")


def test_a_phone_shows_graph_and_panel_without_scrolling_sideways(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story, size=(390, 844))
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    assert page.locator("#graph").bounding_box()["height"] > 250
    assert page.locator("#panel").bounding_box()["height"] > 200


def test_the_page_can_be_printed(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story, dark=True)
    assert len(page.pdf()) > 10_000
    page.emulate_media(media="print")
    assert page.locator("#search").is_hidden()
    assert page.locator("#graph canvas").is_visible()


def test_controls_have_names_for_screen_readers(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story)
    click_node(page, "xhs")
    nameless = page.eval_on_selector_all(
        "button, input, select, [role=img], [role=listbox], aside",
        "all => all.filter(e => !(e.getAttribute('aria-label') || e.textContent.trim() || (e.labels || []).length || !e.checkVisibility())).map(e => e.outerHTML)",
    )
    assert nameless == []


# Whether the nodes lie in sight and clear of the legend.
CLEAR = """() => {
  const legend = document.querySelector("#legend").getBoundingClientRect();
  const stage = document.querySelector("#graph").getBoundingClientRect();
  const points = kgPage.model.nodes.map((node) => kgPage.stage.at(node.index));
  const under = points.filter((p) => p.y + stage.y > legend.top && p.x + stage.x < legend.right);
  const outside = points.filter((p) => p.x < 0 || p.y < 0 || p.x > stage.width || p.y > stage.height);
  return [under.length, outside.length];
}"""


@pytest.mark.parametrize("size", [(1280, 800), (1024, 600), (800, 500), (390, 844)])
def test_the_legend_never_lies_over_the_graph_at_first(open_page: Any, story: nx.MultiDiGraph, size: Any) -> None:
    assert open_page(story, size=size).evaluate(CLEAR) == [0, 0]


def test_the_graph_makes_room_for_the_legend_and_takes_it_back(open_page: Any, story: nx.MultiDiGraph) -> None:
    page = open_page(story, size=(900, 520))
    assert page.locator("#legend").get_attribute("open") is None
    scale = "() => kgPage.stage.camera.k"
    folded = page.evaluate(scale)
    page.click("#legend-title")
    page.wait_for_function(f"before => ({scale})() < before", arg=folded)
    assert page.evaluate(CLEAR) == [0, 0]
    page.click("#legend-title")
    page.wait_for_function(f"before => ({scale})() === before", arg=folded)
