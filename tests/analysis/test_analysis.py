"""Measures on small graphs whose answers can be worked out by hand, or that NetworkX works out itself."""

import math

import networkx as nx
import pytest

from kg import analysis
from kg.errors import UsageError
from kg.graph import build_graph
from kg.model import ArticleInfo, Evidence, Extraction, NamedEntity, Statement
from kg.ontology import load_ontology
from kg.resolve import resolve

KINDS = {"P": "Person", "R": "Role", "L": "Product"}


def make(*rows):
    """A graph of rows (head, relation, tail[, status, time]), each in an article of its own."""
    articles = []
    for i, (head, relation, tail, *rest) in enumerate(rows):
        status, time = (*rest, "actual", None)[:2] if len(rest) != 1 else (rest[0], None)
        ends = [NamedEntity(n, KINDS.get(n[0], "Company")) for n in (head, tail)]
        said = Statement(f"a{i}", ends[0], relation, ends[1], status, time, Evidence(0, 3, f"证据{i}"), 0.9)
        articles.append(Extraction(ArticleInfo(f"a{i}", date=f"20{10 + i % 10}-01-01"), tuple(ends), (said,)))
    return build_graph(resolve(articles, load_ontology()))


STAR = [("中枢", "PARTNERS_WITH", leaf) for leaf in ("东家", "西家", "南家", "北家")]
CLIQUES = [
    *((a, "PARTNERS_WITH", b) for a, b in (("甲一", "甲二"), ("甲二", "甲三"), ("甲一", "甲三"))),
    *((a, "PARTNERS_WITH", b) for a, b in (("乙一", "乙二"), ("乙二", "乙三"), ("乙一", "乙三"))),
    ("甲一", "SUPPLIES", "乙一"),
]


def test_rank_puts_the_hub_first_and_pagerank_sums_to_one():
    rows = analysis.rank(make(*STAR))
    assert rows[0]["name"] == "中枢"
    assert (rows[0]["degree"], rows[0]["betweenness"]) == (4, 1.0)
    assert sum(r["pagerank"] for r in rows) == pytest.approx(1, abs=1e-4)
    # A star of four leaves by hand: hub h = 0.03 + 0.85 * 4 l, leaf l = 0.03 + 0.85 * h / 4.
    assert rows[0]["pagerank"] == pytest.approx((0.03 + 0.85 * 4 * 0.03) / (1 - 0.85**2), abs=1e-5)


def test_a_broker_has_the_least_constraint():
    rows = analysis.brokers(make(*STAR, ("东家", "PARTNERS_WITH", "西家")))
    assert rows[0]["name"] == "中枢"
    assert {r["name"] for r in rows} == {"中枢", "东家", "西家"}


def test_camps_are_the_cliques():
    rows = analysis.camps(make(*CLIQUES))
    assert [r["size"] for r in rows] == [3, 3]
    assert {frozenset(r["members"]) for r in rows} == {
        frozenset({"甲一", "甲二", "甲三"}),
        frozenset({"乙一", "乙二", "乙三"}),
    }
    assert rows[0]["modularity"] == pytest.approx(6 / 7 - 2 * (7 / 14) ** 2, abs=1e-3)


def test_overlap_is_jaccard_without_the_two_themselves():
    graph = make(
        ("甲一", "PARTNERS_WITH", "共有"), ("乙一", "PARTNERS_WITH", "共有"), ("乙一", "PARTNERS_WITH", "独有")
    )
    with pytest.raises(UsageError, match="'Firm' is no entity type"):
        analysis.overlap(graph, types=["Firm"])
    assert analysis.overlap(graph, types="Platform") == analysis.overlap(graph, types=["Platform"])
    (row,) = analysis.overlap(graph, "甲一", "乙一")
    assert (row["shared"], row["jaccard"], row["partners"]) == (1, 0.5, ["共有"])
    assert analysis.overlap(graph, "甲一")[0]["b"] == "乙一"
    assert len(analysis.overlap(graph)) == 2
    with pytest.raises(UsageError):
        analysis.overlap(graph, "甲一", "乙一", "共有")


def test_likely_partners_agree_with_networkx_and_mark_rivals():
    graph = make(*STAR, ("东家", "COMPETES_WITH", "西家"))
    rows = analysis.likely_partners(graph)
    assert len(rows) == 6
    assert rows[0]["adamic_adar"] == pytest.approx(1 / math.log(4), abs=1e-3)
    assert rows[0]["resource_allocation"] == 0.25
    assert next(r for r in rows if {r["a"], r["b"]} == {"东家", "西家"})["rivals"]
    assert {r["a"] for r in analysis.likely_partners(graph, "南家")} == {"南家"}


