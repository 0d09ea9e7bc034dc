"""One text printed twice is one source."""

import base64
import itertools
import random
from array import array

import pytest

from kg.model import Article, read_sketch, sketch
from kg.resolve.reprints import (
    COPIED,
    RUN,
    SHARED,
    SHARED_OF_BOTH,
    Copy,
    _choose_copies,
    _list_pieces,
    count_sources,
    find_reprints,
    list_probes,
)

RANDOM = random.Random(3)
SIGNS = [chr(0x4E00 + i) for i in range(3000)]


def make_text(length):
    return "".join(RANDOM.choices(SIGNS, k=length))


def find(*texts, dates=None):
    copies = [Copy(f"d{i}", (dates or {}).get(i), sketch(text)) for i, text in enumerate(texts)]
    forward, back = find_reprints(copies), find_reprints(reversed(copies))
    assert forward == back
    return forward


def test_a_reprint_with_another_head_and_markup_is_found_and_the_earliest_is_the_origin():
    text = make_text(900)
    page = f"<html><style>p {{x}}</style><p>{text[:450]}</p>\n<p>{text[450:]}</p>转载自某报，版权归原作者所有</html>"
    assert find(page, text, make_text(900), dates={0: "2021-08-04", 1: "2021-08-03"}) == {"d0": "d1"}


SAID = "小红书与淘宝天猫签署战略合作协议，双方将打通从种草到购买的链路，首批开放美妆个护行业，并为商家提供数据支持。"
SAID_TRADITIONAL = (
    "小紅書與淘寶天貓簽署戰略合作協議，雙方將打通從種草到購買的鏈路，首批開放美妝個護行業，並為商家提供數據支持。"
)


def test_a_reprint_in_traditional_characters_is_found_and_its_passage_is_no_second_source():
    assert find(SAID, SAID_TRADITIONAL) == {"d1": "d0"}
    assert sketch(SAID) == sketch(SAID_TRADITIONAL)
    assert (
        count_sources(
            {"a": [SAID], "b": [SAID_TRADITIONAL], "c": ["另一家媒体的记者独立报道了双方合作一事的全部经过"]}, {}
        )
        == 2
    )


def test_a_shortened_reprint_is_found_and_a_passage_within_a_longer_article_is_none():
    text = make_text(1200)
    assert find(text, text[:900]) == {"d1": "d0"}
    assert find(text, text[:200] + make_text(1500)) == {}


def test_articles_of_one_event_by_two_hands_are_two():
    shared = make_text(60)
    assert find(make_text(400) + shared, make_text(300) + shared + make_text(200)) == {}


@pytest.mark.parametrize("text", ["", "短", "<p></p>" * 50, "一二三" * 3, "\ud800" * 5])
def test_texts_without_content_are_nobodys_reprint(text):
    assert find(text, text) == {}


def test_a_sketch_is_small_and_says_how_long_the_text_was():
    size, hashes = read_sketch(sketch(make_text(5000)))
    assert size == 4995
    assert len(hashes) == 64
    assert len(sketch(make_text(200_000))) < 360
    assert read_sketch("nonsense!") == (0, ())
    assert Article("a", make_text(300)).info().sketch


def test_copies_count_once_and_so_does_agency_copy_within_longer_articles():
    said = "双方签署战略合作协议，将在电商和物流两个方面展开为期三年的合作"
    assert count_sources({"a": ["甲"], "b": ["乙"]}, {}) == 2
    assert count_sources({"a": ["甲"], "b": ["乙"]}, {"b": "a"}) == 1
    assert count_sources({"b": ["甲"], "c": ["乙"]}, {"b": "a", "c": "a"}) == 1
    assert count_sources({"a": [said], "b": ["别的", f"“{said}。”"], "c": ["短句合作"], "d": ["短句合作"]}, {}) == 3
    assert count_sources({}, {}) == 0


@pytest.mark.parametrize("between", ["_", " ", "\u00ad", "，", "\u0301", "🙂"])
def test_signs_that_are_no_letters_part_no_passages(between):
    said = "小红书与淘宝天猫宣布启动名为红猫计划的合作双方打通"
    assert count_sources({"a": [said], "b": [between.join(said)]}, {}) == 1
    assert count_sources({"a": [said], "b": [said[:12] + "½" + said[12:]]}, {}) == 2


AGENCY = "小红书与淘宝天猫周三在上海签署战略合作协议，双方将打通从种草到购买的链路"
LONG = AGENCY + "，首批开放美妆和个护两个行业，并为商家提供数据支持"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (f"{AGENCY}。", f"据新华社报道，{AGENCY}。"),
        (f"{LONG}，有关人士称。", f"周四早间消息，{LONG}。"),
        (f"{AGENCY}。", f"此前双方已有来往。{LONG}。协议为期三年。"),
        (f"此前双方已有来往。{LONG}。", f"{LONG}。协议为期三年。"),
    ],
    ids=["lead-in", "another end", "contained", "sentences cut otherwise"],
)
def test_agency_copy_that_is_not_letter_for_letter_the_passage_is_one_source(one, other):
    assert count_sources({"a": [one], "b": [other]}, {}) == 1
    assert count_sources({"a": [other], "b": [one]}, {}) == 1


