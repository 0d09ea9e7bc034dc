"""Decoding: from the scores of a model that is right comes the annotation; from any scores, something that may be said."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from kg.extract.linking import RELATIONS, allowed_relations
from kg.extract.tagging import TYPES
from kg.extract.trained import Thresholds, read_text
from kg.model import STATUSES, Span
from tests.extract.oracle import Oracle
from tests.extract.small_tokenizer import make_tokenizer
from training.annotated import Document, Relation, document

DATA = Path(__file__).parents[1] / "training" / "data" / "articles.jsonl"


@pytest.fixture(scope="module")
def documents():
    return [document(json.loads(line), "written") for line in DATA.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def tokenizer(documents):
    return make_tokenizer("".join(d.text for d in documents), ("青禾网", "合作", "银行任命", "科技"))


def read(scorer, tokenizer, found, thresholds=Thresholds(), **options):  # noqa: B008
    sentences, times = [Span(*s) for s in found.sentences], [Span(s, e) for s, e, _ in found.times]
    return read_text(scorer, tokenizer, found.text, sentences, times, titled=True, thresholds=thresholds, **options)


def names_of(found, number):
    return {form for _, _, n, form in found.mentions if n == number}


def test_from_perfect_scores_comes_the_annotation(documents, tokenizer):
    scorer = Oracle(documents, tokenizer)
    for found in documents:
        reading = read(scorer, tokenizer, found)
        meant = [
            next(n for n in range(len(found.types)) if set(e.names) & names_of(found, n)) for e in reading.entities
        ]
        assert sorted(meant) == sorted({n for _, _, n, _ in found.mentions})
        for entity, number in zip(reading.entities, meant, strict=True):
            assert set(entity.names) == names_of(found, number)
            assert entity.type == found.types[number]
            assert list(entity.mentions) == [(s, e) for s, e, n, _ in found.mentions if n == number]
        said = {(s.relation, frozenset((meant[s.head], meant[s.tail]))): s for s in reading.statements}
        assert len(said) == len(reading.statements)
        assert said.keys() == {(r.relation, frozenset((r.head, r.tail))) for r in found.relations}
        for relation in found.relations:
            got = said[relation.relation, frozenset((relation.head, relation.tail))]
            assert (got.status, list(got.sentences), list(got.times)) == (
                relation.status,
                relation.sentences,
                relation.times or [],
            )
            if relation.relation not in ("PARTNERS_WITH", "COMPETES_WITH", "MERGES_WITH"):
                assert (meant[got.head], meant[got.tail]) == (relation.head, relation.tail)


def test_names_of_one_entity_are_one_though_they_stand_in_different_windows(tokenizer):
    parts = ["云帆科技（云帆）宣布。", *["今天气温下降，市民出门请添衣。"] * 60, "云帆收购青禾网。"]
    text = "".join(parts)
    starts = np.cumsum([0, *map(len, parts)]).tolist()
    last = starts[-2]
    mentions = [
        (0, 4, 0, "云帆科技"),
        (5, 7, 0, "云帆"),
        (last, last + 2, 0, "云帆"),
        (last + 4, last + 7, 1, "青禾网"),
    ]
    found = Document(
        "x", "written", text, list(itertools.pairwise(starts)), [], ["Company", "Platform"], mentions,
        [Relation(0, "ACQUIRES", 1, "actual", [], [len(parts) - 1])],
    )  # fmt: skip
    scorer = Oracle([found], tokenizer)
    assert len(scorer.documents) > 1, "the text is longer than a window"
    reading = read(scorer, tokenizer, found)
    assert {frozenset(e.names) for e in reading.entities} == {frozenset({"云帆科技", "云帆"}), frozenset({"青禾网"})}
    (said,) = reading.statements
    assert (said.relation, said.sentences) == ("ACQUIRES", (len(parts) - 1,))


class Parting(Oracle):
    """Knows all but which names are one."""

    def same(self, hidden, names, count, pairs, features):
        return np.full(len(pairs), -9.0, np.float32)


def test_a_bracket_ties_names_that_the_scorer_parts(tokenizer):
    text = "行吟信息科技（即青禾网，下称“行吟”）收购云帆（即王一）。"
    mentions = [
        (0, 6, 0, "行吟信息科技"),
        (8, 11, 1, "青禾网"),
        (15, 17, 2, "行吟"),
        (21, 23, 3, "云帆"),
        (25, 27, 4, "王一"),
    ]
    found = Document(
        "x", "written", text, [(0, len(text))], [], ["Company", "Platform", "Company", "Company", "Person"], mentions, []
    )  # fmt: skip
    assert all(text[start:end] == form for start, end, _, form in mentions)
    reading = read(Parting([found], tokenizer), tokenizer, found)
    assert {frozenset(e.names) for e in reading.entities} == {
        frozenset({"行吟信息科技", "青禾网", "行吟"}),
        frozenset({"云帆"}),
        frozenset({"王一"}),
    }


class Tying(Parting):
    """Ties the given pairs of names, each with its logit, and no others."""

    def __init__(self, found, tokenizer, ties):
        super().__init__([found], tokenizer)
        self.ties = ties

    def same(self, hidden, names, count, pairs, features):
        form = {number: name for _, _, number, name in hidden[1].mentions}
        meant = self._entities(hidden, names)
        return np.array(
            [self.ties.get(form[meant[a]] + "=" + form[meant[b]], -9.0) for a, b in pairs.tolist()], np.float32
        )


def companies(text, *names):
    mentions = [(text.index(name), text.index(name) + len(name), n, name) for n, name in enumerate(names)]
    return Document("x", "written", text, [(0, len(text))], [], ["Company"] * len(names), mentions, [])


def test_two_names_that_the_scorer_parts_are_not_joined_by_a_third(tokenizer):
    found = companies("青禾合并云帆，新公司称青禾云帆。", "青禾", "云帆", "青禾云帆")
    reading = read(Tying(found, tokenizer, {"青禾=青禾云帆": 5.0, "云帆=青禾云帆": 4.0}), tokenizer, found)
    assert {frozenset(e.names) for e in reading.entities} == {frozenset({"青禾", "青禾云帆"}), frozenset({"云帆"})}


def test_names_that_shorten_neither_are_not_joined_whatever_the_scorer_says(tokenizer):
    found = companies("青禾集团投资青禾股份。", "青禾集团", "青禾股份")
    reading = read(Tying(found, tokenizer, {"青禾集团=青禾股份": 9.0}), tokenizer, found)
    assert len(reading.entities) == 2


def test_one_chinese_character_is_no_name_and_one_letter_is(tokenizer):
    found = companies("青禾投资雷神的X。", "青禾", "雷", "X")
    reading = read(Tying(found, tokenizer, {}), tokenizer, found)
    assert {e.names for e in reading.entities} == {("青禾",), ("X",)}


class Wavering(Tying):
    """As sure of every name as it is told."""

    def __init__(self, found, tokenizer, chance):
        super().__init__(found, tokenizer, {})
        self.chance = chance

    def tag(self, window):
        hidden, scores = super().tag(window)
        named = scores.argmax(axis=1) != 0
        scores[named] = np.log(np.where(scores[named] > -1, self.chance, (1 - self.chance) / 20))
        return hidden, scores


@pytest.mark.parametrize(("chance", "names"), [(0.45, 0), (0.55, 1)])
def test_what_is_not_likelier_a_name_of_one_type_than_all_else_is_none(tokenizer, chance, names):
    found = companies("青禾上市。", "青禾")
    assert len(read(Wavering(found, tokenizer, chance), tokenizer, found).entities) == names


class Noise:
    """Scores by chance."""

    def __init__(self, seed):
        self.chance = np.random.default_rng(seed)

    def _some(self, *shape):
        return self.chance.normal(0, 3, shape).astype(np.float32)

    def tag(self, window):
        logits = 4 * self._some(len(window.offsets), 21)  # sure enough that there are names
        return window, logits - np.log(np.exp(logits).sum(-1, keepdims=True))

    def same(self, hidden, names, count, pairs, features):
        return self._some(len(pairs))

    def relate(self, hidden, sentences, entities, types, heads, tails, distances):
        return self._some(len(heads), len(RELATIONS)), self._some(len(heads), 4)

    def report(self, hidden, sentences, sentence_count, entities, count, known, statements, times):
        rows = len(statements)
        return self._some(rows, len(STATUSES)), self._some(rows, sentence_count), self._some(rows, 1 + len(times))


@pytest.mark.parametrize("seed", range(5))
def test_from_any_scores_comes_only_what_may_be_said(documents, tokenizer, seed):
    allowed = allowed_relations()
    for found in documents:
        reading = read(Noise(seed), tokenizer, found)
        taken = [place for entity in reading.entities for place in entity.mentions]
        assert len(taken) == len(set(taken))
        for entity in reading.entities:
            assert entity.mentions
            assert all(found.text[s:e] == found.text[s:e].strip() != "" for s, e in entity.mentions)
        assert len({(s.head, s.relation, s.tail) for s in reading.statements}) == len(reading.statements)
        for said in reading.statements:
            head, tail = (TYPES.index(reading.entities[end].type) for end in (said.head, said.tail))
            assert said.head != said.tail
            assert allowed[head, tail, RELATIONS.index(said.relation)]
            assert 0.5 <= said.score <= 1
            assert set(said.sentences) <= set(range(len(found.sentences)))
            assert list(said.sentences) == list(range(said.sentences[0], said.sentences[-1] + 1))
            assert set(said.times) <= set(range(len(found.times)))


def test_a_higher_threshold_says_less_of_the_same(documents, tokenizer):
    found = documents[3]
    scorer, chance = Oracle(documents, tokenizer), Noise(1)
    scorer.relate, scorer.report = chance.relate, chance.report
    many = read(scorer, tokenizer, found, Thresholds(relation=0.3)).statements
    chance.chance = Noise(1).chance
    few = read(scorer, tokenizer, found, Thresholds(relation=0.9)).statements
    assert len(few) < len(many)
    assert {(s.head, s.relation, s.tail) for s in few} < {(s.head, s.relation, s.tail) for s in many}
    assert min(s.score for s in few) >= 0.9


@pytest.mark.parametrize("text", ["", " ", "。", "\n\n", "😀", "a" * 5000, "青禾网" * 1000])
def test_texts_that_are_none_or_strange_are_read_to_the_end(tokenizer, text):
    sentences = [Span(0, len(text))] if text.strip() else []
    reading = read_text(Noise(0), tokenizer, text, sentences, [], titled=False, thresholds=Thresholds())
    assert all(text[s:e].strip() for entity in reading.entities for s, e in entity.mentions)


class Doubting(Oracle):
    """An oracle that gives the status it means this probability, and the rest in equal parts to the others."""

    chance = 0.0

    def report(self, *given):
        status, *others = super().report(*given)
        rest = (1 - self.chance) / (len(STATUSES) - 1)
        return np.log(np.where(status > 0, self.chance, rest)).astype(np.float32), *others


@pytest.mark.parametrize(("chance", "told"), [(0.45, False), (0.55, True)])
def test_a_status_that_is_less_likely_than_not_is_not_told(documents, tokenizer, chance, told):
    scorer = Doubting(documents, tokenizer)
    scorer.chance = chance
    meant = [relation.status for found in documents for relation in found.relations]
    got = [said.status for found in documents for said in read(scorer, tokenizer, found).statements]
    assert {status for status in meant if status != "actual"}
    assert sorted(got) == (sorted(meant) if told else ["actual"] * len(meant))
