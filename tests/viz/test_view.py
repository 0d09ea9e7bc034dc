import dataclasses
import json

import networkx as nx
import pytest

from kg.errors import UsageError
from kg.viz.payload import make_payload
from kg.viz.view import View, make_history, make_view


def names(view: View) -> list[str]:
    return [node.name for node in view.nodes]


def between(view: View, a: str, b: str) -> list:
    return [edge for edge in view.edges if {edge.source, edge.target} == {a, b}]


def test_an_empty_graph_gives_an_empty_view(empty: nx.MultiDiGraph) -> None:
    view = make_view(empty)
    assert (view.nodes, view.edges, view.entities, view.facts) == ((), (), 0, 0)


def test_every_entity_with_a_fact_and_every_fact_is_there(story: nx.MultiDiGraph) -> None:
    view = make_view(story)
    assert set(names(view)) == {data["name"] for node, data in story.nodes(data=True) if node != "lone"}
    assert view.facts_shown == view.facts == story.number_of_edges()
    assert view.unlinked == 1


def test_the_main_party_comes_first_and_is_the_biggest(story: nx.MultiDiGraph) -> None:
    view = make_view(story)
    assert view.nodes[0].name == "小红书"
    assert view.nodes[0].size == max(node.size for node in view.nodes)


def test_a_title_or_place_weighs_less_than_a_party_with_as_many_facts(story: nx.MultiDiGraph) -> None:
    view = make_view(story)
    sizes = {node.id: node.size for node in view.nodes}
    assert sizes["coo"] < sizes["oasis"]


def test_facts_told_by_more_sources_make_an_entity_bigger(story: nx.MultiDiGraph) -> None:
    story.edges["xhs", "oasis", next(iter(story["xhs"]["oasis"]))]["sources"] = 8
    sizes = {node.id: node.size for node in make_view(story).nodes}
    assert sizes["oasis"] > sizes["shanghai"] and sizes["oasis"] > sizes["plan"]


def test_lines_of_a_pair_differ_by_family_and_status_and_bend_apart(story: nx.MultiDiGraph) -> None:
    lines = between(make_view(story), "xhs", "taobao")
    assert {(line.family, line.status) for line in lines} == {("cooperation", "ended"), ("conflict", "actual")}
    assert len({line.bend for line in lines}) == 2
    assert len({(line.source, line.target) for line in lines}) == 1, "bends are relative to the line's direction"


def test_facts_of_one_family_and_status_share_a_line(story: nx.MultiDiGraph) -> None:
    (line,) = between(make_view(story), "tencent", "xhs")
    assert {fact.relation for fact in line.facts} == {"INVESTS_IN", "HOLDS_STAKE_IN"}


def test_arrows_follow_the_facts_and_symmetric_ones_have_none(story: nx.MultiDiGraph, put_fact) -> None:
    put_fact(story, "xhs", "INVESTS_IN", "tencent", [("actual", None, [("a1", "小红书入股腾讯")])])
    view = make_view(story)
    (both,) = between(view, "tencent", "xhs")
    assert both.forward and both.backward
    (one,) = between(view, "ali", "tmall")
    assert one.forward and not one.backward
    (none,) = between(view, "tmall", "xhs")
    assert not none.forward and not none.backward


def test_a_fact_keeps_its_history_with_citations(story: nx.MultiDiGraph) -> None:
    line = next(line for line in between(make_view(story), "xhs", "taobao") if line.family == "cooperation")
    (fact,) = line.facts
    assert (fact.status, fact.since, fact.until, fact.sources) == ("ended", "2019", "2021-08-02", 4)
    assert [event.status for event in fact.history] == ["planned", "actual", "ended"]
    assert [p.article for p in fact.history[1].passages] == ["a2", "a3"]
    assert ("手机淘宝", "tail") in fact.history[1].passages[0].segments, "marked by alias, the longest form"
    assert fact.history[2].passages[0].text == "小红书切断了★淘宝外链"


