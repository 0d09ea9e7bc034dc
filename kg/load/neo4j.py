"""A graph on a Neo4j server: the store's contract over Bolt. docs/decisions/0007-neo4j.md says why it is as it is.

Every :Article node keeps the record of what the article says; entities, facts and mentions are derived from all of them and
compared with what the server has, so that only what differs is written. A load broken off is completed by whoever opens
the store next.
"""

import json
import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import neo4j
import neo4j.exceptions as ne

from kg.errors import StoreError, UsageError
from kg.load import properties
from kg.load.base import Row, Summary, WriteCounts, summarize
from kg.load.derivation import Derivation
from kg.load.neo4j_address import Address
from kg.load.neo4j_connection import LOST, Connection, is_passing, run
from kg.load.neo4j_errors import check_key, query_error
from kg.load.neo4j_lock import IMPORTED, LoadLock, LockLost, list_writers, read_state
from kg.load.neo4j_plan import ENTITIES, plan_load, quote
from kg.load.neo4j_schema import (
    NAME_INDEX,
    apply_constraints,
    apply_indexes,
    begin_indexes,
    drop_name_index,
    has_long_names,
    list_absent,
)
from kg.load.neo4j_staging import Staging, unpack
from kg.load.neo4j_values import write_plan, write_row
from kg.load.neo4j_writer import write_operations
from kg.model import Extraction, Resolution
from kg.ontology import Ontology, load_ontology
from kg.resolve import DERIVATION, find_registry, resolve

if TYPE_CHECKING:
    import networkx as nx

T = TypeVar("T")

_RESTARTS = 10  # of one load, before a server that goes away again and again is given up
_RECORDS_AT_ONCE = 200
_LISTS_AT_ONCE = 10_000

_MISSPELT = re.compile(r"`([^`]+)`|name is: (.+?)\)")  # the name in a warning, of servers from 5.23 on and before

_PRESENT = (
    "MATCH (a:Article) WHERE a._digest IS NOT NULL RETURN a.id AS id, a._digest AS digest, a._mentions AS mentions"
)

logger = logging.getLogger(__name__)


