"""Records on their way into a store: a few in memory, many in a file that has no name and ends with its process."""

import io
import tempfile
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

from kg.errors import StoreError
from kg.output import explain

_IN_MEMORY = 16 * 2**20  # bytes, packed: a build of some thousand articles


class Pile:
    """Takes data until its `with` block ends. The file is made in `folder` (a temporary one of the system may be memory).

    `url` is the store's, for the StoreError that says that the disk is full.
    """

    def __init__(self, folder: Path, *, url: str) -> None:
        self._folder, self._url = folder, url
        self._file: BinaryIO = io.BytesIO()
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._file.close()

    def put(self, data: bytes) -> Callable[[], bytes]:
        """Take data in; what is returned gives it back."""
        packed = zlib.compress(data)
        place, self._size = self._size, self._size + len(packed)
        try:
            if self._size > _IN_MEMORY and isinstance(self._file, io.BytesIO):
                begun = self._file
                self._file = cast("BinaryIO", tempfile.TemporaryFile(prefix=".kg-", dir=self._folder))  # noqa: SIM115
                self._file.write(begun.getbuffer())
            self._file.seek(place)
            self._file.write(packed)
        except OSError as exc:
            raise self._explain(exc) from exc
        return partial(self._get, place, len(packed))

    def _get(self, place: int, size: int) -> bytes:
        try:
            self._file.seek(place)
            return zlib.decompress(self._file.read(size))
        except OSError as exc:
            raise self._explain(exc) from exc

    def _explain(self, error: OSError) -> StoreError:
        return StoreError(f"{self._url}: it could not be saved, because {explain(error)}; it is as it was before")
