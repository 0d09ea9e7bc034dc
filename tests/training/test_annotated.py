"""Annotated articles as documents: offsets are of the clean text that the extractor reads, and repeated texts stay together."""

import pytest

from training.annotated import (
    Document,
    choose_development,
    document,
    group_repeated,
    kind_of,
    leave_out,
    read_documents,
    write_documents,
)

LONG = "远山资本宣布，将于六月向云帆科技投资两亿元，用于建设华东数据中心和招聘工程师。"


def forms(found):
    return {form for _, _, _, form in found.mentions}


def test_every_mention_is_the_text_at_its_offsets(documents):
    for found in documents:
        assert all(found.text[start:end] == form for start, end, _, form in found.mentions)
    assert sum(len(found.mentions) for found in documents) > 30


def test_evidence_is_the_sentence_that_says_it_and_time_the_expression_that_gives_it(documents):
    first = documents[0]
    (partners, works) = first.relations
    start, end = first.sentences[partners.sentences[0]]
    assert "签署战略合作协议" in first.text[start:end]
    assert [first.times[number][2] for number in partners.times] == ["2024-03-05"]
    assert works.times == []


def test_a_time_that_no_expression_gives_is_unknown_rather_than_none():
    row = {
        "id": "x", "date": "2024-01-02", "text": "甲公司收购乙公司。", "title": "",
        "entities": [{"name": n, "type": "Company", "names": [n]} for n in ("甲公司", "乙公司")],
        "relations": [{"head": "甲公司", "relation": "ACQUIRES", "tail": "乙公司", "status": "actual", "time": "2019", "evidence": "甲公司收购乙公司。"}],
    }  # fmt: skip
    assert document(row, "dated").relations[0].times is None


def test_names_are_found_though_the_clean_text_has_lost_a_blank_or_has_one_more():
    row = {
        "id": "x", "date": "2024-01-02", "title": "", "text": "Nova　Cloud 与 蓝 桥 支付合作。",
        "entities": [
            {"name": "Nova Cloud", "type": "Company", "names": ["Nova　Cloud"]},
            {"name": "蓝桥支付", "type": "Platform", "names": ["蓝 桥 支付"]},
        ],
        "relations": [],
    }  # fmt: skip
    found = document(row, "written")
    assert {form.replace(" ", "") for form in forms(found)} == {"NovaCloud", "蓝桥支付"}


def test_an_article_without_anything_is_a_document_without_anything():
    found = document(
        {"id": "x", "date": "2024-01-02", "title": "", "text": "", "entities": [], "relations": []}, "flashes"
    )
    assert (found.text, found.mentions, found.relations, found.sentences) == ("", [], [], [])


def test_documents_are_the_same_after_writing_and_reading(documents, tmp_path):
    write_documents(documents, tmp_path / "d.jsonl")
    assert read_documents(tmp_path / "d.jsonl") == documents
    assert isinstance(documents[0], Document)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("real-train.jsonl", "sentences"), ("real-b2.jsonl", "paragraphs"), ("real-d1.jsonl", "dated"), ("real-n.jsonl", "flashes"), ("a.jsonl", "written")],
)  # fmt: skip
def test_the_kind_of_text_is_told_by_the_name_of_the_file(name, kind, tmp_path):
    assert kind_of(tmp_path / name) == kind


def test_reprints_are_one_group_also_over_a_third_text():
    other = "金穗银行任命周岚为行长，她此前在东湖证券任职，任命自七月六日起生效，董事会一致通过。"
    groups = group_repeated([LONG, other, LONG[:30] + other[:30], "今天气温下降。"])
    assert groups[0] == groups[1] == groups[2] != groups[3]
    separate = group_repeated([LONG, other])
    assert separate[0] != separate[1]


def test_the_development_split_takes_reprints_together_or_not_at_all():
    texts = [LONG.replace("两", number) for number in "一二三四五六七八九"] + [
        "".join(chr(0x4E00 + n * 40 + i) for i in range(30)) for n in range(60)
    ]
    rows = [("written", {"id": f"w{n}", "text": text}) for n, text in enumerate(texts)]
    chosen = set(choose_development(rows))
    reprints = {f"w{n}" for n in range(9)}
    assert len(chosen) == 40
    assert chosen & reprints in (set(), reprints)


def test_what_repeats_a_text_kept_apart_is_left_out_even_inside_a_longer_one():
    longer = "编者按：" + LONG + "另外还有一条。"
    assert list(leave_out([LONG, longer, "今天气温下降，市民出门请添衣，注意保暖。", ""], [LONG])) == [
        "今天气温下降，市民出门请添衣，注意保暖。",
        "",
    ]
