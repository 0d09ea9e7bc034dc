"""Mentions of one article as its entities: one number for one thing, the name that the article uses."""

from kg.extract.entities import add_usual_names, group_mentions, mentioned_aliases
from kg.extract.gazetteer import Gazetteer, KnownName
from kg.extract.mentions import resolve_overlaps
from kg.model import Mention, NamedEntity
from kg.ontology import load_ontology

KNOWN = Gazetteer({"哔哩哔哩": KnownName("哔哩哔哩", "Platform"), "B站": KnownName("哔哩哔哩", "Platform")})


def mentions(text: str, **kinds: str) -> list[Mention]:
    found = [
        Mention(start, start + len(name), name, kind)
        for name, kind in kinds.items()
        for start in range(len(text))
        if text.startswith(name, start)
    ]
    return resolve_overlaps(found)


def entities(text: str, **kinds: str) -> list[tuple[str, str, tuple[str, ...], int]]:
    local = group_mentions(text, mentions(text, **kinds), KNOWN, load_ontology())
    assert [p.entity for p in local.parties] == sorted(p.entity for p in local.parties) or len(local.entities) > 1
    return [(e.name, e.type, e.aliases, e.count) for e in local.entities]


def test_forms_of_a_known_name_are_one_entity_under_the_form_used_most() -> None:
    assert entities("B站更新。哔哩哔哩表示，B站不急。", 哔哩哔哩="Platform", B站="Platform") == [
        ("B站", "Platform", ("哔哩哔哩",), 3)
    ]


def test_a_bracket_ties_a_short_name_to_the_full_one() -> None:
    text = "行吟信息科技有限公司（下称“行吟信息”）完成融资。行吟信息表示，行吟信息不急。"
    assert entities(text, 行吟信息科技有限公司="Company", 行吟信息="Company")[0] == (
        "行吟信息",
        "Company",
        ("行吟信息科技有限公司",),
        4,
    )


def test_an_alias_that_no_finder_saw_gets_the_type_of_what_it_names() -> None:
    text = "栖木科技（简称“栖木”）签约。"
    (alias,) = mentioned_aliases(text, mentions(text, 栖木科技="Company"))
    assert (alias.text, alias.type) == ("栖木", "Company")


def test_one_name_of_two_coarse_types_is_two_entities_and_of_one_is_voted_on() -> None:
    text = "云岚开店。云岚说。"
    first, second, third = (
        Mention(0, 2, "云岚", "Brand"),
        Mention(5, 7, "云岚", "Person"),
        Mention(5, 7, "云岚", "Company"),
    )
    assert len(group_mentions(text, [first, second], KNOWN, load_ontology()).entities) == 2
    assert len(group_mentions(text, [first, third], KNOWN, load_ontology()).entities) == 1


def test_no_mentions_give_no_entities() -> None:
    local = group_mentions("", [], KNOWN, load_ontology())
    assert (local.entities, local.parties) == ((), ())


def named(name: str, kind: str, *aliases: str) -> NamedEntity:
    return NamedEntity(name, kind, aliases, 1)


def test_the_usual_name_of_a_known_form_is_an_alias_and_the_name_stays_as_the_article_has_it() -> None:
    given = [named("B站", "Platform"), named("哔哩哔哩", "Product"), named("云岚", "Company")]
    assert add_usual_names(given, KNOWN, load_ontology()) == (
        named("B站", "Platform", "哔哩哔哩"),
        named("哔哩哔哩", "Product"),
        named("云岚", "Company"),
    )


def test_no_usual_name_is_given_to_a_namesake_of_another_kind() -> None:
    given = (named("B站", "Place"),)
    assert add_usual_names(given, KNOWN, load_ontology()) == given


def test_no_usual_name_is_given_where_two_things_of_the_article_would_have_it() -> None:
    for other in (named("哔哩哔哩", "Company"), named("小破站", "Company", "B站")):
        given = (named("B站", "Platform"), other)
        assert add_usual_names(given, KNOWN, load_ontology()) == given


def test_no_usual_name_is_given_where_the_forms_of_one_thing_have_several() -> None:
    known = Gazetteer({"甲厂": KnownName("甲方", "Company"), "乙厂": KnownName("乙方", "Company")})
    given = (named("甲厂", "Company", "乙厂"),)
    assert add_usual_names(given, known, load_ontology()) == given
