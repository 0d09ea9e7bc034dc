"""Findings as statements: each said once, with the surest passage, and what may not stand said with its reason."""

from kg.extract.assembly import Finding, assemble
from kg.extract.reading import clean_article
from kg.model import Article, Extraction, NamedEntity, Span
from kg.ontology import load_ontology

TEXT = "京东与顺丰合作。"
ENTITIES = (
    NamedEntity("京东", "Platform", (), 1),
    NamedEntity("顺丰", "Company", (), 1),
    NamedEntity("柯南", "Person", (), 1),
    NamedEntity("上海", "Place", (), 1),
)


def finding(
    head: int, relation: str, tail: int, status: str = "actual", time: str | None = None, confidence: float = 0.5
) -> Finding:
    return Finding(head, relation, tail, status, time, Span(0, 7), confidence)


def assembled(*findings: Finding, min_confidence: float = 0.0) -> Extraction:
    article = Article("a", TEXT)
    return assemble(
        clean_article(article), article.info(), ENTITIES, findings, load_ontology(), min_confidence=min_confidence
    )


def test_what_is_found_twice_is_said_once_with_the_higher_confidence() -> None:
    (statement,) = assembled(
        finding(0, "ACQUIRES", 1, confidence=0.4), finding(0, "ACQUIRES", 1, confidence=0.7)
    ).statements
    assert statement.confidence == 0.7
    assert statement.evidence.text == "京东与顺丰合作"


def test_a_symmetric_relation_is_one_in_either_direction_and_others_are_not() -> None:
    assert len(assembled(finding(0, "PARTNERS_WITH", 1), finding(1, "PARTNERS_WITH", 0)).statements) == 1
    assert len(assembled(finding(0, "ACQUIRES", 1), finding(1, "ACQUIRES", 0)).statements) == 2


def test_another_status_or_time_is_another_statement() -> None:
    said = assembled(
        finding(0, "ACQUIRES", 1, "planned"),
        finding(0, "ACQUIRES", 1, time="2023"),
        finding(0, "ACQUIRES", 1, time="2024"),
    ).statements
    assert {(s.status, s.time) for s in said} == {("planned", None), ("actual", "2023"), ("actual", "2024")}


def test_a_statement_without_time_yields_to_the_same_with_time() -> None:
    (statement,) = assembled(finding(0, "ACQUIRES", 1), finding(0, "ACQUIRES", 1, time="2023")).statements
    assert statement.time == "2023"


def test_what_may_not_stand_is_rejected_with_the_reason() -> None:
    extraction = assembled(
        finding(3, "ACQUIRES", 1),
        finding(0, "ACQUIRES", 2),
        finding(0, "ACQUIRES", 1, confidence=0.1),
        min_confidence=0.3,
    )
    assert extraction.statements == ()
    assert [r.reason for r in extraction.rejected] == [
        "ACQUIRES may not start at Place",
        "ACQUIRES may not end at Person",
        "confidence below the minimum",
    ]


def test_places_are_listed_only_where_a_statement_needs_them() -> None:
    assert "上海" not in {e.name for e in assembled().entities}
    assert "上海" in {e.name for e in assembled(finding(0, "LOCATED_IN", 3)).entities}
    assert {"京东", "顺丰", "柯南"} <= {e.name for e in assembled().entities}


def test_names_have_the_dots_and_quotation_marks_of_the_text() -> None:
    article = Article("a", '谢尔盖・布林退出民爆"十五五"规划，阿斯顿·马丁和杰夫•贝索★斯没有。', title="「红猫」计划")
    cleaned = clean_article(article)
    names = ("谢尔盖·布林", "民爆“十五五”规划", "阿斯顿·马丁", "杰夫·贝索斯", "“红猫”计划", "京东")
    assert all(name in cleaned.text for name in names[:-1])
    entities = [NamedEntity(name, "Person", (name,), 1) for name in names]
    said = assemble(cleaned, article.info(), entities, (), load_ontology(), min_confidence=0.0)
    # Where decoration stands within a name, it stays as cleaning left it.
    written = ["谢尔盖・布林", '民爆"十五五"规划', "阿斯顿·马丁", "杰夫·贝索斯", "「红猫」计划", "京东"]
    assert [e.name for e in said.entities] == written
    assert [e.aliases for e in said.entities] == [(name,) for name in written]
