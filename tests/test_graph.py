"""A resolution as a NetworkX graph and back, and the part of it around a name."""

import json

import networkx as nx
import pytest

from kg.errors import UsageError
from kg.graph import build_graph, find_nodes, read_graph, select_around, suggest_names
from kg.model import ArticleInfo, Citation, Entity, Event, Fact, Rejection, Resolution


def fact(number, head, tail, relation="PARTNERS_WITH"):
    event = Event("actual", "2025-05", (Citation("a", 3, 9, "“原文”", 0.7), Citation("b", -1, -1, "题目", 1.0)))
    return Fact(f"f{number}", head, relation, tail, "actual", 0.9, 2, (event,), (("2025-05", None), (None, "2026")))


@pytest.fixture
def resolution():
    return Resolution(
        articles=(ArticleInfo("a", "题", "2025-05-01", "源", "https://x.cn/1", "h"), ArticleInfo("b")),
        entities=(
            Entity("e1", "小红书", "Platform", ("RED",), (("a", 3, ("RED", "小红书")), ("b", 0, ("小红书",)))),
            Entity("e2", "淘宝", "Platform"),
            Entity("e3", "柯南", "Person"),
            Entity("e4", "红书", "Product", ("小红书",)),
            Entity("e5", "孤岛", "Company"),
        ),
        facts=(
            fact(1, "e1", "e2"),
            fact(2, "e3", "e1", "WORKS_FOR"),
            fact(3, "e1", "e2", "CONNECTS_TO"),
            fact(4, "e2", "e4"),
        ),
        rejected=(Rejection("a", ("甲", "OWNS", "甲"), "head and tail are one entity"),),
    )


def test_a_graph_holds_all_of_a_resolution(resolution):
    assert read_graph(build_graph(resolution)) == resolution
    assert read_graph(build_graph(Resolution())) == Resolution()


def test_a_graph_survives_networkxs_own_json(resolution):
    text = json.dumps(nx.node_link_data(build_graph(resolution), edges="edges"))
    again = nx.node_link_graph(json.loads(text), edges="edges")
    assert read_graph(again) == resolution


def test_parallel_facts_are_edges_of_their_own_keyed_by_fact(resolution):
    graph = build_graph(resolution)
    assert set(graph["e1"]["e2"]) == {"f1", "f3"}
    edge = graph["e1"]["e2"]["f1"]
    assert (edge["relation"], edge["since"], edge["until"]) == ("PARTNERS_WITH", None, "2026")


@pytest.mark.parametrize("graph", [nx.MultiDiGraph(), nx.MultiDiGraph([(1, 2)], articles={})])
def test_a_graph_of_another_program_is_refused_in_words(graph):
    with pytest.raises(UsageError, match="not a graph that kg built"):
        read_graph(graph)


def test_names_are_found_as_resolution_compares_them_and_before_aliases(resolution):
    graph = build_graph(resolution)
    assert find_nodes(graph, "《小红书》") == ["e1"]
    assert find_nodes(graph, "red") == ["e1"]
    assert find_nodes(graph, "nobody") == []
    assert find_nodes(graph, "") == []


def test_around_a_name_lies_what_hops_reach_in_either_direction(resolution):
    graph = build_graph(resolution)
    assert set(select_around(graph, "RED", 0)) == {"e1"}
    assert set(select_around(graph, "RED", 1)) == {"e1", "e2", "e3"}
    assert set(select_around(graph, "柯南", 2)) == {"e1", "e2", "e3"}
    assert set(select_around(graph, "柯南", 99)) == {"e1", "e2", "e3", "e4"}
    part = select_around(graph, "柯南", 1)
    assert {key for *_, key in part.edges(keys=True)} == {"f2"}
    assert read_graph(part).facts == (resolution.facts[1],)
    assert set(part.graph["articles"]) == {"a", "b"}
    assert set(select_around(graph, "孤岛", 3).graph["articles"]) == set()


def test_a_part_is_a_graph_of_its_own(resolution):
    graph = build_graph(resolution)
    select_around(graph, "RED", 1).nodes["e1"]["name"] = "changed"
    assert graph.nodes["e1"]["name"] == "小红书"


def test_an_unknown_name_is_an_error_that_suggests_the_nearest(resolution):
    graph = build_graph(resolution)
    with pytest.raises(UsageError, match=r"小红树.*did you mean 小红书"):
        select_around(graph, "小红树", 1)
    with pytest.raises(UsageError, match=r"named '无'$"):
        select_around(graph, "无", 1)
    with pytest.raises(UsageError, match="the graph is empty"):
        select_around(build_graph(Resolution()), "小红书", 1)
    with pytest.raises(UsageError, match="hops is -1"):
        select_around(graph, "RED", -1)


def test_what_all_firms_are_called_brings_no_two_names_near():
    names = ["启明岛科技有限公司", "云仓集团", "青禾超市股份有限公司", "公司"]
    assert suggest_names(names, "栖木有限公司") == ""
    assert suggest_names(names, "栖木科技集团") == ""
    assert suggest_names(names, "启明岛公司") == "; did you mean 启明岛科技有限公司?"
    assert suggest_names(names, "公司") == "; did you mean 公司?"
