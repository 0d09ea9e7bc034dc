"""Pairs that may be related or the same: what the ontology allows, how near they stand, what their names share."""

import numpy as np
import pytest

from kg.extract.linking import (
    ALIAS_FEATURES,
    DISTANCES,
    RELATIONS,
    alias_pairs,
    allowed_relations,
    are_apart,
    pair_up,
)
from kg.extract.tagging import TYPES

PLATFORM, COMPANY, PERSON, ROLE, PLACE = (
    TYPES.index(name) for name in ("Platform", "Company", "Person", "Role", "Place")
)


def test_the_table_of_what_may_stand_is_the_ontology():
    allowed = allowed_relations()
    assert allowed[PERSON, ROLE, RELATIONS.index("HOLDS_POSITION")]
    assert not allowed[ROLE, PERSON, RELATIONS.index("HOLDS_POSITION")]
    assert not allowed[PLACE, PLACE].any()


def test_pairs_are_those_of_different_entities_between_which_something_may_stand():
    types = np.array([PLATFORM, COMPANY, PLACE])
    heads, tails, _ = pair_up(types, np.array([[0, 1], [4, 6], [9, 10]]), np.array([0, 1, 2]))
    assert set(zip(heads.tolist(), tails.tolist(), strict=True)) == {(0, 1), (1, 0), (0, 2), (1, 2)}


def test_the_distance_is_that_of_the_nearest_mentions_and_tells_which_stands_first():
    types = np.array([PLATFORM, COMPANY])
    spans, nodes = np.array([[0, 1], [90, 92], [93, 94]]), np.array([0, 1, 0])
    heads, tails, distances = pair_up(types, spans, nodes)
    by_pair = {(h, t): d for h, t, d in zip(heads.tolist(), tails.tolist(), distances.tolist(), strict=True)}
    assert by_pair[0, 1] // 2 == by_pair[1, 0] // 2 == 1  # one piece apart
    assert by_pair[0, 1] % 2 != by_pair[1, 0] % 2
    assert max(distances) < DISTANCES


def test_far_pairs_share_the_last_bucket():
    types = np.array([PLATFORM, COMPANY])
    _, _, distances = pair_up(types, np.array([[0, 1], [100_000, 100_001]]), np.array([0, 1]))
    assert set(distances.tolist()) == {DISTANCES - 2, DISTANCES - 1}


def test_one_entity_or_none_has_no_pairs():
    for count in (0, 1):
        heads, _, _ = pair_up(np.zeros(count, dtype=np.int64), np.zeros((count, 2), dtype=np.int64), np.arange(count))
        assert len(heads) == 0


def test_names_may_be_one_entity_where_they_share_letters_or_stand_beside_each_other():
    text = "阿里巴巴（09988.HK）与京东合作，阿里未回应。"
    names = ["阿里巴巴", "09988.HK", "京东", "阿里"]
    mentions = [(text.index(name), text.index(name) + len(name), number) for number, name in enumerate(names)]
    mentions[3] = (text.rindex("阿里"), text.rindex("阿里") + 2, 3)
    pairs, features = alias_pairs(text, names, [COMPANY] * 4, mentions)
    found = {tuple(pair) for pair in pairs.tolist()}
    assert (0, 1) in found  # in brackets
    assert (0, 3) in found  # shared letters
    assert (2, 0) not in found
    assert (0, 2) not in found
    assert features.shape == (len(pairs), ALIAS_FEATURES)
    bracket = features[[tuple(p) for p in pairs.tolist()].index((0, 1))]
    assert bracket[6] == 1.0


def test_names_of_other_kinds_are_never_one_entity():
    pairs, features = alias_pairs("京东京东", ["京东", "京东人"], [PLATFORM, PERSON], [(0, 2, 0), (2, 4, 1)])
    assert pairs.shape == (0, 2)
    assert features.shape == (0, ALIAS_FEATURES)


@pytest.mark.parametrize(
    ("one", "other"), [("荣盛石化", "荣盛控股"), ("宝钢股份", "宝钢集团"), ("Nova Cloud", "nova pay")]
)
def test_names_that_share_letters_and_shorten_neither_are_two_entities(one, other):
    assert are_apart(one, other)
    assert are_apart(other, one)


@pytest.mark.parametrize(
    ("one", "other"), [("工商银行", "工行"), ("哔哩哔哩", "B站"), ("NOVA Cloud", "nova"), ("京东", "京东")]
)
def test_a_shorter_form_and_a_name_of_other_letters_may_be_the_same(one, other):
    assert not are_apart(one, other)
