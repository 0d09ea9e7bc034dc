"""A trained model from its folder: what reads a text, how sure it must be, and how its sureness is to be taken.

The folder's settings name the hashes of its files. A file that has another one is damaged or of another model, and what it
would read is worth nothing, so it is refused before anything is read.
"""

import contextlib
import functools
import hashlib
import math
import os
import tomllib
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from kg.errors import ConfigError
from kg.extract.linking import RELATIONS
from kg.extract.onnx import PARTS, OnnxScorer, processors
from kg.extract.pieces import READ_PIECES, Tokenizer, Window, make_windows
from kg.extract.trained import Reading, Scorer, Tagged, Thresholds, read_windows
from kg.model import Span

MODEL_FOLDER = Path(__file__).with_name("model")
SETTINGS = "model.toml"
TOKENIZER = "tokenizer.json"
MOST_AT_ONCE = 8
"""Windows that are read at once where nobody says how many: each takes some 30 MB (333 MB in all with two, 305 with one), and a sixth of
the work is one thread's, so that more than six have nothing to do. On more processors each window has several."""
Waiting = deque[tuple[Window, Future[Tagged]]]
FILES = (*(f"{part}.onnx" for part in PARTS), TOKENIZER)  # what is read of a model beside its settings


@dataclass(frozen=True, slots=True)
class Begun:
    """A text on its way through a reader."""

    text: str
    windows: Sequence[Window]
    tagged: Sequence[Future[Tagged]]

    @property
    def unread(self) -> int:
        """Windows that the reader has not got to."""
        return sum(not future.done() for future in self.tagged)

    def cancel(self) -> None:
        """Leave the windows unread that the reader has not begun with."""
        for future in self.tagged:
            future.cancel()


@dataclass(frozen=True, slots=True)
class Reader:
    """`begin` and `finish` tell what a text says; others may be begun between the two.

    `temperature` above 1 and `shift` below 0 take sureness back; fitted on the development split.
    """

    scorer: Scorer
    tokenizer: Tokenizer
    thresholds: Thresholds
    temperature: float = 1.0
    shift: float = 0.0
    at_once: int = 1
    pool: Executor | None = None
    """Tags `at_once` windows in the background; without it they are tagged by who finishes a text."""
    process: int = field(default_factory=os.getpid)
    """Where the pool's threads are."""

    def begin(self, text: str, sentences: Sequence[Span], *, titled: bool) -> Begun:
        """A text whose windows are being tagged from now on. `titled`: its first sentence is a title."""
        windows = make_windows(self.tokenizer, text, sentences, titled=titled, max_pieces=READ_PIECES)
        begun = Begun(text, windows, [Future() for _ in windows])
        left = deque(zip(windows, begun.tagged, strict=True))
        for _ in range(self.at_once):
            self._go_on(left)
        return begun

    def finish(self, begun: Begun, times: Sequence[Span]) -> Reading:
        """What the model reads in a text; scores of statements are calibrated probabilities."""
        tagged = [self._await(*each) for each in zip(begun.windows, begun.tagged, strict=True)]
        found = read_windows(self.scorer, begun.text, begun.windows, tagged, times, thresholds=self.thresholds)
        return Reading(
            found.entities,
            tuple(replace(said, score=_soften(said.score, self.temperature, self.shift)) for said in found.statements),
        )

    def _await(self, window: Window, tagged: Future[Tagged]) -> Tagged:
        try:
            return tagged.result()
        except CancelledError:
            return self.scorer.tag(window)

    def _go_on(self, left: Waiting) -> None:
        """Have the next of the windows that are left tagged in the background, and those behind it after it.

        One by one, for the interpreter does not end before all is done that a pool has been given. Where nothing is done in the
        background (no pool, one that a fork has left without threads, or an interpreter that is ending) all are cancelled.
        """
        if self.pool and self.process == os.getpid():
            with contextlib.suppress(RuntimeError):  # the interpreter is ending
                self.pool.submit(self._tag_next, left)
                return
        with contextlib.suppress(IndexError):
            while True:
                left.popleft()[1].cancel()

    def _tag_next(self, left: Waiting) -> None:
        with contextlib.suppress(IndexError):  # another thread has taken the last one
            window, future = left.popleft()
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(self.scorer.tag(window))
                except Exception as exc:  # whoever finishes the text is told
                    future.set_exception(exc)
        if left:
            self._go_on(left)


def _soften(score: float, temperature: float, shift: float) -> float:
    bounded = min(max(score, 1e-6), 1 - 1e-6)
    return float(1 / (1 + np.exp(-np.log(bounded / (1 - bounded)) / temperature - shift)))


def has_model(folder: Path = MODEL_FOLDER) -> bool:
    """Whether a trained model came with this installation (a checkout may be without)."""
    return (folder / SETTINGS).is_file()


