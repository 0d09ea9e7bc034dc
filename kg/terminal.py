"""What the program says to people, all of it on standard error: progress, a summary, and errors as one sentence each.

Standard output is for results alone, so that they can be piped. Text from articles may hold anything, so nothing is
printed before `printable` has taken the control characters out.
"""

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import typer

from kg.errors import KGError, UsageError

if TYPE_CHECKING:
    from kg.extract.llm_options import LLMUsage
    from kg.pipeline import Progress, Report

DONE = 0
FAILED = 1  # an error of ours, or of the machine's
UNUSABLE = 2  # wrong usage, or no readable input
INCOMPLETE = 3  # done, but some inputs failed
INTERRUPTED = 130  # 128 + SIGINT, as 128 + SIGPIPE and + SIGTERM below: what shells expect of a program that these end
PIPE_CLOSED = 141
TERMINATED = 143

LINE_SECONDS = 60.0  # between two lines of progress in a log
FAILURES_SHOWN = 20  # what fits a screen; -v shows all


def printable(text: str) -> str:
    """The text on one line, its control characters (which could steer a terminal) as question marks."""
    flat = " ".join(text.split())
    return "".join(c if c.isprintable() or c == " " else "?" for c in flat)


class Terminated(KeyboardInterrupt):
    """Somebody asked the process to end, not at its terminal: all that Ctrl-C does is due, too."""


def prepare_process() -> None:
    """What the whole process needs before it does anything: three open streams, and an end in good order on SIGTERM."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if (
            getattr(sys, name) is None
        ):  # closed by the caller: the next file opened would get its number, and its output
            stream = open(os.devnull, mode, encoding="utf-8")  # noqa: SIM115, PTH123 - as long-lived as the process
            if stream.fileno() != number:
                os.dup2(stream.fileno(), number)
            setattr(sys, name, stream)
    for stream in (sys.stdout, sys.stderr):
        # What is piped is UTF-8, whatever the code page; what cannot be encoded does not end a run.
        if not stream.isatty():
            stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    signal.signal(signal.SIGTERM, _terminate)


def finish_process() -> None:
    """The work is done, its status decided: a Ctrl-C while Python takes itself down must not make it another."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


@contextmanager
def stopped_by_signals() -> Iterator[threading.Event]:
    """An event that Ctrl-C or SIGTERM sets, so that work can be finished; a second one ends it as it otherwise would."""
    stop = threading.Event()

    def ask(number: int, frame: object) -> None:
        for name, handler in before.items():
            signal.signal(name, handler)
        stop.set()

    before = {name: signal.signal(name, ask) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _terminate(number: int, frame: object) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)  # once is enough; a second one would break off the cleaning up
    raise Terminated


