"""What GraphML, GEXF and Turtle files hold, read back by the libraries for them: all of it, also from hostile names."""

import json

import networkx as nx
import pytest

from kg.graph import build_graph, read_graph
from kg.load.export import export
from kg.model import ArticleInfo, Evidence, Extraction, NamedEntity, Statement
from kg.ontology import load_ontology
from kg.resolve import Registry, resolve
from kg.resolve.registry import Entry

# What XML and Turtle must escape, blanks that parsers like to trim, a sign beyond 16 bits; and no control character.
HOSTILE = " \"a'b\\c\t<&>]]>{}^|`𠮷 甲 "
LISTS = ("aliases", "ids", "mentions", "history", "valid", "articles", "rejected")


@pytest.fixture(params=["corpus", "hostile"])
def resolution(request, corpus):
    if request.param == "corpus":
        registry = Registry((Entry(("小红书",), ids={"wikidata": "Q30744540", "a'b": HOSTILE}),))
        return resolve(corpus, load_ontology(), registry=registry)
    ends = (NamedEntity(HOSTILE + "一", "Platform", (HOSTILE,), 3), NamedEntity(HOSTILE + "二", "Platform"))
    told = [
        ("CONNECTS_TO", "actual", "2020", 0.1 + 0.2),
        ("CONNECTS_TO", "ended", "2021-08-02", 1e-7),
        ("CONNECTS_TO", "actual", "2022-01/2023-01-05", 0.999999),
        ("PARTNERS_WITH", "rumored", None, 0.5),
    ]
    said = tuple(
        Statement("d 1>\n", ends[0], relation, ends[1], status, time, Evidence(-1, -1, HOSTILE), sure)
        for relation, status, time, sure in told
    )
    info = ArticleInfo("d 1>\n", HOSTILE, "2021-08-03", HOSTILE, "https://a.example/?q=1&r=<2>", "0" * 32)
    return resolve([Extraction(info, ends, said), Extraction(ArticleInfo("空"))], load_ontology())


def restore(data, names):
    """The attributes as they were: lists out of their JSON, and what was unknown."""
    kept = {names.get(key, key): value for key, value in data.items() if key not in ("label", "weight", "fact")}
    kept = {key: json.loads(value) if key in LISTS else value for key, value in kept.items()}
    return {key: kept.get(key) for key in (*kept, "since", "until")} if "relation" in kept else kept


def test_a_graphml_file_is_the_whole_graph(resolution, tmp_path):
    export(resolution, "graphml", tmp_path / "g.graphml")
    graph = nx.read_graphml(tmp_path / "g.graphml", force_multigraph=True)
    graph.graph = {key: json.loads(value) for key, value in graph.graph.items() if key in LISTS}
    graph.graph.setdefault("rejected", build_graph(resolution).graph["rejected"])
    for _, data in graph.nodes(data=True):
        restored = restore(dict(data), {})
        data.clear()
        data.update(restored)
    for *_, data in graph.edges(data=True):
        restored = restore(dict(data), {})
        data.clear()
        data.update(restored)
    assert read_graph(graph) == resolution


def test_a_gexf_file_has_every_node_and_edge_whole(resolution, tmp_path):
    export(resolution, "gexf", tmp_path / "g.gexf")
    graph, wanted = nx.read_gexf(tmp_path / "g.gexf"), build_graph(resolution)
    found = {node: restore(data, {"entity_type": "type"}) for node, data in graph.nodes(data=True)}
    assert found == dict(wanted.nodes(data=True))
    edges = {
        (head, tail, data["fact"]): {k: v for k, v in restore(data, {}).items() if k != "id"}
        for head, tail, data in graph.edges(data=True)
    }
    assert edges == {(head, tail, key): data for head, tail, key, data in wanted.edges(keys=True, data=True)}


def test_a_turtle_file_has_every_fact_with_its_events_passages_and_times(resolution, tmp_path):
    rdflib = pytest.importorskip("rdflib")
    export(resolution, "turtle", tmp_path / "g.ttl")
    graph = rdflib.Graph().parse(tmp_path / "g.ttl")
    kg, rdf, rdfs = rdflib.Namespace("urn:kg:schema:"), rdflib.RDF, rdflib.RDFS
    dc, skos = rdflib.DCTERMS, rdflib.SKOS

    def one(subject, predicate):
        value = graph.value(subject, predicate)
        return None if value is None else str(value)

    def name(node):
        return str(node).rpartition(":")[2]

    entities = {
        (
            name(e),
            one(e, rdfs.label),
            name(graph.value(e, rdf.type)),
            tuple(sorted(map(str, graph.objects(e, skos.altLabel)))),
            tuple(sorted(map(str, graph.objects(e, dc.identifier)))),
        )
        for e in graph.subjects(rdfs.label)
    }
    assert entities == {
        (e.id, e.name, e.type, tuple(sorted(e.aliases)), tuple(sorted(e.written_ids))) for e in resolution.entities
    }
    ids = {a: one(a, dc.identifier) for a in graph.subjects(rdf.type, kg.Article)}
    articles = {(ids[a], *(one(a, p) for p in (dc.title, dc.date, dc.publisher, dc.source))) for a in ids}
    assert articles == {(a.id, a.title, a.date, a.source, a.url) for a in resolution.articles}

    facts = {}
    for f in graph.subjects(rdf.type, rdf.Statement):
        head, relation, tail = (name(graph.value(f, p)) for p in (rdf.subject, rdf.predicate, rdf.object))
        valid = sorted((one(v, kg.since) or "", one(v, kg.until) or "") for v in graph.objects(f, kg.valid))
        events = sorted(
            (
                one(event, kg.status),
                one(event, kg.time) or "",
                sorted(
                    (
                        ids[graph.value(c, kg.article)],
                        int(one(c, kg.start)),
                        int(one(c, kg.end)),
                        one(c, kg.text),
                        float(one(c, kg.confidence)),
                    )
                    for c in graph.objects(event, kg.citation)
                ),
            )
            for event in graph.objects(f, kg.event)
        )
        facts[name(f)] = (
            head,
            relation,
            tail,
            one(f, kg.status),
            float(one(f, kg.confidence)),
            int(one(f, kg.sources)),
            valid,
            events,
        )
    assert facts == {
        f.id: (
            f.head,
            f.relation,
            f.tail,
            f.status,
            f.confidence,
            f.sources,
            sorted((start or "", end or "") for start, end in f.valid),
            sorted(
                (e.status, e.time or "", sorted((c.article, c.start, c.end, c.text, c.confidence) for c in e.citations))
                for e in f.history
            ),
        )
        for f in resolution.facts
    }
    plain = {(name(h), name(t)) for h, t in graph.subject_objects(kg.CONNECTS_TO)}
    assert plain == {(f.head, f.tail) for f in resolution.facts if f.relation == "CONNECTS_TO" and f.status == "actual"}
