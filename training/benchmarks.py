"""How the encoder does at tasks that others publish figures of: names in CLUENER2020, relations of given pairs in FinRE.

python -m training.benchmarks cluener|finre --data FOLDER --out FOLDER --encoder PATH_OR_NAME [--start MODEL] [--minutes N] [--config FILE]

A head of the task's own is trained on the encoder of MODEL (a model's folder or weights of `training.train`) with the task's training
part alone, and measured on the part that is for measuring: CLUENER's dev (strict F1: span and type), FinRE's test (micro-F1 of
relations other than `unknown`: rows of one head, tail and sentence are one instance, an answer is right if it is among its labels).
"""

import argparse
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor

from kg.extract.tagging import decode_names

from .batches import Corpus, finre_example, group, ner_example, read_rows, stream
from .examples import Example, collate
from .model import Reader
from .train import (
    CONFIG,
    Progress,
    auxiliary_losses,
    carry_on,
    keep_tokenizer,
    make_reader,
    open_log,
    score_auxiliary,
    train,
)

Span = tuple[int, int, str]
PIECES_AT_ONCE = 4000
NAMES = "cluener-train"


def strict_f1(found: Iterable[set[Any]], right: Iterable[set[Any]]) -> tuple[float, float, float]:
    """(precision, recall, F1) over all texts of what was found in each and what is right; 0 where nothing was found."""
    hits = said = wanted = 0
    for mine, theirs in zip(found, right, strict=True):
        hits, said, wanted = hits + len(mine & theirs), said + len(mine), wanted + len(theirs)
    return _rate(hits, said, wanted)


def pair_f1(found: Iterable[str], right: Iterable[set[str]]) -> tuple[float, float, float]:
    """(precision, recall, F1) of one answer an instance against the labels it has; `unknown` is no answer and no label."""
    hits = said = wanted = 0
    for answer, labels in zip(found, right, strict=True):
        said += answer != "unknown"
        hits += answer != "unknown" and answer in labels
        wanted += bool(labels - {"unknown"})
    return _rate(hits, said, wanted)


def _rate(hits: int, said: int, wanted: int) -> tuple[float, float, float]:
    precision, recall = hits / max(1, said), hits / max(1, wanted)
    return precision, recall, 2 * hits / max(1, said + wanted)


def only(corpus: Corpus, task: str) -> Corpus:
    """The corpus with the one task alone among its auxiliary ones."""
    if task == "finre":
        corpus.ner = {}
    else:
        corpus.finre, corpus.ner = [], {task: corpus.ner[task]}
    return corpus


@torch.no_grad()
def find_names(model: Reader, rows: Sequence[dict[str, Any]], corpus: Corpus, task: str) -> list[set[Span]]:
    """The names that the head of `task` finds in each text, as (start, end, type)."""
    types, tokenizer = corpus.ner_types[task], Tokenizer.from_file(corpus.tokenizer_file)
    found: list[set[Span]] = [set() for _ in rows]
    for batch, owners in _batches([ner_example(row, types, tokenizer, task) for row in rows]):
        scores = score_auxiliary(model, batch).log_softmax(-1).numpy()
        for row, (number, example) in zip(scores, owners, strict=True):
            named = decode_names(row, example.window.offsets)
            found[number].update((start, end, types[kind]) for start, end, kind, _ in named)
    return found


@torch.no_grad()
def find_relations(model: Reader, rows: Sequence[dict[str, Any]], corpus: Corpus) -> list[str]:
    """FinRE's label of every pair of every sentence, in order; `unknown` where a name was not found in the sentence."""
    tokenizer = Tokenizer.from_file(corpus.tokenizer_file)
    found: dict[tuple[int, int], str] = {}
    made = []
    for row in rows:
        # each pair's place among the example's is told by giving it a label of its own
        orders = [str(order) for order in range(len(row["pairs"]))]
        pairs = [[head, tail, [order]] for (head, tail, _), order in zip(row["pairs"], orders, strict=True)]
        made.append(finre_example({"text": row["text"], "pairs": pairs}, orders, tokenizer))
    for batch, owners in _batches(made):
        best = score_auxiliary(model, batch).argmax(-1)
        for at, (number, example) in enumerate(owners):
            for pair, order in example.finre:
                found[number, order] = corpus.finre_labels[int(best[at, pair])]
    return [
        found.get((number, order), "unknown") for number, row in enumerate(rows) for order in range(len(row["pairs"]))
    ]


def _batches(made: Sequence[list[Example]]) -> Iterable[tuple[dict[str, Any], list[tuple[int, Example]]]]:
    number_of = {id(example): number for number, examples in enumerate(made) for example in examples}
    for batch in group(made, pieces=PIECES_AT_ONCE):
        yield collate(batch), [(number_of[id(example)], example) for example in batch]


def measure(model: Reader, task: str, folder: Path, corpus: Corpus) -> tuple[float, float, float]:
    """(precision, recall, F1) on the task's measuring part."""
    model.eval()
    if task == "cluener":
        rows = read_rows(folder / "cluener-dev.jsonl")
        right = [{(start, end, kind) for start, end, kind in row["spans"]} for row in rows]
        return strict_f1(find_names(model, rows, corpus, NAMES), right)
    rows = read_rows(folder / "finre-test.jsonl")
    labels = [set(labels) for row in rows for _, _, labels in row["pairs"]]
    return pair_f1(find_relations(model, rows, corpus), labels)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=("cluener", "finre"))
    parser.add_argument("--data", type=Path, required=True, help="what training.prepare wrote")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--encoder", required=True)
    parser.add_argument(
        "--start", type=Path, help="weights to go on from, or a model's folder; without it the encoder as it is"
    )
    parser.add_argument("--config", type=Path, default=CONFIG.with_name("laptop.toml"))
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--steps", type=int, default=1)
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    settings = tomllib.loads(options.config.read_text(encoding="utf-8"))["teacher"]
    torch.manual_seed(7)
    corpus = only(
        Corpus(options.data, keep_tokenizer(options.encoder, options.out)),
        "finre" if options.task == "finre" else NAMES,
    )
    model = make_reader(
        options.encoder, settings["layers"], corpus, dropout=settings["dropout"], frozen=settings.get("frozen", 0)
    )
    if options.start:
        carry_on(model, options.start, torch.device("cpu"))
    batches = stream(corpus, "auxiliary", pieces=settings["pieces"], seed=7, workers=0)

    def losses(batch: dict[str, Any]) -> dict[str, Tensor]:
        return auxiliary_losses(model, batch)

    log = open_log(options.out / f"{options.task}.log")
    progress = Progress(minutes=options.minutes, steps=options.steps)
    train(
        model,
        settings,
        torch.device("cpu"),
        progress=progress,
        next_batch=lambda _: next(batches),
        step_losses=losses,
        log=log,
    )
    precision, recall, f1 = measure(model, options.task, options.data, corpus)
    log({"task": options.task, "precision": round(precision, 4), "recall": round(recall, 4), "F1": round(f1, 4)})


if __name__ == "__main__":
    main()
