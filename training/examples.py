"""Documents -> windows as arrays, and windows -> padded batches."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from kg.extract.linking import RELATIONS, SYMMETRIC, alias_pairs, allowed_relations, pair_up
from kg.extract.pieces import MAX_PIECES, Tokenizer, Window, make_windows
from kg.extract.tagging import TYPES, tag_spans
from kg.model import STATUSES, Span

from .annotated import Document

Array = NDArray[Any]
IGNORED = -100

_TYPE = {name: number for number, name in enumerate(TYPES)}
_RELATION = {name: number for number, name in enumerate(RELATIONS)}
_STATUS = {name: number for number, name in enumerate(STATUSES)}


@dataclass(slots=True)
class Example:
    """One window with what a model shall say of it. Numbers of entities, names, sentences and times are the window's own."""

    window: Window
    sentences: Array  # [L], local numbers, -1 for none
    sentence_count: int
    tags: Array  # [C]
    spans: Array  # [M, 2] pieces
    owner: Array  # [M] entity
    types: Array  # [E]
    heads: Array
    tails: Array
    distances: Array
    names: Array  # [M] name
    aliases: Array  # [A, 2]
    alias_features: Array
    alias_targets: Array
    times: Array  # [T, 2] pieces
    targets: Array  # [K, 3] pair, relation, 1 or IGNORED
    statements: list[tuple[int, int, int, int, list[int], list[int], list[int] | None]] = field(default_factory=list)
    """(pair, head, tail, relation, statuses, sentences, times; no times: it has none; None: nobody knows)"""
    labelled: bool = True
    finre: list[tuple[int, int]] = field(default_factory=list)  # (pair, label)
    task: str = "kg"


def make_examples(
    document: Document, tokenizer: Tokenizer, *, titled: bool = True, max_pieces: int = MAX_PIECES
) -> list[Example]:
    """The windows of a document."""
    spans = [Span(*sentence) for sentence in document.sentences]
    windows = make_windows(tokenizer, document.text, spans, titled=titled, max_pieces=max_pieces)
    return [_example(document, window) for window in windows]


def _example(document: Document, window: Window) -> Example:
    known = sorted({int(s) for s in window.sentences if s >= 0})
    local = {number: at for at, number in enumerate(known)}
    lookup = np.full(max(known, default=-1) + 2, -1, dtype=np.int64)
    for number, at in local.items():
        lookup[number] = at
    sentences = lookup[window.sentences]
    place = {int(offset): at for at, offset in enumerate(window.offsets)}

    entities: dict[int, int] = {}
    names: dict[tuple[int, str], int] = {}
    rows, tagged = [], []
    for start, end, number, form in document.mentions:
        pieces = window.piece_span(start, end)
        if pieces is None:
            continue
        entity = entities.setdefault(number, len(entities))
        name = names.setdefault((number, form), len(names))
        rows.append((*pieces, entity, name, start, end))
        tagged.append((place[start], place[start] + end - start, _TYPE[document.types[number]]))
    table = np.array(rows, dtype=np.int64).reshape(-1, 6)
    types = np.array([_TYPE[document.types[number]] for number in entities], dtype=np.int64)
    heads, tails, distances = pair_up(types, table[:, :2], table[:, 2])
    pair_number = {(int(h), int(t)): p for p, (h, t) in enumerate(zip(heads, tails, strict=True))}

    name_list = list(names)
    aliases, features = alias_pairs(
        document.text,
        [form for _, form in name_list],
        [_TYPE[document.types[number]] for number, _ in name_list],
        [(int(r[4]), int(r[5]), int(r[3])) for r in table],
    )
    alias_targets = np.array([float(name_list[a][0] == name_list[b][0]) for a, b in aliases], dtype=np.float32)

    times, time_numbers = [], {}
    for number, (start, end, _) in enumerate(document.times):
        if pieces := window.piece_span(start, end):
            time_numbers[number] = len(times)
            times.append(pieces)

    targets: dict[tuple[int, int], int] = {}
    statements: dict[tuple[int, int], tuple[set[int], set[int], set[int] | None]] = {}
    for said in document.relations:
        if said.head not in entities or said.tail not in entities:
            continue
        ends = [(entities[said.head], entities[said.tail])]
        relation = _RELATION[said.relation]
        if SYMMETRIC[relation]:
            ends.append(ends[0][::-1])
        inside = [local[s] for s in said.sentences if s in local]
        for pair in ends:
            if pair not in pair_number:
                continue
            key = (pair_number[pair], relation)
            if said.sentences and not inside:
                targets.setdefault(key, IGNORED)
                continue
            targets[key] = 1
            statuses, where, when = statements.setdefault(key, (set(), set(), set()))
            statuses.add(_STATUS[said.status])
            where.update(inside)
            if document.kind == "sentences" or said.times is None:
                when = None
            elif when is not None:
                when.update(time_numbers[t] for t in said.times if t in time_numbers)
                if said.times and not when:
                    when = None
            statements[key] = (statuses, where, when)
    rows_of_statements = []
    for (pair, relation), (statuses, where, when) in statements.items():
        rows_of_statements.append(
            (
                pair,
                int(heads[pair]),
                int(tails[pair]),
                relation,
                sorted(statuses),
                sorted(where),
                None if when is None else sorted(when),
            )
        )
    return Example(
        window, sentences, len(known), tag_spans(len(window.offsets), tagged), table[:, :2], table[:, 2], types, heads, tails, distances,
        table[:, 3], aliases, features, alias_targets, np.array(times, dtype=np.int64).reshape(-1, 2),
        np.array([(p, r, v) for (p, r), v in targets.items()], dtype=np.int64).reshape(-1, 3), rows_of_statements,
    )  # fmt: skip


