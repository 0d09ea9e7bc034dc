"""What a person has settled: read, checked by line, and stronger than articles."""

import csv

import pytest

from kg.errors import ConfigError
from kg.model import ArticleInfo, Evidence, Extraction, NamedEntity, Statement
from kg.ontology import load_ontology
from kg.resolve import Registry, load_registry, read_registry, resolve, settling
from kg.resolve.registry import Entry
from kg.review import append_rejection, append_verdict, list_reasons, list_unsure

ONTOLOGY = load_ontology()


def article(doc, *names, kind="Platform"):
    entities = tuple(NamedEntity(n, kind) for n in names)
    said = ()
    if len(entities) > 1:
        evidence = Evidence(0, 2, "合作")
        said = (Statement(doc, entities[0], "PARTNERS_WITH", entities[1], "actual", None, evidence, 0.9),)
    return Extraction(ArticleInfo(doc), entities, said)


def write(tmp_path, text, name="registry.toml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_one_is_sound_and_holds_no_pair_twice():
    registry = load_registry()
    assert len(registry.entries) > 100
    assert registry.digest == load_registry().digest


def test_a_line_joins_two_names_even_where_an_article_keeps_them_apart(tmp_path):
    registry = read_registry(write(tmp_path, '[[entity]]\nname = "甲"\naliases = ["乙"]\n'))
    resolution = resolve([article("1", "甲", "乙"), article("2", "乙", "丙")], ONTOLOGY, registry=registry)
    assert [e.name for e in resolution.entities if "乙" in e.aliases] == ["甲"]
    assert [r.reason for r in resolution.rejected] == ["head and tail are one entity"]
    assert len(resolution.facts) == 1


def test_a_line_parts_what_else_would_be_one(tmp_path):
    articles = [article("1", "特神网络", kind="Company"), article("2", "上海特神文化传播有限公司", kind="Company")]
    assert len(resolve(articles, ONTOLOGY).entities) == 1
    never = '[[never]]\nnames = ["特神网络", "上海特神文化传播有限公司"]\n'
    assert len(resolve(articles, ONTOLOGY, registry=read_registry(write(tmp_path, never))).entities) == 2


def test_the_users_word_is_stronger_than_the_shipped_one(tmp_path):
    articles = [article("1", "淘宝"), article("2", "手机淘宝")]
    assert len(resolve(articles, ONTOLOGY).entities) == 1
    own = read_registry(write(tmp_path, '[[never]]\nnames = ["淘宝", "手机淘宝"]\n'))
    assert len(resolve(articles, ONTOLOGY, registry=own).entities) == 2


def test_ids_go_to_whatever_bears_one_of_the_names_and_is_of_the_type(tmp_path):
    text = """
    [[entity]]
    name = "甲"
    aliases = ["乙"]
    type = "Platform"
    ids = { wikidata = "Q1", empty = " " }

    [[entity]]
    name = "乙"
    ids = { wikidata = "Q2", a = "x" }
    """
    registry = read_registry(write(tmp_path, text))
    told = [article("1", "乙", "丙"), article("2", "甲", kind="Person"), article("3", "乙", kind="Product")]
    resolution = resolve(told, ONTOLOGY, registry=registry)
    assert sorted((e.name, e.type, e.ids) for e in resolution.entities if e.ids) == [
        ("乙", "Platform", (("a", "x"), ("wikidata", "Q1"), ("wikidata", "Q2"))),
        ("乙", "Product", (("a", "x"), ("wikidata", "Q2"))),
    ]
    [reason, *_] = list_reasons(resolution, "WIKIDATA:q1")
    assert (reason["name"], reason["reason"]) == ("乙", "Platform; 1 articles; a:x; wikidata:Q1; wikidata:Q2")


def test_where_the_shipped_registry_has_another_id_the_users_is_right(tmp_path, monkeypatch):
    shipped = load_registry().merged(Registry((Entry(("甲",), ids={"stock": "1", "wikidata": "Q1"}),)))
    monkeypatch.setattr(settling, "load_registry", lambda: shipped)
    own = read_registry(write(tmp_path, '[[entity]]\nname = "甲"\nids = { wikidata = "Q2" }\n'))
    [alone] = resolve([article("1", "甲")], ONTOLOGY).entities
    assert alone.written_ids == ["stock:1", "wikidata:Q1"]
    [both] = resolve([article("1", "甲")], ONTOLOGY, registry=own).entities
    assert both.written_ids == ["stock:1", "wikidata:Q2"]


def test_a_csv_says_the_same(tmp_path):
    path = write(tmp_path, "name,alias,type,never\n甲,乙,Platform,\n甲,丙,,x\n", "r.csv")
    registry = read_registry(path)
    assert (registry.entries[0].names, registry.entries[0].coarse) == (("甲", "乙"), "Org")
    assert registry.never == (("甲", "丙"),)


def test_a_csv_has_ids(tmp_path):
    rows = "name,alias,ids\n甲,乙,wikidata:Q1; 统一社会信用代码：91:A\n丙,,stock:600519\n丁,戊,\n"
    registry = read_registry(write(tmp_path, rows, "r.csv"))
    assert [(e.names, dict(e.ids)) for e in registry.entries] == [
        (("甲", "乙"), {"wikidata": "Q1", "统一社会信用代码": "91:A"}),
        (("丙",), {"stock": "600519"}),
        (("丁", "戊"), {}),
    ]
    entities = resolve([article("1", "乙", "丙")], ONTOLOGY, registry=registry).entities
    assert {e.name: e.written_ids for e in entities} == {
        "甲": ["wikidata:Q1", "统一社会信用代码:91:A"],
        "丙": ["stock:600519"],
    }


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ('[[entity]]\nname = "甲"\n\n[[entity]]\nname = "乙"\ntype = "Firm"\n', 5, "Firm"),
        ('[[entity]]\nname = "甲"\nalias = ["乙"]\n', 2, "alias"),
        ('[[entity]]\naliases = ["乙"]\n', 2, "needs a name"),
        ('[[never]]\nnames = ["甲"]\n', 2, "two names"),
        ('[[entity]]\nname="甲"\naliases=["乙"]\n[[entity]]\nname="丙"\naliases=["乙"]\n', 3, "乙"),
        ('[[entity]]\nname="甲"\naliases=["乙"]\n[[never]]\nnames=["甲","乙"]\n', 2, "never one"),
        ('[[entry]]\nname="甲"\n', 1, "entry"),
        ('[[verdict]]\nhead="甲"\nrelation="LIKES"\ntail="乙"\n', 2, "LIKES"),
        ('[[verdict]]\nhead="甲"\nrelation="OWNS"\ntail="乙"\nbecomes={}\n', 2, "one or more of relation"),
        ('[[verdict]]\nhead="甲"\nrelation="OWNS"\ntail="乙"\nbecomes={status="bald"}\n', 2, "bald"),
        ('[[verdict]]\nhead="甲"\nrelation="OWNS"\ntail="乙"\nbecomes={time="gestern"}\n', 2, "gestern"),
        ('[[verdict]]\nhead="甲"\nrelation="OWNS"\ntail="乙"\nbecomes={kopf="x"}\n', 2, "one or more of"),
        ('[[verdict]]\nhead="甲"\nrelation="OWNS"\ntail="乙"\nbecomes={relation="LIKES"}\n', 2, "LIKES"),
        ('[[verdict]]\nhead="甲"\nrelation="OWNS"\ntail="乙"\nwhy="x"\n', 2, "why"),
        ('[[verdict]]\nhead=" "\nrelation="OWNS"\ntail="乙"\n', 2, "needs head"),
        ('[[verdict]]\nhead="甲"\nrelation="OWNS"\ntail="乙"\nbecause=3\n', 2, "because"),
        ("\n[[entity]]\naliases = 5\n", 2, "needs a name"),
        ('[[entity]]\nname = "甲"\nalways = "yes"\n', 2, "true or false"),
        ('[[entity]]\nname = "甲"\nids = { stock = 600519 }\n', 2, "texts by key"),
        ('[[entity]]\nname = "甲"\nids = { "a:b" = "1" }\n', 2, "'a:b' is no key"),
        ('[[entity]]\nname = "甲"\nids = { "" = "1" }\n', 2, "'' is no key"),
        ('[[never]]\nnames = ["RED", "red"]\n', 2, "each once"),
        ('[[never]]\nnames = ["甲", "乙"]\ntype = "Company"\n', 2, "no 'type'"),
        ('\n[families]\nname = ["甲"]\n', 2, "names = "),
        (
            '[[entity]]\nname="甲"\naliases=["乙"]\n[[entity]]\nname="甲"\naliases=["丙"]\n[[never]]\nnames=["乙","丙"]\n',
            3,
            "乙 and 丙 are both names of 甲",
        ),
    ],
)
def test_a_wrong_line_is_named(tmp_path, text, line, says):
    with pytest.raises(ConfigError, match=says) as caught:
        read_registry(write(tmp_path, text))
    assert f"registry.toml:{line}:" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("name,alias\n甲,乙,丙\n", 2, "more cells"),
        ("name,alias\n甲," + "乙" * 200_000 + "\n", 2, "field limit"),
        ("name,alias,never\n甲,甲,x\n", 2, "one name"),
        ("name,alias,ids\n甲,,\n", 2, "needs a name and an alias, or a name and ids"),
        ("name,alias,ids\n甲,,stock:1\n乙,,Q1\n", 3, "'Q1' is no id of 乙"),
        ("name,alias,ids\n甲,,:Q1\n", 2, "no id of 甲"),
        ("name,alias,ids\n甲,,stock:1;stock:2\n", 2, "two ids of stock"),
        ("name,alias,ids,never\n甲,乙,stock:1,x\n", 2, "has no ids"),
        ('name,alias\n"甲\n甲",乙\n丙,\n', 4, "needs a name and an alias"),
        ("name,alias\n甲\u2028甲,乙\n丙,\n", 3, "needs a name and an alias"),
    ],
)
@pytest.mark.parametrize("limit", [csv.field_size_limit(), 10_000_000])  # reading articles raises it for the process
def test_a_wrong_row_is_named(tmp_path, text, line, says, limit):
    before = csv.field_size_limit(limit)
    try:
        check_wrong_row(tmp_path, text, line, says)
    finally:
        csv.field_size_limit(before)


