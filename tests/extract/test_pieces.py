"""Windows of pieces: nothing is lost, every character knows its piece, long texts share out evenly."""

import itertools

import numpy as np
import pytest

from kg.extract.pieces import BEGIN, END, UNKNOWN, make_windows
from kg.extract.sentences import split_sentences
from kg.model import Span
from tests.extract.small_tokenizer import make_tokenizer

TEXT = "京东与淘宝天猫合作。\n小红书说，它也会来。双方未予置评。"
TOKENIZER = make_tokenizer(TEXT, ("淘宝", "合作"))


def test_a_short_text_is_one_window_between_its_marks():
    (window,) = make_windows(TOKENIZER, TEXT, split_sentences(TEXT), titled=False)
    assert window.ids[0] == BEGIN
    assert window.ids[-1] == END
    assert list(window.sentences[[0, -1]]) == [-1, -1]
    assert sorted(set(window.sentences[1:-1])) == [0, 1, 2]
    assert "".join(TEXT[offset] for offset in window.offsets) == TEXT.replace("\n", "")


def test_a_character_knows_its_piece_its_place_there_and_what_it_would_be_alone():
    (window,) = make_windows(TOKENIZER, TEXT, split_sentences(TEXT), titled=False)
    at = TEXT.index("淘宝天")
    places = [int(np.searchsorted(window.offsets, at + step)) for step in range(3)]
    assert window.pieces[places[0]] == window.pieces[places[1]] == window.pieces[places[2]] - 1
    assert list(window.slots[places]) == [0, 1, 0]
    assert list(window.letters[places]) == [TOKENIZER.token_to_id(char) for char in "淘宝天"]
    assert window.ids[window.pieces[places[0]]] == TOKENIZER.token_to_id("淘宝")


def test_a_span_that_begins_inside_a_piece_has_that_piece():
    (window,) = make_windows(TOKENIZER, TEXT, split_sentences(TEXT), titled=False)
    at = TEXT.index("宝天猫")
    first, last = window.piece_span(at, at + 3)
    assert window.ids[first] == TOKENIZER.token_to_id("淘宝")
    assert last - first == 3


def test_a_span_that_is_empty_or_not_all_in_the_window_has_no_pieces():
    sentences = split_sentences(TEXT)
    (window,) = make_windows(TOKENIZER, TEXT, sentences[1:2], titled=False)
    assert window.piece_span(0, 2) is None
    assert window.piece_span(sentences[1].start, sentences[1].start) is None
    assert window.piece_span(sentences[1].end - 1, sentences[1].end + 1) is None
    assert window.piece_span(sentences[1].start, sentences[1].end) is not None


def test_no_sentence_no_window():
    assert make_windows(TOKENIZER, "", [], titled=False) == []


@pytest.mark.parametrize("titled", [False, True])
def test_long_texts_lose_no_character_and_begin_each_window_with_their_title(titled):
    text = "京东与淘宝合作\n" + "小红书说，它也会来。" * 40
    sentences = split_sentences(text)
    windows = make_windows(TOKENIZER, text, sentences, titled=titled, max_pieces=64)
    assert len(windows) > 4
    assert all(len(window.ids) <= 64 for window in windows)
    covered = set().union(*(window.offsets.tolist() for window in windows))
    assert covered == {at for at, char in enumerate(text) if char != "\n"}
    if titled:
        assert all(window.sentences[1] == 0 for window in windows)
    sizes = [len(window.ids) for window in windows]
    assert min(sizes) > max(sizes) / 2


def test_windows_repeat_the_end_of_the_one_before():
    text = "小红书说，它也会来。" * 40
    windows = make_windows(TOKENIZER, text, split_sentences(text), titled=False, max_pieces=64)
    for left, right in itertools.pairwise(windows):
        assert set(left.sentences[1:-1]) & set(right.sentences[1:-1])


def test_a_sentence_longer_than_a_window_is_cut_and_kept_whole_in_sum():
    text = "小红书说它也会来" * 60
    windows = make_windows(TOKENIZER, text, [Span(0, len(text))], titled=False, max_pieces=64)
    assert all(len(window.ids) <= 64 for window in windows)
    assert set().union(*(window.offsets.tolist() for window in windows)) == set(range(len(text)))


def test_unknown_characters_keep_their_places():
    text = "京东😀合作。"
    (window,) = make_windows(TOKENIZER, text, [Span(0, len(text))], titled=False)
    assert window.letters[2] == UNKNOWN
    assert window.piece_span(3, 5) is not None


def test_a_window_is_the_same_whatever_stands_in_other_windows():
    text = "小红书说，它也会来。" * 40
    alone = make_windows(TOKENIZER, text, split_sentences(text), titled=False)
    again = make_windows(TOKENIZER, text, split_sentences(text), titled=False)
    assert all((a.ids == b.ids).all() for a, b in zip(alone, again, strict=True))
