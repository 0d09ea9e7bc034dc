"""How much noise kg.extract.text.clean removes, and how much of the article. Data: $KG_SHARED/data/articles, examples/.

    .venv/bin/python bench/cleaning.py [--show N]

Noise is injected at random into annotated articles: runs of decoration glyphs, odd blanks and zero-width characters inside
sentences, furniture lines between paragraphs, a list of other articles at the end, mixed line ends. Printed for each
source: the share of injected characters removed, by kind, and the share of the article's own characters (blanks and
decoration symbols not counted) that went with them; then the same loss on the articles as they are, with what was lost.
"""

import argparse
import json
import os
import random
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kg.extract.text import CleanText, clean

GLYPHS = "★☆■□◆◇●○▲△▼▽►◄♦♥♠※◎▌▍❖✦✿➢☞☎⊙〓"
BLANKS = (" ", "  ", "\u3000", "\u00a0", "\t", "\u2003", "\u200b", "\ufeff", "\u200d", "\u00ad", "\x00")
SITES = ("新货架", "晨海财经网", "云上资讯", "江城热线", "极目商业评论", "第八街区", "K6体育·中国", "TechNode快讯")
PEOPLE = ("孟野", "贺南", "顾闻笛", "程一苇", "苏河", "欧阳临川", "李想想")
FURNITURE = (
    "当前位置:{site}首页 > 电商 > 正文 【字号:大 中 小】 打印本页 关闭窗口",
    "您的位置：首页 >> 财经 >> {site} >> 正文",
    "首页 > 互联网 > 正文",
    "【打印】 【字体：大 中 小】 【关闭】",
    "{date} 来源：{site} 作者：{person}",
    "{date} 09:15:27  来源:{site}  浏览:{n}次",
    "发布时间：{date} 21:03 阅读：{n}",
    "责任编辑：{person}",
    "（责任编辑：{person}）",
    "编辑：{person} | 审核：{person}",
    "本报记者 {person} 北京报道",
    "来源：{site}",
    "分享到：新浪微博 微信 QQ空间",
    "扫描二维码关注{site}公众号",
    "长按识别二维码，关注我们",
    "点击查看更多精彩内容>>",
    "点击阅读原文",
    "版权所有 © 2012-2024 {site} 保留所有权利",
    "京ICP备{n}号-1",
    "未经授权，不得转载本网站内容",
    "本文仅代表作者观点，不代表{site}立场。",
    "免责声明：本文内容仅供参考，不构成投资建议。",
    "上一篇：小城开出第一家书店 下一篇：雨季来了，伞卖得怎么样",
    "下一篇：老厂房里的咖啡香",
    "广告",
    "广告 | 本栏目由{site}冠名",
    "下载{site}客户端 看更多热帖",
    "微信公众号：xinhuojia{n}",
    "欢迎关注{site}官方微信公众号",
    "----------------",
    "★★★★★★★★",
    "收藏 | 纠错 | 评论({n})",
    "返回首页 登录 注册",
)  # fmt: skip
RELATED = ("相关阅读", "延伸阅读：", "猜你喜欢", "热门推荐", "【相关新闻】")
OTHER_TITLES = (
    "露营地的冬天：谁在坚持，谁已离场",
    "一只保温杯走过的三十个城市",
    "夜市回来了，摊位费也回来了",
    "快递员的第五个春节",
)


@dataclass
class Dirty:
    """A text with noise in it: for each character the kind of noise, or "" where it is the article's."""

    text: str = ""
    kinds: list[str] = field(default_factory=list)

    def add(self, text: str, kind: str = "") -> None:
        self.text += text
        self.kinds.extend([kind] * len(text))


def inject(text: str, rng: random.Random) -> Dirty:
    """The text with about one piece of noise in every fifteen characters and in every second gap between paragraphs."""
    dirty = Dirty()
    paragraphs = [line.strip() for line in text.splitlines() if line.strip()]
    for number, paragraph in enumerate(paragraphs):
        if number:
            dirty.add(rng.choice(("\n", "\r\n", "\r", "\n\n", "\u2028", "\n \n\u3000\u3000")), "line end")
            if rng.random() < 0.5:
                dirty.add(_furniture(rng), "furniture")
                dirty.add("\n", "line end")
        prose = "。" in paragraph
        for at, char in enumerate(paragraph):
            following = paragraph[at + 1 : at + 2]
            dirty.add(char)
            if not following or char.isspace() or following.isspace():
                continue
            beside_han = "\u4e00" <= char <= "\u9fff" and "\u4e00" <= following <= "\u9fff"
            if rng.random() < (0.25 if following in "，。；：、,;:" else 0.02):
                dirty.add("".join(rng.choices(GLYPHS, k=rng.randint(1, 6))), "glyphs")
            elif prose and beside_han and rng.random() < 0.02:
                dirty.add(rng.choice(BLANKS), "blanks")
    if rng.random() < 0.5:
        for line in (rng.choice(RELATED), *rng.sample(OTHER_TITLES, 3)):
            dirty.add("\n", "line end")
            dirty.add(line, "related")
    return dirty


