"""The library of questions: every header keeps its word, and the answers are those that a reader of the examples gives."""

import json
import re
import subprocess
import sys
import zipfile

import pytest

from kg.errors import ConfigError, OutputError, UsageError
from kg.load import library
from kg.load.library import explain, list_queries, load_query, write_favourite, write_favourites
from kg.model import ArticleInfo, Evidence, Extraction, NamedEntity, Statement
from kg.ontology import load_ontology
from tests.load.example_graph import ask_kglite, ask_neo4j, read_gold

NAMES = [query.name for query in list_queries()]

# Questions that find nothing in the examples, and why that is right.
EMPTY = {
    "conflicting-dates": "no two articles give one launch, founding or closure times that do not agree",
    "shared-names": "no two entities of the examples bear one name",
}


@pytest.fixture(scope="module")
def opened(examples, tmp_path_factory):
    with ask_kglite(read_gold(examples / "gold.jsonl"), tmp_path_factory.mktemp("library") / "g.kgl") as opened:
        yield opened


@pytest.fixture(scope="module")
def store(opened):
    return opened[1]


@pytest.fixture(scope="module")
def kglite_ask(opened):
    return opened[0]


@pytest.fixture(scope="module")
def neo4j_ask(store, neo4j_server, root):
    with ask_neo4j(neo4j_server, store.resolution(), root / "cypher" / "schema.cypher") as ask:
        yield ask


@pytest.fixture(params=["kglite", pytest.param("neo4j", marks=[pytest.mark.xdist_group("neo4j"), pytest.mark.slow])])
def ask(request):
    """The questions, put to either store."""
    return request.getfixturevalue(f"{request.param}_ask")


def test_there_are_questions_enough_each_in_two_languages():
    assert len(NAMES) >= 24
    for query in list_queries():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", query.name)
        assert re.search(r"[\u4e00-\u9fff].*[？。]$", query.zh)
        assert query.en.endswith("?") and query.en.isascii()
        assert set(re.findall(r"\$(\w+)", query.cypher)) == set(query.parameters)
        assert all(meaning for meaning in query.columns.values())
        for text in query.variants.values():
            assert set(re.findall(r"\$(\w+)", text)) == set(query.parameters)


@pytest.mark.parametrize("name", NAMES)
def test_a_question_has_rows_with_the_columns_that_its_header_names(ask, name):
    rows = ask(name)
    assert bool(rows) == (name not in EMPTY)
    assert all(list(row) == list(load_query(name).columns) for row in rows)


@pytest.mark.parametrize("name", NAMES)
def test_a_question_about_a_hostile_name_is_answered_with_nothing(ask, name):
    hostile = "'}) DETACH DELETE n // \"`\\"
    given = {
        key: hostile for key in ("name", "other", "text", "title", "article") if key in load_query(name).parameters
    }
    if given:
        assert ask(name, **given) == []


# What the gold of the examples says, written down by hand from its statements.


def pick(rows, *columns):
    return [tuple(row[column] for column in columns) for row in rows]


def test_partners_now(ask):
    assert pick(ask("partners-of", name="小红书"), "partner", "since", "until", "sources") == [
        ("淘宝联盟", "2022-12-07", None, 3),
        ("京东", "2025-05-29", None, 2),
        ("淘宝天猫", "2025-05-07", None, 2),
        ("淘宝", "2018-11", None, 1),
    ]
    assert ask("partners-of", name="行吟信息") == ask("partners-of", name="小红书")
    assert {row["partner"] for row in ask("partners-of", name="小红书", status=["denied"])} == {"拼多多", "携程"}


def test_partners_on_a_day(ask):
    def partners(day):
        return [row["partner"] for row in ask("partners-as-of", name="小红书", day=day)]

    assert partners("2018-10-31") == []
    assert partners("2024-06-01") == ["淘宝", "淘宝联盟"]
    assert partners("2025-06-10") == ["京东", "淘宝", "淘宝天猫", "淘宝联盟"]


def test_what_held_on_a_day(ask):
    def held(name, day):
        return set(pick(ask("as-of", name=name, day=day), "head", "relation", "tail"))

    links = ("小红书", "CONNECTS_TO", "淘宝")
    assert links in held("淘宝", "2021-01-01")
    assert links not in held("淘宝", "2020-10-31")
    assert links not in held("淘宝", "2021-08-02")
    assert ("小红书", "OWNS", "福利社") in held("小红书", "2022-06-01")
    assert ("小红书", "OWNS", "福利社") not in held("小红书", "2024-06-01")


