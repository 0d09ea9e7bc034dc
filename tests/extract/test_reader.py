"""A model's folder: what is no model says so in a sentence; what is one gives the same whatever else is read."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kg.errors import ConfigError
from kg.extract import onnx
from kg.extract.nlp import MAX_CHARACTERS, Extractor
from kg.extract.onnx import OnnxScorer
from kg.extract.options import MODEL_VARIABLE, RULES_ONLY, ExtractorOptions, fingerprint
from kg.extract.reader import MODEL_FOLDER, Reader, fingerprint_model, has_model, load_reader
from kg.extract.sentences import split_sentences
from kg.extract.tagging import TYPES
from kg.extract.trained import Mentions
from kg.model import Article

SETTINGS = """
temperature = 1.0
[thresholds]
alias = 0.5
relation = 0.4
time = 0.5
second_sentence = 0.35
"""
PARTS = ("reader", "aliases", "relations", "statements")
WEIGHTS = {**{f"{name}.onnx": "no" for name in PARTS}, "tokenizer.json": "no"}
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
        ({"model.toml": "[thresholds"}, "is no TOML"),
        ({"model.toml": "temperature = 1.0"}, "thresholds.alias is missing"),
        ({"model.toml": "thresholds = 0.5"}, "thresholds is 0.5; a table"),
        ({"model.toml": SETTINGS.replace("0.4", '"high"')}, "thresholds.relation is 'high'; a number from 0 to 1"),
        ({"model.toml": SETTINGS.replace("0.4", "nan")}, "thresholds.relation is nan"),
        ({"model.toml": SETTINGS.replace("0.4", "true")}, "thresholds.relation is True"),
        ({"model.toml": SETTINGS.replace("0.35", "-5")}, "thresholds.second_sentence is -5"),
        ({"model.toml": SETTINGS.replace("1.0", "0")}, "temperature is 0"),
        ({"model.toml": f"shift = inf\n{SETTINGS}"}, "shift is inf"),
        ({"model.toml": f"{SETTINGS}[thresholds.relations]\nLIKES = 0.5"}, "'LIKES', which is no relation"),
        ({"model.toml": f"{SETTINGS}[thresholds.relations]\nOWNS = 2"}, "thresholds.relations.OWNS is 2"),
        ({"model.toml": SETTINGS, **WEIGHTS}, "cannot be read as a part of a model"),
        ({"model.toml": f'{SETTINGS}[sha256]\n"aliases.onnx" = "00"', **WEIGHTS}, "aliases.onnx: is damaged"),
    ],
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
    for name in WEIGHTS:
        (tmp_path / name).write_bytes(b"")
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
    """Of the same sizes, too: what tells is the content of its files."""
    for name in WEIGHTS:
        (tmp_path / name).write_bytes(b"1")
    (tmp_path / "model.toml").write_text(SETTINGS, encoding="utf-8")
    prints = [fingerprint_model(tmp_path)]
    for name in WEIGHTS:
        (tmp_path / name).write_bytes(b"2")
        prints.append(fingerprint_model(tmp_path))
    (tmp_path / "model.toml").write_text(SETTINGS.replace("0.4", "0.3"), encoding="utf-8")
    prints.append(fingerprint_model(tmp_path))
    assert len(set(prints)) == len(WEIGHTS) + 2


@pytest.fixture
def copied_model(tmp_path):
    """A copy of the shipped model that may be damaged."""
    return Path(shutil.copytree(MODEL_FOLDER, tmp_path / "copy"))


@needs_model
@pytest.mark.parametrize("name", [*WEIGHTS])
def test_one_flipped_bit_is_found_before_anything_is_read(copied_model, name):
    path = copied_model / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    told = rf"{re.escape(name)}: is damaged"
    with pytest.raises(ConfigError, match=told):
        fingerprint(ExtractorOptions(model=copied_model))
    with pytest.raises(ConfigError, match=told):
        load_reader(copied_model)


@needs_model
def test_parts_that_changed_their_names_are_found_without_hashes_too(copied_model):
    settings = copied_model / "model.toml"
    settings.write_text(settings.read_text(encoding="utf-8").partition("[sha256]")[0], encoding="utf-8")
    (copied_model / "aliases.onnx").rename(copied_model / "kept")
    (copied_model / "statements.onnx").rename(copied_model / "aliases.onnx")
    (copied_model / "kept").rename(copied_model / "statements.onnx")
    with pytest.raises(ConfigError, match=r"aliases\.onnx: is not the part"):
        load_reader(copied_model)


@needs_model
def test_pairs_are_scored_the_same_however_many_at_once(monkeypatch):
    scorer = OnnxScorer(MODEL_FOLDER, threads=1)
    dice = np.random.default_rng(0)
    count = 40
    starts = np.arange(0, 3 * count, 3)
    heads, tails = np.nonzero(~np.eye(count, dtype=bool))
    width = scorer._sessions["relations"].get_inputs()[0].shape[2]
    given = (
        dice.normal(size=(3 * count, width)).astype(np.float32),
        np.sort(dice.integers(0, 9, 3 * count)),
        Mentions(np.stack([starts, starts + 2], axis=1), np.arange(count)),
        dice.integers(0, len(TYPES), count),
        heads,
        tails,
        dice.integers(0, 20, len(heads)),
    )
    together = scorer.relate(*given)
    monkeypatch.setattr(onnx, "PAIRS_AT_ONCE", 37)
    parts = scorer.relate(*given)
    for whole, joined in zip(together, parts, strict=True):
        assert len(whole) == count * (count - 1)
        np.testing.assert_allclose(joined, whole, rtol=1e-5, atol=1e-5)


@needs_model
def test_statements_do_not_depend_on_what_is_read_beside_them():
    extractor = Extractor(ExtractorOptions(model=MODEL_FOLDER))
    together = list(extractor.extract(ARTICLES * 8))
    alone = [next(extractor.extract([article])) for article in ARTICLES]
    assert together == alone * 8
    assert any(extraction.statements for extraction in alone)


@needs_model
@pytest.mark.parametrize("at_once", [1, 2, 4])
def test_statements_do_not_depend_on_how_many_windows_are_read_at_once(at_once):
    alone = Extractor(ExtractorOptions(model=MODEL_FOLDER, threads=1))
    several = Extractor(ExtractorOptions(model=MODEL_FOLDER, threads=4, at_once=at_once))
    assert list(several.extract(ARTICLES * 4)) == list(alone.extract(ARTICLES * 4))


@needs_model
def test_what_is_left_of_a_text_is_not_read_once_nobody_waits_for_it():
    reader = load_reader(MODEL_FOLDER, threads=2)
    text = ARTICLES[3].text * 20
    begun = reader.begin(text, split_sentences(text), titled=False)
    begun.cancel()
    assert len(begun.windows) > 20
    assert sum(future.cancelled() for future in begun.tagged) >= len(begun.windows) - 3
    reader.pool.shutdown()  # waits for what is being read, a window for each thread
    assert begun.unread == 0


@needs_model
def test_what_an_article_that_fails_has_begun_is_given_up(monkeypatch):
    extractor = Extractor(ExtractorOptions(model=MODEL_FOLDER, threads=2))
    begun = []
    begin = Reader.begin
    monkeypatch.setattr(Reader, "begin", lambda *args, **how: begun.append(begin(*args, **how)) or begun[-1])
    monkeypatch.setattr(sys.modules[Extractor.__module__], "find_times", lambda *args, **how: 1 / 0)
    errors = []
    assert list(extractor.extract([Article("long", ARTICLES[3].text * 20)], on_error=errors.append)) == []
    assert ["ZeroDivisionError" in str(error) for error in errors] == [True]
    assert sum(future.cancelled() for future in begun[0].tagged) >= len(begun[0].windows) - 3


IN_A_SCRIPT = """
import threading
from kg.extract.nlp import Extractor
from kg.extract.options import ExtractorOptions
from kg.model import Article

