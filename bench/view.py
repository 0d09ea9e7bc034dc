"""The page and pyvis' own, side by side in the same Chromium: seconds to the first whole drawing, frames a second while
panning and while the time slider is dragged, bytes of the file, memory of the page; and the seconds that view and layout take
in Python.

    python -m bench.view [--sizes 100,1000,5000,20000] [--peer-up-to 20000] [--physics-up-to 1000] [--no-peer]

Graphs are scale-free with three edges a node. pyvis draws with its physics off, from the same positions, and up to
--physics-up-to also as it comes, with physics on: then `drawn` is the time until it stands still, for which it takes minutes
above a thousand nodes. All of one size is measured in turn, in one browser.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import networkx as nx
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from kg.viz.html import write_html
from kg.viz.view import View, make_view

SIZES = (100, 1_000, 5_000, 20_000)
WINDOW = {"width": 1400, "height": 900}
PANNED = 3.0  # seconds of panning
PATIENCE = 300.0  # seconds after which a page that is not ready counts as never so
TYPES = ("Platform", "Company", "Brand", "Institution", "Person", "Product", "Program")
RELATIONS = ("PARTNERS_WITH", "INVESTS_IN", "COMPETES_WITH", "OWNS", "LAUNCHES", "CONNECTS_TO", "WORKS_FOR")
STATUSES = ("actual",) * 6 + ("planned", "rumored", "denied", "ended")


def make_graph(count: int) -> nx.MultiDiGraph:
    """`count` entities and three facts for each, with names, dates and evidence as long as news has them."""
    rng = random.Random(count)
    graph = nx.MultiDiGraph(articles={"a": {"title": "标题", "date": "2024-01-02", "source": "来源", "url": None}})
    for i in range(count):
        name = "".join(
            rng.choices("华腾阿里京东美团滴字节快手度易米顺丰宁德比亚迪万科恒大平安招商", k=rng.randint(2, 5))
        )
        graph.add_node(f"n{i}", name=f"{name}{i}", type=rng.choice(TYPES), aliases=[f"别名{i}"])
    for i, (a, b) in enumerate(nx.barabasi_albert_graph(count, 3, seed=1).edges):
        status, year = rng.choice(STATUSES), str(rng.randint(2012, 2025))
        text = f"{graph.nodes[f'n{a}']['name']}与{graph.nodes[f'n{b}']['name']}的关系见于当年的一篇报道，细节未披露。"
        citation = {"article": "a", "start": 0, "end": len(text), "text": text}
        history = [{"status": status, "time": year, "citations": [citation]}]
        graph.add_edge(
            f"n{a}", f"n{b}", key=f"f{i}", relation=rng.choice(RELATIONS), status=status, confidence=0.8,
            sources=rng.randint(1, 4), since=year, until=None, valid=[[year, None]], history=history,
        )  # fmt: skip
    return graph


def write_peer(view: View, path: Path, *, physics: bool = False) -> None:
    """What pyvis itself makes of the same nodes and lines, its library inlined: at the same places, or with physics."""
    from pyvis.network import Network

    network = Network(directed=True, cdn_resources="in_line", height="900px")
    if not physics:
        network.set_options('{"physics":{"enabled":false},"layout":{"improvedLayout":false}}')
    network.node_ids = [node.id for node in view.nodes]  # add_node looks each up in a list
    for node in view.nodes:
        options = {"id": node.id, "label": node.label, "shape": "dot", "size": node.size}
        options |= {} if physics else {"x": node.x, "y": node.y}
        network.nodes.append(options)
    network.edges = [{"from": edge.source, "to": edge.target, "arrows": "to"} for edge in view.edges]
    path.write_text(network.generate_html(), encoding="utf-8")


def measure(browser: Any, path: Path, ready: str) -> dict[str, float]:
    """Seconds until `ready` holds and two frames are out; frames a second under a moving mouse; pictures a second while the
    time slider's handle is dragged, and the milliseconds of the page's own work in the quickest of twenty such steps (NaN
    where there is none), which says more on a busy machine; megabytes of heap."""
    page = browser.new_page(viewport=WINDOW)
    begin = time.perf_counter()
    page.goto(path.as_uri(), wait_until="commit", timeout=300_000)
    try:
        page.wait_for_function(ready, timeout=PATIENCE * 1000, polling=20)
    except PlaywrightTimeout:
        page.close()
        return dict.fromkeys(("frames", "slid", "step", "heap"), float("nan")) | {"drawn": float("inf")}
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    drawn = time.perf_counter() - begin
    page.mouse.move(500, 400)
    page.mouse.down()
    page.evaluate(
        "() => { window.seen = 0; window.begun = performance.now();"
        " const next = () => { window.seen += 1; requestAnimationFrame(next); }; requestAnimationFrame(next); }"
    )
    begin = time.perf_counter()
    step = 0
    while time.perf_counter() - begin < PANNED:
        step += 1
        page.mouse.move(500 + 120 * ((step % 40) / 20 - 1), 400 + 3 * (step % 9))
    frames = page.evaluate("() => window.seen / ((performance.now() - window.begun) / 1000)")
    page.mouse.up()
    slid, step = slide(page)
    heap = page.evaluate("() => performance.memory.usedJSHeapSize / 1e6")
    page.close()
    return {"drawn": drawn, "frames": frames, "slid": slid, "step": step, "heap": heap}


def slide(page: Any) -> tuple[float, float]:
    """Pictures a second while the slider is dragged to and fro, and the least milliseconds of work for one."""
    handle = page.locator("#time-to")
    if handle.count() == 0 or not handle.is_visible():
        return float("nan"), float("nan")
    box = handle.bounding_box()
    right, y = box["x"] + box["width"] - 8, box["y"] + box["height"] / 2
    page.wait_for_timeout(500)
    page.mouse.move(right, y)
    page.mouse.down()
    page.evaluate("() => { window.pictures = kgPage.stage.frames; window.begun = performance.now(); }")
    begin = time.perf_counter()
    step = 0
    while time.perf_counter() - begin < PANNED:
        step += 1
        page.mouse.move(right - box["width"] * 0.8 * abs((step % 80) / 40 - 1), y)
    rate = page.evaluate("() => (kgPage.stage.frames - window.pictures) / ((performance.now() - window.begun) / 1000)")
    page.mouse.up()
    least = page.evaluate(
        """async () => {
            const handle = document.getElementById("time-to");
            let least = Infinity;
            for (let step = 0; step < 20; step += 1) {
                const begin = performance.now();
                handle.value = String(Number(handle.max) - (step % 3));
                handle.dispatchEvent(new Event("input"));
                const before = kgPage.stage.frames;
                const asked = performance.now() - begin;
                await new Promise(done => {
                    const wait = () => (kgPage.stage.frames > before ? done() : requestAnimationFrame(wait));
                    requestAnimationFrame(wait);
                });
                least = Math.min(least, asked + kgPage.stage.spent);
            }
            return least;
        }"""
    )
    return rate, least


OURS = "() => typeof kgPage === 'object' && kgPage.stage && kgPage.stage.frames > 0"
STANDING = "() => typeof network === 'object' && network.physics && network.physics.stabilized"
THEIRS = "() => typeof network === 'object' && network.canvas && network.view && network.canvas.frame.canvas.width > 0"


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--peer-up-to", type=int, default=SIZES[-1], help="sizes above which pyvis' page is left out")
    parser.add_argument("--physics-up-to", type=int, default=1_000, help="sizes above which pyvis' physics stays off")
    parser.add_argument("--no-peer", action="store_true")
    options = parser.parse_args(arguments)
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    if found is None:
        sys.exit("bench.view needs Chromium: sudo apt-get install chromium fonts-noto-cjk")
    from playwright.sync_api import sync_playwright

    print(
        "nodes  edges  view+layout s  |  page            drawn s  frames/s  slider: pictures/s, ms a step  file MB  heap MB"
    )
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        for count in map(int, options.sizes.split(",")):
            graph = make_graph(count)
            begin, processor = time.perf_counter(), time.process_time()
            view = make_view(graph, max_nodes=count)
            wall, processor = time.perf_counter() - begin, time.process_time() - processor
            pages = {"kg": (OURS, lambda path, view=view: write_html(view, path))}
            if not options.no_peer and count <= options.peer_up_to:
                pages["pyvis"] = (THEIRS, lambda path, view=view: write_peer(view, path))
                if count <= options.physics_up_to:
                    pages["pyvis physics"] = (STANDING, lambda path, view=view: write_peer(view, path, physics=True))
            for name, (ready, write) in pages.items():
                path = Path(folder) / f"{name}.html"
                write(path)
                got = measure(browser, path, ready)
                print(
                    f"{count:>6} {len(view.edges):>6}  {wall:5.1f} (CPU {processor:4.1f})  |  {name:<13}"
                    f" {got['drawn']:9.2f} {got['frames']:9.1f} {got['slid']:19.1f} {got['step']:8.1f} {path.stat().st_size / 1e6:8.1f} {got['heap']:8.0f}",
                    flush=True,
                )
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
