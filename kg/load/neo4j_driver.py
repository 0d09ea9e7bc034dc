"""Neo4j's driver without the packages that it takes along where they are installed."""

import sys

_FRAMES = ("pandas", "pyarrow")


def import_without_frames() -> None:
    """Import the driver without pandas and PyArrow: two thirds of its start and 75 MB, for frames that nobody here asks it for.

    For a process of our own alone: afterwards its driver takes no parameters of those packages' types. They can be imported
    all the same, and where one has been imported already, or the driver has, nothing is left out.
    """
    absent = [name for name in _FRAMES if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]  # what import takes for "not installed"
    try:
        import neo4j  # noqa: F401
    finally:
        for name in absent:
            del sys.modules[name]
