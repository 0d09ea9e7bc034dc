"""SQLite files that need not outlive their process."""

import contextlib
import errno
import sqlite3
from collections.abc import Iterator
from pathlib import Path

_CACHE_KB = 8_000  # of memory for each file


def open_spool(path: Path) -> sqlite3.Connection:
    """A new database with a transaction open, written fast: nothing is done for the safety of the file."""
    spool = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE", f"cache_size=-{_CACHE_KB}"):
        spool.execute(f"PRAGMA {pragma}")
    spool.execute("BEGIN")
    return spool


@contextlib.contextmanager
def as_os_errors() -> Iterator[None]:
    """OSError for what SQLite cannot write, as for every other file; what it does not find goes by as it is."""
    try:
        yield
    except sqlite3.OperationalError as exc:
        if exc.sqlite_errorcode == sqlite3.SQLITE_ERROR:
            raise
        full = exc.sqlite_errorcode == sqlite3.SQLITE_FULL
        raise OSError(errno.ENOSPC if full else errno.EIO, str(exc)) from exc
