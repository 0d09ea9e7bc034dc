"""What the driver and the server have to say, in one sentence of ours: what, where, and the way out.

The texts of the driver are not passed on where they could name more than the address: messages never hold credentials.
"""

import contextlib
import re
from collections.abc import Iterator

import neo4j.exceptions as ne

from kg.errors import QueryError, StoreError, UsageError
from kg.load.neo4j_address import Address

OLDEST_SERVER = (
    5,
    13,
)  # tested: 5.13.0, 5.26.12 and 2026.08.1; what came before does not know the statements that are used


@contextlib.contextmanager
def explained(address: Address, *, doing: str) -> Iterator[None]:
    """Errors of the driver come out as StoreError that says what could not be done and why."""
    try:
        yield
    except (ne.Neo4jError, ne.DriverError, OSError) as exc:
        raise StoreError(f"{address.shown}: {doing}, because {reason(exc)}") from exc


def reason(error: BaseException) -> str:
    """Why the server or the way to it failed, with the way out; a clause that goes on after "because"."""
    code = (error.code or "") if isinstance(error, ne.Neo4jError) else ""
    for pattern, words in _BY_CODE:
        if pattern in code:
            return words
    if isinstance(error, ne.AuthError):
        return "the server does not let us in; check NEO4J_USERNAME and NEO4J_PASSWORD"
    if isinstance(error, ne.Neo4jError):
        text = _first_line(error.message or "")
        if "No space left" in str(error) or "disk" in text.lower():
            return "the server's disk is full; make room there and run again"
        return f"the server says {text!r} ({code})"
    if isinstance(error, ne.ConfigurationError):
        return "the driver does not take this address; use neo4j:// or bolt://, with +s for an encrypted server"
    return _explain_connection(error)


def query_error(error: BaseException) -> QueryError:
    """What a server has against a query."""
    if isinstance(error, ne.Neo4jError):
        if error.code == "Neo.ClientError.Statement.AccessMode":
            return QueryError("queries only read; to change the graph use `kg build`, `kg load` or Store.write")
        if missing := _NO_INDEX.search(error.message or ""):
            return QueryError(
                f"the server has no full-text index {missing[1]}; the next `kg build` or `kg load`, also of what is there "
                "already, makes kg's own"
            )
        return QueryError((error.message or error.code or type(error).__name__).strip())
    return QueryError(f"a parameter cannot be sent: {error}")


def check_version(address: Address, agent: str) -> None:
    """StoreError unless the server, such as `Neo4j/5.26.12`, is one that the statements here are for."""
    product, _, version = agent.partition("/")
    digits = [int(part) for part in version.split("-")[0].split(".")[:2] if part.isdigit()]
    if product != "Neo4j" or len(digits) < 2:
        raise StoreError(f"{address.shown}: what answers there is {agent or 'unnamed'!r}, not a Neo4j server")
    if tuple(digits) < OLDEST_SERVER:
        oldest = ".".join(map(str, OLDEST_SERVER))
        raise StoreError(
            f"{address.shown}: the server is Neo4j {version}, and kg needs {oldest} or newer; upgrade the server"
        )


def check_key(address: Address, doc: str, what: str, value: str) -> None:
    """UsageError for an id or date of an article that is too long for the server's index (about 8,000 bytes)."""
    if len(value.encode("utf-8", "replace")) > _MAX_KEY:
        raise UsageError(
            f"{address.shown}: the {what} of article {doc[:60]!r}… has {len(value)} characters, and a Neo4j index takes "
            f"{_MAX_KEY} bytes; give it a shorter one"
        )


_NO_INDEX = re.compile(r"no such fulltext schema index: (\S+)")

_MAX_KEY = 8000  # a range index takes 8,167 bytes, the overhead of its key included

_BY_CODE = (
    ("Security.AuthenticationRateLimit", "it has been asked too often with a wrong password; wait a few seconds"),
    ("Security.Unauthorized", "user name or password are wrong; set NEO4J_USERNAME and NEO4J_PASSWORD"),
    (
        "Security.CredentialsExpired",
        "the password has to be changed first; do so in the Neo4j Browser or with cypher-shell",
    ),
    # What 5.26 says when its disk is full: first this once, then that until it is started again.
    (
        "Transaction.TransactionLogError",
        "the server could not write to its disk, which is full or fails; make room there, restart the server and run again",
    ),
    (
        "Transaction.TransactionStartFailed",
        "the database has stopped after an error of its own, such as a full disk; see to that, restart the server and run again",
    ),
    ("Security.Forbidden", "this user may not do that; ask for the rights to read and write the database"),
    (
        "OnReadOnly",
        "the database may only be read (server.databases.read_only or its access mode); allow writing, or load elsewhere",
    ),
    ("ForbiddenOnFollower", "this member of the cluster takes no writes; use neo4j:// instead of bolt://"),
    ("NotALeader", "this member of the cluster takes no writes; use neo4j:// instead of bolt://"),
    ("Database.DatabaseNotFound", "the server has no database of this name; create it, or leave the name out"),
    ("OutOfMemory", "the server has too little memory; raise server.memory.heap.max_size"),
    (
        "Schema.ConstraintCreationFailed",
        "the database holds nodes of another program under these labels; use an empty database",
    ),
)


def _explain_connection(error: BaseException) -> str:
    told = " ".join(f"{type(part).__name__} {part}" for part in _unfold(error))
    if "gaierror" in told or "DNS resolve" in told:
        return "no machine of this name is known; check the address"
    if "ConnectionRefused" in told or "Connection refused" in told:
        return "nothing listens there; start the server, or check host and port (7687 is usual)"
    if "SSL" in told or "certificate" in told.lower():
        return "the encrypted connection failed; use a +s address for a trusted certificate, +ssc for one of its own, neither for none"
    if "handshake" in told.lower() or "HTTP" in told or "UnsupportedServerProduct" in told:
        return (
            "what answers there does not speak Bolt; give the Bolt port (7687 is usual), not that of the Browser (7474)"
        )
    if "timed out" in told.lower() or "timeout" in told.lower():
        return "nothing answers there in time; check host, port and firewall"
    if "routing" in told.lower():
        return "it names no server for us; try bolt:// in place of neo4j://"
    return "the connection was lost; see that the server runs, and run again"


def _unfold(error: BaseException | None) -> Iterator[BaseException]:
    """The error with all that led to it: a routing driver gathers one failure a server in a group."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for part in error.exceptions:
                yield from _unfold(part)
        error = error.__cause__ or error.__context__


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or ["nothing"])[0][:300]
