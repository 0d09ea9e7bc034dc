"""Files that are replaced whole or not at all, and the lock that lets one process at a time do so.

The new content goes to a file beside the old one, is flushed to the disk and takes the old one's place in one step: a
crash at any moment leaves the old or the new state. The lock is the operating system's, so it ends with its process.
"""

import contextlib
import errno
import glob
import json
import os
import socket
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kg.errors import StoreError, StoreLocked

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
}


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells one state of a file from another without reading it: every replacement has an inode of its own."""

    inode: int
    changed_ns: int
    size: int


def read_stamp(path: Path) -> Stamp | None:
    """The stamp of a file; None where there is no file."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return Stamp(status.st_ino, status.st_mtime_ns, status.st_size)


def explain(error: OSError) -> str:
    """Why the system refused, in words."""
    return _REASONS.get(error.errno or 0, error.strerror or str(error))


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A new path beside `path` to write to; when the block ends well, it takes the place of `path`. Raises OSError."""
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
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


def remove_leftovers(path: Path) -> None:
    """Remove what killed processes left beside `path`; only for the holder of its lock, since others may be writing."""
    for leftover in path.parent.glob(f".{glob.escape(path.name)}.*.new"):
        with contextlib.suppress(OSError):
            leftover.unlink()


@contextlib.contextmanager
def locked(path: Path, *, timeout: float) -> Iterator[None]:
    """Hold the lock of `path`. StoreLocked naming the holder after `timeout` seconds; StoreError where none can be had."""
    from filelock import FileLock, Timeout

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
