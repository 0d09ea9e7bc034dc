"""A model's folder: what is no model says so in a sentence; what is one gives the same whatever else is read."""

import shutil
import sys

import pytest

from kg.errors import ConfigError
from kg.extract.nlp import Extractor
from kg.extract.options import MODEL_VARIABLE, RULES_ONLY, ExtractorOptions, fingerprint
from kg.extract.reader import MODEL_FOLDER, fingerprint_model, has_model, load_reader
from kg.model import Article

SETTINGS = """
temperature = 1.0
[thresholds]
alias = 0.5
relation = 0.4
time = 0.5
second_sentence = 0.35
"""
needs_model = pytest.mark.skipif(not has_model(), reason="no trained model in kg/extract/model; `make model` makes one")
ARTICLES = [
    Article("a", "5月7日，小红书与淘宝天猫在上海签署战略合作协议，宣布共同打造“红猫计划”。", date="2025-05-08"),
    Article("b", "小红书COO柯南说，种草是起点。", title="柯南谈种草", date="2025-05-08"),
    Article("c", "", date="2025-05-08"),
    Article("d", "京东回应称，不会收购拼多多。" * 30, date="2025-05-08"),
]


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "is no model"),
        ({"model.toml": SETTINGS}, "is no model, reader.onnx is not there"),
        ({"model.toml": "[thresholds"}, "does not have the settings"),
        ({"model.toml": "temperature = 1.0"}, "does not have the settings"),
        ({"model.toml": SETTINGS.replace("0.4", '"high"')}, "does not have the settings"),
        (
            {"model.toml": SETTINGS, **{f"{n}.onnx": "no" for n in ("reader", "aliases", "relations", "statements")}},
            "cannot be read as a part of a model",
        ),
    ],
    ids=["empty", "no weights", "broken settings", "no thresholds", "a word for a number", "damaged weights"],
)
def test_what_is_no_model_is_refused_in_a_sentence(files, told, tmp_path):
    for name, content in files.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_reader(tmp_path)
    assert told in str(caught.value)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("package", ["onnxruntime", "tokenizers"])
def test_a_package_that_a_model_needs_and_is_not_there_is_named(package, tmp_path, monkeypatch):
    (tmp_path / "model.toml").write_text(SETTINGS, encoding="utf-8")
    for name in ("reader", "aliases", "relations", "statements"):
        (tmp_path / f"{name}.onnx").write_bytes(b"")
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ConfigError, match=rf"{package}.*--model none"):
        Extractor(ExtractorOptions(model=tmp_path))


def test_a_model_that_is_not_there_is_said_before_anything_is_read(tmp_path):
    with pytest.raises(ConfigError, match="is no model"):
        fingerprint(ExtractorOptions(model=tmp_path / "none here"))


def test_the_model_is_the_options_then_the_environments_then_the_shipped_one(monkeypatch, tmp_path):
    monkeypatch.setenv(MODEL_VARIABLE, str(tmp_path / "environment"))
    assert ExtractorOptions(model=tmp_path / "option").model_folder == tmp_path / "option"
    assert ExtractorOptions(model=RULES_ONLY).model_folder is None
    assert ExtractorOptions().model_folder == tmp_path / "environment"
    monkeypatch.setenv(MODEL_VARIABLE, "none")
    assert ExtractorOptions().model_folder is None
    monkeypatch.delenv(MODEL_VARIABLE)
    assert ExtractorOptions().model_folder == (MODEL_FOLDER if has_model() else None)


def test_results_of_another_model_are_other_results(tmp_path):
    (tmp_path / "model.toml").write_text(SETTINGS, encoding="utf-8")
    before = fingerprint_model(tmp_path)
    (tmp_path / "reader.onnx").write_bytes(b"1")
    between = fingerprint_model(tmp_path)
    (tmp_path / "model.toml").write_text(SETTINGS.replace("0.4", "0.3"), encoding="utf-8")
    assert len({before, between, fingerprint_model(tmp_path)}) == 3


@needs_model
def test_statements_do_not_depend_on_what_is_read_beside_them():
    extractor = Extractor(ExtractorOptions(model=MODEL_FOLDER))
    together = list(extractor.extract(ARTICLES * 8, batch_size=32))
    alone = [next(extractor.extract([article], batch_size=1)) for article in ARTICLES]
    assert together == alone * 8
    assert any(extraction.statements for extraction in alone)


@needs_model
def test_a_copy_of_the_model_elsewhere_reads_the_same(tmp_path):
    shutil.copytree(MODEL_FOLDER, tmp_path / "copy")
    ours, copy = (Extractor(ExtractorOptions(model=folder)) for folder in (MODEL_FOLDER, tmp_path / "copy"))
    assert list(ours.extract(ARTICLES)) == list(copy.extract(ARTICLES))
    assert ours.fingerprint == copy.fingerprint


@needs_model
def test_evidence_is_the_raw_text_with_its_noise():
    noisy = Article("n", "5月7日，小红书与淘宝天猫★签署战略合作协议。\n\n相关阅读：别的新闻\n", date="2025-05-08")
    (extraction,) = Extractor(ExtractorOptions(model=MODEL_FOLDER)).extract([noisy])
    assert extraction.statements
    for statement in extraction.statements:
        passage = statement.evidence
        assert noisy.text[passage.start : passage.end] == passage.text
