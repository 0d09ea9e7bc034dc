"""A folder and a store kept in step: what is new or changed is read as it arrives, what is gone takes its statements along.

Events of the file system only say that it is time to look: what has changed is told by looking, so that nothing depends
on how a move, a copy or a burst of them is reported. Nothing is remembered but in the store; a watch that was killed begins
with what it has not stored yet.
"""

import os
import stat
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from kg import pipeline
from kg.errors import ExtractionError, InputError, KGError, StoreError, StoreLocked, UsageError
from kg.model import Article, Extraction, place_of

if TYPE_CHECKING:
    from kg.extract.nlp import Extractor
    from kg.extract.options import ExtractorOptions
    from kg.load.base import Store

SETTLING = 500  # milliseconds that a folder may go on changing before it is looked at: a file that is being written
LOOK_SECONDS = (
    30.0  # between two looks without an event, for folders that send none (network drives) and after failures
)
SLICE = 1000  # files between two saves, each of which writes the whole file: some minutes of work that a crash can cost

_ROWS = (".jsonl", ".csv")


@dataclass(frozen=True, slots=True)
class _Seen:
    """What tells a file's state, and the sign of its place that hashes of its articles bear."""

    stamp: tuple[int, int, int, int]
    place: str
    stem: str
    kind: str


_Listing = dict[str, _Seen]


def watch(
    folder: str,
    store: "Store",
    *,
    options: "ExtractorOptions",
    stop: threading.Event,
    date: str | None = None,
    folder_ids: bool = False,
    keep: bool = False,
    on_report: Callable[[pipeline.Report], None] | None = None,
    on_error: Callable[[KGError], None] | None = None,
) -> bool:
    """Bring `store` up to date with `folder`, and keep it so until `stop` is set; then what is in hand is finished and stored.

    Returns whether it was: False where the store or a server failed last. Each round that changed anything, or left inputs
    out, is told to `on_report`. Articles of files that are gone are retracted, unless `keep`; while the folder as a whole is
    away nothing is. That, and a store or server that fails, is told to `on_error` and tried again. UsageError where `folder` is
    none. The first round's StoreError is raised, unless another process holds the store: it is more likely a wrong name than
    a passing trouble.
    """
    from watchfiles import watch as follow

    if not Path(folder).is_dir():
        raise UsageError(f"{folder}: is no folder; name the one in which articles arrive")
    rounds = _Rounds(folder, store, options, stop, date, folder_ids, keep, on_report)
    first, failed, told = True, False, ""
    # Events are gathered from here on: what changes during a round is seen after it.
    events = follow(
        folder,
        watch_filter=None,
        debounce=SETTLING,
        stop_event=stop,
        rust_timeout=int(LOOK_SECONDS * 1000),
        yield_on_timeout=True,
        raise_interrupt=False,
        ignore_permission_denied=True,
    )
    while not stop.is_set():
        failed = False
        try:
            # One look is not enough where a round took long: the next begins without waiting for an event.
            while rounds.go():
                first = False
            told = ""
        except InputError as exc:
            if on_error is not None and str(exc) != told:
                told = str(exc)
                on_error(exc)
        except (StoreError, ExtractionError) as exc:
            if on_error is None or (first and not isinstance(exc, StoreLocked)):
                raise
            failed = True
            on_error(exc)
        first = first and failed
        if next(events, None) is None:
            break
    return not failed


