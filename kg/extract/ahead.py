"""Work begun ahead of the one who waits for it, in order, so that whoever does it in the background has always something to do."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Item = TypeVar("Item")
Work = TypeVar("Work")


@dataclass(frozen=True, slots=True)
class Beginning(Generic[Item, Work]):
    """An item and the work on it that is under way, or the error that beginning with it raised."""

    item: Item
    works: tuple[Work, ...]
    error: Exception | None = None

    def result(self) -> Work:
        """The work; raises the error."""
        if self.error is not None:
            raise self.error
        return self.works[0]


def begin_ahead(
    items: Iterable[Item],
    begin: Callable[[Item], Work],
    *,
    most: int,
    is_enough: Callable[[Sequence[Work]], bool],
    cancel: Callable[[Work], None],
) -> Generator[Beginning[Item, Work], None, None]:
    """Each item, begun, in order; of those after it so many are begun as well that `is_enough` says so of their works, at `most`
    so many.

    What `items` itself raises is raised after all that came before it has been given out. Where the caller stops earlier
    (`close`), what is begun is cancelled.
    """
    source = iter(items)
    waiting: deque[Beginning[Item, Work]] = deque()
    broken: Exception | None = None
    ended = False
    try:
        while True:
            # The first that waits is the one to be given out; the rest is ahead of it.
            while not ended and len(waiting) <= most and not (waiting and is_enough(_works(list(waiting)[1:]))):
                try:
                    item = next(source)
                except StopIteration:
                    ended = True
                except Exception as exc:  # whatever the source raises is its caller's to handle, in its turn
                    ended, broken = True, exc
                else:
                    waiting.append(_try(begin, item))
            if not waiting:
                break
            yield waiting.popleft()
        if broken is not None:
            raise broken
    finally:
        for work in _works(waiting):
            cancel(work)


def _try(begin: Callable[[Item], Work], item: Item) -> Beginning[Item, Work]:
    try:
        return Beginning(item, (begin(item),))
    except Exception as exc:
        return Beginning(item, (), exc)


def _works(beginnings: Iterable[Beginning[Item, Work]]) -> list[Work]:
    return [work for beginning in beginnings for work in beginning.works]
