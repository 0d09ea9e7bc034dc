"""The extractor in a pipeline of spaCy's: the same statements as without it."""

from pathlib import Path

import pytest

from kg.errors import ConfigError, ExtractionError
from kg.extract.nlp import MAX_CHARACTERS, Extractor
from kg.model import Article

spacy = pytest.importorskip("spacy", reason="spaCy is not installed: pip install 'kg-partners[spacy]'")

TEXT = "5月7日★■,小红书与淘宝天猫在上海签署战略合作协议★★◆。小红书COO柯南表示★■,不急。"


@pytest.fixture(scope="module")
def nlp():
    pipeline = spacy.blank("zh")
    pipeline.add_pipe("kg")
    return pipeline


def test_a_pipeline_states_what_the_extractor_states(nlp):
    doc = nlp.make_doc(TEXT)
    doc._.kg_id, doc._.kg_date = "a", "2025-05-08"
    doc = nlp(doc)
    (expected,) = Extractor().extract([Article("a", TEXT, date="2025-05-08")])
    assert doc._.kg == expected
    (deal,) = [s for s in doc._.kg.statements if s.relation == "PARTNERS_WITH"]
    assert deal.time == "2025-05-07"
    assert doc.text[deal.evidence.start : deal.evidence.end] == deal.evidence.text


def test_mentions_are_spans_with_types_over_the_raw_text(nlp):
    doc = nlp(TEXT)
    assert {("小红书", "Platform"), ("柯南", "Person")} <= {(span.text, span.label_) for span in doc.spans["kg"]}


def test_many_texts_pass_through_in_order_and_a_title_apart_is_read(nlp):
    docs = list(nlp.pipe(["京东与顺丰签署战略合作协议。", "", "没有什么可说的。"]))
    assert [len(doc._.kg.statements) > 0 for doc in docs] == [True, False, False]
    doc = nlp.make_doc("昨日，两家公司都没有回应。")
    doc._.kg_title = "京东与顺丰签署战略合作协议"
    assert [s.evidence.start for s in nlp(doc)._.kg.statements if s.relation == "PARTNERS_WITH"] == [-1]


def test_a_users_files_are_taken_and_wrong_ones_named(tmp_path: Path):
    path = tmp_path / "mine.toml"
    path.write_text(
        '[[pattern]]\nform = "{a}~把灯塔交给{b}"\ngives = "{a} SUPPLIES {b}"\nconfidence = 0.9\n', encoding="utf-8"
    )
    pipeline = spacy.blank("zh")
    pipeline.add_pipe("kg", config={"model": "none", "patterns": str(path)})
    assert [s.relation for s in pipeline("京东把灯塔交给顺丰。")._.kg.statements] == ["SUPPLIES"]
    with pytest.raises(ConfigError, match="nowhere"):
        spacy.blank("zh").add_pipe("kg", config={"model": str(tmp_path / "nowhere")})


def test_a_text_that_is_too_long_is_refused(nlp):
    doc = spacy.tokens.Doc(nlp.vocab, words=["字" * (MAX_CHARACTERS + 1)], spaces=[False])
    with pytest.raises(ExtractionError, match="more than"):
        nlp(doc)
