import itertools

from hypothesis import given
from hypothesis import strategies as st

from kg.extract.sentences import MAX_SENTENCE, split_clauses, split_sentences
from kg.model import Span


def pieces(text: str) -> list[str]:
    return [text[s.start : s.end] for s in split_sentences(text)]


def test_a_sentence_keeps_its_closing_quote() -> None:
    assert pieces("“先做好一家。”他说。外链断了！真的？") == ["“先做好一家。”", "他说。", "外链断了！", "真的？"]


def test_a_line_ends_a_sentence_and_blank_lines_give_none() -> None:
    assert pieces("标题\n\n 正文一。 正文二") == ["标题", "正文一。", "正文二"]
    assert pieces("") == pieces(" \n \n") == []


def test_what_goes_on_for_ever_is_cut_between_clauses_or_anywhere() -> None:
    text = "小红书与淘宝合作，" * 500
    spans = split_sentences(text)
    assert all(len(s) <= MAX_SENTENCE for s in spans)
    assert "".join(text[s.start : s.end] for s in spans) == text
    assert all(text[s.end - 1] == "，" for s in spans)
    spans = split_sentences("京" * 2500 + "。")
    assert [len(s) for s in spans] == [1000, 1000, 501]


def test_clauses_carry_the_punctuation_that_ends_them() -> None:
    text = "小红书与淘宝合作，推出红猫计划；京东没有。"
    (sentence,) = split_sentences(text)
    assert [text[c.start : c.end] for c in split_clauses(text, sentence)] == [
        "小红书与淘宝合作，",
        "推出红猫计划；",
        "京东没有。",
    ]


@given(st.text(alphabet="小红书，。！？；：”“ \n.A…」", max_size=60))
def test_sentences_are_ordered_disjoint_and_lose_only_white_space(text: str) -> None:
    spans = split_sentences(text)
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))
    assert "".join("".join(text[s.start : s.end].split()) for s in spans) == "".join(text.split())
    for sentence in spans:
        clauses = split_clauses(text, sentence)
        assert all(sentence.start <= c.start < c.end <= sentence.end for c in clauses)
        assert all(isinstance(c, Span) for c in clauses)