class _Rounds:
    """What a watch knows between two looks, and what it does after one."""

    def __init__(
        self,
        folder: str,
        store: "Store",
        options: "ExtractorOptions",
        stop: threading.Event,
        date: str | None,
        folder_ids: bool,
        keep: bool,
        on_report: Callable[[pipeline.Report], None] | None,
    ) -> None:
        self._folder, self._store, self._reader, self._stop = folder, store, _Reader(options), stop
        self._date, self._folder_ids, self._keep, self._on_report = date, folder_ids, keep, on_report
        self._known: _Listing = {}  # files whose articles the store holds
        self._held: Set[str] = frozenset()  # ids that the store held after the last round
        self._device = _find_device(folder)

    def go(self) -> bool:
        """Look, and take over what differs from what is known; False where nothing was left to do. InputError where the
        folder is away."""
        now = self._look()
        gone = {path: seen for path, seen in self._known.items() if path not in now and _is_gone(path)}
        changed = [path for path, seen in now.items() if self._known.get(path) != seen]
        if self._stop.is_set() or not (changed or gone):
            return False
        if self._held and self._held.isdisjoint(self._store.hashes()):
            # The store's file was taken away or replaced.
            self._known, gone, changed = {}, {}, list(now)
        if gone and not self._keep:
            # An article that was moved is in the store by its old place: it is taken out there, and read where it is now.
            stems = {seen.stem for seen in gone.values()}
            rows = any(seen.kind in _ROWS for seen in gone.values())
            moved = [p for p, seen in now.items() if seen.stem in stems or (rows and seen.kind in _ROWS)]
            changed = list(dict.fromkeys([*changed, *moved]))
        changed = changed[:SLICE]
        retired: list[str] = []
        if not self._keep:
            retired = _retired(self._store, gone.values(), {path: now[path] for path in changed}, self._folder_ids)
        if retired:
            self._store.remove(retired)
        report = self._build(changed)
        self._held = self._store.hashes().keys()
        if self._on_report is not None and (report.added or report.changed or retired or report.failures):
            self._on_report(replace(report, removed=report.removed + len(retired)))
        for path in gone:
            del self._known[path]
        if self._stop.is_set() or _may_pass(report.failures, self._reader.options):
            return False  # not all has been read; what was is unchanged when it is looked at again
        self._known.update((path, now[path]) for path in changed)
        return True

    def _look(self) -> _Listing:
        """The files as they are. InputError where the folder is away: then nothing is known about them."""
        now = _look(self._folder)
        device = _find_device(self._folder)
        if device is None or (not now and device != self._device):
            raise InputError(
                self._folder, "the folder is away; what its articles say is kept, and it is looked for until it is back"
            )
        self._device = device
        return now

    def _build(self, paths: list[str]) -> pipeline.Report:
        failures: list[KGError] = []
        try:
            return pipeline.build(
                paths,
                self._store,
                options=self._reader.options,
                date=self._date,
                folder_ids=self._folder_ids,
                on_error=failures.append,
                stop=self._stop.is_set,
                extract_by_model=self._reader.extract,
            )
        except UsageError:  # nothing in them is an article
            return pipeline.Report(failures=tuple(failures))


def _find_device(folder: str) -> int | None:
    """Where a folder lies, which is another place than before where a drive is no longer there; None for no folder."""
    try:
        state = os.stat(folder)  # noqa: PTH116 - as below
    except OSError:
        return None
    return state.st_dev if stat.S_ISDIR(state.st_mode) else None


def _is_gone(path: str) -> bool:
    """Whether there is no such file, which is more than that it cannot be seen."""
    try:
        return not stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116 - as below
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False


def _may_pass(failures: Iterable[KGError], options: "ExtractorOptions") -> bool:
    """Whether an article may be read later that could not be now: a server was away."""
    if options.llm is None:
        return False
    from kg.extract.llm_client import Unanswered

    return any(isinstance(failure, Unanswered) for failure in failures)


def _look(folder: str) -> _Listing:
    """The files of the folder that are read, in their order."""
    from kg.extract.files import find_files, printable

    def ignore(_: InputError) -> None:
        """An empty folder, or one that is gone for the moment: there is nothing to see."""

    found: _Listing = {}
    for file in find_files([folder], on_error=ignore):
        try:
            state = os.stat(file.path)  # noqa: PTH116 - names may be bytes that are no text
        except OSError:
            continue  # gone again
        origin = printable(file.real)
        stamp = (state.st_mtime_ns, state.st_ctime_ns, state.st_size, state.st_ino)
        found[file.path] = _Seen(stamp, place_of(origin), file.stem, file.kind)
    return found


def _retired(store: "Store", gone: Iterable[_Seen], changed: Mapping[str, _Seen], folder_ids: bool) -> list[str]:
    """Ids of the store's articles of files that are gone, and of rows that their files have no longer."""
    lost = {seen.place for seen in gone}
    rows = {seen.place: path for path, seen in changed.items() if seen.kind in _ROWS}
    if not lost and not rows:
        return []
    by_place: dict[str, list[str]] = {}
    for doc, content_hash in store.hashes().items():
        by_place.setdefault(content_hash.partition("-")[2], []).append(doc)
    retired = [doc for place in lost for doc in by_place.get(place, ())]
    for place, path in rows.items():
        if held := by_place.get(place):
            there = _ids_in(path, folder_ids)
            retired += [doc for doc in held if there is not None and doc not in there]
    return list(dict.fromkeys(retired))


def _ids_in(path: str, folder_ids: bool) -> set[str] | None:
    """The ids of a file's rows; None where not all of them can be read."""
    from kg.extract.articles import read_articles

    errors: list[InputError] = []
    ids = {article.id for article in read_articles(path, folder_ids=folder_ids, on_error=errors.append)}
    return None if errors else ids


class _Reader:
    """An extractor that is made once, and again where a file that it is made from has changed."""

    def __init__(self, options: "ExtractorOptions") -> None:
        self.options = options
        self._extractor: Extractor | None = None

    def extract(
        self, articles: Iterable[Article], *, on_error: Callable[[ExtractionError], None]
    ) -> Iterator[Extraction]:
        """In this process, where few articles are on their way at a time, so that an end waits for few."""
        from kg.extract.nlp import Extractor
        from kg.extract.options import fingerprint

        if self._extractor is None or self._extractor.fingerprint != fingerprint(self.options):
            self._extractor = Extractor(self.options)
        return self._extractor.extract(articles, on_error=on_error)
