"""Facts over time: states of a day, what changed between two, ladders, timelines."""

import random
from dataclasses import replace

import pytest

from kg.changes import list_changes, list_timeline
from kg.errors import UsageError
from kg.facts import Facts, list_partners, take_as_of, take_between
from kg.graph import build_graph, read_graph
from kg.ladder import climb
from kg.model import ArticleInfo, Evidence, Extraction, NamedEntity, Statement, sketch
from kg.ontology import load_ontology
from kg.resolve import resolve

ONTOLOGY = load_ontology()


def says(doc, date, head, relation, tail, status, time, text):
    ends = [NamedEntity(n, "Platform") for n in (head, tail)]
    said = Statement(doc, ends[0], relation, ends[1], status, time, Evidence(0, len(text), text), 0.9)
    return Extraction(ArticleInfo(doc, f"题 *{doc}*", date, "某报"), tuple(ends), (said,))


@pytest.fixture
def articles():
    return [
        says("a", "2019-03-01", "红", "CONNECTS_TO", "淘", "planned", "2020", "红计划明年与淘打通"),
        says("b", "2020-11-20", "红", "CONNECTS_TO", "淘", "actual", "2020-11", "红上线淘的外链"),
        says("c", "2021-08-03", "红", "CONNECTS_TO", "淘", "ended", "2021-08-02", "红切断淘的外链"),
        says("d", "2024-01-05", "红", "CONNECTS_TO", "淘", "actual", None, "红重新接入淘"),
        says("e", "2020-01-01", "红", "PARTNERS_WITH", "京", "rumored", None, "传红与京洽谈"),
        says("f", "2020-06-01", "红", "PARTNERS_WITH", "京", "denied", None, "红否认与京合作"),
        says("g", "2022-02-01", "红", "PARTNERS_WITH", "京", "actual", "2022-01", "红与京签署协议"),
        says("h", "2023-02-01", "红", "PARTNERS_WITH", "京", "actual", "2023-01", "红与京扩大合作"),
        says("i", None, "猫", "COMPETES_WITH", "红", "actual", None, "猫是红的对手"),
    ]


@pytest.fixture
def resolution(articles):
    return resolve(articles, ONTOLOGY)


def fact(resolution, relation):
    return next(f for f in resolution.facts if f.relation == relation)


@pytest.mark.parametrize(
    ("day", "status", "holds"),
    [
        ("2018", None, False),
        ("2019-03-01", "planned", False),
        ("2020-10-31", "planned", False),
        ("2020-11", "actual", True),
        ("2021-08-01", "actual", True),
        ("2021-08-02", "ended", False),
        ("2023", "ended", False),
        ("2024-01-05", "actual", True),
        ("2030-12-31", "actual", True),
    ],
)
def test_a_fact_has_a_state_on_every_day(resolution, day, status, holds):
    link = fact(resolution, "CONNECTS_TO")
    assert (link.status_on(day), link.holds_on(day)) == (status, holds)


def test_states_outlive_the_graphs_form(resolution):
    again = read_graph(build_graph(resolution))
    assert again == resolution
    for one, other in zip(again.facts, resolution.facts, strict=True):
        assert [e.day for e in one.history] == [e.day for e in other.history]


def test_an_end_that_the_text_foresaw_ends_it():
    lease = resolve([says("a", "2020-01-01", "红", "PARTNERS_WITH", "淘", "actual", "2020/2021", "合作两年")], ONTOLOGY)
    (found,) = lease.facts
    assert [found.status_on(d) for d in ("2019", "2020-06", "2022-01-01")] == [None, "actual", "ended"]


def test_contradictions_are_kept(resolution):
    assert [e.status for e in fact(resolution, "PARTNERS_WITH").history] == ["rumored", "denied", "actual", "actual"]


