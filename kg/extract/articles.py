"""Files -> articles: the way in. Each kind of file has a module of its own; here they meet, and ids are given.

One bad file or row never stops the rest: it becomes an InputError that says where and why. Memory does not grow with the
number of articles, but for their ids.
"""

import hashlib
import io
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Final, Generic, TypeVar

from kg.errors import InputError, UsageError
from kg.extract.days import find_day, parse_day
from kg.extract.decoding import decode
from kg.extract.files import STDIN, InputFile, find_files, open_file, printable, read_all
from kg.extract.publication import Publication, day_of_name, field, find_publication, read_fields
from kg.extract.records import (
    Record,
    id_field,
    looks_like_json_lines,
    looks_like_table,
    read_json_lines,
    read_table,
    text_field,
)
from kg.model import Article

__all__ = ["MAX_ARTICLE_CHARACTERS", "find_day", "parse_day", "read_articles"]

# No news comes near: more is a collection of articles, or no article.
MAX_ARTICLE_CHARACTERS: Final = 1_000_000
_MOST_BAD_ROWS: Final = 100  # bad rows of one file without a good one; after them the file as a whole is the problem
# What a name may consist of and yet tell nothing of the article: programs and people call every file so.
_NO_NAME: Final = re.compile(
    r"articles?|content|default|documents?|index|items?|main|news|pages?|posts?|stor(?:y|ies)|text|untitled"
    r"|内容|文本|文档|文章|新建|新闻|无标题|未命名|正文|稿件?|[\d\W_年月日第篇]"
)
_SNIFFED_BYTES: Final = 65_536  # of standard input, to tell what it is
_OWN_PAGE: Final = b'<meta name="generator" content="kg">'  # in kg/viz/template.html; a test holds the two together

OnError = Callable[[InputError], None]
T = TypeVar("T")


def read_articles(
    paths: str | Path | Sequence[str | Path],
    *,
    date: str | None = None,
    doc: str | None = None,
    folder_ids: bool = False,
    on_error: OnError | None = None,
    on_passed: Callable[[str], None] | None = None,
) -> Iterator[Article]:
    """The articles in `paths`: files, folders (with all below them, sorted), globs, and - for standard input.

    Read are .txt, .md, .html, .htm, .jsonl, .csv, .pdf and .docx, each also with .gz. `date` is the day of articles that
    bear none; `doc` the id of the one article there is. An article's id is that of its row, or else its file's name
    without endings, with the line behind it for a row. A name that says nothing by itself (a number, `index`, `news`) has
    its folder's before it, as all have with `folder_ids`; so it depends on where a file lies and on nothing else.

    What cannot be read goes to `on_error` as an InputError and the rest goes on; without `on_error` it is raised. So do
    articles of an id that was there before. `on_passed` is told of files in folders that are of no kind that is read.
    UsageError where `paths` is empty, `date` is no day, or `doc` meets more than one article.
    """
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    if not given:
        raise UsageError("no input given; name files, folders or globs, or - for standard input")
    day = parse_day(date) if date is not None else None
    if date is not None and day is None:
        raise UsageError(f"date {date!r} is no day; write it as 2025-05-07 or 2025年5月7日")
    if doc is not None and not doc.strip():
        raise UsageError("the id of the article is blank; give it a name, or leave it out")
    articles = _read(given, day, folder_ids, on_error or _raise, on_passed)
    return articles if doc is None else _name_single(articles, doc.strip())


def holds_articles(path: str, paths: Sequence[str | Path]) -> bool:
    """Whether the file `path` is among `paths` and would be read: what kg has written beside articles is passed over."""
    real = os.path.realpath(path)
    if not os.path.isfile(real) or not os.path.getsize(real):  # noqa: PTH113, PTH202 - names may be bytes that are no text
        return False
    if all(file.path == STDIN or file.real != real for file in find_files(map(str, paths), on_error=_ignore)):
        return False
    errors: list[InputError] = []
    return any(True for _ in read_articles(path, on_error=errors.append)) or bool(errors)


def _ignore(error: InputError) -> None:
    pass


def _raise(error: InputError) -> None:
    raise error


def _name_single(articles: Iterator[Article], doc: str) -> Iterator[Article]:
    first = next(articles, None)
    if first is None:
        return
    if next(articles, None) is not None:
        raise UsageError(f"the id {doc!r} is for one article, but the input holds more; leave it out, or name one file")
    yield replace(first, id=doc)


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """What stands at one place of a file: something of the article `id`, or the `error` for which there is none.

    `is_note`: what readers found in an article, kept beside it under its id; no article where the id is taken.
    """

    id: str = ""
    value: T | None = None
    error: InputError | None = None
    is_note: bool = False


