"""其, 该平台, 双方, 后者: what each stands for, and when it stands for nothing."""

import pytest

from kg.extract.coreference import resolve_references
from kg.extract.lexicon import load_lexicon
from kg.extract.relations import Party
from kg.extract.sentences import split_sentences
from kg.ontology import load_ontology

TYPES = {
    "小红书": "Platform",
    "京东": "Platform",
    "顺丰": "Company",
    "雾野": "Brand",
    "柯南": "Person",
    "上海": "Place",
}


def stands_for(text: str, words: str) -> list[str]:
    """The names that `words`, at their last place in the text, stand for."""
    parties = [
        Party(number, kind, start, start + len(name))
        for number, (name, kind) in enumerate(TYPES.items())
        for start in range(len(text))
        if text.startswith(name, start)
    ]
    parties.sort(key=lambda party: party.start)
    groups = resolve_references(text, split_sentences(text), parties, load_lexicon().references, load_ontology())
    place = text.rindex(words)
    names = list(TYPES)
    return [names[p.entity] for group in groups for p in group if (p.start, p.end) == (place, place + len(words))]


@pytest.mark.parametrize(
    ("text", "words", "names"),
    [
        ("小红书昨日更新。该平台接入微信支付。", "该平台", ["小红书"]),
        ("顺丰与京东见面。该公司拟收购德邦。", "该公司", ["顺丰"]),
        ("京东投资了雾野。该品牌计划开店。", "该品牌", ["雾野"]),
        ("顺丰发布财报。公司拟回购股份。", "公司", ["顺丰"]),
        ("京东与顺丰签约。双方将共建仓库。", "双方", ["京东", "顺丰"]),
        ("京东收购顺丰，后者不再上市。", "后者", ["顺丰"]),
        ("京东收购顺丰，前者付现金。", "前者", ["京东"]),
        ("柯南离开小红书。她去了上海。", "她", ["柯南"]),
        ("顺丰表示，其仓库在上海。", "其", ["顺丰"]),
    ],
)
def test_a_reference_leads_to_its_antecedent(text: str, words: str, names: list[str]) -> None:
    assert stands_for(text, words) == names


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("京东很忙，其中三成是快递。", "其"),
        ("京东很忙，其他平台也是。", "其"),
        ("双方都没有回应。京东也没有。", "双方"),
        ("京东说，双方合作愉快。", "双方"),
        ("上海的该公司不愿具名。", "该公司"),
        ("京东说，他们不急。", "他"),
        ("该平台昨日更新。", "该平台"),
        ("雾野昨日更新。该平台没有。", "该平台"),
    ],
)
def test_a_reference_without_antecedent_is_left_alone(text: str, words: str) -> None:
    assert stands_for(text, words) == []
