"""The extractor as a whole: evidence in raw offsets, titles, confidence, failures, odd articles."""

import pickle
import random
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import ConfigError, ExtractionError
from kg.extract.nlp import MAX_CHARACTERS, Extractor
from kg.extract.options import ExtractorOptions, fingerprint
from kg.model import Article, Extraction
from kg.ontology import load_ontology

TEXT = "2023年★■,小红书关停了自营电商业务★■■◆“小绿洲”和“福利社”★★◆。小红书COO柯南曾表示★■,不急。"


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor()


def extract(extractor: Extractor, text: str, **fields: object) -> Extraction:
    return next(extractor.extract([Article("a", text, **fields)]))  # type: ignore[arg-type]


def test_evidence_is_the_raw_text_with_its_noise(extractor: Extractor) -> None:
    (statement,) = [
        s for s in extract(extractor, TEXT).statements if s.tail.name == "福利社" and s.relation == "SHUTS_DOWN"
    ]
    assert statement.evidence.text == TEXT[statement.evidence.start : statement.evidence.end]
    assert statement.evidence.text.startswith("2023年★■,小红书关停了")
    assert "★■■◆“小绿洲”" in statement.evidence.text
    assert statement.time == "2023"


def test_what_only_a_separate_title_says_has_no_offsets(extractor: Extractor) -> None:
    extraction = extract(extractor, "昨日，两家公司都没有回应。", title="京东与顺丰签署战略合作协议")
    (statement,) = [s for s in extraction.statements if s.relation == "PARTNERS_WITH"]
    assert (statement.evidence.start, statement.evidence.end) == (-1, -1)
    assert statement.evidence.text == "京东与顺丰签署战略合作协议"


def test_evidence_of_a_separate_title_is_the_title_as_given(extractor: Extractor) -> None:
    title = "合作｜京东★与顺丰　签署战略合作协议"
    extraction = extract(extractor, "昨日，两家公司都没有回应。", title=title)
    (statement,) = [s for s in extraction.statements if s.relation == "PARTNERS_WITH"]
    assert statement.evidence.text in title
    assert "京东★与顺丰" in statement.evidence.text


def test_a_title_within_the_text_is_read_once(extractor: Extractor) -> None:
    text = "京东与顺丰签署战略合作协议\n\n昨日，两家公司都没有回应。"
    extraction = extract(extractor, text, title="京东与顺丰签署战略合作协议", title_in_text=True)
    (statement,) = [s for s in extraction.statements if s.relation == "PARTNERS_WITH"]
    assert (statement.evidence.start, statement.evidence.end) == (0, 13)


def test_shuffled_paragraphs_say_the_same(extractor: Extractor) -> None:
    paragraphs = [
        "5月7日，小红书与淘宝天猫签署战略合作。",
        "2023年，小红书关停了自营电商业务“小绿洲”。",
        "小红书COO柯南表示，不急。",
        "去年9月，淘宝接入微信支付。",
    ]
    said = set()
    for seed in range(4):
        random.Random(seed).shuffle(paragraphs)
        found = extract(extractor, "\n\n".join(paragraphs), date="2025-05-09").statements
        said.add(frozenset((s.head.name, s.relation, s.tail.name, s.status, s.time) for s in found))
    assert len(said) == 1


def test_statements_below_the_minimum_confidence_are_rejected_with_the_reason() -> None:
    everything = extract(Extractor(), TEXT)
    nothing = extract(Extractor(ExtractorOptions(min_confidence=1.0)), TEXT)
    assert everything.statements
    assert not nothing.statements
    assert {r.reason for r in nothing.rejected} == {"confidence below the minimum"}
    assert all(0 < s.confidence <= 1 for s in everything.statements)


def test_what_the_ontology_forbids_is_not_stated(extractor: Extractor) -> None:
    ontology = load_ontology()
    for path in sorted((Path(__file__).parents[2] / "examples").glob("*.txt")):
        for s in extract(extractor, path.read_text(encoding="utf-8")).statements:
            assert ontology.fault(s.head.type, s.relation, s.tail.type, s.status) is None
            assert s.head.name != s.tail.name


@pytest.mark.parametrize(
    "text", ["", " ", "\n\n\n", "★■◆", "0", "\x00\x00", "。", "“”", "（）", "a" * 5000, "\ud800小红书"]
)
def test_odd_articles_give_an_empty_extraction(extractor: Extractor, text: str) -> None:
    extraction = extract(extractor, text)
    assert extraction.article.id == "a"
    assert extraction.statements == ()