def test_as_of_answers_what_the_story_of_the_examples_asks(ask, examples):
    for moment in json.loads((examples / "story.json").read_text("utf-8"))["as_of"]:
        for expected, facts in ((True, moment["holds"]), (False, moment["does_not_hold"])):
            for head, relation, tail in facts:
                rows = ask("as-of", name=head, day=moment["date"])
                ends = {frozenset((row["head"], row["tail"])) for row in rows if row["relation"] == relation}
                assert (frozenset((head, tail)) in ends) == expected, (moment["date"], head, relation, tail)


def test_how_two_came_together_and_parted(ask):
    rows = ask("timeline", name="小红书", other="淘宝")
    assert rows == ask("timeline", name="手机淘宝", other="RED")
    assert pick(rows, "day", "relation", "status", "time", "reported") == [
        ("2018-11", "PARTNERS_WITH", "actual", "2018-11", "2018-12-04"),
        ("2018-11", "SUPPLIES", "actual", "2018-11", "2018-12-04"),
        ("2018-12-04", "CONNECTS_TO", "planned", "2019", "2018-12-04"),
        ("2020-11", "CONNECTS_TO", "actual", "2020-11", "2020-11-26"),
        ("2021-08", "CONNECTS_TO", "ended", "2021-08", "2025-06-06"),
        ("2021-08-02", "CONNECTS_TO", "ended", "2021-08-02", "2021-08-03"),
    ]
    assert rows[3]["articles"] == [
        "2020-11-26-taobao-links-open",
        "2021-08-03-taobao-links-cut",
        "2021-08-04-taobao-links-cut-reprint",
    ]
    assert rows[4]["evidence"] == ["2021年8月切断通往淘宝的外链"]


def test_the_timeline_of_one_name_may_be_cut_to_a_period_and_to_relations(ask):
    rows = ask("timeline-of", name="抖音", relations=["CONNECTS_TO"])
    assert pick(rows, "day", "head", "tail", "status") == [
        ("2018-03", "抖音", "淘宝", "actual"),
        ("2020-10-09", "抖音", "京东", "ended"),
        ("2020-10-09", "抖音", "淘宝", "ended"),
    ]
    assert len(ask("timeline-of", name="抖音", relations=["CONNECTS_TO"], **{"from": "2020", "to": "2020"})) == 2
    assert ask("timeline-of", name="抖音", relations=["CONNECTS_TO"], **{"from": "2021"}) == []


def test_ended_in_a_period_only(ask):
    rows = ask("ended", **{"from": "2021-08-01", "to": "2021-08"})
    assert pick(rows, "head", "relation", "tail", "since", "until") == [
        ("小红书", "CONNECTS_TO", "淘宝", "2020-11", "2021-08-02")
    ]


def test_rumours_and_what_came_of_them(ask):
    assert set(pick(ask("rumours"), "reported", "head", "relation", "tail", "now")) == {
        ("2018-05-25", "阿里巴巴", "INVESTS_IN", "小红书", "actual"),
        ("2021-11-10", "携程", "PARTNERS_WITH", "小红书", "denied"),
        ("2025-05-09", "京东", "PARTNERS_WITH", "小红书", "actual"),
        ("2025-05-09", "小红书", "CONNECTS_TO", "京东", "actual"),
        ("2025-05-09", "小红书", "CONNECTS_TO", "拼多多", "denied"),
        ("2025-05-09", "拼多多", "PARTNERS_WITH", "小红书", "denied"),
    }
    assert {row["now"] for row in ask("rumours", now=["denied"])} == {"denied"}


def test_denials_of_one_name_with_the_passage(ask):
    rows = ask("denied", name="携程")
    assert pick(rows, "reported", "now", "evidence") == [
        ("2022-12-08", "denied", ["至于去年盛传的与携程的合作，之恒予以否认：“没有谈过。”"])
    ]


def test_plans_and_what_came_of_them(ask):
    rows = ask("plans", name="微盟")
    assert pick(rows, "head", "relation", "tail", "time", "now") == [
        ("微盟", "CONNECTS_TO", "小红书", "2021-09", "planned")
    ]


def test_shared_partners(ask):
    assert pick(ask("shared-partners", name="B站", other="小红书"), "partner", "since_name", "since_other") == [
        ("淘宝联盟", "2022-06", "2022-12-07")
    ]
    assert pick(ask("shared-partners", name="小红书", other="快手"), "partner") == [("京东",)]


