from kg.load.properties import find_organisations
from kg.model import ArticleInfo, Evidence, Extraction, NamedEntity, Statement
from kg.ontology import load_ontology
from kg.resolve import resolve

PERSON, ROLE = NamedEntity("杨若", "Person"), NamedEntity("首席财务官", "Role")
OLD, NEW = NamedEntity("花旗", "Company"), NamedEntity("小红书", "Platform")
PASSAGE = "小红书首席财务官杨若今年3月离开花旗加入公司"


def organisations(*statements: tuple[NamedEntity, str, NamedEntity, str]) -> list[str]:
    said = tuple(
        Statement("a", head, relation, tail, status, None, Evidence(0, len(PASSAGE), PASSAGE), 0.9)
        for head, relation, tail, status in statements
    )
    resolution = resolve([Extraction(ArticleInfo("a"), (), said)], load_ontology())
    return list(find_organisations(resolution).values())


def test_a_title_is_held_where_the_same_passage_employs_the_person() -> None:
    assert organisations((PERSON, "HOLDS_POSITION", ROLE, "actual"), (PERSON, "WORKS_FOR", NEW, "actual")) == ["小红书"]


def test_a_title_is_not_held_where_the_person_has_left() -> None:
    assert organisations(
        (PERSON, "HOLDS_POSITION", ROLE, "actual"),
        (PERSON, "WORKS_FOR", NEW, "actual"),
        (PERSON, "WORKS_FOR", OLD, "ended"),
    ) == ["小红书"]


def test_a_title_given_up_was_held_where_the_person_left() -> None:
    assert organisations((PERSON, "HOLDS_POSITION", ROLE, "ended"), (PERSON, "WORKS_FOR", OLD, "ended")) == ["花旗"]
