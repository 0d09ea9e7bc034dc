"""Many articles, one graph: what is one thing, what is not, and that the order of arrival never matters."""

import json
import random
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from kg.errors import UsageError
from kg.model import ArticleInfo, Evidence, Extraction, NamedEntity, Rejection, Statement
from kg.ontology import load_ontology
from kg.resolve import MAX_CONFIDENCE, fold, resolve

ONTOLOGY = load_ontology()


def thing(name, kind="Platform", *aliases, count=0):
    return NamedEntity(name, kind, aliases, count)


def says(head, relation, tail, *, status="actual", time=None, confidence=0.8, start=0):
    return Statement("", head, relation, tail, status, time, Evidence(start, start + 4, "一段原文"), confidence)


def article(doc, *statements, entities=(), date="2025-05-01", rejected=()):
    own = tuple(replace(s, doc=doc) for s in statements)
    return Extraction(ArticleInfo(doc, f"题{doc}", date), tuple(entities), own, tuple(rejected))


def names(resolution):
    return sorted(e.name for e in resolution.entities)


def by_name(resolution):
    return {e.name: e for e in resolution.entities}


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("小红书", "《小红书》"),
        ("Ｔ恤 ＡＢＣ", "t恤abc"),
        ("行吟信息科技（上海）有限公司", "行吟信息科技(上海)有限公司"),
        ("「红猫计划」", "“红猫计划”"),
        ("B\u200b站", "b站"),
        ("Straße", "STRASSE"),
        ("é", "e\u0301"),
    ],
)
def test_names_are_compared_without_what_typesetting_adds(a, b):
    assert fold(a) == fold(b) != ""


def test_names_that_differ_in_a_letter_or_sign_stay_apart():
    assert len({fold(n) for n in ("淘宝", "淘宝网", "C", "C++", "C#", "小红书", "小紅書")}) == 7


def test_nothing_gives_an_empty_graph():
    resolution = resolve([], ONTOLOGY)
    assert (resolution.articles, resolution.entities, resolution.facts, resolution.rejected) == ((), (), (), ())


def test_articles_that_share_a_name_or_alias_speak_of_one_thing():
    red, taobao = thing("小红书"), thing("淘宝", "Platform", "手机淘宝")
    company = thing("行吟信息", "Company", "小红书")
    resolution = resolve(
        [
            article("1", says(red, "PARTNERS_WITH", taobao)),
            article("2", says(company, "PARTNERS_WITH", thing("手机淘宝"))),
            article("3", says(thing("《小红书》"), "PARTNERS_WITH", thing("京东"))),
            article("4", says(red, "PARTNERS_WITH", thing("淘宝"))),
        ],
        ONTOLOGY,
    )
    assert names(resolution) == ["京东", "小红书", "淘宝"]
    entity = by_name(resolution)["小红书"]
    assert entity.aliases == ("《小红书》", "行吟信息")
    assert entity.type == "Platform"
    assert [doc for doc, _, _ in entity.mentions] == ["1", "2", "3", "4"]
    assert len(resolution.facts) == 2


def test_the_same_name_of_another_coarse_type_is_another_thing():
    resolution = resolve(
        [article("1", entities=[thing("友好", "Product")]), article("2", entities=[thing("友好", "Company")])], ONTOLOGY
    )
    assert len(resolution.entities) == 2
    assert len({e.id for e in resolution.entities}) == 2


def test_what_one_article_keeps_apart_is_never_bridged_by_another():
    apart = article("1", entities=[thing("淘宝"), thing("天猫"), thing("淘宝天猫")])
    bridge = article("2", entities=[thing("淘宝天猫", "Platform", "淘宝", "天猫")])
    resolution = resolve([bridge, apart], ONTOLOGY)
    assert names(resolution) == ["天猫", "淘宝", "淘宝天猫"]
    assert by_name(resolution)["淘宝天猫"].aliases == ()


def test_of_two_links_that_exclude_each_other_the_one_more_articles_make_is_followed():
    both = article("0", entities=[thing("阿里巴巴", "Company"), thing("阿里云", "Company")])
    strong = [article(f"s{i}", entities=[thing("阿里巴巴", "Company", "阿里")]) for i in range(3)]
    weak = [article("w", entities=[thing("阿里云", "Company", "阿里")])]
    alone = [article("x", entities=[thing("阿里", "Company")])]
    resolution = by_name(resolve(weak + alone + strong + [both], ONTOLOGY))
    assert sorted(resolution) == ["阿里云", "阿里巴巴"]
    assert resolution["阿里巴巴"].aliases == ("阿里",)
    assert resolution["阿里云"].aliases == ()
    assert "x" in [doc for doc, _, _ in resolution["阿里巴巴"].mentions]


def test_a_form_that_one_article_gives_to_two_things_links_neither():
    first = article("1", entities=[thing("小红星", "Product", "红"), thing("小红盟", "Product", "红")])
    second = article("2", entities=[thing("红", "Product")])
    assert names(resolve([first, second], ONTOLOGY)) == ["小红星", "小红盟", "红"]


