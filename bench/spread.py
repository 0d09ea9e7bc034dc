"""Processes that extract: python bench/spread.py [--articles 320] [--kinds "threads 1,jobs 2,ray 2"]

Articles of the archive of `scale.py`, without their statements, through `kg extract` and the trained model, each way in a run
of its own, one after the other. Articles a second are counted from the first quarter of them on, so that start-up is left
out (it is told apart: seconds until the first article). On a busy machine more processes get more of it, so the processor
time of an article is told as well: where it stays the same, twice the processors do twice the work.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from build import processes_below, resident_mb

# `kg extract` has no option for threads: a process that extracts alone takes all processors.
ONE_THREAD = """
import sys
from kg import pipeline
from kg.extract.options import ExtractorOptions
pipeline.extract([sys.argv[1]], sys.stdout, entities=True, options=ExtractorOptions(threads=int(sys.argv[2])))
"""
TOGETHER = 1.0  # seconds
KINDS = ["threads 1", "jobs 2", "threads 2", "ray 1", "ray 2"]
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Run:
    kind: str
    articles: int
    seconds: float
    first: float  # seconds until the first article is out
    rate: float  # articles a second, from the first quarter of them on
    cpu_ms: float  # processor time of all processes, an article
    peak_mb: float  # resident memory of all processes
    said: list[str]  # sorted lines of its output


def command_of(kind: str, news: Path) -> list[str]:
    name, _, number = kind.partition(" ")
    if name == "threads":
        return [sys.executable, "-c", ONE_THREAD, str(news), number]
    kg = [sys.executable, "-m", "kg", "extract", str(news), "--entities", "-q", "--jobs", number]
    return [*kg, "--ray"] if name == "ray" else kg


def processor_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def measure(kind: str, news: Path) -> Run:
    used: dict[int, float] = {}
    peak, seen, said = 0.0, [], []
    started = time.perf_counter()
    with subprocess.Popen(command_of(kind, news), stdout=subprocess.PIPE, encoding="utf-8") as process:
        done = threading.Event()

        def watch() -> None:
            nonlocal peak
            while not done.wait(0.2):
                pids = list(processes_below(process.pid))
                peak = max(peak, sum(map(resident_mb, pids)))
                for pid in pids:
                    used[pid] = max(used.get(pid, 0.0), processor_seconds(pid))

        watcher = threading.Thread(target=watch)
        watcher.start()
        for line in process.stdout or ():
            said.append(line)
            if "article" in json.loads(line):
                seen.append(time.perf_counter() - started)
        process.wait()
        done.set()
        watcher.join()
    if process.returncode:
        sys.exit(f"{kind} ended with status {process.returncode}")
    seconds, begun = time.perf_counter() - started, seen[len(seen) // 4]
    # Batches of several processes come out together.
    later = sum(moment > begun + TOGETHER for moment in seen)
    rate = later / (seen[-1] - begun) if later else len(seen) / seconds
    return Run(kind, len(seen), seconds, seen[0], rate, 1000 * sum(used.values()) / len(seen), peak, sorted(said))


def compare(news: Path, kinds: list[str]) -> None:
    runs = []
    print(f"{'':12} seconds   first  articles/s  CPU ms/article  peak MB", flush=True)
    for kind in kinds:
        run = measure(kind, news)
        runs.append(run)
        print(
            f"{kind:12} {run.seconds:7.1f} {run.first:7.1f} {run.rate:11.2f} {run.cpu_ms:15.0f} {run.peak_mb:8.0f}",
            flush=True,
        )
    print("the same statements" if all(run.said == runs[0].said for run in runs) else "OTHER STATEMENTS")
    of = {run.kind: run for run in runs}
    for kind, base, least in (("jobs 2", "threads 1", 1.7), ("threads 2", "threads 1", None), ("ray 2", "jobs 2", 0.8)):
        if kind in of and base in of:
            wanted = f" (wanted: {least})" if least else ""
            cpu = of[base].cpu_ms / of[kind].cpu_ms
            print(f"{kind} against {base}: {of[kind].rate / of[base].rate:.2f}{wanted}; an article's CPU {cpu:.2f}")


def main() -> None:
    import scale

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=320)
    parser.add_argument("--kinds", default=",".join(KINDS))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        news, _ = scale.make_archive(Path(folder), arguments.articles)
        compare(news, arguments.kinds.split(","))


if __name__ == "__main__":
    main()
