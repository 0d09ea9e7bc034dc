"""What a program said beside what is annotated: counted as the scorer counts, and every error laid to one cause."""

import json
import subprocess
import sys

import pytest

from training.matching import NOT_IN_TEXT, find_confusions, judge, mean_score, time_by_kind, time_score


def statement(article, head, relation, tail, confidence=0.9, time=None):
    ends = {
        "head": {"name": head, "type": "Company", "aliases": []},
        "tail": {"name": tail, "type": "Company", "aliases": []},
    }
    evidence = {"start": 0, "end": 1, "text": article["text"][:1]}
    return {
        "doc": article["id"],
        "relation": relation,
        **ends,
        "status": "actual",
        "time": time,
        "evidence": evidence,
        "confidence": confidence,
    }


def entity(article, name, kind="Company"):
    return {"doc": article["id"], "entity": {"name": name, "type": kind, "aliases": []}}


@pytest.fixture
def rows(articles):
    """Right, right under another name and the other way round, said twice, missed, confused, exchanged, needless."""
    first, second, third, fourth, _, sixth, seventh, _ = articles
    return [
        *(
            entity(article, e["name"], e["type"])
            for article in articles
            for e in article["entities"]
            if e["name"] != "行长"
        ),
        statement(first, "蓝桥支付", "PARTNERS_WITH", "青禾网", 0.8, "2024-03-05"),
        statement(second, "云帆", "OWNS", "小帆助手", 0.7, "2022"),
        statement(second, "云帆科技", "OWNS", "小帆助手", 0.6, "2023"),
        statement(third, "百味集团", "HOLDS_STAKE_IN", "鲜锋超市", 0.6),
        statement(fourth, "海川地图", "CONNECTS_TO", "天枢平台", 0.5),
        statement(sixth, "飞鸟出行", "OWNS", "小鹿单车", 0.4),
        statement(sixth, "飞鸟出行", "COMPETES_WITH", "小鹿单车", 0.9),
        statement(seventh, "周岚", "WORKS_FOR", "不在文中", 0.3),
        statement(seventh, "金穗银行", "PARTNERS_WITH", "东湖证券", 0.3),
    ]


def test_each_triple_is_right_once(articles, rows):
    judged, wanted = judge(articles, rows)
    assert wanted == {"written": 15}
    assert sorted((j.relation, j.score) for j in judged if j.right) == [
        ("COMPETES_WITH", 0.9), ("OWNS", 0.7), ("PARTNERS_WITH", 0.8),
    ]  # fmt: skip
    assert sum(not j.right for j in judged) == 6


def test_it_counts_as_the_scorer_does(articles, rows, shared, tmp_path):
    for name, lines in (("gold", articles), ("rows", rows)):
        (tmp_path / name).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    command = [sys.executable, shared / "gold" / "score.py", tmp_path / "gold", tmp_path / "rows", "--json"]
    scored = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    judged, wanted = judge(articles, rows)
    assert mean_score(judged, wanted, 0.0) == pytest.approx(scored["triples"]["f1"])


def test_every_error_has_one_cause(articles, rows):
    causes = find_confusions(articles, rows)
    assert causes["missed ACQUIRES: taken for HOLDS_STAKE_IN"] == 1
    assert causes["missed CONNECTS_TO: head and tail exchanged"] == 1
    assert causes["missed HOLDS_POSITION: the Role is not found, or under another name"] == 1
    assert causes["needless OWNS: beside another relation of the two"] == 1
    assert causes["needless WORKS_FOR: an end is not annotated, or not under this name"] == 1
    assert causes["needless PARTNERS_WITH: the two are not related"] == 1
    missed = sum(count for cause, count in causes.items() if cause.startswith("missed"))
    assert missed == 15 - 3
    assert not any("HOLDS_STAKE_IN" in cause and cause.startswith("needless") for cause in causes), (
        "counted as the confusion"
    )


def test_each_kind_of_text_counts_the_same(articles, rows):
    judged, _ = judge(articles, rows)
    assert mean_score(judged, {"written": 15, "dated": 10}, 0.0) == pytest.approx(
        mean_score(judged, {"written": 15}, 0.0) / 2
    )
    assert mean_score([], {}, 0.5) == 0


def test_times_count_on_right_triples_alone(articles, rows):
    # right: 2024-03-05. Of 云帆, 2022 is wrong and 2023 right; nothing else that has a time is right.
    assert time_score(articles, rows) == pytest.approx(2 * 2 / (2 + 3))
    assert time_score([{**a, "kind": "sentences"} for a in articles], rows) == 0


def test_times_by_kind_add_up_to_the_times_of_right_triples(articles, rows):
    kinds = time_by_kind(articles, rows)
    assert [sum(column) for column in zip(*kinds.values(), strict=True)] == [2, 3, 2]
    assert kinds["day"][2] >= 1
    assert NOT_IN_TEXT not in time_by_kind([{**a, "relations": []} for a in articles], rows)