def test_what_cannot_both_be_right_is_told(tmp_path):
    told = resolve(
        [
            says("a", "2020-03-01", "红", "CONNECTS_TO", "淘", "actual", "2020-03", "红接入淘"),
            says("b", "2020-06-01", "红", "CONNECTS_TO", "淘", "denied", None, "红从未接入淘"),
            says("c", "2021-08-03", "红", "CONNECTS_TO", "淘", "ended", "2021-08", "8月切断"),
            says("d", "2021-08-04", "红", "CONNECTS_TO", "淘", "ended", "2021-08-02", "8月2日切断"),
            says("e", "2021-09-30", "红", "CONNECTS_TO", "淘", "ended", "2021-09", "9月才切断"),
            says("f", "2022-01-01", "红", "CONNECTS_TO", "淘", "denied", "2022", "没有再接入"),
        ],
        ONTOLOGY,
    )
    pairs = [tuple(e.articles[0] for e in pair) for pair in told.facts[0].contradictions]
    assert pairs == [("a", "b"), ("c", "e"), ("d", "e")]
    rows = list_timeline(told, "红", "淘")
    assert [row["against"] for row in rows if row["articles"] in ("a", "f")] == ["denied 2020-06-01 (b)", None]
    assert "说法相左：2020-06-01 否认）" in str(list_changes(told, "2020", "2020-05"))


def test_a_plan_is_no_news_of_a_fact_and_the_fact_is_news_when_it_is_told_though_nobody_says_since_when():
    told = resolve(
        [
            says("a", "2020-11-26", "红", "CONNECTS_TO", "京", "planned", None, "红计划接入京"),
            says("b", "2025-06-01", "红", "CONNECTS_TO", "京", "actual", None, "红的笔记可跳转京"),
            says("c", "2025-06-06", "红", "CONNECTS_TO", "京", "actual", "2025-06-05", "红接入京"),
        ],
        ONTOLOGY,
    )
    (plan,) = list_changes(told, "2020", "2021")
    assert (plan.kind, plan.before, plan.after, plan.citation.article) == ("announced", None, "planned", "a")
    (start,) = list_changes(told, "2025", "2026")
    assert (start.kind, start.before, start.after) == ("promoted", "planned", "actual")
    assert not list_changes(told, "2021", "2025")


def test_what_nobody_says_since_when_is_no_new_fact_for_a_day_on_which_it_is_denied():
    told = resolve(
        [
            says("a", "2025-06-01", "红", "CONNECTS_TO", "拼", "actual", None, "红的笔记可跳转拼"),
            says("b", "2025-06-06", "红", "CONNECTS_TO", "拼", "denied", "2025-06-04", "红否认接入拼"),
        ],
        ONTOLOGY,
    )
    diff = list_changes(told, "2025-01", "2025-07")
    assert [change.kind for change in diff] == ["reported"]
    assert "说法相左：2025-06-04 否认" in str(diff)


def test_the_digest_quotes_without_the_noise_of_a_scraped_page():
    text = "京■◆★东接★■入红◆★★,双方★■均已■★确认◆◆。"
    told = resolve([says("a", "2020-01-01", "京", "CONNECTS_TO", "红", "actual", "2020-01", text)], ONTOLOGY)
    diff = list_changes(told, "2019", "2021")
    assert diff[0].citation.text == text
    assert "> 京东接入红，双方均已确认。 ——" in str(diff)


def test_a_denial_before_it_came_about_and_one_told_twice_contradict_nothing(resolution):
    assert fact(resolution, "PARTNERS_WITH").contradictions == ()
    assert fact(resolution, "CONNECTS_TO").contradictions == ()


def test_a_partnership_climbs_a_ladder(resolution):
    assert [rung for _, rung in climb(fact(resolution, "PARTNERS_WITH"))] == ["接触", "签约", "扩大"]
    assert [rung for _, rung in climb(fact(resolution, "CONNECTS_TO"))] == ["接触", "上线", "终止", "上线"]
    assert climb(fact(resolution, "COMPETES_WITH")) == []


def test_a_diff_tells_what_was_promoted_ended_denied_and_new(resolution):
    kinds = {(c.kind, c.fact.relation) for c in list_changes(resolution, "2020-05", "2020-12")}
    assert kinds == {("promoted", "CONNECTS_TO"), ("denied", "PARTNERS_WITH")}
    assert [c.kind for c in list_changes(resolution, "2021-01", "2021-12")] == ["ended"]
    assert [c.kind for c in list_changes(resolution, "2018", "2019-12")] == ["announced"]
    assert [c.kind for c in list_changes(resolution, "2021", "2022-12", watch=["京"])] == ["promoted"]
    assert list(list_changes(resolution, "2025", "2026")) == []


