import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.extract.backtracking import ENDLESS, count_ways


@pytest.mark.parametrize(
    ("expression", "ways"),
    [
        ("合作", 1),
        ("合作?", 2),
        (".{0,20}", 21),
        (".{5}", 1),
        (".*", 101),
        (".+", 100),
        ("(?:收购|并购)了?", 2),
        ("(?:收购|收下)", 1),
        ("(?:收购|收了?下|买)", 3),
        ("(?:收购|.买)", 2),
        (".{0,9}.{0,9}", 100),
        ("(?:a?b?)?", 5),
        ("(?=.{0,9})(?<!x)a", 10),
        ("(?P<a>x)(?P=a)", 1),
        ("(?>a*)", 101),
        ("(x)?(?(1)a|b)", 4),
        ("(a+)+", ENDLESS),
        ("(a|ab)*", ENDLESS),
        ("(?:a{0,50}){0,50}", ENDLESS),
    ],
)
def test_ways_are_counted(expression: str, ways: int) -> None:
    assert count_ways(expression, longest=100) == ways


@pytest.mark.parametrize("expression", ["(", "a**", "(" * 5000 + ")" * 5000, "a{99999999999999999999}"])
def test_what_is_no_expression_is_an_error_of_re(expression: str) -> None:
    with pytest.raises(re.error):
        count_ways(expression, longest=100)


@given(st.lists(st.sampled_from(["a", "b?", "a*", "(a|ab)", "(?:a|b)?", "(a?b){0,2}", "."]), max_size=4).map("".join))
def test_a_match_can_end_in_no_more_places_than_there_are_ways(expression: str) -> None:
    text = "abaab"
    ends = sum(re.compile(f"(?:{expression})").fullmatch(text, 0, end) is not None for end in range(len(text) + 1))
    assert ends <= count_ways(expression, longest=len(text))