class Admission:
    """Lets in one article of each id, file by file; what is wrong goes to `on_error`."""

    def __init__(self, on_error: OnError) -> None:
        self._seen: dict[str, str] = {}
        self._on_error = on_error

    def admit(self, label: str, founds: Iterable[Found[T]]) -> Iterator[T]:
        """The values of what was found in the file `label`, whose end an InputError out of `founds` is."""
        errors = _RowErrors(label, self._on_error)
        try:
            for found in founds:
                if found.value is None:
                    if found.error is not None:
                        errors(found.error)
                elif found.id not in self._seen:
                    self._seen[found.id] = label
                    errors.good += 1
                    yield found.value
                elif not found.is_note:
                    reason = (
                        f"article {found.id!r} was read from {self._seen[found.id]} already; give it an id of its own: "
                        "another name, or with --folder-ids its folder's before it"
                    )
                    errors(InputError(label, reason))
        except InputError as exc:
            self._on_error(exc)


def _read(
    paths: Sequence[str | Path],
    date: str | None,
    folder_ids: bool,
    on_error: OnError,
    on_passed: Callable[[str], None] | None,
) -> Iterator[Article]:
    admission = Admission(on_error)
    for file in list(find_files(map(str, paths), on_error=on_error, on_passed=on_passed)):
        yield from admission.admit(file.label, read_file(file, date=date, folder_ids=folder_ids))


def read_file(file: InputFile, *, date: str | None, folder_ids: bool) -> Iterator[Found[Article]]:
    """What one file holds, in its order; InputError, after what was found, where there is no reading on."""
    base = _name_file(file, folder_ids=folder_ids)
    origin = "" if file.path == STDIN else printable(file.real)
    waiting: list[InputError] = []
    errors = _RowErrors(file.label, waiting.append)
    try:
        for article, is_note in _read_file(file, base, date, errors):
            yield from _drain(waiting)
            errors.good += 1
            yield Found(article.id, replace(article, origin=origin), is_note=is_note)
    except InputError:
        yield from _drain(waiting)
        raise
    except MemoryError:
        yield from _drain(waiting)
        raise InputError(file.label, "too large for this machine's memory; split it") from None
    yield from _drain(waiting)


def _drain(errors: list[InputError]) -> Iterator[Found[Any]]:
    for error in errors:
        yield Found(error=error)
    errors.clear()


def _name_file(file: InputFile, *, folder_ids: bool) -> str:
    """The id of a file: its stem, with as many of its folders before it as it takes until one of the names says something.

    It must depend on nothing else, neither on the other files of a run nor on how they are named: an id that changes is a
    second article in the store, or the end of another one.
    """
    if file.path == STDIN:
        return file.stem
    names = [file.stem]
    for folder in reversed(file.folders):
        if not _says_nothing(names[0]) and not (folder_ids and len(names) == 1):
            break
        names.insert(0, folder)
    return "/".join(names)


def _says_nothing(name: str) -> bool:
    return not _NO_NAME.sub("", name.casefold())


class _RowErrors:
    """Passes on what is wrong with rows of one file, and gives the file up when nothing in it is right."""

    def __init__(self, label: str, on_error: OnError) -> None:
        self.good = 0
        self._bad = 0
        self._label = label
        self._on_error = on_error

    def __call__(self, error: InputError) -> None:
        self._bad += 1
        if self._bad > _MOST_BAD_ROWS and not self.good:
            raise InputError(
                self._label,
                f"none of the first {_MOST_BAD_ROWS} rows can be taken (the last: {error.reason}); the rest is left out",
            )
        self._on_error(error)


def _read_file(file: InputFile, base: str, date: str | None, on_error: OnError) -> Iterator[tuple[Article, bool]]:
    """The articles of a file, each with whether it may be a note on another one."""
    with open_file(file) as stream:
        kind = file.kind or _sniff(stream)
        if kind == ".jsonl":
            records = read_json_lines(stream, label=file.label, on_error=on_error)
            yield from _articles_of(records, file, base, date, on_error)
        elif kind == ".csv":
            records = read_table(stream, label=file.label, on_error=on_error)
            yield from _articles_of(records, file, base, date, on_error)
        else:
            data = read_all(stream, file)
            if kind in (".html", ".htm") and _OWN_PAGE in data[:_SNIFFED_BYTES]:
                return  # a page that `kg view` left in a folder of news
            yield _read_whole(data, kind, file, base, date), False


