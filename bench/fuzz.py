"""Ten thousand files and more, spoilt by a seeded mutator, read between good ones: faults, the longest time, the most memory.

    .venv/bin/python bench/fuzz.py [--files 10000] [--first N] [--jobs N] [--rows 1000000]

What must hold is in tests/fuzzing.py, which tests/test_fuzz.py runs on another thousand. `--rows`: lines of one file of JSON lines of
which one is broken. A fault is printed with its number; `python -m tests.fuzzing --seed NUMBER --count 1` shows it again.
"""

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.fuzzing import MOST_MEGABYTES, run

CHUNK = 250  # files of one process


def read_rows(count: int) -> str:
    """Read `count` lines of which one is broken; what was wrong, "" if nothing was."""
    from kg.extract.articles import read_articles

    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "rows.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for number in range(count):
                line = json.dumps({"id": str(number), "text": "小红书与京东达成合作。"}, ensure_ascii=False)
                file.write(("{" if number == count // 3 else line) + "\n")
        errors: list[Exception] = []
        found = sum(1 for _ in read_articles(path, on_error=errors.append))
    wrong = "" if (found, len(errors)) == (count - 1, 1) else f"{found} articles and {len(errors)} errors"
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return wrong or ("" if memory < MOST_MEGABYTES else f"{memory:.0f} MB")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    begin = time.perf_counter()
    starts = range(options.first, options.first + options.files, CHUNK)
    last = options.first + options.files
    with ThreadPoolExecutor(options.jobs) as pool:
        outcomes = list(pool.map(lambda start: run(start, min(CHUNK, last - start)), starts))
    faults = {number: fault for outcome in outcomes for number, fault in outcome.faults.items()}
    for number, fault in sorted(faults.items()):
        print(f"{number}: {fault}")
    files, seconds = sum(o.files for o in outcomes), max(o.seconds for o in outcomes)
    memory = max(o.megabytes for o in outcomes)
    print(
        f"{files:,} files, {len(faults)} faults; at most {seconds:.1f} s of the processor for one file and {memory:.0f} MB of a process "
        f"that read {CHUNK}; {time.perf_counter() - begin:.0f} s in all"
    )
    wrong = read_rows(options.rows) if options.rows else ""
    if options.rows:
        print(
            f"{options.rows:,} lines of which one is broken: {wrong or 'that one was told, and all others were read'}"
        )
    return 1 if faults or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
