"""Rows of an answer: a list of dicts that becomes a frame of pandas or Polars where those are installed."""

import importlib
from collections.abc import Iterable
from typing import Any

from kg.errors import UsageError

Row = dict[str, Any]


class Table(list[Row]):
    """A list of rows, all with the same columns. `pandas()` and `polars()` make frames of it."""

    def __init__(self, rows: Iterable[Row] = (), *, columns: Iterable[str] = ()) -> None:
        super().__init__(rows)
        self.columns = tuple(self[0]) if self else tuple(columns)

    def pandas(self) -> Any:
        """A pandas.DataFrame; UsageError where pandas is not installed."""
        return _library("pandas").DataFrame(list(self), columns=list(self.columns))

    def polars(self) -> Any:
        """A polars.DataFrame; UsageError where Polars is not installed."""
        frames = _library("polars")
        return (
            frames.DataFrame(list(self), infer_schema_length=None)
            if self
            else frames.DataFrame({c: [] for c in self.columns})
        )


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as exc:
        raise UsageError(f"a frame needs {name}, which is not installed; pip install 'kg-partners[frames]'") from exc
