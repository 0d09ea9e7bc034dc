"""Reading, cleaning and extracting on Ray Data: the files are the data set, its rows what is found in them, in order.

    files ──read (tasks)──▶ articles ──extract (actors, a model each)──▶ what each states ──in order──▶ the caller

Rows are handed on in small blocks, and Ray holds back whoever is ahead once the store of objects is as full as it may be. A
process that dies is replaced and what it had in hand done again; an article that kills its process twice, alone, is left
out and named. Ray is imported here and nowhere else, when it is needed.
"""

import contextlib
import logging
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from kg.errors import ConfigError, ExtractionError, InputError, KGError, UsageError
from kg.extract.articles import Admission, Found, read_file
from kg.extract.files import STDIN, InputFile, find_files
from kg.extract.onnx import processors
from kg.extract.options import ExtractorOptions, fingerprint
from kg.model import Article, Extraction, has_same_content

if TYPE_CHECKING:
    from kg.extract.nlp import Extractor

LOCAL: Final = "local"  # the address of a cluster that is made for the run, on this machine

FILES_AT_ONCE: Final = 32  # as many as `kg.workers` hands to a process at once, and for the same reason
BLOCK_BYTES: Final = 128 * 1024  # about as many articles, where one file holds many
STORE_BYTES: Final = 96 * 2**20  # of objects for each worker: a hundred times what lies between two steps
READER_CPUS: Final = 0.25  # reading takes a hundredth of extracting, so that four share a processor
DEATHS: Final = 2  # of processes that had one article alone in hand; once may be chance
REACHED_IN: Final = 10.0  # seconds
_LONGEST_FOLDER: Final = 40  # Ray puts sockets below its folder, whose paths have 107 characters at most

