"""Extraction on Ray: what one process says, whatever dies meanwhile. The cluster is real, and on this machine."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kg import pipeline
from kg.errors import ConfigError, UsageError
from kg.extract.distributed import Cluster, Distribution
from kg.extract.options import ExtractorOptions
from kg.load.base import open_store

TEXT = "题目\n2025-05-08\n\n5月7日，{}与淘宝天猫达成战略合作。"

# Read by every Python of the cluster: an article that ends the process which extracts it, as one that eats all memory would.
DEADLY = """
import sys
if "default_worker" in " ".join(sys.orig_argv):
    import importlib.machinery, os

    class Finder:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name != "kg.extract.reading":
                return None
            spec = importlib.machinery.PathFinder.find_spec(name, path)
            load = spec.loader.exec_module

            def execute(module):
                load(module)
                clean = module.clean_article
                module.clean_article = lambda article: os._exit(9) if "DEADLY" in article.text else clean(article)

            spec.loader.exec_module = execute
            return spec

    sys.meta_path.insert(0, Finder)
"""


def has_ray():
    try:
        import ray  # noqa: F401
    except ImportError:
        return False
    return True


pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("ray")]
needs_ray = pytest.mark.skipif(not has_ray(), reason="Ray is not installed; pip install 'kg-partners[ray]'")


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "kg", *map(str, arguments)]


def run(*arguments: object, environment=None) -> subprocess.CompletedProcess[str]:
    """`kg` as the fixture `run_kg` runs it, but for the warnings that Ray gives rise to."""
    return subprocess.run(
        command(*arguments), env=environment, capture_output=True, encoding="utf-8", timeout=240, check=False
    )


def workers_below(parent: int) -> list[int]:
    """The processes of a run that extract, by the names that Ray gives them."""
    of: dict[int, int] = {}
    named = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            of[int(path.name)] = int((path / "stat").read_text(errors="replace").rpartition(")")[2].split()[1])
            line = (path / "cmdline").read_bytes()
        except OSError:
            continue
        if line.startswith(b"ray::") and b"_Worker" in line:
            named.append(int(path.name))

    def is_below(pid: int) -> bool:
        while pid in of and pid != parent:
            pid = of[pid]
        return pid == parent

    return [pid for pid in named if is_below(pid)]


def write_news(folder: Path, shared: Path) -> None:
    """500 annotated articles in files of one and of many, and among them what cannot be read."""
    files = sorted((shared / "data" / "articles").glob("train-*.jsonl"))
    rows = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()][:500]
    folder.mkdir()
    for number, row in enumerate(rows[:100]):
        text = f"{row['title']}\n{row['date']}\n\n{row['text']}"
        (folder / f"one{number:03}.txt").write_text(text, encoding="utf-8")
    lines = [json.dumps({key: row.get(key) for key in ("id", "title", "date", "text")}) for row in rows[100:]]
    lines[50:50] = ['{"id": "one001", "text": "又一篇"}', '{"id": "no text"}', "{half", lines[0]]
    (folder / "many.jsonl").write_text("\n".join(lines), encoding="utf-8")
    note = {"id": "one002", "text": "小红书", "entities": [], "relations": []}
    (folder / "notes.jsonl").write_text(json.dumps(note), encoding="utf-8")
    (folder / "one101.txt").write_bytes(b"")
    (folder / "one102.pdf").write_bytes(b"%PDF-1.4 broken")
    (folder / "z.jsonl").write_text("[]\n" * 150, encoding="utf-8")


def untimed(report: str) -> list[str]:
    """What is said of a run, without its length, its progress and what the cluster took."""
    passing = ("Ray: ", "Extracting: ", "[")  # the last as Ray begins what it logs
    return [line.partition(" (")[0] for line in report.splitlines() if not line.startswith(passing)]


@needs_ray
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes through /proc")
def test_a_worker_killed_in_the_middle_changes_nothing(shared, tmp_path):
    """Nor does an article that kills every process it is given to, but that it is named and left out."""
    news = tmp_path / "news"
    write_news(news, shared)
    alone = run("extract", news, "-v", "--entities", "-o", tmp_path / "alone")
    assert alone.returncode == 3
    (news / "one050x.txt").write_text(TEXT.format("DEADLY"), encoding="utf-8")
    (tmp_path / "sitecustomize.py").write_text(DEADLY, encoding="utf-8")
    spread = ("extract", news, "-v", "--entities", "-o", tmp_path / "spread", "--ray", "--jobs", 2)
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    with subprocess.Popen(
        command(*spread), env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        end, victims = time.monotonic() + 120, []
        while not victims and process.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
            victims = workers_below(process.pid)
        os.kill(victims[0], signal.SIGKILL)
        said, report = process.communicate(timeout=240)
    assert process.returncode == 3, report
    assert said == ""
    assert sorted((tmp_path / "spread").read_bytes().splitlines()) == sorted(
        (tmp_path / "alone").read_bytes().splitlines()
    )
    deadly = [line for line in report.splitlines() if "one050x" in line]
    assert len(deadly) == 1 and "killed the process" in deadly[0]
    failures = [line for line in report.splitlines() if line.startswith("  ") and ": " in line and line not in deadly]
    assert failures == [line for line in alone.stderr.splitlines() if line.startswith("  ") and ": " in line]
    assert len(failures) == 8
    assert "Ray: 2 workers on 1 node" in report


@needs_ray
def test_the_examples_say_the_same_through_the_model(example_articles, tmp_path):
    news = tmp_path / "news"
    news.mkdir()
    for path in example_articles:
        shutil.copy(path, news)
    environment = {key: value for key, value in os.environ.items() if key != "KG_MODEL"}
    alone = run("extract", news, "--entities", "-o", tmp_path / "alone", environment=environment)
    spread = run("extract", news, "--entities", "-o", tmp_path / "spread", "--ray", environment=environment)
    assert (spread.returncode, spread.stdout) == (alone.returncode, alone.stdout) == (0, ""), spread.stderr
    assert sorted((tmp_path / "spread").read_bytes().splitlines()) == sorted(
        (tmp_path / "alone").read_bytes().splitlines()
    )
    assert untimed(spread.stderr) == untimed(alone.stderr)


@needs_ray
def test_what_the_store_has_is_not_extracted_again(tmp_path):
    news, store = tmp_path / "news", tmp_path / "g.kgl"
    news.mkdir()
    for name in ("one", "two"):
        (news / f"{name}.txt").write_text(TEXT.format("小红书"), encoding="utf-8")
    assert run("build", news, "--store", store).returncode == 0
    (news / "two.txt").write_text(TEXT.format("京东"), encoding="utf-8")
    again = run("build", "--ray", news, "--store", store, "-j", 1)
    assert "2 articles: 1 changed, 1 unchanged" in again.stderr
    with open_store(store) as opened:
        assert sorted(e.name for e in opened.resolution().entities) == sorted(["小红书", "京东", "淘宝天猫"])


@needs_ray
def test_a_fault_that_a_worker_finds_is_told_in_a_sentence(examples, tmp_path):
    (tmp_path / "names.toml").write_text("[entities]\nDragon = ['a']\n", encoding="utf-8")
    given = ("extract", examples, "--jobs", 1, "--gazetteer", tmp_path / "names.toml")
    alone, spread = run(*given), run(*given, "--ray")
    assert (spread.returncode, spread.stdout) == (alone.returncode, alone.stdout) == (1, "")
    assert spread.stderr.splitlines()[-1] == alone.stderr.splitlines()[-1]


@needs_ray
def test_a_cluster_that_is_not_there_is_a_usage_error(examples):
    done = run("extract", examples, "--ray", "127.0.0.1:1")
    assert done.returncode == 2
    assert "no Ray cluster at 127.0.0.1:1" in done.stderr


def test_without_ray_a_sentence_says_what_to_install(tmp_path, examples):
    (tmp_path / "ray.py").write_text("raise ImportError('no ray here')", encoding="utf-8")
    done = run("build", "--ray", examples, environment=os.environ | {"PYTHONPATH": str(tmp_path)})
    assert done.returncode == 2  # and the folder was not taken for an address
    assert "pip install 'kg-partners[ray]'" in done.stderr


def test_a_file_that_is_not_there_is_told_before_a_cluster_is_made(tmp_path):
    with pytest.raises(ConfigError, match=r"names\.toml"):
        Distribution(Cluster(), ExtractorOptions(gazetteer=tmp_path / "names.toml"))


def test_what_needs_no_cluster_is_refused(tmp_path):
    (tmp_path / "a.txt").write_text("一", encoding="utf-8")
    with open_store("memory:") as store, pytest.raises(UsageError, match="leave out --ray"):
        pipeline.build([tmp_path], store, triples=tmp_path / "t.jsonl", cluster=Cluster())
    with (tmp_path / "out").open("w", encoding="utf-8") as file, pytest.raises(UsageError, match="leave out --ray"):
        pipeline.extract([tmp_path], file, doc="a", cluster=Cluster())
