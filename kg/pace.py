"""How fast a run goes, and how long it will take: counted over its last minute, so that a quick beginning promises nothing."""

import time
from collections import deque
from collections.abc import Callable

WINDOW = 60.0  # seconds that the rate is taken over


class Pace:
    """Marks of a run as it goes on. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._marks: deque[tuple[float, int, float | None]] = deque()

    def mark(self, done: int, share: float | None) -> None:
        """Note that so many articles are done, and which share of the input has been read (0 to 1; None: unknown)."""
        now = self._clock()
        # Two marks a second say as much as a thousand, but the last one counts.
        if len(self._marks) > 1 and now - self._marks[-2][0] < 0.5:
            self._marks.pop()
        self._marks.append((now, done, share))
        while len(self._marks) > 2 and now - self._marks[1][0] >= WINDOW:
            self._marks.popleft()

    def tell(self) -> str:
        """As in `12,300 articles, 2.1/s, 1 h 20 min left`; less where less is known yet."""
        if not self._marks:
            return "0 articles"
        (began, before, share_before), (now, done, share) = self._marks[0], self._marks[-1]
        parts = [f"{done:,} {'article' if done == 1 else 'articles'}"]
        seconds = now - began
        if seconds >= 1 and done > before:
            parts.append(f"{(done - before) / seconds:.3g}/s")
            if share is not None and share_before is not None and share > share_before:
                parts.append(f"{tell_time((1 - share) * seconds / (share - share_before))} left")
        return ", ".join(parts)


def tell_time(seconds: float) -> str:
    """In the two largest units, as a person would: 40 s, 3 min, 1 h 20 min, 2 d 4 h."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{max(0, round(seconds))} s"
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"