OnError = Callable[[InputError], None]


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where to run: `address` is "local", "auto" (the cluster that this machine is part of) or HOST:PORT; `workers`
    processes extract (None: as many as there are processors)."""

    address: str = LOCAL
    workers: int | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What a cluster was and took: bytes of its store of objects, the most that a run may use and the most that it did."""

    nodes: int
    workers: int
    store_bytes: int
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one article: its extraction, an error, or neither where the store has it unchanged.

    `origin` and `length` (characters) tell where it was read. `article` comes along where the store holds one of its id.
    """

    id: str
    origin: str
    length: int
    extraction: Extraction | None = None
    error: ExtractionError | None = None
    article: Article | None = None


@dataclass(frozen=True, slots=True)
class _Failure:
    """The end of a file that cannot be read on."""

    error: InputError


_Row = dict[str, Any]  # "file": its number; "found": a Found of an Article or Outcome, or a _Failure


class Distribution:
    """A cluster with the extractor of `options` on it, for as long as the context lasts.

    UsageError where Ray is not installed or the cluster cannot be reached.
    """

    def __init__(self, cluster: Cluster, options: ExtractorOptions) -> None:
        self._cluster = cluster
        # What the environment names here it need not name on the workers.
        self._options = replace(options, threads=1, model=options.named_model)
        self._fingerprint = fingerprint(options)
        self._peak = 0
        self._workers = self._nodes = 0
        self._closing = contextlib.ExitStack()

    def __enter__(self) -> "Distribution":
        ray = _import_ray(own=self._cluster.address == LOCAL)
        with contextlib.ExitStack() as closing:
            self._connect(ray, closing)
            self._closing = closing.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    @property
    def usage(self) -> Usage:
        """What the run took so far."""
        return Usage(self._nodes, self._workers, self._workers * STORE_BYTES, self._peak)

    def extract(
        self,
        paths: Sequence[str],
        *,
        hashes: Mapping[str, str],
        date: str | None,
        folder_ids: bool,
        on_error: OnError,
        on_passed: Callable[[str], None],
    ) -> Iterator[Outcome]:
        """What became of each article of `paths`, in order, read as `kg.extract.articles.read_articles` reads them.

        Those that are as `hashes`, by id, say are not extracted. ExtractionError where the cluster fails.
        """
        import ray

        if STDIN in paths:
            raise UsageError("standard input is here and not where the workers are; name files, or leave out --ray")
        files = list(find_files(paths, on_error=on_error, on_passed=on_passed))
        admission = Admission(on_error)
        if not files:
            return
        try:
            rows = self._run(files, hashes, date, folder_ids)
            for number, of_file in groupby(rows, key=itemgetter("file")):
                yield from admission.admit(files[number].label, _unwrap(of_file))
        except ray.exceptions.RayError as exc:
            raise _explain(exc) from exc

    def _connect(self, ray: Any, closing: contextlib.ExitStack) -> None:
        # Ray would take the signal for itself.
        if threading.current_thread() is threading.main_thread():
            closing.callback(signal.signal, signal.SIGTERM, signal.getsignal(signal.SIGTERM))
        # Ray prints what its workers die of to standard output, which is for results.
        closing.enter_context(contextlib.redirect_stdout(sys.stderr))
        place: dict[str, Any] = {"address": self._cluster.address}
        wanted = self._cluster.workers or processors()
        if self._cluster.address == LOCAL:
            folder = tempfile.mkdtemp(prefix="kg-")
            if len(folder) > _LONGEST_FOLDER:
                shutil.rmtree(folder)
                folder = tempfile.mkdtemp(prefix="kg-", dir="/tmp")
            closing.callback(shutil.rmtree, folder, ignore_errors=True)
            place |= {
                "num_cpus": wanted + 1,  # to share out, not to be had: readers get a part of one
                "num_gpus": 0,
                "include_dashboard": False,
                "object_store_memory": max(
                    wanted * STORE_BYTES, 2 * ray._private.ray_constants.OBJECT_STORE_MINIMUM_MEMORY_BYTES
                ),
                "_temp_dir": folder,
            }
        elif ":" in self._cluster.address:
            _check_reachable(self._cluster.address)
        before = signal.getsignal(signal.SIGTERM)
        closing.callback(ray.shutdown)
        try:
            ray.init(**place, log_to_driver=False, logging_level=logging.ERROR, namespace="kg")
        except (ConnectionError, OSError, ValueError, RuntimeError) as exc:
            reason = str(exc).strip().splitlines()[0] if str(exc).strip() else type(exc).__name__
            raise _no_cluster(self._cluster.address, reason) from exc
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)
        self._nodes = sum(bool(node["Alive"]) for node in ray.nodes())
        free = int(ray.cluster_resources().get("CPU", 1)) - 1
        self._workers = self._cluster.workers or max(1, free)

    def _run(
        self, files: Sequence[InputFile], hashes: Mapping[str, str], date: str | None, folder_ids: bool
    ) -> Iterator[_Row]:
        import ray
        import ray.data

        context = ray.data.DataContext.get_current().copy()
        context.enable_progress_bars = False
        context.print_on_execution_start = False
        context.raise_original_map_exception = True
        context.target_max_block_size = BLOCK_BYTES
        context.execution_no_progress_timeout_s = -1  # a store that saves what it has lets us wait for minutes
        context.execution_options.preserve_order = True
        context.execution_options.resource_limits = ray.data.ExecutionResources(
            object_store_memory=self._workers * STORE_BYTES
        )
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        # Of few files every worker gets some.
        at_once = max(1, min(FILES_AT_ONCE, len(files) // (4 * self._workers)))
        chunks = [{"first": start, "files": files[start : start + at_once]} for start in range(0, len(files), at_once)]
        held = ray.put(dict(hashes))
        casualties = ray.remote(Casualties).options(num_cpus=0, max_restarts=-1).remote()
        with ray.data.DataContext.current(context):
            found = ray.data.from_items(chunks, override_num_blocks=len(chunks)).flat_map(
                _read_chunk, fn_args=(date, folder_ids), num_cpus=READER_CPUS
            )
            done = found.map_batches(
                _Worker,
                fn_constructor_args=(self._options, self._fingerprint, held, casualties),
                batch_size=at_once,
                compute=ray.data.ActorPoolStrategy(size=self._workers),
                num_cpus=1,
            )
        looked = 0.0
        for row in done.iter_rows():
            if time.monotonic() - looked >= 1:
                looked = time.monotonic()
                self._peak = max(self._peak, _measure_store())
            yield row


def _import_ray(*, own: bool) -> Any:
    """Ray, told by the environment, which it reads as it is imported, how to behave; `own`: it will run for us alone."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    if own and os.environ.setdefault("RAY_AUTH_MODE", "token") == "token":
        # Its ports are open to the network, and whoever may speak to them may run code here.
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # else it tells users of its own inner life
    warnings.filterwarnings("ignore", module=r"ray\.")
    try:
        import ray
        import ray.data
    except ImportError as exc:
        raise UsageError(f"--ray needs Ray, which cannot be imported ({exc}); pip install 'kg-partners[ray]'") from exc
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    return ray