def test_a_chain_of_aliases_stops_before_it_joins_two_things_of_an_article():
    chain = [
        article("1", entities=[thing("甲", "Company", "乙")]),
        article("2", entities=[thing("乙", "Company", "丙")]),
        article("3", entities=[thing("丙", "Company"), thing("甲", "Company")]),
    ]
    resolution = resolve(chain, ONTOLOGY)
    for entity in resolution.entities:
        docs = [doc for doc, _, _ in entity.mentions]
        assert len(docs) == len(set(docs))
    assert len(resolution.entities) == 2


def test_the_canonical_name_is_what_most_articles_call_it():
    extractions = [article(str(i), entities=[thing("纪源资本", "Company", "GGV纪源资本")]) for i in range(2)]
    extractions += [article("9", entities=[thing("GGV纪源资本", "Company", count=50)])]
    entity = resolve(extractions, ONTOLOGY).entities[0]
    assert (entity.name, entity.aliases) == ("纪源资本", ("GGV纪源资本",))


def test_the_type_is_what_most_articles_give_and_statements_stand_by_their_own():
    jd, red = thing("京东", "Company"), thing("小红书")
    extractions = [article(str(i), says(thing("京东"), "PARTNERS_WITH", red)) for i in range(2)]
    extractions += [article("9", says(jd, "INVESTS_IN", red))]
    resolution = resolve(extractions, ONTOLOGY)
    assert by_name(resolution)["京东"].type == "Platform"
    assert {f.relation for f in resolution.facts} == {"PARTNERS_WITH", "INVESTS_IN"}


def test_a_statement_may_call_an_entity_by_its_alias():
    declared = thing("小红书", "Platform", "RED")
    resolution = resolve(
        [article("1", says(thing("RED"), "PARTNERS_WITH", thing("京东")), entities=[declared])], ONTOLOGY
    )
    assert names(resolution) == ["京东", "小红书"]


def test_symmetric_relations_are_one_fact_whichever_way_articles_put_it():
    red, jd = thing("小红书"), thing("京东")
    one = resolve(
        [article("1", says(red, "PARTNERS_WITH", jd)), article("2", says(jd, "PARTNERS_WITH", red))], ONTOLOGY
    )
    assert len(one.facts) == 1
    assert one.facts[0].head < one.facts[0].tail
    assert one.facts[0].sources == 2
    two = resolve([article("1", says(red, "CONNECTS_TO", jd)), article("2", says(jd, "CONNECTS_TO", red))], ONTOLOGY)
    assert len(two.facts) == 2


def test_confidence_grows_with_articles_not_with_repetition_and_is_never_certainty():
    red, jd = thing("小红书"), thing("京东")
    thrice = [says(red, "PARTNERS_WITH", jd, confidence=c, start=i) for i, c in enumerate((0.5, 0.3, 0.5))]
    alone = resolve([article("1", *thrice)], ONTOLOGY).facts[0]
    assert alone.confidence == 0.5
    both = resolve([article("1", *thrice), article("2", thrice[0])], ONTOLOGY).facts[0]
    assert both.confidence == 0.75
    sure = resolve([article("1", says(red, "PARTNERS_WITH", jd, confidence=1.0))], ONTOLOGY).facts[0]
    assert sure.confidence == MAX_CONFIDENCE < 1


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        (says(thing("小红书"), "PARTNERS_WITH", thing("小红书")), "head and tail are one entity"),
        (says(thing("小红书"), "PARTNERS_WITH", thing("《小红书》")), "head and tail are one entity"),
        (says(thing("小红书"), "WORKS_FOR", thing("京东")), "WORKS_FOR may not start at Platform"),
        (says(thing("小红书"), "LIKES", thing("京东")), "unknown relation LIKES"),
        (says(thing("小红书"), "PARTNERS_WITH", thing("京东"), status="maybe"), "unknown status maybe"),
        (says(thing("小红书", "Shop"), "PARTNERS_WITH", thing("京东")), "unknown entity type Shop"),
        (says(thing(""), "PARTNERS_WITH", thing("京东")), "an end without a name"),
        (says(thing("小红书"), "PARTNERS_WITH", thing("《 》")), "an end without a name"),
        (
            says(thing("小红书"), "PARTNERS_WITH", thing("京东"), time="去年"),
            "a time that is no ISO day, month, year or interval",
        ),
    ],
)
def test_what_cannot_stand_is_rejected_with_its_reason_and_costs_nothing_else(statement, reason):
    good = says(thing("快手"), "PARTNERS_WITH", thing("京东"))
    resolution = resolve([article("1", statement, good)], ONTOLOGY)
    assert [r.reason for r in resolution.rejected] == [reason]
    assert resolution.rejected[0].doc == "1"
    assert len(resolution.facts) == 1


def test_two_ends_that_other_articles_call_by_one_name_stay_two():
    resolution = resolve(
        [
            article("1", says(thing("红杉资本", "Company"), "INVESTS_IN", thing("红杉中国", "Company"))),
            article("2", entities=[thing("甲", "Company", "红杉资本")]),
            article("3", entities=[thing("甲", "Company", "红杉中国")]),
        ],
        ONTOLOGY,
    )
    assert len(resolution.facts) == 1
    assert resolution.rejected == ()


