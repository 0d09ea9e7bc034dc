"""How well and how fast names and facts of many articles are merged: python bench/resolve.py [story|names|speed]…

story   the examples ($KG_SHARED, default ../shared): graph made of their gold statements, with only the names that each
        article uses, in shuffled order, against story.json; and the graph that `kg build` makes of the texts
names   real firms, press name and legal name, 14,000 things with one statement each; the half that served to tune the
        vocabulary and the other one apart. Beside them RapidFuzz alone, splink and nomenklatura, each by the best pair of
        each press name and at the threshold that suits it best
speed   1k, 10k and 100k names (invented firms, by the parts of real names; see `make_names`) with 5 statements each:
        seconds and peak memory, each in a process of its own, beside blocking and scoring of the same names
        by splink and nomenklatura

`--peers PYTHON` is an interpreter that has both of them (and pyarrow); without it they are left out.
"""

import argparse
import difflib
import hashlib
import itertools
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from kg.model import ArticleInfo, Evidence, Extraction, NamedEntity, Resolution, Statement
from kg.ontology import load_ontology
from kg.resolve import fold, resolve
from kg.resolve.firms import is_telling, load_words, parse_firm, parse_firms
from kg.resolve.matching import match_names

SHARED = Path(os.environ.get("KG_SHARED") or Path(__file__).parents[2] / "shared")
SEED = 7
PEERS = ("splink", "nomenklatura")


def read_firms() -> list[tuple[str, str]]:
    path = SHARED / "data" / "companies.jsonl"
    if not path.exists():
        sys.exit(f"{path} is missing; set KG_SHARED to the folder that holds data/")
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return [(row["name"], row["legal_name"]) for row in rows if row["name"] != row["legal_name"]]


def is_tuned_on(pair: tuple[str, str]) -> bool:
    return int(hashlib.sha256(pair[1].encode()).hexdigest(), 16) % 2 == 0


def shares_a_word(pair: tuple[str, str]) -> bool:
    """Whether the two share a run of two characters or more that is no trade word, city or legal form."""
    press, legal = (parse_firm(fold(name)) for name in pair)
    if press.core and press.core == legal.core and len(press.core) > 1:
        return True
    blocks = difflib.SequenceMatcher(None, press.base, legal.base, autojunk=False).get_matching_blocks()
    return any(is_telling(press.base[m.a : m.a + m.size]) for m in blocks)


def alone(number: int, name: str, statements: int = 1) -> Extraction:
    """An article that says of one firm what it brought out."""
    firm = NamedEntity(name, "Company")
    doc = f"a{number}"
    said = tuple(
        Statement(
            doc,
            firm,
            "LAUNCHES",
            NamedEntity(f"产品{number}x{i}", "Product"),
            "actual",
            "2024",
            Evidence(0, 4, "推出产品"),
            0.9,
        )
        for i in range(statements)
    )
    return Extraction(ArticleInfo(doc, date="2024-05-01"), (firm,), said)


def list_pairs(resolution: Resolution, sides: dict[str, str]) -> set[tuple[str, str]]:
    """(press name, legal name) pairs, and all others of one entity, that were merged."""
    found = set()
    for entity in resolution.entities:
        names = sorted({form for _, _, forms in entity.mentions for form in forms if form in sides})
        for a, b in itertools.combinations(names, 2):
            found.add((a, b) if sides[a] == "press" else (b, a))
    return found


def measure_names(pairs: list[tuple[str, str]], title: str, python: str | None) -> None:
    press, legal = {p for p, _ in pairs}, {n for _, n in pairs}
    sides = dict.fromkeys(legal, "legal") | dict.fromkeys(press, "press")
    truth = set(pairs)
    sharing = {pair for pair in truth if shares_a_word(pair)}
    names = sorted(sides)
    random.Random(SEED).shuffle(names)
    started = time.perf_counter()
    merged = list_pairs(resolve((alone(i, n) for i, n in enumerate(names)), load_ontology()), sides)
    seconds = time.perf_counter() - started
    print(f"{title}: {len(truth)} pairs, {len(sharing) / len(truth):.1%} of them share a word of their own")
    _print_pairs("kg", merged, truth, sharing, f"{seconds:.1f} s")
    print_rapidfuzz(sorted(press), sorted(legal), truth, sharing)
    for peer in PEERS if python else ():
        print_peer(peer, python, sides, truth, sharing)


