"""Names that are one although no article says so, and names that only look like it."""

import itertools
import random

import pytest

from kg.model import ArticleInfo, Evidence, Extraction, NamedEntity, Statement
from kg.ontology import load_ontology
from kg.resolve import fold, identify, read_registry, resolve
from kg.resolve.firms import parse_firm

ONTOLOGY = load_ontology()


def article(number, name, kind="Company", *aliases):
    doc = f"a{number}"
    entity = NamedEntity(name, kind, aliases)
    product = NamedEntity(f"产品{number}", "Product")
    said = Statement(doc, entity, "LAUNCHES", product, "actual", None, Evidence(0, 2, "推出"), 0.9)
    return Extraction(ArticleInfo(doc, date="2024-01-01"), (entity,), (said,) if kind != "Role" else ())


def groups(*names, kind="Company"):
    """Which of the names, each in an article of its own, are one entity."""
    resolution = resolve([article(i, n, kind) for i, n in enumerate(names)], ONTOLOGY)
    of = {form: e.id for e in resolution.entities for _, _, forms in e.mentions for form in forms}
    return {frozenset(n for n in names if of[n] == id_) for id_ in {of[n] for n in names}}


def are_one(a, b, **kind):
    return len(groups(a, b, **kind)) == 1


@pytest.mark.parametrize(
    ("name", "core", "regions", "trades"),
    [
        ("上海特神文化传播有限公司", "特神", {"上海"}, {"文化传播"}),
        ("特神网络", "特神", set(), {"网络"}),
        ("行吟信息科技（上海）有限公司", "行吟", {"上海"}, {"信息科技"}),
        ("万向奇点（北京）文化传媒有限公司", "万向奇点", {"北京"}, {"文化传媒"}),
        ("深圳市腾讯计算机系统有限公司", "腾讯", {"深圳"}, {"计算机系统"}),
        ("网络科技有限公司", "", set(), {"网络科技"}),
        ("上海", "", set(), set()),
        ("公司", "", set(), set()),
    ],
)
def test_a_name_is_taken_apart(name, core, regions, trades):
    firm = parse_firm(fold(name))
    assert (firm.core, set(firm.regions)) == (core, regions)
    assert set(firm.trades) == trades or not core


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("特神网络", "上海特神文化传播有限公司"),
        ("尚视觉", "山东尚视觉摄影股份有限公司"),
        ("必迈跑步", "北京必迈体育用品有限公司"),
        ("延云云计算", "沈阳延云云计算技术有限公司"),
        ("行吟信息科技（上海）有限公司", "上海行吟信息科技有限公司"),
        ("龍胤傑建設", "龙胤杰建设"),
        ("第1波网络", "第一波网络"),
        ("SK海力士", "海力士"),
        ("longyinjie", "龙胤杰"),
        ("特神App", "特神"),
        ("B站", "哔哩哔哩"),
        ("滴滴", "滴滴出行"),
        ("小红书", "行吟信息科技（上海）有限公司"),
        ("行吟信息", "REDnote"),
        ("小米", "小米科技"),
        ("ＡＢＣ Ｌａｂ", "abclab"),
    ],
)
def test_one_firm_under_two_names(a, b):
    assert are_one(a, b)


@pytest.mark.parametrize(
    "names",
    [
        ("阿里巴巴", "阿里云", "阿里妈妈"),
        ("京东", "京东物流", "京东方"),
        ("平安银行", "平安好医生", "中国平安"),
        ("平安银行", "平安健康医疗科技有限公司"),
        ("京东方", "京东物流", "京东科技控股股份有限公司"),
        ("阿里云", "阿里巴巴（中国）有限公司"),
        ("小米", "小米之家", "小米汽车"),
        ("小米科技", "小米之家"),
        ("淘宝", "天猫", "淘宝天猫", "淘宝联盟"),
        ("京东物流", "北京京东世纪贸易有限公司"),
        ("平安好医生", "平安银行股份有限公司"),
        ("上海特神文化传播有限公司", "北京特神物流有限公司"),
        ("中国科技", "上海科技有限公司"),
        ("华信新材", "上海华信证券有限责任公司"),
        ("新能源", "LG新能源"),
        ("我行我宿", "广州万涵信息技术有限公司"),
    ],
)
def test_families_and_strangers_stay_apart(names):
    assert len(groups(*names)) == len(names)


@pytest.mark.parametrize(
    ("names", "whole"),
    [
        (("平安", "平安银行", "平安银行股份有限公司", "平安健康医疗科技有限公司"), "平安银行"),
        (("阿里云", "阿里云计算", "阿里云计算有限公司"), "阿里云计算"),
        (("特神文化", "特神文化有限公司", "上海特神文化传播有限公司", "北京特神网络科技有限公司"), "特神文化"),
    ],
)
def test_a_legal_name_is_one_with_itself_without_its_form_whoever_else_has_the_word(names, whole):
    made = groups(*names)
    legal = {f"{whole}有限公司", f"{whole}股份有限公司"} & set(names)
    assert next(group for group in made if whole in group) == {whole, *legal}
    assert len(made) == len(names) - 1


def test_a_group_is_not_one_with_its_name_by_its_form():
    assert len(groups("平安", "平安集团有限公司", "平安控股有限公司")) == 3


def test_the_fruit_is_not_the_firm():
    resolution = resolve([article(1, "苹果公司"), article(2, "苹果", "Product")], ONTOLOGY)
    assert {e.name for e in resolution.entities} >= {"苹果公司", "苹果"}


