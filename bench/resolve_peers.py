"""What bench/resolve.py runs in a peer's interpreter: PYTHON bench/resolve_peers.py splink|nomenklatura NAMES PAIRS

NAMES is JSON lines with `name`, `core` (its own word, as kg has it) and `spaced`; PAIRS gets JSON lines of [place, place, score], best
first. To standard output goes one line of JSON: seconds and processor seconds of blocking and scoring until the scored
pairs are in hand, those until they were scored (`scored`), peak memory in MB, number of pairs.

Both are given what they cannot know: splink the core to block by and to compare, nomenklatura the name once more with blanks
around the core, for it knows words by blanks alone and finds no pair of Chinese names otherwise.
"""

import json
import logging
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

MOST = 10  # pairs a name that nomenklatura may look at
Pairs = list[tuple[int, int, float]]


def run_splink(rows: list[dict[str, Any]], clock: Callable[[str], None]) -> Pairs:
    import pyarrow as pa
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    logging.disable(logging.WARNING)
    table = pa.table(
        {
            "unique_id": list(range(len(rows))),
            "name": [row["name"] for row in rows],
            "core": [row["core"] or None for row in rows],
        }
    )
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[cl.JaroWinklerAtThresholds("name", [0.9, 0.8]), cl.ExactMatch("core")],
        blocking_rules_to_generate_predictions=[block_on("core"), block_on("substr(name, 1, 3)")],
    )
    clock("start")
    predicted = Linker(DuckDBAPI().register(table), settings).inference.predict()
    clock("scored")
    found = predicted.as_record_list()
    clock("done")
    return [(row["unique_id_l"], row["unique_id_r"], row["match_probability"]) for row in found]


def run_nomenklatura(rows: list[dict[str, Any]], clock: Callable[[str], None]) -> Pairs:
    from followthemoney import Dataset, StatementEntity
    from nomenklatura.blocker import Index
    from nomenklatura.matching import LogicV2, ScoringConfig
    from nomenklatura.resolver import Linker
    from nomenklatura.store.memory import MemoryStore

    dataset = Dataset.make({"name": "firms", "title": "Firms"})
    store: Any = MemoryStore(dataset, Linker({}))
    with store.writer() as writer:
        for place, row in enumerate(rows):
            data = {"id": str(place), "schema": "Company", "properties": {"name": [row["name"], row["spaced"]]}}
            writer.add_entity(StatementEntity.from_data(dataset, data))
    view, config = store.default_view(), ScoringConfig.defaults()
    scored: Pairs = []
    with tempfile.TemporaryDirectory() as folder:
        clock("start")
        index = Index(view, Path(folder))
        index.build()
        for (a, b), _ in index.pairs(max_pairs=MOST * len(rows)):
            left, right = view.get_entity(a.id), view.get_entity(b.id)
            scored.append((int(a.id), int(b.id), LogicV2.compare(left, right, config).score))
        clock("scored")
        clock("done")
        index.close()
    return scored


PEERS: dict[str, Callable[..., Pairs]] = {
    "splink": run_splink,
    "nomenklatura": run_nomenklatura,
}


def main() -> None:
    peer, names, out = sys.argv[1:]
    rows = [json.loads(line) for line in Path(names).read_text(encoding="utf-8").splitlines()]
    times: dict[str, tuple[float, float]] = {}

    def clock(what: str) -> None:
        times[what] = (time.perf_counter(), time.process_time())

    pairs = PEERS[peer](rows, clock)
    pairs.sort(key=lambda pair: -pair[2])
    Path(out).write_text("\n".join(map(json.dumps, pairs)), encoding="utf-8")
    (start, start_cpu), (_, scored_cpu), (done, done_cpu) = times["start"], times["scored"], times["done"]
    told = {"seconds": done - start, "cpu": done_cpu - start_cpu, "scored": scored_cpu - start_cpu, "pairs": len(pairs)}
    print(json.dumps({**told, "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


if __name__ == "__main__":
    main()