def check_wrong_row(tmp_path, text, line, says):
    with pytest.raises(ConfigError, match=says) as caught:
        read_registry(write(tmp_path, text, "registry.csv"))
    assert f"registry.csv:{line}:" in str(caught.value)


@pytest.mark.parametrize("text", ["[[entity", "name = 3\n\x00", "entity = 3\n", "families = 3\n"])
def test_what_is_no_registry_is_said(tmp_path, text):
    with pytest.raises(ConfigError, match="registry"):
        read_registry(write(tmp_path, text))


def test_verdicts_are_appended_and_hold(tmp_path):
    path = tmp_path / "news.registry.toml"
    append_verdict(path, "甲", "乙", same=True, because="同一家\n公司")
    append_verdict(path, "甲", "丙", same=False)
    append_rejection(path, "丁", "PARTNERS_WITH", "甲", because="误读")
    registry = read_registry(path)
    resolution = resolve([article("1", "甲", "丁"), article("2", "乙", "丙")], ONTOLOGY, registry=registry)
    assert [r.reason for r in resolution.rejected] == ["rejected by your registry: 误读"]
    assert len(resolution.facts) == 1
    before = path.read_bytes()
    with pytest.raises(ConfigError):
        append_verdict(path, "甲", "乙", same=False)
    assert path.read_bytes() == before


