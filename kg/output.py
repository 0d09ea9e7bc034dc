"""Files that appear whole or not at all.

The new content goes to a file beside the old one, is flushed to the disk and takes the old one's place in one step: a
crash at any moment leaves the old or the new state.
"""

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from kg.errors import OutputError, UsageError

STANDARD_OUTPUT = "-"

_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EACCES: "there is no permission to do so",
    errno.EPERM: "there is no permission to do so",
    errno.EROFS: "the file system is read-only",
    errno.ENOENT: "its folder does not exist",
    errno.ENOTDIR: "its folder is a file",
    errno.EISDIR: "it is a folder",
    errno.EEXIST: "a file of that name is in the way",
    errno.ENAMETOOLONG: "its name is too long",
    errno.ELOOP: "its links lead in a circle",
}


def check_output(path: str) -> None:
    """Raise OutputError where `path` cannot be written: before an hour's work, not after it."""
    if path == STANDARD_OUTPUT:
        if sys.stdout is None or getattr(sys.stdout, "name", "") == os.devnull:  # see kg.terminal.prepare_process
            raise OutputError("standard output is closed, so the results would be lost; leave it open, or name a file")
        return
    target = Path(path)
    try:
        if target.is_dir():
            raise OutputError(f"{path}: is a folder; name a file in it")
        if not target.parent.is_dir():
            raise OutputError(f"{path}: there is no folder {target.parent}; make it first, or name another file")
        if not os.access(target if target.exists() and not target.is_file() else target.parent, os.W_OK):
            raise OutputError(f"{path}: not writable for this user; choose another place")
        if not target.exists() or target.is_file():
            new_name(_resolve(target)).exists()
    except OSError as exc:  # a name that is too long
        raise _unwritable(path, exc) from exc


PAGE_ENDINGS = (".html", ".htm")


def check_page(path: str) -> None:
    """Raise UsageError where `path` has the ending of another kind of file, OutputError as `check_output`."""
    ending = Path(path).suffix
    if ending and ending.lower() not in PAGE_ENDINGS:
        raise UsageError(
            f"{path}: the page is HTML, which no program would look for behind {ending}; name it FILE.html"
        )
    check_output(path)


def keep_apart(output: str, *others: str) -> None:
    """Raise UsageError where `output` is one of the files `others` (inputs, settings, the store), which it would overwrite.

    Files are compared, not their names: links and other spellings of a path lead to the same one. `-` among the others is
    standard input.
    """
    if output == STANDARD_OUTPUT:
        return
    for other in others:
        # A URL, a glob, a file that is not there yet, a standard input that is closed.
        with contextlib.suppress(OSError, ValueError, RuntimeError):
            if _is_stdin(output) if other == STANDARD_OUTPUT else _is_same(output, other):
                raise UsageError(
                    f"{output}: is read or kept as the store in this run and would be lost; name another file"
                )


def _is_same(output: str, other: str) -> bool:
    return Path(output).resolve() == Path(other).resolve() or Path(output).samefile(other)


def _is_stdin(output: str) -> bool:
    status = os.fstat(sys.stdin.fileno())
    return stat.S_ISREG(status.st_mode) and os.path.samestat(status, Path(output).stat())


@contextlib.contextmanager
def open_output(path: str) -> Iterator[TextIO]:
    """The file to write to, as UTF-8; it takes its name only when all is written. `-` is standard output.

    OutputError where it cannot be written (no such folder, no permission, disk full); an older file then stays as it was.
    """
    check_output(path)
    if path == STANDARD_OUTPUT:
        yield sys.stdout
        return
    target = Path(path)
    try:
        with replacing(target) as new, new.open("w", encoding="utf-8", newline="\n") as file:
            yield file
    except OSError as exc:
        raise _unwritable(path, exc) from exc


def _unwritable(path: str, error: OSError) -> OutputError:
    shown = path if len(path) <= 200 else f"{path[:200]}…"
    return OutputError(f"{shown}: cannot be written, because {explain(error)}; choose another place")


def explain(error: OSError) -> str:
    """Why the system refused, in words."""
    return _REASONS.get(error.errno or 0, error.strerror or str(error))


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A new path beside `path` to write to; when the block ends well, it takes the place of `path`. Raises OSError.

    Where `path` is a link, what it leads to is replaced and the link stays. A pipe or device cannot be replaced: it is
    written to as it is.
    """
    path = _resolve(path)
    if path.exists() and not path.is_file() and not path.is_dir():
        yield path
        return
    new = new_name(path)
    try:
        yield new
        with new.open("rb+") as file:
            os.fsync(file.fileno())
        new.chmod(_mode(path))
        new.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            new.unlink()
        raise
    _flush_folder(path.parent)


def _resolve(path: Path) -> Path:
    """What a link leads to; OSError where that is itself."""
    try:
        return path.resolve()
    except RuntimeError as exc:  # so before Python 3.13
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from exc


def new_name(path: Path) -> Path:
    """Where the new content of `path` is gathered; longer than its own name, which may be as long as the system allows."""
    return path.with_name(f".{path.name}.{os.getpid()}.new")


def _mode(path: Path) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        mask = os.umask(0)  # there is no other way to read it
        os.umask(mask)
        return 0o666 & ~mask


def _flush_folder(folder: Path) -> None:
    """Make the new name durable, where the system can flush folders (Windows cannot)."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
