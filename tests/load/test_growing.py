"""A store that takes articles in a few at a time ends in the graph that one build of all of them gives."""

import json
import random
from dataclasses import replace

import pytest

from kg.load import kglite as module
from kg.load.base import open_store, summarize
from kg.load.export import export
from kg.load.kglite import KGLiteStore, build_cypher_graph
from kg.load.kglite_growth import ask
from kg.model import STATUSES, ArticleInfo, Evidence, Extraction, NamedEntity, Statement, sketch
from kg.ontology import load_ontology
from kg.resolve import reprints as reprints_module
from kg.resolve import resolve

ONTOLOGY = load_ontology()
# Few names that fold to fewer, resemble each other and stand in the registry that ships.
NAMES = [
    *("红", "RED", "red", "书", "《书》", "猫", "淘宝", "天猫", "手机淘宝", "A", "ａ", "B", "C", "COO", "CEO"),
    *("特神网络", "上海特神文化传播有限公司", "特神", "北京特神网络科技有限公司", "xiaohongshu", "小红书"),
]
SIGNS = "云岚星澜青禾远松微木启辰朗格丰瑞凌波安泽海棠知夏北南屿川沐舟言溪白鹿景行若谷山岳天工"
PASSAGES = ["原文一", "这是一段相当长的可以算作转载的原文一二三四五六七", "短"]
REGISTRY = """
[[entity]]
name = "淘宝"
aliases = ["猫"]
ids = { wikidata = "Q1", stock = "9988.HK" }

[[entity]]
name = "A"
ids = { wikidata = "Q2" }

[[never]]
names = ["红", "书"]

[[verdict]]
head = "红"
relation = "PARTNERS_WITH"
tail = "淘宝"
because = "误读"

[[verdict]]
head = "A"
relation = "OWNS"
tail = "B"
becomes = { relation = "SUPPLIES", status = "planned" }

[[entity]]
name = "张三@红"
aliases = ["张三@B"]
ids = { wikidata = "Q3" }

[[never]]
names = ["张三@A", "张三@淘宝"]

[[never]]
names = ["李四@A", "李四"]

[[verdict]]
head = "李四@天猫"
relation = "WORKS_FOR"
tail = "天猫"
becomes = { status = "rumored" }

[[verdict]]
head = "书"
relation = "SUPPLIES"
tail = "RED"
article = "d3"
becomes = { tail = "C", time = "" }
"""


@pytest.fixture(params=["kglite", "tables"], autouse=True)
def always_growing(request, monkeypatch):
    """Every write that can grow the graph does, in both forms of a file; how often it did is in the list."""
    grown = []
    if request.param == "tables":
        monkeypatch.setenv(module.FACTS_VARIABLE, "0")
    method = {"kglite": "_grow", "tables": "_grow_tables"}[request.param]
    original = getattr(KGLiteStore, method)

    def grow(self, *rest):
        grown.append(1)
        return original(self, *rest)

    monkeypatch.setattr(module, "GROWN_FROM", 0)
    monkeypatch.setattr(module, "LARGEST_SHARE", 0)
    monkeypatch.setattr(module, "LARGEST_SHARE_OF_TABLES", 0)
    monkeypatch.setattr(KGLiteStore, method, grow)
    return grown


def make_article(rng: random.Random, doc: str, texts: list[str]) -> Extraction:
    def name(kinds=("Company", "Platform", "Brand", "Company", "Product", "Role")):
        aliases = tuple(rng.sample(NAMES, rng.choice([0, 0, 0, 1, 2])))
        return NamedEntity(rng.choice(NAMES), rng.choice(kinds), aliases, rng.randint(0, 4))

    entities = [name() for _ in range(rng.randint(0, 5))]
    statements = []
    for _ in range(rng.randint(0, 6)):
        ends = [rng.choice(entities) if entities and rng.random() < 0.8 else name() for _ in range(2)]
        relation = rng.choice(["PARTNERS_WITH", "OWNS", "SUPPLIES", "COMPETES_WITH", "WORKS_FOR", "HOLDS_POSITION"])
        if relation in ("WORKS_FOR", "HOLDS_POSITION"):
            ends[0] = NamedEntity(rng.choice(["张三", "李四"]), "Person", rng.choice([(), (), (), ("Zhang San",)]))
        if relation == "HOLDS_POSITION":
            ends[1] = NamedEntity(rng.choice(["COO", "CEO"]), "Role")
        start, time = rng.randint(0, 40), rng.choice([None, "2020", "2020-05", "2020-05-07", "2021/2022", "昨天"])
        evidence = Evidence(start, start + 8, rng.choice(PASSAGES))
        score = rng.choice([0.5, 0.8, 0.9])
        statements.append(Statement(doc, ends[0], relation, ends[1], rng.choice(STATUSES), time, evidence, score))
    text = rng.choice(texts) + rng.choice(SIGNS) * rng.randint(0, 30)
    date = rng.choice([None, "2020-01-01", "2021-05", "2022-03-04"])
    info = ArticleInfo(doc, f"题{doc}", date, "某报", None, f"h{rng.randint(0, 3)}", sketch(text))
    return Extraction(info, tuple(entities), tuple(statements))