def print_rapidfuzz(
    press: list[str], legal: list[str], truth: set[tuple[str, str]], sharing: set[tuple[str, str]]
) -> None:
    """RapidFuzz alone: each press name with the legal name most like it, at the threshold with the best F1."""
    from rapidfuzz import fuzz, process

    for scorer in (fuzz.partial_ratio, fuzz.WRatio, fuzz.ratio):
        best = []
        for name in press:
            found = process.extractOne(name, legal, scorer=scorer)
            best.append((found[1], name, found[0]))
        print_best(f"RapidFuzz {scorer.__name__}", best, truth, sharing)


def _print_pairs(
    who: str, merged: set[tuple[str, str]], truth: set[tuple[str, str]], sharing: set[tuple[str, str]], note: str
) -> None:
    right = len(merged & truth)
    precision = right / len(merged) if merged else 0.0
    print(
        f"  {who:32} merged {len(merged):5}  precision {precision:.4f}  recall of those that share a word "
        f"{len(merged & sharing) / len(sharing):.3f}, of all {right / len(truth):.3f}  {note}"
    )


def make_names(size: int) -> list[str]:
    """Invented firms: two or three characters, half of them with a legal name beside the press name.

    Characters are drawn by Zipf's law from 2,000, so that many firms share a part of their word, as real ones do.
    """
    random_ = random.Random(SEED)
    words = load_words()
    signs = [chr(0x4E00 + 7 * i) for i in range(2000)]
    weights = [1 / (rank + 10) for rank in range(len(signs))]
    trades, generic, regions = (
        sorted(w for w in part if len(w) > 1) for part in (words.trades, words.generic, words.regions)
    )
    names: dict[str, None] = {}
    while len(names) < size:
        word = "".join(random_.choices(signs, weights, k=random_.choice((2, 2, 3, 4))))
        trade = random_.choice(trades if random_.random() < 0.5 else generic)
        names[word + (trade if random_.random() < 0.6 else "")] = None
        if random_.random() < 0.5:
            names[f"{random_.choice(regions)}{word}{trade}{random_.choice(('有限公司', '股份有限公司'))}"] = None
    return list(names)[:size]


def run_once(size: int) -> None:
    """In a process of its own: seconds of `resolve` and the peak memory, as JSON."""
    names = make_names(size)
    started, before = time.perf_counter(), time.process_time()
    resolution = resolve((alone(i, n, 5) for i, n in enumerate(names)), load_ontology())
    seconds, cpu = time.perf_counter() - started, time.process_time() - before
    firms = [e for e in resolution.entities if e.type == "Company"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "cpu": cpu, "mb": peak, "merged": size - len(firms)}))


def match_once(size: int) -> None:
    """In a process of its own, as the peers have: seconds of blocking and scoring the names alone, as JSON."""
    keys = [(fold(name), "Org") for name in make_names(size)]
    match_names(keys[:10])  # whose imports come before the clock, as those of the peers do
    started, before = time.perf_counter(), time.process_time()
    match_names(keys)
    print(json.dumps({"seconds": time.perf_counter() - started, "cpu": time.process_time() - before}))


def measure_speed(sizes: Iterable[int], python: str | None) -> None:
    before = None
    for size in sizes:
        row, matching = (
            json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
            for command in ([sys.executable, __file__, flag, str(size)] for flag in ("--once", "--match-once"))
        )
        growth = f", {row['cpu'] / before:.1f} times the size before" if before else ""
        before = row["cpu"]
        print(
            f"{size:7} names, 5 statements each: {row['seconds']:.2f} s, processor {row['cpu']:.2f} s{growth}, "
            f"{row['mb']:.0f} MB, {row['merged']} merged; blocking and scoring of the names alone "
            f"{matching['seconds']:.2f} s, processor {matching['cpu']:.2f} s"
        )
        for peer in PEERS if python else ():
            print(f"        {time_peer(peer, python, size)}")


def run_peer(peer: str, python: str, names: list[str], folder: Path) -> tuple[dict[str, float] | str, Path]:
    """What resolve_peers.py says of a peer, or why it failed; and the file with the pairs."""
    data, pairs = folder / "names.jsonl", folder / f"{peer}.jsonl"
    rows = []
    folded_names = list(map(fold, names))
    for name, folded, core in zip(names, folded_names, parse_firms(folded_names).core, strict=True):
        spaced = folded.replace(core, f" {core} ", 1).strip() if core else folded
        rows.append(json.dumps({"name": name, "core": core, "spaced": spaced}, ensure_ascii=False))
    data.write_text("\n".join(rows), encoding="utf-8")
    program = Path(__file__).with_name("resolve_peers.py")
    done = subprocess.run([python, program, peer, data, pairs], capture_output=True, text=True)
    if done.returncode:
        return f"failed: {(done.stderr.strip().splitlines() or ['without a word'])[-1]}", pairs
    told: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return told, pairs