def test_rivals_that_share_partners(ask):
    assert pick(ask("rivals-sharing-partners"), "rival", "other", "partner", "with_rival", "with_other") == [
        ("小红书", "抖音", "京东", ["CONNECTS_TO actual", "PARTNERS_WITH actual"], ["CONNECTS_TO ended"]),
        ("小红书", "抖音", "淘宝", ["CONNECTS_TO ended", "PARTNERS_WITH actual"], ["CONNECTS_TO ended"]),
    ]


def test_bridges_between_two_camps(ask):
    [row] = ask("bridges", name="阿里巴巴", other="腾讯")
    assert row["bridge"] == "小红书"
    assert row["ties_name"] == [
        "网易考拉海购 COMPETES_WITH (actual) 小红书",
        "逛逛 COMPETES_WITH (actual) 小红书",
        "阿里巴巴 HOLDS_STAKE_IN (actual) 小红书",
        "阿里巴巴 INVESTS_IN (actual) 小红书",
    ]
    assert row["ties_other"] == ["腾讯 HOLDS_STAKE_IN (actual) 小红书", "腾讯 INVESTS_IN (actual) 小红书"]


def test_newly_opened_in_a_period(ask):
    rows = ask("opened", **{"from": "2025-05", "to": "2025-06"})
    assert {(r["day"], r["relation"], frozenset((r["head"], r["tail"]))) for r in rows} == {
        ("2025-05-07", "CONNECTS_TO", frozenset(("小红书", "淘宝天猫"))),
        ("2025-05-07", "PARTNERS_WITH", frozenset(("小红书", "淘宝天猫"))),
        ("2025-05-29", "PARTNERS_WITH", frozenset(("小红书", "京东"))),
        ("2025-06-05", "CONNECTS_TO", frozenset(("小红书", "京东"))),
    }


def test_launches_of_a_period_only(ask):
    assert pick(ask("launches", **{"from": "2022", "to": "2022"}), "day", "head", "launched") == [
        ("2022-01-01", "小红书", "小绿洲"),
        ("2022-06-01", "B站", "星火计划"),
        ("2022-06-01", "淘宝联盟", "星火计划"),
        ("2022-12-07", "小红书", "小红星"),
        ("2022-12-07", "淘宝联盟", "小红星"),
    ]


def test_contradictory_claims(ask):
    assert pick(ask("contradictions"), "head", "relation", "tail", "claims") == [
        ("小红书", "CONNECTS_TO", "京东", ["denied 2020-11", "denied", "rumored", "actual 2025-06-05"]),
        ("小红书", "FOCUSES_ON", "跨境电商", ["denied", "actual 2014-12-10", "actual", "ended"]),
        ("微信", "CONNECTS_TO", "小红书", ["denied", "actual 2018"]),
    ]


def test_facts_of_one_source(ask):
    facts = set(pick(ask("single-source", name="得物"), "head", "relation", "tail"))
    assert facts == {("得物", "FOCUSES_ON", "球鞋")}  # the rivalry with 小红书 stands in four articles


def test_people_who_moved(ask):
    assert pick(ask("moves"), "person", "left", "joined", "since", "status") == [
        ("之恒", "微博", "小红书", "2020-08-19", "actual"),
        ("杨若", "花旗", "小红书", "2021-03", "ended"),
        ("毛文超", "贝恩咨询", "小红书", None, "actual"),
        ("瞿芳", "贝塔斯曼", "小红书", None, "actual"),
    ]
    assert pick(ask("moves", name="新浪微博"), "person") == [("之恒",)]


def test_people_come_with_the_positions_that_they_hold_there(ask):
    people = {row["person"]: row for row in ask("people", name="小红书")}
    assert people["丝盖"]["positions"] == ["买手运营负责人 (ended)", "男装业务负责人 (actual)"]
    assert (people["杨若"]["status"], people["杨若"]["since"]) == ("ended", "2021-03")
    assert pick(ask("people", name="沪研咨询"), "person", "positions") == [("沈放", ["分析师 (actual)"])]


def test_who_holds_a_title_where(ask):
    rows = pick(ask("positions", title="CFO"), "person", "organisation", "status")
    assert [(person, status) for person, _, status in rows] == [("杨若", "ended"), ("章子琦", "actual")]
    assert all("小红书" in organisation for _, organisation, _ in rows)
    assert ask("positions", title="首席财务官") == ask("positions", title="CFO")