@dataclass(slots=True)
class Terminal:
    """Where people read, and how much they want to. One a run, for options may stand before or after the command.

    `saved` names the store that the run has written so far.
    """

    quiet: bool = False
    verbose: bool = False
    saved: str | None = None

    def say(self, text: str) -> None:
        """A line for people, unless they asked for quiet."""
        if not self.quiet:
            print(text, file=sys.stderr)

    def complain(self, text: str) -> None:
        """A line for people, asked for or not."""
        print(printable(text), file=sys.stderr)

    @contextmanager
    def progress(self) -> "Iterator[Progress | None]":
        """Where the run is, how fast it goes and how long it will take: a display on a terminal, else a line a minute."""
        if self.quiet:
            yield None
            return
        from kg.pace import Pace

        pace = Pace()
        if not sys.stderr.isatty():
            told = time.monotonic()

            def tell(stage: str, articles: int, share: float | None) -> None:
                nonlocal told
                pace.mark(articles, share)
                if time.monotonic() - told >= LINE_SECONDS:
                    told = time.monotonic()
                    self.say(f"{stage}: {pace.tell()}")

            yield tell
            return
        from rich.console import Console
        from rich.progress import Progress as Display
        from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.fields[pace]}"))
        with Display(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as display:
            task = display.add_task("Starting", total=None, pace=pace.tell())

            def show(stage: str, articles: int, share: float | None) -> None:
                pace.mark(articles, share)
                display.update(task, description=stage, pace=pace.tell())

            yield show

    def summarize(self, report: "Report", *, store: str | None = None) -> int:
        """Print what the run did; returns the exit status that it deserves."""
        for line in summary(report, store=store):
            self.say(line)
        if report.passed_over:
            self.say(f"{_count(report.passed_over, 'file')} of another kind passed over")
        self.list_failures(report.failures)
        return INCOMPLETE if report.failures else DONE

    def tell_round(self, report: "Report") -> None:
        """One round of a watch: a line, and what failed in it."""
        counts = ("added", report.added), ("changed", report.changed), ("removed", report.removed)
        done = ", ".join(f"{count} {name}" for name, count in counts if count)
        if done:
            now = time.strftime("%H:%M:%S")
            self.say(f"{now} articles: {done} ({report.seconds:.1f} s)")
        self.list_failures(report.failures)

    @contextmanager
    def gathered_failures(self) -> Iterator[list[KGError]]:
        """Takes failures up for a report; where the run ends without one, they are told before the error that ends it."""
        failures: list[KGError] = []
        try:
            yield failures
        except UsageError:
            self.list_failures(failures)
            raise

    def list_failures(self, failures: Sequence[KGError]) -> None:
        if not failures:
            return
        self.complain(f"{_count(len(failures), 'input')} failed:")
        shown = failures if self.verbose else failures[:FAILURES_SHOWN]
        for failure in shown:
            self.complain_indented(str(failure))
        if len(shown) < len(failures):
            self.complain_indented(f"… and {len(failures) - len(shown)} more; -v lists them all")

    def complain_indented(self, text: str) -> None:
        print("  " + printable(text), file=sys.stderr)

    @contextmanager
    def errors_as_status(self) -> Iterator[None]:
        """Ends the program on any error: one sentence, the status that it means, a traceback only where wanted."""
        try:
            yield
            sys.stdout.flush()
        except KGError as exc:
            self._explain(str(exc))
            raise SystemExit(UNUSABLE if isinstance(exc, UsageError) else FAILED) from exc
        except KeyboardInterrupt as exc:
            ended = "terminated" if isinstance(exc, Terminated) else "interrupted"
            state = (
                f"{self.saved} was saved before, whole" if self.saved else "every file is as it was before, or whole"
            )
            self._explain(f"{ended}; {state}, and nothing is left half-written")
            raise SystemExit(TERMINATED if isinstance(exc, Terminated) else INTERRUPTED) from exc
        except BrokenPipeError as exc:
            # Whoever read us has seen enough. Python flushes standard output once more at exit: into the void.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(PIPE_CLOSED) from exc
        except MemoryError as exc:
            self._explain("the memory is full; give fewer inputs at a time, or fewer --jobs")
            raise SystemExit(FAILED) from exc
        except (typer.Exit, typer.Abort, typer.TyperException):
            raise  # Typer's own: usage errors it prints itself, with status 2
        except OSError as exc:
            self._explain(f"{exc.filename or 'standard output'}: {exc.strerror or exc}")
            raise SystemExit(FAILED) from exc
        except Exception as exc:
            self._explain(f"unexpected {type(exc).__name__}: {exc} (a fault of this program; -v shows where)")
            raise SystemExit(FAILED) from exc

    def _explain(self, text: str) -> None:
        if self.verbose:
            traceback.print_exc()
        self.complain(f"kg: {text}")


def summary(report: "Report", *, store: str | None = None) -> list[str]:
    """The report in lines: articles, the graph by relation, what was rejected and why, seconds."""
    seconds = f"{report.seconds:.1f} s"
    if store is None:
        statements = sum(report.relations.values())
        lines = [f"{_count(report.articles, 'article')}, {_count(statements, 'statement')} ({seconds})"]
    else:
        size = f"{store.removesuffix(':')}: {_count(report.entities, 'entity')}, {_count(report.facts, 'fact')}"
        if report.articles and report.unchanged == report.articles:
            return [f"Nothing changed: {_count(report.articles, 'article')}, all as before ({seconds})", size]
        parts = ("added", report.added), ("changed", report.changed), ("unchanged", report.unchanged)
        counts = [f"{count} {name}" for name, count in (*parts, ("removed", report.removed)) if count]
        lines = [f"{_count(report.articles, 'article')}: {', '.join(counts) or 'none taken'} ({seconds})", size]
    lines += _table(report.relations)
    if report.llm:
        lines.append(_tell_usage(report.llm))
    if report.cluster:
        c = report.cluster
        lines.append(
            f"Ray: {_count(c.workers, 'worker')} on {_count(c.nodes, 'node')}; objects of {c.peak_bytes / 2**20:.1f} MB "
            f"at most, {c.store_bytes // 2**20} MB allowed"
        )
    if report.rejected:
        lines.append(f"{_count(sum(report.rejected.values()), 'statement')} rejected:")
        lines += _table(report.rejected)
    return lines


def _tell_usage(usage: "LLMUsage") -> str:
    """What a language model was asked, and what that cost where a price is known."""
    asked = [_count(usage.requests, "request")]
    asked += [f"{usage.retried} of them again"] if usage.retried else []
    asked += [f"{_count(usage.cached, 'answer')} from the cache"] if usage.cached else []
    tokens = f"{usage.prompt_tokens:,} tokens sent, {usage.completion_tokens:,} answered"
    cost = "" if usage.cost is None else f", cost {usage.cost:.4f}"
    return f"Language model: {', '.join(asked)}; {tokens}{cost}"


def _table(counts: Mapping[str, int]) -> list[str]:
    width = max((len(str(count)) for count in counts.values()), default=0)
    return [f"  {count:>{width}}  {printable(name)}" for name, count in counts.items()]


def _count(number: int, noun: str) -> str:
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"
