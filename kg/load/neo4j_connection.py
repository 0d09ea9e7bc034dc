"""The one connection of a store to its server: reads, retried writes, and waiting for a server that is away.

Values are sent as parameters only. What the server has to say on internal statements is not asked for.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import neo4j
import neo4j.exceptions as ne

from kg.errors import StoreError
from kg.load.neo4j_address import Address
from kg.load.neo4j_errors import check_version, explained, reason
from kg.version import __version__

T = TypeVar("T")

# How long a load waits for a server that is away: a restart takes half a minute, with a recovery after a crash some more.
RETRY_SECONDS = 180.0
# How long one transaction is tried again. It ends soon, because a person waits for the answer, or because a load keeps its
# lock meanwhile: servers of 2026 do not stop, in order to start again, before the last transaction has been let go.
_TRANSACTION_RETRY_SECONDS = 5.0
_CONNECT_SECONDS = 15.0
# Of a retry. The driver's own second is long for a deadlock, and its doubling adds to an outage as long a wait again.
_FIRST_DELAY = 0.1
_DELAY_GROWTH = 1.3

# The connection is gone, though the server may come back: what was under way is to be done again.
LOST = (ne.ServiceUnavailable, ne.SessionExpired, ne.IncompleteCommit)

# What a server says to transactions that it ends from its side, as it does when it stops.
_ENDED = ("Transaction.Terminated", "Transaction.LockClientStopped")

for _name in ("neo4j", "neo4j.notifications", "neo4j.pool", "neo4j.io"):
    # What they say is in our own messages or log; by default the driver would print it a second time, to stderr.
    if logging.getLogger(_name).level == logging.NOTSET:
        logging.getLogger(_name).setLevel(logging.CRITICAL)


class Connection:
    """A driver that has reached a server of a version that fits. StoreError where it cannot."""

    def __init__(self, address: Address) -> None:
        self.address = address
        with explained(address, doing="no connection"):
            self._driver = make_driver(address)
        try:
            with explained(address, doing="no connection"):
                check_version(address, self._driver.get_server_info().agent)
                with self.session() as session:
                    session.run("RETURN 1").consume()  # the database, too
        except BaseException:
            self.close()
            raise

    def session(self, **options: Any) -> neo4j.Session:
        """A session on the database; internal ones ask for no notifications."""
        options.setdefault("notifications_min_severity", "OFF")
        return self._driver.session(database=self.address.database, **options)

    def read(self, cypher: str, /, **parameters: Any) -> list[neo4j.Record]:
        """All rows of a query, retried for a moment where the server is away."""
        with self.session(default_access_mode=neo4j.READ_ACCESS) as session:
            return session.execute_read(lambda tx: list(tx.run(cypher, parameters)))

    def stream(self, cypher: str, /, **parameters: Any) -> Iterator[neo4j.Record]:
        """Rows one by one; the connection's loss is raised."""
        with self.session(default_access_mode=neo4j.READ_ACCESS) as session:
            # Without a limit of its own: a server's may be shorter than reading all that it has takes.
            yield from session.run(neo4j.Query(cypher, timeout=0), parameters)

    def write(self, work: Callable[[neo4j.ManagedTransaction, int], T], *, metadata: dict[str, Any] | None = None) -> T:
        """`work(transaction, attempt)` in one transaction, tried again for a moment where the server is away or has a deadlock.

        From the second attempt on the first may have been carried out, its answer lost.
        """
        attempt = 0

        @neo4j.unit_of_work(metadata=metadata, timeout=0)
        def count(tx: neo4j.ManagedTransaction) -> T:
            nonlocal attempt
            attempt += 1
            return work(tx, attempt)

        with self.session() as session:
            return session.execute_write(count)

    def run_alone(self, cypher: str) -> None:
        """A statement that wants a transaction to itself, as those on the schema do."""
        with self.session() as session:
            session.run(cypher).consume()

    def await_server(self) -> None:
        """Return when the server answers again; StoreError after RETRY_SECONDS."""
        deadline = time.monotonic() + RETRY_SECONDS
        while True:
            try:
                with self.session() as session:
                    session.run("RETURN 1").consume()
                return
            except (*LOST, ne.TransientError, ne.AuthError, ne.DatabaseUnavailable) as exc:
                # A server that has just started may refuse every password for a moment.
                if time.monotonic() > deadline:
                    raise StoreError(
                        f"{self.address.shown}: the server went away and did not come back within {RETRY_SECONDS:g} s, "
                        f"because {reason(exc)}; start it and run the same load again, which ends what it began"
                    ) from exc
            time.sleep(0.5)

    def close(self) -> None:
        self._driver.close()

    def explained(self, doing: str) -> AbstractContextManager[None]:
        """See `neo4j_errors.explained`."""
        return explained(self.address, doing=doing)


def make_driver(address: Address) -> neo4j.Driver:
    """A driver for the address, which says also whether it encrypts; it connects when it is first used."""
    return neo4j.GraphDatabase.driver(
        address.uri,
        auth=None if address.user is None else (address.user, address.password or ""),
        user_agent=f"kg/{__version__}",
        connection_timeout=_CONNECT_SECONDS,
        connection_acquisition_timeout=4 * _CONNECT_SECONDS,
        max_transaction_retry_time=_TRANSACTION_RETRY_SECONDS,
        initial_retry_delay=_FIRST_DELAY,
        retry_delay_multiplier=_DELAY_GROWTH,
    )


def is_passing(error: BaseException) -> bool:
    """Whether the same work may well succeed once the server is there again."""
    if isinstance(error, (*LOST, ne.TransientError, ne.DatabaseUnavailable)):
        return True
    return isinstance(error, ne.Neo4jError) and (error.code or "").endswith(_ENDED)


def run(tx: "neo4j.ManagedTransaction | neo4j.Transaction", cypher: str, /, **parameters: Any) -> list[neo4j.Record]:
    """All rows of a statement in a transaction."""
    return list(tx.run(cypher, parameters))