text = "京东回应称，不会收购拼多多。" * 30
extractor = Extractor(ExtractorOptions(threads=2))
articles = [Article(str(number), text * size) for number, size in enumerate(SIZES)]
"""


@needs_model
def test_a_thread_that_outlives_the_main_one_goes_on_extracting():
    script = (
        IN_A_SCRIPT.replace("SIZES", "[1, 2, 3]")
        + """
def work():
    threading.main_thread().join()
    print([extraction.article.id for extraction in extractor.extract(articles)])

threading.Thread(target=work).start()
"""
    )
    assert _run(script) == "['0', '1', '2']\n"


@needs_model
def test_a_program_ends_without_reading_what_it_has_not_asked_for():
    # The long article takes some minutes.
    script = (
        IN_A_SCRIPT.replace("SIZES", "[1, 1000]")
        + """
extractions = extractor.extract(articles)
print(next(extractions).article.id)
"""
    )
    assert _run(script) == "0\n"


@needs_model
@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_an_extractor_that_was_used_extracts_in_a_forked_process_too():
    script = (
        IN_A_SCRIPT.replace("SIZES", "[1, 2, 3]")
        + """
import os

found = list(extractor.extract(articles))
if not (child := os.fork()):
    os._exit(0 if list(extractor.extract(articles)) == found else 1)
print(os.waitpid(child, 0)[1])
"""
    )
    assert _run(script) == "0\n"


def _run(script):
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_model
def test_articles_before_one_that_fails_are_out_before_it_and_those_behind_it_after():
    said = []
    long = Article("long", "长" * (MAX_CHARACTERS + 1))
    extractor = Extractor(ExtractorOptions(model=MODEL_FOLDER, threads=2))
    for extraction in extractor.extract(
        [ARTICLES[0], long, ARTICLES[1]], on_error=lambda error: said.append(str(error))
    ):
        said.append(extraction.article.id)
    assert [line.partition(":")[0] for line in said] == ["a", "long", "b"]


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
