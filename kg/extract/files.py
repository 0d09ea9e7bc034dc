"""Paths -> files to read, and their bytes within bounds: folders, globs, gzip, standard input.

A folder gives every file of a kind that is read, sorted, and passes over the rest; a file named outright must be of
such a kind. Nothing here knows what an article is.
"""

import contextlib
import glob
import gzip
import io
import os
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol, cast

from kg.errors import InputError

STDIN: Final = "-"
KINDS: Final = (".txt", ".md", ".html", ".htm", ".jsonl", ".csv", ".pdf", ".docx")
KINDS_TEXT: Final = f"{', '.join(KINDS)}, each also with .gz"

# Papers about a folder rather than in it: passed over in a folder, read where named outright.
ABOUT: Final = ("readme", "license", "licence", "notice", "changelog", "contributing", "authors")

# A whole file in memory: PDFs with pictures have tens of MB, pages with inlined pictures as much, and reading takes a few
# times its size. Row files (.jsonl, .csv) are read line by line and have no such bound.
MAX_FILE_BYTES: Final = 64 * 1024 * 1024
# Deflate can shrink to a thousandth. Annotated articles shrank 5 to 7 times, two hundred pages of one site 13 times: beyond
# this, a file is a bomb or no news.
MAX_GZIP_RATIO: Final = 200
_READ_AT_ONCE: Final = 64 * 1024
_RATIO_CHECKED_FROM: Final = 8 * 1024 * 1024  # a small file of blanks is no danger, whatever its ratio


@dataclass(frozen=True, slots=True)
class InputFile:
    """One file to read. `label` is how users are told of it; `kind` its ending without .gz ("" for standard input);
    `stem` its name without either; `folders` those above it, from the root, as they can be shown. The folders are where the
    file lies, whatever links and dots led there, so that they do not depend on how it was named; `real` is its path there."""

    path: str
    real: str
    label: str
    kind: str
    stem: str
    folders: tuple[str, ...]
    compressed: bool


def find_files(
    paths: Iterable[str],
    *,
    on_error: Callable[[InputError], None],
    on_passed: Callable[[str], None] | None = None,
) -> Iterator[InputFile]:
    """The files that `paths` name, in their order and sorted within a folder or glob, each once.

    What cannot be taken (no such file, a kind that is not read, an empty folder) is handed to `on_error`. `on_passed` is
    told the path of each file in a folder that is of no kind that is read; hidden files are not spoken of.
    """
    seen: set[str] = set()
    places = _Places()
    for path in paths:
        for file in _expand(path, places, on_error, on_passed or _ignore):
            if file.real not in seen:
                seen.add(file.real)
                yield file


def _ignore(path: str) -> None:
    pass


