"""The page in Firefox, from disk and without a network: what firefox.mjs did there and saw."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kg.viz.html import write_html
from kg.viz.view import make_history, make_view
from tests.viz.test_hostile import STRINGS, build

pytestmark = pytest.mark.browser
HOW = "needs Firefox, node and puppeteer-core: sudo apt-get install firefox-esr nodejs npm, then npm ci"


@pytest.fixture(scope="module")
def told(root: Path, make_story: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What was seen, and what Firefox complained of."""
    firefox = next((found for name in ("firefox-esr", "firefox") if (found := shutil.which(name))), None)
    node = shutil.which("node")
    if firefox is None or node is None or not (root / "node_modules/puppeteer-core").exists():
        pytest.skip(HOW)
    folder = tmp_path_factory.mktemp("火 狐")
    pages = [folder / "g.html", folder / "t.html", folder / "h.html"]
    write_html(make_view(make_story()), pages[0])
    write_html(make_history(make_story(), ["小红书"]), pages[1], kind="timeline")
    write_html(make_view(build(STRINGS), title=STRINGS[8], max_nodes=300), pages[2])
    done = subprocess.run(
        [node, "tests/viz/firefox.mjs", firefox, *map(str, pages)],
        cwd=root, capture_output=True, encoding="utf-8", timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    read: dict[str, Any] = json.loads(done.stdout)
    return read


def test_firefox_complains_of_nothing_and_asks_nobody(told: dict[str, Any]) -> None:
    assert told["complaints"] == []


def test_firefox_draws_the_graph_and_names_it(told: dict[str, Any]) -> None:
    seen = told["seen"]
    assert seen["nodes"] == [12, 12]
    assert "13 个实体中的 12 个" in seen["summary"]
    assert seen["colours"] > 100


def test_firefox_finds_and_shows_evidence(told: dict[str, Any]) -> None:
    seen = told["seen"]
    assert (seen["searched"], seen["clicked"]) == ("小红书", "柯南")
    assert "小红书切断了★淘宝外链" in seen["evidence"]
    assert ["head", "小红书"] in seen["marked"] and ["tail", "手机淘宝"] in seen["marked"]


def test_firefox_takes_along(told: dict[str, Any]) -> None:
    seen = told["seen"]
    assert seen["cypher"].startswith("MATCH (a:Entity)-[r]->(b:Entity)")
    # A search box holds one line of at most 200 characters.
    assert seen["pasted"] and seen["cypher"].replace("\n", " ").startswith(seen["pasted"])
    assert seen["png"][0] == "image/png" and seen["png"][1] > 10_000
    assert seen["svg"] > 20


def test_firefox_filters_moves_and_keeps_the_view_in_its_address(told: dict[str, Any]) -> None:
    seen = told["seen"]
    assert seen["window"][0] and "–" in seen["window"][1]
    assert seen["filtered"] == 10
    assert seen["moved"][0] > 10 and seen["moved"][1] > 1.2
    assert seen["title"] == "Business partnership graph" and seen["ground"] == "rgb(15, 20, 27)"
    assert seen["again"][:2] == [10, "en"] and abs(seen["again"][2] - seen["kept"]) < 0.01
    assert seen["phone"][0] == 390 and seen["phone"][1] > 250


def test_firefox_shows_a_timeline(told: dict[str, Any]) -> None:
    assert len(told["seen"]["lanes"]) == 9 and told["seen"]["lane"]


def test_hostile_text_runs_nothing_in_firefox(told: dict[str, Any]) -> None:
    assert len(told["seen"]["hostile"]) == 201 and all(told["seen"]["hostile"])
    assert told["seen"]["elements"] == 0
