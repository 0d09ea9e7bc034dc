"""Extraction in several processes: order, bounds, and deaths."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kg.errors import ExtractionError
from kg.extract.nlp import Extractor
from kg.extract.options import ExtractorOptions
from kg.model import Article
from kg.workers import BATCHES_PER_WORKER, extract_in_processes

SENTENCE = "5月7日,小红书与淘宝天猫达成战略合作。"


class Deadly(str):
    """A text that ends whichever process it is handed to, as one that eats all memory would."""

    __slots__ = ()

    def __reduce__(self):
        return os._exit, (9,)


def articles(number):
    return [Article(f"a{n}", SENTENCE * (1 + n % 3), date="2025-05-08") for n in range(number)]


def test_gives_what_one_process_gives_in_the_same_order():
    given = articles(50)
    alone = list(Extractor(ExtractorOptions()).extract(given))
    assert list(extract_in_processes(given, ExtractorOptions(), jobs=2, batch_size=4)) == alone


def test_reads_no_further_ahead_than_its_batches():
    """Memory stays flat because nobody reads the whole input in before the first answer is taken."""
    read = 0

    def reading():
        nonlocal read
        for article in articles(200):
            read += 1
            yield article

    taken = 0
    for _ in extract_in_processes(reading(), ExtractorOptions(), jobs=2, batch_size=5):
        assert read - taken <= 5 * 2 * BATCHES_PER_WORKER
        taken += 1
    assert taken == 200


def test_a_killed_worker_costs_nothing():
    found = extract_in_processes(articles(300), ExtractorOptions(), jobs=2, batch_size=2)
    ids = [next(found).article.id]
    victim = multiprocessing.active_children()[0]
    assert victim.pid is not None
    os.kill(victim.pid, signal.SIGKILL)
    ids += [extraction.article.id for extraction in found]
    assert ids == [article.id for article in articles(300)]


def test_an_article_that_kills_its_worker_is_named_and_the_others_are_done():
    given = articles(12)
    given[5] = Article("deadly", Deadly(SENTENCE))
    errors: list[ExtractionError] = []
    found = list(extract_in_processes(given, ExtractorOptions(), jobs=2, batch_size=4, on_error=errors.append))
    assert [extraction.article.id for extraction in found] == [a.id for a in given if a.id != "deadly"]
    assert [str(error).split(":")[0] for error in errors] == ["deadly"]


def test_without_a_handler_it_is_raised():
    with pytest.raises(ExtractionError, match="deadly: it killed the process"):
        list(extract_in_processes([Article("deadly", Deadly(SENTENCE))], ExtractorOptions(), jobs=1))


def test_a_script_that_guards_nothing_is_told_how_to(tmp_path):
    script = tmp_path / "script.py"
    (tmp_path / "a.txt").write_text(f"题\n2025-05-08\n\n{SENTENCE}", encoding="utf-8")
    script.write_text("import kg\nkg.build('a.txt', jobs=2)\n", encoding="utf-8")
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 1
    assert "do not start" in done.stderr.splitlines()[-1]
    assert '__name__ == "__main__"' in done.stderr.splitlines()[-1]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="looks at processes through /proc")
def test_workers_do_not_outlive_a_killed_parent(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from itertools import count\n"
        "from kg.extract.options import ExtractorOptions\n"
        "from kg.model import Article\n"
        "from kg.workers import extract_in_processes\n"
        "if __name__ == '__main__':\n"
        f"    endless = (Article(f'a{{n}}', {SENTENCE!r}) for n in count())\n"
        "    for extraction in extract_in_processes(endless, ExtractorOptions(), jobs=2):\n"
        "        print(extraction.article.id, flush=True)\n",
        encoding="utf-8",
    )
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        children = children_of(process.pid)
        process.kill()
    assert len(children) >= 2
    deadline = time.monotonic() + 30
    while any(is_running(pid) for pid in children) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [pid for pid in children if is_running(pid)] == []


def status_of(pid: int) -> dict[str, str]:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return {}
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def children_of(parent: int) -> list[int]:
    processes = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [pid for pid in processes if status_of(pid).get("PPid") == str(parent)]


def is_running(pid: int) -> bool:
    return status_of(pid).get("State", "Z")[0] != "Z"
