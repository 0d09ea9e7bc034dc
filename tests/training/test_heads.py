"""A Reader exported is the Reader: on windows with many entities, one, none; and its folder is read as the program reads it."""

import numpy as np
import onnx
import pytest
import torch

from kg.errors import OutputError, UsageError
from kg.extract.onnx import OnnxScorer
from kg.extract.trained import Mentions, Thresholds, read_text
from kg.model import Span
from training.evaluate import TorchScorer
from training.examples import make_examples
from training.export import export_reader
from training.heads import keep_small, round_rows

FARAWAY = -5000  # scores of what is not there are -10,000 and differ by less than their own rounding


@pytest.fixture(scope="module")
def trained(encoder_folder, corpus):
    """A Reader whose weights are large enough for differences to show."""
    from training.train import make_reader

    torch.manual_seed(11)
    reader = make_reader(str(encoder_folder), None, corpus, dropout=0.0)
    with torch.no_grad():
        for name, value in reader.named_parameters():
            if not name.startswith("encoder.") and value.ndim > 1 and "alias" not in name:
                value.mul_(2)
    return reader.eval()


@pytest.fixture(scope="module")
def folders(trained, prepared, documents, tokenizer, tmp_path_factory):
    texts = [tokenizer.encode(document.text).ids for document in documents]
    found = {}
    for quantise in (None, "int8"):
        found[quantise] = tmp_path_factory.mktemp("model")
        tokenizer_file = prepared / "tokenizer.json"
        export_reader(trained, found[quantise], tokenizer_file=tokenizer_file, quantise=quantise, calibration=texts)
    return found


def ask(scorer, example):
    """All that a scorer says of a window, by name; every allowed pair and every third relation is asked about."""
    said = {}
    hidden, said["tags"] = scorer.tag(example.window)
    entities, names = Mentions(example.spans, example.owner), Mentions(example.spans, example.names)
    if len(example.aliases):
        said["same"] = scorer.same(hidden, names, int(example.names.max()) + 1, example.aliases, example.alias_features)
    if len(example.heads):
        said["relations"], known = scorer.relate(
            hidden, example.sentences, entities, example.types, example.heads, example.tails, example.distances
        )
        rows = np.stack([example.heads, example.tails, np.arange(len(example.heads)) * 3 % 22], 1)
        count, there = len(example.types), example.sentence_count
        parts = scorer.report(hidden, example.sentences, there, entities, count, known, rows, example.times)
        said |= dict(zip(("status", "evidence", "time"), parts, strict=True))
        assert said["evidence"].shape == (len(rows), there)
        assert said["time"].shape == (len(rows), 1 + max(1, len(example.times)))
    return said


def differences(trained, folder, examples):
    plain, exported = TorchScorer(trained, torch.device("cpu")), OnnxScorer(folder, threads=1)
    worst = {}
    for example in examples:
        expected, got = ask(plain, example), ask(exported, example)
        assert set(expected) == set(got)
        for name, values in expected.items():
            assert values.shape == got[name].shape, name
            near = values > FARAWAY
            assert ((got[name] > FARAWAY) == near).all(), name
            gap = np.abs(values - got[name])[near].max(initial=0.0)
            worst[name] = max(worst.get(name, 0.0), float(gap))
    return worst


@pytest.fixture(scope="module")
def examples(documents, tokenizer):
    """Windows of eight articles, cut ones among them, and of a text of one letter."""
    from training.annotated import Document

    whole = [e for d in documents for e in make_examples(d, tokenizer)]
    cut = [e for d in documents for e in make_examples(d, tokenizer, max_pieces=30)]
    one = make_examples(Document("x", "text", "青", [(0, 1)]), tokenizer)
    assert {len(e.types) for e in whole} >= {0, 2, 3, 4, 5}
    assert {e.sentence_count for e in [*whole, *cut]} >= {1, 2, 4}
    return [*whole, *cut, *one]


def test_in_fp32_what_is_exported_equals_pytorch(trained, folders, examples):
    worst = differences(trained, folders[None], examples)
    assert set(worst) == {"tags", "same", "relations", "status", "evidence", "time"}
    assert {name: gap for name, gap in worst.items() if gap > 1e-3} == {}


def test_in_int8_it_is_near(trained, folders, examples):
    worst = differences(trained, folders["int8"], examples)
    # Logits here spread over ten and more; trained weights differ by less (see the model card).
    assert max(worst.values()) < 1.5
    assert max(worst.values()) > 1e-3
    size = {key: sum(path.stat().st_size for path in folder.glob("*.onnx")) for key, folder in folders.items()}
    assert size["int8"] < 0.35 * size[None]


def test_the_graphs_are_valid_and_hold_no_auxiliary_heads(folders):
    for folder in folders.values():
        assert {path.name for path in folder.iterdir()} == {
            "reader.onnx", "relations.onnx", "aliases.onnx", "statements.onnx", "tokenizer.json", "config.json",
        }  # fmt: skip
        for path in folder.glob("*.onnx"):
            model = onnx.load(path)
            onnx.checker.check_model(model)
            assert not [i.name for i in model.graph.initializer if "finre" in i.name or "ner." in i.name]


def test_texts_are_read_to_the_end_with_it(folders, tokenizer, documents):
    scorer = OnnxScorer(folders["int8"], threads=1)
    for text in (*(d.text for d in documents), "", "。", "青禾网" * 900):
        sentences = [Span(0, len(text))] if text else []
        for least in (0.0, 0.5):
            found = read_text(
                scorer, tokenizer, text, sentences, [], titled=False, thresholds=Thresholds(relation=least)
            )
            assert all(text[s:e].strip() for entity in found.entities for s, e in entity.mentions)


def test_a_folder_that_cannot_be_is_said(trained, prepared, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="cannot be written"):
        export_reader(trained, tmp_path / "file" / "model", tokenizer_file=prepared / "tokenizer.json", quantise=None)
    with pytest.raises(UsageError, match="choose"):
        export_reader(trained, tmp_path, tokenizer_file=prepared / "tokenizer.json", quantise="int2")


def test_rounded_rows_are_within_half_a_step():
    values = np.random.default_rng(0).normal(size=(40, 64)).astype(np.float32)
    values[3] *= 1000
    codes, scales = round_rows(values)
    assert scales.shape == (40, 1)
    assert (np.abs(codes * scales - values) <= scales / 2 + 1e-6).all()
    assert round_rows(np.zeros((2, 40), np.float32))[0].any() == np.False_
    assert round_rows(np.ones((8, 4, 3), np.float32))[1].shape == (8, 1, 1)


def test_small_matrices_stay_as_they_are():
    small = onnx.numpy_helper.from_array(np.ones((4, 4), np.float32), "small")
    large = onnx.numpy_helper.from_array(np.ones((128, 128), np.float32), "large")
    graph = onnx.helper.make_graph([], "g", [], [], [small, large])
    model = onnx.helper.make_model(graph)
    keep_small(model)
    assert {i.name for i in model.graph.initializer} == {"small", "large.codes", "large.scales"}
    assert [node.output[0] for node in model.graph.node] == ["large.steps", "large"]