def test_a_digest_quotes_its_evidence_and_lets_no_name_be_markup(resolution):
    digest = str(list_changes(resolution, "2020-05", "2020-12"))
    assert "红上线淘的外链" in digest
    assert "计划中 → 已成事实" in digest
    assert "题 \\*b\\*，某报，2020-11-20" in digest
    assert "没有变化" in str(list_changes(resolution, "2025", "2026"))


def digest(*articles, start="2021-01", end="2021-12"):
    return str(list_changes(resolve(articles, ONTOLOGY), start, end))


def test_what_one_passage_says_stands_together_and_is_quoted_once():
    text = "甲、乙与丙签约，丙入驻丁"
    rows = [("甲", "PARTNERS_WITH", "丙"), ("乙", "PARTNERS_WITH", "丙"), ("丙", "JOINS", "丁")]
    said = [says("a", "2021-05-01", head, relation, tail, "actual", "2021-05", text) for head, relation, tail in rows]
    one = Extraction(
        said[0].article,
        tuple({e.name: e for s in said for e in s.entities}.values()),
        tuple(s.statements[0] for s in said),
    )
    told = digest(one)
    assert told.count(text) == 1
    assert "—合作— **丙**" in told or "**丙** —合作—" in told
    assert "**乙**、**甲**" in told or "**甲**、**乙**" in told
    assert "**丙** —入驻→ **丁**（2021-05；已成事实，上线）" in told
    assert "新建立 3。涉及最多：丙（3）。" in told


def test_two_relations_of_one_end_are_two_lines_and_other_passages_other_bullets():
    told = digest(
        says("a", "2021-05-01", "甲", "PARTNERS_WITH", "丙", "actual", "2021-05", "甲与丙签约"),
        says("b", "2021-05-02", "甲", "SUPPLIES", "丁", "actual", "2021-05", "甲向丁供货"),
    )
    assert [line[:2] for line in told.splitlines()[6:]] == ["- ", "  ", "- ", "  "]


def test_a_digest_quotes_what_could_be_read_on_its_last_day():
    told = digest(
        says("a", "2021-05-01", "甲", "PARTNERS_WITH", "丙", "actual", "2021-05", "甲与丙签署了一份战略合作的协议"),
        says("b", "2023-05-02", "甲", "PARTNERS_WITH", "丙", "actual", "2021-05", "甲丙合作"),
    )
    assert "协议" in told
    assert "2023" not in told
    assert "2 篇报道" not in told
    # What only later articles tell of the time is quoted from them.
    assert "甲丙合作" in digest(says("b", "2023-05-02", "甲", "PARTNERS_WITH", "丙", "actual", "2021-05", "甲丙合作"))


def test_what_lay_between_two_days_is_told_with_its_time(resolution):
    assert "**红** —互通→ **淘**（2021-08-02；计划中 → 2020-11 已成事实 → 已终止）" in str(
        list_changes(resolution, "2020", "2022")
    )
    assert "**京** —合作— **红**" in str(list_changes(resolution, "2019", "2020-12")) or "**红** —合作— **京**" in str(
        list_changes(resolution, "2019", "2020-12")
    )
    assert "（2020-06-01 报道；2020-01-01 传闻 → 否认）" in str(list_changes(resolution, "2019", "2020-12"))


def test_of_one_time_told_finely_and_roughly_the_fine_one_is_shown_as_it_was_reported_then():
    told = digest(
        says("a", "2021-08-03", "甲", "CONNECTS_TO", "丙", "ended", "2021-08-02", "甲昨日切断通往丙的链接"),
        says("b", "2025-06-06", "甲", "CONNECTS_TO", "丙", "ended", "2021-08", "2021年8月切断"),
    )
    assert "（2021-08-02；已终止）" in told
    assert "昨日切断" in told
    assert "2025" not in told


