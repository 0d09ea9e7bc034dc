"""The statements file: one JSON object a line, as `kg extract` writes it and others may.

    {"doc", "head": {"name", "type", "aliases"}, "relation", "tail": {…}, "status", "time", "evidence": {"start", "end",
     "text"}, "confidence"}
    {"doc", "entity": {"name", "type", "aliases", "count"}}
    {"doc", "article": {"title", "date", "source", "url", "hash", "sketch"}}

`sketch` tells reprints (see `kg.model.sketch`). Lines may stand in any order. `aliases`, `count`, `time`, and all of `article` may be missing; unknown keys are ignored.
"""

import contextlib
import gzip
import hashlib
import json
import re
import sys
import tempfile
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO, Self, TextIO, cast

from kg.errors import InputError, TriplesError
from kg.history import is_time
from kg.load.records import LARGEST, dump
from kg.model import ArticleInfo, Evidence, Extraction, NamedEntity, Statement
from kg.ontology import Ontology, load_ontology
from kg.resolve import fold


def read_triples(
    path: str | PathLike[str],
    *,
    on_error: Callable[[TriplesError], None] | None = None,
    ontology: Ontology | None = None,
) -> Iterator[Extraction]:
    """The articles of a statements file (.gz too, - is standard input) with what each states, in order of first mention.

    A line that is none goes to `on_error` as a TriplesError naming file and line, and the others are taken; without
    `on_error` it is raised. InputError where the file itself cannot be read, or none of its first lines is one.
    """
    with StatementsFile(path, on_error=on_error, ontology=ontology) as statements:
        for doc in statements.docs():
            extraction = statements.take(doc)
            if extraction is not None:
                yield extraction


class StatementsFile:
    """A statements file by article. Lines of one may be scattered over it, so it is read twice: once for where they stand
    (which alone is kept), and each article's own when it is taken. For errors see `read_triples`.

    `faults` counts the lines that were found to be none of statements.
    """

    def __init__(
        self,
        path: str | PathLike[str],
        *,
        on_error: Callable[[TriplesError], None] | None = None,
        ontology: Ontology | None = None,
    ) -> None:
        self._path = path
        self._on_error = on_error
        self._ontology = ontology or load_ontology()
        # By article, three numbers for each run of its lines: where it begins and ends, and the number of its first line.
        self._places: dict[str, array[int]] = {}
        self._lines: BinaryIO
        self._closing = contextlib.ExitStack()
        self.faults = 0

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as closing:
            self._lines = closing.enter_context(_open_seekable(self._path))
            self._find_places()
            self._closing = closing.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def docs(self) -> list[str]:
        """The ids of the articles that have not been taken, in order of first mention."""
        return list(self._places)

    def digest(self, doc: str) -> str:
        """A hash of the article's lines as they stand, without a look at what they say."""
        digest = hashlib.sha256()
        for _, lines in self._read_runs(doc):
            digest.update(lines)
            digest.update(b"\n")
        return digest.hexdigest()

    def leave(self, doc: str) -> None:
        """The article's lines are not needed."""
        self._places.pop(doc, None)

    def take(self, doc: str) -> Extraction | None:
        """What the article states, once; None where no line of it is left, or good."""
        draft = _Draft()
        for number, lines in self._read_runs(doc):
            for offset, line in enumerate(lines.split(b"\n")):
                if not line.strip():
                    continue
                try:
                    row = _parse(line)
                    if row["doc"] != doc:
                        raise _Fault(f'"doc" comes twice, as {doc!r} and {row["doc"]!r}; give the line one')
                    _take(row, draft, self._ontology)
                except _Fault as fault:
                    self._report(number + offset, fault)
        self._places.pop(doc, None)
        return None if draft.is_empty() else draft.finish(doc)

    def _read_runs(self, doc: str) -> Iterator[tuple[int, bytes]]:
        """Each run of the article's lines, with the number of its first."""
        places = self._places.get(doc, ())
        for start, end, number in zip(places[0::3], places[1::3], places[2::3], strict=True):
            self._lines.seek(start)
            yield number, self._lines.read(end - start)

    def _report(self, number: int, fault: "_Fault") -> None:
        self.faults += 1
        error = TriplesError(f"{self._path}:{number}", str(fault))
        if self._on_error is None:
            raise error from None
        self._on_error(error)

    def _find_places(self) -> None:
        last, bad, good = "", 0, False
        begin: bytes | None = None  # of the lines of that article, where they are as kg writes them
        places: array[int] = array("Q")
        for number, start, line in _read_lines(self._path, self._lines):
            if begin is not None and line.startswith(begin):
                places[-2] = start + len(line)
                continue
            begin = None
            try:
                told = _read_doc(line) if good else None
                if told is not None:
                    doc, begin = told
                else:
                    row = _parse(line)
                    if not good:  # the first lines tell whether this is a statements file at all
                        _take(row, _Draft(), self._ontology)
                        good = True
                    doc = row["doc"]
            except _Fault as fault:
                bad += 1
                if bad > _MOST_BAD_LINES and not good:
                    raise InputError(
                        str(self._path), f"none of the first {_MOST_BAD_LINES} lines is a statement (the last: {fault})"
                    ) from None
                self._report(number, fault)
                last = ""  # told already, so it belongs to nobody's run
                continue
            places = self._places.setdefault(doc, array("Q"))
            if doc == last:
                places[-2] = start + len(line)
            else:
                places.extend((start, start + len(line), number))
            last = doc