def time_peer(peer: str, python: str, size: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        row, _ = run_peer(peer, python, make_names(size), Path(folder))
    if isinstance(row, str):
        return f"{peer} {row}"
    return (
        f"{peer}: blocking and scoring {row['seconds']:.2f} s, processor {row['cpu']:.2f} s with the pairs in hand, "
        f"{row['scored']:.2f} s without, {row['mb']:.0f} MB, {row['pairs']:.0f} pairs"
    )


def print_peer(
    peer: str, python: str, sides: dict[str, str], truth: set[tuple[str, str]], sharing: set[tuple[str, str]]
) -> None:
    """A peer's best pair of each press name, at the threshold with the best F1."""
    names = sorted(sides)
    with tempfile.TemporaryDirectory() as folder:
        row, file = run_peer(peer, python, names, Path(folder))
        if isinstance(row, str):
            print(f"  {peer} {row}")
            return
        best: dict[str, tuple[float, str]] = {}
        for line in file.read_text(encoding="utf-8").splitlines():  # best first
            a, b, score = json.loads(line)
            if sides[names[a]] == sides[names[b]]:
                continue
            press, legal = (a, b) if sides[names[a]] == "press" else (b, a)
            best.setdefault(names[press], (score, names[legal]))
    print_best(peer, [(score, press, legal) for press, (score, legal) in best.items()], truth, sharing)


def print_best(
    who: str, best: list[tuple[float, str, str]], truth: set[tuple[str, str]], sharing: set[tuple[str, str]]
) -> None:
    rows = []
    for cut in sorted({round(score, 2) for score, _, _ in best}):
        merged = {(p, n) for score, p, n in best if score >= cut}
        rows.append((2 * len(merged & truth) / (len(merged) + len(truth)), cut, merged))
    if rows:
        _, cut, merged = max(rows, key=lambda row: row[0])
        _print_pairs(f"{who} >= {cut}", merged, truth, sharing, "")


def measure_story() -> None:
    examples, gold = SHARED / "examples", SHARED / "gold"
    articles, story = examples / "gold.jsonl", examples / "story.json"
    if not story.exists():
        sys.exit(f"{story} is missing; set KG_SHARED to the folder that holds examples/ and gold/")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for title, flags in (
            ("gold statements", []),
            ("gold statements, names of each article alone, shuffled", ["--local"]),
        ):
            triples = folder / "t.jsonl"
            subprocess.run([sys.executable, gold / "to_triples.py", articles, triples, *flags], check=True)
            print(f"{title}:\n  {_score_build([str(articles), '--triples', str(triples)], folder, story, articles)}")
        texts = [str(path) for path in sorted(examples.iterdir()) if path.name[:2] == "20"]
        print(f"real extraction:\n  {_score_build(texts, folder, story, articles)}")


def _score_build(arguments: list[str], folder: Path, story: Path, articles: Path) -> str:
    store, graph = folder / "g.json", folder / "g.jsonl"
    store.unlink(missing_ok=True)
    kg = [sys.executable, "-m", "kg"]
    subprocess.run([*kg, "build", *arguments, "--store", str(store), "-q"], check=True)
    subprocess.run([*kg, "export", "--store", str(store), "--format", "jsonl", "-o", str(graph), "-q"], check=True)
    score = [sys.executable, SHARED / "gold" / "score_story.py", story, graph, "--gold", articles]
    return subprocess.run(score, capture_output=True, check=True, text=True).stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=["story", "names", "speed"])
    parser.add_argument("--once", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--match-once", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--sizes", default="1000,10000,100000")
    parser.add_argument("--peers", metavar="PYTHON", help="a Python that has splink and nomenklatura")
    arguments = parser.parse_args()
    if arguments.once:
        run_once(arguments.once)
        return
    if arguments.match_once:
        match_once(arguments.match_once)
        return
    if "story" in arguments.parts:
        measure_story()
    if "names" in arguments.parts:
        firms = read_firms()
        measure_names(firms, "all together", arguments.peers)
        measure_names([pair for pair in firms if is_tuned_on(pair)], "half that the vocabulary was tuned on", None)
        measure_names([pair for pair in firms if not is_tuned_on(pair)], "other half", None)
    if "speed" in arguments.parts:
        measure_speed(map(int, arguments.sizes.split(",")), arguments.peers)


if __name__ == "__main__":
    main()
