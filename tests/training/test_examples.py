"""Documents become arrays that say what a model shall say; batches hold them with padding that nothing counts."""

import itertools

import numpy as np
import pytest

from kg.extract.linking import RELATIONS
from kg.extract.tagging import TYPES
from kg.model import STATUSES
from training.annotated import Document, Relation
from training.examples import IGNORED, collate, make_examples


@pytest.fixture(scope="module")
def examples(documents, tokenizer):
    return [example for document in documents for example in make_examples(document, tokenizer)]


def named(document, example, number):
    """The forms of one of a window's entities."""
    found = set()
    for (start, end), owner in zip(example.spans, example.owner, strict=True):
        if owner == number:
            inside = [
                int(o) for o, p in zip(example.window.offsets, example.window.pieces, strict=True) if start <= p < end
            ]
            found.add(document.text[min(inside) : max(inside) + 1])
    return found


def test_a_short_text_is_one_window(documents, examples):
    assert len(examples) == len(documents)


def test_tags_cut_names_where_they_end_even_inside_a_piece(documents, examples):
    bank = examples[6]
    letters = [documents[6].text[o] for o in bank.window.offsets]
    starts = [n for n, tag in enumerate(bank.tags) if tag == 1 + 2 * TYPES.index("Company")]
    assert ["".join(letters[n : n + 4]) for n in starts] == ["金穗银行", "金穗银行", "东湖证券"]
    assert bank.tags[starts[0] + 4] == 0
    assert bank.window.pieces[starts[0] + 3] == bank.window.pieces[starts[0] + 4]


def test_a_symmetric_relation_is_right_in_both_directions_and_another_in_one(documents, examples):
    first = examples[0]
    said = {
        (named(documents[0], first, h).pop(), RELATIONS[r], named(documents[0], first, t).pop())
        for _, h, t, r, *_ in first.statements
    }
    assert said == {
        ("青禾网", "PARTNERS_WITH", "蓝桥支付"),
        ("蓝桥支付", "PARTNERS_WITH", "青禾网"),
        ("林北", "WORKS_FOR", "青禾网"),
    }


def test_a_statement_knows_its_status_sentences_and_time(examples):
    (*_, relation, statuses, sentences, times), *_ = examples[1].statements
    assert (RELATIONS[relation], [STATUSES[s] for s in statuses], sentences, times) == (
        "INVESTS_IN",
        ["planned"],
        [0],
        [0],
    )


def test_what_nobody_knows_is_not_taught(tokenizer):
    text = "青禾网与蓝桥支付合作。青禾网宣布。"
    mentions = [(0, 3, 0, "青禾网"), (4, 8, 1, "蓝桥支付"), (11, 14, 0, "青禾网")]

    def example(kind, relation):
        document = Document("x", kind, text, [(0, 11), (11, 17)], [], ["Platform", "Platform"], mentions, [relation])
        return make_examples(document, tokenizer)[0]

    unknown = example("dated", Relation(0, "PARTNERS_WITH", 1, "actual", None, [0]))
    assert unknown.statements[0][-1] is None
    sentence = example("sentences", Relation(0, "PARTNERS_WITH", 1, "actual", [], [0]))
    assert sentence.statements[0][-1] is None, "single sentences have no day, so no time can be read off them"


def test_evidence_outside_the_window_leaves_the_pair_open(tokenizer):
    parts = ["青禾网与蓝桥支付一同宣布。"] + ["今天气温下降，市民出门请添衣。"] * 4 + ["青禾网收购蓝桥支付。"]
    text = "".join(parts)
    starts = np.cumsum([0, *map(len, parts)])
    sentences = [(int(a), int(b)) for a, b in itertools.pairwise(starts)]
    last = int(starts[-2])
    mentions = [
        (0, 3, 0, "青禾网"),
        (4, 8, 1, "蓝桥支付"),
        (last, last + 3, 0, "青禾网"),
        (last + 5, last + 9, 1, "蓝桥支付"),
    ]
    document = Document(
        "x",
        "written",
        text,
        sentences,
        [],
        ["Platform", "Platform"],
        mentions,
        [Relation(0, "ACQUIRES", 1, "actual", [], [5])],
    )
    first, *_, final = make_examples(document, tokenizer, titled=False, max_pieces=40)
    assert [tuple(row[1:]) for row in first.targets] == [(RELATIONS.index("ACQUIRES"), IGNORED)]
    assert first.statements == []
    assert [tuple(row[1:]) for row in final.targets] == [(RELATIONS.index("ACQUIRES"), 1)]


def test_pairs_that_the_ontology_forbids_are_not_asked_about(examples):
    batch = collate([examples[3]])
    place, person = TYPES.index("Place"), TYPES.index("Person")
    types = batch["types"][0]
    for p, (h, t) in enumerate(zip(batch["heads"][0], batch["tails"][0], strict=True)):
        if int(types[h]) == person and int(types[t]) == place:
            assert (batch["targets"][0, p, RELATIONS.index("ACQUIRES")] == IGNORED).all()
    assert (batch["targets"] == 1).sum() == 4


def test_a_batch_of_all_has_the_longest_of_each_and_counts_no_padding(examples):
    batch = collate(examples)
    assert batch["ids"].shape == (8, max(len(e.window.ids) for e in examples))
    assert batch["mask"].sum() == sum(len(e.window.ids) for e in examples)
    assert (batch["tags"] != IGNORED).sum() == sum(len(e.tags) for e in examples)
    assert (batch["targets"] == 1).sum() == sum((e.targets[:, 2] == 1).sum() for e in examples)
    assert batch["said_there"].sum() == sum(len(e.statements) for e in examples)


def test_a_text_of_nothing_still_makes_a_batch(tokenizer):
    document = Document("x", "written", "今天", [(0, 2)])
    batch = collate(make_examples(document, tokenizer))
    assert not batch["has_statements"]
    assert not batch["has_aliases"]
    assert batch["heads"].shape == (1, 1)
    assert not batch["pairs"].any()
