"""One writer at a time on a server, and a mark on a graph that is half written.

The lock is a transaction that has created a node and is never committed: others that would create the same one wait, and
when its process dies, however suddenly, the server rolls it back. Nobody ever sees the node.

A writer that lost its lock unnoticed (the server was restarted) must not write among the next one's statements. So every
writer puts a token of its own on the :KGStore node before it begins, all its transactions check that the token is still
there, and it waits for those of others that are under way. The token stays until the graph is whole: whoever finds one
without a writer knows that a load broke off.
"""

import contextlib
import os
import secrets
import socket
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import neo4j
import neo4j.exceptions as ne

from kg.errors import StoreFormatError, StoreLocked
from kg.load.neo4j_connection import LOST, Connection, run

FORMAT = 1  # of what is kept on a server; grows when an older version could not read it

# The token of a graph that neo4j-admin has imported: it is whole but for what the format of its files cannot say.
IMPORTED = "imported"

_POLL_SECONDS = 0.2


class LockLost(Exception):
    """The lock is gone, or another writer has taken over: begin again."""


class LoadLock:
    """The lock of a server's graph, held within a `with` block. StoreLocked after `timeout` seconds of waiting."""

    def __init__(self, connection: Connection, *, timeout: float) -> None:
        self.token = secrets.token_hex(8)
        self._connection = connection
        self._timeout = timeout
        self._session: neo4j.Session | None = None
        self._transaction: neo4j.Transaction | None = None

    @property
    def metadata(self) -> dict[str, Any]:
        """For transactions that write under this lock: whoever takes the lock next waits for them."""
        return {"kg": "write", "token": self.token}

    def __enter__(self) -> Self:
        deadline = time.monotonic() + self._timeout
        self._await_others("lock", deadline)
        self._session = self._connection.session()
        try:
            owner = {"kg": "lock", "token": self.token, "pid": os.getpid(), "host": socket.gethostname()}
            # Without a limit of its own: a server's may be shorter than a load.
            self._transaction = self._session.begin_transaction(metadata=owner, timeout=0)
            # Two that saw none waits for each other here, without a limit; rare, and the second gets its turn.
            run(self._transaction, "MERGE (l:KGLock {id: 'kg'}) RETURN 1")
        except BaseException:
            self._release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._release()

    def check(self) -> None:
        """LockLost unless the lock is still held."""
        assert self._transaction is not None
        try:
            run(self._transaction, "RETURN 1")
        except (*LOST, ne.Neo4jError, ne.TransactionError) as exc:
            raise LockLost from exc

    def mark(self) -> None:
        """Put the token on the graph, then wait until no transaction of an earlier writer is under way."""

        def set_token(tx: neo4j.ManagedTransaction, _: int) -> None:
            run(
                tx,
                "MERGE (s:KGStore {id: 'kg'}) SET s.format = $format, s.token = $token",
                format=FORMAT,
                token=self.token,
            )

        self._connection.write(set_token)
        self._await_others("write", time.monotonic() + max(self._timeout, 1.0))

    def guard(self, tx: neo4j.ManagedTransaction) -> None:
        """LockLost where another writer has put its token on the graph."""
        if not run(tx, "MATCH (s:KGStore {id: 'kg'}) WHERE s.token = $token RETURN 1", token=self.token):
            raise LockLost

    def clear(self, tx: neo4j.ManagedTransaction, marks: Mapping[str, Any]) -> None:
        """Take the token off: the graph is whole. `marks` are properties that tell how it was derived."""
        cypher = "MATCH (s:KGStore {id: 'kg'}) WHERE s.token = $token SET s += $marks REMOVE s.token"
        run(tx, cypher, token=self.token, marks=dict(marks))

    def _await_others(self, kind: str, deadline: float) -> None:
        while others := [row for row in list_writers(self._connection, kind) if row["token"] != self.token]:
            if time.monotonic() >= deadline:
                who = others[0]
                owner = f"process {who['pid']} on {who['host']}" if who.get("pid") else "another process"
                raise StoreLocked(
                    f"{self._connection.address.shown}: {owner} is writing to it; tried for {self._timeout:g} s, so try again "
                    f"when that one is done (if it is gone for good: TERMINATE TRANSACTION '{who['transaction']}')"
                )
            time.sleep(_POLL_SECONDS)

    def _release(self) -> None:
        with contextlib.suppress(ne.DriverError, ne.Neo4jError, OSError):
            if self._transaction is not None:
                self._transaction.close()
        with contextlib.suppress(ne.DriverError, ne.Neo4jError, OSError):
            if self._session is not None:
                self._session.close()
        self._transaction = self._session = None


def list_writers(connection: Connection, kind: str = "lock") -> list[dict[str, Any]]:
    """The transactions of kg loaders on the server: those that hold or await the lock, or (`write`) that write."""
    rows = connection.stream(
        "SHOW TRANSACTIONS YIELD transactionId, metaData RETURN transactionId AS id, metaData AS data"
    )
    return [{**row["data"], "transaction": row["id"]} for row in list(rows) if (row["data"] or {}).get("kg") == kind]


def read_state(connection: Connection) -> dict[str, Any]:
    """The properties of the :KGStore node: format, derivation and, while a load is under way or broken off, token.

    {} where no kg has written yet; StoreFormatError where a newer one has.
    """
    rows = connection.read("MATCH (s:KGStore {id: 'kg'}) RETURN s{.*} AS state")
    state: dict[str, Any] = rows[0]["state"] if rows else {}
    if state.get("format", FORMAT) > FORMAT:
        raise StoreFormatError(
            f"{connection.address.shown}: a newer version of kg wrote the graph (format {state['format']}, this one reads "
            f"up to {FORMAT}); upgrade kg"
        )
    return state
