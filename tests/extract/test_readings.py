"""A model's reading in the pipeline: its entities, the user's corrections of them, its statements as findings."""

from types import MappingProxyType

import pytest

from kg.extract.gazetteer import Gazetteer, KnownName
from kg.extract.readings import entities_of, findings_of, mentions_of
from kg.extract.time import find_times
from kg.extract.trained import ReadEntity, Reading, ReadStatement
from kg.model import Span
from kg.ontology import load_ontology

TEXT = "2025年5月，京东与顺丰合作。京东集团表示欢迎。"
ENTITIES = (
    ReadEntity("Platform", ("京东", "京东集团"), ((8, 10), (16, 20)), 0.9),
    ReadEntity("Company", ("顺丰",), ((11, 13),), 0.8),
)
SAID = ReadStatement(0, "PARTNERS_WITH", 1, 0.7, "actual", 0.99, (0,), (0,))
READING = Reading(ENTITIES, (SAID,))


def users(**forms):
    return Gazetteer(MappingProxyType({form: KnownName(name, kind) for form, (name, kind) in forms.items()}))


def test_mentions_stand_in_order_with_the_type_of_their_entity():
    assert [(m.text, m.type) for m in mentions_of(TEXT, READING)] == [
        ("京东", "Platform"),
        ("顺丰", "Company"),
        ("京东集团", "Platform"),
    ]


def test_entities_keep_their_numbers_so_that_statements_find_them():
    local = entities_of(TEXT, READING, None, load_ontology())
    assert [(e.name, e.type, e.aliases, e.count) for e in local.entities] == [
        ("京东", "Platform", ("京东集团",), 2),
        ("顺丰", "Company", (), 1),
    ]
    assert [party.entity for party in local.parties] == [0, 1, 0]


def test_the_users_gazetteer_tells_the_type_of_what_was_read():
    local = entities_of(TEXT, READING, users(顺丰=("顺丰", "Brand")), load_ontology())
    assert local.entities[1].type == "Brand"
    assert len(local.entities) == 2


def test_the_users_gazetteer_adds_what_was_not_read():
    local = entities_of(TEXT, READING, users(欢迎=("欢迎", "Program")), load_ontology())
    assert [(e.name, e.type) for e in local.entities[2:]] == [("欢迎", "Program")]


def test_a_longer_form_of_the_users_takes_the_place_of_what_it_covers():
    local = entities_of(TEXT, READING, users(京东与顺丰=("京东与顺丰", "Company")), load_ontology())
    assert [TEXT[p.start : p.end] for p in local.parties] == ["京东与顺丰", "京东集团"]
    assert local.entities[1].name == "顺丰"  # statements about it still have an end


def test_findings_have_the_words_of_the_text():
    sentences = [Span(0, 15), Span(15, 25)]
    (finding,) = findings_of(READING, sentences, find_times(TEXT, anchor="2025-06-01"))
    assert (finding.head, finding.relation, finding.tail, finding.status) == (0, "PARTNERS_WITH", 1, "actual")
    assert finding.time == "2025-05"
    assert finding.evidence == sentences[0]
    assert finding.confidence == pytest.approx(0.7)
    assert finding.pattern is None


def test_a_statement_whose_time_nothing_places_has_none():
    said = ReadStatement(0, "PARTNERS_WITH", 1, 0.7, "actual", 0.99, (0,), (1,))
    (finding,) = findings_of(Reading(ENTITIES, (said,)), [Span(0, 15)], find_times(TEXT, anchor="2025-06-01"))
    assert finding.time is None


def test_a_reading_of_nothing_is_nothing():
    empty = Reading((), ())
    assert mentions_of("", empty) == []
    assert entities_of("", empty, None, load_ontology()).entities == ()
    assert findings_of(empty, [], []) == []