def test_chains_of_ownership(ask):
    assert pick(ask("owners-of", name="天猫"), "owner", "chain") == [
        ("淘天集团", ["淘天集团", "天猫"]),
        ("阿里巴巴", ["阿里巴巴", "淘天集团", "天猫"]),
    ]
    owned = {row["owned"]: row["relations"] for row in ask("owned-by", name="阿里巴巴")}
    assert owned == {
        "小红书": ["HOLDS_STAKE_IN"],
        "淘天集团": ["OWNS"],
        "网易考拉海购": ["ACQUIRES"],
        "种草直达": ["HOLDS_STAKE_IN", "OWNS"],
        "天猫": ["OWNS", "OWNS"],
        "逛逛": ["OWNS", "OWNS"],
    }


def test_investments_and_who_stands_beside(ask):
    assert pick(ask("portfolio", name="腾讯"), "company", "since", "beside")[0] == ("唯品会", "2017-12", ["京东"])
    stakes = [row["investor"] for row in ask("investors", name="小红书") if row["relation"] == "HOLDS_STAKE_IN"]
    assert stakes == ["GGV纪源资本", "元生资本", "天图资本", "腾讯", "金沙江创投", "阿里巴巴"]


def test_categories_and_who_enters_them(ask):
    categories = {row["category"]: (row["active"], row["who"]) for row in ask("categories")}
    assert categories["美妆"] == (2, ["福利社 (actual)", "种草直达 (actual)"])
    assert categories["跨境电商"] == (0, ["小红书 (ended 2014-12-10)"])
    assert pick(ask("entrants", name="跨境电商"), "entrant", "status", "since", "until") == [
        ("小红书", "ended", "2014-12-10", "2023-10-18")
    ]


def test_openness_over_the_years(ask):
    years = {(row["year"], row["platform"]): (row["opens_to"], row["opened_by"]) for row in ask("openness")}
    assert years[2020, "小红书"] == (["淘宝"], ["微信"])
    assert years[2021, "小红书"] == (["淘宝"], ["微信", "有赞"])  # cut in August, so open in a part of the year
    assert years[2022, "小红书"] == ([], ["微信", "有赞"])
    assert years[2025, "小红书"] == (["京东", "微信支付", "支付宝", "淘宝天猫"], ["微信", "有赞"])
    assert (2021, "抖音") not in years
    assert years[2018, "抖音"] == (["淘宝"], [])
    assert years[2020, "抖音"] == (["京东", "淘宝"], [])  # how long it had been open to 京东 nobody says


def test_links_out_and_in_of_one_platform(ask):
    assert pick(ask("links-of", name="抖音"), "way", "other", "status", "until") == [
        ("out", "京东", "ended", "2020-10-09"),
        ("out", "淘宝", "ended", "2020-10-09"),
    ]


def test_closed_products_and_how_long_they_lived(ask):
    assert pick(ask("closures"), "product", "by", "launched", "closed", "months") == [
        ("小绿洲", "小红书", "2022-01", "2023-10-01", 21),
        ("福利社", "小红书", "2014-12-10", "2023-11", 106),
    ]


def test_evidence_of_a_fact_stands_in_the_articles_at_its_offsets(ask, examples):
    texts = {a["id"]: a["text"] for a in map(json.loads, (examples / "gold.jsonl").read_text("utf-8").splitlines())}
    rows = ask("evidence", name="小红书", relation="CONNECTS_TO", other="淘宝")
    assert pick(rows, "article", "status", "time") == [
        ("2018-12-04-notes-in-taobao", "planned", "2019"),
        ("2020-11-26-taobao-links-open", "actual", "2020-11"),
        ("2021-08-03-taobao-links-cut", "actual", "2020-11"),
        ("2021-08-03-taobao-links-cut", "ended", "2021-08-02"),
        ("2021-08-04-taobao-links-cut-reprint", "actual", "2020-11"),
        ("2021-08-04-taobao-links-cut-reprint", "ended", "2021-08-02"),
        ("2025-06-06-red-jd-plan", "ended", "2021-08"),
    ]
    assert all(texts[row["article"]][row["start"] : row["end"]] == row["evidence"] for row in rows)


