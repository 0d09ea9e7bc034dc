"""The heads: what they say of a window depends on nothing beside it."""

import pytest
import torch

from training.examples import collate, make_examples
from training.losses import read
from training.model import Pool, Relator, look, sentences_naming, span_means


@pytest.fixture
def examples(documents, tokenizer):
    return [e for d in documents for e in make_examples(d, tokenizer)]


@torch.no_grad()
def test_a_window_is_read_the_same_alone_and_among_others(reader, examples):
    together = collate(examples)
    among = read(reader, together, together["said"])
    for number, example in enumerate(examples):
        batch = collate([example])
        alone = read(reader, batch, batch["said"])
        letters, pairs, statements = len(example.tags), len(example.heads), len(example.statements)
        torch.testing.assert_close(alone.tags[0], among.tags[number, :letters], atol=1e-4, rtol=0)
        torch.testing.assert_close(alone.relations[0, :pairs], among.relations[number, :pairs], atol=1e-4, rtol=0)
        torch.testing.assert_close(alone.status[0, :statements], among.status[number, :statements], atol=1e-4, rtol=0)
        sentences = example.sentence_count
        torch.testing.assert_close(
            alone.evidence[0, :statements, :sentences],
            among.evidence[number, :statements, :sentences],
            atol=1e-4,
            rtol=0,
        )


@torch.no_grad()
def test_training_and_reading_take_rows_the_same_way(reader, examples):
    batch = collate(examples[:2])
    plain = read(reader, batch, batch["said"])
    with torch.enable_grad():
        tracked = read(reader, batch, batch["said"])
    torch.testing.assert_close(plain.relations, tracked.relations.detach(), atol=1e-4, rtol=0)


def test_padding_alone_gives_no_number_that_is_none(reader, examples):
    batch = collate([examples[4], examples[0]])
    loss = read(reader, batch, batch["said"]).relations.sum()
    loss.backward()
    for name, parameter in reader.named_parameters():
        assert parameter.grad is None or torch.isfinite(parameter.grad).all(), name


def test_blocks_are_the_bilinear_form():
    relator = Relator(32)
    head, tail = torch.randn(2, 5, 512), torch.randn(2, 5, 512)
    shape = (2, 5, 8, 64)
    expected = torch.einsum("bpgi,rgij,bpgj->bpr", head.view(shape), relator.bilinear, tail.view(shape))
    torch.testing.assert_close(relator.cross(head, tail), expected, atol=1e-4, rtol=1e-4)


def test_means_of_spans_and_of_nothing():
    pieces = torch.arange(12.0).view(1, 4, 3)
    found = span_means(pieces, torch.tensor([[0, 2, 1, -1]]), torch.tensor([[2, 3, 1, -1]]))
    assert found[0].tolist() == [[1.5, 2.5, 3.5], [6, 7, 8], [0, 0, 0], [0, 0, 0]]


def test_an_entity_without_a_mention_is_nothing_and_one_with_one_is_it():
    pool, pieces = Pool(3), torch.arange(12.0).view(1, 4, 3)
    starts, ends = torch.tensor([[0, 3]]), torch.tensor([[1, 4]])
    by_count = pool(pieces, starts, ends, torch.tensor([[1, -1]]), 2)
    assert by_count[0].tolist() == [[0, 0, 0], [0, 1, 2]]
    torch.testing.assert_close(pool(pieces, starts, ends, torch.tensor([[1, -1]]), torch.arange(2)), by_count)


def test_sentences_that_name_an_entity():
    sentences = torch.tensor([[-1, 0, 0, 1, 1, -1]])
    named = sentences_naming(sentences, torch.tensor([[1, 3, 4, 0]]), torch.tensor([[0, 0, 1, -1]]), 2, torch.arange(2))
    assert named[0].tolist() == [[1, 1], [0, 1]]


def test_nobody_looks_at_padding():
    query, key = torch.randn(1, 2, 512), torch.randn(1, 4, 512)
    value = torch.zeros(1, 4, 512)
    value[0, 3] = 1e6
    mask = torch.tensor([[1, 1, 1, 0]])
    context, attention = look(
        query,
        torch.zeros(1, 8, 2, 1),
        key,
        value,
        mask,
        torch.tensor([[0, 0, 0, -1]]),
        torch.arange(1),
        torch.tensor([[0, 1]]),
    )
    assert context.abs().max() == 0
    assert attention[0, :, 3].max() == 0
