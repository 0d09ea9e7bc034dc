"""The constraints and indexes of cypher/schema.cypher, put onto a server where they are absent.

What a server has is compared by what it is, not by its name alone: an index of the same make under another name serves as
well (but for the full-text one, which questions call by name), one of ours that an older version made otherwise is made
anew, and what another program has put in the way is named before anything is written.
"""

import functools
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg.errors import ConfigError, StoreError
from kg.load.neo4j_connection import Connection

NAME_INDEX = "entity_name"
# A text index takes values of up to 32,766 bytes. Longer names are stored and found all the same, only without this index.
LONGEST_INDEXED_NAME = 32_766

_INDEX_SECONDS = 300  # within which a new index is filled; the full-text one of 100,000 entities took 4

_STATEMENT = re.compile(
    r"CREATE (?:(?P<type>TEXT|FULLTEXT) )?(?P<kind>CONSTRAINT|INDEX) (?P<name>\w+) IF NOT EXISTS "
    r"FOR \(\w+:(?P<label>\w+)\) (?:ON (?:EACH )?[(\[](?P<keys>[^)\]]+)[)\]]|REQUIRE (?P<key>\S+) IS UNIQUE)"
)
_ANALYZER = re.compile(r"`fulltext\.analyzer`: '([^']+)'")

