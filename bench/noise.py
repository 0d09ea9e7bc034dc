"""How much noise costs: `kg extract` on the development split as it is, and with noise of every kind in it. Data: $KG_SHARED.

    .venv/bin/python bench/noise.py [--model FOLDER|none] [--seed N]

The noise is bench/cleaning.py's: runs of decoration glyphs, odd blanks and zero-width characters inside sentences, furniture
lines, lists of other articles, mixed line ends. The goal is at most two points of triple F1.
"""

import argparse
import os
import random
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from cleaning import inject  # noqa: E402

from training.figures import development_articles, make_table, measure, run_extract  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="a folder, or `none`: patterns alone; without it, the model that ships")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    if not (Path(os.environ.get("KG_SHARED", "../shared")) / "gold" / "score.py").is_file():
        print("no annotated articles: set KG_SHARED to the folder with data/ and gold/", file=sys.stderr)
        return 2
    rng = random.Random(options.seed)
    articles = development_articles()
    noisy = [{**article, "text": inject(article["text"], rng).text} for article in articles]
    figures = [measure(some, run_extract(some, options.model)) for some in (articles, noisy)]
    for title, found in zip(("As they are:", "With noise:"), figures, strict=True):
        print(title, make_table(found), "", sep="\n")
    costs = {kind: figures[0][kind]["triples"]["f1"] - figures[1][kind]["triples"]["f1"] for kind in figures[0]}
    print("Triple F1 that noise costs:", ", ".join(f"{kind} {100 * cost:+.1f} points" for kind, cost in costs.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
