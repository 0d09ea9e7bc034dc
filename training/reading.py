"""Annotated documents read by a model, and what it says of them as lines like those of `kg extract`."""

from typing import Any

from kg.extract.trained import Reading, Thresholds, read_text
from kg.model import Span

from .annotated import Document


def read_document(scorer: Any, tokenizer: Any, document: Document, thresholds: Thresholds) -> Reading:
    return read_text(
        scorer, tokenizer, document.text, [Span(*s) for s in document.sentences], [Span(s, e) for s, e, _ in document.times],
        titled=True, thresholds=thresholds,
    )  # fmt: skip


def rows_of(document: Document, reading: Reading, *, least: float = 0.0) -> list[dict[str, Any]]:
    """Lines as `kg extract` writes them; evidence in offsets of the document's own text."""

    def entity(number: int) -> dict[str, Any]:
        found = reading.entities[number]
        return {"name": found.names[0], "type": found.type, "aliases": list(found.names[1:])}

    rows: list[dict[str, Any]] = [
        {"doc": document.id, "entity": entity(number)} for number in range(len(reading.entities))
    ]
    for said in reading.statements:
        if said.score < least:
            continue
        start, end = document.sentences[said.sentences[0]][0], document.sentences[said.sentences[-1]][1]
        rows.append(
            {
                "doc": document.id, "head": entity(said.head), "relation": said.relation, "tail": entity(said.tail), "status": said.status,
                "time": document.times[said.times[0]][2] if said.times else None,
                "evidence": {"start": start, "end": end, "text": document.text[start:end]}, "confidence": said.score,
            }
        )  # fmt: skip
    return rows
