"""Names that are code somewhere: from a statements file through every store, question, page and export, and back."""

import csv
import html.parser
import json
import random
import re
import tomllib

import pytest

from kg.errors import KGError
from kg.load.base import open_store
from kg.load.export import FORMATS, export, export_store
from kg.load.records import scrub
from kg.load.triples import read_triples
from kg.pipeline import make_page
from kg.resolve import read_registry
from kg.resolve.folding import fold
from kg.review import append_rejection, append_verdict
from tests.fuzzing import HOSTILE

RNG = random.Random(20251127)
ALPHABET = [*"\"'`\\<>&;,|=+-@#${}[]()\n\r\t\x00\x1b\x7f\u2028\u202e\ufffe ", *"京东a1", "\ud83d\ude00", "😀"]
RANDOM = ["".join(RNG.choices(ALPHABET, k=RNG.randrange(1, 12))) for _ in range(200)]
NAMES = list(dict.fromkeys(name for name in (*HOSTILE, *RANDOM, *(f"x{name}" for name in HOSTILE)) if fold(name)))
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
HUB = {"name": "枢纽", "type": "Platform", "aliases": []}


def no_xml(text):
    """As it stands in XML, which has no sign for some characters."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)


@pytest.fixture(scope="module")
def statements(tmp_path_factory):
    """A statements file in which every text that strangers write is a hostile one."""
    path = tmp_path_factory.mktemp("hostile") / "statements.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number, name in enumerate(NAMES):
            end = {"name": name, "type": "Company", "aliases": [f"别名{name}"]}
            evidence = {"start": 0, "end": len(name), "text": name}
            article = {
                "title": name,
                "date": "2025-05-07",
                "source": name,
                "url": f"https://example.com/{number}",
                "hash": name,
            }
            row = {
                "head": HUB,
                "relation": "CONNECTS_TO",
                "tail": end,
                "status": "actual",
                "time": "2025",
                "confidence": 0.5,
            }
            for line in ({"article": article}, {"entity": {**end, "count": 1}}, {**row, "evidence": evidence}):
                file.write(json.dumps({"doc": f"d{number}-{name}", **line}) + "\n")
    return path


@pytest.fixture(scope="module", params=["g.kgl", "g.json"])
def store(request, statements, tmp_path_factory):
    """The file was written, closed and opened again."""
    path = tmp_path_factory.mktemp("store") / request.param
    with open_store(str(path)) as fresh:
        fresh.write(read_triples(statements))
    with open_store(str(path)) as again:
        yield again


@pytest.fixture(scope="module")
def resolution(store):
    return store.resolution()


def test_every_name_is_in_the_store_as_it_was_said(resolution):
    told = {name for e in resolution.entities for name in (e.name, *e.aliases)}
    assert {scrub(name) for name in NAMES} <= told
    assert {a.title for a in resolution.articles} == {scrub(name) for name in NAMES}


def test_a_name_in_a_question_is_a_name(store, resolution):
    entities, facts = len(resolution.entities), len(resolution.facts)
    for entity in resolution.entities:
        rows = store.query("MATCH (e:Entity {name: $name}) RETURN e.name AS name, e.id AS id", name=entity.name)
        assert {"name": entity.name, "id": entity.id} in [dict(row) for row in rows]
    found = store.query("MATCH (:Entity {name: $name})-[r:CONNECTS_TO]->(b) RETURN b.name AS name", name=HUB["name"])
    assert len(found) == facts
    assert store.query("MATCH (e:Entity) RETURN count(e) AS n")[0]["n"] == entities
    for name in NAMES:  # as the question itself: refused, or answered without a change
        try:
            store.query(f"MATCH (n {{name: '{scrub(name)}'}}) RETURN n")
        except KGError:
            pass
        except ValueError as exc:
            assert "\x00" in name, exc
    assert store.query("MATCH (e:Entity) RETURN count(e) AS n")[0]["n"] == entities


@pytest.fixture
def written(resolution, tmp_path, request):
    path = tmp_path / "out"
    export(resolution, request.param, path)
    return path


def texts_of(resolution):
    return {e.id: e.name for e in resolution.entities}


def test_every_format_is_tested_here():
    assert set(FORMATS) == {"jsonl", "json", "csv", "graphml", "gexf", "turtle"}


@pytest.mark.parametrize("written", ["jsonl"], indirect=True)
def test_json_lines_give_the_names_back(written, resolution):
    rows = [json.loads(line) for line in written.read_bytes().split(b"\n") if line]
    assert {r["entity"]["id"]: r["entity"]["name"] for r in rows if "entity" in r} == texts_of(resolution)
    assert {r["article"]["title"] for r in rows if "article" in r} == {a.title for a in resolution.articles}


@pytest.mark.parametrize("written", ["json"], indirect=True)
def test_json_gives_the_names_back(written, resolution):
    nodes = json.loads(written.read_text(encoding="utf-8"))["nodes"]
    assert {node["id"]: node["name"] for node in nodes} == texts_of(resolution)


@pytest.mark.parametrize("written", ["csv"], indirect=True)
def test_tables_give_the_names_back(written, resolution):
    with (written / "entities.csv").open(encoding="utf-8", newline="") as file:
        assert {row["id"]: row["name"] for row in csv.DictReader(file, strict=True)} == texts_of(resolution)
    with (written / "facts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    names = texts_of(resolution)
    assert all(row["head"] == names[row["head_id"]] and row["tail"] == names[row["tail_id"]] for row in rows)
    assert {text for row in rows for text in json.loads(row["evidence"])} == {
        c.text for fact in resolution.facts for c in fact.citations()
    }


def test_a_spreadsheet_has_nothing_to_run(resolution, tmp_path):
    export(resolution, "csv", tmp_path / "out", bom=True)
    for path in (tmp_path / "out").iterdir():
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.reader(file, strict=True):
                assert not any(cell.startswith(FORMULA) for cell in row)


@pytest.mark.parametrize("written", ["graphml"], indirect=True)
def test_graphml_gives_the_names_back(written, resolution):
    import networkx as nx

    graph = nx.read_graphml(written)
    assert {n: d["name"] for n, d in graph.nodes(data=True)} == {i: no_xml(n) for i, n in texts_of(resolution).items()}


@pytest.mark.parametrize("written", ["gexf"], indirect=True)
def test_gexf_gives_the_names_back(written, resolution):
    import networkx as nx

    graph = nx.read_gexf(written)
    assert {n: d["name"] for n, d in graph.nodes(data=True)} == {i: no_xml(n) for i, n in texts_of(resolution).items()}


@pytest.mark.parametrize("written", ["turtle"], indirect=True)
def test_turtle_gives_the_names_back(written, resolution):
    import rdflib

    graph = rdflib.Graph().parse(written, format="turtle")
    labels = {str(s): str(o) for s, o in graph.subject_objects(rdflib.RDFS.label)}
    assert labels == {f"urn:kg:entity:{i}": name for i, name in texts_of(resolution).items()}
    allowed = ("urn:kg:", str(rdflib.RDF), str(rdflib.RDFS), str(rdflib.SKOS), str(rdflib.DCTERMS))
    assert all(str(term).startswith(allowed) for triple in graph for term in triple if isinstance(term, rdflib.URIRef))


def test_files_for_an_empty_server_give_the_names_back(store, resolution, tmp_path):
    command = export_store(store, "neo4j-csv", tmp_path / "out")
    assert command is not None
    assert not set("\n\r\x00`$") & set(command.split("&&", 1)[1])
    names = {}
    for path in (tmp_path / "out").glob("entities-*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file, strict=True)
            at = header.index("name:string")
            names |= {row[0]: row[at] for row in rows}
    assert names == texts_of(resolution)


class Tags(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, *(name for name, _ in attrs if name != "hidden")))


def list_tags(path):
    tags = Tags()
    tags.feed(path.read_text(encoding="utf-8"))
    return tags.seen


def test_a_page_has_the_same_elements_whatever_the_names(store, tmp_path):
    make_page(store, title=HOSTILE[5]).write(tmp_path / "hostile.html")
    with open_store("memory:") as plain:
        make_page(plain, title="无").write(tmp_path / "plain.html")
    assert list_tags(tmp_path / "hostile.html") == list_tags(tmp_path / "plain.html")


@pytest.mark.parametrize("same", [True, False])
def test_verdicts_on_any_names_leave_a_registry_that_can_be_read(same, tmp_path):
    path, taken = tmp_path / "r.toml", 0
    for name in [*HOSTILE, "\udcff"]:
        before = path.read_bytes() if path.exists() else None
        try:
            append_verdict(path, f"甲{name}", f"乙{name}", same=same, because=f"因为{name}")
            taken += 1
        except KGError as exc:
            assert str(exc).isprintable()
            assert (path.read_bytes() if path.exists() else None) == before
    read_registry(path)
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    kept = [row["name"] for row in data.get("entity", [])] + [row["names"][0] for row in data.get("never", [])]
    assert len(kept) == taken > len(HOSTILE) * 0.8
    assert {"甲=cmd|'/C calc'!A0", '甲"', "甲\\", "甲\n", "甲]\n[entity]", "甲\x7f", "甲\x00"} <= set(kept)


def test_rejections_of_any_names_leave_a_registry_that_can_be_read(tmp_path):
    path = tmp_path / "r.toml"
    for name in HOSTILE:
        try:
            append_rejection(path, f"甲{name}", "CONNECTS_TO", f"乙{name}", because=name)
        except KGError as exc:
            assert "\n" not in str(exc)
    assert len(read_registry(path).verdicts) > len(HOSTILE) * 0.8
