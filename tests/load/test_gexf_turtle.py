"""GEXF and Turtle: files that other programs read back, whatever names hold."""

import json

import networkx as nx
import pytest

from kg.load.export import export
from kg.model import ArticleInfo, Evidence, Extraction, NamedEntity, Statement
from kg.ontology import load_ontology
from kg.resolve import resolve

HOSTILE = 'a"b\\c\n<&>\x07\ud800甲'


@pytest.fixture
def resolution():
    ends = (NamedEntity("小红书", "Platform", (HOSTILE,)), NamedEntity(HOSTILE + "乙", "Platform"))
    facts = [
        ("CONNECTS_TO", "actual", "2020-11"),
        ("CONNECTS_TO", "ended", "2021-08-02"),
        ("PARTNERS_WITH", "actual", None),
    ]
    said = tuple(
        Statement("d 1>", ends[0], relation, ends[1], status, time, Evidence(0, 2, HOSTILE), 0.5)
        for relation, status, time in facts
    )
    return resolve([Extraction(ArticleInfo("d 1>", HOSTILE, "2021-08-03"), ends, said)], load_ontology())


def test_gexf_is_read_back_with_types_and_histories(resolution, tmp_path):
    path = tmp_path / "g.gexf"
    export(resolution, "gexf", path)
    graph = nx.read_gexf(path)
    assert {data["entity_type"] for _, data in graph.nodes(data=True)} == {"Platform"}
    assert sorted(d["relation"] for *_, d in graph.edges(data=True)) == ["CONNECTS_TO", "PARTNERS_WITH"]
    histories = {d["fact"]: json.loads(d["history"]) for *_, d in graph.edges(data=True)}
    assert {key: len(history) for key, history in histories.items()} == {f.id: len(f.history) for f in resolution.facts}


def test_turtle_is_read_back_with_status_time_and_evidence(resolution, tmp_path):
    rdflib = pytest.importorskip("rdflib")
    path = tmp_path / "g.ttl"
    export(resolution, "turtle", path)
    graph = rdflib.Graph().parse(path)
    names = {str(row[0]) for row in graph.query("SELECT ?n WHERE { ?e a kg:Platform ; rdfs:label ?n }")}
    assert "小红书" in names
    reified = "SELECT ?p ?s WHERE { ?f a rdf:Statement ; rdf:predicate ?p ; kg:status ?s }"
    found = {(str(p).rpartition(":")[2], str(s)) for p, s in graph.query(reified)}
    assert found == {("CONNECTS_TO", "ended"), ("PARTNERS_WITH", "actual")}
    assert len(list(graph.query("SELECT ?a WHERE { ?a kg:PARTNERS_WITH ?b }"))) == 1
    assert not list(graph.query("SELECT ?a WHERE { ?a kg:CONNECTS_TO ?b }"))
    times = {str(row[0]) for row in graph.query("SELECT ?t WHERE { ?f kg:event [ kg:time ?t ] }")}
    assert times == {"2020-11", "2021-08-02"}
    texts = {str(row[0]) for row in graph.query("SELECT ?t WHERE { ?f kg:event [ kg:citation [ kg:text ?t ] ] }")}
    assert texts == {HOSTILE.replace("\ud800", "\ufffd")}


def test_turtle_of_nothing_and_bytes_that_do_not_change(resolution, tmp_path):
    export(resolve([], load_ontology()), "turtle", tmp_path / "0.ttl")
    assert (tmp_path / "0.ttl").read_text(encoding="utf-8").count("\n") == 6
    for name in ("a.ttl", "b.ttl"):
        export(resolution, "turtle", tmp_path / name)
    assert (tmp_path / "a.ttl").read_bytes() == (tmp_path / "b.ttl").read_bytes()
