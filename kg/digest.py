"""What changed between two days, as a text in Markdown that an analyst reads and forwards."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from kg.ladder import find_rung
from kg.ontology import load_ontology

if TYPE_CHECKING:
    from kg.changes import Change, Diff

_TITLES = {
    "new": "新建立",
    "promoted": "从计划到落地",
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
    """Changes that rest on one passage together, where the first of them stands."""
    groups: dict[tuple[str, str], list[Change]] = defaultdict(list)
    for change in changes:
        groups[change.citation.article, _quote(change)].append(change)
    return groups.values()


def _tell(group: "list[Change]", sources: dict[str, str]) -> list[str]:
    """A bullet with a line a fact, or a line for all that differ in one end alone, and the passage."""
    by_head: dict[tuple[str, ...], list[str]] = defaultdict(list)
    by_tail: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for change in group:
        by_head[change.head, _link(change), _when(change)].append(change.tail)
        by_tail[change.tail, _link(change), _when(change)].append(change.head)
    told: dict[str, None] = {}
    for change in group:
        tails = by_head[change.head, _link(change), _when(change)]
        heads = by_tail[change.tail, _link(change), _when(change)]
        # A change stands in the longer of the two lines it may be in, and so does all else of that line, or in its own.
        if len(heads) > len(tails) and all(len(by_head[h, _link(change), _when(change)]) < len(heads) for h in heads):
            tails = [change.tail]
        elif len(tails) > 1 and all(len(by_tail[t, _link(change), _when(change)]) <= len(tails) for t in tails):
            heads = [change.head]
        else:
            heads, tails = [change.head], [change.tail]
        told[f"{_list(heads)} {_link(change)} {_list(tails)}（{_when(change)}）"] = None
    first = group[0]
    source = sources.get(first.citation.article, first.citation.article)
    lines = [f"{'- ' if i == 0 else '  '}{line}{'  ' if i < len(told) - 1 else ''}" for i, line in enumerate(told)]
    return [*lines, f"  > {_plain(_quote(first))} ——{_plain(source)}"]


def _link(change: "Change") -> str:
    spec = load_ontology().relation(change.fact.relation)
    return f"—{spec.zh}—" if spec.symmetric else f"—{spec.zh}→"


def _when(change: "Change") -> str:
    rung = find_rung(change.fact, change.event)
    when = change.event.time or (f"{change.event.day} 报道" if change.event.day else "日期不详")
    moved = f"{_STATUS[change.before]} → {_STATUS[change.after]}" if change.before else _STATUS[change.after]
    stage = f"，{rung}" if rung and rung != "终止" and change.kind in ("new", "promoted") else ""
    several = f"，{len(change.articles)} 篇报道" if len(change.articles) > 1 else ""
    disputed = "，说法相左" if any(change.event in pair for pair in change.fact.contradictions) else ""
    return f"{when}；{moved}{stage}{several}{disputed}"


def _quote(change: "Change") -> str:
    return " ".join(change.citation.text.split())


def _list(names: Iterable[str]) -> str:
    return "、".join(f"**{_plain(name)}**" for name in dict.fromkeys(names))


def _plain(text: str) -> str:
    """The text without what Markdown or HTML would take for its own."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>#|" else c for c in text)
