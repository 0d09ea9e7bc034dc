"""Joint heads on one encoder: tags a character, relations a pair of entities, status, time and evidence a statement.

What is shipped is these modules, exported: `Tagger` (with the encoder), `Relator`, `Reporter`. Shapes: B windows, L pieces,
C characters, M mentions, E entities, P pairs, S statements, N sentences, T times; -1 marks what is not there.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from kg.extract.linking import ALIAS_FEATURES, DISTANCES, RELATIONS
from kg.extract.tagging import TYPES, count_tags

STATUSES = 5
HEADS, HEAD_WIDTH = 8, 64
CONTEXT = HEADS * HEAD_WIDTH


class Tagger(nn.Module):
    """Pieces -> tags of characters: what the encoder says of the piece, the character itself, and its place in the piece."""

    def __init__(self, width: int, tags: int, *, hidden: int = 256, dropout: float = 0.1) -> None:
        super().__init__()
        self.from_piece = nn.Linear(width, hidden * 2)
        self.from_letter = nn.Linear(width, hidden * 2, bias=False)
        self.slot = nn.Embedding(4, hidden * 2)
        nn.init.normal_(self.slot.weight, std=0.1)
        self.norm = nn.LayerNorm(hidden * 2)
        self.dropout = nn.Dropout(dropout)
        self.neighbours = nn.Conv1d(hidden * 2, hidden, 3, padding=1)
        self.out = nn.Linear(hidden, tags)

    def features(self, pieces: Tensor, letters: Tensor, place: Tensor, slots: Tensor) -> Tensor:
        """[B, C, hidden] from pieces [B, L, width], input embeddings of the characters [B, C, width], place and slots [B, C].

        A slot of -1 is padding, which the last character must not see as its neighbour.
        """
        seen = self.from_piece(pieces)
        seen = seen.gather(1, place.unsqueeze(-1).expand(-1, -1, seen.shape[-1]))
        mixed = functional.gelu(self.norm(seen + self.from_letter(letters) + self.slot(slots.clamp(min=0))))
        mixed = self.dropout(mixed) * (slots >= 0).unsqueeze(-1).to(mixed.dtype)
        return functional.gelu(self.neighbours(mixed.transpose(1, 2)).transpose(1, 2))

    def forward(self, pieces: Tensor, letters: Tensor, place: Tensor, slots: Tensor) -> Tensor:
        return self.out(self.features(pieces, letters, place, slots))


class Pool(nn.Module):
    """Mentions of an entity -> one vector: each mention's mean of its pieces, weighted by how much it says."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Linear(width, 1)

    def forward(self, pieces: Tensor, starts: Tensor, ends: Tensor, owner: Tensor, count: int | Tensor) -> Tensor:
        """[B, count, width]; `starts`, `ends` (pieces, half-open) and `owner` are [B, M]; `count` may be the numbers themselves."""
        mentions = span_means(pieces, starts, ends)
        scores = self.weight(mentions).squeeze(-1).float()
        owned = _owned(owner, count)
        weights = torch.where(owned, scores.unsqueeze(1), torch.full_like(scores, -1e4).unsqueeze(1)).softmax(-1)
        weights = torch.where(owned, weights, torch.zeros_like(weights))
        return weights.to(mentions.dtype) @ mentions


def span_means(pieces: Tensor, starts: Tensor, ends: Tensor) -> Tensor:
    """Means of pieces[start:end], [B, spans, width]; zero where a span is empty."""
    place = torch.arange(pieces.shape[1], device=pieces.device).view(1, 1, -1)
    within = (place >= starts.unsqueeze(-1)) & (place < ends.unsqueeze(-1))
    weights = within.to(pieces.dtype) / (ends - starts).clamp(min=1).unsqueeze(-1).to(pieces.dtype)
    return weights @ pieces


