"""A store's file: its stamp, the lock that lets one process at a time replace it, and what killed ones leave behind.

The lock is the operating system's, so it ends with its process.
"""

import contextlib
import json
import os
import re
import socket
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kg.errors import StoreError, StoreLocked
from kg.output import explain


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells one state of a file from another without reading it: every replacement has an inode of its own."""

    inode: int
    changed_ns: int
    size: int


def read_stamp(path: Path) -> Stamp | None:
    """The stamp of a file; None where there is no file. StoreError for a pipe or device, which may have no end."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        raise StoreError(f"{path}: it is a pipe or device; a store needs a file of its own")
    return Stamp(status.st_ino, status.st_mtime_ns, status.st_size)


def remove_leftovers(path: Path) -> None:
    """Remove what killed processes left beside `path`; only for the holder of its lock, since others may be writing."""
    # KGLite gathers what it saves in a file of its own beside the one it was told.
    leftover = re.compile(rf"\.{re.escape(path.name)}\.\d+\.new(\.tmp\.[\d.]+)?")
    with contextlib.suppress(OSError):
        for found in path.parent.iterdir():
            if leftover.fullmatch(found.name):
                with contextlib.suppress(OSError):
                    found.unlink()


@contextlib.contextmanager
def locked(path: Path, *, timeout: float) -> Iterator[None]:
    """Hold the lock of `path`. StoreLocked naming the holder after `timeout` seconds; StoreError where none can be had."""
    from filelock import FileLock, Timeout

    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise StoreError(f"{path}: it cannot be locked for writing, because its folder may not be written to")
    lock = FileLock(path.with_name(f".{path.name}.lock"))
    # In a file of its own, for a process that waits may empty the lock file while it tries.
    owner = path.with_name(f".{path.name}.owner")
    try:
        lock.acquire(timeout=timeout)
    except Timeout:
        raise StoreLocked(
            f"{path}: {_read_owner(owner)} is writing to it; tried for {timeout:g} s, so try again when that one is done"
        ) from None
    except (OSError, NotImplementedError) as exc:
        reason = explain(exc) if isinstance(exc, OSError) else "the file system has no locks"
        raise StoreError(f"{path}: it cannot be locked for writing, because {reason}") from exc
    try:
        with contextlib.suppress(OSError):
            owner.write_text(json.dumps({"pid": os.getpid(), "host": socket.gethostname()}), encoding="utf-8")
        yield
    finally:
        with contextlib.suppress(OSError):
            owner.unlink()
        lock.release()


def _read_owner(path: Path) -> str:
    try:
        owner = json.loads(path.read_text(encoding="utf-8"))
        return f"process {owner['pid']} on {owner['host']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