def make_texts(rng: random.Random) -> list[str]:
    return ["".join(rng.choice(SIGNS) for _ in range(rng.choice([5, 120, 200]))) for _ in range(4)]


def list_all(ask_for) -> list[str]:
    """Every node and relationship with all its properties, in one order."""
    nodes = ask_for("MATCH (n) RETURN n")
    links = ask_for("MATCH (a)-[r]->(b) RETURN a.id AS a, r, b.id AS b")
    rows = [["node", sorted(row["n"]["labels"]), row["n"]["properties"]] for row in nodes]
    rows += [["link", row["a"], row["b"], row["r"]["type"], row["r"]["properties"]] for row in links]
    return sorted(json.dumps(row, ensure_ascii=False, sort_keys=True) for row in rows)


def check_against_whole(store, held) -> None:
    whole = resolve(held.values(), ONTOLOGY, registry=store.registry)
    told, expected = store.summary(), summarize(whole)
    assert (told.entities, told.facts) == (expected.entities, expected.facts)
    assert dict(told.relations) == dict(expected.relations)
    assert dict(told.rejected) == dict(expected.rejected)
    graph = build_cypher_graph(whole, ONTOLOGY)
    assert list_all(store.query) == list_all(lambda cypher: ask(graph, cypher))


@pytest.mark.parametrize("seed", range(40))
def test_whatever_comes_changes_and_goes_in_whatever_order(seed, tmp_path, always_growing, monkeypatch):
    monkeypatch.setattr(reprints_module, "CROWD", 3)  # so that crowds form and dissolve
    rng = random.Random(seed)
    if seed % 2:
        (tmp_path / "g.registry.toml").write_text(REGISTRY, encoding="utf-8")
    texts, docs = make_texts(rng), [f"d{i}" for i in range(rng.randint(3, 14))]
    held: dict[str, Extraction] = {}
    with open_store(tmp_path / "g.kgl") as store:
        for step in range(rng.randint(2, 6)):
            if held and rng.random() < 0.3:
                gone = rng.sample(sorted(held), rng.randint(1, min(3, len(held))))
                store.remove(gone)
                held = {doc: said for doc, said in held.items() if doc not in gone}
            else:
                size = rng.randint(1, len(docs) if step == 0 else 3)
                batch = [make_article(rng, doc, texts) for doc in rng.sample(docs, size)]
                store.write(batch)
                held.update((said.article.id, said) for said in batch)
            check_against_whole(store, held)
    assert always_growing


REGISTRY_OF_PEOPLE = """
[[entity]]
name = "王伟@甲"
aliases = ["王伟@乙", "David Wang"]
ids = { wikidata = "Q4" }

[[entity]]
name = "李娜@手机淘宝"
ids = { wikidata = "Q5" }

[[never]]
names = ["王伟@丙", "王伟@甲"]

[[never]]
names = ["李娜@甲", "李娜"]

[[verdict]]
head = "王伟@丙"
relation = "WORKS_FOR"
tail = "丙"
becomes = { status = "ended" }
"""


def make_article_on_people(rng: random.Random, doc: str) -> Extraction:
    """Two names, few firms, and little beside them: who is who changes with nearly every article."""
    firms = ["甲", "乙", "丙", "丁", "丁戊物流", "淘宝", "手机淘宝"]
    people = ["王伟", "王伟", "李娜", "David Wang"]

    def person():
        return NamedEntity(rng.choice(people), "Person", rng.choice([(), (), (), ("David Wang",)]))

    def firm():
        return NamedEntity(rng.choice(firms), "Company", rng.choice([(), (), (), (), (rng.choice(firms),)]))

    said = []
    for _ in range(rng.randint(0, 3)):
        relation = rng.choice(["WORKS_FOR", "WORKS_FOR", "FOUNDED", "INVESTS_IN", "HOLDS_POSITION"])
        tail = NamedEntity(rng.choice(["COO", "副总裁"]), "Role") if relation == "HOLDS_POSITION" else firm()
        status, time = rng.choice(["actual", "actual", "ended", "denied"]), rng.choice([None, None, "2020", "2021-03"])
        said.append(Statement(doc, person(), relation, tail, status, time, Evidence(0, 4, "原文"), 0.9))
    beside = [*(person() for _ in range(rng.randint(0, 1))), *(firm() for _ in range(rng.choice([0, 0, 1, 2])))]
    return Extraction(ArticleInfo(doc, date=rng.choice([None, "2020-01-01", "2021-05"])), tuple(beside), tuple(said))