def _check_reachable(address: str) -> None:
    """UsageError where nobody listens there: Ray would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=REACHED_IN).close()
    except (OSError, ValueError, OverflowError) as exc:
        raise _no_cluster(address, str(exc)) from exc


def _no_cluster(address: str, reason: str) -> UsageError:
    return UsageError(f"no Ray cluster at {address} ({reason}); start one with `ray start`, or leave the address out")


def _measure_store() -> int:
    """Bytes of objects that the cluster holds; 0 where it does not tell."""
    # Ray prints this figure (`ray memory`) and has no public function for it; a run must not fail for want of it.
    with contextlib.suppress(Exception):
        from ray._private.internal_api import get_memory_info_reply
        from ray._private.state import state

        return int(get_memory_info_reply(state).store_stats.object_store_bytes_used)
    return 0


def _explain(error: BaseException) -> Exception:
    """Our own error that a worker raised, or an ExtractionError that tells Ray's in a line."""
    causes, cause = [error], getattr(error, "cause", None) or error.__cause__
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = getattr(cause, "cause", None) or cause.__cause__
    for cause in reversed(causes):
        if isinstance(cause, KGError) and not hasattr(cause, "cause"):
            cause.args = (str(cause).partition("\nFailed to apply UDF")[0],)  # Ray writes its advice below our sentence
            return cause
    lines = [line.strip() for line in str(causes[-1]).splitlines() if line.strip()]
    what = lines[0] if lines else type(causes[-1]).__name__
    return ExtractionError(f"the Ray cluster failed: {what} (its logs are in the session folder of each machine)")


def _unwrap(rows: Iterator[_Row]) -> Iterator[Found[Outcome]]:
    for row in rows:
        if isinstance(row["found"], _Failure):
            raise row["found"].error
        yield row["found"]


def _read_chunk(chunk: _Row, date: str | None, folder_ids: bool) -> Iterator[_Row]:
    """The rows of a few files, in a task of Ray's."""
    for number, file in enumerate(chunk["files"], chunk["first"]):
        place = 0
        try:
            for place, found in enumerate(read_file(file, date=date, folder_ids=folder_ids)):
                yield {"file": number, "place": place, "found": found}
        except InputError as exc:
            yield {"file": number, "place": place + 1, "found": _Failure(exc)}


class Casualties:
    """An actor that outlives the workers and knows what they had in hand."""

    def __init__(self) -> None:
        self._begun: Counter[str] = Counter()

    def begin(self, key: str) -> int:
        """How often this was begun before, and not finished."""
        self._begun[key] += 1
        return self._begun[key] - 1

    def finish(self, key: str) -> None:
        self._begun.pop(key, None)


def _leave_out(found: Found[Article]) -> Found[Outcome]:
    article = found.value
    assert article is not None, "the caller looked"
    error = ExtractionError(
        f"{article.id}: it killed the process that extracted it (often memory); the article was left out"
    )
    return Found(found.id, Outcome(article.id, article.origin, len(article.text), error=error), is_note=found.is_note)


class _Worker:
    """Extracts the articles among rows, in a process of its own, with a model that is loaded for the first of them."""

    def __init__(self, options: ExtractorOptions, mark: str, held: Any, casualties: Any) -> None:
        import ray

        self._options, self._mark, self._casualties = options, mark, casualties
        self._hashes: Mapping[str, str] = ray.get(held)
        self._extractor: Extractor | None = None

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        import numpy as np

        keys = [f"{file}-{place}" for file, place in zip(batch["file"], batch["place"], strict=True)]
        first = f"from {keys[0]}"
        again = self._begin(first) > 0
        found = np.empty(len(keys), dtype=object)
        for number, (key, one) in enumerate(zip(keys, batch["found"], strict=True)):
            if isinstance(one, _Failure) or one.value is None:
                found[number] = one
            elif not again:
                found[number] = self._do(one)
            elif self._begin(key) >= DEATHS:
                found[number] = _leave_out(one)
            else:
                found[number] = self._do(one)
                self._finish(key)
        self._finish(first)
        return {"file": batch["file"], "found": found}

    def _begin(self, key: str) -> int:
        import ray

        return int(ray.get(self._casualties.begin.remote(key)))

    def _finish(self, key: str) -> None:
        import ray

        ray.get(self._casualties.finish.remote(key))  # before anything else can kill this process

    def _do(self, found: Found[Article]) -> Found[Outcome]:
        """What becomes of an article."""
        article = found.value
        assert article is not None, "the caller looked"
        held = self._hashes.get(article.id)
        outcome = Outcome(article.id, article.origin, len(article.text), article=None if held is None else article)
        if held is not None and has_same_content(held, article.digest(fingerprint=self._mark)):
            outcome = replace(outcome, article=None)
        else:
            errors: list[ExtractionError] = []
            extraction = next(self._make_extractor().extract([article], on_error=errors.append), None)
            outcome = replace(outcome, extraction=extraction, error=errors[0] if errors else None)
        return Found(found.id, outcome, is_note=found.is_note)

    def _make_extractor(self) -> "Extractor":
        if self._extractor is None:
            from kg.extract.nlp import Extractor

            extractor = Extractor(self._options)
            if extractor.fingerprint != self._mark:
                raise ConfigError(
                    f"kg on {socket.gethostname()} has another version, model or data than here, and would say other "
                    "things; install the same on all machines"
                )
            self._extractor = extractor
        return self._extractor