def test_agency_copy_ties_what_is_no_copy_of_each_other_whatever_comes_first():
    texts = {
        "a": f"本报讯，{AGENCY}。",
        "b": f"{AGENCY}。",
        "c": f"据新华社报道，{AGENCY}。",
        "d": "另有报道说，两家平台的谈判仍在进行之中，细节尚未敲定。",
    }
    for order in itertools.permutations(texts):
        for names in (order, sorted(order)):
            passages = dict(zip(names, ([texts[doc]] for doc in order), strict=True))
            assert count_sources(passages, {}) == 2
    del texts["b"]
    assert count_sources({doc: [text] for doc, text in texts.items()}, {}) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "红太阳集团于7月4日通过深圳证券交易所的证券交易系统以大宗交易方式减持公司无限售条件流通股1116万股，占总股本的1.9%。",
            "红太阳集团有限公司于11月16日通过深圳证券交易所的证券交易系统以大宗交易方式减持公司无限售条件流通股436万股。",
        ),
        (
            "7月31日，国家发展改革委政策研究室主任、新闻发言人蒋毅在新闻发布会上表示，上半年物价总水平回升。",
            "7月31日，国家发展改革委政策研究室主任、新闻发言人蒋毅在新闻发布会上表示，人工智能自主创新步伐加快。",
        ),
        (
            "宁德时代（Contemporary Amperex Technology Co., Limited）与丰田汽车公司（Toyota Motor Corporation）周一签约。",
            "丰田去年投资了宁德时代（Contemporary Amperex Technology Co., Limited），丰田汽车公司（Toyota Motor Corporation）确认。",
        ),
    ],
    ids=["exchange", "press conference", "Latin names"],
)
def test_formulas_and_names_in_common_make_no_copy(one, other):
    assert count_sources({"a": [one], "b": [other]}, {}) == 2


def test_what_is_looked_up_of_many_passages_grows_with_their_letters_alone():
    start = make_text(COPIED)  # the worst case: all begin alike, so that each may stand in each
    texts = [start + make_text(size % (RUN - COPIED)) + make_text(30) for size in range(400)]
    looked = [sum(1 for _, pieces in _list_pieces(set(some)) for _ in pieces) for some in (texts[:100], texts)]
    assert looked[1] <= 4.5 * looked[0]
    assert count_sources({str(place): [text] for place, text in enumerate(texts)}, {}) == 400


def is_copy(a, b):
    """What `find_reprints` finds for many at a time."""
    (size_a, hashes_a), (size_b, hashes_b) = read_sketch(a), read_sketch(b)
    taken = sorted({*hashes_a, *hashes_b})[: min(len(hashes_a), len(hashes_b))]
    alike = sum(value in hashes_a and value in hashes_b for value in taken) / len(taken)
    shared = alike * (size_a + size_b) / (1 + alike)
    return alike >= SHARED_OF_BOTH and shared >= SHARED * min(size_a, size_b)


def make_sketch(rng, pool, count):
    values = [rng.randrange(40, 3000), *sorted(rng.sample(pool, count))]
    return base64.b64encode(b"".join(value.to_bytes(4, "big") for value in values)).decode()


def test_many_looked_at_together_are_what_each_pair_is():
    rng = random.Random(5)
    same = apart = 0
    for _ in range(60):
        pool = rng.sample([0, *range(1, 2**32 - 1, 2**22), 2**32 - 1], rng.randrange(64, 200))
        sketches = [make_sketch(rng, pool, rng.randrange(1, 65)) for _ in range(12)]
        expected = {
            (a, b)
            for a, b in itertools.combinations(range(12), 2)
            if is_copy(sketches[a], sketches[b]) and set(list_probes(sketches[a])) & set(list_probes(sketches[b]))
        }
        found = {
            pair
            for pair in itertools.combinations(range(12), 2)
            if find_reprints(Copy(f"{place:02}", None, sketches[place]) for place in pair)
        }
        assert found == expected
        chosen = [(size, array("I", hashes)) for size, hashes in map(read_sketch, sketches)]
        together = {(a, b) for a in range(11) for b in _choose_copies(chosen, a, range(a + 1, 12))}
        assert together == {
            pair for pair in itertools.combinations(range(12), 2) if is_copy(*(sketches[i] for i in pair))
        }
        same, apart = same + len(together), apart + 66 - len(together)
    assert same > 100
    assert apart > 100


def test_a_sketch_of_another_hand_may_be_in_any_order():
    values = [100, 9, 5, 5, 7, 2**32 - 1, 1]
    packed = base64.b64encode(b"".join(value.to_bytes(4, "big") for value in values)).decode()
    assert read_sketch(packed) == (100, (1, 5, 7, 9, 2**32 - 1))
    assert find_reprints([Copy("a", None, packed), Copy("b", None, packed)]) == {"b": "a"}
