"""What changed between two days, as a text in Markdown that an analyst reads and forwards."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from kg.extract.text import clean
from kg.ladder import find_rung
from kg.ontology import load_ontology

if TYPE_CHECKING:
    from kg.changes import Change, Diff

_TITLES = {
    "new": "新建立",
    "promoted": "从计划、传闻或否认到落地",
    "ended": "终止",
    "denied": "被否认",
    "announced": "传闻与计划",
    "reported": "首次报道，起始时间不详",
}
_STATUS = {"actual": "已成事实", "planned": "计划中", "rumored": "传闻", "denied": "否认", "ended": "已终止"}
_NAMED = 5  # entities that the line at the top names


def write_digest(diff: "Diff") -> str:
    """The changes under a heading a kind: what one passage says stands together, and the passage once below it.

    A line at the top counts the kinds and names those whom most changes concern.
    """
    if not diff:
        return f"# {diff.start} 至 {diff.end}：没有变化\n"
    lines = [f"# {diff.start} 至 {diff.end}：{len(diff)} 处变化", "", _sum_up(diff)]
    for kind, title in _TITLES.items():
        changes = diff.of(kind)
        if changes:
            lines += ["", f"## {title}（{len(changes)}）", ""]
            for group in _group(changes):
                lines += _tell(group, diff.sources)
    return "\n".join(lines) + "\n"


def _sum_up(diff: "Diff") -> str:
    counts = "，".join(
        f"{title.partition('，')[0]} {len(diff.of(kind))}" for kind, title in _TITLES.items() if diff.of(kind)
    )
    named = Counter(name for change in diff for name in {change.head, change.tail})
    most = sorted((name for name in named if named[name] > 1), key=lambda name: (-named[name], name))[:_NAMED]
    concerned = "、".join(f"{_plain(name)}（{named[name]}）" for name in most)
    return f"{counts}。涉及最多：{concerned}。" if concerned else f"{counts}。"


def _group(changes: "Sequence[Change]") -> "Iterable[list[Change]]":
    """Changes that rest on one passage, or on passages that overlap, together, where the first of them stands."""
    groups: list[list[Change]] = []
    by_article: dict[str, list[list[Change]]] = defaultdict(list)
    for change in changes:
        own = by_article[change.citation.article]
        near = next((group for group in own if any(_share_passage(change, other) for other in group)), None)
        if near is not None:
            near.append(change)
        else:
            own.append([change])
            groups.append(own[-1])
    return groups


def _share_passage(a: "Change", b: "Change") -> bool:
    one, other = a.citation, b.citation
    if min(one.start, other.start) < 0:  # of a title
        return one.text == other.text
    return one.start < other.end and other.start < one.end


_Line = tuple[str, str, str, str]  # head, link, tail, and what is said of it


def _tell(group: "list[Change]", sources: dict[str, str]) -> list[str]:
    """A bullet with a line a fact, or a line for all that differ in one end alone, and the longest passage."""
    lines = _join_titles(group)
    by_head: dict[tuple[str, ...], list[str]] = defaultdict(list)
    by_tail: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for head, link, tail, when in lines:
        by_head[head, link, when].append(tail)
        by_tail[tail, link, when].append(head)
    told: dict[str, None] = {}
    for head, link, tail, when in lines:
        tails, heads = by_head[head, link, when], by_tail[tail, link, when]
        # A change stands in the longer of the two lines it may be in, and so does all else of that line, or in its own.
        if len(heads) > len(tails) and all(len(by_head[h, link, when]) < len(heads) for h in heads):
            tails = [tail]
        elif len(tails) > 1 and all(len(by_tail[t, link, when]) <= len(tails) for t in tails):
            heads = [head]
        else:
            heads, tails = [head], [tail]
        told[f"{_list(heads)} {link} {_list(tails)}（{when}）"] = None
    quoted = max(group, key=lambda change: len(_quote(change)))
    source = sources.get(quoted.citation.article, quoted.citation.article)
    bullet = [f"{'- ' if i == 0 else '  '}{line}{'  ' if i < len(told) - 1 else ''}" for i, line in enumerate(told)]
    return [*bullet, f"  > {_plain(_quote(quoted))} ——{_plain(source)}"]


def _join_titles(group: "list[Change]") -> list[_Line]:
    """A line a change, but one for a post and the title there."""
    titles: dict[tuple[str, str], list[Change]] = defaultdict(list)
    posts = Counter((c.head, _when(c)) for c in group if c.fact.relation == "WORKS_FOR")
    for change in group:
        if change.fact.relation == "HOLDS_POSITION":
            titles[change.head, _when(change)].append(change)
    lines = []
    for change in group:
        key = change.head, _when(change)
        if change.fact.relation == "WORKS_FOR" and posts[key] == 1 and key in titles:
            held = "、".join(_plain(title.tail) for title in titles[key])
            lines.append((change.head, _link(change), change.tail, f"{held}；{_when(change)}"))
        elif change.fact.relation != "HOLDS_POSITION" or posts[key] != 1:
            lines.append((change.head, _link(change), change.tail, _when(change)))
    return lines


def _link(change: "Change") -> str:
    spec = load_ontology().relation(change.fact.relation)
    return f"—{spec.zh}—" if spec.symmetric else f"—{spec.zh}→"


def _when(change: "Change") -> str:
    rung = find_rung(change.fact, change.event)
    when = change.event.time or (f"{change.event.day} 报道" if change.event.day else "日期不详")
    between = [f"{e.time or e.day or '日期不详'} {_STATUS[e.status]}" for e in change.between]
    moved = " → ".join([*([_STATUS[change.before]] if change.before else []), *between, _STATUS[change.after]])
    stage = f"，{rung}" if rung and rung != "终止" and change.kind in ("new", "promoted") else ""
    several = f"，{len(change.articles)} 篇报道" if len(change.articles) > 1 else ""
    contrary = {e: None for pair in change.fact.contradictions if change.event in pair for e in pair}
    against = "、".join(f"{e.time or e.day or '日期不详'} {_STATUS[e.status]}" for e in contrary if e != change.event)
    disputed = f"，说法相左：{against}" if against else ""
    return f"{when}；{moved}{stage}{several}{disputed}"


def _quote(change: "Change") -> str:
    """The passage as people read it, without what a scraped page strews between its words."""
    text = change.citation.text
    return " ".join((clean(text).text or text).split())


def _list(names: Iterable[str]) -> str:
    return "、".join(f"**{_plain(name)}**" for name in dict.fromkeys(names))


def _plain(text: str) -> str:
    """The text without what Markdown or HTML would take for its own."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>#|" else c for c in text)