@pytest.mark.parametrize("seed", range(40))
def test_people_of_one_name_part_and_meet_again_as_articles_come_change_and_go(seed, tmp_path, always_growing):
    rng = random.Random(seed)
    if seed % 2:
        (tmp_path / "g.registry.toml").write_text(REGISTRY_OF_PEOPLE, encoding="utf-8")
    docs = [f"d{i}" for i in range(rng.randint(4, 16))]
    held: dict[str, Extraction] = {}
    with open_store(tmp_path / "g.kgl") as store:
        for _ in range(rng.randint(3, 10)):
            if len(held) > 3 and rng.random() < 0.3:
                gone = rng.sample(sorted(held), rng.randint(1, 3))
                store.remove(gone)
                held = {doc: said for doc, said in held.items() if doc not in gone}
            else:
                batch = [make_article_on_people(rng, doc) for doc in rng.sample(docs, rng.randint(1, 3))]
                store.write(batch)
                held.update((said.article.id, said) for said in batch)
            check_against_whole(store, held)
    assert always_growing


@pytest.mark.parametrize("kind", ["memory:", "g.json", "g.kgl"])
def test_people_of_one_name_are_told_apart_alike_in_every_order_of_arrival(kind, tmp_path):
    rng = random.Random(40)
    articles = [make_article_on_people(rng, f"d{i}") for i in range(9)]
    seen = set()
    for round_ in range(6):
        place = kind if kind == "memory:" else str(tmp_path / f"{round_}-{kind}")
        with open_store(place) as store:
            for start in range(0, 9, 2):
                store.write(articles[start : start + 2])
            export(store.resolution(), "json", tmp_path / "g.json")
            seen.add((tmp_path / "g.json").read_bytes())
        rng.shuffle(articles)
    assert len(seen) == 1
    nodes = json.loads(seen.pop())["nodes"]
    assert len([node for node in nodes if node["name"] == "王伟"]) > 2


@pytest.mark.parametrize("kind", ["memory:", "g.json", "g.kgl"])
def test_every_order_of_arrival_ends_in_the_same_canonical_json(kind, tmp_path):
    rng = random.Random(5)
    texts = make_texts(rng)
    articles = [make_article(rng, f"d{i}", texts) for i in range(30)]
    extra = [make_article(rng, f"d{i}", texts) for i in range(25, 35)]  # of which some are changed and others removed

    def export_to(name, batches, gone=()):
        place = kind if kind == "memory:" else str(tmp_path / f"{name}-{kind}")
        with open_store(place) as store:
            for batch in batches:
                store.write(batch)
            store.remove(gone)
            export(store.resolution(), "json", tmp_path / f"{name}.json")
            asked = list_all(store.query)
        return (tmp_path / f"{name}.json").read_bytes(), asked

    whole = export_to("whole", [articles])
    for round_ in range(3):
        rng.shuffle(articles)
        waiting, batches = list(articles), [extra]
        while waiting:
            size = rng.randint(1, 8)
            batches.append(waiting[:size])
            waiting = waiting[size:]
        assert export_to(f"r{round_}", batches, [f"d{i}" for i in range(30, 35)]) == whole


def test_a_store_grows_after_it_was_closed_and_opened_and_queried(tmp_path, corpus, always_growing):
    path, held = tmp_path / "g.kgl", {}
    for article in corpus:
        with open_store(path) as store:
            store.query("MATCH (n) RETURN n")
            store.write([article])
            held[article.article.id] = article
            check_against_whole(store, held)
            store.write([replace(article, rejected=())])
            assert [said.article.id for said in store.extractions()] == sorted(held)
    assert len(always_growing) >= 2


def test_another_registry_or_an_older_file_is_derived_as_a_whole(tmp_path, corpus, always_growing):
    path = tmp_path / "g.kgl"
    with open_store(path) as store:
        store.write(corpus[:1])
    (tmp_path / "g.registry.toml").write_text(REGISTRY, encoding="utf-8")
    with open_store(path) as store:
        assert store.summary() == summarize(store.resolution())
        store.write(corpus[1:2])
        check_against_whole(store, {said.article.id: said for said in corpus[:2]})
    assert not always_growing


def test_many_small_writes_leave_no_larger_file_than_one(tmp_path):
    rng = random.Random(1)
    texts = make_texts(rng)
    articles = [make_article(rng, f"d{i}", texts) for i in range(60)]
    with open_store(tmp_path / "once.kgl") as store:
        store.write(articles)
    with open_store(tmp_path / "often.kgl") as store:
        for article in articles:
            store.write([article])
    assert (tmp_path / "often.kgl").stat().st_size < 1.3 * (tmp_path / "once.kgl").stat().st_size
