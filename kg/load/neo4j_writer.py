"""Operations carried out on a server: few in one transaction, many in batches, several at a time.

Either way the token of the lock is on the graph before the first write, and goes in the transaction of the last.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ALL_COMPLETED, FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from operator import itemgetter
from typing import Any

import neo4j

from kg.load.neo4j_connection import Connection, run
from kg.load.neo4j_lock import LoadLock
from kg.load.neo4j_plan import Operation, Row, Statement

# A load of a day's news is one transaction, so that readers see it whole. Beyond that the server would need memory for it.
ATOMIC_ROWS = 5_000
ATOMIC_SIZE = 8_000_000  # characters

BATCH_ROWS = 1_000
BATCH_SIZE = 1_000_000  # characters: a fact that thousands of articles state is a batch of its own
WORKERS = 3

Batch = tuple[Statement, list[Row]]
Marks = Callable[[], Mapping[str, Any]]  # of the store's node, known when all has been derived


def write_operations(
    connection: Connection,
    lock: LoadLock,
    operations: Iterator[Operation],
    *,
    marks: Marks,
    after: Callable[[int], None] = lambda _: None,
) -> None:
    """Carry the operations out, stage after stage, and clear the mark, with `marks` asked for then.

    Where they are many, `after` is called with each stage that is on the server. LockLost where another writer has taken over.
    """
    few, complete = _take(operations)
    if complete:
        _write_at_once(connection, lock, few, marks)
    else:
        _write_in_batches(connection, lock, itertools.chain(few, operations), marks, after)


def _take(operations: Iterator[Operation]) -> tuple[list[Operation], bool]:
    """The first operations, as many as one transaction takes, and whether these are all."""
    taken: list[Operation] = []
    size = 0
    for operation in operations:
        taken.append(operation)
        size += operation.size
        if len(taken) > ATOMIC_ROWS or size > ATOMIC_SIZE:
            return taken, False
    return taken, True


def _write_at_once(connection: Connection, lock: LoadLock, operations: list[Operation], marks: Marks) -> None:
    batches = [batch for _, batch in _batch(operations)]

    def work(tx: neo4j.ManagedTransaction, attempt: int) -> None:
        lock.guard(tx)
        for statement, rows in batches:
            run(tx, statement.text(attempt), rows=rows)
        lock.clear(tx, marks())

    lock.check()
    _write(connection, lock, work)


def _write_in_batches(
    connection: Connection,
    lock: LoadLock,
    operations: Iterable[Operation],
    marks: Marks,
    after: Callable[[int], None],
) -> None:
    def send(batch: Batch) -> None:
        statement, rows = batch

        def work(tx: neo4j.ManagedTransaction, attempt: int) -> None:
            lock.guard(tx)
            run(tx, statement.text(attempt), rows=rows)

        _write(connection, lock, work)

    with ThreadPoolExecutor(WORKERS, thread_name_prefix="kg-load") as pool:
        running: set[Future[None]] = set()
        try:
            for stage, batches in itertools.groupby(_batch(operations), key=itemgetter(0)):
                for _, batch in batches:
                    if len(running) > WORKERS:
                        running = _await(running, FIRST_COMPLETED)
                    if batch[0].parallel:
                        running.add(pool.submit(send, batch))
                    else:
                        running = _await(running, ALL_COMPLETED)
                        send(batch)
                running = _await(running, ALL_COMPLETED)
                after(stage)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise

    def clear(tx: neo4j.ManagedTransaction, _: int) -> None:
        lock.guard(tx)
        lock.clear(tx, marks())

    lock.check()
    _write(connection, lock, clear)


def _write(connection: Connection, lock: LoadLock, work: Callable[[neo4j.ManagedTransaction, int], None]) -> None:
    connection.write(work, metadata=lock.metadata)


def _await(running: set[Future[None]], when: str) -> set[Future[None]]:
    done, waiting = wait(running, return_when=when)
    for future in done:
        future.result()
    return waiting


def _batch(operations: Iterable[Operation]) -> Iterator[tuple[int, Batch]]:
    """The rows of each stage by statement, in portions that a transaction takes."""
    for stage, of_stage in itertools.groupby(operations, key=itemgetter(0)):
        gathered: dict[Statement, tuple[list[Row], list[int]]] = {}
        for _, statement, row, size in of_stage:
            if (found := gathered.get(statement)) is None:
                found = gathered[statement] = [], [0]
            rows, sizes = found
            rows.append(row)
            sizes[0] += size
            if len(rows) >= BATCH_ROWS or sizes[0] >= BATCH_SIZE:
                del gathered[statement]
                yield stage, (statement, rows)
        for statement, (rest, _) in gathered.items():
            yield stage, (statement, rest)
