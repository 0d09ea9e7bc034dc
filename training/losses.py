"""What a model is told it got wrong, on a batch of annotated windows or of what a teacher says of them."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from .examples import IGNORED
from .model import Reader

Batch = dict[str, Any]


class Outputs:
    """All heads of one pass over a batch, in fp32."""

    __slots__ = ("attention", "evidence", "hidden", "known", "pairs", "relations", "status", "tags", "time")

    def __init__(self) -> None:
        self.hidden = self.tags = self.relations = self.known = self.attention = None
        self.status = self.evidence = self.time = self.pairs = None


def read(model: Reader, batch: Batch, said: Tensor | None) -> Outputs:
    """`said` [B, S, 4]: the statements (pair, head, tail, relation) to report on; None: no report."""
    out = Outputs()
    hidden = model.encode(batch["ids"], batch["mask"])
    out.hidden = hidden
    out.tags = model.tagger(hidden, model.letters(batch["letters"]), batch["place"], batch["slots"]).float()
    place = (batch["starts"], batch["ends"], batch["owner"])
    relations, out.known, out.attention = model.relator(
        hidden,
        batch["mask"],
        batch["sentences"],
        *place,
        batch["types"],
        batch["heads"],
        batch["tails"],
        batch["distances"],
        batch["numbers"],
        None if said is None else said[..., 0],
    )
    out.relations = relations.float()
    if said is not None:
        report(model, out, batch, said)
    return out


def report(model: Reader, out: Outputs, batch: Batch, said: Tensor) -> None:
    known = out.known.gather(1, said[..., :1].expand(-1, -1, out.known.shape[-1]))
    status, evidence, time = model.reporter(
        out.hidden,
        batch["mask"],
        batch["sentences"],
        batch["starts"],
        batch["ends"],
        batch["owner"],
        batch["types"].shape[1],
        known,
        said[..., 1],
        said[..., 2],
        said[..., 3],
        batch["times"],
        batch["numbers"],
    )
    out.status, out.evidence, out.time = status.float(), evidence.float(), time.float()


def gold_losses(model: Reader, out: Outputs, batch: Batch) -> dict[str, Tensor]:
    """Losses against the annotation; each about one at the start of training, none where the batch has nothing of it."""
    losses = {"tags": tag_loss(out.tags, batch["tags"])}
    targets = batch["targets"]
    counted = targets != IGNORED
    raw = functional.binary_cross_entropy_with_logits(out.relations, targets.clamp(min=0), reduction="none")
    positives = (targets == 1).sum()
    losses["relations"] = (raw * counted).sum() / (positives + 1)

    there = batch["said_there"]
    if batch["has_statements"]:
        losses["status"] = -(out.status.log_softmax(-1) * batch["said_status"]).sum(-1)[there].mean()
        losses["evidence"] = _any_of(out.evidence, batch["said_evidence"], there)
        losses["time"] = _any_of(out.time, batch["said_time"], there)
        # where the pair's attention looked: the sentences that say it
        looked = out.attention.float()  # [B, S, L]
        right = batch["said_evidence"].float().gather(
            2, batch["sentences"].clamp(min=0).unsqueeze(1).expand(-1, there.shape[1], -1)
        ) * (batch["sentences"] >= 0).unsqueeze(1)
        has = there & batch["said_evidence"].any(-1)
        losses["looked"] = -((looked * right).sum(-1).clamp(min=1e-6).log() * has).sum() / has.sum().clamp(min=1)
    chosen = batch["alias_targets"] != IGNORED
    if batch["has_aliases"]:
        same = model.relator.same(
            out.hidden,
            batch["starts"],
            batch["ends"],
            batch["names"],
            batch["aliases"],
            batch["alias_features"],
            batch["name_count"],
        ).float()
        raw = functional.binary_cross_entropy_with_logits(same, batch["alias_targets"].clamp(min=0), reduction="none")
        losses["aliases"] = (raw * chosen).sum() / ((batch["alias_targets"] == 1).sum() + 1)
    return losses


WEIGHTS = {"tags": 1.0, "relations": 1.0, "status": 0.3, "evidence": 0.3, "time": 0.3, "looked": 0.1, "aliases": 0.2,
           "ner": 0.5, "finre": 0.5, "hidden": 3.0, "taught_tags": 1.0, "taught_relations": 1.0, "taught_report": 0.3}  # fmt: skip


def total(losses: dict[str, Tensor]) -> Tensor:
    return sum(WEIGHTS[name] * loss for name, loss in losses.items())


def tag_loss(logits: Tensor, tags: Tensor) -> Tensor:
    """Cross-entropy over characters, per name: long texts with few names must not drown the rest."""
    raw = functional.cross_entropy(logits.flatten(0, 1), tags.flatten(), ignore_index=IGNORED, reduction="sum")
    return raw / (((tags > 0) & (tags % 2 == 1)).sum() * 3 + (tags == 0).sum() / 50 + 1)


def _any_of(logits: Tensor, right: Tensor, there: Tensor) -> Tensor:
    """Cross-entropy where any of several answers is right; statements without one do not count."""
    usable = there & right.any(-1)
    chances = logits.log_softmax(-1).masked_fill(~right, -1e4).logsumexp(-1)
    return -(chances * usable).sum() / usable.sum().clamp(min=1)


def taught_losses(student: Outputs, teacher: Outputs, batch: Batch) -> dict[str, Tensor]:
    """Losses against a teacher's outputs on the same batch."""
    there = (batch["tags"] != IGNORED).unsqueeze(-1)
    taught = teacher.tags.softmax(-1)
    raw = functional.kl_div(student.tags.log_softmax(-1), taught, reduction="none") * there
    names = (taught[..., 1::2].sum(-1) * there[..., 0]).sum()
    losses = {"taught_tags": raw.sum() / (3 * names + there.sum() / 50 + 1)}

    counted = batch["targets"] != IGNORED
    chances = teacher.relations.sigmoid()
    raw = functional.binary_cross_entropy_with_logits(student.relations, chances, reduction="none")
    floor = functional.binary_cross_entropy_with_logits(teacher.relations, chances, reduction="none")
    losses["taught_relations"] = ((raw - floor) * counted).sum() / ((chances * counted).sum() + 1)

    mask = batch["mask"].bool()
    losses["hidden"] = (1 - functional.cosine_similarity(student.hidden.float(), teacher.hidden.float(), dim=-1))[
        mask
    ].mean()
    if teacher.status is not None:
        said = batch["taught_there"]
        parts = []
        for name in ("status", "evidence", "time"):
            mine, theirs = getattr(student, name), getattr(teacher, name)
            kl = functional.kl_div(mine.log_softmax(-1), theirs.softmax(-1), reduction="none").sum(-1)
            parts.append((kl * said).sum() / said.sum().clamp(min=1))
        losses["taught_report"] = sum(parts)
    return losses


