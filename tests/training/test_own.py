"""A model of the user's own: from an encoder or from a model, read by `kg extract`; faults of the data named by line."""

import json

import numpy as np
import pytest
import torch

from kg.errors import ConfigError, InputError, OutputError, UsageError
from kg.extract.onnx import OnnxScorer
from kg.extract.reader import load_reader
from kg.model import Span
from training.evaluate import TorchScorer
from training.examples import make_examples
from training.export import export_reader
from training.own import find_faults, read_articles, set_apart, train_own
from training.shipped import load_shipped


@pytest.fixture(scope="module")
def data(articles, tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "own.jsonl"
    path.write_text("\n".join(json.dumps(a, ensure_ascii=False) for a in articles) + "\n\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def first(data, encoder_folder, tmp_path_factory):
    """A model trained from an encoder, two steps."""
    out = tmp_path_factory.mktemp("own") / "model"
    rows = []
    train_own([data], out, encoder=str(encoder_folder), steps=5, log=rows.append)
    assert [row["step"] for row in rows] == [5]
    return out


def test_what_was_trained_is_a_model_that_is_read(first, documents):
    reader = load_reader(first, threads=1)
    found = documents[0]
    reading = reader.finish(reader.begin(found.text, [Span(*s) for s in found.sentences], titled=True), [])
    assert all(0 <= said.score <= 1 for said in reading.statements)
    assert "Gemma" in (first / "CARD.md").read_text(encoding="utf-8") or "terms of the encoder" in (
        first / "CARD.md"
    ).read_text(encoding="utf-8")
    assert not first.with_name("model.training").exists()


def test_a_model_is_trained_further_from_where_it_was(first, data, tmp_path):
    before = load_shipped(first).state_dict()
    settings = train_own([data], tmp_path / "second", model=first, steps=1)
    assert settings["data"].endswith("It was trained on from own-2.")
    after = load_shipped(tmp_path / "second").state_dict()
    for name in ("encoder.layers.0.mlp.up_proj.weight", "relator.pair.weight", "tagger.from_piece.weight"):
        gap = (after[name] - before[name]).norm() / before[name].norm()
        assert 0 < gap < 0.15, name  # weights of another start would be about 1.4 away


def test_a_shipped_model_is_the_reader_that_was_exported(reader, prepared, documents, tokenizer, tmp_path):
    tokenizer_file = prepared / "tokenizer.json"
    export_reader(reader, tmp_path / "whole", tokenizer_file=tokenizer_file, quantise=None)
    (tmp_path / "whole" / "model.toml").write_text("", encoding="utf-8")
    again = load_shipped(tmp_path / "whole")
    for name, value in reader.state_dict().items():
        if not name.startswith(("finre.", "ner.")):
            torch.testing.assert_close(again.state_dict()[name], value, atol=1e-5, rtol=1e-5, msg=name)
    texts = [tokenizer.encode(document.text).ids for document in documents]
    export_reader(reader, tmp_path / "small", tokenizer_file=tokenizer_file, calibration=texts)
    rounded = TorchScorer(load_shipped(tmp_path / "small"), torch.device("cpu"))
    exported = OnnxScorer(tmp_path / "small", threads=1)
    window = make_examples(documents[0], tokenizer)[0].window
    # What is left is what int8 does to activations.
    assert np.abs(rounded.tag(window)[1] - exported.tag(window)[1]).max() < 0.3


def test_what_is_no_model_cannot_be_trained_further(first, tmp_path):
    with pytest.raises(ConfigError, match="no model that can be trained further"):
        load_shipped(tmp_path)
    for path in first.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "aliases.onnx").write_bytes(b"no graph")
    with pytest.raises(ConfigError, match="damaged"):
        load_shipped(tmp_path)
    (tmp_path / "aliases.onnx").write_bytes((first / "statements.onnx").read_bytes())
    with pytest.raises(ConfigError, match=r"no weights that fit relator\.alias"):
        load_shipped(tmp_path)


def test_a_training_that_was_stopped_is_taken_up_and_one_of_other_data_is_not(
    data, articles, encoder_folder, tmp_path, monkeypatch
):
    class Killed(BaseException):
        pass

    def kill(*_, **__):
        raise Killed

    monkeypatch.setattr("training.train.CHECKPOINT_SECONDS", 0)
    monkeypatch.setattr("training.export.export_reader", kill)
    options = {"encoder": str(encoder_folder), "steps": 5}
    with pytest.raises(Killed):
        train_own([data], tmp_path / "m", **options)
    rows = []
    with pytest.raises(Killed):
        train_own([data], tmp_path / "m", **options, log=rows.append)
    assert rows == [], "all steps were done"
    other = tmp_path / "other.jsonl"
    other.write_text("\n".join(json.dumps(a) for a in articles[:6]), encoding="utf-8")
    with pytest.raises(Killed):
        train_own([other], tmp_path / "m", **options, log=rows.append)
    assert [row["step"] for row in rows] == [5]


def test_enough_articles_have_thresholds_of_their_own(articles, encoder_folder, tmp_path):
    many = [{**article, "id": f"{article['id']}-{n}"} for n in range(13) for article in articles]
    path = tmp_path / "many.jsonl"
    path.write_text("\n".join(json.dumps(a) for a in many), encoding="utf-8")
    settings = train_own([path], tmp_path / "m", encoder=str(encoder_folder), steps=1)
    assert settings["calibration"]["statements"] >= 0
    assert set_apart(many) == set_apart(many[::-1])
    assert len(set_apart(many)) == 10
    assert set_apart(articles) == set()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"id": 5}, "'id' is missing"),
        ({"text": None}, "'text' is missing"),
        ({"date": "5月7日"}, "no day like"),
        ({"entities": [{"name": "青禾网", "type": "Planet", "names": []}]}, "which the ontology does not have"),
        ({"entities": [{"name": "青禾网", "type": "Platform", "names": ["绿禾网"]}]}, "not in the text"),
        ({"entities": ["青禾网"]}, "is no object"),
        ({"relations": [["青禾网"]]}, "is no object"),
        ({"relations": [{"head": "青禾网", "relation": "LIKES", "tail": "杭州"}]}, "does not have the relation"),
        ({"relations": [{"head": "青禾网", "relation": "OWNS", "tail": "火星"}]}, "the tail is no entity"),
        ({"relations": [{"head": "青禾网", "relation": "LOCATED_IN", "tail": "林北"}]}, "tail may not be a Person"),
    ],
)
def test_faults_of_an_article_are_named(articles, change, told):
    assert told in next(find_faults({**articles[0], **change}))


