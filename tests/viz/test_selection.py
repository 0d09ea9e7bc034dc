"""Which entities are shown, in which order."""

import networkx as nx
import pytest

from kg.viz.selection import STAGES, select_entities


def weigh(graph: nx.Graph) -> tuple[dict[str, float], dict[str, set[str]]]:
    """Scores as a page of one fact a link has them, and who is linked to whom."""
    return {str(n): float(d) for n, d in graph.degree}, {str(n): set(map(str, graph[n])) for n in graph}


def parts(ids: list[str], neighbours: dict[str, set[str]]) -> list[int]:
    graph = nx.Graph((a, b) for a in ids for b in neighbours[a] if b in ids)
    graph.add_nodes_from(ids)
    return sorted(map(len, nx.connected_components(graph)), reverse=True)


@pytest.fixture(scope="module")
def news() -> tuple[dict[str, float], dict[str, set[str]]]:
    """One big circle, one of middle size, and hundreds of pairs of which nobody else says anything."""
    pairs = nx.disjoint_union_all([nx.path_graph(2)] * 400)
    return weigh(nx.disjoint_union_all([nx.barabasi_albert_graph(300, 2, seed=1), nx.star_graph(30), pairs]))


@pytest.mark.parametrize("count", [1, 2, 7, 75, 150, 300])
def test_the_beginning_of_the_order_hangs_together(news, count: int) -> None:
    scores, neighbours = news
    ids = select_entities(scores, neighbours, max_nodes=count)
    assert len(ids) == len(set(ids)) == count
    assert len(parts(ids, neighbours)) <= 2, "the main circle and perhaps the other one, and no strewn pairs"


def test_another_circle_of_weight_is_there(news) -> None:
    scores, neighbours = news
    assert "300" in select_entities(scores, neighbours, max_nodes=200), "the middle of the star"


def test_every_stage_begins_the_order_of_a_bigger_page(news) -> None:
    scores, neighbours = news
    whole = select_entities(scores, neighbours, max_nodes=700)
    for stage in STAGES:
        first = whole[:stage]
        assert len(parts(first, neighbours)) <= 2
        assert [scores[id_] for id_ in whole[: STAGES[0]]] == sorted(
            (scores[id_] for id_ in whole[: STAGES[0]]), reverse=True
        )


def test_no_entity_comes_without_one_it_is_linked_to(news) -> None:
    scores, neighbours = news
    for count in (2, 400, 555, 700, 900):
        ids = set(select_entities(scores, neighbours, max_nodes=count))
        assert all(neighbours[id_] & ids for id_ in ids)


def test_what_nothing_is_said_of_comes_only_where_nothing_else_is() -> None:
    assert select_entities({"a": 0, "b": 1, "c": 1}, {"b": {"c"}, "c": {"b"}}, max_nodes=9) == ["b", "c"]
    assert select_entities({"a": 0, "b": 0}, {}, max_nodes=9) == ["a", "b"]
    assert select_entities({}, {}, max_nodes=9) == []


def test_around_a_focus_the_nearest_come_first() -> None:
    scores, neighbours = weigh(nx.path_graph(9))
    assert select_entities(scores, neighbours, max_nodes=4, focus=["0"]) == ["0", "1", "2", "3"]