def write_triples(extractions: Iterable[Extraction], file: TextIO, *, entities: bool = False) -> int:
    """Write extractions as they come, one line a statement, and return how many statements there were.

    With `entities` each article's own line and its entities come first, so that `kg load` knows them.
    """
    written = 0
    for extraction in extractions:
        a = extraction.article
        if entities:
            info = {"title": a.title, "date": a.date, "source": a.source, "url": a.url, "hash": a.hash}
            print(dump({"doc": a.id, "article": info | ({"sketch": a.sketch} if a.sketch else {})}), file=file)
            for e in extraction.entities:
                print(dump({"doc": a.id, "entity": {**_write_entity(e), "count": e.count}}), file=file)
        for s in extraction.statements:
            row = _write_statement(s)
            for side, end in (("head", s.head), ("tail", s.tail)):
                if entities and end.count and end not in extraction.entities:
                    row[side]["count"] = end.count  # no line of its own tells it
            print(dump(row), file=file)
            written += 1
    return written


class _Fault(ValueError):
    """What is wrong with a line, without its place."""


@dataclass(slots=True)
class _Draft:
    """An article while its lines are being gathered."""

    article: ArticleInfo | None = None
    entities: dict[tuple[str, str], NamedEntity] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)

    def is_empty(self) -> bool:
        return not (self.article or self.entities or self.statements)

    def finish(self, doc: str) -> Extraction:
        statements = tuple(
            replace(s, head=self._recognise(s.head), tail=self._recognise(s.tail)) for s in self.statements
        )
        return Extraction(self.article or ArticleInfo(doc), tuple(self.entities.values()), statements)

    def _recognise(self, end: NamedEntity) -> NamedEntity:
        """The entity of the article's own line that a statement's end is; lines of statements do not count mentions."""
        own = self.entities.get((end.name, end.type))
        return own if own is not None and set(end.aliases) <= set(own.aliases) else end


@contextlib.contextmanager
def _open_seekable(path: str | PathLike[str]) -> Iterator[BinaryIO]:
    """The lines of a file, to be read twice: the file itself, or a copy of what is packed or comes through a pipe."""
    if str(path) != "-" and Path(path).suffix.lower() != ".gz" and Path(path).is_file():
        try:
            file = Path(path).open("rb")  # noqa: SIM115 - closed below
        except OSError as exc:
            raise InputError(str(path), f"the statements file cannot be read ({exc.strerror or exc})") from exc
        with file:
            yield file
        return
    with tempfile.TemporaryFile(prefix="kg-") as copy:
        for line in _unpack_lines(path):
            copy.write(line)
        copy.seek(0)
        yield cast("BinaryIO", copy)


def _read_lines(path: str | PathLike[str], file: BinaryIO) -> Iterator[tuple[int, int, bytes]]:
    """Each line that is not blank, with its number and where it begins."""
    number = place = 0
    try:
        while line := file.readline(_LONGEST_LINE + 1):
            number += 1
            if len(line) > _LONGEST_LINE:
                raise _too_long(path, number)
            start, place = place, place + len(line)
            if number == 1 and line.startswith(_BOM):
                start, line = start + len(_BOM), line[len(_BOM) :]
            if line.strip():
                yield number, start, line
    except OSError as exc:
        raise InputError(str(path), f"the statements file cannot be read ({exc.strerror or exc})") from exc


