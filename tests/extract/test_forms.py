"""Where names stand: longest first, Latin words whole, letters without case and width."""

import pytest

from kg.extract.forms import find_forms, fold


def test_longer_forms_go_first_and_nothing_stands_inside_another():
    text = "苏宁易购是苏宁的平台"
    found = find_forms(text, [("苏宁", 0), ("苏宁易购", 1)])
    assert [(start, end, number) for start, end, number, _ in found] == [(0, 4, 1), (5, 7, 0)]


@pytest.mark.parametrize(
    ("text", "count"), [("UD投放", 1), ("CLAUDE投放", 0), ("ud投放", 1), ("ＵＤ投放", 1), ("UD2投放", 1)]
)
def test_latin_words_are_found_whole_in_any_case_and_width(text, count):
    assert len(find_forms(text, [("UD", 0)])) == count


@pytest.mark.parametrize("text", ["", "İstanbul ß ﬁ", "①㈱株"])
def test_folding_keeps_the_number_of_characters(text):
    assert len(fold(text)) == len(text)


def test_an_empty_form_is_nowhere():
    assert find_forms("京东", [("", 0)]) == []
