"""The constraints and indexes of cypher/schema.cypher, put onto a server where they are absent."""

import functools
import re
from pathlib import Path

from kg.errors import ConfigError
from kg.load.neo4j_connection import Connection

NAME_INDEX = "entity_name"
# A text index takes values of up to 32,766 bytes. Longer names are stored and found all the same, only without this index.
LONGEST_INDEXED_NAME = 32_766

_INDEX_SECONDS = 300  # within which a new index is filled; the full-text one of 100,000 entities took 4


@functools.cache
def read_schema() -> dict[str, str]:
    """The statements of the schema by the name of the constraint or index, constraints first."""
    package = Path(__file__).resolve().parents[1]
    for path in (package / "cypher" / "schema.cypher", package.parent / "cypher" / "schema.cypher"):
        if path.is_file():
            text = re.sub(r"^\s*//.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
            found = {}
            for statement in filter(None, map(str.strip, text.split(";"))):
                match = re.match(r"CREATE (?:\w+ )*?(?:CONSTRAINT|INDEX) (\w+) IF NOT EXISTS", statement)
                if match is None:
                    raise ConfigError(f"{path}: a statement is none that creates what is absent: {statement[:60]!r}")
                found[match[1]] = statement
            return dict(sorted(found.items(), key=lambda item: "CONSTRAINT" not in item[1]))
    raise ConfigError(f"cypher/schema.cypher is missing from {package}; install kg again")


def list_absent(connection: Connection) -> list[str]:
    """The names of the schema that the server lacks."""
    rows = connection.read("SHOW INDEXES YIELD name, state WHERE state <> 'FAILED' RETURN name")
    present = {row["name"] for row in rows}  # a constraint has an index of its name
    return [name for name in read_schema() if name not in present]


def apply_constraints(connection: Connection) -> None:
    """Put the constraints on that are absent: loading rests on them."""
    _apply(connection, [name for name in list_absent(connection) if "CONSTRAINT" in read_schema()[name]])


def apply_indexes(connection: Connection, *, long_names: bool) -> None:
    """Put on what else is absent, and wait until it is filled. With `long_names` the index of names stays away."""
    absent = [name for name in list_absent(connection) if not (long_names and name == NAME_INDEX)]
    if absent:
        _apply(connection, absent)
        for name in absent:
            connection.run_alone(f"CALL db.awaitIndex('{name}', {_INDEX_SECONDS})")


def drop_name_index(connection: Connection) -> None:
    """Make way for names that are longer than the index takes."""
    connection.run_alone(f"DROP INDEX {NAME_INDEX} IF EXISTS")


def _apply(connection: Connection, names: list[str]) -> None:
    for name in names:
        if name in _list_failed(connection):
            connection.run_alone(f"DROP INDEX {name} IF EXISTS")
        connection.run_alone(read_schema()[name])


def _list_failed(connection: Connection) -> set[str]:
    return {row["name"] for row in connection.read("SHOW INDEXES YIELD name, state WHERE state = 'FAILED' RETURN name")}
