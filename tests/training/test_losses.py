"""Losses fall to nothing where all is right, and what nobody knows costs nothing."""

import pytest
import torch

from kg.extract.linking import RELATIONS
from training.examples import IGNORED, collate, make_examples
from training.losses import Average, Outputs, choose_statements, gold_losses, read, tag_loss, taught_losses, total


@pytest.fixture(scope="module")
def batch(documents, tokenizer):
    return collate([e for d in documents for e in make_examples(d, tokenizer)])


def perfect(batch):
    """Outputs of a model that is sure and right."""
    out = Outputs()
    out.tags = torch.nn.functional.one_hot(batch["tags"].clamp(min=0), 21).float() * 40
    out.relations = (batch["targets"] == 1).float() * 80 - 40
    for name in ("status", "evidence", "time"):
        setattr(out, name, (batch[f"said_{name}"] > 0).float() * 40)
    sentences = batch["sentences"]
    right = (
        batch["said_evidence"]
        .float()
        .gather(2, sentences.clamp(min=0).unsqueeze(1).expand(-1, batch["said"].shape[1], -1))
    )
    right = right * (sentences >= 0).unsqueeze(1)
    out.attention = right / right.sum(-1, keepdim=True).clamp(min=1)
    out.hidden = torch.zeros(*batch["ids"].shape, 8)
    return out


class SureOfNames:
    """Stands where `gold_losses` asks a Reader about names."""

    def __init__(self, batch):
        self.relator, self.batch = self, batch

    def same(self, *_):
        return (self.batch["alias_targets"] == 1).float() * 80 - 40


def test_a_model_that_is_right_and_sure_has_no_loss(batch):
    losses = gold_losses(SureOfNames(batch), perfect(batch), batch)
    assert set(losses) == {"tags", "relations", "status", "evidence", "time", "looked", "aliases"}
    for name, loss in losses.items():
        assert abs(float(loss)) < 1e-3, name


@pytest.mark.parametrize("name", ["tags", "relations", "status", "evidence", "time"])
def test_each_loss_is_of_its_own_output(batch, name):
    out = perfect(batch)
    setattr(out, name, -getattr(out, name))
    wrong = {key for key, loss in gold_losses(SureOfNames(batch), out, batch).items() if float(loss) > 0.1}
    assert wrong == {name}


def test_padding_and_what_is_forbidden_cost_nothing(batch):
    out = perfect(batch)
    out.tags[batch["tags"] == IGNORED] = 1000
    out.relations[batch["targets"] == IGNORED] = 1000
    losses = gold_losses(SureOfNames(batch), out, batch)
    assert float(losses["tags"]) < 1e-3
    assert float(losses["relations"]) < 1e-3


def test_long_texts_without_names_do_not_drown_the_others():
    tags = torch.tensor([[1, 2, 2] + [0] * 17])
    wrong = torch.zeros(1, 20, 21)
    long = torch.zeros(1, 200, 21)
    padded = torch.cat([tags, torch.zeros(1, 180, dtype=torch.int64)], 1)
    long[:, 20:, 0] = 40
    assert float(tag_loss(long, padded)) == pytest.approx(float(tag_loss(wrong, tags)), rel=0.5)


def test_a_batch_of_nothing_gives_losses_that_are_numbers(reader, documents, tokenizer):
    batch = collate(make_examples(documents[4], tokenizer))
    losses = gold_losses(reader, read(reader, batch, batch["said"]), batch)
    assert set(losses) == {"tags", "relations"}
    assert torch.isfinite(total(losses))


def test_a_student_that_says_what_its_teacher_says_has_no_loss(reader, batch):
    with torch.no_grad():
        taught = read(reader, batch, batch["said"])
        batch = {**batch, "taught_there": batch["said_there"]}
        losses = taught_losses(taught, taught, batch)
    assert set(losses) == {"taught_tags", "taught_relations", "hidden", "taught_report"}
    for name, loss in losses.items():
        assert abs(float(loss)) < 1e-4, name


def test_a_teacher_speaks_of_the_surest_and_only_what_it_believes(batch):
    relations = torch.full(batch["targets"].shape, -9.0)
    sure = RELATIONS.index("PARTNERS_WITH")
    assert batch["targets"][0, 0, sure] != IGNORED
    relations[0, 0, sure] = 5.0
    relations[batch["targets"] == IGNORED] = 9.0
    said, there = choose_statements(relations, batch)
    assert there.sum() == 1
    assert said[0, 0].tolist() == [0, int(batch["heads"][0, 0]), int(batch["tails"][0, 0]), sure]


def test_an_average_starts_at_the_weights_and_follows_them():
    module = torch.nn.Linear(2, 1, bias=False)
    torch.nn.init.zeros_(module.weight)
    average = Average(module, decay=0.9)
    torch.nn.init.ones_(module.weight)
    for _ in range(5):
        average.update(module)
    assert 0 < float(average.weights["weight"][0, 0]) < 1
    for _ in range(200):
        average.update(module)
    assert float(average.weights["weight"][0, 0]) == pytest.approx(1, abs=1e-3)
    torch.nn.init.zeros_(module.weight)
    average.copy_to(module)
    assert float(module.weight[0, 0].detach()) == pytest.approx(1, abs=1e-3)
