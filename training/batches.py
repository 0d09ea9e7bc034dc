"""An endless stream of padded batches for several worker processes: each its own order, its own names, the same shares."""

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from kg.errors import ConfigError
from kg.extract.forms import find_forms
from kg.extract.linking import pair_up
from kg.extract.pieces import MAX_PIECES, make_windows
from kg.extract.sentences import split_sentences
from kg.extract.tagging import tag_spans
from kg.model import Span

from .annotated import Document, read_documents
from .augment import collect_names, rename
from .examples import IGNORED, Example, collate, make_examples

PAIRS_AT_ONCE = 24_000  # padded pairs of one batch: what their tensors take is bounded by it
_PAD_WASTE = 0.15


def read_rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


class Corpus:
    """The data of `training.prepare`, read once and shared by the workers. What is not in the folder counts as empty."""

    def __init__(self, folder: Path, tokenizer_file: str) -> None:
        self.tokenizer_file = tokenizer_file

        def rows(name: str) -> list[dict[str, Any]]:
            path = folder / f"{name}.jsonl"
            return read_rows(path) if path.is_file() else []

        self.train = read_documents(folder / "train.jsonl")
        self.ner = {name: found for name in ("cluener-train", "boson", "resume-train") if (found := rows(name))}
        people = [
            row["text"][start:end]
            for name, kind in (("cluener-train", "name"), ("boson", "person_name"), ("resume-train", "NAME"))
            for row in self.ner.get(name, ())
            for start, end, found in row["spans"]
            if found == kind and 2 <= end - start <= 12
        ]
        self.names = collect_names(self.train, [row["name"] for row in rows("companies")], people)
        self.ner_types = {
            name: sorted({kind for row in found for _, _, kind in row["spans"]}) for name, found in self.ner.items()
        }
        self.finre = rows("finre-train")
        labels = {label for row in self.finre for *_, labels in row["pairs"] for label in labels}
        self.finre_labels = ["unknown", *sorted(labels - {"unknown"})]
        self.texts: list[Document] = []

    @property
    def has_auxiliary(self) -> bool:
        return bool(self.finre or self.ner)


def ner_example(row: dict[str, Any], types: Sequence[str], tokenizer: Tokenizer, task: str) -> list[Example]:
    """A text with names of another scheme: tags only."""
    numbers = {kind: number for number, kind in enumerate(types)}
    text = row["text"]
    found = []
    for window in make_windows(tokenizer, text, [Span(0, len(text))], titled=False):
        place = {int(offset): at for at, offset in enumerate(window.offsets)}
        spans = [
            (place[start], place[start] + end - start, numbers[kind])
            for start, end, kind in row["spans"]
            if kind in numbers and start in place and end - 1 in place
        ]
        example = _bare(window, tag_spans(len(window.offsets), spans))
        example.task = task
        found.append(example)
    return found


def _bare(window: Any, tags: np.ndarray) -> Example:
    none, no_pairs = np.zeros(0, dtype=np.int64), np.zeros((0, 2), dtype=np.int64)
    return Example(
        window, np.where(window.sentences >= 0, 0, -1), 1, tags, no_pairs, none, none, none, none, none, none, no_pairs,
        np.zeros((0, 8), dtype=np.float32), np.zeros(0, dtype=np.float32), no_pairs, np.zeros((0, 3), dtype=np.int64),
    )  # fmt: skip


def finre_example(row: dict[str, Any], labels: Sequence[str], tokenizer: Tokenizer) -> list[Example]:
    """A sentence with named pairs: their relations in FinRE's scheme, tags unknown."""
    text = row["text"]
    ends = sorted({end for head, tail, _ in row["pairs"] for end in (head, tail)})
    mentions = find_forms(text, [(name, number) for number, name in enumerate(ends)])
    found = {m[2] for m in mentions}
    for number, name in enumerate(ends):  # one that stands only inside a longer one
        if number not in found and (at := text.find(name)) >= 0:
            mentions.append((at, at + len(name), number, name))
    windows = make_windows(tokenizer, text, [Span(0, len(text))], titled=False)
    if not windows:
        return []
    window = windows[0]
    local: dict[int, int] = {}
    table = []
    for start, end, number, _ in sorted(mentions):
        if pieces := window.piece_span(start, end):
            table.append((*pieces, local.setdefault(number, len(local))))
    rows = np.array(table, dtype=np.int64).reshape(-1, 3)
    types = np.ones(len(local), dtype=np.int64)  # all taken for companies, as nearly all are
    heads, tails, distances = pair_up(types, rows[:, :2], rows[:, 2])
    numbers = {(int(h), int(t)): p for p, (h, t) in enumerate(zip(heads, tails, strict=True))}
    example = _bare(window, np.full(len(window.offsets), IGNORED, dtype=np.int64))
    example.task, example.spans, example.owner, example.types = "finre", rows[:, :2], rows[:, 2], types
    example.heads, example.tails, example.distances = heads, tails, distances
    for head, tail, said in row["pairs"]:
        ends_of = tuple(local.get(ends.index(end), -1) for end in (head, tail))
        if ends_of in numbers:
            example.finre += [(numbers[ends_of], labels.index(label)) for label in said if label in labels]
    return [example]


