"""How long `kg build` of one short article takes as a whole process, beside another checkout's, in turn.

    .venv/bin/python bench/start.py --against FOLDER [--runs N] [--article FILE]

FOLDER is a checkout of the commit to compare with (git worktree add FOLDER COMMIT). Both run in this interpreter's environment,
which must have what both need: --python names another one for FOLDER. Printed are medians, and medians of the ratios of the
pairs: of seconds on the clock, and of processor seconds, which others on the machine disturb less.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
ARTICLE = ROOT / "examples" / "2018-12-04-notes-in-taobao.txt"


def measure(python: str, checkout: Path, article: Path) -> tuple[float, float]:
    """Seconds on the clock and of the processor that one build takes, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [python, "-m", "kg", "build", str(article), "--store", f"{folder}/g.kgl", "-q"]
        before, begin = os.times(), time.perf_counter()
        subprocess.run(command, cwd=checkout, check=True)
        seconds, after = time.perf_counter() - begin, os.times()
    user, system = after.children_user - before.children_user, after.children_system - before.children_system
    return seconds, user + system


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--python", default=sys.executable, help="the interpreter for FOLDER")
    parser.add_argument("--runs", type=int, default=11)
    parser.add_argument("--article", type=Path, default=ARTICLE)
    options = parser.parse_args()
    sides = [(sys.executable, ROOT), (options.python, options.against.resolve())]
    for side in sides:  # files come from the disk once
        measure(*side, options.article.resolve())
    pairs = [[measure(*side, options.article.resolve()) for side in sides] for _ in range(options.runs)]
    for number, name in enumerate(("on the clock", "of the processor")):
        here, there = ([pair[side][number] for pair in pairs] for side in (0, 1))
        ratio = statistics.median(a / b for a, b in zip(here, there, strict=True))
        print(
            f"{name}: {statistics.median(here):.2f} s here, {statistics.median(there):.2f} s there; "
            f"{ratio:.2f} of its time (median of {options.runs} pairs)"
        )


if __name__ == "__main__":
    main()