def test_everything_of_one_article(ask, examples):
    for article in map(json.loads, (examples / "gold.jsonl").read_text("utf-8").splitlines()):
        symmetric = {name for name, spec in load_ontology().relations.items() if spec.symmetric}

        def key(head, relation, tail, *rest, symmetric=symmetric):
            return (relation, *(sorted((head, tail)) if relation in symmetric else (head, tail)), *rest)

        stated = {
            key(r["head"], r["relation"], r["tail"], r["status"], r.get("time"), r["evidence"])
            for r in article["relations"]
        }
        rows = ask("article", article=article["id"])
        found = {
            key(row["head"], row["relation"], row["tail"], row["status"], row["time"], passage)
            for row in rows
            for passage in row["evidence"]
        }
        assert found == stated
        names = {row["name"] for row in ask("article-names", article=article["id"])}
        assert names == {entity["name"] for entity in article["entities"]}


def test_articles_come_in_order_with_the_forms_that_they_use(ask):
    rows = ask("articles", name="小红书")
    assert len(rows) == 14
    assert [row["date"] for row in rows] == sorted(row["date"] for row in rows)


def test_who_is_named_beside_a_name_without_a_relation(ask):
    rows = {row["together"]: row["articles"] for row in ask("co-mentions", name="小红书")}
    assert rows["快手"] == 3
    assert "淘宝" not in rows and "CEO" not in rows


def test_a_profile_counts_every_relation_once(ask):
    rows = {(row["relation"], row["way"], row["status"]): row["others"] for row in ask("profile", name="小红书")}
    assert rows["PARTNERS_WITH", "both", "actual"] == ["京东", "淘宝", "淘宝天猫", "淘宝联盟"]
    assert rows["CONNECTS_TO", "in", "planned"] == ["微盟"]
    assert rows["OWNS", "out", "ended"] == ["小绿洲", "福利社"]


def test_the_profile_knows_which_relations_have_no_direction():
    listed = re.search(r"IN \[([^\]]*)\] THEN 'both'", load_query("profile").cypher)
    assert listed is not None
    assert set(re.findall(r"\w+", listed[1])) == {r.name for r in load_ontology().relations.values() if r.symmetric}


def test_rivals(ask):
    rivals = {row["rival"]: row["status"] for row in ask("rivals-of", name="小红书")}
    assert rivals["得物"] == "actual"
    assert rivals["穷游网"] == rivals["蚂蜂窝"] == "denied"
    assert pick(ask("rivals-of", name="微信"), "rival", "relation") == [
        ("快手", "DISPUTES_WITH"),
        ("抖音", "DISPUTES_WITH"),
    ]


def test_beginnings_and_ends_by_year(ask):
    years = {(row["year"], row["relation"]): (row["began"], row["ended"]) for row in ask("years")}
    assert years["2020", "CONNECTS_TO"] == (1, 2)
    assert years["2025", "PARTNERS_WITH"] == (2, 0)
    assert years["2023", "SHUTS_DOWN"] == (2, 0)


def test_the_most_connected_is_who_the_stories_are_about(ask):
    rows = ask("most-connected", limit=3)
    assert len(rows) == 3
    assert rows[0]["name"] == "小红书"


def test_a_path_leads_over_relations_and_never_through_an_article(ask):
    rows = ask("path", name="毛文超", other="贝塔斯曼")
    assert {tuple(row["names"]) for row in rows} == {("毛文超", "小红书", "瞿芳", "贝塔斯曼")}
    assert ["WORKS_FOR", "WORKS_FOR", "WORKS_FOR"] in [row["relations"] for row in rows]
    assert {row["steps"] for row in rows} == {3}
    assert ask("path", name="小红书", other="小红书") == []


def test_the_path_takes_every_relation_but_those_that_connect_nobody():
    taken = set(re.findall(r"\b[A-Z]{2,}(?:_[A-Z]+)*\b", load_query("path").cypher.split("[:")[1].split("*")[0]))
    assert set(load_ontology().relations) - taken == {"HOLDS_POSITION", "LOCATED_IN", "FOCUSES_ON"}