class Neo4jStore:
    """A store on a server. Safe to share between threads; `url` is its address without user and password."""

    def __init__(
        self, address: Address, *, ontology: Ontology | None = None, timeout: float, must_exist: bool = False
    ) -> None:
        self.url = address.shown
        self.ontology = ontology or load_ontology()
        self.registry = find_registry()
        self._timeout = timeout
        self._closed = False
        self._mutex = threading.RLock()
        self._connection = Connection(address)
        try:
            self._open(must_exist=must_exist)
        except BaseException:
            self.close()
            raise

    def write(self, extractions: Iterable[Extraction]) -> WriteCounts:
        self._check_writable()
        with Staging(self.ontology, self.registry) as staging:
            self._read(lambda: self._survey(staging))
            for extraction in extractions:
                a = extraction.article
                check_key(self._connection.address, a.id, "id", a.id)
                check_key(self._connection.address, a.id, "date", a.date or "")
                staging.put(extraction)
            return self._load(staging)

    def remove(self, docs: Iterable[str]) -> WriteCounts:
        self._check_writable()
        with Staging(self.ontology, self.registry) as staging:
            staging.take_out(docs)
            return self._load(staging)

    def hashes(self) -> Mapping[str, str]:
        query = "MATCH (a:Article) WHERE a._digest IS NOT NULL RETURN a.id AS id, a.hash AS hash"
        rows = self._read(lambda: [(row["id"], row["hash"]) for row in self._connection.stream(query)])
        return dict(sorted(rows))

    def extractions(self) -> Iterator[Extraction]:
        # By portions of ids, so that no transaction stays open however slowly they are taken.
        docs = list(self.hashes())
        query = "UNWIND $ids AS id MATCH (a:Article {id: id}) RETURN id, a._record AS record"
        for start in range(0, len(docs), _RECORDS_AT_ONCE):
            ids = docs[start : start + _RECORDS_AT_ONCE]
            rows = self._read(lambda ids=ids: self._connection.read(query, ids=ids))  # type: ignore[misc]
            records = {row["id"]: row["record"] for row in rows if row["record"] is not None}
            yield from (unpack(records[doc], source=self.url) for doc in ids if doc in records)

    def resolution(self) -> Resolution:
        self._warn_of_pending()
        return resolve(self.extractions(), self.ontology, registry=self.registry)

    def is_current(self) -> bool:
        state = self._read(lambda: read_state(self._connection))
        return not state or ("token" not in state and self._is_derived_alike(state) and self._read(self._has_schema))

    def summary(self) -> Summary:
        state = self._read(lambda: read_state(self._connection))
        if "token" in state or "rejected" not in state or not self._is_derived_alike(state):
            return summarize(self.resolution())
        entities, facts = self._read(self._count)
        return Summary(entities, facts, self._read(self._count_relations), json.loads(state["rejected"]))

    def _is_derived_alike(self, state: Mapping[str, Any]) -> bool:
        """Whether this version, with this registry, would derive the same graph."""
        mark = self.registry.digest if self.registry else None
        return state.get("derivation", DERIVATION) == DERIVATION and state.get("registry") == mark

    def read(self, around: str | None = None, hops: int = 1) -> "nx.MultiDiGraph":
        from kg.graph import build_graph
        from kg.load.neo4j_reader import read_around

        if around is None:
            return build_graph(self.resolution())
        self._warn_of_pending()
        return self._read(lambda: read_around(self._connection, around, hops))

    def query(self, cypher: str, /, **parameters: Any) -> list[Row]:
        self._warn_of_pending()
        access = {"default_access_mode": neo4j.READ_ACCESS, "notifications_min_severity": "WARNING"}
        try:
            with self._connection.session(**access) as session:
                result = session.run(cypher, parameters)
                rows = [write_row(record) for record in result]
                summary = result.consume()
        except (*LOST, ne.AuthError) as exc:
            with self._connection.explained("the question could not be asked"):
                raise exc
        except (ne.Neo4jError, ne.DriverError, TypeError, ValueError, OverflowError, RecursionError) as exc:
            raise query_error(exc) from exc
        known = {*self.ontology.entities, *self.ontology.relations, *properties.NAMES}
        for status in summary.gql_status_objects:
            if status.is_notification:
                named = _MISSPELT.search(status.status_description)
                about = (named[1] or named[2]) if named and status.raw_classification == "UNRECOGNIZED" else None
                level = logging.WARNING if about is not None and about not in known else logging.DEBUG
                logger.log(level, "%s", status.status_description)
        # EXPLAIN has no rows but a plan; PROFILE, which has both, answers with its rows.
        return rows if summary.plan is None else write_plan(summary.plan)

    def close(self) -> None:
        self._closed = True
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Neo4jStore({self.url!r})"

    def _open(self, *, must_exist: bool) -> None:
        with self._connection.explained("the graph could not be looked at"):
            state = read_state(self._connection)
            if must_exist and not state:
                raise StoreError(f"{self.url}: there is no graph of kg's yet; `kg build` makes one")
            if "token" not in state or list_writers(self._connection):
                return
            if state["token"] == IMPORTED:
                self._finish_import()
                return
        logger.warning("%s: a load broke off; completing it", self.url)
        try:
            with Staging(self.ontology, self.registry) as nothing_new:
                self._load(nothing_new)
        except StoreError as exc:
            logger.warning("a load broke off and could not be completed, so answers mix old and new: %s", exc)

    def _finish_import(self) -> None:
        """Add to what neo4j-admin has imported the schema, and the lists that its files cannot hold."""
        apply_constraints(self._connection)
        with LoadLock(self._connection, timeout=self._timeout):
            state = read_state(self._connection)
            if state.get("token") != IMPORTED:
                return
            apply_indexes(self._connection)
            lists: list[tuple[str, tuple[str, ...]]] = [("(x:Entity)", ("aliases",))]
            present = self._connection.read("CALL db.relationshipTypes() YIELD relationshipType AS type")
            lists += [
                (f"()-[x:{quote(relation)}]->()", ("evidence", "valid_from", "valid_to"))
                for relation in sorted({row["type"] for row in present} & set(self.ontology.relations))
            ]
            for pattern, names in lists:
                for name in names:
                    self._restore_lists(pattern, name, state["mark"])
            self._connection.run_alone("MATCH (s:KGStore {id: 'kg'}) REMOVE s.token, s.mark")

    def _restore_lists(self, pattern: str, name: str, mark: str) -> None:
        query = (
            f"MATCH {pattern} WHERE x._digest IS NOT NULL AND (x.{name} IS NULL OR x.{name} = [$mark]) "
            f"WITH x LIMIT {_LISTS_AT_ONCE} SET x.{name} = CASE WHEN x.{name} IS NULL THEN [] ELSE [''] END RETURN count(*) AS n"
        )
        while self._connection.write(lambda tx, _: run(tx, query, mark=mark)[0]["n"]):
            pass

    def _load(self, staging: Staging) -> WriteCounts:
        """Bring the server up to date with what is staged, from the start again whenever the connection is lost."""
        counted: dict[str, int] = {}
        with self._mutex, self._connection.explained("the load did not end"):
            if self._is_done(staging):
                return self._tell(staging.count())
            for restart in range(_RESTARTS + 1):
                try:
                    # Before the lock, which rests on one of them and would keep it from being made.
                    apply_constraints(self._connection)
                    with LoadLock(self._connection, timeout=self._timeout) as lock:
                        self._bring_up_to_date(staging, lock, counted)
                        return self._tell(counted)
                except (LockLost, ne.Neo4jError, ne.DriverError) as exc:
                    if not (isinstance(exc, LockLost) or is_passing(exc)):
                        raise
                    if restart == _RESTARTS:
                        raise StoreError(
                            f"{self.url}: the connection was lost {restart + 1} times during one load; look at the server's "
                            "log, then run the same load again, which ends what it began"
                        ) from exc
                    logger.warning("%s: the connection was lost; waiting for the server to go on", self.url)
                    time.sleep(0.2)
                    self._connection.await_server()
        raise AssertionError("unreachable")

    def _tell(self, counted: Mapping[str, int]) -> WriteCounts:
        entities, facts = self._count()
        return WriteCounts(**counted, entities=entities, facts=facts)

    def _is_done(self, staging: Staging) -> bool:
        """Whether the server held all that is staged when it was staged, and is whole: then no lock is needed.

        Where another writer has changed an article meanwhile, it came later, and what it wrote stays.
        """
        if not staging.is_unchanged():
            return False
        try:
            state = read_state(self._connection)
            is_whole = "token" not in state and "derivation" in state and self._is_derived_alike(state)
            return is_whole and self._has_schema()
        except (ne.Neo4jError, ne.DriverError) as exc:
            if is_passing(exc):
                return False  # to be waited for
            raise

    def _has_schema(self) -> bool:
        """Whether the indexes are there, which a load makes last of all and may have been killed before."""
        absent = list_absent(self._connection)
        return not absent or (absent == [NAME_INDEX] and has_long_names(self._connection))

    def _bring_up_to_date(self, staging: Staging, lock: LoadLock, counted: dict[str, int]) -> None:
        state = read_state(self._connection)
        self._survey(staging)
        if not counted:
            # At the first attempt: later ones find a part of what is staged on the server.
            if unknown := staging.list_unknown():
                raise UsageError(
                    f"{self.url}: no article has the id {', '.join(map(repr, unknown[:5]))}; nothing was removed"
                )
            counted.update(staging.count(), removed=len(staging.list_outgoing()))
        pending = "token" in state or (bool(state) and not self._is_derived_alike(state))
        change = staging.count()
        if not (pending or change["added"] or change["changed"] or staging.list_outgoing()):
            apply_indexes(self._connection)
            return
        lock.mark()
        self._survey(staging)  # once more, now that nobody else writes any longer
        long_names = False
        rejected: Mapping[str, int] = {}

        def prepare(found: bool, derivation: Derivation) -> None:
            nonlocal long_names, rejected
            long_names, rejected = found, derivation.rejected
            if found:
                drop_name_index(self._connection)

        def mark() -> dict[str, Any]:
            told = json.dumps(rejected, ensure_ascii=False, sort_keys=True)
            return {
                "derivation": DERIVATION,
                "registry": self.registry.digest if self.registry else None,
                "rejected": told,
            }

        def index(stage: int) -> None:
            # Once the entities are there, because an index is filled faster at once than row by row; the server does it
            # while facts are written.
            if stage == ENTITIES:
                begin_indexes(self._connection, long_names=long_names)

        operations = plan_load(staging, self._connection, prepare=prepare)
        write_operations(self._connection, lock, operations, marks=mark, after=index)
        apply_indexes(self._connection, long_names=long_names)

    def _survey(self, staging: Staging) -> None:
        rows = self._connection.stream(_PRESENT)
        staging.set_present((row["id"], row["digest"], row["mentions"]) for row in rows)

    def _count(self) -> tuple[int, int]:
        """Entities and facts of the whole graph: the server keeps these numbers, so asking costs nothing."""
        # All relations in one pattern: a UNION of them takes a server that has just started a second to plan.
        relations = "|".join(map(quote, self.ontology.relations))
        [[entities]] = self._connection.read("MATCH (e:Entity) RETURN count(e)")
        [[facts]] = self._connection.read(f"MATCH ()-[r:{relations}]->() RETURN count(r)")
        return entities, facts

    def _count_relations(self) -> dict[str, int]:
        """Facts of the whole graph by relation."""
        parts = " UNION ALL ".join(
            f"MATCH ()-[r:{quote(relation)}]->() RETURN '{relation}' AS relation, count(r) AS n"
            for relation in self.ontology.relations
        )
        return {row["relation"]: row["n"] for row in self._connection.read(parts) if row["n"]}

    def _check_writable(self) -> None:
        """StoreError where a write could not succeed: hours of extraction come before it."""
        self._ensure_open()
        with (
            self._connection.explained("it cannot be written to"),
            self._connection.session() as session,
            session.begin_transaction() as transaction,
        ):
            transaction.run("CREATE (:KGLock {id: randomUUID()})").consume()
            transaction.rollback()
            list_absent(self._connection)

    def _read(self, work: Callable[[], T]) -> T:
        self._ensure_open()
        with self._connection.explained("it could not be read"):
            return work()

    def _warn_of_pending(self) -> None:
        state = self._read(lambda: read_state(self._connection))
        if "token" in state:
            logger.warning("%s: a load is under way, so answers may mix old and new", self.url)
        elif state and state.get("registry") != (self.registry.digest if self.registry else None):
            logger.warning(
                "%s: its graph was made with another registry; the next kg build or kg load brings it up to date",
                self.url,
            )

    def _ensure_open(self) -> None:
        if self._closed:
            raise StoreError(f"{self.url}: the store is closed; open it again with open_store")
