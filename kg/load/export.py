"""Files for other programs: one small writer a format, each of which writes whole files or none."""

import csv
import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kg.errors import OutputError, UsageError
from kg.graph import build_graph
from kg.load.base import Store
from kg.load.gexf import write_gexf
from kg.load.records import dump
from kg.load.turtle import write_turtle
from kg.model import Fact, Resolution
from kg.ontology import load_ontology
from kg.output import explain, replacing
from kg.spreadsheet import disarm


def export(resolution: Resolution, format: str, path: str | PathLike[str], *, bom: bool = False) -> None:  # noqa: A002
    """Write the graph to `path` in a format of FORMATS; csv makes a folder of three files there. Only that is made, none above it.

    `bom` is for Excel, with csv: a byte order mark, and an apostrophe before cells that it would run as formulas.
    OutputError where it cannot be written, UsageError for an unknown format or `bom` with another than csv.
    """
    if format not in FORMATS:
        raise UsageError(f"unknown export format {format!r}; there are {', '.join(FORMATS)}")
    if bom and format != "csv":
        raise UsageError(f"a byte order mark is for csv, not for {format}")
    _check_parent(path)
    try:
        if format == "csv":
            _write_csv(resolution, Path(path), bom=bom)
        else:
            FORMATS[format](resolution, Path(path))
    except OSError as exc:
        raise OutputError(f"{path}: the export could not be written, because {explain(exc)}") from exc


def export_store(store: Store, format: str, path: str | PathLike[str], *, bom: bool = False) -> str | None:  # noqa: A002
    """Write the graph of a store in a format of STORE_FORMATS: those of FORMATS and neo4j-csv, a folder for neo4j-admin.

    Returns what there is to do with it: for neo4j-csv the command that imports the folder. Errors as `export`.
    """
    if format != NEO4J_CSV:
        export(store.resolution(), format, path, bom=bom)
        return None
    if bom:
        raise UsageError(f"a byte order mark is for csv, not for {format}")
    _check_parent(path)
    from kg.load.neo4j_csv import write_import_files

    try:
        return write_import_files(store.extractions(), Path(path), load_ontology(), registry=store.registry)
    except OSError as exc:
        raise OutputError(f"{path}: the export could not be written, because {explain(exc)}") from exc
    except sqlite3.OperationalError as exc:
        raise OutputError(
            f"{path}: the export could not be written, because what it needs meanwhile found no place in "
            f"{tempfile.gettempdir()} ({exc}); set TMPDIR to a folder on a larger disk"
        ) from exc


def _check_parent(path: str | PathLike[str]) -> None:
    folder = Path(path).absolute().parent
    if not folder.is_dir():
        raise OutputError(
            f"{path}: the export could not be written, because there is no folder {folder}; make it first"
        )


def _write_jsonl(resolution: Resolution, path: Path) -> None:
    _write_text(path, (dump(row) + "\n" for row in _list_rows(resolution)))


def _list_rows(resolution: Resolution) -> Iterator[dict[str, Any]]:
    reprints = dict(resolution.reprints)
    for a in resolution.articles:
        info = {"id": a.id, "title": a.title, "date": a.date, "source": a.source, "url": a.url, "hash": a.hash}
        yield {"article": {**info, "reprint_of": reprints.get(a.id)}}
    for e in resolution.entities:
        told = {"id": e.id, "name": e.name, "type": e.type, "aliases": list(e.aliases)}
        yield {"entity": told | {"ids": e.written_ids} if e.ids else told}
    for f in resolution.facts:
        yield {
            "fact": {
                "id": f.id,
                "head": f.head,
                "relation": f.relation,
                "tail": f.tail,
                "sources": f.sources,
                "status": f.status,
                "confidence": f.confidence,
                "history": _list_history(f),
                "valid": [list(interval) for interval in f.valid],
            }
        }


