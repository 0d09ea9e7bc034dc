"""A hand's annotation as rows: what stands in the notation is what comes out, and what cannot be right is named, all of it."""

import json

import pytest

from training.notation import NotationError, main, read_block, sentences_of, show, split_blocks

TEXT = {
    "id": "n-1",
    "date": "2024-03-06",
    "title": "小红书牵手淘宝",
    "text": "小红书（RED）今日与淘宝签约。双方将互通。京东未评论。",
}
BLOCK = """\
@ n-1 2024-03-06
小红书 | RED : Platform
淘宝 : Platform
京东 : Platform

// a remark
> 小红书 | PARTNERS_WITH | 淘宝 |  | 2024-03-06 | 1
> 小红书 | CONNECTS_TO | 淘宝 | planned | | 1-2
> 小红书 | PARTNERS_WITH | 淘宝 | | | 0
"""


def read(block, texts=(TEXT,)):
    ((heading, lines),) = split_blocks(block.splitlines())
    return read_block(heading, lines, {text["id"]: text for text in texts})


def test_entities_statements_and_passages_are_read():
    row = read(BLOCK)
    assert row["entities"][0] == {"name": "小红书", "type": "Platform", "names": ["小红书", "RED"]}
    assert [(r["status"], r.get("time"), r["evidence"]) for r in row["relations"]] == [
        ("actual", "2024-03-06", "小红书（RED）今日与淘宝签约。"),
        ("planned", None, "小红书（RED）今日与淘宝签约。双方将互通。"),
        ("actual", None, "小红书牵手淘宝"),
    ]


def test_the_sentences_shown_are_those_counted():
    lines = show(TEXT).splitlines()
    assert lines[0] == "@ n-1 2024-03-06"
    assert lines[1] == "[0] 小红书牵手淘宝"
    assert lines[3] == "[2] 双方将互通。"
    assert len(lines) == 2 + len(sentences_of(TEXT["text"]))


def test_a_text_may_stand_in_the_notation_itself():
    row = read(
        "@ w-1 2024-01-02\n# 题\n甲公司收购乙公司。\n丙看着。\n--\n甲公司 : Company\n乙公司 : Company\n> 甲公司 | ACQUIRES | 乙公司 | | | 1\n",
        (),
    )
    assert (row["title"], row["text"], row["relations"][0]["evidence"]) == (
        "题",
        "甲公司收购乙公司。\n丙看着。",
        "甲公司收购乙公司。",
    )


def test_a_skipped_text_is_no_row_and_one_without_statements_is():
    assert read("@ n-1 skip") is None
    assert read("@ n-1")["relations"] == []
    assert read("@ n-1")["date"] == "2024-03-06"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("> 小红书 | LIKES | 淘宝 | | | 1", "no relation 'LIKES'"),
        ("> 小红书 | PARTNERS_WITH | 抖音 | | | 1", "'抖音' is no entity"),
        ("> RED | PARTNERS_WITH | 淘宝 | | | 1", "'RED' is no entity's first form"),
        ("> 小红书 | HOLDS_POSITION | 淘宝 | | | 1", "may not be Platform"),
        ("> 小红书 | PARTNERS_WITH | 小红书 | | | 1", "to itself"),
        ("> 小红书 | PARTNERS_WITH | 淘宝 | maybe | | 1", "no status 'maybe'"),
        ("> 小红书 | PARTNERS_WITH | 淘宝 | | 昨天 | 1", "time '昨天'"),
        ("> 小红书 | PARTNERS_WITH | 淘宝 | | | 9", "no sentences '9'"),
        ("> 小红书 | PARTNERS_WITH | 淘宝 | | | 2-1", "no sentences '2-1'"),
        ("> 小红书 | PARTNERS_WITH | 淘宝 | |", "fields"),
        ("> 小红书 | PARTNERS_WITH | 淘宝 | | 2024-03-06 | 2", "twice"),
        ("抖音 : Platform", "'抖音' is not in the text"),
        ("RED : Product", "belongs to two entities"),
        ("淘宝 : Shop", "is no entity"),
        ("淘宝", "is no entity"),
    ],
)
def test_what_cannot_be_right_is_named(line, said):
    with pytest.raises(NotationError, match=r"n-1: ") as caught:
        read(BLOCK + line)
    assert said in str(caught.value)


def test_all_faults_of_a_text_are_named_at_once():
    with pytest.raises(NotationError) as caught:
        read(BLOCK + "抖音 : Platform\n> 小红书 | LIKES | 淘宝 | | | 1\n")
    assert "抖音" in str(caught.value)
    assert "LIKES" in str(caught.value)


def test_a_text_that_is_nowhere_and_a_date_that_is_none():
    with pytest.raises(NotationError, match="no text of this id"):
        read("@ n-2 2024-01-01")
    with pytest.raises(NotationError, match="no YYYY-MM-DD"):
        read("@ n-1 gestern")


def test_good_texts_are_written_though_a_neighbour_is_faulty(tmp_path, capsys):
    texts, notes, out = tmp_path / "texts.jsonl", tmp_path / "a.ann", tmp_path / "out.jsonl"
    texts.write_text(json.dumps(TEXT, ensure_ascii=False) + "\n", encoding="utf-8")
    notes.write_text("a remark before all\n" + BLOCK + "@ n-7\n", encoding="utf-8")
    assert main(["read", str(notes), "--texts", str(texts), "-o", str(out)]) == 1
    (row,) = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert len(row["relations"]) == 3
    assert "n-7" in capsys.readouterr().err
