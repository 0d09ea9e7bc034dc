"""Sentences as patterns see them: lists, pairs, subjects left out, references."""

import pytest

from kg.extract.nlp import Extractor
from kg.extract.patterns import block_of
from kg.extract.relations import EncodedSentence, Party, encode_sentence, read_sentence, skip_dateline
from kg.extract.sentences import split_sentences
from kg.model import Article, Span, Statement
from kg.ontology import load_ontology

ONTOLOGY = load_ontology()


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor()


def statements(extractor: Extractor, text: str, date: str | None = "2024-06-15") -> tuple[Statement, ...]:
    return next(extractor.extract([Article("a", text, date=date)])).statements


def triples(extractor: Extractor, text: str) -> set[tuple[str, str, str]]:
    return {(s.head.name, s.relation, s.tail.name) for s in statements(extractor, text)}


def encode(text: str, *names: str, pair_lists: bool = False) -> EncodedSentence:
    parties = []
    for number, name in enumerate(names):
        start = text.index(name)
        parties.append((Party(number, "Platform", start, start + len(name)),))
    (sentence,) = split_sentences(text)
    return encode_sentence(text, sentence, parties, ONTOLOGY, pair_lists=pair_lists)


def shown(encoded: EncodedSentence) -> str:
    """The encoded text with each group as [numbers of its entities]."""
    return "".join(
        f"[{' '.join(str(p.entity) for p in encoded.groups[c])}]" if c in encoded.groups else c for c in encoded.text
    )


def test_a_list_with_commas_is_one_group_and_a_pair_is_two() -> None:
    assert shown(encode("京东、淘宝和天猫来了", "京东", "淘宝", "天猫")) == "[0 1 2]来了"
    assert shown(encode("京东和淘宝来了", "京东", "淘宝")) == "[0]和[1]来了"
    assert shown(encode("京东和淘宝来了", "京东", "淘宝", pair_lists=True)) == "[0 1]来了"


def test_a_clause_without_subject_takes_that_of_the_clause_before() -> None:
    assert shown(encode("京东接入淘宝，推出新版", "京东", "淘宝")) == "[0]接入[1]，[0]推出新版"


def test_what_follows_a_joint_act_is_said_of_both() -> None:
    assert shown(encode("京东正式与淘宝合作，推出新版", "京东", "淘宝")) == "[0]正式与[1]合作，[0 1]推出新版"


def test_offsets_of_an_encoded_sentence_lead_back_to_the_text() -> None:
    text = "昨天京东与淘宝合作，上线新版。"
    encoded = encode(text, "京东", "淘宝")
    assert len(encoded.text) == len(encoded.starts) == len(encoded.ends)
    for character, start, end in zip(encoded.text, encoded.starts, encoded.ends, strict=True):
        if character not in encoded.groups:
            assert text[start:end] == character


def test_private_use_characters_of_the_text_are_no_mentions() -> None:
    intruder = chr(block_of("Platform", ONTOLOGY).start)
    encoded = encode(f"京东{intruder}淘宝", "京东", "淘宝")
    assert encoded.text[1] == "\ufffd"


def test_dates_do_not_stand_between_a_subject_and_its_verb() -> None:
    text = "京东将于2024年7月1日接入淘宝"
    (sentence,) = split_sentences(text)
    parties = [(Party(0, "Platform", 0, 2),), (Party(1, "Platform", 15, 17),)]
    (reading,) = read_sentence(text, sentence, parties, ONTOLOGY, skipped=[Span(4, 13)])
    assert shown(reading) == "[0]将于接入[1]"


def test_more_mentions_than_a_block_has_do_no_harm() -> None:
    count = 600
    text = "，".join(f"甲{number:03d}" for number in range(count))
    parties = [(Party(n, "Platform", n * 5, n * 5 + 4),) for n in range(count)]
    sentence = Span(0, len(text))
    encoded = encode_sentence(text, sentence, parties, ONTOLOGY, pair_lists=False)
    assert len(encoded.groups) == len(block_of("Platform", ONTOLOGY))


def test_every_member_of_a_list_gets_the_statement(extractor: Extractor) -> None:
    assert triples(extractor, "小红书与拼多多、京东达成合作。") >= {
        ("小红书", "PARTNERS_WITH", "拼多多"),
        ("小红书", "PARTNERS_WITH", "京东"),
    }


def test_references_lead_to_what_they_stand_for(extractor: Extractor) -> None:
    assert ("小红书", "CONNECTS_TO", "微信支付") in triples(extractor, "小红书昨日更新。该平台已接入微信支付。")
    both = triples(extractor, "京东与顺丰高层见面。双方签署战略合作协议。")
    assert ("京东", "PARTNERS_WITH", "顺丰") in both or ("顺丰", "PARTNERS_WITH", "京东") in both


