"""Graphs in the form of kg.graph, and a real browser to look at their pages: offline, and failing on any complaint."""

import base64
import json
import random
import re
import shutil
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from kg.viz.html import write_html
from kg.viz.view import make_history, make_view

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
HOW_TO_GET_CHROMIUM = "needs Chromium: sudo apt-get install chromium fonts-noto-cjk"

ARTICLES = {
    "a1": {
        "title": "小红书拿到新一轮融资",
        "date": "2018-06-01",
        "source": "示例财经",
        "url": "https://example.com/a1",
        "hash": "1",
    },
    "a2": {"title": "笔记接通淘宝", "date": "2020-11-26", "source": "示例商报", "url": None, "hash": "2"},
    "a3": {"title": "外链切断", "date": "2021-08-03", "source": None, "url": "javascript:alert(1)", "hash": "3"},
    "a4": {
        "title": "两家平台签约",
        "date": "2025-05-07",
        "source": "示例日报",
        "url": "http://example.com/a4?x=1&y=2",
        "hash": "4",
    },
}
ENTITIES = {
    "xhs": ("小红书", "Platform", ["RED", "行吟信息"]),
    "taobao": ("淘宝", "Platform", ["手机淘宝"]),
    "tmall": ("淘宝天猫", "Platform", []),
    "jd": ("京东", "Platform", ["京东商城", "JD.com"]),
    "ali": ("阿里巴巴", "Company", ["阿里"]),
    "tencent": ("腾讯", "Company", []),
    "oasis": ("小绿洲", "Product", []),
    "plan": ("红猫计划", "Program", []),
    "conan": ("柯南", "Person", ["之恒"]),
    "coo": ("COO", "Role", []),
    "beauty": ("美妆", "Category", []),
    "shanghai": ("上海", "Place", []),
    "lone": ("沪研咨询", "Company", []),
}
# head, relation, tail, then the history: (status, time, [(article, passage)])
FACTS: list[tuple[str, str, str, list[tuple[str, str | None, list[tuple[str, str]]]]]] = [
    ("ali", "INVESTS_IN", "xhs", [("actual", "2018-06", [("a1", "阿里领投小红书的D轮融资")])]),
    ("tencent", "INVESTS_IN", "xhs", [("actual", "2018-06", [("a1", "腾讯跟投小红书")])]),
    ("tencent", "HOLDS_STAKE_IN", "xhs", [("actual", None, [("a1", "腾讯持有小红书股份")])]),
    (
        "xhs",
        "CONNECTS_TO",
        "taobao",
        [
            ("planned", "2019", [("a1", "小红书计划接入淘宝")]),
            ("actual", "2020-11", [("a2", "小红书笔记可以挂手机淘宝的链接"), ("a3", "去年小红书向淘宝开放外链")]),
            ("ended", "2021-08-02", [("a3", "小红书切断了★淘宝外链"), ("a4", "小红书曾切断淘宝外链")]),
        ],
    ),
    ("taobao", "COMPETES_WITH", "xhs", [("actual", None, [("a3", "淘宝与小红书的竞争")])]),
    ("tmall", "PARTNERS_WITH", "xhs", [("actual", "2025-05-07", [("a4", "小红书与淘宝天猫签署战略合作")])]),
    ("ali", "OWNS", "tmall", [("actual", None, [("a4", "阿里巴巴旗下的淘宝天猫")])]),
    ("ali", "OWNS", "taobao", [("actual", None, [("a2", "阿里巴巴旗下的淘宝")])]),
    ("xhs", "PARTNERS_WITH", "jd", [("rumored", "2025", [("a4", "有消息称京东也将与小红书合作")])]),
    ("jd", "ACQUIRES", "xhs", [("denied", None, [("a4", "京东否认收购小红书")])]),
    ("xhs", "SHUTS_DOWN", "oasis", [("actual", "2023-10", [("a4", "小红书关停小绿洲")])]),
    ("xhs", "LAUNCHES", "plan", [("planned", "2025-06", [("a4", "小红书将推出红猫计划")])]),
    ("conan", "WORKS_FOR", "xhs", [("actual", None, [("a4", "小红书COO柯南")])]),
    ("conan", "HOLDS_POSITION", "coo", [("actual", None, [("a4", "小红书COO柯南")])]),
    ("plan", "FOCUSES_ON", "beauty", [("actual", None, [("a4", "红猫计划首批仅限美妆品类")])]),
    ("xhs", "LOCATED_IN", "shanghai", [("actual", None, [("a1", "总部位于上海的小红书")])]),
]


