"""NetworkX and igraph give the same figures behind one call."""

import random

import networkx as nx
import pytest

from kg import analysis
from kg.analysis import engines
from kg.errors import UsageError

igraph = pytest.importorskip("igraph")


@pytest.fixture(scope="module")
def graph():
    """Three crowds of organisations, tied within and by a few bridges, one tie of two facts."""
    draw = random.Random(5)
    made = nx.MultiDiGraph()
    for n in range(90):
        made.add_node(n, name=f"公司{n}", type="Company", aliases=[])
    for key in range(900):
        crowd = draw.randrange(3)
        a, b = draw.sample(range(crowd * 30, crowd * 30 + 30), 2) if key % 20 else draw.sample(range(90), 2)
        data = {"relation": "PARTNERS_WITH", "status": "actual", "sources": draw.randint(1, 4), "valid": [(None, None)]}
        made.add_edge(a, b, key=key, **data)
    return made


def test_rank_is_the_same_whoever_counts(graph):
    assert analysis.rank(graph, engine="igraph") == analysis.rank(graph, engine="networkx")


def test_a_sample_is_drawn_and_scaled_as_networkx_does(graph, monkeypatch):
    monkeypatch.setattr("kg.analysis.groups._SAMPLED", 40)
    by_igraph, by_networkx = (analysis.rank(graph, engine=engine) for engine in ("igraph", "networkx"))
    assert by_igraph == by_networkx
    monkeypatch.undo()
    assert by_igraph != analysis.rank(graph)


def test_constraint_is_the_same_whoever_counts(graph):
    assert analysis.brokers(graph, engine="igraph") == analysis.brokers(graph, engine="networkx")


@pytest.mark.parametrize(("engine", "method"), [("networkx", "louvain"), ("igraph", "louvain"), ("auto", "leiden")])
def test_the_crowds_are_the_camps(graph, engine, method):
    camps = analysis.camps(graph, engine=engine, method=method)
    assert [row["size"] for row in camps] == [30, 30, 30]
    assert camps[0]["modularity"] == analysis.camps(graph)[0]["modularity"] > 0.5
    assert camps == analysis.camps(graph, engine=engine, method=method)


def test_large_graphs_go_to_igraph_where_it_is(graph, monkeypatch):
    simple = analysis.project(graph)
    assert engines.choose_engine(simple) == "networkx"
    monkeypatch.setattr(engines, "LARGE", 10)
    assert engines.choose_engine(simple) == "igraph"
    monkeypatch.setitem(__import__("sys").modules, "igraph", None)
    assert engines.choose_engine(simple) == "networkx"
    with pytest.raises(UsageError, match=r"pip install 'kg-partners\[fast\]'"):
        engines.choose_engine(simple, "igraph")
    with pytest.raises(UsageError, match="igraph"):
        analysis.camps(graph, method="leiden")


def test_what_is_no_engine_or_method_is_said(graph):
    with pytest.raises(UsageError, match="no engine"):
        analysis.rank(graph, engine="spark")
    with pytest.raises(UsageError, match="no way to find camps"):
        analysis.camps(graph, method="guess")


@pytest.mark.parametrize("engine", ["networkx", "igraph"])
def test_graphs_without_ties_have_no_answer_and_no_error(engine):
    for question in (analysis.rank, analysis.brokers, analysis.camps):
        assert list(question(nx.MultiDiGraph(), engine=engine)) == []
