"""People of one name: two where nothing ties the firms at which articles give them posts, one otherwise."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.analysis import careers
from kg.changes import find_ids, list_changes, list_timeline
from kg.errors import UsageError
from kg.facts import Facts
from kg.graph import build_graph
from kg.model import ArticleInfo, Evidence, Extraction, NamedEntity, Statement
from kg.ontology import load_ontology
from kg.resolve import read_registry, resolve
from kg.resolve.namesakes import _Namesakes
from kg.review import append_verdict, list_reasons, list_unsure

ONTOLOGY = load_ontology()
WANG = NamedEntity("王伟", "Person")


def post(firm, status="actual", time=None, *, who=WANG, relation="WORKS_FOR"):
    return Statement("", who, relation, NamedEntity(firm, "Company"), status, time, Evidence(0, 2, "任职"), 0.9)


def title(role):
    return Statement("", WANG, "HOLDS_POSITION", NamedEntity(role, "Role"), "actual", None, Evidence(0, 2, "任职"), 0.9)


def state(relation, tail, kind="Company"):
    return Statement("", WANG, relation, NamedEntity(tail, kind), "actual", None, Evidence(0, 2, "原文"), 0.9)


def article(doc, *statements, beside=(), date="2024-05-01"):
    """An article on 王伟; `beside` are (name, type) of what else it names."""
    said = tuple(
        Statement(doc, s.head, s.relation, s.tail, s.status, s.time, s.evidence, s.confidence) for s in statements
    )
    return Extraction(ArticleInfo(doc, date=date), (WANG, *(NamedEntity(*b) for b in beside)), said)


def part(articles, registry=None, name="王伟"):
    """By person the articles that mean it, whatever the order in which they come."""
    made = {
        tuple(sorted(tuple(doc for doc, *_ in e.mentions) for e in resolution.entities if e.name == name))
        for order in itertools.islice(itertools.permutations(articles), 24)
        for resolution in [resolve(order, ONTOLOGY, registry=registry)]
    }
    assert len(made) == 1
    return list(made.pop())


APART = [article("1", post("京东方")), article("2", post("京东")), article("3", post("京东方"), title("CEO"))]


def test_posts_at_firms_that_nothing_ties_make_two_people():
    assert part(APART) == [("1", "3"), ("2",)]
    resolution = resolve(APART, ONTOLOGY)
    people = [e for e in resolution.entities if e.type == "Person"]
    assert {(e.name, e.aliases) for e in people} == {("王伟", ("王伟@京东",)), ("王伟", ("王伟@京东方",))}
    assert len({e.id for e in people}) == 2
    by_id = {e.id: e.aliases[0] for e in people}
    names = {e.id: e.name for e in resolution.entities}
    assert {(by_id[f.head], names[f.tail]) for f in resolution.facts if f.relation == "WORKS_FOR"} == {
        ("王伟@京东", "京东"),
        ("王伟@京东方", "京东方"),
    }


@pytest.mark.parametrize(
    ("tie", "reason"),
    [
        (article("3", post("甲公司", "ended"), post("乙公司")), "article 3 gives posts at both"),
        (article("3", post("乙公司"), beside=[("甲公司", "Company")]), "also name 甲公司"),
        (article("3", post("丙公司"), post("甲公司"), post("乙公司")), "article 3 gives posts at both"),
    ],
)
def test_an_article_that_names_both_firms_makes_one_person_of_two(tie, reason):
    articles = [article("1", post("甲公司")), article("2", post("乙公司"))]
    assert part(articles) == [("1",), ("2",)]
    assert part([*articles, tie]) == [("1", "2", "3")]
    resolution = resolve([*articles, tie], ONTOLOGY)
    assert any(reason in m.reason for m in resolution.merges)
    assert not resolution.unsure
    assert not any("@" in alias for e in resolution.entities for alias in e.aliases)


def test_one_of_many_articles_that_names_the_other_firm_in_passing_ties_nothing():
    many = [article(f"a{i}", post("甲公司")) for i in range(5)]
    assert (
        len(part([*many, article("a5", post("甲公司"), beside=[("乙公司", "Company")]), article("b", post("乙公司"))]))
        == 2
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([post("甲公司", "ended", "2023-03")], [post("乙公司", "actual", "2023-04")]),
        ([post("甲公司"), state("INVESTS_IN", "丁公司")], [post("乙公司"), state("HOLDS_STAKE_IN", "丁公司")]),
        ([post("京东")], [post("京东物流")]),
    ],
    ids=["one post ends, the next begins", "the same investment", "firms of one name"],
)
def test_what_their_statements_share_makes_one_person(first, second):
    assert part([article("1", *first), article("2", *second)]) == [("1", "2")]


def test_a_post_that_began_before_the_other_ended_is_somebody_elses():
    articles = [article("1", post("甲公司", "ended", "2023-03")), article("2", post("乙公司", "actual", "2019-04"))]
    assert len(part(articles)) == 2


def test_title_and_company_agree():
    colleague = [("李娜", "Person")]
    articles = [article("1", post("甲公司"), title("CFO"), beside=colleague)]
    assert part([*articles, article("2", post("乙公司"), title("CFO"), beside=colleague)]) == [("1", "2")]
    assert len(part([*articles, article("2", post("乙公司"), title("CFO"))])) == 2
    assert len(part([*articles, article("2", post("乙公司"), title("CEO"), beside=colleague)])) == 2


def test_a_denied_post_and_a_firm_of_renown_beside_both_say_nothing():
    beside = [("腾讯", "Platform"), ("阿里巴巴", "Company")]
    articles = [article("1", post("甲公司"), beside=beside), article("2", post("乙公司"), beside=beside)]
    assert len(part(articles)) == 2
    assert part([article("1", post("甲公司")), article("2", post("乙公司", "denied"))]) == [("1", "2")]


def test_an_article_without_a_post_goes_where_its_firm_or_colleagues_are_or_stays_apart():
    known = [article("1", post("甲公司"), beside=[("李娜", "Person")]), article("2", post("乙公司"))]
    assert part([*known, article("3", beside=[("甲公司", "Company")])]) == [("1", "3"), ("2",)]
    assert part([*known, article("3", beside=[("李娜", "Person")])]) == [("1", "3"), ("2",)]
    assert part([*known, article("3")]) == [("1",), ("2",), ("3",)]
    assert part([*known, article("3", beside=[("甲公司", "Company"), ("乙公司", "Company")])]) == [
        ("1",),
        ("2",),
        ("3",),
    ]
    assert part([known[0], article("3"), article("4", state("ENDORSES", "某品牌", "Brand"))]) == [("1", "3", "4")]


def test_celebrities_without_posts_are_one_however_many_brands_they_endorse():
    assert part([article(str(i), state("ENDORSES", f"品牌{i}", "Brand")) for i in range(3)]) == [("0", "1", "2")]


def test_another_name_of_one_of_them_leads_to_that_one():
    david = NamedEntity("David Wang", "Person", ("王伟",))
    articles = [
        article("1", post("甲公司")),
        article("2", post("乙公司")),
        Extraction(ArticleInfo("3"), (david,), article("3", post("乙公司", who=david)).statements),
    ]
    resolution = resolve(articles, ONTOLOGY)
    [one] = [e for e in resolution.entities if "David Wang" in (e.name, *e.aliases)]
    assert [doc for doc, *_ in one.mentions] == ["2", "3"]


def test_a_verdict_joins_two_and_another_takes_them_apart(tmp_path):
    path = tmp_path / "mine.toml"
    articles = [article("1", post("甲公司")), article("2", post("乙公司")), article("3", post("丙公司"))]
    append_verdict(path, "王伟@甲公司", "王伟@乙公司", same=True, because="同一人")
    assert part(articles, read_registry(path)) == [("1", "2"), ("3",)]
    resolution = resolve(articles, ONTOLOGY, registry=read_registry(path))
    assert [(m.a, m.b, m.reason) for m in resolution.merges] == [("王伟@甲公司", "王伟@乙公司", "your registry")]
    assert {e.name for e in resolution.entities if e.type == "Person"} == {"王伟"}

    path.unlink()
    tied = [*articles, article("4", post("甲公司"), beside=[("乙公司", "Company")])]
    assert part(tied) == [("1", "2", "4"), ("3",)]
    append_verdict(path, "王伟@甲公司", "王伟@乙公司", same=False)
    assert part(tied, read_registry(path)) == [("1", "4"), ("2",), ("3",)]


def test_a_verdict_holds_even_against_an_article_that_gives_posts_at_both(tmp_path):
    path = tmp_path / "mine.toml"
    append_verdict(path, "王伟＠甲公司", "王伟@乙公司", same=False)
    articles = [
        article("1", post("甲公司")),
        article("2", post("乙公司")),
        article("3", post("甲公司"), post("乙公司")),
    ]
    assert len(part(articles, read_registry(path))) == 2


def test_articles_that_do_not_tell_are_settled_by_the_name_alone(tmp_path):
    path = tmp_path / "mine.toml"
    articles = [article("1", post("甲公司")), article("2", post("乙公司")), article("3")]
    append_verdict(path, "王伟@甲公司", "王伟", same=True)
    assert part(articles, read_registry(path)) == [("1", "3"), ("2",)]
    path.unlink()
    append_verdict(path, "王伟@甲公司", "王伟", same=False)
    assert part([articles[0], articles[2]], read_registry(path)) == [("1",), ("3",)]


def test_another_name_is_settled_with_the_firm_too(tmp_path):
    path = tmp_path / "mine.toml"
    david = NamedEntity("David Wang", "Person")
    articles = [article("1", post("甲公司")), article("2", post("乙公司"))]
    articles.append(Extraction(ArticleInfo("3"), (david,), ()))
    append_verdict(path, "王伟@乙公司", "David Wang", same=True)
    assert part(articles, read_registry(path)) == [("1",), ("2", "3")]


def test_they_are_asked_for_by_firm_and_explained():
    resolution = resolve(APART, ONTOLOGY)
    assert len(find_ids(resolution, ["王伟"])) == 2
    [one] = find_ids(resolution, ["王伟@京东方"])
    assert one not in find_ids(resolution, ["王伟＠京东"])
    with pytest.raises(UsageError, match="无此公司"):
        find_ids(resolution, ["王伟@无此公司"])
    told = [(row["name"], row["other"], row["reason"]) for row in list_reasons(resolution, "王伟@京东方")]
    assert told == [
        ("王伟", None, "Person, at 京东方; 2 articles"),
        ("王伟@京东方", "王伟@京东", "not merged: people of one name; no article ties their posts"),
    ]
    assert [{row["a"], row["b"]} for row in list_unsure(resolution)] == [{"王伟@京东方", "王伟@京东"}]
    moved = resolve([article("1", post("甲公司")), article("2", post("甲公司", "ended"), post("乙公司"))], ONTOLOGY)
    [_, row] = list_reasons(moved, "王伟")
    assert {row["name"], row["other"], row["reason"]} == {"王伟@甲公司", "王伟@乙公司", "article 2 gives posts at both"}
    assert len(find_ids(moved, ["王伟@甲公司"])) == 1


def test_lists_tell_one_from_the_other_by_the_firm():
    resolution = resolve(
        [*APART, article("4", who_else := post("甲公司", who=NamedEntity("李四", "Person")))], ONTOLOGY
    )
    assert who_else.head.name == "李四"
    whom = {"王伟@京东", "王伟@京东方", "李四"}
    assert {row["head"] for row in list_changes(resolution, "2024", "2025").table()} == whom
    assert {row["head"] for row in list_timeline(resolution, "王伟")} == whom - {"李四"}
    assert {row["head"] for row in Facts(resolution.facts, resolution).table()} == whom
    assert {row["name"] for row in careers(build_graph(resolution))} == whom
    alone = resolve(APART[:1], ONTOLOGY)
    assert {row["head"] for row in list_timeline(alone, "王伟")} == {"王伟"}


def test_an_id_goes_to_the_one_of_the_name_who_works_there(tmp_path):
    path = tmp_path / "registry.toml"
    path.write_text(
        '[[entity]]\nname = "王伟@京东"\nids = { wikidata = "Q1" }\n[[entity]]\nname = "王伟"\nids = { wikidata = "Q2" }\n',
        encoding="utf-8",
    )
    registry = read_registry(path)

    def list_ids(articles):
        people = (e for e in resolve(articles, ONTOLOGY, registry=registry).entities if e.name == "王伟")
        return sorted((e.aliases, e.written_ids) for e in people)

    assert list_ids(APART) == [(("王伟@京东",), ["wikidata:Q1"]), (("王伟@京东方",), [])]
    untold = article("4")
    assert list_ids([*APART, untold])[0] == ((), ["wikidata:Q2"])
    assert list_ids(APART[1:2]) == [((), ["wikidata:Q1", "wikidata:Q2"])], "alone with the name, and there"
    assert list_ids(APART[:1]) == [((), ["wikidata:Q2"])], "alone with the name, and elsewhere"
    assert list_ids([untold]) == [((), ["wikidata:Q2"])]


WORDS = st.sampled_from(["京东", "京东方", "腾讯混元", "混元", "腾讯", "小红书", "百度", "百度云"])
DATED = st.sampled_from([None, "2020", "2021-03", "2022-11"])
SAID = st.one_of(
    st.builds(lambda firm, status, time: post(firm, status, time), WORDS, st.sampled_from(["actual", "ended"]), DATED),
    st.builds(title, st.sampled_from(["CEO", "副总裁"])),
    st.builds(lambda tail: state("LAUNCHES", tail, "Product"), WORDS),
)
NAMED = st.lists(st.tuples(WORDS, st.just("Company")) | st.just(("李彦宏", "Person")), max_size=2)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.lists(SAID, min_size=1, max_size=3), NAMED), min_size=2, max_size=8))
def test_pairs_that_are_not_compared_would_not_be_joined(told):
    articles = [article(str(number), *said, beside=beside) for number, (said, beside) in enumerate(told)]
    quick = resolve(articles, ONTOLOGY)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(_Namesakes, "_list_pairs", lambda _, groups: set(itertools.combinations(range(len(groups)), 2)))
        assert resolve(articles, ONTOLOGY) == quick


def test_of_many_people_of_one_name_a_reviewer_is_asked_of_neighbours_alone():
    firms = [f"{a}{b}" for a in "金木水火土" for b in "甲乙丙"]
    articles = [article(str(n), post(firm), date=f"2024-05-{n + 1:02}") for n, firm in enumerate(firms)]
    asked = {
        frozenset({row["a"], row["b"]}) for row in list_unsure(resolve(articles, ONTOLOGY)) if row["type"] == "Person"
    }
    assert asked == {frozenset({f"王伟@{a}", f"王伟@{b}"}) for a, b in itertools.pairwise(firms)}