def test_of_two_that_fit_as_well_none_is_taken_and_both_are_listed():
    names = ("特神", "上海特神文化传播有限公司", "北京特神网络科技有限公司")
    assert len(groups(*names)) == 3
    resolution = resolve([article(i, n) for i, n in enumerate(names)], ONTOLOGY)
    assert {(m.a, m.b) for m in resolution.unsure} == {(names[0], names[1]), (names[0], names[2])} or {
        frozenset((m.a, m.b)) for m in resolution.unsure
    } == {frozenset(names[:2]), frozenset((names[0], names[2]))}


def test_a_firm_named_like_a_city_elsewhere_is_another():
    assert not are_one("北京特神科技", "上海特神科技有限公司")


def test_people_and_roles_are_one_by_name_or_common_knowledge_alone():
    assert are_one("CEO", "首席执行官", kind="Role")
    assert not are_one("王小明", "王小明明", kind="Person")


def test_a_role_can_be_asked_for_by_names_that_no_article_uses():
    resolution = resolve([article(1, "首席技术官", "Role")], ONTOLOGY)
    assert "CTO" in resolution.entities[0].aliases


def list_open(*articles, registry=None):
    resolution = resolve(articles, ONTOLOGY, registry=registry)
    return [(frozenset((m.a, m.b)), m.reason) for m in resolution.unsure]


def test_a_firm_and_the_group_of_its_name_are_listed_and_not_joined():
    # Of a family whose units bear its name, and of none.
    for name in ("京东", "花城"):
        assert not are_one(name, f"{name}集团")
        assert list_open(article(1, name), article(2, f"{name}集团")) == [
            (frozenset((name, f"{name}集团")), "the other with 集团 behind it")
        ]
    assert not list_open(article(1, "网络科技"), article(2, "网络科技集团"))
    assert not list_open(article(1, "上海"), article(2, "上海集团"))


def test_a_firm_and_its_group_are_one_where_an_article_says_so():
    resolution = resolve(
        [article(1, "京东"), article(2, "京东集团"), article(3, "京东", "Company", "京东集团")], ONTOLOGY
    )
    assert len([e for e in resolution.entities if e.type == "Company"]) == 1
    assert not resolution.unsure


def test_a_pair_that_an_article_keeps_apart_or_a_registry_settles_is_not_asked_of_twice(tmp_path):
    articles = [article(1, "花城", "Company", "花城集团"), *(article(i, "花城") for i in range(2, 9))]
    articles += [article(i, "花城集团") for i in range(9, 17)]
    assert len(list_open(*articles)) == 1
    settled = tmp_path / "registry.toml"
    settled.write_text('[[never]]\nnames = ["花城", "花城集团"]\n', encoding="utf-8")
    assert not list_open(*articles, registry=read_registry(settled))


def test_every_merge_has_a_reason_and_likeness_a_score():
    resolution = resolve([article(1, "特神网络"), article(2, "上海特神文化传播有限公司")], ONTOLOGY)
    (merge,) = resolution.merges
    assert {merge.a, merge.b} == {"特神网络", "上海特神文化传播有限公司"}
    assert 0.75 <= merge.score < 1
    assert "特神" in merge.reason


def test_one_articles_word_does_not_join_what_many_know_apart():
    lone = [article(f"x{i}", "花城汽车", "Brand") for i in range(8)] + [
        article(f"y{i}", "月亮超市", "Brand") for i in range(8)
    ]
    wrong = article("z", "花城汽车", "Brand", "月亮超市")
    resolution = resolve([*lone, wrong], ONTOLOGY)
    assert len([e for e in resolution.entities if e.type == "Brand"]) == 2
    assert any("said by 1" in m.reason for m in resolution.unsure)
    few = resolve([*lone[:2], *lone[8:10], wrong], ONTOLOGY)
    assert len([e for e in few.entities if e.type == "Brand"]) == 1


def test_order_of_arrival_changes_nothing():
    names = [
        "特神网络",
        "上海特神文化传播有限公司",
        "京东",
        "京东物流",
        "SK海力士",
        "海力士",
        "longyinjie",
        "龙胤杰",
        "龍胤傑",
    ]
    articles = [article(i, n) for i, n in enumerate(names)]
    first = resolve(articles, ONTOLOGY)
    for seed in range(8):
        random.Random(seed).shuffle(articles)
        again = resolve(articles, ONTOLOGY)
        assert again == first
        assert (again.merges, again.unsure) == (first.merges, first.unsure)


def test_hostile_names_do_no_harm():
    names = [
        "有限公司",
        "（）",
        "公司公司公司",
        "上海市",
        "a" * 5000,
        "股份有限公司" * 50,
        "\u200b",
        "省市区县",
        "·",
        "\ud800x",
        "网",
    ]
    resolution = resolve([article(i, n) for i, n in enumerate(names)], ONTOLOGY)
    firms = [e for e in resolution.entities if e.type == "Company"]
    assert all(len(e.mentions) == 1 for e in firms)
    for a, b in itertools.combinations(firms, 2):
        assert a.id != b.id


def test_a_foreign_name_is_one_whichever_dot_its_articles_have() -> None:
    assert len({fold(f"谢尔盖{dot}布林") for dot in "·•・‧∙⋅･"}) == 1
    assert identify(fold("谢尔盖・布林"), "Person") == identify(fold("谢尔盖·布林"), "Person")
    assert fold("谢尔盖·布林") != fold("谢尔盖布林")