def test_the_state_of_the_data(ask):
    checks = {row["check"].split(" (")[0]: (row["found"], row["of"]) for row in ask("quality")}
    assert checks["entities in no relation"] == (len(ask("isolated")), 122)
    assert checks["facts of one source alone"] == (len(ask("single-source")), 154)
    assert checks["facts both stated and denied"] == (3, 154)
    assert checks["articles without a date"] == (0, 14)
    assert {row["name"] for row in ask("isolated")} >= {"斯坦福大学", "纽交所", "618"}
    assert ("顺丰", "SUPPLIES", "福利社") in pick(ask("undated"), "head", "relation", "tail")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("红", ["小红书", "红京计划", "小红星", "红猫计划", "小红盟", "小红链", "红杉中国"]),
        ("红书", ["小红书"]),
        ("书红", []),
        ("red", ["小红书"]),
        ("B站", ["B站"]),
        ("GGV纪", ["GGV纪源资本"]),
        ("纪源资本", ["GGV纪源资本"]),
        ("信息科技（上海）", ["小红书"]),
        ("618", ["618"]),
        ("*", []),
        ("", []),
    ],
)
def test_names_are_found_by_one_character_two_latin_and_mixed(ask, text, names):
    assert [row["name"] for row in ask("find", text=text)] == names


def test_an_entity_is_found_by_its_whole_id_elsewhere(tmp_path):
    from kg.load.base import open_store

    (tmp_path / "news.registry.toml").write_text(
        '[[entity]]\nname = "甲"\nids = { wikidata = "Q618", "统一社会信用代码" = "91A" }\n', encoding="utf-8"
    )
    ends = NamedEntity("甲", "Company"), NamedEntity("乙", "Company")
    said = Statement("1", ends[0], "PARTNERS_WITH", ends[1], "actual", None, Evidence(0, 2, "合作"), 0.9)
    with open_store(tmp_path / "news.kgl") as store:
        store.write([Extraction(ArticleInfo("1"), ends, (said,))])
        text = load_query("find").text("news.kgl")
        found = {
            asked: [row["name"] for row in store.query(text, text=asked, limit=5)]
            for asked in ("wikidata:q618", "统一社会信用代码:91A", "618", "wikidata:Q6", "wikidata:")
        }
    assert found == {
        "wikidata:q618": ["甲"],
        "统一社会信用代码:91A": ["甲"],
        "618": [],
        "wikidata:Q6": [],
        "wikidata:": [],
    }


# What the examples have not: passages and ids that would break out of a JSON text, and things that do not agree.

PASSAGE = '他说："C:\\new"，\n还说\t{"status":"denied","text":"x","confidence":1}'
DOC = 'a"],"evidence":[\\'


def hostile_article(doc, date, *statements):
    return Extraction(ArticleInfo(doc, "题", date), (), tuple(statements))


def hostile_corpus():
    red, jd = NamedEntity('小"红\\书', "Platform", ("红'书",)), NamedEntity("京东", "Platform")
    plan, firm = NamedEntity("计划", "Program", ("红'书",)), NamedEntity("某公司", "Company")

    def state(doc, head, relation, tail, time, status="actual", text=PASSAGE):
        return Statement(doc, head, relation, tail, status, time, Evidence(3, 3 + len(text), text), 0.4)

    yield hostile_article(
        DOC,
        "2024-01-05",
        state(DOC, red, "PARTNERS_WITH", jd, "2024"),
        state(DOC, red, "LAUNCHES", plan, "2023-10"),
        state(DOC, firm, "FOUNDED", jd, "1998", text="早年"),
        state(DOC, firm, "INVESTS_IN", red, None),
    )
    yield hostile_article(
        "b",
        None,
        state("b", red, "PARTNERS_WITH", jd, None, "denied", "没有"),
        state("b", red, "LAUNCHES", plan, "2023-11", text="十一月"),
        state("b", firm, "FOUNDED", jd, "1998-06", text="六月"),
    )


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    with ask_kglite(hostile_corpus(), tmp_path_factory.mktemp("hostile") / "h.kgl") as (ask, _):
        yield ask


def test_passages_and_ids_may_hold_what_json_escapes(hostile):
    rows = hostile("timeline", name='小"红\\书', other="京东")
    assert pick(rows, "status", "time", "articles", "evidence") == [
        ("denied", None, ["b"], ["没有"]),
        ("actual", "2024", [DOC], [PASSAGE]),
    ]
    [row] = [row for row in hostile("evidence", name="京东", other='小"红\\书', relation="") if row["article"] == DOC]
    assert (row["evidence"], row["start"], row["end"], row["status"]) == (PASSAGE, 3, 3 + len(PASSAGE), "actual")
    assert PASSAGE in [p for row in hostile("article", article=DOC) for p in row["evidence"]]
    assert pick(hostile("denied"), "evidence") == [(["没有"],)]