def _unpack_lines(path: str | PathLike[str]) -> Iterator[bytes]:
    try:
        with _open(path) as (file, packed):
            number = taken = 0
            while line := file.readline(_LONGEST_LINE + 1):
                number += 1
                taken += len(line)
                if len(line) > _LONGEST_LINE:
                    raise _too_long(path, number)
                if packed is not None and taken > _RATIO_CHECKED_FROM and taken > _MOST_INFLATED * packed.tell():
                    raise InputError(
                        str(path),
                        f"inflates to more than {_MOST_INFLATED} times its size, which no statements do; unpack it yourself "
                        "if you trust it",
                    )
                yield line
    except (OSError, EOFError, zlib.error) as exc:
        if isinstance(exc, EOFError | zlib.error | gzip.BadGzipFile):
            raise InputError(str(path), f"damaged or not gzip ({exc}); make or fetch it again") from exc
        raise InputError(str(path), f"the statements file cannot be read ({exc.strerror or exc})") from exc


def _too_long(path: str | PathLike[str], number: int) -> InputError:
    return InputError(
        f"{path}:{number}",
        f"a line of more than {_LONGEST_LINE // 2**20} MB is no statement; give a file that has one a line",
    )


@contextlib.contextmanager
def _open(path: str | PathLike[str]) -> Iterator[tuple[BinaryIO, BinaryIO | None]]:
    """The bytes of a file, and where it is packed also the packed ones, for their position."""
    if str(path) == "-":
        yield sys.stdin.buffer, None
        return
    with Path(path).open("rb") as file:
        if Path(path).suffix.lower() != ".gz":
            yield file, None
            return
        with gzip.GzipFile(fileobj=file) as unpacked:
            yield cast("BinaryIO", unpacked), file


_BOM = b"\xef\xbb\xbf"

# A statement that cites a whole article of the longest kind that is read (1,000,000 characters) has 3 MB, 6 where escaped.
_LONGEST_LINE = 16 * 2**20

# Deflate can shrink to a thousandth. Statements of the example articles shrank 7 times, one and the same statement written
# again and again 228 times.
_MOST_INFLATED = 400
_RATIO_CHECKED_FROM = 8 * 2**20  # bytes: a small file is no danger, whatever its ratio

_MOST_BAD_LINES = 100  # of one file without a good one; after them the file as a whole is the problem


_DOC = re.compile(rb'\{"doc": ?"([^"\\\x00-\x1f]+)"[,}]')


def _read_doc(line: bytes) -> tuple[str, bytes] | None:
    """The article's id where a line begins with it, as those do that kg writes, and that beginning.

    Whether the rest is sound is not looked at.
    """
    found = _DOC.match(line)
    try:
        return (found[1].decode("utf-8"), found[0]) if found else None
    except UnicodeDecodeError:
        return None


def _parse(line: bytes) -> dict[str, Any]:
    """The object on a line, with the id of its article."""
    try:
        row = json.loads(line)
    except UnicodeDecodeError as exc:
        raise _Fault(f"not UTF-8 ({exc.reason} at byte {exc.start}); save the file as UTF-8") from None
    except (ValueError, RecursionError) as exc:
        raise _Fault(f"not a JSON object ({exc})") from None
    if not isinstance(row, dict):
        raise _Fault(f"a JSON object was expected, not {_kind(row)}")
    if not _get(row, "doc", str):
        raise _Fault('"doc" is empty; it names the article')
    return row


def _take(row: dict[str, Any], draft: _Draft, ontology: Ontology) -> None:
    if "article" in row:
        draft.article = _read_article(row["doc"], _get(row, "article", dict))
    elif "entity" in row:
        entity = _read_entity(_get(row, "entity", dict), "entity", ontology)
        draft.entities.setdefault((entity.name, entity.type), entity)
    elif "relation" in row:
        draft.statements.append(_read_statement(row["doc"], row, ontology))
    else:
        raise _Fault('one of "relation", "entity" or "article" was expected beside "doc"')