class _Places:
    """Where folders lie in truth, each looked up once: of a hundred thousand files the way from the root is a second of looking."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[str, tuple[str, ...]]] = {}

    def find(self, folder: str) -> tuple[str, tuple[str, ...]]:
        """The real path of a folder, and its parts as they can be shown."""
        if folder not in self._found:
            real = os.path.realpath(folder)
            self._found[folder] = real, tuple(map(printable, Path(real).parts[1:]))
        return self._found[folder]


def _expand(
    path: str, places: _Places, on_error: Callable[[InputError], None], on_passed: Callable[[str], None]
) -> Iterator[InputFile]:
    try:
        if not path:
            raise InputError("''", "an empty name, perhaps of a variable that is not set; . is the folder you are in")
        if path == STDIN:
            yield InputFile(STDIN, STDIN, "standard input", "", "stdin", (), False)
        elif Path(path).is_dir():
            yield from _walk(Path(path), places, on_error, on_passed)
        elif os.path.lexists(path):
            yield _named(Path(path), places)
        elif glob.has_magic(path):
            yield from _glob(path, places, on_error, on_passed)
        else:
            raise InputError(printable(path), "no such file or folder; check the spelling and the folder you are in")
    except InputError as exc:
        on_error(exc)
    except (OSError, ValueError) as exc:  # ValueError: a zero byte in a name
        on_error(InputError(printable(path), f"cannot be looked at ({_reason(exc)})"))


def _walk(
    folder: Path,
    places: _Places,
    on_error: Callable[[InputError], None],
    on_passed: Callable[[str], None],
    *,
    may_be_empty: bool = False,
) -> Iterator[InputFile]:
    """Files below `folder`, sorted by path; hidden ones, links to folders and whatever is no file are passed over.

    A link to a file elsewhere is an error: a folder that came from strangers could bring in any file of this machine.
    """
    paths: list[Path] = []

    def refuse(exc: OSError) -> None:
        on_error(InputError(printable(str(exc.filename)), f"cannot be opened ({_reason(exc)})"))

    for parent, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if _is_news(name):
                paths.append(Path(parent, name))
            elif not name.startswith(".") and not _is_about(name):
                on_passed(printable(str(Path(parent, name))))
    found = False
    root = os.path.join(os.path.realpath(folder), "")  # noqa: PTH118 - as text
    for path in sorted(paths, key=lambda path: path.parts):
        if path.is_file():
            found = True
            file = _input_file(path, places)
            if file.real.startswith(root):
                yield file
            else:
                reason = "a link that leads out of the folder; name it or the file itself if it is to be read"
                on_error(InputError(file.label, reason))
    if not found and not may_be_empty:
        raise InputError(printable(str(folder)), f"holds no file of a kind that is read ({KINDS_TEXT})")


def _glob(
    pattern: str, places: _Places, on_error: Callable[[InputError], None], on_passed: Callable[[str], None]
) -> Iterator[InputFile]:
    """What matches: files as if a folder held them, folders with all that is in them."""
    found = False
    # glob.glob and not Path.glob, which cannot take an absolute pattern and lists hidden files.
    for path in sorted(map(Path, glob.glob(pattern, recursive=True)), key=lambda path: path.parts):  # noqa: PTH207
        if path.is_dir():
            if "**" not in pattern:  # a recursive pattern lists what is inside by itself
                for file in _walk(path, places, on_error, on_passed, may_be_empty=True):
                    found = True
                    yield file
        elif _is_news(path.name) and path.is_file():
            found = True
            yield _input_file(path, places)
    if not found:
        raise InputError(printable(pattern), f"matches no file of a kind that is read ({KINDS_TEXT})")


def _named(path: Path, places: _Places) -> InputFile:
    _, kind, _ = _split(path.name)
    if kind not in KINDS:
        raise InputError(
            printable(str(path)),
            f"a file with {f'the ending {kind}' if kind else 'no ending'} is not read, only {KINDS_TEXT}; "
            "rename it, or give text, HTML or JSON lines through - (standard input)",
        )
    return _input_file(path, places)


def _is_news(name: str) -> bool:
    return _split(name)[1] in KINDS and not name.startswith(".") and not _is_about(name)


def _is_about(name: str) -> bool:
    return _split(name)[0].lower() in ABOUT


def _split(name: str) -> tuple[str, str, bool]:
    """A file's name without endings, its ending without .gz in lower case, and whether .gz was there."""
    compressed = name.lower().endswith(".gz")
    stem, ending = os.path.splitext(name[:-3] if compressed else name)  # noqa: PTH122 - a tenth of the time
    return stem, ending.lower(), compressed


def _input_file(path: Path, places: _Places) -> InputFile:
    stem, kind, compressed = _split(path.name)
    parent, folders = places.find(str(path.parent))
    # A link to a file lies here and leads elsewhere.
    real = os.path.realpath(path) if path.is_symlink() else os.path.join(parent, path.name)  # noqa: PTH118 - as text
    return InputFile(str(path), real, printable(str(path)), kind, printable(stem), folders, compressed)


def printable(name: str) -> str:
    """A file's name as it can be shown: bytes that are no UTF-8 read as GB18030 (archives made on Chinese Windows),
    what cannot be shown replaced by U+FFFD."""
    if name.isprintable():
        return name
    if any("\ud800" <= char <= "\udfff" for char in name):
        with contextlib.suppress(UnicodeError):
            name = os.fsencode(name).decode("gb18030")
    return "".join(char if char.isprintable() else "\ufffd" for char in name)


class _Bytes(Protocol):
    """What all streams of bytes have, and `BinaryIO` does not."""

    def readinto(self, buffer: bytearray | memoryview, /) -> int | None: ...

    def close(self) -> None: ...