def test_times_that_do_not_agree_are_shown_and_those_that_refine_each_other_are_not(hostile):
    assert pick(hostile("conflicting-dates"), "relation", "times") == [("LAUNCHES", ["2023-10", "2023-11"])]


def test_names_of_two_things_are_shown(hostile):
    assert pick(hostile("shared-names"), "name", "entities") == [("红'书", ['小"红\\书 (Platform)', "计划 (Program)"])]


def test_the_state_of_poor_data(hostile):
    checks = {row["check"].split(" (")[0]: row["found"] for row in hostile("quality")}
    assert checks["articles without a date"] == 1
    assert checks["facts of a confidence below 0.5"] == 1
    assert checks["facts both stated and denied"] == 1


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_store_is_answered_with_nothing_or_noughts(tmp_path, name):
    with ask_kglite(iter(()), tmp_path / "empty.kgl") as (ask, _):
        assert all(row.get("found") == 0 for row in ask(name))


# The library itself.


def test_unknown_names_and_parameters_list_what_there_is():
    with pytest.raises(
        UsageError, match=r"unknown query 'partners_of'; did you mean partners-of.*`kg queries` lists them all$"
    ):
        load_query("partners_of")
    with pytest.raises(UsageError, match=r"unknown query 'zzz'; `kg queries` lists them all$"):
        load_query("zzz")
    with pytest.raises(UsageError, match=r"no parameter 'nam'; it has name, status"):
        load_query("partners-of").fill({"nam": "x"})


@pytest.mark.parametrize(
    ("name", "given", "match"),
    [
        (
            "partners-as-of",
            {"day": "昨天"},
            r"-p day=昨天 is wrong; expected a day of the calendar, such as 2024-06-01",
        ),
        ("partners-as-of", {"day": "2024-02-30"}, "expected a day"),
        ("partners-as-of", {"day": "2024"}, "expected a day"),
        ("as-of", {"day": ""}, "expected a day"),
        ("opened", {"from": "去年"}, "expected a year, month or day"),
        ("opened", {"to": "2025-13"}, "expected a year, month or day"),
        ("opened", {"from": "2025", "to": "2024"}, r"ends before it begins \(from=2025, to=2024\)"),
        ("openness", {"from": 2020, "to": 2018}, "ends before it begins"),
        ("openness", {"from": "2018-01-01"}, "expected a whole number, such as 2018"),
        ("find", {"limit": "abc"}, "expected a whole number, such as 50"),
        ("find", {"limit": -1}, "expected a whole number"),
        ("find", {"limit": 1.5}, "expected a whole number"),
        ("find", {"limit": True}, "expected a whole number"),
        ("find", {"limit": 2**70}, "expected a whole number"),
        ("find", {"text": 618}, "expected a text"),
        ("partners-of", {"name": None}, "expected a text"),
        (
            "partners-of",
            {"status": ["actual", "aktual"]},
            "expected one or more of actual, planned, rumored, denied, ended",
        ),
        ("opened", {"relations": "PARTNERS_WITH"}, "expected a list of texts, such as PARTNERS_WITH, CONNECTS_TO"),
        ("opened", {"relations": [1]}, "expected a list of texts"),
    ],
)
def test_a_value_of_the_wrong_kind_is_no_answer(name, given, match):
    with pytest.raises(UsageError, match=match):
        load_query(name).fill(given)


@pytest.mark.parametrize("given", [{"from": "2025", "to": "2025"}, {"from": "2025-05", "to": "2025"}, {"from": ""}])
def test_a_period_may_be_one_year_or_open(given):
    assert load_query("opened").fill(given).items() >= given.items()


def test_why_nothing_was_found_is_said(run_kg, example_store):
    def ask(*arguments):
        done = run_kg("query", "--store", example_store, "--name", *arguments)
        assert done.returncode == 0
        return done.stderr

    assert "no article has the id '2025-06-06' (-p article=…)" in ask("article", "-p", "article=2025-06-06")
    told = ask("opened", "-p", "relations=PARTNERS")
    assert "no relation is called 'PARTNERS' (-p relations=…); there are" in told
    assert "PARTNERS_WITH" in told
    assert "no type is called 'platform'" in ask("openness", "-p", "types=platform")
    assert "no " not in ask("opened", "-p", "from=1990", "-p", "to=1991")


