"""What `import kg` promises. A name may be added here with thought, and is never taken away without a new version."""

import subprocess
import sys
import types

import networkx as nx
import pytest

import kg

NAMES = {
    *("Article", "ArticleInfo", "Citation", "CleanText", "Entity", "Event", "Evidence", "Extraction", "Fact", "Graph"),
    *("Mention", "NamedEntity", "Ontology", "Rejection", "Report", "Resolution", "Span", "Statement", "Store"),
    *("KGError", "ConfigError", "ExtractionError", "InputError", "OntologyError", "OutputError", "QueryError"),
    *("StoreError", "StoreFormatError", "StoreLocked", "TriplesError", "UsageError", "WriteCounts", "__version__"),
    *("build", "build_graph", "clean", "extract", "load_ontology", "open_store", "read_articles", "resolve"),
    *("LLMOptions", "Merge", "Registry", "Snapshot", "Table", "open", "read_registry"),
}


def test_offers_these_names_and_no_others():
    assert sorted(kg.__all__) == sorted(NAMES)
    assert set(dir(kg)) >= NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_name_is_there_and_documented(name):
    thing = getattr(kg, name)
    if name != "__version__":
        assert not isinstance(thing, types.ModuleType)
        assert thing.__doc__


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nosuch"):
        _ = kg.nosuch


@pytest.mark.parametrize(
    "first",
    [
        "import kg.extract.nlp",
        "from kg.extract import text",
        "import kg.resolve",
        "import kg.load.base",
        "import kg.cli",
    ],
)
def test_functions_named_as_their_rooms_stay_functions(first):
    """Importing a submodule binds its name in the package: it must not take the function's place."""
    code = f"{first}\nimport kg\nfrom kg.resolve import resolve\nprint(callable(kg.extract), kg.resolve is resolve)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.split() == ["True", "True"]


def test_importing_it_imports_nothing_slow():
    code = (
        "import sys, kg; print(sorted({'onnxruntime', 'networkx', 'kglite', 'trafilatura', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture(scope="module")
def graph(example_articles):
    with kg.build(example_articles) as graph:
        yield graph


class TestGraph:
    def test_holds_the_graph_as_data(self, graph):
        assert len(graph.articles) == 14
        ids = {entity.id for entity in graph.entities}
        assert graph.facts
        assert {end for fact in graph.facts for end in (fact.head, fact.tail)} <= ids
        assert graph.report.articles == graph.report.added == 14
        assert sum(graph.report.relations.values()) == len(graph.facts)

    def test_answers_cypher(self, graph):
        rows = graph.query("MATCH (a {name: $name}) RETURN a.name AS name", name="小红书")
        assert rows == [{"name": "小红书"}]

    def test_is_a_networkx_graph_where_wanted(self, graph):
        whole = graph.networkx()
        assert isinstance(whole, nx.MultiDiGraph)
        assert whole.number_of_edges() == len(graph.facts)
        assert set(graph.networkx(around="小红书")) < set(whole)
        one = graph.networkx(relations=["OWNS"])
        assert list(one.edges) == list(graph.networkx(relations="OWNS").edges)
        assert list(one.edges) == list(graph.networkx(relations="旗下").edges)
        assert graph.facts(relation="旗下") == graph.facts(relation="owns") == graph.facts(relation="OWNS")
        for weighted in (False, True):
            with pytest.raises(kg.KGError, match="LIKES"):
                graph.networkx(relations=["LIKES"], weighted=weighted)

    def test_writes_pages_and_exports(self, graph, tmp_path):
        assert graph.view(tmp_path / "g.html").read_text(encoding="utf-8")
        assert graph.export(tmp_path / "g.jsonl", "jsonl").read_text(encoding="utf-8").count('{"fact"') == len(
            graph.facts
        )
        assert any(graph.export(tmp_path / "import", "neo4j-csv").iterdir())


def test_a_kept_graph_is_opened_again(example_articles, tmp_path):
    url = str(tmp_path / "g.kgl")
    with kg.build(example_articles[0], store=url) as graph:
        facts = graph.facts
    with kg.Graph(kg.open_store(url)) as graph:
        assert graph.facts == facts


def test_steps_can_be_taken_one_by_one(example_articles):
    articles = list(kg.read_articles(example_articles))
    assert len(articles) == 14
    assert "★" not in kg.clean(articles[9].text).text
    extractions = list(kg.extract(articles))
    assert [extraction.article.id for extraction in extractions] == [article.id for article in articles]
    resolution = kg.resolve(extractions, kg.load_ontology())
    assert kg.build_graph(resolution).number_of_nodes() == len(resolution.entities)


def test_completion_offers_what_is_meant_for_use():
    shown = [name for name in dir(kg) if not name.startswith("__")]
    assert shown == sorted(name for name in kg.__all__ if not name.startswith("__"))


def test_cleaning_an_article_says_what_to_clean():
    with pytest.raises(kg.UsageError, match=r"article\.text, not Article"):
        kg.clean(kg.Article("a", "京东。"))


def test_a_graph_of_a_store_that_holds_nothing_warns_of_it(tmp_path):
    with (
        pytest.warns(UserWarning, match=r"typo\.kgl holds no articles"),
        kg.Graph(kg.open_store(tmp_path / "typo.kgl")) as graph,
    ):
        assert graph.facts == ()
    with kg.Graph(kg.open_store("memory:")) as graph:
        assert graph.facts == ()


def test_extracting_what_are_no_articles_says_what_to_give():
    with pytest.raises(kg.UsageError, match=r"the path 'mine\.txt'; give kg\.read_articles\(PATH\)"):
        kg.extract("mine.txt")
    with pytest.raises(kg.UsageError, match="one article; put it in a list"):
        kg.extract(kg.Article("a", "京东。"))
    with pytest.raises(kg.UsageError, match=r"one of these is a str; give kg\.read_articles"):
        list(kg.extract(["mine.txt"]))


def test_a_name_that_nothing_has_is_told_with_near_ones(graph, tmp_path):
    with pytest.raises(kg.UsageError, match=r"named '小红薯书'; did you mean .*小红书"):
        graph.view(tmp_path / "g.html", around="小红薯书")
    with pytest.raises(kg.UsageError, match="hops is 0"):
        graph.view(hops=0, around="小红书")


@pytest.mark.parametrize("names", [("B站", "微博"), ("哔哩哔哩", "新浪微博")])
def test_forms_of_known_names_are_one_entity_over_articles(names, tmp_path):
    gazetteer = tmp_path / "names.toml"
    gazetteer.write_text('[entities]\nCompany = [["澄海食品", "澄海"]]\n', encoding="utf-8")
    pairs = {"e": ("B站", "微博"), "f": ("哔哩哔哩", "新浪微博"), "g": ("澄海", "B站")}
    for name, pair in pairs.items():
        (tmp_path / f"{name}.txt").write_text(f"5月7日，{pair[0]}与{pair[1]}达成战略合作。\n", encoding="utf-8")
    with kg.build(tmp_path / "*.txt", gazetteer=gazetteer) as built:
        assert len(built.entities) == 3
        (fact,) = (fact for fact in built.facts if fact.sources == 2)
        assert fact.articles == ("e", "f")
        assert {name for entity in built.entities for name in (entity.name, *entity.aliases)} > {*names, "澄海食品"}
