"""Read annotated documents with a model in PyTorch and write what it says, as `kg extract` would: for figures while training.

python -m training.evaluate --data FOLDER --out FOLDER --encoder PATH (--teacher | --student FILE) [--device cuda]
"""

import argparse
import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from kg.extract.pieces import Window
from kg.extract.trained import Mentions, Thresholds

from .annotated import Document, read_documents
from .batches import Corpus
from .model import Reader
from .reading import read_document, rows_of
from .train import CONFIG, keep_tokenizer, load_student, load_teacher

Array = np.ndarray[Any, Any]


class TorchScorer:
    """`kg.extract.trained.Scorer` by a Reader."""

    def __init__(self, model: Reader, device: torch.device) -> None:
        self.model, self.device = model.eval(), device

    def _rows(self, values: Array, *, dtype: torch.dtype = torch.int64) -> Tensor:
        return torch.as_tensor(np.ascontiguousarray(values), dtype=dtype, device=self.device).unsqueeze(0)

    def _auto(self) -> Any:
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.device.type == "cuda")

    @torch.no_grad()
    def tag(self, window: Window) -> tuple[Tensor, Array]:
        ids = self._rows(window.ids)
        with self._auto():
            hidden = self.model.encode(ids, torch.ones_like(ids))
            logits = self.model.tagger(
                hidden,
                self.model.letters(self._rows(window.letters)),
                self._rows(window.pieces),
                self._rows(window.slots),
            )
        return hidden, logits[0].float().log_softmax(-1).cpu().numpy()

    @torch.no_grad()
    def same(self, hidden: Tensor, names: Mentions, count: int, pairs: Array, features: Array) -> Array:
        with self._auto():
            logits = self.model.relator.same(
                hidden, self._rows(names.spans[:, 0]), self._rows(names.spans[:, 1]), self._rows(names.owner), self._rows(pairs),
                self._rows(features, dtype=torch.float32), count,
            )  # fmt: skip
        return logits[0].float().cpu().numpy()

    def _place(self, mentions: Mentions) -> tuple[Tensor, Tensor, Tensor]:
        return self._rows(mentions.spans[:, 0]), self._rows(mentions.spans[:, 1]), self._rows(mentions.owner)

    @torch.no_grad()
    def relate(
        self,
        hidden: Tensor,
        sentences: Array,
        entities: Mentions,
        types: Array,
        heads: Array,
        tails: Array,
        distances: Array,
    ) -> tuple[Array, Array]:
        mask = torch.ones(hidden.shape[:2], dtype=torch.int64, device=self.device)
        with self._auto():
            logits, known, _ = self.model.relator(
                hidden,
                mask,
                self._rows(sentences),
                *self._place(entities),
                self._rows(types),
                self._rows(heads),
                self._rows(tails),
                self._rows(distances),
                torch.arange(int(sentences.max()) + 1, device=self.device),
            )
        return logits[0].float().cpu().numpy(), known[0].float().cpu().numpy()

    @torch.no_grad()
    def report(
        self,
        hidden: Tensor,
        sentences: Array,
        sentence_count: int,
        entities: Mentions,
        count: int,
        known: Array,
        statements: Array,
        times: Array,
    ) -> tuple[Array, Array, Array]:
        mask = torch.ones(hidden.shape[:2], dtype=torch.int64, device=self.device)
        with self._auto():
            parts = self.model.reporter(
                hidden, mask, self._rows(sentences), *self._place(entities), count, self._rows(known, dtype=torch.float32).to(hidden.dtype),
                self._rows(statements[:, 0]), self._rows(statements[:, 1]), self._rows(statements[:, 2]),
                self._rows(times if len(times) else np.full((1, 2), -1)), torch.arange(sentence_count, device=self.device),
            )  # fmt: skip
        status, evidence, when = (part[0].float().cpu().numpy() for part in parts)
        return status, evidence, when


def write_readings(
    scorer: TorchScorer, tokenizer: Tokenizer, documents: Sequence[Document], path: Path, *, least: float = 0.15
) -> None:
    """What the model says of documents; statements from `least` on, so that thresholds can be tried out."""
    with path.open("w", encoding="utf-8") as file:
        for document in documents:
            reading = read_document(scorer, tokenizer, document, Thresholds(relation=least))
            for row in rows_of(document, reading):
                file.write(json.dumps({"kind": document.kind, **row}, ensure_ascii=False) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--encoder", required=True)
    parser.add_argument("--student", type=Path)
    parser.add_argument("--config", type=Path, default=CONFIG)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--least", type=float, default=0.15, help="statements below this probability are not written")
    parser.add_argument("--write", type=Path, required=True)
    parser.add_argument("--limit", type=int)
    options = parser.parse_args()
    device = torch.device(options.device)
    corpus = Corpus(options.data, keep_tokenizer(options.encoder, options.out))
    if options.student:
        model = load_student(options.student, options.encoder, corpus)
    else:
        config = tomllib.loads(options.config.read_text(encoding="utf-8"))
        model = load_teacher(options, config, corpus, device)
    documents = read_documents(options.data / "development.jsonl")[: options.limit]
    tokenizer = Tokenizer.from_file(corpus.tokenizer_file)
    write_readings(TorchScorer(model.to(device), device), tokenizer, documents, options.write, least=options.least)


if __name__ == "__main__":
    main()