def test_a_post_and_its_title_are_one_line_and_passages_that_overlap_one_bullet():
    who, firm, role = NamedEntity("王一", "Person"), NamedEntity("甲", "Company"), NamedEntity("总裁", "Role")
    text = "甲任命王一为总裁"

    def said(doc, *rows):
        made = (
            Statement(doc, who, r, tail, "actual", "2021-05", Evidence(a, b, text[a:b]), 0.9) for r, tail, a, b in rows
        )
        return Extraction(ArticleInfo(doc, date="2021-05-02"), (), tuple(made))

    told = digest(said("a", ("HOLDS_POSITION", role, 3, 8), ("WORKS_FOR", firm, 0, 8)))
    assert "- **王一** —任职→ **甲**（总裁；2021-05；已成事实）\n  > 甲任命王一为总裁 ——2021-05-02\n" in told
    assert "—职位→" not in told
    # A title at no firm, or at one of two, has a line of its own.
    assert "**王一** —职位→ **总裁**" in digest(said("a", ("HOLDS_POSITION", role, 3, 8)))
    other = NamedEntity("乙", "Company")
    two = digest(said("a", ("HOLDS_POSITION", role, 3, 8), ("WORKS_FOR", firm, 0, 5), ("WORKS_FOR", other, 0, 5)))
    assert "**王一** —职位→ **总裁**" in two
    assert "**王一** —任职→ **乙**、**甲**" in two or "**王一** —任职→ **甲**、**乙**" in two


def test_a_copy_is_neither_quoted_nor_counted_beside_its_origin():
    text = "".join(chr(0x4E00 + i * 37 % 4000) for i in range(600))
    origin = says("b", "2021-05-01", "甲", "PARTNERS_WITH", "丙", "actual", "2021-05", "甲与丙签约合作")
    copy = says("a", "2021-05-02", "甲", "PARTNERS_WITH", "丙", "actual", "2021-05", "甲与丙签约")
    both = [replace(said, article=replace(said.article, sketch=sketch(text))) for said in (origin, copy)]
    told = digest(*both)
    assert "甲与丙签约合作" in told
    assert "篇报道" not in told


def test_a_diff_as_rows(resolution):
    (row,) = list_changes(resolution, "2021-01", "2021-12").table()
    assert (row["kind"], row["day"], row["before"], row["after"]) == ("ended", "2021-08-02", "actual", "ended")


def test_wrong_days_and_names_are_refused(resolution):
    for start, end in (("gestern", "2020"), ("2021", "2020"), ("2020", "2020-13")):
        with pytest.raises(UsageError):
            list_changes(resolution, start, end)
    with pytest.raises(UsageError, match="no entity is named '蓝'"):
        list_changes(resolution, "2020", "2021", watch=["蓝"])
    with pytest.raises(UsageError):
        take_as_of(resolution, "heute")
    with pytest.raises(UsageError):
        Facts(resolution.facts, resolution)(status="done")


def test_a_timeline_is_in_order_and_says_whose_day_it_is(resolution):
    rows = list_timeline(resolution, "红", "淘")
    assert [(r["day"], r["dated"]) for r in rows] == [
        ("2019-03-01", "text"),
        ("2020-11-01", "text"),
        ("2021-08-02", "text"),
        ("2024-01-05", "article"),
    ]
    assert len(list_timeline(resolution, "红")) == 9
    assert list_timeline(resolution, "猫", "京") == []


def test_facts_narrow(resolution):
    facts = Facts(resolution.facts, resolution)
    assert len(facts("红")) == 3
    assert len(facts("京", "红")) == 1
    assert [f.relation for f in facts(on="2021")] == ["CONNECTS_TO"] or {f.relation for f in facts(on="2021")} == {
        "CONNECTS_TO",
        "COMPETES_WITH",
    }
    assert facts(relation=("LAUNCHES",)) == ()
    assert facts(status="actual", on="2021-09", relation="CONNECTS_TO") == ()
    (row,) = facts(relation="PARTNERS_WITH").table()
    assert (row["stage"], row["evidence"]) == ("扩大", "红与京扩大合作")


def test_partners_of_a_day(resolution):
    (row,) = list_partners(resolution, "红", on="2021-01-15")
    assert (row["partner"], row["status"], row["stage"], row["direction"]) == ("淘", "actual", "上线", "out")
    assert {r["partner"] for r in list_partners(resolution, "红")} == {"淘", "京"}


@pytest.mark.parametrize(
    ("day", "status", "since", "until"),
    [
        ("2020-01", "planned", None, None),
        ("2021-01-15", "actual", "2020-11", "2021-08-02"),
        ("2022", "ended", "2020-11", "2021-08-02"),
        ("2024-02", "actual", "2024-01-05", None),
    ],
)
def test_partners_of_a_day_tell_since_when_it_held_then(resolution, day, status, since, until):
    rows = [r for r in list_partners(resolution, "红", status=status, on=day) if r["partner"] == "淘"]
    assert [(r["since"], r["until"]) for r in rows] == [(since, until)]


