import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.viz.text import MAX_LABEL_WIDTH, mark, short_label, text_width, web_address


def test_head_and_tail_are_marked_where_they_stand() -> None:
    assert mark("小红书向淘宝提供笔记", [("小红书", "head"), ("淘宝", "tail")]) == (
        ("小红书", "head"),
        ("向", ""),
        ("淘宝", "tail"),
        ("提供笔记", ""),
    )


def test_the_longer_name_wins_where_names_overlap() -> None:
    words = [("淘宝", "head"), ("淘宝天猫", "tail")]
    assert mark("淘宝天猫与淘宝", words) == (("淘宝天猫", "tail"), ("与", ""), ("淘宝", "head"))


def test_latin_names_are_marked_in_any_case() -> None:
    assert mark("red上线", [("RED", "head")])[0] == ("red", "head")


@given(st.text(), st.lists(st.tuples(st.text(max_size=4), st.sampled_from(["head", "tail"])), max_size=4))
def test_segments_join_to_the_passage(text: str, words: list[tuple[str, str]]) -> None:
    segments = mark(text, words)
    assert "".join(part for part, _ in segments) == text
    assert all(part for part, _ in segments)


@given(st.text())
def test_labels_are_one_line_of_bounded_width(name: str) -> None:
    label = short_label(name)
    assert label
    assert text_width(label) <= MAX_LABEL_WIDTH
    assert label.isprintable() or any(char.isspace() or not char.isprintable() for char in name)
    assert not {"\n", "\r", "\u2028", "\u202e", "\u200f"} & set(label)


def test_a_full_company_name_is_not_cut_and_a_huge_one_is() -> None:
    assert short_label("行吟信息科技（上海）有限公司") == "行吟信息科技（上海）有限公司"
    assert short_label("长" * 10_000) == "长" * 13 + "…"
    assert short_label("甲\n乙\t丙") == "甲 乙 丙"


@pytest.mark.parametrize("url", ["http://example.com", "https://example.com/a?b=1&c=%20#d", "HTTPS://例子.cn/新闻"])
def test_web_addresses_pass(url: str) -> None:
    assert web_address(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        7,
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        " javascript:alert(1)//http://x",
        "data:text/html,<script>alert(1)</script>",
        "file:///etc/passwd",
        "//example.com",
        'https://example.com/"onclick="alert(1)',
        "https://example.com/<script>",
        "https://example.com/\u2028",
        "https://",
    ],
)
def test_other_addresses_do_not(url: object) -> None:
    assert web_address(url) is None
