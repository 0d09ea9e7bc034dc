"""Renamed copies say the same of other names, at offsets that are right."""

import random

from training.annotated import Document
from training.augment import collect_names, rename, replace_names

NAMES = {"Company": ["天工精密", "白露食品", "Delta Foods"], "Platform": ["灯塔社区"], "Person": ["秦望"]}


def renamed(document, seed=0, share=1.0):
    return rename(document, NAMES, random.Random(seed), share=share)


def test_mentions_sentences_and_times_stand_where_they_stood(documents):
    for document in documents:
        for seed in range(5):
            copy = renamed(document, seed)
            assert all(copy.text[s:e] == form for s, e, _, form in copy.mentions)
            assert [copy.text[s:e] for s, e, _ in copy.times] == [document.text[s:e] for s, e, _ in document.times]
            assert len(copy.sentences) == len(document.sentences)
            assert [copy.text[e - 1] for _, e in copy.sentences] == [
                document.text[e - 1] for _, e in document.sentences
            ]
            assert copy.relations == document.relations


def test_an_entity_has_its_new_name_everywhere(documents):
    document = documents[2]  # 百味集团 three times, 鲜锋 with two forms
    copy = renamed(document)
    assert "百味集团" not in copy.text
    assert len({form for _, _, number, form in copy.mentions if number == 0}) == 1
    assert {form for _, _, number, form in copy.mentions if number == 1} == {"鲜锋", "鲜锋超市"}


def test_names_of_which_another_has_a_part_stay():
    document = Document(
        "x",
        "written",
        "苏宁与苏宁易购",
        [(0, 7)],
        types=["Company", "Platform"],
        mentions=[(0, 2, 0, "苏宁"), (3, 7, 1, "苏宁易购")],
    )
    assert renamed(document).mentions[0][3] == "苏宁"


def test_latin_names_are_replaced_by_latin_ones(documents):
    assert "Delta Foods" in {form for _, _, _, form in renamed(documents[3]).mentions}


def test_two_entities_never_get_one_name():
    text = "甲甲、乙乙、丙丙、丁丁"
    mentions = [(at, at + 2, number, text[at : at + 2]) for number, at in enumerate((0, 3, 6, 9))]
    document = Document("x", "written", text, [(0, len(text))], types=["Company"] * 4, mentions=mentions)
    for seed in range(20):
        assert len({form for _, _, _, form in renamed(document, seed).mentions}) == 4


def test_nothing_is_renamed_where_nothing_shall_be(documents):
    assert renamed(documents[0], share=0.0) is documents[0]


def test_a_time_inside_a_name_goes_with_it():
    text = "2015科技成立"
    document = Document("x", "written", text, [(0, 8)], [(0, 4, "2015")], ["Company"], [(0, 6, 0, "2015科技")])
    copy = replace_names(document, {0: "天工"})
    assert copy.text == "天工成立"
    assert copy.times[0][0] == copy.times[0][1]


def test_names_are_collected_by_type_each_once(documents):
    names = collect_names(documents, ["天工精密", "百味集团"], ["秦望"])
    assert names["Company"].count("百味集团") == 1
    assert "天工精密" in names["Company"]
    assert names["Person"] == sorted({"秦望", "林北", "赵一鸣", "周岚"})
    assert "Place" not in names