def _read_whole(data: bytes, kind: str, file: InputFile, base: str, date: str | None) -> Article:
    """One article from a whole file. The day in the file's name counts where the article itself bears none."""
    in_text = True
    if kind in (".html", ".htm"):
        from kg.extract.page import read_page

        page = read_page(data, source=file.label)
        text, found, in_text = page.text, page.publication, False
    elif kind == ".pdf":
        from kg.extract.pdf import read_pdf

        text, found = read_pdf(data, source=file.label, most_characters=MAX_ARTICLE_CHARACTERS)
        in_text = found.title in text
    elif kind == ".docx":
        from kg.extract.word import read_docx

        text, found = read_docx(data, source=file.label, most_characters=MAX_ARTICLE_CHARACTERS)
        in_text = found.title in text
    else:
        text = decode(data, source=file.label)
        found = find_publication(text)
    known = found.or_else(Publication(date=day_of_name(file.stem))).or_else(Publication(date=date))
    name = _name_text(base, text) if file.path == STDIN else base
    return _article(name, text, known, in_text, file.label)


def _articles_of(
    records: Iterator[Record],
    file: InputFile,
    base: str,
    date: str | None,
    on_error: OnError,
) -> Iterator[tuple[Article, bool]]:
    found = False
    for record in records:
        found = True
        if _is_statement(record):
            continue  # what `kg extract` left in a folder of news
        try:
            article = _article_of(record, file, base, date)
        except InputError as exc:
            on_error(exc)
            continue
        # What readers found in an article is often kept beside it, under its id: notes on it, no second article.
        yield article, _is_annotation(record)
    if not found:
        on_error(InputError(file.label, "holds no row; nothing to read"))


def _is_statement(record: Record) -> bool:
    """Whether a row is a line of a statements file: {"doc", "head", …}, {"doc", "entity"}, {"doc", "article"}."""
    fields = record.fields
    return "doc" in fields and any(isinstance(fields.get(key), dict) for key in ("head", "entity", "article"))


def _is_annotation(record: Record) -> bool:
    return all(isinstance(record.fields.get(key), list) for key in ("entities", "relations"))


def _article_of(record: Record, file: InputFile, base: str, date: str | None) -> Article:
    where = f"{file.label}:{record.line}"
    text = _whole_characters(text_field(record, label=file.label))
    name = id_field(record, label=file.label)
    found = read_fields(record.fields)
    stated = field(record.fields, "date")
    if stated is not None and found.date is None and str(stated).strip():
        raise InputError(where, f"date {str(stated)[:40]!r} is no day; write it as 2025-05-07, or leave it out")
    title = _whole_characters(found.title)
    known = Publication(title, found.date, found.source, found.url).or_else(Publication(date=date))
    in_text = bool(title) and text.lstrip().startswith(title)
    if name:
        name = _whole_characters(name)
    else:
        name = _name_text(base, text) if file.path == STDIN else f"{base}-{record.line}"
    return _article(name, text, known, in_text, where)


def _name_text(base: str, text: str) -> str:
    """An id for what has no name of its own: another text is another article, not a new version of the first."""
    return f"{base}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def _article(name: str, text: str, known: Publication, title_in_text: bool, where: str) -> Article:
    if not text.strip():
        raise InputError(where, "holds nothing but blanks; nothing to read")
    if len(text) > MAX_ARTICLE_CHARACTERS:
        raise InputError(
            where,
            f"an article of more than {MAX_ARTICLE_CHARACTERS:,} characters; split it into the articles that it holds",
        )
    return Article(name, text, known.title, known.date, known.source, known.url, title_in_text and bool(known.title))


def _whole_characters(text: str) -> str:
    """Without halves of surrogate pairs, which JSON may hold and no file can be written with."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _sniff(stream: BinaryIO) -> str:
    """The kind of standard input, by its beginning."""
    assert isinstance(stream, io.BufferedReader)
    head = stream.peek(_SNIFFED_BYTES)[:_SNIFFED_BYTES]
    if head.startswith(b"%PDF-"):
        return ".pdf"
    if head.startswith(b"PK\x03\x04"):
        return ".docx"
    if not head:
        raise InputError("standard input", "empty; nothing to read")
    text = decode(head, source="standard input").lstrip()
    line, _, rest = text.partition("\n")
    # A row may be longer than what is looked at: then it has no end here, and its beginning must do.
    if looks_like_json_lines(line) or (not rest and line.startswith('{"')):
        return ".jsonl"
    if text[:200].lower().startswith(("<!doctype html", "<html", "<?xml", "<head", "<body", "<!--")):
        return ".html"
    return ".csv" if looks_like_table(line) else ".txt"