def test_a_symmetric_relation_is_stated_once(extractor: Extractor) -> None:
    found = [s for s in statements(extractor, "京东与顺丰合作。顺丰与京东合作。") if s.relation == "PARTNERS_WITH"]
    assert len(found) == 1


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("京东收购了德邦。", "actual"),
        ("京东拟收购德邦。", "planned"),
        ("有消息称，京东收购德邦已近尾声。", "rumored"),
        ("京东否认收购德邦。", "denied"),
    ],
)
def test_cue_words_tell_the_status(extractor: Extractor, text: str, status: str) -> None:
    (statement,) = [s for s in statements(extractor, text) if s.relation == "ACQUIRES"]
    assert statement.status == status


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2023年10月，京东收购德邦。", "2023-10"),
        ("京东去年收购德邦，今年又收购了跨越速运。", "2023"),
        ("京东收购德邦。", None),
    ],
)
def test_a_statement_has_the_time_of_its_own_clause(extractor: Extractor, text: str, time: str | None) -> None:
    (statement,) = [s for s in statements(extractor, text) if s.tail.name == "德邦" and s.relation == "ACQUIRES"]
    assert statement.time == time


@pytest.mark.parametrize(
    "text",
    [
        "小红书会接入京东吗？",
        "滴滴与美团会再次合作吗？",
        "美团是否收购叮咚买菜，尚无定论。",
        "假如腾讯收购滴滴，格局会变。",
        "如果京东入股德邦，顺丰会怎么办？",
        "分析师建议美团收购顺丰同城。",
    ],
)
def test_what_is_asked_supposed_or_advised_is_not_stated(extractor: Extractor, text: str) -> None:
    assert triples(extractor, text) == set()


@pytest.mark.parametrize(
    ("text", "head", "tail"),
    [
        ("阿里巴巴没有投资小鹏汽车。", "阿里巴巴", "小鹏汽车"),
        ("京东并未收购德邦。", "京东", "德邦"),
        ("京东不会接入微信支付。", "京东", "微信支付"),
        ("顺丰不是拼多多的供应商。", "顺丰", "拼多多"),
    ],
)
def test_plain_negation_denies(extractor: Extractor, text: str, head: str, tail: str) -> None:
    (statement,) = [s for s in statements(extractor, text) if (s.head.name, s.tail.name) == (head, tail)]
    assert statement.status == "denied"


def test_what_a_person_denies_is_not_the_persons_title(extractor: Extractor) -> None:
    found = {
        s.relation: s.status
        for s in statements(extractor, "名创优品创始人叶国富否认收购永辉超市。")
        if s.head.name == "叶国富"
    }
    assert {found[r] for r in ("FOUNDED", "HOLDS_POSITION", "WORKS_FOR")} == {"actual"}


def test_a_title_that_is_given_up_in_the_same_breath_has_ended(extractor: Extractor) -> None:
    found = statements(extractor, "前阿里巴巴CEO张勇已于2023年9月卸任。")
    assert {(s.relation, s.status, s.time) for s in found} == {
        ("HOLDS_POSITION", "ended", "2023-09"),
        ("WORKS_FOR", "ended", "2023-09"),
    }


def test_members_of_a_list_are_not_each_others_partners_or_links(extractor: Extractor) -> None:
    assert triples(extractor, "华为还将与长安汽车、广汽集团、东风汽车深化合作。") == {
        ("华为", "PARTNERS_WITH", "长安汽车"),
        ("华为", "PARTNERS_WITH", "广汽集团"),
        ("华为", "PARTNERS_WITH", "东风汽车"),
    }
    links = triples(extractor, "京东和拼多多在与小红书商谈，用户将可从笔记跳转到京东、拼多多。")
    assert not {t for t in links if {t[0], t[2]} == {"京东", "拼多多"}}


def test_only_the_first_of_two_partners_is_owned(extractor: Extractor) -> None:
    found = triples(extractor, "阿里妈妈旗下的淘宝联盟与小红书达成数据合作。")
    assert ("阿里妈妈", "OWNS", "淘宝联盟") in found
    assert ("阿里妈妈", "OWNS", "小红书") not in found


def test_a_round_is_that_of_the_party_named_with_it(extractor: Extractor) -> None:
    assert triples(extractor, "金沙江创投领投了小红书的A轮，真格基金跟投。") == {
        ("金沙江创投", "INVESTS_IN", "小红书"),
        ("真格基金", "INVESTS_IN", "小红书"),
    }


@pytest.mark.parametrize(
    "dateline",
    [
        "新华社北京5月20日电 ",
        "新华社北京5月20日电（记者 王明）",
        "【界面新闻5月20日讯】",
        "新华社2024年5月20日电 ",
        "新华社上海5月20日晚间电　",
    ],
)
def test_who_reports_in_a_dateline_is_no_party(extractor: Extractor, dateline: str) -> None:
    found = triples(extractor, f"{dateline}美团今日宣布，与携程达成合作。")
    assert found == {("美团", "PARTNERS_WITH", "携程")}


@pytest.mark.parametrize(
    "text", ["京东5月20日讯飞输入法达成合作", "京东5月20日电商合作", "京东5月20日与淘宝合作", "5月20日电 "]
)
def test_what_is_no_dateline_stays(text: str) -> None:
    assert skip_dateline(text, Span(0, len(text))) == Span(0, len(text))