def _list_history(fact: Fact) -> list[dict[str, Any]]:
    return [
        {
            "status": event.status,
            "time": event.time,
            "articles": list(event.articles),
            "evidence": [
                {"article": c.article, "start": c.start, "end": c.end, "text": c.text} for c in event.citations
            ],
        }
        for event in fact.history
    ]


def _write_json(resolution: Resolution, path: Path) -> None:
    import networkx as nx

    _write_text(path, [dump(nx.node_link_data(build_graph(resolution), edges="edges")), "\n"])


def _write_graphml(resolution: Resolution, path: Path) -> None:
    """GraphML has neither lists nor null: lists travel as JSON, what is unknown is left out."""
    import networkx as nx

    graph = build_graph(resolution)
    flat = nx.MultiDiGraph(articles=dump(graph.graph["articles"]))
    for node, data in graph.nodes(data=True):
        flat.add_node(node, **_flatten({**data, "label": data["name"]}))
    for head, tail, key, data in graph.edges(keys=True, data=True):
        flat.add_edge(head, tail, key=key, **_flatten({**data, "label": data["relation"]}))
    flat.graph = _flatten(flat.graph)
    with replacing(path) as new:
        nx.write_graphml(flat, new, encoding="utf-8")


def _flatten(data: Mapping[str, Any]) -> dict[str, Any]:
    flat = {key: dump(value) if isinstance(value, list | dict) else value for key, value in data.items()}
    return {k: _NOT_XML.sub("\ufffd", v) if isinstance(v, str) else v for k, v in flat.items() if v is not None}


_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _write_csv(resolution: Resolution, folder: Path, *, bom: bool = False) -> None:
    """entities.csv, facts.csv and articles.csv; lists and histories as JSON in their cell."""
    folder.mkdir(exist_ok=True)
    names = {e.id: e.name for e in resolution.entities}
    entities = (
        (e.id, e.name, e.type, dump(list(e.aliases)), len(e.mentions), dump(e.written_ids)) for e in resolution.entities
    )
    facts = (
        (
            f.id,
            f.head,
            names[f.head],
            f.relation,
            f.tail,
            names[f.tail],
            f.status,
            f.since,
            f.until,
            f.confidence,
            f.sources,
            dump(list(f.articles)),
            dump(list(dict.fromkeys(c.text for c in f.citations()))),
            dump(_list_history(f)),
        )
        for f in resolution.facts
    )
    articles = ((a.id, a.title, a.date, a.source, a.url) for a in resolution.articles)
    header = "id head_id head relation tail_id tail status since until confidence sources articles evidence history"
    # All are written before any takes its place: on a full disk the older ones stay, and together.
    with (
        replacing(folder / "facts.csv") as new_facts,
        replacing(folder / "entities.csv") as new_entities,
        replacing(folder / "articles.csv") as new_articles,
    ):
        _write_table(new_articles, ["id", "title", "date", "source", "url"], articles, bom=bom)
        _write_table(new_entities, ["id", "name", "type", "aliases", "articles", "ids"], entities, bom=bom)
        _write_table(new_facts, header.split(), facts, bom=bom)


def _write_table(path: Path, header: list[str], rows: Iterable[Iterable[Any]], *, bom: bool) -> None:
    encoding = "utf-8-sig" if bom else "utf-8"
    with path.open("w", encoding=encoding, newline="", errors="replace") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows([disarm(cell) for cell in row] if bom else row for row in rows)


def _write_text(path: Path, parts: Iterable[str]) -> None:
    with replacing(path) as new, new.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(parts)


NEO4J_CSV = "neo4j-csv"

FORMATS: Mapping[str, Callable[[Resolution, Path], None]] = MappingProxyType(
    {
        "jsonl": _write_jsonl,
        "csv": _write_csv,
        "graphml": _write_graphml,
        "gexf": write_gexf,
        "turtle": write_turtle,
        "json": _write_json,
    }
)

# What the records of articles are needed for, too, comes from a store alone.
STORE_FORMATS = (*FORMATS, NEO4J_CSV)