_SHOW = (
    "SHOW INDEXES YIELD name, state, type, labelsOrTypes, properties, options, owningConstraint "
    "RETURN name, state, type, coalesce(labelsOrTypes, []) AS labels, coalesce(properties, []) AS properties, "
    "options.indexConfig['fulltext.analyzer'] AS analyzer, owningConstraint IS NOT NULL AS owned"
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Element:
    """A constraint or index of the schema: its statement, and what SHOW INDEXES tells of it once it is there."""

    name: str
    statement: str
    is_constraint: bool
    type: str  # RANGE, TEXT or FULLTEXT
    label: str
    properties: tuple[str, ...]
    analyzer: str | None  # of a full-text index

    def has_place(self, index: Mapping[str, Any]) -> bool:
        """Whether an index of the server is on the same label and properties, and of the same type."""
        return (index["type"], index["labels"], index["properties"]) == (
            self.type,
            [self.label],
            [*self.properties],
        )

    def is_like(self, index: Mapping[str, Any]) -> bool:
        """Whether an index of the server does what this one is for."""
        alike = self.has_place(index) and self.analyzer in (None, index["analyzer"])
        return alike and (index["owned"] or not self.is_constraint)


@functools.cache
def read_schema() -> dict[str, Element]:
    """The elements of the schema by name, constraints first."""
    package = Path(__file__).resolve().parents[1]
    for path in (package / "cypher" / "schema.cypher", package.parent / "cypher" / "schema.cypher"):
        if path.is_file():
            text = re.sub(r"^\s*//.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
            found = [_parse(path, statement) for statement in filter(None, map(str.strip, text.split(";")))]
            return {e.name: e for e in sorted(found, key=lambda e: not e.is_constraint)}
    raise ConfigError(f"cypher/schema.cypher is missing from {package}; install kg again")


def _parse(path: Path, statement: str) -> Element:
    match = _STATEMENT.match(" ".join(statement.split()))
    if match is None:
        raise ConfigError(f"{path}: a statement is none that creates what is absent: {statement[:60]!r}")
    keys = [key.strip().partition(".")[2] for key in (match["keys"] or match["key"]).split(",")]
    analyzer = _ANALYZER.search(statement)
    return Element(
        match["name"],
        statement,
        match["kind"] == "CONSTRAINT",
        match["type"] or "RANGE",
        match["label"],
        tuple(keys),
        analyzer[1] if analyzer else None,
    )


def list_absent(connection: Connection) -> list[str]:
    """The names of what the server lacks of the schema; StoreError where something of another program is in its place."""
    return list(_compare(connection))


def apply_constraints(connection: Connection) -> None:
    """Put the constraints on that are absent: loading rests on them."""
    absent = _compare(connection)
    _apply(connection, {name: index for name, index in absent.items() if read_schema()[name].is_constraint})


def begin_indexes(connection: Connection, *, long_names: bool | None = None) -> None:
    """Put on what else is absent, for the server to fill. With `long_names` the index of names stays away; None: if need be."""
    absent = _compare(connection)
    if NAME_INDEX in absent and (has_long_names(connection) if long_names is None else long_names):
        del absent[NAME_INDEX]
    _apply(connection, absent)


def apply_indexes(connection: Connection, *, long_names: bool | None = None) -> None:
    """Put on what else is absent, as `begin_indexes` does, and wait until all is filled."""
    begin_indexes(connection, long_names=long_names)
    for index in connection.read(_SHOW):
        if index["name"] in read_schema() and index["state"] != "ONLINE":
            connection.run_alone(f"CALL db.awaitIndex('{index['name']}', {_INDEX_SECONDS})")


def drop_name_index(connection: Connection) -> None:
    """Make way for names that are longer than the index takes: no such index of names, whatever it is called, can hold them."""
    wanted = read_schema()[NAME_INDEX]
    for index in connection.read(_SHOW):
        if index["name"] == NAME_INDEX or wanted.is_like(index):
            connection.run_alone(f"DROP INDEX {_quote(index['name'])} IF EXISTS")


def has_long_names(connection: Connection) -> bool:
    """Whether an entity on the server has a name that the index of names cannot take."""
    # A character takes up to four bytes.
    query = "MATCH (e:Entity) WHERE 4 * size(e.name) > $most RETURN e.name AS name"
    long = connection.read(query, most=LONGEST_INDEXED_NAME)
    return any(len(row["name"].encode("utf-8")) > LONGEST_INDEXED_NAME for row in long)


def _compare(connection: Connection) -> dict[str, Mapping[str, Any] | None]:
    """What the server lacks by name, each with the index of ours that has to make way: failed, or made otherwise."""
    indexes: Sequence[Mapping[str, Any]] = connection.read(_SHOW)
    named = {index["name"]: index for index in indexes}
    absent: dict[str, Mapping[str, Any] | None] = {}
    for name, wanted in read_schema().items():
        there = named.get(name)
        if there is not None and there["labels"] != [wanted.label]:
            raise _refuse(connection, there, f"kg needs this name for one on :{wanted.label}")
        if there is not None and (there["state"] == "FAILED" or not wanted.is_like(there)):
            absent[name] = there
        elif there is None:
            others = [index for index in indexes if wanted.has_place(index) and index["state"] != "FAILED"]
            if any(wanted.is_like(index) for index in others) and wanted.type != "FULLTEXT":
                continue
            if others:
                # A server has one index of a type in a place, so ours cannot be made beside it.
                raise _refuse(connection, others[0], f"kg makes {name} in its place")
            absent[name] = None
    return absent


def _refuse(connection: Connection, index: Mapping[str, Any], because: str) -> StoreError:
    kind = "CONSTRAINT" if index["owned"] else "INDEX"
    where = f":{'|'.join(index['labels'])}({', '.join(index['properties'])})"
    return StoreError(
        f"{connection.address.shown}: the database has {kind.lower()} {index['name']} of another program on {where}, and "
        f"{because}; nothing was written. Run DROP {kind} {_quote(index['name'])} there, or use another database"
    )


def _quote(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _apply(connection: Connection, absent: Mapping[str, Mapping[str, Any] | None]) -> None:
    for name, old in absent.items():
        if old is not None:
            if old["state"] != "FAILED":
                logger.warning("%s: %s was made otherwise; making it anew", connection.address.shown, name)
            connection.run_alone(f"DROP {'CONSTRAINT' if old['owned'] else 'INDEX'} {_quote(name)} IF EXISTS")
        connection.run_alone(read_schema()[name].statement)
