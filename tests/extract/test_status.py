"""A status beside another: a rumour and its denial, a plan that is hearsay, a title that was once."""

from pathlib import Path

import pytest

from kg.errors import ConfigError
from kg.extract.assembly import Finding
from kg.extract.nlp import Extractor
from kg.extract.options import RULES_ONLY, ExtractorOptions
from kg.extract.patterns import PATTERNS_FILE, StatusPair, read_patterns
from kg.extract.sentences import split_sentences
from kg.extract.status import CueSearch, tell_beside
from kg.model import Article, Span
from kg.ontology import load_ontology

PAIRS = read_patterns(PATTERNS_FILE, load_ontology()).pairs


def told(text: str, status: str, passage: str, pairs: tuple[StatusPair, ...] = PAIRS) -> list[tuple[str, str]]:
    """(status, evidence) of what a finding with that status and passage becomes."""
    start = text.index(passage)
    finding = Finding(0, "ACQUIRES", 1, status, None, Span(start, start + len(passage)), 0.9)
    found = tell_beside(CueSearch(text), finding, split_sentences(text), pairs)
    return [(f.status, text[f.evidence.start : f.evidence.end]) for f in found]


def test_a_denial_that_tells_of_a_report_is_a_rumour_too() -> None:
    text = "针对收购晨星的传闻，远山科技昨日否认。股价未动。"
    passage = "针对收购晨星的传闻，远山科技昨日否认。"
    assert told(text, "denied", passage) == [("denied", passage), ("rumored", passage)]


def test_a_rumour_that_the_next_sentence_denies_is_denied_with_that_sentence() -> None:
    text = "有消息称远山科技拟收购晨星。远山科技回应：不属实。此外公司发布年报。"
    first = "有消息称远山科技拟收购晨星。"
    assert told(text, "rumored", first) == [("rumored", first), ("denied", first + "远山科技回应：不属实。")]


def test_a_denial_two_sentences_on_is_about_something_else() -> None:
    text = "有消息称远山科技拟收购晨星。股价大涨。公司否认裁员。"
    assert told(text, "rumored", "有消息称远山科技拟收购晨星。") == [("rumored", "有消息称远山科技拟收购晨星。")]


def test_a_plan_by_hearsay_is_a_rumour_and_no_plan() -> None:
    text = "知情人士称，远山科技将收购晨星。"
    assert told(text, "planned", text) == [("rumored", text)]


def test_a_plan_by_hearsay_that_is_denied_is_both_rumour_and_denial() -> None:
    text = "知情人士称远山科技将收购晨星，公司否认。"
    assert told(text, "planned", text) == [("rumored", text), ("denied", text)]


@pytest.mark.parametrize("status", ["actual", "ended"])
def test_what_is_told_as_fact_stays_one(status: str) -> None:
    text = "传闻成真：远山科技收购晨星，此前双方均否认。"
    assert told(text, status, text) == [(status, text)]


def test_the_end_of_the_text_has_no_next_sentence() -> None:
    assert told("有消息称将收购晨星", "rumored", "有消息称将收购晨星") == [("rumored", "有消息称将收购晨星")]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("京东前COO张维安创办了一家公司。", "ended"),
        ("京东原首席执行官张维安创办了一家公司。", "ended"),
        ("京东集团前任CEO张维安创办了一家公司。", "ended"),
        ("京东COO张维安出席。", "actual"),
        ("京东新任COO张维安出席。", "actual"),
    ],
)
def test_a_former_title_has_ended(text: str, status: str) -> None:
    extraction = next(Extractor(ExtractorOptions(model=RULES_ONLY)).extract([Article("a", text)]))
    assert {(s.relation, s.status) for s in extraction.statements if s.head.name == "张维安"} >= {
        ("HOLDS_POSITION", status),
        ("WORKS_FOR", status),
    }


def test_a_user_may_add_pairs_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[[beside]]\nstatus = "planned"\nalso = "denied"\nsentence = ["黄了"]\n', encoding="utf-8")
    pairs = read_patterns(path, load_ontology()).pairs
    assert told("收购晨星的计划黄了。", "planned", "收购晨星的计划黄了。", pairs) == [
        ("planned", "收购晨星的计划黄了。"),
        ("denied", "收购晨星的计划黄了。"),
    ]


@pytest.mark.parametrize(
    ("table", "line", "said"),
    [
        ('status = "denied"\nalso = "maybe"\nsentence = ["传"]', 3, "unknown status 'maybe'"),
        ('status = "denied"\nalso = "denied"\nsentence = ["传"]', 3, "needs no second such status"),
        ('status = "denied"\nalso = "rumored"', 1, "needs sentence"),
        ('status = "denied"\nalso = "rumored"\nsentence = ["("]', 4, "wrong regular expression"),
        ('status = "denied"\nalso = "rumored"\nsentence = ["传"]\nfollows = 1', 5, "follows must be true or false"),
        ('status = "denied"\nalso = "rumored"\nsentence = ["传"]\nclause = ["传"]', 5, "unknown key 'clause'"),
    ],
)
def test_a_wrong_pair_is_named_with_its_line(tmp_path: Path, table: str, line: int, said: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f"[[beside]]\n{table}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"mine\.toml:{line}: .*{said}"):
        read_patterns(path, load_ontology())
