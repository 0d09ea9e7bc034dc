"""A small corpus as an extractor would give it."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from kg.model import ArticleInfo, Evidence, Extraction, NamedEntity, Rejection, Statement

RED = NamedEntity("小红书", "Platform", ("RED", "红薯"), 5)
TMALL = NamedEntity("淘宝天猫", "Platform", (), 2)
JD = NamedEntity("京东", "Platform", ("JD",), 1)
OASIS = NamedEntity("小绿洲", "Product", (), 1)
CONAN = NamedEntity("柯南", "Person", (), 1)
COO = NamedEntity("COO", "Role", ("首席运营官",), 1)


def state(head: NamedEntity, relation: str, tail: NamedEntity, *, status="actual", time=None, text="原文", start=10):
    return Statement("", head, relation, tail, status, time, Evidence(start, start + len(text), text), 0.8)


def make_article(doc, *statements, entities=(), content="", date="2025-05-09"):
    """An extraction; `content` stands for the text, so that another one gives another hash."""
    info = ArticleInfo(doc, f"题：{doc}", date, "某报", f"https://news.example/{doc}", f"hash-{doc}-{content}")
    return Extraction(info, tuple(entities), tuple(replace(s, doc=doc) for s in statements))


@pytest.fixture
def news() -> SimpleNamespace:
    """The people, firms and products of the corpus, and how articles of one's own are made of them."""
    return SimpleNamespace(
        RED=RED, TMALL=TMALL, JD=JD, OASIS=OASIS, CONAN=CONAN, COO=COO, state=state, make_article=make_article
    )


@pytest.fixture
def corpus() -> list[Extraction]:
    """Three articles with seven facts; the partnership is stated by two of them."""
    oasis_closed = state(RED, "SHUTS_DOWN", OASIS, time="2023-10-01", text="小绿洲停止运营", start=40)
    first = make_article(
        "plan",
        state(RED, "PARTNERS_WITH", TMALL, time="2025-05-07", text="达成战略合作"),
        state(CONAN, "HOLDS_POSITION", COO, text="小红书COO柯南", start=70),
        state(CONAN, "WORKS_FOR", RED, text="小红书COO柯南", start=70),
        entities=(RED, TMALL, CONAN, COO),
    )
    second = make_article(
        "review",
        state(TMALL, "PARTNERS_WITH", replace(RED, name="RED", aliases=("小红书",)), time="2025-05", text="与RED合作"),
        oasis_closed,
        state(RED, "OWNS", OASIS, status="ended", time="2023-10"),
        state(RED, "PARTNERS_WITH", JD, status="rumored", text="有消息称"),
        entities=(RED, TMALL, JD, OASIS, NamedEntity("只提到", "Company", (), 1)),
        date="2025-06-01",
    )
    third = make_article("jd", state(JD, "CONNECTS_TO", RED, status="planned", time="2026"), date="2025-06-06")
    rejected = Rejection("jd", ("小红书", "OWNS", "小红书"), "head and tail overlap")
    return [first, second, replace(third, rejected=(rejected,))]