def test_as_of_knows_nothing_of_later_days(resolution):
    then = take_as_of(resolution, "2020-06-01")
    assert {f.relation: f.status for f in then.facts} == {
        "CONNECTS_TO": "planned",
        "PARTNERS_WITH": "denied",
        "COMPETES_WITH": "actual",
    }
    assert all(e.day <= "2020-06-01" for f in then.facts for e in f.history)
    assert [f.relation for f in take_between(resolution, "2021-08", "2021-12").facts if f.relation == "CONNECTS_TO"]
    assert "PARTNERS_WITH" not in {f.relation for f in take_between(resolution, "2021-01", "2021-12").facts}


def test_any_order_of_arrival_ends_in_the_same_bytes(articles, tmp_path):
    from kg.load.base import open_store
    from kg.load.export import export

    made = set()
    for seed in range(4):
        shuffled = articles[:]
        random.Random(seed).shuffle(shuffled)
        store_path = tmp_path / f"{seed}.json"
        for part in (shuffled[:3], shuffled[3:4], shuffled[4:]):
            with open_store(store_path) as store:
                store.write(part)
        with open_store(store_path) as store:
            export(store.resolution(), "json", tmp_path / "out.json")
        made.add((tmp_path / "out.json").read_bytes())
    assert len(made) == 1


def test_what_held_before_any_article_said_so_can_be_shown(resolution):
    then = take_as_of(resolution, "2019-01-01")
    (row,) = Facts(then.facts, then)("猫").table()
    assert (row["status"], row["evidence"], row["articles"]) == ("actual", "猫是红的对手", "i")
    ended = resolve([says("z", "2021-08-03", "红", "JOINS", "淘", "ended", "2021-08-02", "红退出淘")], ONTOLOGY)
    before = take_as_of(ended, "2021-06")
    (row,) = Facts(before.facts, before).table()
    assert (row["status"], row["until"], row["evidence"]) == ("actual", None, "红退出淘")
    assert [(event.status, event.time, event.day) for f in before.facts for event in f.history] == [
        ("actual", None, "")
    ]
    assert {r["status"] for r in list_timeline(before, "红")} == {"actual"}


@pytest.mark.parametrize("day", ["juni", "2021-6", "", None, 2021, "2021-02-30", "10000"])
def test_a_day_that_is_none_is_refused_wherever_it_is_given(resolution, day):
    told = fact(resolution, "CONNECTS_TO")
    for ask in (
        told.status_on,
        told.holds_on,
        lambda day: take_as_of(resolution, day),
        lambda day: take_between(resolution, day, "2022"),
        lambda day: list_changes(resolution, "2020", day),
    ):
        with pytest.raises(UsageError, match="is no day, month or year"):
            ask(day)


def test_names_are_found_in_traditional_and_simplified_characters():
    resolution = resolve([says("a", "2020-01-01", "小红书", "JOINS", "臺灣電商", "actual", None, "入驻")], ONTOLOGY)
    assert len(list_timeline(resolution, "小紅書", "台湾电商")) == 1
    from kg.graph import find_nodes

    assert find_nodes(build_graph(resolution), "小紅書") == [
        next(e.id for e in resolution.entities if e.name == "小红书")
    ]
    assert find_nodes(build_graph(resolution), "小黃書") == []


def test_one_name_to_watch_needs_no_list(resolution):
    assert list_changes(resolution, "2019", "2024", watch="猫") == list_changes(
        resolution, "2019", "2024", watch=["猫"]
    )


def test_a_change_dated_by_an_article_is_quoted_from_that_article():
    early, late = (
        says(doc, date, "得", "COMPETES_WITH", "红", "actual", None, text)
        for doc, date, text in (("a", "2020-11-26", "得一直盯着红"), ("b", "2021-08-03", "红与得争夺新品牌"))
    )
    (sure,) = late.statements
    late = replace(late, statements=(replace(sure, confidence=0.99),))
    (change,) = list_changes(resolve([early, late], ONTOLOGY), "2020", "2022")
    assert (change.event.day, change.citation.article, change.articles) == ("2020-11-26", "a", ("a", "b"))
    assert "得一直盯着红 ——" in str(list_changes(resolve([early, late], ONTOLOGY), "2020", "2022"))