def pad(rows: Sequence[Array], value: float, *, least: int = 1, dtype: Any = np.int64) -> torch.Tensor:
    """Rows of different length (and one shape otherwise) as one array, filled up with `value`."""
    length = max(least, max(len(row) for row in rows))
    full = np.full((len(rows), length, *rows[0].shape[1:]), value, dtype=dtype)
    for number, row in enumerate(rows):
        full[number, : len(row)] = row
    return torch.from_numpy(full)


def collate(examples: Sequence[Example]) -> dict[str, Any]:
    """A padded batch. Names and shapes as in `training.model`."""
    batch: dict[str, Any] = {"task": examples[0].task, "labelled": all(e.labelled for e in examples)}
    windows = [e.window for e in examples]
    batch["ids"] = pad([w.ids for w in windows], 0)
    batch["mask"] = pad([np.ones(len(w.ids), dtype=np.int64) for w in windows], 0)
    batch["sentences"] = pad([e.sentences for e in examples], -1)
    batch["place"] = pad([w.pieces for w in windows], 0)
    batch["slots"] = pad([w.slots for w in windows], -1)
    batch["letters"] = pad([w.letters for w in windows], 0)
    batch["tags"] = pad([e.tags for e in examples], IGNORED)
    if batch["task"] not in ("kg", "finre"):
        return batch
    batch["starts"] = pad([e.spans[:, 0] for e in examples], 0)
    batch["ends"] = pad([e.spans[:, 1] for e in examples], 0)
    batch["owner"] = pad([e.owner for e in examples], -1)
    batch["types"] = pad([e.types for e in examples], -1)
    for name in ("heads", "tails", "distances"):
        batch[name] = pad([getattr(e, name) for e in examples], 0)
    batch["numbers"] = torch.arange(max(1, *(e.sentence_count for e in examples), 1))
    batch["pairs"] = pad([np.ones(len(e.heads), dtype=np.bool_) for e in examples], 0, dtype=np.bool_)
    if batch["task"] == "finre":
        batch["finre"] = torch.tensor(
            [(b, p, label) for b, e in enumerate(examples) for p, label in e.finre], dtype=torch.int64
        )
        return batch
    batch["names"] = pad([e.names for e in examples], -1)
    batch["name_count"] = max(1, 1, *(int(e.names.max()) + 1 if len(e.names) else 0 for e in examples))
    batch["aliases"] = pad([e.aliases for e in examples], 0)
    batch["alias_features"] = pad([e.alias_features for e in examples], 0, dtype=np.float32)
    batch["alias_targets"] = pad([e.alias_targets for e in examples], IGNORED, dtype=np.float32)
    batch["times"] = pad([e.times for e in examples], -1)
    batch["has_statements"] = any(e.statements for e in examples)
    batch["has_aliases"] = any(len(e.aliases) for e in examples)

    pairs = batch["heads"].shape[1]
    targets = np.zeros((len(examples), pairs, len(RELATIONS)), dtype=np.float32)
    allowed = allowed_relations()
    for b, e in enumerate(examples):
        targets[b, :, :] = IGNORED
        if len(e.heads):
            targets[b, : len(e.heads)] = np.where(allowed[e.types[e.heads], e.types[e.tails]], 0.0, IGNORED)
        for p, r, v in e.targets:
            if targets[b, p, r] != IGNORED or v == 1:
                targets[b, p, r] = v
    batch["targets"] = torch.from_numpy(targets)

    count = max(1, 1, *(len(e.statements) for e in examples))
    b_count, sentence_count, time_count = len(examples), len(batch["numbers"]), batch["times"].shape[1]
    where = np.zeros((b_count, count, 4), dtype=np.int64)
    there = np.zeros((b_count, count), dtype=np.bool_)
    status = np.zeros((b_count, count, len(STATUSES)), dtype=np.float32)
    evidence = np.zeros((b_count, count, sentence_count), dtype=np.bool_)
    when = np.zeros((b_count, count, time_count + 1), dtype=np.bool_)
    for b, e in enumerate(examples):
        for s, (pair, head, tail, relation, statuses, sentences, times) in enumerate(e.statements):
            there[b, s] = True
            where[b, s] = (pair, head, tail, relation)
            status[b, s, statuses] = 1 / len(statuses)
            evidence[b, s, sentences] = True
            if times is not None:
                when[b, s, [1 + t for t in times] or [0]] = True
    for name, value in (
        ("said", where),
        ("said_there", there),
        ("said_status", status),
        ("said_evidence", evidence),
        ("said_time", when),
    ):
        batch[name] = torch.from_numpy(value)
    return batch