def test_entities_without_a_name_or_type_are_left_out():
    resolution = resolve(
        [article("1", entities=[thing(""), thing("“”"), thing("甲", "Shop"), thing("？！")])], ONTOLOGY
    )
    assert names(resolution) == ["？！"]


def test_what_the_extractor_rejected_is_not_counted_again():
    rejected = Rejection("1", ("甲", "OWNS", "乙"), "too vague")
    assert resolve([article("1", rejected=[rejected])], ONTOLOGY).rejected == ()


def test_an_article_that_comes_twice_is_an_error_that_names_it():
    with pytest.raises(UsageError, match="'1' comes twice"):
        resolve([article("1"), article("1")], ONTOLOGY)


def test_ids_are_stable_hashes():
    resolution = resolve([article("1", says(thing("小红书"), "PARTNERS_WITH", thing("京东")))], ONTOLOGY)
    for item in (*resolution.entities, *resolution.facts):
        assert re.fullmatch(r"[0-9a-f]{16}", item.id)
    assert (
        by_name(resolution)["小红书"].id
        == by_name(resolve([article("9", entities=[thing("小红书", "Company")])], ONTOLOGY))["小红书"].id
    )


def invent(rng, articles):
    """Articles about a pool of names with aliases that overlap, as hostile to order as can be."""
    pool = [f"名{i}" for i in range(30)]
    kinds = ["Platform", "Company", "Product"]
    for number in range(articles):
        chosen = rng.sample(pool, rng.randrange(2, 7))
        entities = [
            NamedEntity(n, rng.choice(kinds), tuple(rng.sample(pool, rng.randrange(3))), rng.randrange(5))
            for n in chosen
        ]
        statements = [
            says(
                *rng.sample(entities, 1),
                rng.choice(["PARTNERS_WITH", "CONNECTS_TO", "SUPPLIES"]),
                *rng.sample(entities, 1),
                status=rng.choice(["actual", "planned", "ended"]),
                time=rng.choice([None, "2020", "2021-08"]),
                confidence=rng.random(),
                start=rng.randrange(50),
            )
            for _ in range(rng.randrange(6))
        ]
        yield article(
            f"d{number:03d}", *statements, entities=entities, date=rng.choice([None, "2021-01-01", "2025-05-01"])
        )


def test_no_order_of_articles_entities_or_statements_changes_the_result():
    rng = random.Random(3)
    for _ in range(8):
        extractions = list(invent(rng, 60))
        told = resolve(extractions, ONTOLOGY)
        for _ in range(3):
            rng.shuffle(extractions)
            mixed = [
                replace(
                    e,
                    entities=tuple(rng.sample(e.entities, len(e.entities))),
                    statements=tuple(rng.sample(e.statements, len(e.statements))),
                )
                for e in extractions
            ]
            assert resolve(mixed, ONTOLOGY) == told


def test_two_things_of_an_article_are_never_one_entity_and_every_id_is_its_own():
    rng = random.Random(4)
    for _ in range(10):
        extractions = list(invent(rng, 80))
        resolution = resolve(extractions, ONTOLOGY)
        assert len({e.id for e in resolution.entities}) == len(resolution.entities)
        for entity in resolution.entities:
            docs = [doc for doc, _, _ in entity.mentions]
            assert len(docs) == len(set(docs)), "one article names it twice, as two things"
        ids = {e.id for e in resolution.entities}
        assert all({f.head, f.tail} <= ids for f in resolution.facts)


def test_extractions_are_read_once_and_lazily():
    alive = 0

    class Watched(Extraction):
        __slots__ = ()

        def __del__(self):
            nonlocal alive
            alive -= 1

    most = 0

    def stream():
        nonlocal alive, most
        for number in range(50):
            alive += 1
            most = max(most, alive)
            yield Watched(ArticleInfo(str(number)), (thing(f"名{number}"),))

    assert len(resolve(stream(), ONTOLOGY).entities) == 50
    assert most <= 2


def test_the_examples_with_perfect_statements_give_the_storys_graph(examples, shared, tmp_path):
    from kg.load.export import export
    from kg.load.triples import read_triples

    triples, graph = tmp_path / "triples.jsonl", tmp_path / "graph.jsonl"
    run = [sys.executable, shared / "gold" / "to_triples.py", examples / "gold.jsonl", triples]
    subprocess.run(run, check=True)
    dates = {a["id"]: a["date"] for a in map(json.loads, (examples / "gold.jsonl").read_text("utf-8").splitlines())}
    extractions = [replace(e, article=replace(e.article, date=dates[e.article.id])) for e in read_triples(triples)]
    export(resolve(extractions, ONTOLOGY), "jsonl", graph)
    score = [sys.executable, shared / "gold" / "score_story.py", examples / "story.json", graph, "--json"]
    figures = json.loads(subprocess.run(score, check=True, capture_output=True).stdout)
    assert figures["forbidden_merges"] == 0
    assert figures["b3"]["f1"] == 1.0
    assert figures["facts"] == figures["histories"] == figures["articles"] == figures["facts_total"]
    assert figures["as_of"] == figures["as_of_total"]