def test_a_header_that_lacks_something_names_file_and_line(tmp_path, monkeypatch):
    monkeypatch.setattr(library, "_find_folder", lambda: tmp_path)
    (tmp_path / "q.cypher").write_text("// zh: 谁？\nRETURN 1 AS x\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"q\.cypher: the header needs zh, en"):
        list_queries()
    (tmp_path / "q.cypher").write_text("// zh: 谁？\n// en: Who?\n// param x = 小\nRETURN 1 AS x\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"q\.cypher:3: the default of x is not JSON"):
        load_query("q")


def test_a_server_is_asked_in_its_own_words_where_it_has_some():
    find = load_query("find")
    assert "fulltext" in find.text("neo4j+s://example.com")
    assert "fulltext" not in find.text("g.kgl")
    partners = load_query("partners-of")
    assert partners.text("bolt://localhost") == partners.text("memory:") == partners.cypher


def test_a_plan_is_shown_and_nothing_run(store):
    query = load_query("path")
    plan = explain(store, query.cypher, query.fill({}))
    assert any("Match" in str(step) for step in plan)
    assert all("names" not in step for step in plan)


def test_explain_on_the_command_line(run_kg, example_store):
    done = run_kg("query", "--name", "timeline", "-p", "name=京东", "--explain", "--store", example_store)
    assert done.returncode == 0
    assert load_query("timeline").cypher.strip() in done.stdout
    assert 'name="京东" other="淘宝"' in done.stdout
    assert "Match" in done.stdout
    done = run_kg("query", "RETURN $x AS x", "-p", "x=1", "--explain", "--format", "json", "--store", example_store)
    assert json.loads(done.stdout)["parameters"] == {"x": 1}


def test_one_question_is_shown_whole(run_kg):
    done = run_kg("queries", "partners-of")
    query = load_query("partners-of")
    assert query.zh in done.stdout and query.cypher in done.stdout and 'name="小红书"' in done.stdout
    assert run_kg("queries", "nobody-asks").returncode == 2


def test_favourites_are_a_zip_with_a_name_in_every_first_line(run_kg, tmp_path):
    path = tmp_path / "favourites.zip"
    assert run_kg("queries", "--favourites", path).returncode == 0
    again = tmp_path / "again.zip"
    number = write_favourites(again)
    assert path.read_bytes() == again.read_bytes()
    with zipfile.ZipFile(path) as archive:
        texts = [archive.read(name).decode("utf-8") for name in archive.namelist()]
    assert len(texts) == number == len(NAMES) + 5
    assert all(re.match(r"// .*[\u4e00-\u9fff]", text) for text in texts)
    assert not any("$" in text for text in texts)
    with pytest.raises(OutputError, match="cannot be written"):
        write_favourites(tmp_path / "no" / "f.zip")


def test_on_a_full_disk_older_favourites_stay(tmp_path):
    path = tmp_path / "favourites.zip"
    path.write_text("old", encoding="utf-8")
    command = f"ulimit -f 2; exec {sys.executable} -m kg queries --favourites {path}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, encoding="utf-8", timeout=120)
    assert (done.returncode, "cannot be written, because" in done.stderr) == (1, True)
    assert [(p.name, p.read_text(encoding="utf-8")) for p in tmp_path.iterdir()] == [("favourites.zip", "old")]


def test_a_favourite_has_its_values_on_top():
    text = write_favourite(load_query("most-connected"))
    assert text.splitlines()[1].startswith('WITH {types: ["Platform", ')
    assert "LIMIT 20" in text


def test_the_style_sheet_knows_every_type_and_relation(root):
    style = (root / "cypher" / "style.grass").read_text(encoding="utf-8")
    rules = dict(re.findall(r"^(\S+) \{\n(.*?)^\}", style, flags=re.M | re.S))
    ontology = load_ontology()
    assert {f"node.{name}" for name in ontology.entities} < set(rules)
    for name, relation in ontology.relations.items():
        assert f'caption: "{relation.zh} {{status}}' in rules[f"relationship.{name}"]


def test_schema_statements_can_be_run_again(root):
    text = re.sub(r"^//.*$", "", (root / "cypher" / "schema.cypher").read_text(encoding="utf-8"), flags=re.M)
    statements = [statement.strip() for statement in text.split(";") if statement.strip()]
    assert len(statements) >= 4
    assert all(re.match(r"CREATE (CONSTRAINT|(FULLTEXT |TEXT )?INDEX) \w+ IF NOT EXISTS FOR ", s) for s in statements)