def test_a_passage_of_the_title_says_so(story: nx.MultiDiGraph) -> None:
    key = next(iter(story["xhs"]["oasis"]))
    story.edges["xhs", "oasis", key]["history"][0]["citations"][0]["start"] = -1
    (line,) = between(make_view(story), "xhs", "oasis")
    assert line.facts[0].history[0].passages[0].in_title


def test_articles_are_those_cited_and_only_web_addresses_are_kept(story: nx.MultiDiGraph) -> None:
    story.graph["articles"]["unused"] = {"title": "无人引用", "date": "1999-01-01", "source": None, "url": None}
    view = make_view(story)
    assert [article.id for article in view.articles] == ["a1", "a2", "a3", "a4"]
    assert [bool(article.url) for article in view.articles] == [True, False, False, True]
    assert (view.first, view.last, view.articles_total) == ("2018-06-01", "2025-05-07", 5)


def test_the_most_important_are_kept_and_the_rest_is_counted(large: nx.MultiDiGraph) -> None:
    view = make_view(large, max_nodes=50)
    assert len(view.nodes) == 50
    assert (view.entities, view.facts) == (400, large.number_of_edges())
    kept = {node.id for node in view.nodes}
    assert view.facts_shown == sum(1 for a, b in large.edges() if a in kept and b in kept)
    assert "n0" in kept or "n1" in kept
    linked = {end for edge in view.edges for end in (edge.source, edge.target)}
    assert linked == kept, "no dot without a line while others could take its place"
    assert any(node.hidden for node in view.nodes)
    smallest_kept = min(node.facts for node in view.nodes)
    assert smallest_kept >= 2


def test_of_many_entities_the_first_three_hundred_are_drawn_at_once(large: nx.MultiDiGraph) -> None:
    view = make_view(large)
    assert (len(view.nodes), view.opening) == (400, 300)
    asked = make_view(large, max_nodes=350)
    assert (len(asked.nodes), asked.opening) == (350, 350)


def test_only_the_relations_asked_for_are_there(story: nx.MultiDiGraph) -> None:
    view = make_view(story, relations=["INVESTS_IN", "持股"])
    assert {fact.relation for edge in view.edges for fact in edge.facts} == {"INVESTS_IN", "HOLDS_STAKE_IN"}
    assert view.facts == story.number_of_edges()
    with pytest.raises(UsageError, match="PARTNERS_WITH"):
        make_view(story, relations=["MARRIES"])