def text_document(text: str) -> Document:
    return Document("", "text", text, [(s.start, s.end) for s in split_sentences(text)])


def group(examples_of: Sequence[list[Example]], *, pieces: int) -> Iterator[list[Example]]:
    """Windows of about the same length together, at most `pieces` padded pieces and PAIRS_AT_ONCE padded pairs a batch."""
    windows = sorted((e for examples in examples_of for e in examples), key=lambda e: len(e.window.ids))
    batch: list[Example] = []
    longest = widest = 0
    for example in windows:
        length, pairs = max(longest, len(example.window.ids)), max(widest, len(example.heads))
        if batch and ((len(batch) + 1) * length > pieces or (len(batch) + 1) * pairs > PAIRS_AT_ONCE):
            yield batch
            batch, length, pairs = [], len(example.window.ids), len(example.heads)
        batch.append(example)
        longest, widest = length, pairs
    if batch:
        yield batch


class Stream(IterableDataset):
    """Batches for ever. `shares`: how many documents of each source go into a pool that is sorted and cut into batches."""

    def __init__(
        self,
        corpus: Corpus,
        source: str,
        *,
        pieces: int,
        seed: int | str,
        renamed: float = 0.0,
        window: int = MAX_PIECES,
        pool: int = 400,
    ) -> None:
        self.corpus, self.source, self.pieces, self.seed = corpus, source, pieces, seed
        self.renamed, self.window, self.pool = renamed, window, pool

    def __iter__(self) -> Iterator[dict[str, Any]]:
        info = get_worker_info()
        torch.set_num_threads(1)
        chance = random.Random(f"{self.seed} {self.source} {info.id if info else 0}")
        tokenizer = Tokenizer.from_file(self.corpus.tokenizer_file)
        while True:
            pools = self._pools(chance)
            if not pools:
                raise ConfigError(f"there are no data of the kind {self.source!r} to train on")
            for pool in pools:
                batches = list(group([self._examples(item, tokenizer, chance) for item in pool], pieces=self.pieces))
                chance.shuffle(batches)
                for batch in batches:
                    yield collate(batch)

    def _pools(self, chance: random.Random) -> list[list[Any]]:
        corpus = self.corpus
        if self.source == "train":
            sources: list[list[Any]] = [list(corpus.train)]
        elif self.source == "texts":
            sources = [list(corpus.texts)]
        else:
            sources = [
                [("finre", row) for row in corpus.finre],
                *([(name, row) for row in rows] for name, rows in corpus.ner.items()),
            ]
        pools = []
        for items in sources:
            chance.shuffle(items)
            pools += [items[at : at + self.pool] for at in range(0, len(items), self.pool)]
        chance.shuffle(pools)
        return pools

    def _examples(self, item: Any, tokenizer: Tokenizer, chance: random.Random) -> list[Example]:
        if isinstance(item, Document):
            if self.source == "train" and chance.random() < 0.7:
                item = rename(item, self.corpus.names, chance, share=self.renamed)
            examples = make_examples(item, tokenizer, max_pieces=self.window)
            for example in examples:
                example.labelled = self.source == "train"
            return examples
        task, row = item
        if task == "finre":
            return finre_example(row, self.corpus.finre_labels, tokenizer)
        return ner_example(row, self.corpus.ner_types[task], tokenizer, task)


def stream(
    corpus: Corpus,
    source: str,
    *,
    pieces: int,
    seed: int | str,
    workers: int,
    renamed: float = 0.5,
    window: int = MAX_PIECES,
    cuda: bool = False,
) -> Iterator[dict[str, Any]]:
    data = Stream(corpus, source, pieces=pieces, seed=seed, renamed=renamed, window=window)
    return iter(
        DataLoader(data, batch_size=None, num_workers=workers, pin_memory=cuda, prefetch_factor=4 if workers else None)
    )
