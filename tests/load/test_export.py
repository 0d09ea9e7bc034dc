"""Exports: whole files that the programs they are for read."""

import csv
import json
import subprocess
import sys

import networkx as nx
import pytest

from kg.errors import OutputError, UsageError
from kg.graph import read_graph
from kg.load.export import FORMATS, export
from kg.model import ArticleInfo, Entity, Resolution
from kg.ontology import load_ontology
from kg.resolve import resolve


@pytest.fixture
def resolution(corpus):
    return resolve(corpus, load_ontology())


def test_jsonl_has_articles_entities_and_facts_in_the_documented_form(resolution, tmp_path):
    path = tmp_path / "g.jsonl"
    export(resolution, "jsonl", path)
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [next(iter(row)) for row in rows] == ["article"] * 3 + ["entity"] * 7 + ["fact"] * 7
    assert rows[0]["article"]["reprint_of"] is None
    entity = next(r["entity"] for r in rows if "entity" in r and r["entity"]["name"] == "小红书")
    assert entity == {"id": entity["id"], "name": "小红书", "type": "Platform", "aliases": ["RED", "红薯"]}
    fact = next(r["fact"] for r in rows if "fact" in r and r["fact"]["sources"] == 2)
    assert list(fact) == ["id", "head", "relation", "tail", "sources", "status", "confidence", "history", "valid"]
    assert fact["valid"] == [["2025-05-07", None]]
    assert fact["history"][1] == {
        "status": "actual",
        "time": "2025-05-07",
        "articles": ["plan"],
        "evidence": [{"article": "plan", "start": 10, "end": 16, "text": "达成战略合作"}],
    }


def test_json_is_node_link_and_loses_nothing(resolution, tmp_path):
    path = tmp_path / "g.json"
    export(resolution, "json", path)
    graph = nx.node_link_graph(json.loads(path.read_text(encoding="utf-8")), edges="edges")
    assert read_graph(graph) == resolution


def test_graphml_is_read_back_by_networkx(resolution, tmp_path):
    path = tmp_path / "g.graphml"
    export(resolution, "graphml", path)
    graph = nx.read_graphml(path, force_multigraph=True)
    assert (len(graph), graph.number_of_edges()) == (7, 7)
    red = next(data for _, data in graph.nodes(data=True) if data["name"] == "小红书")
    assert json.loads(red["aliases"]) == ["RED", "红薯"]
    assert {data["relation"] for *_, data in graph.edges(data=True)} == {f.relation for f in resolution.facts}


