"""All tables of a large graph, derived from what its articles say without holding it: memory grows by the names alone."""

import contextlib
import itertools
import sqlite3
from collections.abc import Iterable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

from kg.load.base import Summary
from kg.load.derivation import Derivation, create_tables, number
from kg.load.kglite_growth import Row, write_matches, write_name, write_summary
from kg.load.records import decode, dump
from kg.load.spool import as_os_errors, open_spool
from kg.load.tables import (
    ENTITY,
    FACT,
    MENTION,
    NAME,
    RECORD,
    STORE,
    Values,
    create_file,
    list_entity,
    list_fact,
    list_name,
    list_record,
)
from kg.ontology import Ontology
from kg.resolve import Registry
from kg.resolve.folding import Key
from kg.resolve.growing import Name

_ROWS_AT_ONCE = 2000

# By name the names of whose things it is a form.
_OWNERS = "CREATE TABLE owner (key INT, coarse, form, owner, voted)"


def write_tables(
    path: Path,
    records: Iterable[bytes],
    head: Row,
    ontology: Ontology,
    *,
    registry: Registry | None,
    source: str,
) -> Row:
    """Write a new file with `head` for what its :KGStore says; returned as completed by what was found. Raises OSError.

    `records` come by id. What is under way lies in a file beside, which goes when all is done.
    """
    spooled = path.with_name(f"{path.name}.tmp.1")
    with contextlib.ExitStack() as stack:
        stack.enter_context(as_os_errors())
        stack.callback(spooled.unlink, missing_ok=True)
        spool = stack.enter_context(contextlib.closing(open_spool(spooled)))
        file = stack.enter_context(contextlib.closing(create_file(path)))
        derivation = Derivation(spool, ontology, registry=registry)
        _insert(file, RECORD, _take_in(records, derivation, source))
        derivation.merge()
        origins = ((origin, doc) for doc, origin in derivation.reprints.items())
        file.executemany("UPDATE record SET origin = ? WHERE doc = ?", origins)
        _insert(file, ENTITY, (list_entity(e.id, e.type, e.name, e.aliases, e.ids) for e in derivation.entities()))
        _insert(file, MENTION, _list_mentions(derivation))
        relations: dict[str, int] = {}
        for relation in derivation.relations():
            if count := _insert(file, FACT, _list_facts(derivation, relation)):
                relations[relation] = count
        _insert(file, NAME, _list_names(derivation))
        [(entities,)] = file.execute("SELECT count(*) FROM entity")
        summary = Summary(entities, sum(relations.values()), relations, derivation.rejected)
        head = head | {"matches": write_matches(derivation.matches), "summary": write_summary(summary)}
        _insert(file, STORE, head.items())
        file.execute("COMMIT")
    return head


def _take_in(records: Iterable[bytes], derivation: Derivation, source: str) -> Iterator[Values]:
    for record in records:
        said = decode(record, source=source)
        derivation.add(said)
        yield list_record(record, said.article)


def _list_mentions(derivation: Derivation) -> Iterator[Values]:
    for told in derivation.mentions():
        for entity, count, names in told.mentions:
            yield told.doc, entity, count, dump(names)


def _list_facts(derivation: Derivation, relation: str) -> Iterator[Values]:
    for fact in derivation.facts(relation):
        yield list_fact(relation, fact.head, fact.tail, fact.properties)


def _list_names(derivation: Derivation) -> Iterator[Values]:
    """Names with things and names that are forms alone; each needs its owners, which all others tell."""
    spool = derivation.spool
    create_tables(spool, _OWNERS)
    owners: list[Values] = []

    def flush() -> None:
        spool.executemany("INSERT INTO owner VALUES (?,?,?,?,?)", owners)
        owners.clear()

    for (folded, coarse), name in derivation.names():
        owners += [
            (number((form, coarse)), coarse, form, folded, voted)
            for form, voted in name.list_forms().items()
            if form != folded
        ]
        if len(owners) >= _ROWS_AT_ONCE:
            flush()
    flush()
    spool.execute("CREATE INDEX owner_key ON owner (key)")
    for key, name in derivation.names():
        found = spool.execute("SELECT owner, voted FROM owner WHERE key = ?", (number(key),))
        name.owners = {(owner, key[1]): bool(voted) for owner, voted in found}
        yield from _write_name(key, name)
    alone = spool.execute(
        "SELECT key, coarse, form, owner, voted FROM owner o "
        "WHERE NOT EXISTS (SELECT 1 FROM thing t WHERE t.key = o.key) ORDER BY key"
    )
    for (_, coarse, form), rows in itertools.groupby(alone, key=itemgetter(0, 1, 2)):
        name = Name(owners={(owner, coarse): bool(voted) for *_, owner, voted in rows})
        yield from _write_name((form, coarse), name)


def _write_name(key: Key, name: Name) -> Iterator[Values]:
    if row := write_name(key, name):
        yield list_name(row)


def _insert(file: sqlite3.Connection, statement: str, rows: Iterable[Any]) -> int:
    """Rows go in a few at a time, so that those on their way are not held; how many there were."""
    count = 0
    rows = iter(rows)
    while batch := list(itertools.islice(rows, _ROWS_AT_ONCE)):
        file.executemany(statement, batch)
        count += len(batch)
    return count
