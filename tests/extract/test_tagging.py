"""Tags and names: there and back, and the best sequence that is one."""

import numpy as np
import pytest

from kg.extract.tagging import begin_tag, count_tags, decode_tags, inside_tag, tag_spans


def certain(tags: np.ndarray, *, types: int = 10) -> np.ndarray:
    scores = np.full((len(tags), count_tags(types)), -9.0, dtype=np.float32)
    scores[np.arange(len(tags)), tags] = 0.0
    return scores


@pytest.mark.parametrize(
    "spans",
    [[], [(0, 1, 0)], [(0, 3, 2), (3, 5, 2)], [(2, 4, 9), (4, 5, 0)], [(0, 6, 4)]],
    ids=["none", "one character", "two of one type side by side", "two types", "all of the text"],
)
def test_names_survive_tagging_and_decoding(spans):
    found = decode_tags(certain(tag_spans(6, spans)))
    assert [(start, end, kind) for start, end, kind, _ in found] == spans
    assert all(score == pytest.approx(1.0) for *_, score in found)


def test_an_inside_without_beginning_is_mended_by_the_likelier_whole():
    scores = certain(np.array([0, inside_tag(1), inside_tag(1), 0]))
    scores[1, begin_tag(1)] = -0.5  # nearly as likely
    ((start, end, kind, _),) = decode_tags(scores)
    assert (start, end, kind) == (1, 3, 1)


def test_a_name_has_one_type():
    scores = certain(np.array([begin_tag(1), inside_tag(2), 0]))
    scores[1, inside_tag(1)] = -1.0
    ((start, end, kind, _),) = decode_tags(scores)
    assert (start, end, kind) == (0, 2, 1)


def test_a_name_ends_where_no_type_goes_on_not_where_its_type_changes():
    scores = np.log(np.full((4, count_tags(3)), 0.01, dtype=np.float32))
    scores[0, begin_tag(0)] = scores[1, inside_tag(0)] = np.log(0.9)
    scores[2, [inside_tag(0), inside_tag(1), inside_tag(2), 0]] = np.log([0.25, 0.15, 0.15, 0.4])
    scores[3, 0] = np.log(0.9)
    assert [(start, end, kind) for start, end, kind, _ in decode_tags(scores)] == [(0, 3, 0)]


def test_no_name_goes_across_a_break():
    scores = certain(tag_spans(4, [(0, 4, 3)]))
    breaks = np.array([False, False, True, False])
    assert all(not (start < 2 < end) for start, end, *_ in decode_tags(scores, breaks))


def test_the_score_is_the_mean_chance_of_the_characters():
    scores = np.log(np.full((2, count_tags(1)), 0.1, dtype=np.float32))
    scores[0, begin_tag(0)] = np.log(0.8)
    scores[1, inside_tag(0)] = np.log(0.6)
    ((*_, score),) = decode_tags(scores)
    assert score == pytest.approx(0.7, abs=1e-4)


def test_an_empty_text_has_no_names():
    assert decode_tags(np.zeros((0, count_tags(10)), dtype=np.float32)) == []
