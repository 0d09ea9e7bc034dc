"""Names by their shape: what each finder takes, and what it must leave."""

import pytest

from kg.extract import names
from kg.extract.gazetteer import Gazetteer, KnownName
from kg.extract.lexicon import load_lexicon
from kg.extract.mentions import MentionFinder, NameIndex, resolve_overlaps
from kg.model import Mention

LEXICON = load_lexicon()
KNOWN = Gazetteer({name: KnownName(name, "Platform") for name in ("小红书", "淘宝", "淘宝天猫", "天猫", "UR", "京东")})


def found(text: str) -> set[tuple[str, str]]:
    return {(m.text, m.type) for m in MentionFinder(KNOWN, LEXICON).find(text)}


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("昨日，栖木科技有限公司签约。", "栖木科技有限公司", "Company"),
        ("行吟信息科技（上海）有限公司完成融资。", "行吟信息科技（上海）有限公司", "Company"),
        ("本轮由霁川资本领投。", "霁川资本", "Company"),
        ("美国霁川集团进入中国。", "霁川集团", "Company"),
        ("韩国公平交易委员会批准了它。", "韩国公平交易委员会", "Institution"),
        ("霁川股份（600123.SH）涨停。", "霁川股份", "Company"),
        ("栖木宣布，将在南京建厂。", "栖木", "Company"),
        ("公司推出“红猫计划”。", "红猫计划", "Program"),
        ("公司上线了“友好市集”。", "友好市集", "Product"),
        ("关停自营业务“小绿洲”和“福利社”。", "福利社", "Product"),
        ("新品牌“雾野”开店。", "雾野", "Brand"),
        ("CEO林知远表示，不会。", "林知远", "Person"),
        ("COO柯南曾表示，不会。", "柯南", "Person"),
        ("瞿芳说，不会。瞿芳笑了。", "瞿芳", "Person"),
        ("山姆·奥特曼来到东京。", "山姆·奥特曼", "Person"),
        ("小红书开放平台和电商负责人杰斯曾表示", "开放平台和电商负责人", "Role"),
    ],
)
def test_a_name_is_found_with_its_type(text: str, name: str, kind: str) -> None:
    assert (name, kind) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "该公司是上市公司，也是互联网公司。",
        "多家银行和一家集团不愿置评。",
        "“别扭”，他说，“没有下文了。”",
        "相关负责人表示，目前没有计划。",
        "我们公司和母公司都在法院旁边。",
        "",
        "\n\n",
        "。。。，，，",
    ],
)
def test_generic_words_are_no_names(text: str) -> None:
    assert {pair for pair in found(text) if pair[1] not in ("Role",)} == set()


def test_the_longest_known_name_wins_and_no_latin_word_is_cut() -> None:
    assert found("淘宝天猫和天猫") == {("淘宝天猫", "Platform"), ("天猫", "Platform")}
    assert ("UR", "Platform") not in found("EUROPE与PURE")
    assert ("UR", "Platform") in found("女装UR在京东开店")


def test_a_name_found_once_is_found_everywhere() -> None:
    text = "COO柯南曾表示要慢。后来柯南走了，柯南的团队还在。"
    assert [m.text for m in MentionFinder(KNOWN, LEXICON).find(text) if m.type == "Person"] == ["柯南"] * 3


def test_list_neighbours_of_a_known_name_are_of_its_kind() -> None:
    assert ("蕉岭", "Platform") in found("京东、蕉岭、淘宝等平台")


def test_brackets_give_other_names() -> None:
    text = "行吟信息科技有限公司（下称“行吟信息”），小红书（即RED）。"
    aliases = {text[start:end]: text[bracket - 2 : bracket] for bracket, start, end in names.find_aliases(text)}
    assert aliases == {"行吟信息": "公司", "RED": "红书"}


@pytest.mark.parametrize(
    ("text", "aliases"),
    [
        ("小红书（即小红书科技，下称“小红书”）宣布", ["小红书科技", "小红书"]),
        ("原子矩阵科技（MatriQ，下称“原子矩阵”）", ["原子矩阵"]),
        ("哔哩哔哩（NASDAQ: BILI，下称B站）", ["B站"]),
        ("密境和风科技（即花椒直播的经营主体，以下简称“密境和风”）", ["密境和风"]),
        ("宝塔实业股份有限公司（以下简称“公司”或“宝塔实业”）", ["宝塔实业"]),
        ("成都市路桥工程（证券简称：成都路桥，证券代码：002628）", ["成都路桥"]),
        ("某公司（股份代号：02020.HK，下称“本公司”）", []),
        ("股东（即大股东，占总股本5%以上）", []),
        ("小米（不含汽车、手机）", []),
        ("甲（" + "即" * 50_000 + "）", []),
    ],
)
def test_one_bracket_gives_several_names_and_none_that_every_text_uses(text: str, aliases: list[str]) -> None:
    assert [text[start:end] for _, start, end in names.find_aliases(text)] == aliases


def test_overlapping_candidates_leave_the_longest_then_the_surest() -> None:
    def mention(start: int, end: int, score: float = 0.5) -> Mention:
        return Mention(start, end, "x" * (end - start), "Company", score)

    assert resolve_overlaps([mention(0, 2, 0.9), mention(0, 4), mention(4, 6, 0.2), mention(5, 7, 0.8)]) == [
        mention(0, 4),
        mention(5, 7, 0.8),
    ]


def test_an_index_of_many_names_finds_what_a_search_for_each_would() -> None:
    forms = [f"第{number}公司" for number in range(2000)] + ["第1", "A"]
    text = "第1999公司收购第7公司；第1又来；A与BA不同"
    assert [form for _, form in NameIndex(forms).find(text)] == ["第1999公司", "第7公司", "第1", "A"]
    assert list(NameIndex([]).find(text)) == []