def choose_statements(relations: Tensor, batch: Batch, *, most: int = 40, least: float = 0.3) -> tuple[Tensor, Tensor]:
    """The statements a teacher makes: (pair, head, tail, relation) [B, S, 4] of the surest, and which of them count [B, S]."""
    chances = relations.sigmoid().masked_fill(batch["targets"] == IGNORED, 0.0).flatten(1)
    best, index = chances.topk(min(most, chances.shape[1]), dim=1)
    pair, relation = index // relations.shape[-1], index % relations.shape[-1]
    heads, tails = batch["heads"].gather(1, pair), batch["tails"].gather(1, pair)
    return torch.stack([pair, heads, tails, relation], -1), best > least


class Average:
    """A running average of a module's weights."""

    def __init__(self, model: nn.Module, *, decay: float) -> None:
        self.decay, self.steps = decay, 0
        self.weights = {name: value.detach().clone() for name, value in model.state_dict().items()}

    def update(self, model: nn.Module) -> None:
        self.steps += 1
        share = 1 - min(self.decay, self.steps / (self.steps + 10))
        state = model.state_dict()
        floats = [n for n, v in state.items() if v.is_floating_point()]
        torch._foreach_lerp_([self.weights[n] for n in floats], [state[n] for n in floats], share)

    def copy_to(self, model: nn.Module) -> None:
        model.load_state_dict(self.weights)