class Relator(nn.Module):
    """Entities -> relations between them, each pair with the part of the window that it is about."""

    def __init__(
        self, width: int, *, hidden: int = 512, block: int = 64, labels: int = len(RELATIONS), dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.pool = Pool(width)
        self.kind = nn.Embedding(len(TYPES), width)
        self.norm = nn.LayerNorm(width)
        self.key = nn.Linear(width, CONTEXT)
        self.value = nn.Linear(width, CONTEXT)
        self.head_query = nn.Linear(width, CONTEXT)
        self.tail_query = nn.Linear(width, CONTEXT)
        self.same_sentence = nn.Parameter(torch.tensor([0.5, 0.5, 1.0]).unsqueeze(1).repeat(1, HEADS))
        self.head_in = nn.Linear(width, hidden)
        self.tail_in = nn.Linear(width, hidden)
        self.head_context = nn.Linear(CONTEXT, hidden, bias=False)
        self.tail_context = nn.Linear(CONTEXT, hidden, bias=False)
        self.distance = nn.Embedding(DISTANCES, hidden)
        self.pair = nn.Linear(hidden * 3, hidden)
        self.pair_norm = nn.LayerNorm(hidden)
        self.dropout = nn.Dropout(dropout)
        nn.init.normal_(self.distance.weight, std=0.05)  # at its default it drowns what the pair says
        nn.init.normal_(self.kind.weight, std=0.2)
        self.block = block
        self.bilinear = nn.Parameter(torch.randn(labels, hidden // block, block, block) * 0.01)
        self.out = nn.Linear(hidden, labels)
        nn.init.constant_(self.out.bias, -4.0)  # most pairs have no relation
        self.alias = nn.Sequential(nn.Linear(width * 2 + ALIAS_FEATURES, 128), nn.GELU(), nn.Linear(128, 1))

    def forward(
        self,
        pieces: Tensor,
        mask: Tensor,
        sentences: Tensor,
        starts: Tensor,
        ends: Tensor,
        owner: Tensor,
        types: Tensor,
        heads: Tensor,
        tails: Tensor,
        distances: Tensor,
        numbers: Tensor,
        asked: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Tensor | None]:
        """Logits [B, P, relations], what is known of the pairs [B, P, hidden], where those `asked` [B, S] looked [B, S, L].

        `mask` [B, L] is 0 for padding; `sentences` [B, L] and `starts`, `ends`, `owner` [B, M] as in `kg.extract.pieces`;
        `types` [B, E]; `heads`, `tails`, `distances` [B, P]; `numbers` [N] are those of the sentences, 0 and on.
        """
        nodes = self.pool(pieces, starts, ends, owner, torch.arange(types.shape[1], device=pieces.device))
        nodes = self.norm(nodes + self.kind(types.clamp(min=0)))
        named = sentences_naming(sentences, starts, owner, types.shape[1], numbers)
        query = _take(self.head_query(nodes), heads) + _take(self.tail_query(nodes), tails)
        bias = _nearness(self.same_sentence, _take(named, heads), _take(named, tails))
        context, attention = look(query, bias, self.key(pieces), self.value(pieces), mask, sentences, numbers, asked)
        head = torch.tanh(_take(self.head_in(nodes), heads) + self.head_context(context))
        tail = torch.tanh(_take(self.tail_in(nodes), tails) + self.tail_context(context))
        known = self.pair(torch.cat([head * tail, head, tail], -1)) + self.distance(distances)
        known = self.dropout(functional.gelu(self.pair_norm(known)))
        logits = self.cross(head, tail) + self.out(known)
        return logits, known, attention

    def cross(self, head: Tensor, tail: Tensor) -> Tensor:
        """[B, P, relations]: head x bilinear x tail, block by block, as the product of all blocks takes gigabytes for many pairs."""
        labels, blocks = self.bilinear.shape[:2]
        parts = []
        for number in range(blocks):
            within = slice(number * self.block, (number + 1) * self.block)
            weights = self.bilinear[:, number].transpose(0, 1).flatten(1)  # [block, relations x block]
            crossed = (head[..., within] @ weights).unflatten(-1, (labels, self.block))
            parts.append((crossed * tail[..., within].unsqueeze(2)).sum(-1))
        return torch.stack(parts).sum(0)

    def same(
        self,
        pieces: Tensor,
        starts: Tensor,
        ends: Tensor,
        owner: Tensor,
        pairs: Tensor,
        features: Tensor,
        count: int | Tensor,
    ) -> Tensor:
        """Logits [B, A] of two names being one entity's; `owner` tells the name of each mention, `pairs` is [B, A, 2]."""
        names = self.pool(pieces, starts, ends, owner, count)
        first, second = _take(names, pairs[..., 0]), _take(names, pairs[..., 1])
        return self.alias(torch.cat([first * second, (first - second).abs(), features.to(first.dtype)], -1)).squeeze(-1)


class Reporter(nn.Module):
    """What is said of a statement: its status, the sentences that say it, and when."""

    def __init__(self, width: int, *, hidden: int = 512, dropout: float = 0.1) -> None:
        super().__init__()
        self.relation = nn.Embedding(len(RELATIONS), hidden)
        nn.init.normal_(self.relation.weight, std=0.5)
        self.query = nn.Linear(hidden, CONTEXT)
        self.key = nn.Linear(width, CONTEXT)
        self.value = nn.Linear(width, CONTEXT)
        self.same_sentence = nn.Parameter(torch.tensor([0.5, 0.5, 1.0]).unsqueeze(1).repeat(1, HEADS + 1))
        self.mix = nn.Linear(hidden + CONTEXT, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.dropout = nn.Dropout(dropout)
        self.status = nn.Linear(hidden, STATUSES)
        self.evidence_query = nn.Linear(hidden, 256)
        self.evidence_key = nn.Linear(width, 256)
        self.time_query = nn.Linear(hidden, 256)
        self.time_key = nn.Linear(width, 256)
        self.time_near = nn.Parameter(torch.tensor(1.0))
        self.timeless = nn.Linear(hidden, 1)

    def forward(
        self,
        pieces: Tensor,
        mask: Tensor,
        sentences: Tensor,
        starts: Tensor,
        ends: Tensor,
        owner: Tensor,
        entities: int | Tensor,
        known: Tensor,
        heads: Tensor,
        tails: Tensor,
        relations: Tensor,
        times: Tensor,
        numbers: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of status [B, S, 5], of the evidence's sentence [B, S, N] and of the time [B, S, 1 + T], none first.

        `known` [B, S, hidden] is what Relator knew of the pairs; `heads`, `tails`, `relations` [B, S]; `times` [B, T, 2] are
        the pieces of time expressions, (-1, -1) for none; `numbers` [N] are those of the sentences, 0 and on.
        """
        asked = known + self.relation(relations)
        named = sentences_naming(sentences, starts, owner, entities, numbers)
        near = _nearness(self.same_sentence, _take(named, heads), _take(named, tails))  # [B, H + 1, S, N]
        context, _ = look(
            self.query(asked), near[:, :HEADS], self.key(pieces), self.value(pieces), mask, sentences, numbers, None
        )
        told = self.dropout(functional.gelu(self.norm(self.mix(torch.cat([asked, context], -1)))))

        within = (sentences.unsqueeze(1) == numbers.view(1, -1, 1)).to(pieces.dtype)  # [B, N, L]
        lengths = within.sum(-1, keepdim=True)
        passages = self.evidence_key((within / lengths.clamp(min=1)) @ pieces)
        evidence = self.evidence_query(told) @ passages.transpose(1, 2) / 16.0 + near[:, HEADS].to(pieces.dtype)
        evidence = evidence + torch.where(lengths.squeeze(-1) > 0, 0.0, -1e4).unsqueeze(1).to(evidence.dtype)

        moments = self.time_key(span_means(pieces, times[..., 0], times[..., 1]))
        when = self.time_query(told) @ moments.transpose(1, 2) / 16.0
        first = times[..., 0].clamp(min=0)
        sentence = sentences.gather(1, first).clamp(min=0)
        likely = evidence.float().log_softmax(-1).clamp(min=-8.0)
        likely = likely.gather(2, sentence.unsqueeze(1).expand(-1, likely.shape[1], -1)).detach()
        when = when + (self.time_near * likely).to(when.dtype)
        when = when + torch.where(times[..., 0] >= 0, 0.0, -1e4).unsqueeze(1).to(when.dtype)
        return self.status(told), evidence, torch.cat([self.timeless(told), when], -1)


def sentences_naming(
    sentences: Tensor, starts: Tensor, owner: Tensor, entities: int | Tensor, numbers: Tensor
) -> Tensor:
    """[B, E, N]: 1 where a sentence names an entity."""
    of_mention = sentences.gather(1, starts.clamp(min=0))
    there = ((of_mention.unsqueeze(-1) == numbers.view(1, 1, -1)) & (owner >= 0).unsqueeze(-1)).float()  # [B, M, N]
    return (_owned(owner, entities).float() @ there).clamp(max=1.0)


def _owned(owner: Tensor, entities: int | Tensor) -> Tensor:
    """[B, E, M]: which mentions are of which entity; `entities` is how many there are, or their numbers 0 and on [E]."""
    numbers = entities if isinstance(entities, Tensor) else torch.arange(entities, device=owner.device)
    return owner.unsqueeze(1) == numbers.view(1, -1, 1)


def _nearness(weights: Tensor, head: Tensor, tail: Tensor) -> Tensor:
    """[B, H, P, N]: how much a sentence counts that names the head, the tail, or both; `head`, `tail` [B, P, N]."""
    weights = weights.view(3, 1, -1, 1, 1)
    head, tail = head.unsqueeze(1), tail.unsqueeze(1)
    return weights[0] * head + weights[1] * tail + weights[2] * (head * tail)


def look(
    query: Tensor,
    bias: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor,
    sentences: Tensor,
    numbers: Tensor,
    asked: Tensor | None,
) -> tuple[Tensor, Tensor | None]:
    """Attention of queries [B, P, CONTEXT] over pieces [B, L, CONTEXT], with a bias [B, H, P, N] for each sentence's pieces.

    The context [B, P, CONTEXT], and of the queries `asked` [B, S] where they looked [B, S, L] (mean of the heads). The bias
    and the mask ride along as further places of query and key, so that no array of the size of all scores is made for them.
    """
    shape = (query.shape[0], -1, HEADS, HEAD_WIDTH)
    query, key, value = (part.reshape(shape).transpose(1, 2) for part in (query, key, value))
    within = (sentences.unsqueeze(-1) == numbers.view(1, 1, -1)).to(key.dtype)  # [B, L, N]
    within = (
        torch.cat([within, (1 - mask.to(key.dtype)).unsqueeze(-1) * -1e4], -1).unsqueeze(1).expand(-1, HEADS, -1, -1)
    )
    bias = torch.cat([bias.to(query.dtype), torch.ones_like(query[..., :1])], -1)
    query = torch.cat([query / HEAD_WIDTH**0.5, bias], -1)
    key = torch.cat([key, within], -1).transpose(2, 3)
    context = ((query @ key).softmax(-1).to(value.dtype) @ value).transpose(1, 2).flatten(2)
    if asked is None:
        return context, None
    index = asked.view(asked.shape[0], 1, -1, 1).expand(-1, HEADS, -1, query.shape[-1])
    return context, (query.gather(2, index) @ key).softmax(-1).mean(1)


def _take(rows: Tensor, numbers: Tensor) -> Tensor:
    """rows [B, X, W], numbers [B, Y] -> [B, Y, W]. While training by multiplication: its gradient needs no atomic sums."""
    if rows.requires_grad:
        chosen = numbers.unsqueeze(-1) == torch.arange(rows.shape[1], device=rows.device)
        return chosen.to(rows.dtype) @ rows
    return rows.gather(1, numbers.unsqueeze(-1).expand(-1, -1, rows.shape[-1]))


class Reader(nn.Module):
    """Encoder and heads together, for training; the auxiliary heads are left behind when it is exported."""

    def __init__(
        self,
        encoder: nn.Module,
        *,
        dropout: float = 0.1,
        finre_labels: int = 44,
        ner_tags: dict[str, int] | None = None,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        width = encoder.config.hidden_size
        self.dropout = nn.Dropout(dropout)
        self.norm = nn.LayerNorm(width)
        self.tagger = Tagger(width, count_tags(len(TYPES)), dropout=dropout)
        self.relator = Relator(width, dropout=dropout)
        self.reporter = Reporter(width, dropout=dropout)
        self.finre = nn.Linear(512, finre_labels)
        self.ner = nn.ModuleDict({name: nn.Linear(256, tags) for name, tags in (ner_tags or {}).items()})

    def encode(self, ids: Tensor, mask: Tensor) -> Tensor:
        """[B, L, width]"""
        seen: Any = mask
        if getattr(
            self.encoder.config, "use_bidirectional_attention", False
        ):  # Gemma: its own making of masks waits for the GPU
            length = ids.shape[1]
            place = torch.arange(length, device=ids.device)
            apart = (place.unsqueeze(0) - place.unsqueeze(1)).abs()
            # Each piece sees itself, padding too: a row that sees nothing is not a number, and spreads.
            full = mask.bool().view(-1, 1, 1, length) | (apart == 0)
            seen = {"full_attention": full, "sliding_attention": full & (apart < self.encoder.config.sliding_window)}
        return self.dropout(self.norm(self.encoder(input_ids=ids, attention_mask=seen).last_hidden_state))

    def letters(self, ids: Tensor) -> Tensor:
        """What the encoder's input embedding knows of single characters; not trained through the tagger."""
        return self.encoder.get_input_embeddings()(ids).detach()