def add_fact(
    graph: nx.MultiDiGraph,
    head: str,
    relation: str,
    tail: str,
    history: list[tuple[str, str | None, list[tuple[str, str]]]],
    *,
    confidence: float = 0.8,
) -> str:
    """Add one fact as kg.graph.build_graph writes it; its id comes back."""
    key = f"f{graph.number_of_edges()}"
    articles = {article for _, _, passages in history for article, _ in passages}
    status, time, _ = history[-1]
    since = next((t for _, t, _ in history if t), None)
    graph.add_edge(
        head,
        tail,
        key=key,
        relation=relation,
        status=status,
        confidence=confidence,
        sources=len(articles),
        since=since,
        until=time if status == "ended" else None,
        valid=[[since, time if status == "ended" else None]],
        history=[
            {
                "status": state,
                "time": when,
                "citations": [
                    {"article": article, "start": 10, "end": 10 + len(text), "text": text, "confidence": confidence}
                    for article, text in passages
                ],
            }
            for state, when, passages in history
        ],
    )
    return key


def build_story() -> nx.MultiDiGraph:
    """A dozen entities around one platform, every status, several facts between the same two, one entity without facts."""
    graph = nx.MultiDiGraph(articles={id_: dict(info) for id_, info in ARTICLES.items()}, rejected=[])
    for id_, (name, kind, aliases) in ENTITIES.items():
        graph.add_node(id_, name=name, type=kind, aliases=list(aliases), mentions=[["a1", 1, [name]]])
    for fact in FACTS:
        add_fact(graph, *fact)
    return graph


def build_large(count: int, *, seed: int = 3) -> nx.MultiDiGraph:
    """`count` entities with hubs, as news graphs have them, and about twice as many facts."""
    rng = random.Random(seed)
    kinds = ["Platform", "Company", "Company", "Brand", "Institution", "Person", "Product", "Program", "Role", "Place"]
    relations = ["PARTNERS_WITH", "INVESTS_IN", "COMPETES_WITH", "OWNS", "LAUNCHES", "CONNECTS_TO", "WORKS_FOR"]
    statuses = ["actual"] * 6 + ["planned", "rumored", "denied", "ended"]
    syllables = "华为腾讯阿里京东美团滴滴字节快手百度网易小米顺丰宁德比亚迪万科恒大平安招商"
    graph = nx.MultiDiGraph(articles={"a1": dict(ARTICLES["a1"])}, rejected=[])
    for i in range(count):
        name = "".join(rng.sample(syllables, rng.randint(2, 5))) + str(i)
        graph.add_node(f"n{i}", name=name, type=rng.choice(kinds), aliases=[f"别名{i}"], mentions=[["a1", 1, [name]]])
    skeleton = nx.barabasi_albert_graph(count, 2, seed=seed)
    for a, b in skeleton.edges:
        names = graph.nodes[f"n{a}"]["name"], graph.nodes[f"n{b}"]["name"]
        year = str(rng.randint(2012, 2025))
        passage = f"{names[0]}与{names[1]}的关系见于报道。"
        history = [(rng.choice(statuses), year, [("a1", passage)])]
        add_fact(graph, f"n{a}", rng.choice(relations), f"n{b}", history)
    return graph


