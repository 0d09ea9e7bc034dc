"""One text printed twice is one source."""

import random

import pytest

from kg.model import Article, read_sketch, sketch
from kg.resolve.reprints import Copy, count_sources, find_reprints

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