def test_a_back_test_counts_what_came_true():
    rows = [(h, r, t, "actual", "2015") for h, r, t in STAR]
    graph = make(*rows, ("东家", "PARTNERS_WITH", "西家", "actual", "2019"))
    (row,) = analysis.backtest(graph, "2017", limit=6)
    assert (row["predicted"], row["hits"], row["later"]) == (6, 1, 1)
    assert row["precision"] == row["chance"] == pytest.approx(1 / 6, abs=1e-3)


def test_paths_are_explained_shortest_first():
    graph = make(("甲一", "OWNS", "乙一"), ("乙一", "PARTNERS_WITH", "丙一"), ("甲一", "SUPPLIES", "丙一", "ended"))
    rows = analysis.paths(graph, "甲一", "丙一")
    assert [r["steps"] for r in rows] == [1, 2]
    assert rows[1]["links"][0] == "甲一 -OWNS-> 乙一 (actual): 证据0 [a0]"
    assert analysis.paths(graph, "甲一", "甲一") == []
    with pytest.raises(UsageError, match="no entity is named"):
        analysis.paths(graph, "甲一", "无此")


def test_no_path_leads_over_what_is_denied():
    rows = (
        ("甲方", "PARTNERS_WITH", "乙方", "denied"),
        ("乙方", "PARTNERS_WITH", "丙方"),
        ("甲方", "OWNS", "丁方", "ended"),
    )
    graph = make(*rows, ("丁方", "SUPPLIES", "丙方"))
    assert [row["path"] for row in analysis.paths(graph, "甲方", "丙方")] == [["甲方", "丁方", "丙方"]]
    assert list(analysis.paths(make(rows[0]), "甲方", "乙方")) == []


def test_rivals_who_are_partners_all_the_same():
    graph = make(
        ("甲一", "COMPETES_WITH", "乙一"), ("甲一", "PARTNERS_WITH", "乙一"), ("丙一", "DISPUTES_WITH", "乙一")
    )
    rows = analysis.rivals(graph, "乙一")
    assert {(r["b"], r["competes"], r["disputes"], r["partners"]) for r in rows} == {
        ("甲一", True, False, True),
        ("丙一", False, True, False),
    }


def test_openness_counts_links_by_year():
    graph = make(
        ("甲一", "CONNECTS_TO", "乙一", "actual", "2018-03"),
        ("甲一", "CONNECTS_TO", "乙一", "ended", "2020"),
        ("甲一", "CONNECTS_TO", "丙一", "actual", "2020-05"),
    )
    assert [(r["year"], r["opened"], r["cut"], r["open"]) for r in analysis.openness(graph, "甲一")] == [
        ("2018", 1, 0, 1),
        ("2020", 1, 1, 1),
    ]


def test_lifespans_of_products():
    graph = make(
        ("甲一", "LAUNCHES", "L品", "actual", "2020-01-01"),
        ("甲一", "SHUTS_DOWN", "L品", "planned", "2021"),
        ("甲一", "SHUTS_DOWN", "L品", "actual", "2020-12-31"),
        ("甲一", "LAUNCHES", "L新", "actual", None),
        ("甲一", "LAUNCHES", "L梦", "planned", "2030"),
    )
    rows = analysis.lifespans(graph)
    assert [(r["name"], r["launched"], r["closed"], r["days"]) for r in rows] == [
        ("L品", "2020-01-01", "2020-12-31", 365),
        ("L新", None, None, None),
    ]


def test_careers_in_order():
    graph = make(("P王", "WORKS_FOR", "甲一", "ended", "2019"), ("P王", "WORKS_FOR", "乙一", "actual", "2020"))
    assert [(r["organisation"], r["status"]) for r in analysis.careers(graph, "P王")] == [
        ("甲一", "ended"),
        ("乙一", "actual"),
    ]


@pytest.mark.parametrize(
    "question", ["rank", "brokers", "camps", "overlap", "likely_partners", "rivals", "openness", "lifespans", "careers"]
)
def test_an_empty_graph_has_no_answer_and_no_error(question):
    rows = getattr(analysis, question)(make())
    assert rows == []
    assert rows.columns


def test_only_what_holds_ties_unless_asked_otherwise():
    graph = make(("甲一", "PARTNERS_WITH", "乙一", "rumored"), ("甲一", "PARTNERS_WITH", "丙一", "actual", "2019"))
    assert analysis.project(graph).number_of_edges() == 1
    assert analysis.project(graph, standing=False).number_of_edges() == 2
    assert analysis.project(graph, on="2018").number_of_edges() == 0
    assert isinstance(analysis.project(graph, directed=True), nx.DiGraph)
    with pytest.raises(UsageError):
        analysis.project(graph, on="bald")
