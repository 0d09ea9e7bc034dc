"""Batches for ever: bounded in size, each worker its own, and from whatever data there is."""

import json

import pytest

from kg.errors import ConfigError
from training.batches import Corpus, Stream, finre_example, group, ner_example, stream, text_document
from training.examples import IGNORED, make_examples


def test_no_batch_has_more_pieces_than_allowed_unless_one_window_has(documents, tokenizer):
    batches = list(group([make_examples(d, tokenizer) for d in documents], pieces=80))
    assert sum(map(len, batches)) == 8
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(len(e.window.ids) for e in batch) <= 80
    assert max(map(len, batches)) > 1


def test_no_batch_has_more_pairs_than_allowed(documents, tokenizer, monkeypatch):
    monkeypatch.setattr("training.batches.PAIRS_AT_ONCE", 8)
    for batch in group([make_examples(d, tokenizer) for d in documents], pieces=10_000):
        assert len(batch) == 1 or len(batch) * max(len(e.heads) for e in batch) <= 8


def test_a_stream_goes_on_after_all_was_read(corpus):
    batches = stream(corpus, "train", pieces=100, seed=1, workers=0)
    seen = sum(len(next(batches)["ids"]) for _ in range(30))
    assert seen > 3 * 8


def take(corpus, seed, count=5):
    data = iter(Stream(corpus, "train", pieces=100, seed=seed, renamed=0.5))
    return [next(data)["ids"].tolist() for _ in range(count)]


def test_one_seed_gives_one_stream(corpus):
    assert take(corpus, 7) == take(corpus, 7)
    assert take(corpus, 7) != take(corpus, "7 20"), "a training taken up again reads on"


def test_data_that_is_not_there_counts_as_none(corpus, prepared):
    assert (corpus.ner, corpus.finre, corpus.finre_labels, corpus.texts) == ({}, [], ["unknown"], [])
    assert len(corpus.train) == 8


def test_auxiliary_data_is_read_where_it_is(prepared, tmp_path):
    for name in ("train.jsonl", "tokenizer.json"):
        (tmp_path / name).write_bytes((prepared / name).read_bytes())
    row = {"text": "林北任青禾网总裁", "spans": [[0, 2, "name"], [3, 6, "company"]]}
    (tmp_path / "cluener-train.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    pairs = {"text": "青禾网收购蓝桥支付", "pairs": [["青禾网", "蓝桥支付", ["收购"]]]}
    (tmp_path / "finre-train.jsonl").write_text(json.dumps(pairs) + "\n", encoding="utf-8")
    corpus = Corpus(tmp_path, str(tmp_path / "tokenizer.json"))
    assert corpus.ner_types == {"cluener-train": ["company", "name"]}
    assert corpus.finre_labels == ["unknown", "收购"]
    assert "林北" in corpus.names["Person"]
    batches = stream(corpus, "auxiliary", pieces=100, seed=1, workers=0)
    assert {next(batches)["task"] for _ in range(8)} == {"finre", "cluener-train"}


def test_names_of_another_scheme_become_tags(tokenizer):
    (example,) = ner_example(
        {"text": "林北任青禾网总裁", "spans": [[0, 2, "name"], [3, 6, "company"]]}, ["company", "name"], tokenizer, "x"
    )
    assert example.tags.tolist() == [3, 4, 0, 1, 2, 2, 0, 0]


def test_a_named_pair_becomes_a_pair_with_its_label_and_unknown_tags(tokenizer):
    row = {
        "text": "青禾网收购蓝桥支付",
        "pairs": [["青禾网", "蓝桥支付", ["收购"]], ["蓝桥支付", "不在文中", ["收购"]]],
    }
    (example,) = finre_example(row, ["unknown", "收购"], tokenizer)
    ((pair, label),) = example.finre
    assert label == 1
    assert example.spans[example.owner == example.heads[pair]].tolist() == [[1, 2]]
    assert (example.tags == IGNORED).all()


def test_a_text_without_annotation_is_a_document_of_sentences():
    document = text_document("今天上线。明天下线。")
    assert document.sentences == [(0, 5), (5, 10)]


def test_where_there_is_nothing_to_read_that_is_said(corpus):
    with pytest.raises(ConfigError, match="no data of the kind 'texts'"):
        next(iter(Stream(corpus, "texts", pieces=100, seed=1)))
