"""How often kg.extract.time finds the time that annotators gave a relation. Data: $KG_SHARED/data/articles.

    .venv/bin/python bench/times.py [--misses N] [--part tuned|held] [--jionlp]

For each passage with annotated times, once per passage and time: is one of the values found in the passage (recall), or in the
sentences that it lies in (recall in context)? Where the passage holds one value only: is it the annotated one
(agreement)? `named` is recall over the passages in which the finder sees any time at all. Passages without an annotated time that hold one are only a hint: many state what has no time.
Files are split in two: the rules were tuned on `tuned`, never on `held`. --jionlp measures JioNLP's time extraction beside ours,
in an interpreter that has it: PYTHONPATH=. /tmp/jio/bin/python bench/times.py --jionlp
"""

import argparse
import calendar
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from kg.extract.text import clean
from kg.extract.time import find_times

PARTS = {
    "tuned": ("train-[adegjk]", "real-d[12]", "real-n[13]"),
    "held": ("train-[bcfhil]", "real-d3", "real-n[24]"),
}
Finder = Callable[[str, str], list[tuple[int, int, str]]]


@dataclass
class Counts:
    passages: int = 0
    found: int = 0
    named: int = 0
    in_context: int = 0
    single: int = 0
    agreed: int = 0
    without: int = 0
    without_found: int = 0
    seconds: float = 0.0
    characters: int = 0
    misses: list[str] = field(default_factory=list)

    def report(self, name: str) -> str:
        def share(part: int, whole: int) -> str:
            return f"{part / whole:6.1%}" if whole else "   n/a"

        return (
            f"{name:10} {self.passages:6} {share(self.found, self.passages)} {share(self.found, self.named)} {share(self.in_context, self.passages)}"
            f" {share(self.agreed, self.single)} {share(self.without_found, self.without)}"
            f" {self.seconds * 1e6 / max(self.characters, 1):8.2f}"
        )


HEADER = "files      passages recall  named context agreement  untimed  µs/char"


def read_articles(folder: Path, part: str) -> Iterator[dict]:
    for pattern in PARTS[part]:
        for path in sorted(folder.glob(pattern + ".jsonl")):
            for line in path.read_text(encoding="utf-8").splitlines():
                yield json.loads(line) | {"file": path.stem}


def measure(folder: Path, part: str, finder: Finder) -> Counts:
    counts = Counts()
    for article in read_articles(folder, part):
        cleaned = {field: clean(article[field]) for field in ("text", "title")}
        started = time.perf_counter()
        times = {field: finder(c.text, article["date"]) for field, c in cleaned.items()}
        counts.seconds += time.perf_counter() - started
        counts.characters += sum(len(c.text) for c in cleaned.values())
        golds: dict[str, set[str]] = {}
        for relation in article["relations"]:
            golds.setdefault(relation["evidence"], set()).update(filter(None, [relation.get("time")]))
        for evidence, wanted in golds.items():
            where = "text" if evidence in article["text"] else "title"
            start = article[where].index(evidence)
            span = cleaned[where].clean_span(start, start + len(evidence))
            inside = {value for a, b, value in times[where] if a < span.end and b > span.start}
            text = cleaned[where].text
            left = max(text.rfind(mark, 0, span.start) for mark in "。！？\n") + 1
            right = min((at for mark in "。！？\n" if (at := text.find(mark, span.end)) >= 0), default=len(text))
            context = {value for a, b, value in times[where] if left <= a and b <= right}
            if not wanted:
                counts.without += 1
                counts.without_found += bool(inside)
                continue
            for value in wanted:
                counts.passages += 1
                counts.found += value in inside
                counts.named += bool(inside)
                counts.in_context += value in context
                if value not in inside:
                    counts.misses.append(
                        f"{article['id']} {article['date']} wanted {value} found {sorted(inside)}: {evidence}"
                    )
            if len(inside) == 1:
                counts.single += 1
                counts.agreed += inside <= wanted
    return counts


def find_ours(text: str, anchor: str) -> list[tuple[int, int, str]]:
    return [(t.start, t.end, t.value) for t in find_times(text, anchor=anchor)]


def load_jionlp() -> Finder:
    """JioNLP's extraction with parsing, its pairs of moments written as our values."""
    from jionlp.algorithm.ner.time_extractor import TimeExtractor

    extract = TimeExtractor()

    def find(text: str, anchor: str) -> list[tuple[int, int, str]]:
        found = []
        base = datetime.fromisoformat(anchor).timestamp()
        for item in extract(text, time_base=base, with_parsing=True):
            moments = (item.get("detail") or {}).get("time")
            if not isinstance(moments, list) or not all(re.match("[0-9]{4}-[0-9]{2}-", str(m)) for m in moments):
                continue  # a duration, a repeated time, or open at one end
            start, end = (moment[:10] for moment in moments)
            found.append((*item["offset"], _as_value(start, end)))
        return found

    return find


def _as_value(start: str, end: str) -> str:
    """The shortest form of an interval of days: 2025-02-01, 2025-02-28 is 2025-02."""
    if start == end:
        return start
    last = calendar.monthrange(int(end[:4]), int(end[5:7]))[1]
    if start[8:] == "01" and end[8:] == f"{last:02d}":
        if start[:7] == end[:7]:
            return start[:7]
        if start[:4] == end[:4] and start[5:7] == "01" and end[5:7] == "12":
            return start[:4]
        return f"{start[:7]}/{end[:7]}"
    return f"{start}/{end}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--misses", type=int, default=0, help="print so many passages whose time was not found")
    parser.add_argument("--part", choices=PARTS, action="append")
    parser.add_argument("--jionlp", action="store_true", help="measure JioNLP too")
    arguments = parser.parse_args()
    folder = Path(os.environ.get("KG_SHARED", "../shared")) / "data" / "articles"
    if not folder.is_dir():
        print(
            f"no annotated articles at {folder}: set KG_SHARED to the folder that holds data/articles", file=sys.stderr
        )
        return 2
    print(HEADER)
    for part in arguments.part or PARTS:
        counts = measure(folder, part, find_ours)
        print(counts.report(part))
        if arguments.jionlp:
            print(measure(folder, part, load_jionlp()).report("  jionlp"))
        forms = Counter(re.sub(r"\d", "9", miss.split()[3]) for miss in counts.misses)
        print("  missed by form of the annotated value:", dict(forms))
        for miss in counts.misses[:: max(1, len(counts.misses) // arguments.misses)] if arguments.misses else []:
            print("  " + miss)
    return 0


if __name__ == "__main__":
    sys.exit(main())