def test_csv_is_three_tables_with_a_header(resolution, tmp_path):
    export(resolution, "csv", tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["articles.csv", "entities.csv", "facts.csv"]
    with (tmp_path / "out" / "facts.csv").open(encoding="utf-8", newline="") as file:
        facts = list(csv.DictReader(file))
    row = next(r for r in facts if r["sources"] == "2")
    assert {row["head"], row["tail"]} == {"小红书", "淘宝天猫"}
    assert (row["status"], row["since"], row["until"]) == ("actual", "2025-05-07", "")
    assert json.loads(row["articles"]) == ["plan", "review"]
    with (tmp_path / "out" / "entities.csv").open(encoding="utf-8", newline="") as file:
        assert {r["id"] for r in csv.DictReader(file)} >= {row["head_id"], row["tail_id"]}
    with (tmp_path / "out" / "articles.csv").open(encoding="utf-8", newline="") as file:
        articles = {r["id"]: r for r in csv.DictReader(file)}
    assert set(articles) == {a.id for a in resolution.articles} >= set(json.loads(row["articles"]))


def test_ids_stand_with_the_entities_that_have_some(tmp_path):
    entities = (
        Entity("1", "甲", "Company"),
        Entity("2", "乙", "Company", ids=(("stock", "0700.HK"), ("wikidata", "Q1"))),
    )
    export(Resolution(entities=entities), "csv", tmp_path)
    with (tmp_path / "entities.csv").open(encoding="utf-8", newline="") as file:
        assert [json.loads(row["ids"]) for row in csv.DictReader(file)] == [[], ["stock:0700.HK", "wikidata:Q1"]]
    export(Resolution(entities=entities), "jsonl", tmp_path / "g.jsonl")
    rows = [json.loads(line)["entity"] for line in (tmp_path / "g.jsonl").read_text(encoding="utf-8").splitlines()]
    assert "ids" not in rows[0]
    assert rows[1]["ids"] == ["stock:0700.HK", "wikidata:Q1"]


def test_csv_tells_of_each_article_where_it_can_be_read(tmp_path):
    article = ArticleInfo("a", "两家签约", "2025-05-07", "商报", "https://a.example/1", "0123")
    export(Resolution(articles=(article, ArticleInfo("b"))), "csv", tmp_path)
    assert (tmp_path / "articles.csv").read_text(encoding="utf-8").splitlines() == [
        "id,title,date,source,url",
        "a,两家签约,2025-05-07,商报,https://a.example/1",
        "b,,,,",
    ]


def test_for_excel_there_is_a_mark_and_no_formula(tmp_path):
    entities = tuple(Entity(f"e{i}", name, "Company") for i, name in enumerate(["=1+1", "+86", "-x", "@a", "常规"]))
    export(Resolution(entities=entities), "csv", tmp_path, bom=True)
    data = (tmp_path / "entities.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(data.decode("utf-8-sig").splitlines()))
    assert [row[1] for row in rows[1:]] == ["'=1+1", "'+86", "'-x", "'@a", "常规"]
    export(Resolution(entities=entities), "csv", tmp_path)
    assert b",=1+1," in (tmp_path / "entities.csv").read_bytes()


@pytest.mark.parametrize("format_", FORMATS)
def test_hostile_names_and_empty_graphs_are_written_by_every_format(format_, tmp_path):
    names = ['q"uo,te', "new\nline", "nul\x00\x1b", "\ud800", "<b>&amp;", "]]>", "\ufffe", "长" * 10_000]
    entities = tuple(Entity(f"e{i}", name, "Company", (name,)) for i, name in enumerate(names))
    hostile = Resolution(articles=(ArticleInfo("\ud800", "<题>\x07"),), entities=entities)
    for number, resolution in enumerate((hostile, Resolution())):
        path = tmp_path / str(number)
        export(resolution, format_, path)
        for file in path.iterdir() if path.is_dir() else [path]:
            file.read_text(encoding="utf-8")
    if format_ == "graphml":
        assert len(nx.read_graphml(tmp_path / "0")) == len(names)
    if format_ == "csv":
        with (tmp_path / "0" / "entities.csv").open(encoding="utf-8", newline="") as file:
            assert next(r for r in csv.DictReader(file) if r["id"] == "e1")["name"] == "new\nline"


@pytest.mark.parametrize("format_", FORMATS)
def test_two_exports_of_one_graph_are_the_same_bytes(format_, resolution, tmp_path):
    for name in ("1", "2"):
        export(resolution, format_, tmp_path / name)
    files = [
        [f.read_bytes() for f in sorted(p.iterdir())] if p.is_dir() else p.read_bytes()
        for p in sorted(tmp_path.iterdir())
    ]
    assert files[0] == files[1]


@pytest.mark.parametrize("format_", FORMATS)
def test_where_nothing_can_be_written_the_reason_is_given_and_nothing_left(format_, resolution, tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(OutputError, match="could not be written, because"):
        export(resolution, format_, tmp_path / "file" / "g")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("format_", FORMATS)
def test_only_the_folder_of_the_csv_files_is_made_none_above_it(format_, resolution, tmp_path):
    with pytest.raises(OutputError, match=r"there is no folder .*typo; make it first"):
        export(resolution, format_, tmp_path / "typo" / "g")
    assert list(tmp_path.iterdir()) == []


def test_on_a_full_disk_the_older_tables_stay(example_store, tmp_path):
    """A file-size limit, between the sizes of the two tables, is a disk that fills up while they are written."""
    folder = tmp_path / "out"
    folder.mkdir()
    for name in ("articles.csv", "entities.csv", "facts.csv"):
        (folder / name).write_text("old", encoding="utf-8")
    command = f"ulimit -f 16; exec {sys.executable} -m kg export --store {example_store} --format csv -o {folder}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, encoding="utf-8", timeout=120)
    assert done.returncode == 1
    assert "could not be written, because" in done.stderr
    assert {p.name: p.read_text(encoding="utf-8") for p in folder.iterdir()} == {
        "articles.csv": "old",
        "entities.csv": "old",
        "facts.csv": "old",
    }


def test_an_old_export_is_replaced_whole(resolution, tmp_path):
    path = tmp_path / "g.jsonl"
    path.write_text("x" * 10_000_000, encoding="utf-8")
    export(resolution, "jsonl", path)
    assert path.read_text(encoding="utf-8").count("\n") == 17


def test_unknown_formats_and_marks_elsewhere_are_usage_errors(resolution, tmp_path):
    with pytest.raises(
        UsageError, match="unknown export format 'xlsx'; there are jsonl, csv, graphml, gexf, turtle, json"
    ):
        export(resolution, "xlsx", tmp_path / "g")
    with pytest.raises(UsageError, match="for csv, not for json"):
        export(resolution, "json", tmp_path / "g", bom=True)
