"""A text file that appears whole or not at all."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from kg.errors import OutputError

STANDARD_OUTPUT = "-"


def check_output(path: str) -> None:
    """Raise OutputError where `path` cannot be written: before an hour's work, not after it."""
    target = Path(path)
    if path == STANDARD_OUTPUT:
        return
    if target.is_dir():
        raise OutputError(f"{path}: is a folder; name a file in it")
    if not target.parent.is_dir():
        raise OutputError(f"{path}: there is no folder {target.parent}; make it first, or name another file")
    if not os.access(target if target.exists() and not target.is_file() else target.parent, os.W_OK):
        raise OutputError(f"{path}: not writable for this user; choose another place")


@contextmanager
def open_output(path: str) -> Iterator[TextIO]:
    """The file to write to, as UTF-8; it takes its name only when all is written. `-` is standard output.

    OutputError where it cannot be written (no such folder, no permission, disk full); an older file then stays as it was.
    """
    if path == STANDARD_OUTPUT:
        yield sys.stdout
        return
    check_output(path)
    target = Path(path)
    try:
        if target.exists() and not target.is_file():  # a pipe or device cannot be replaced
            with target.open("w", encoding="utf-8", newline="\n") as file:
                yield file
            return
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:60]}.", dir=target.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                yield file
            _copy_mode(temporary, target)
            temporary.replace(target)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
    except OSError as exc:
        raise OutputError(f"{path}: cannot be written ({exc.strerror}); choose another place") from exc


def _copy_mode(temporary: Path, target: Path) -> None:
    """A temporary file is private; the result gets the older file's permissions, or those of any new file."""
    if target.exists():
        temporary.chmod(target.stat().st_mode & 0o7777)
    else:
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