CORRECTED = """
[[verdict]]
head = "甲"
relation = "PARTNERS_WITH"
tail = "乙"
"""


@pytest.mark.parametrize(
    ("more", "facts", "reasons"),
    [
        ('becomes = { status = "planned", time = "2024" }', {("甲", "PARTNERS_WITH", "乙", "planned", "2024")}, []),
        (
            'becomes = { relation = "SUPPLIES", head = "乙", tail = "甲" }',
            {("乙", "SUPPLIES", "甲", "actual", "2020")},
            [],
        ),
        ('becomes = { tail = "丙方" }', {("甲", "PARTNERS_WITH", "丙", "actual", "2020")}, []),
        ('becomes = { tail = "无此" }', set(), ["your registry corrects it to 无此, and no article names that"]),
        (
            'becomes = { tail = "甲" }',
            set(),
            ["your registry corrects it to what cannot be: head and tail are one entity"],
        ),
        (
            'becomes = { relation = "LOCATED_IN" }',
            set(),
            ["your registry corrects it to what cannot be: LOCATED_IN may not end at Platform"],
        ),
        ('article = "2"\nbecomes = { time = "" }', {("甲", "PARTNERS_WITH", "乙", "actual", "2020")}, []),
        ('article = "1"\nbecomes = { time = "" }', {("甲", "PARTNERS_WITH", "乙", "actual", None)}, []),
    ],
)
def test_a_verdict_corrects_a_fact(tmp_path, more, facts, reasons):
    ends = [NamedEntity(name, "Platform", aliases) for name, aliases in (("甲", ()), ("乙", ()), ("丙", ("丙方",)))]
    said = Statement("1", ends[0], "PARTNERS_WITH", ends[1], "actual", "2020", Evidence(0, 2, "合作"), 0.9)
    registry = read_registry(write(tmp_path, CORRECTED + more))
    resolution = resolve([Extraction(ArticleInfo("1"), tuple(ends), (said,))], ONTOLOGY, registry=registry)
    names = {e.id: e.name for e in resolution.entities}
    found = set()
    for fact in resolution.facts:
        ends_of = (names[fact.head], names[fact.tail])
        if fact.relation == "PARTNERS_WITH":
            ends_of = tuple(sorted(ends_of, key="甲乙丙".index))
        found |= {(ends_of[0], fact.relation, ends_of[1], event.status, event.time) for event in fact.history}
    assert found == facts
    assert [r.reason for r in resolution.rejected] == reasons