def test_only_what_was_in_the_time_asked_for_is_there(story: nx.MultiDiGraph) -> None:
    def relations(**window: str) -> set[str]:
        return {fact.relation for edge in make_view(story, **window).edges for fact in edge.facts}

    assert relations(until="2019-06") == {"INVESTS_IN", "CONNECTS_TO"}
    assert relations(since="2025-06") >= {"LAUNCHES", "PARTNERS_WITH"}
    assert "CONNECTS_TO" not in relations(since="2022")
    with pytest.raises(UsageError, match="since"):
        make_view(story, since="last year")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"since": "2025-02-31"}, "since is '2025-02-31'"),
        ({"since": "２０２０"}, "2020-05"),
        ({"since": "2020-13"}, "2020-05"),
        ({"since": "0000"}, "2020-05"),
        ({"until": ""}, "until is ''"),
        ({"until": "2020-1"}, "2020-05"),
        ({"since": "2021", "until": "2020"}, "after until"),
        ({"since": "2020-05", "until": "2020-04-30"}, "after until"),
        ({"relations": [""]}, "known are"),
        ({"relations": ["投资,合作"]}, "known are"),
        ({"around": ""}, "no entity"),
        ({"around": "\x1b[31m红"}, r"\\x1b"),
    ],
)
def test_what_cannot_be_meant_is_refused(story: nx.MultiDiGraph, asked: dict, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        make_view(story, **asked)


def test_a_day_may_be_the_first_and_the_last(story: nx.MultiDiGraph) -> None:
    assert make_view(story, since="2025-05-07", until="2025-05-07").facts_shown > 0
    assert make_view(story, since="2024-02-29", until="2024").facts_shown >= 0


def test_where_no_fact_fits_nothing_is_shown(story: nx.MultiDiGraph) -> None:
    assert make_view(story, since="1900", until="1901").nodes == ()


def test_one_entity_has_no_history_with_itself(story: nx.MultiDiGraph) -> None:
    with pytest.raises(UsageError, match="one entity"):
        make_history(story, ["小红书", "RED"])


def test_around_an_alias_keeps_the_nearest_first(story: nx.MultiDiGraph) -> None:
    view = make_view(story, around="之恒", max_nodes=3)
    assert view.focus == ("conan",)
    assert names(view)[0] == "柯南"
    assert set(names(view)) == {"柯南", "小红书", "COO"}


def test_around_an_entity_without_facts_shows_it_alone(story: nx.MultiDiGraph) -> None:
    assert names(make_view(story, around="沪研咨询")) == ["沪研咨询"]


def test_around_an_unknown_name_suggests_known_ones(story: nx.MultiDiGraph) -> None:
    with pytest.raises(UsageError, match="小红书"):
        make_view(story, around="小红薯")


@pytest.mark.parametrize("count", [0, -3])
def test_a_page_of_nothing_is_refused(story: nx.MultiDiGraph, count: int) -> None:
    with pytest.raises(UsageError, match="max_nodes"):
        make_view(story, max_nodes=count)


def test_one_entity_may_be_asked_for(story: nx.MultiDiGraph) -> None:
    view = make_view(story, max_nodes=1)
    assert names(view) == ["小红书"]
    assert view.edges == ()


def test_a_graph_without_facts_shows_its_entities() -> None:
    graph = nx.MultiDiGraph(articles={}, rejected=[])
    for i in range(5):
        graph.add_node(f"n{i}", name=f"公司{i}", type="Company", aliases=[], mentions=[])
    view = make_view(graph)
    assert len(view.nodes) == 5
    assert len({(node.x, node.y) for node in view.nodes}) == 5


def test_the_same_graph_gives_the_same_view_whatever_the_order(make_large) -> None:
    graph = make_large(60)
    shuffled = nx.MultiDiGraph(**graph.graph)
    shuffled.add_nodes_from(reversed(list(graph.nodes(data=True))))
    shuffled.add_edges_from(reversed(list(graph.edges(keys=True, data=True))))
    assert make_view(graph) == make_view(graph) == make_view(shuffled)


def test_the_graph_is_left_as_it_was(story: nx.MultiDiGraph) -> None:
    before = json.dumps(nx.node_link_data(story, edges="edges"), ensure_ascii=False)
    make_view(story)
    assert json.dumps(nx.node_link_data(story, edges="edges"), ensure_ascii=False) == before


def test_a_fact_from_an_entity_to_itself_is_shown(story: nx.MultiDiGraph, put_fact) -> None:
    put_fact(story, "lone", "RENAMES_TO", "lone", [("actual", None, [("a1", "沪研咨询更名")])])
    view = make_view(story)
    assert view.facts_shown == story.number_of_edges() - (0 if "沪研咨询" in names(view) else 1)
    alone = make_view(story, around="沪研咨询")
    assert len(alone.edges) == 1


def test_a_graph_of_another_maker_is_shown_as_far_as_it_goes() -> None:
    graph = nx.MultiDiGraph()
    graph.add_node(1)
    graph.add_node(2, name=None, type=None, aliases=None)
    graph.add_edge(1, 2, relation="ORBITS", confidence=float("nan"), sources=None)
    view = make_view(graph)
    assert sorted(names(view)) == ["1", "2"]
    assert view.edges[0].facts[0].confidence == 0


def test_a_page_has_the_ids_of_those_that_have_some(story: nx.MultiDiGraph) -> None:
    first, *_ = story
    story.nodes[first]["ids"] = ["wikidata:Q30744540"]
    nodes = make_payload(make_view(story), kind="graph")["nodes"]
    assert {node["id"]: node["ids"] for node in nodes if "ids" in node} == {first: ("wikidata:Q30744540",)}


def test_views_are_frozen(story: nx.MultiDiGraph) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        make_view(story).title = "x"  # type: ignore[misc]