def _furniture(rng: random.Random) -> str:
    return rng.choice(FURNITURE).format(
        site=rng.choice(SITES),
        person=rng.choice(PEOPLE),
        n=rng.randint(10, 99999),
        date=f"20{rng.randint(10, 25)}-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}",
    )


def kept(cleaned: CleanText) -> list[bool]:
    """For each raw character whether a clean one stands for it."""
    flags = [False] * len(cleaned.raw)
    for offset in range(len(cleaned.text)):
        flags[cleaned.raw_span(offset, offset + 1).start] = True
    return flags


@dataclass
class Counts:
    injected: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    own: int = 0
    lost: int = 0
    passages: Counter[str] = field(default_factory=Counter)

    @property
    def noise_removed(self) -> float:
        return 1 - self.left.total() / max(1, self.injected.total())

    @property
    def text_lost(self) -> float:
        return self.lost / max(1, self.own)


def measure(texts: Iterable[str], rng: random.Random | None) -> Counts:
    """Clean every text, with noise injected where `rng` is given, and count what went and what stayed."""
    counts = Counts()
    for text in texts:
        dirty = inject(text, rng) if rng else Dirty(text, [""] * len(text))
        passage = ""
        for char, kind, stays in zip(dirty.text, dirty.kinds, kept(clean(dirty.text)), strict=True):
            if kind:
                if kind != "line end":
                    counts.injected[kind] += 1
                    counts.left[kind] += stays
            elif _is_text(char):
                counts.own += 1
                counts.lost += not stays
            if not kind and not stays and _is_text(char):
                passage += char
            elif passage and _is_text(char) and not kind:
                counts.passages[passage] += 1
                passage = ""
        if passage:
            counts.passages[passage] += 1
    return counts


def _is_text(char: str) -> bool:
    return not char.isspace() and unicodedata.category(char) not in ("So", "Cf", "Cc", "Co")


def read_texts(folder: Path, pattern: str) -> Iterator[str]:
    for path in sorted(folder.glob(pattern)):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)["text"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--show", type=int, default=12, help="print so many of the passages lost from unharmed text")
    arguments = parser.parse_args()
    articles = Path(os.environ.get("KG_SHARED", "../shared")) / "data" / "articles"
    sources = [
        (articles, "train-*.jsonl"),
        (articles, "real-d*.jsonl"),
        (articles, "real-n*.jsonl"),
        (articles, "real-b*.jsonl"),
    ]
    sources.append((Path(__file__).parents[1] / "examples", "gold.jsonl"))
    if not articles.is_dir():
        print(
            f"no annotated articles at {articles}: only examples/; set KG_SHARED to the folder that holds data/articles",
            file=sys.stderr,
        )
    print(
        f"{'source':14} {'noise removed':>13} {'own text lost':>13} {'lost, unharmed':>14} {'chars/s':>10}  left by kind"
    )
    for folder, pattern in sources:
        texts = list(read_texts(folder, pattern))
        if not texts:
            continue
        noisy = measure(texts, random.Random(4))
        started = time.perf_counter()
        for text in texts:
            clean(text)
        speed = sum(map(len, texts)) / (time.perf_counter() - started)
        plain = measure(texts, None)
        left = {kind: f"{noisy.left[kind]}/{total}" for kind, total in noisy.injected.items()}
        print(
            f"{pattern:14} {noisy.noise_removed:13.3%} {noisy.text_lost:13.3%} {plain.text_lost:14.3%} {speed:10.0f}  {left}"
        )
        for passage, times in sorted(plain.passages.items(), key=lambda item: -len(item[0]) * item[1])[
            : arguments.show
        ]:
            print(f"    lost {times}x: {passage[:110]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