def test_of_two_verdicts_on_one_claim_the_last_counts(tmp_path):
    later = CORRECTED + 'becomes = { status = "denied" }'
    registry = read_registry(write(tmp_path, CORRECTED + later))
    [fact] = resolve([article("1", "甲", "乙")], ONTOLOGY, registry=registry).facts
    assert fact.status == "denied"


def test_reasons_and_open_questions_can_be_read():
    articles = [article("1", "特神", kind="Company"), article("2", "上海特神文化传播有限公司", kind="Company")]
    articles += [article("3", "北京特神网络科技有限公司", kind="Company")]
    resolution = resolve(articles, ONTOLOGY)
    assert [row["score"] for row in list_unsure(resolution, limit=1)] == [resolution.unsure[0].score]
    reasons = list_reasons(resolution, "特神")
    assert len([row for row in reasons if row["reason"].startswith("not merged")]) == 2


def test_a_store_takes_the_registry_beside_it(tmp_path):
    from kg.load.base import open_store

    for ending in ("json", "kgl"):
        place = tmp_path / f"news.{ending}"
        with open_store(place) as store:
            store.write([article("1", "甲", "丁"), article("2", "乙", "丙")])
            assert len(store.resolution().entities) == 4
        append_verdict(tmp_path / "news.registry.toml", "甲", "乙", same=True)
        with open_store(place) as store:
            assert len(store.resolution().entities) == 3
            assert len(store.query("MATCH (e:Entity) RETURN e.name")) == 3
        (tmp_path / "news.registry.toml").unlink()


def test_what_two_open_names_share_is_shown_to_who_decides_and_joins_nothing():
    def sells(doc, firm, status="actual"):
        ends = NamedEntity(firm, "Company"), NamedEntity("良品铺子", "Brand")
        said = Statement(doc, ends[0], "DIVESTS_FROM", ends[1], status, None, Evidence(0, 2, "减持"), 0.9)
        return Extraction(ArticleInfo(doc), ends, (said,))

    # Three firms of one word, of which no pair leads.
    names = ("达永文化有限公司", "达永网络有限公司", "达永")
    resolution = resolve([sells("1", names[0]), sells("2", names[1], "denied"), sells("3", names[2])], ONTOLOGY)
    rows = {frozenset((row["a"], row["b"])): row["both"] for row in list_unsure(resolution)}
    assert rows[frozenset((names[0], names[2]))] == "良品铺子"
    assert rows[frozenset((names[1], names[2]))] == ""
    assert len([e for e in resolution.entities if e.type == "Company"]) == 3
