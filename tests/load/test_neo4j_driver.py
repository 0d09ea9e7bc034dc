"""The driver in a process of our own."""

import subprocess
import sys

import pytest

_PROGRAM = """
import sys
{before}
from kg.load.neo4j_driver import import_without_frames
import_without_frames()
print("neo4j" in sys.modules, "pandas" in sys.modules)
import pandas
print(pandas.DataFrame({{"a": [1]}}).shape)
"""


@pytest.mark.parametrize(("before", "there"), [("", False), ("import pandas", True)])
def test_pandas_stays_out_until_somebody_wants_it(before: str, there: bool) -> None:
    pytest.importorskip("pandas")
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(before=before)], capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout.splitlines() == [f"True {there}", "(1, 1)"]
