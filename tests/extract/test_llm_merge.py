"""Two readings of one article become one."""

from hypothesis import given
from hypothesis import strategies as st

from kg.extract.llm_merge import merge
from kg.model import ArticleInfo, Evidence, Extraction, NamedEntity, Rejection, Statement
from kg.ontology import load_ontology

ONTOLOGY = load_ontology()
INFO = ArticleInfo("a", hash="h")
RED, CAT, JD = (
    NamedEntity("小红书", "Platform", (), 3),
    NamedEntity("淘宝天猫", "Platform"),
    NamedEntity("京东", "Platform"),
)


def say(head, relation, tail, *, status="actual", time=None, confidence=0.5, start=0):
    return Statement("a", head, relation, tail, status, time, Evidence(start, start + 5, "12345"), confidence)


def reading(*statements, entities=None, rejected=()):
    ends = dict.fromkeys(end for s in statements for end in (s.head, s.tail))
    return Extraction(INFO, tuple(ends) if entities is None else entities, tuple(statements), rejected)


def test_what_both_say_is_said_once_and_surer():
    merged = merge(
        reading(say(RED, "PARTNERS_WITH", CAT, confidence=0.8)), reading(say(RED, "PARTNERS_WITH", CAT)), ONTOLOGY
    )
    (said,) = merged.statements
    assert said.confidence == 0.9


def test_a_symmetric_relation_agrees_the_other_way_round_too_and_a_directed_one_does_not():
    assert (
        len(
            merge(reading(say(RED, "PARTNERS_WITH", CAT)), reading(say(CAT, "PARTNERS_WITH", RED)), ONTOLOGY).statements
        )
        == 1
    )
    assert (
        len(merge(reading(say(RED, "CONNECTS_TO", CAT)), reading(say(CAT, "CONNECTS_TO", RED)), ONTOLOGY).statements)
        == 2
    )


def test_what_one_says_stands_beside_it_with_its_own_confidence():
    merged = merge(
        reading(say(RED, "PARTNERS_WITH", CAT, confidence=0.8)), reading(say(RED, "PARTNERS_WITH", JD)), ONTOLOGY
    )
    assert [(s.tail.name, s.confidence) for s in merged.statements] == [("淘宝天猫", 0.8), ("京东", 0.5)]
    assert {e.name for e in merged.entities} == {"小红书", "淘宝天猫", "京东"}


def test_another_status_or_time_is_another_statement():
    one = reading(say(RED, "PARTNERS_WITH", CAT, time="2025-05"))
    assert len(merge(one, reading(say(RED, "PARTNERS_WITH", CAT, status="denied")), ONTOLOGY).statements) == 2
    assert len(merge(one, reading(say(RED, "PARTNERS_WITH", CAT, time="2024")), ONTOLOGY).statements) == 2
    assert len(merge(one, reading(say(RED, "PARTNERS_WITH", CAT, time="2025-05-07")), ONTOLOGY).statements) == 1


def test_the_time_is_that_of_whoever_has_one():
    merged = merge(
        reading(say(RED, "PARTNERS_WITH", CAT)), reading(say(RED, "PARTNERS_WITH", CAT, time="2025")), ONTOLOGY
    )
    assert [s.time for s in merged.statements] == ["2025"]


def test_an_entity_known_by_another_name_is_the_same_and_keeps_its_names():
    alibaba = NamedEntity("阿里巴巴", "Company", ("阿里",), 2)
    other = NamedEntity("阿里", "Company", (), 1)
    merged = merge(reading(say(alibaba, "INVESTS_IN", RED)), reading(say(other, "INVESTS_IN", RED)), ONTOLOGY)
    assert merged.entities == (alibaba, RED)
    assert len(merged.statements) == 1


def test_a_type_of_the_first_that_rules_a_statement_out_does_not_make_it_false():
    regulator = NamedEntity("总局", "Institution")
    company = NamedEntity("总局", "Company")
    merged = merge(reading(entities=(company, RED)), reading(say(regulator, "REGULATES", RED)), ONTOLOGY)
    assert [s.head.type for s in merged.statements] == ["Institution"]
    assert regulator in merged.entities


def test_rejections_of_both_are_told():
    no = Rejection("a", ("x", "y", "z"), "r")
    assert merge(reading(rejected=(no,)), reading(rejected=(no,)), ONTOLOGY).rejected == (no,)


ENDS = st.sampled_from([RED, CAT, JD])
STATEMENTS = st.builds(
    say,
    ENDS,
    st.sampled_from(["PARTNERS_WITH", "CONNECTS_TO", "OWNS"]),
    ENDS,
    status=st.sampled_from(["actual", "denied"]),
    time=st.sampled_from([None, "2025", "2025-05", "2024"]),
    confidence=st.floats(0, 1),
)
READINGS = st.lists(STATEMENTS, max_size=5).map(lambda statements: reading(*statements))


@given(READINGS, READINGS)
def test_nothing_is_lost_and_every_end_is_listed(one, other):
    merged = merge(one, other, ONTOLOGY)
    assert len(merged.statements) >= len(one.statements)
    assert {s.head for s in merged.statements} | {s.tail for s in merged.statements} <= set(merged.entities)
    assert all(0 <= s.confidence <= 1 for s in merged.statements)

    def said(statements):
        return {(frozenset((s.head.name, s.tail.name)), s.relation, s.status) for s in statements}

    assert said(merged.statements) == said(one.statements) | said(other.statements)