def _read_article(doc: str, row: dict[str, Any]) -> ArticleInfo:
    date = _get(row, "date", str, optional=True) or None
    if date is not None and not is_time(date):
        raise _Fault(f'"date" is {date!r}; a day such as 2025-05-01 was expected')
    url = (_get(row, "url", str, optional=True) or "").strip()
    return ArticleInfo(
        doc,
        title=_get(row, "title", str, optional=True) or "",
        date=date,
        source=_get(row, "source", str, optional=True) or None,
        url=url if url.lower().startswith(("http://", "https://")) else None,  # others are no links, and may be scripts
        hash=_get(row, "hash", str, optional=True) or "",
        sketch=_get(row, "sketch", str, optional=True) or "",
    )


def _read_entity(row: dict[str, Any], where: str, ontology: Ontology) -> NamedEntity:
    name = _get(row, "name", str)
    if not fold(name):
        raise _Fault(f'the "name" of {where} is {name!r}; a name needs a letter, digit or sign')
    entity_type = _get(row, "type", str)
    if entity_type not in ontology.entities:
        raise _Fault(f"unknown entity type {entity_type!r}; the ontology has {', '.join(ontology.entities)}")
    aliases = _get(row, "aliases", list, optional=True) or []
    if not all(isinstance(alias, str) for alias in aliases):
        raise _Fault(f'"aliases" of {where} may hold only strings')
    count = _get(row, "count", int, optional=True) or 0
    if count < 0:
        raise _Fault(f'"count" of {where} is {count}; it counts mentions')
    return NamedEntity(name, entity_type, tuple(alias for alias in dict.fromkeys(aliases) if alias != name), count)


def _read_statement(doc: str, row: dict[str, Any], ontology: Ontology) -> Statement:
    head = _read_entity(_get(row, "head", dict), "head", ontology)
    tail = _read_entity(_get(row, "tail", dict), "tail", ontology)
    relation = _get(row, "relation", str)
    status = _get(row, "status", str)
    fault = ontology.fault(head.type, relation, tail.type, status)
    if fault is not None:
        raise _Fault(fault)
    time = _get(row, "time", str, optional=True)
    if time is not None and not is_time(time):
        raise _Fault(f'"time" is {time!r}; YYYY, YYYY-MM, YYYY-MM-DD, START/END or null was expected')
    confidence = row.get("confidence")
    if isinstance(confidence, bool) or not isinstance(confidence, int | float) or not 0 <= confidence <= 1:
        raise _Fault(f'"confidence" is {confidence!r}; a number from 0 to 1 was expected')
    evidence = _read_evidence(_get(row, "evidence", dict))
    return Statement(doc, head, relation, tail, status, time, evidence, float(confidence))


def _read_evidence(row: dict[str, Any]) -> Evidence:
    start, end = _get(row, "start", int), _get(row, "end", int)
    if not (0 <= start <= end or start == end == -1):
        raise _Fault(
            f"evidence [{start}, {end}) is no stretch of text; offsets are half-open, or -1 and -1 for the title"
        )
    return Evidence(start, end, _get(row, "text", str))


def _get(row: dict[str, Any], key: str, kind: type, *, optional: bool = False) -> Any:
    value = row.get(key)
    if value is None and optional:
        return None
    if not isinstance(value, kind) or isinstance(value, bool):
        found = "is missing" if value is None else f"is {_kind(value)}"
        raise _Fault(f'"{key}" {found}; {_KINDS[kind]} was expected')
    if isinstance(value, int) and abs(value) > LARGEST:
        raise _Fault(f'"{key}" is a number of {len(str(abs(value)))} digits; {LARGEST:,} is the largest that is taken')
    return value


_KINDS = {
    str: "a string",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "an object",
    bool: "true or false",
}


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), "null")


def _write_entity(entity: NamedEntity) -> dict[str, Any]:
    return {"name": entity.name, "type": entity.type, "aliases": list(entity.aliases)}


def _write_statement(s: Statement) -> dict[str, Any]:
    return {
        "doc": s.doc,
        "head": _write_entity(s.head),
        "relation": s.relation,
        "tail": _write_entity(s.tail),
        "status": s.status,
        "time": s.time,
        "evidence": {"start": s.evidence.start, "end": s.evidence.end, "text": s.evidence.text},
        "confidence": s.confidence,
    }