def test_good_articles_have_no_faults(articles, data):
    assert [list(find_faults(article)) for article in articles] == [[]] * 8
    assert [a["id"] for a in read_articles([data])] == [a["id"] for a in articles]


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"{", "own.jsonl:1: is no JSON"), (b"[]", "own.jsonl:1: is no object"), (b"\xff\xfe", "cannot be read"), (b"[" * 10**5, "is no JSON")],
    ids=["broken", "a list", "no text", "deep"],
)  # fmt: skip
def test_what_is_no_data_is_said_with_its_line(content, told, tmp_path):
    (tmp_path / "own.jsonl").write_bytes(content)
    with pytest.raises(InputError, match=told.replace(".", r"\.")):
        read_articles([tmp_path / "own.jsonl"])


def test_an_id_that_stands_twice_is_said(articles, tmp_path):
    (tmp_path / "own.jsonl").write_text("\n".join(json.dumps(articles[0]) for _ in range(2)), encoding="utf-8")
    with pytest.raises(InputError, match=r"own\.jsonl:2: the id 's-1' stood before"):
        read_articles([tmp_path / "own.jsonl"])


def test_too_few_articles_and_a_folder_that_is_there_are_refused(articles, data, tmp_path):
    (tmp_path / "few.jsonl").write_text(json.dumps(articles[0]), encoding="utf-8")
    with pytest.raises(UsageError, match="too few"):
        train_own([tmp_path / "few.jsonl"], tmp_path / "m", encoder="e")
    with pytest.raises(OutputError, match="is there already"):
        train_own([data], tmp_path, encoder="e")
    assert not (tmp_path / "m").exists()


def test_the_command_trains_and_what_it_wrote_is_read(run_kg, data, encoder_folder, tmp_path):
    done = run_kg("train", data, "-o", tmp_path / "model", "--encoder", encoder_folder, "--epochs", 2)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "8 annotated texts" in done.stderr
    assert "Warning" not in done.stderr
    assert "torchvision" not in done.stderr
    read = run_kg("extract", data, "--model", tmp_path / "model", "--entities")
    assert read.returncode == 0, read.stderr
    assert '"article"' in read.stdout
    again = run_kg("train", data, "-o", tmp_path / "model", "--encoder", encoder_folder)
    assert (again.returncode, "is there already" in again.stderr) == (1, True)
    both = run_kg("train", data, "-o", tmp_path / "m", "--encoder", encoder_folder, "--model", tmp_path / "model")
    assert (both.returncode, "give one of them" in both.stderr) == (2, True)
