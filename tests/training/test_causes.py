"""Every error is laid to one cause, and all of them together are what the scorer counts."""

import pytest

from training.causes import Cause, find_causes, make_lines
from training.matching import judge

TEXT = "星河集团收购了远帆科技。林北是星河集团总裁。远帆科技与海川地图合作。"


def article(relations, **names):
    types = {"总裁": "Role", "林北": "Person"}
    entities = ["星河集团", "远帆科技", "海川地图", "林北", "总裁"]
    return {
        "id": "a", "kind": "written", "title": "", "text": TEXT, "relations": [
            {"head": head, "relation": relation, "tail": tail, "status": "actual"} for head, relation, tail in relations
        ],
        "entities": [{"name": n, "type": types.get(n, "Company"), "names": [n, *names.get(n, [])]} for n in entities],
    }  # fmt: skip


def end(name, kind="Company", aliases=()):
    return {"name": name, "type": kind, "aliases": list(aliases)}


def said(head, relation, tail):
    return {"doc": "a", "head": head, "relation": relation, "tail": tail, "confidence": 0.9, "status": "actual"}


def found(*ends):
    return [{"doc": "a", "entity": e} for e in ends]


STAR, SAIL, MAP = end("星河集团"), end("远帆科技"), end("海川地图")
ACQUISITION = ("星河集团", "ACQUIRES", "远帆科技")


@pytest.mark.parametrize(
    ("triple", "entities", "statements", "missed", "false"),
    [
        (ACQUISITION, [STAR], [], Cause.MENTION, None),
        (ACQUISITION, [STAR, end("远帆科")], [said(STAR, "ACQUIRES", end("远帆科"))], Cause.SHORT, Cause.SHORT),
        (ACQUISITION, [STAR, end("了远帆科技")], [said(STAR, "ACQUIRES", end("了远帆科技"))], Cause.LONG, Cause.LONG),
        (ACQUISITION, [end("海川地图", aliases=["远帆科技"]), STAR], [], Cause.MERGED, None),
        (ACQUISITION, [STAR, end("远帆科技", "Role")], [], Cause.TYPE, None),
        (ACQUISITION, [STAR, SAIL], [said(SAIL, "ACQUIRES", STAR)], Cause.DIRECTION, Cause.DIRECTION),
        (ACQUISITION, [STAR, SAIL], [said(STAR, "INVESTS_IN", SAIL)], Cause.RELATION, Cause.RELATION),
        (ACQUISITION, [STAR, SAIL], [], Cause.PAIR, None),
        (("星河集团", "PARTNERS_WITH", "海川地图"), [STAR, MAP], [], Cause.FAR, None),
        (None, [STAR, SAIL], [said(STAR, "ACQUIRES", SAIL)], None, Cause.PAIR),
        (None, [STAR, MAP], [said(STAR, "ACQUIRES", MAP)], None, Cause.FAR),
        (None, [STAR, end("某公司")], [said(STAR, "ACQUIRES", end("某公司"))], None, Cause.MENTION),
    ],
)  # fmt: skip
def test_an_error_has_the_first_cause_that_applies(triple, entities, statements, missed, false):
    causes = find_causes([article([triple] if triple else [])], [*found(*entities), *statements])
    assert list(causes.missed["written"].elements()) == ([missed] if missed else [])
    assert list(causes.false["written"].elements()) == ([false] if false else [])


def test_one_triple_under_two_names_of_an_entity_is_once_right():
    annotated = article([ACQUISITION], 星河集团=["星河"])
    rows = [*found(STAR, SAIL), said(STAR, "ACQUIRES", SAIL), said(end("星河"), "ACQUIRES", SAIL)]
    causes = find_causes([annotated], rows)
    assert causes.right == {"written": 1}
    assert not causes.missed["written"]
    assert causes.false["written"] == {Cause.SPLIT: 1}


def test_a_second_relation_of_two_that_are_related_is_beside_the_first():
    rows = [*found(STAR, SAIL), said(STAR, "ACQUIRES", SAIL), said(STAR, "INVESTS_IN", SAIL)]
    assert find_causes([article([ACQUISITION])], rows).false["written"] == {Cause.BESIDE: 1}


def test_a_name_that_the_text_does_not_have_is_the_annotations_own():
    annotated = article([("星河集团", "OWNS", "不在文中")])
    annotated["entities"].append({"name": "不在文中", "type": "Company", "names": []})
    assert find_causes([annotated], found(STAR)).missed["written"] == {Cause.NAME_ABSENT: 1}


def test_no_error_is_lost_or_counted_twice(articles):
    first = articles[0]
    ends = [end(e["name"], e["type"]) for e in first["entities"]]
    rows = [{**row, "doc": first["id"]} for row in (*found(*ends), said(ends[0], "COMPETES_WITH", ends[1]))]
    causes = find_causes(articles, rows)
    judged, wanted = judge(articles, rows)
    assert causes.missed["written"].total() + causes.right["written"] == wanted["written"]
    assert causes.false["written"].total() + causes.right["written"] == len(judged)


def test_the_table_sums_up_each_kind_and_all():
    lines = make_lines(find_causes([article([ACQUISITION])], found(STAR, SAIL)), ("written", "dated"))
    assert lines[1].split()[:3] == ["1", "0", "1"]
    assert lines[2].split() == ["1", "0", "1", "together"]
