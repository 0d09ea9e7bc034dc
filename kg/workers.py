"""Extraction in several processes: order kept, a few batches on their way at most, and a worker's death outlived.

Workers are spawned, never forked, so they share nothing with a caller that holds threads, locks or an open store.
"""

import itertools
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from kg.errors import ExtractionError
from kg.model import Article, Extraction

if TYPE_CHECKING:
    from kg.extract.nlp import Extractor
    from kg.extract.options import ExtractorOptions

BATCH_SIZE = 32  # articles handed over at once: enough to hide the cost of that, few enough to keep memory flat
BATCHES_PER_WORKER = 2  # one in work, one waiting, so that no worker idles while the next articles are read

ErrorHandler = Callable[[ExtractionError], None]
Batch = list[Article]
Answer = tuple[list[Extraction], list[ExtractionError]]

_extractor: "Extractor | None" = None  # a worker's own, built once


def extract_in_processes(
    articles: Iterable[Article],
    options: "ExtractorOptions",
    *,
    jobs: int,
    batch_size: int = BATCH_SIZE,
    on_error: ErrorHandler | None = None,
) -> Iterator[Extraction]:
    """One Extraction per article, in order, made by `jobs` worker processes.

    An article that cannot be extracted, or that kills the worker it is given to alone, is an ExtractionError: handed
    to `on_error` where there is one, else raised. Workers that do not even start are an ExtractionError raised at once.
    """
    batches = _batched(articles, batch_size)
    pending: deque[tuple[Batch, Future[Answer]]] = deque()
    pool = _open_pool(jobs, options)
    try:
        while True:
            for batch in itertools.islice(batches, jobs * BATCHES_PER_WORKER - len(pending)):
                pending.append((batch, _submit(pool, batch)))
            if not pending:
                return
            batch, future = pending.popleft()
            try:
                answer = future.result()
            except BrokenProcessPool:
                # Nobody knows whose article it was: all that were on their way go once more, each by itself.
                pool.shutdown()
                again = [*batch, *itertools.chain.from_iterable(waiting for waiting, _ in pending)]
                pending.clear()
                for answer in _extract_one_by_one(again, options):
                    yield from _deliver(answer, on_error)
                pool = _open_pool(jobs, options)
            else:
                yield from _deliver(answer, on_error)
    finally:
        pool.shutdown(cancel_futures=True)


def _extract_one_by_one(articles: Iterable[Article], options: "ExtractorOptions") -> Iterator[Answer]:
    """An answer per article from a lone worker, which is replaced when an article kills it."""
    pool: ProcessPoolExecutor | None = None
    try:
        for article in articles:
            if pool is None:
                pool = _open_pool(1, options)
                _await_start(pool)
            try:
                yield _submit(pool, [article]).result()
            except BrokenProcessPool:
                pool.shutdown()
                pool = None
                reason = "it killed the process that extracted it (often memory); the article was left out"
                yield [], [ExtractionError(f"{article.id}: {reason}")]
    finally:
        if pool is not None:
            pool.shutdown(cancel_futures=True)


def _deliver(answer: Answer, on_error: ErrorHandler | None) -> list[Extraction]:
    extractions, errors = answer
    for error in errors:
        if on_error is None:
            raise error
        on_error(error)
    return extractions


def _batched(articles: Iterable[Article], size: int) -> Iterator[Batch]:
    iterator = iter(articles)
    while batch := list(itertools.islice(iterator, size)):
        yield batch


def _open_pool(jobs: int, options: "ExtractorOptions") -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(
        jobs, mp_context=context, initializer=_start_worker, initargs=(replace(options, threads=1),)
    )


def _submit(pool: ProcessPoolExecutor, batch: Batch) -> "Future[Answer]":
    """The batch's future; in a pool that broke meanwhile, one that says so, as a break while waiting does."""
    with _interrupts_held():  # submitting starts processes
        try:
            return pool.submit(_extract_batch, batch)
        except BrokenProcessPool as exc:
            broken: Future[Answer] = Future()
            broken.set_exception(exc)
            return broken


def _await_start(pool: ProcessPoolExecutor) -> None:
    try:
        with _interrupts_held():
            started = pool.submit(os.getpid)
        started.result()
    except BrokenProcessPool as exc:
        raise ExtractionError(
            "the worker processes do not start; run with one job, or, if a script of yours asked for several, put "
            'its code under `if __name__ == "__main__":`'
        ) from exc


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Holds Ctrl-C back meanwhile. Processes started here never see it: their parent alone decides when to stop."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows, where _start_worker has to do
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_worker(options: "ExtractorOptions") -> None:
    global _extractor
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    from kg.extract.nlp import Extractor

    _extractor = Extractor(options)


def _die_with_parent() -> None:
    """A killed parent cannot close its pool; without this its workers would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _extract_batch(batch: Batch) -> Answer:
    assert _extractor is not None, "_start_worker has run"
    errors: list[ExtractionError] = []
    return list(_extractor.extract(batch, on_error=errors.append)), errors