def test_an_article_that_is_too_long_fails_alone(extractor: Extractor) -> None:
    errors: list[ExtractionError] = []
    articles = [Article("good", TEXT), Article("long", "长，" * MAX_CHARACTERS), Article("last", TEXT)]
    ids = [e.article.id for e in extractor.extract(articles, on_error=errors.append)]
    assert ids == ["good", "last"]
    assert "split the file into its articles" in str(errors[0])
    with pytest.raises(ExtractionError, match="long"):
        list(extractor.extract(articles))


def test_articles_come_out_one_by_one_and_in_their_order(extractor: Extractor) -> None:
    taken: list[str] = []

    def articles() -> Iterator[Article]:
        for number in range(7):
            taken.append(str(number))
            yield Article(str(number), TEXT)

    for extraction in extractor.extract(articles()):
        assert extraction.article.id == taken[-1]
    assert taken == [str(number) for number in range(7)]


def test_whatever_a_step_raises_costs_one_article(extractor: Extractor, monkeypatch: pytest.MonkeyPatch) -> None:
    def find(text: str, *, anchor: str | None) -> list[object]:
        if text.startswith("坏"):
            raise RecursionError("too deep")
        return []

    monkeypatch.setattr(sys.modules[Extractor.__module__], "find_times", find)
    errors: list[ExtractionError] = []
    articles = [Article("a", TEXT), Article("b", "坏" + TEXT), Article("c", TEXT)]
    assert [e.article.id for e in extractor.extract(articles, on_error=errors.append)] == ["a", "c"]
    assert [str(error) for error in errors] == ["b: RecursionError('too deep')"]
    assert isinstance(errors[0].__cause__, RecursionError)
    with pytest.raises(ExtractionError, match="b: RecursionError"):
        list(extractor.extract(articles))


def test_the_fingerprint_changes_with_the_users_files_and_options(tmp_path: Path) -> None:
    path = tmp_path / "names.toml"
    path.write_text('[entities]\nBrand = ["雾野"]\n', encoding="utf-8")
    one = fingerprint(ExtractorOptions(gazetteer=path))
    path.write_text('[entities]\nBrand = ["雾里"]\n', encoding="utf-8")
    two = fingerprint(ExtractorOptions(gazetteer=path))
    assert len({one, two, fingerprint(ExtractorOptions()), fingerprint(ExtractorOptions(min_confidence=0.5))}) == 4
    assert fingerprint(ExtractorOptions()) == fingerprint(ExtractorOptions())


def test_two_extractors_in_one_process_keep_to_their_own_files(tmp_path: Path) -> None:
    path = tmp_path / "names.toml"
    path.write_text('[entities]\nBrand = ["雾野"]\n', encoding="utf-8")
    text = "雾野与京东达成合作。"
    theirs, ours = Extractor(ExtractorOptions(gazetteer=path)), Extractor()
    assert "雾野" in {e.name for e in extract(theirs, text).entities}
    assert "雾野" not in {e.name for e in extract(ours, text).entities}
    assert "雾野" in {e.name for e in extract(theirs, text).entities}


def test_a_wrong_gazetteer_is_refused_when_the_extractor_is_made(tmp_path: Path) -> None:
    path = tmp_path / "names.toml"
    path.write_text('[entities]\nShop = ["雾野"]\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"names\.toml:2: unknown entity type 'Shop'"):
        Extractor(ExtractorOptions(gazetteer=path))


def test_options_travel_to_other_processes() -> None:
    options = ExtractorOptions(gazetteer=Path("a.toml"), min_confidence=0.3)
    assert pickle.loads(pickle.dumps(options)) == options


ALPHABET = "小红书淘宝京东与和合作推出关停了“”、，。；：（）《》·ABC 0123年月日★■\n该公司双方其后者COO柯南表示将拟否认"


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=ALPHABET, max_size=120))
def test_any_text_gives_statements_whose_evidence_stands_in_it(text: str) -> None:
    extraction = extract(_SHARED, text, date="2024-06-15")
    names = {name for e in extraction.entities for name in e.names}
    for s in extraction.statements:
        assert text[s.evidence.start : s.evidence.end] == s.evidence.text
        assert {s.head.name, s.tail.name} <= names


_SHARED = Extractor()
