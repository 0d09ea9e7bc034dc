"""Work that makes millions of small things and no garbage."""

import functools
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


_SELDOM = (50_000, 20, 10)  # of Python's 700, 10, 10: all is looked through every ten million objects, not every 70,000


@contextmanager
def seldom_collected() -> Iterator[None]:
    """The search for cycles goes on but comes more seldom, for what makes some and keeps millions of other things."""
    before = gc.get_threshold()
    if before[0]:  # 0: there is no search
        gc.set_threshold(*map(max, before, _SELDOM))
    try:
        yield
    finally:
        gc.set_threshold(*before)


def uncollected(work: Callable[P, R]) -> Callable[P, R]:
    """The function run without the search for cycles, which takes a quarter of its time and would find none.

    Memory is freed as ever, by counting references. The search goes on afterwards where it went on before.
    """

    @functools.wraps(work)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if not gc.isenabled():
            return work(*args, **kwargs)
        gc.disable()
        try:
            return work(*args, **kwargs)
        finally:
            gc.enable()

    return run