def read_page(html: str) -> dict[str, Any]:
    """The data of a page, its rows as records: what unpack.js does, as far as tests ask."""
    kind, text = re.findall(r'<script type="([\w/-]+)" id="kg-data">(.*?)</script>', html, re.DOTALL)[0]
    if kind != "application/json":
        text = zlib.decompress(base64.b64decode(text)).decode()
    data: dict[str, Any] = json.loads(text)
    relations, statuses = data["names"]["relations"], data["names"]["statuses"]

    def fact(row: list[Any], source: int, target: int) -> dict[str, Any]:
        id_, relation, forward, since, until, valid, confidence, sources, *events = row
        history = [
            {"status": statuses[status], "time": time, "passages": [(p[0], bool(p[1]), p[2], p[3:]) for p in passages]}
            for status, time, *passages in events
        ]
        head, tail = (source, target) if forward else (target, source)
        return {
            "id": id_, "head": head, "relation": relations[relation], "tail": tail, "since": since, "until": until,
            "valid": valid or [[since, until]], "confidence": confidence, "sources": sources, "history": history,
        }  # fmt: skip

    data["edges"] = [
        {"source": a, "target": b, "family": family, "status": statuses[status], "bend": bend, "facts": [fact(row, a, b) for row in rows]}
        for a, b, family, status, bend, *rows in data["edges"]
    ]  # fmt: skip
    data["nodes"] = [{"label": node["name"], "aliases": [], "ids": [], "hidden": 0, **node} for node in data["nodes"]]
    return data


@pytest.fixture
def story() -> nx.MultiDiGraph:
    return build_story()


@pytest.fixture
def empty() -> nx.MultiDiGraph:
    return nx.MultiDiGraph(articles={}, rejected=[])


@pytest.fixture(scope="session")
def make_large() -> Callable[[int], nx.MultiDiGraph]:
    return build_large


@pytest.fixture(scope="session")
def make_story() -> Callable[[], nx.MultiDiGraph]:
    return build_story


@pytest.fixture(scope="session")
def put_fact() -> Callable[..., str]:
    return add_fact


@pytest.fixture(scope="session")
def large() -> nx.MultiDiGraph:
    """400 entities; not to be changed by a test."""
    return build_large(400)


@pytest.fixture
def one_fact() -> Callable[..., nx.MultiDiGraph]:
    """Makes a graph of one fact whose every string can be chosen."""

    def make(**texts: Any) -> nx.MultiDiGraph:
        article = {"title": "标题", "date": "2024-01-02", "source": "示例", "url": None, "hash": ""}
        article |= {key: texts[key] for key in ("title", "source", "url") if key in texts}
        graph = nx.MultiDiGraph(articles={"a": article}, rejected=[])
        graph.add_node("h", name=texts.get("name", "甲"), type="Company", aliases=texts.get("aliases", []), mentions=[])
        graph.add_node("t", name=texts.get("other", "乙"), type="Company", aliases=[], mentions=[])
        history = [
            (texts.get("status", "actual"), texts.get("time", "2024"), [("a", texts.get("passage", "甲与乙合作"))])
        ]
        add_fact(graph, "h", texts.get("relation", "PARTNERS_WITH"), "t", history)
        return graph

    return make


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip(HOW_TO_GET_CHROMIUM)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Writes a graph's page and opens it from disk, offline. At the end of the test nothing may have been complained of,
    asked of a network, or popped up."""
    complaints: list[str] = []
    contexts = []

    def open_(
        graph: nx.MultiDiGraph,
        *,
        locale: str = "zh-CN",
        dark: bool = False,
        size: tuple[int, int] = (1400, 900),
        history: list[str] | None = None,
        **options: Any,
    ) -> Any:
        """`history`: a timeline of these names."""
        path = tmp_path / "页 面.html"
        if history:
            write_html(make_history(graph, history, **options), path, kind="timeline")
        else:
            write_html(make_view(graph, **options), path)
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale=locale,
            color_scheme="dark" if dark else "light",
            offline=True,
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"console {message.type}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith("file://") else complaints.append(f"request: {request.url[:200]}")
            ),
        )
        page.goto(path.as_uri())
        page.wait_for_function("() => typeof kgPage === 'object' && document.querySelector('#panel').hasChildNodes()")
        settle(page)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


def settle(page: Any) -> None:
    """Wait until what was asked for has been drawn."""
    page.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 30))))"
    )