def fingerprint_model(folder: Path) -> str:
    """A hash that changes with the model: of its settings and of the content of its files.

    ConfigError where the folder holds no model, or one with a file that is missing or damaged.
    """
    data = _read_settings(folder)
    return _check(folder, data, _parse_settings(folder / SETTINGS, data))


def load_reader(folder: Path = MODEL_FOLDER, *, threads: int | None = None, at_once: int | None = None) -> Reader:
    """The model of a folder. ConfigError where a file is missing, damaged or of another kind.

    It reads `at_once` windows (None: one a thread, at most MOST_AT_ONCE) by so many `threads` (None: one a processor) together.
    """
    from tokenizers import Tokenizer as HubTokenizer

    data = _read_settings(folder)
    values = _parse_settings(folder / SETTINGS, data)
    thresholds = values["thresholds"]
    chosen = Thresholds(
        alias=thresholds["alias"],
        relations=thresholds.get("relations", {}),
        relation=thresholds["relation"],
        time=thresholds["time"],
        second_sentence=thresholds["second_sentence"],
    )
    _check(folder, data, values)
    threads = threads or processors()
    at_once = min(at_once or MOST_AT_ONCE, threads)
    scorer = OnnxScorer(folder, threads=threads, at_once=at_once)
    try:
        tokenizer = HubTokenizer.from_file(str(folder / TOKENIZER))
    except Exception as exc:  # the library raises bare Exceptions
        raise ConfigError(f"{folder / TOKENIZER}: cannot be read ({exc}); export the model again") from None
    return Reader(
        scorer,
        cast("Tokenizer", tokenizer),
        chosen,
        temperature=values.get("temperature", 1.0),
        shift=values.get("shift", 0.0),
        at_once=at_once,
        pool=ThreadPoolExecutor(at_once, thread_name_prefix="kg-reader") if at_once > 1 else None,
    )


def _read_settings(folder: Path) -> bytes:
    try:
        return (folder / SETTINGS).read_bytes()
    except OSError as exc:
        raise ConfigError(
            f"{folder}: is no model ({SETTINGS}: {exc.strerror or exc}); give a folder that `kg train` has written"
        ) from exc


def _parse_settings(path: Path, data: bytes) -> dict[str, Any]:
    """The settings, whose numbers are all there and can be meant. ConfigError otherwise."""
    try:
        values = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise ConfigError(f"{path}: is no TOML ({exc}), so not the settings of a model; export it again") from exc
    thresholds = _table(path, values, "thresholds")
    for name in ("alias", "relation", "time", "second_sentence"):
        _check_number(path, f"thresholds.{name}", thresholds.get(name), 0, 1)
    for name, value in _table(path, thresholds, "relations").items():
        if name not in RELATIONS:
            raise ConfigError(
                f"{path}: thresholds.relations has {name!r}, which is no relation of the ontology; take it out"
            )
        _check_number(path, f"thresholds.relations.{name}", value, 0, 1)
    _check_number(path, "temperature", values.get("temperature", 1.0), 0.01, 100)
    _check_number(path, "shift", values.get("shift", 0.0), -100, 100)
    return values


def _table(path: Path, values: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = values.get(key, {})
    if not isinstance(found, dict):
        raise ConfigError(f"{path}: {key} is {found!r}; a table was expected; export the model again")
    return found


def _check_number(path: Path, key: str, value: object, least: float, most: float) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not number or not least <= cast("float", value) <= most:
        shown = "is missing" if value is None else f"is {value!r}"
        raise ConfigError(
            f"{path}: {key} {shown}; a number from {least:g} to {most:g} was expected; export the model again"
        )


def _check(folder: Path, data: bytes, settings: Mapping[str, Any]) -> str:
    """A hash of the settings (`data` parsed) and of all files, each of which has the hash that they tell. ConfigError otherwise."""
    declared = _table(folder / SETTINGS, settings, "sha256")
    digest = hashlib.sha256(data)
    for name in FILES:
        path = folder / name
        try:
            status = path.stat()
            found = _hash(path, status.st_size, status.st_mtime_ns, status.st_ino)
        except FileNotFoundError as exc:
            raise ConfigError(
                f"{folder}: is no model, {name} is not there; give a folder that `kg train` has written"
            ) from exc
        except OSError as exc:
            raise ConfigError(f"{path}: cannot be read ({exc.strerror or exc})") from exc
        if declared.get(name, found) != found:
            raise ConfigError(
                f"{path}: is damaged or of another model, for it is not the file that {SETTINGS} tells of; "
                "install the package anew, or export the model again"
            )
        digest.update(f"{name} {found}".encode())
    return digest.hexdigest()[:16]


@functools.lru_cache(maxsize=64)
def _hash(path: Path, size: int, changed_ns: int, inode: int) -> str:
    """The content's hash, taken once a process for each state of a file: 73 MB take 0.05 s, a tenth of what loading takes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
