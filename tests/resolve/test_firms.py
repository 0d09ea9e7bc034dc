"""Names of firms taken apart many at a time."""

import random

from kg.resolve.edges import Alphabet, Edge
from kg.resolve.firms import load_words, parse_firm, parse_firms

NAMES = [
    "深圳市特神文化传播有限公司",
    "行吟信息科技(上海)有限公司".replace("(", "").replace(")", ""),
    "万向奇点北京文化传媒有限公司",
    "广西壮族自治区北部湾投资集团有限公司",
    "平安银行",
    "小红书",
    "上海",
    "网络科技",
    "云",
    "",
    "谷歌",
    "𠮷野家餐饮管理有限公司",
]


def test_a_name_is_taken_apart_alike_alone_and_among_others() -> None:
    for seed in range(3):
        random.Random(seed).shuffle(NAMES)
        firms = parse_firms(NAMES)
        assert [firms[place] for place in range(len(NAMES))] == [parse_firm(name) for name in NAMES]


def test_parts_of_random_compositions_are_parts_of_the_name() -> None:
    random_ = random.Random(7)
    words = load_words()
    parts = [*sorted(words.known), *"甲乙丙丁", "省", "市", "自治区"]
    names = ["".join(random_.choices(parts, k=random_.randint(0, 6))) for _ in range(2000)]
    firms = parse_firms(names)
    for place, name in enumerate(names):
        firm = firms[place]
        assert firm.core in firm.base
        assert firm.core not in words.known
        assert firm.legal == any(name.endswith(form) and len(name) - len(form) >= 2 for form in words.legal)
        assert all(region in name for region in firm.regions)
        assert firm.telling == any(trade not in words.generic for trade in firm.trades)
        if not firm.legal and not firm.regions:
            assert firm.base == name
        if firm.core:
            assert firm.base.startswith(firm.core)


def test_no_names_make_no_rows() -> None:
    assert not parse_firms([]).core


def test_the_longest_word_at_an_edge_is_found_within_the_limit() -> None:
    import numpy as np

    words = ["公司", "有限公司", "司"]
    alphabet = Alphabet(words)
    edge = Edge(words, alphabet, backwards=True)
    signs = alphabet.encode("某有限公司")
    ends = np.full(5, 4)
    found = edge.find(signs, ends, np.array([0, 1, 2, 3, 5]))
    assert [edge.words[number] for number in found] == ["", "司", "公司", "公司", "有限公司"]