class BoundedReader(io.RawIOBase):
    """A stream of bytes that raises InputError of `label` for a gzip bomb, damage or a failing disk.

    `compressed_bytes` tells how much was read of what lies on the disk.
    """

    def __init__(self, stream: _Bytes, label: str, compressed_bytes: Callable[[], int] | None = None) -> None:
        self._stream = stream
        self._label = label
        self._compressed_bytes = compressed_bytes
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        try:
            count = self._stream.readinto(buffer) or 0
        except (gzip.BadGzipFile, zlib.error) as exc:
            raise InputError(self._label, f"damaged or not gzip ({exc}); make or fetch it again") from exc
        except EOFError as exc:
            raise InputError(self._label, "gzip data ends too early; fetch the file again") from exc
        except OSError as exc:
            raise InputError(self._label, f"cannot be read ({_reason(exc)})") from exc
        self._count += count
        if self._compressed_bytes and self._count > _RATIO_CHECKED_FROM:
            ratio = self._count / max(1, self._compressed_bytes())
            if ratio > MAX_GZIP_RATIO:
                raise InputError(
                    self._label,
                    f"inflates to more than {MAX_GZIP_RATIO} times its size, which no news does; unpack it yourself if you trust it",
                )
        return count

    def close(self) -> None:
        if not self.closed and self._stream is not sys.stdin.buffer:
            self._stream.close()
        super().close()


def open_file(file: InputFile) -> BinaryIO:
    """A buffered stream of the file's bytes, unpacked where it is gzip (standard input, too). InputError if it cannot be.

    Reading from it raises InputError as well: for damage, and for what inflates too far.
    """
    if file.path == STDIN:
        stdin = io.BufferedReader(BoundedReader(cast("io.BufferedReader", sys.stdin.buffer), file.label))
        return _unpack(stdin, file.label) if stdin.peek(2)[:2] == b"\x1f\x8b" else stdin
    try:
        raw = open(file.path, "rb", buffering=0)  # noqa: SIM115, PTH123 - the reader below closes it; names may be bytes that are no text
    except OSError as exc:
        raise InputError(file.label, f"cannot be opened ({_reason(exc)})") from exc
    return (
        _unpack(io.BufferedReader(raw), file.label)
        if file.compressed
        else io.BufferedReader(BoundedReader(raw, file.label))
    )


def read_bytes(file: InputFile) -> bytes:
    """The whole file, unpacked. InputError where it is empty or larger than MAX_FILE_BYTES."""
    with open_file(file) as stream:
        return read_all(stream, file)


def read_all(stream: BinaryIO, file: InputFile) -> bytes:
    """What is left of an open file; InputError where that is nothing or more than MAX_FILE_BYTES."""
    # Asked for all at once, it would set aside MAX_FILE_BYTES for each file, however small.
    data, most = stream.read(_READ_AT_ONCE), MAX_FILE_BYTES + 1
    if len(data) == _READ_AT_ONCE:
        data += stream.read(most - len(data))
    if len(data) > MAX_FILE_BYTES:
        raise InputError(
            file.label,
            f"larger than {MAX_FILE_BYTES // 2**20} MB, the most that is read as one article; split it, or make it JSON lines with one article a line",
        )
    if not data:
        raise InputError(file.label, "empty; nothing to read")
    return data


class _CountingReader(io.RawIOBase):
    """Counts what is read from a stream: GzipFile does not tell, and standard input cannot be asked for its position."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        self.count += len(data)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed and self._stream is not sys.stdin.buffer:
            self._stream.close()
        super().close()


class _ClosingGzip(gzip.GzipFile):
    """GzipFile that closes the stream it was given, which the plain one leaves open."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__(fileobj=stream, mode="rb")
        self._inner = stream

    def close(self) -> None:
        super().close()
        self._inner.close()


def _unpack(stream: BinaryIO, label: str) -> BinaryIO:
    counting = _CountingReader(stream)
    unpacked = _ClosingGzip(io.BufferedReader(counting))
    return io.BufferedReader(BoundedReader(unpacked, label, lambda: counting.count))


def _reason(exc: Exception) -> str:
    return exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
