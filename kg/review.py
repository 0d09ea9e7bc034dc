"""Why names are one, which may be, and what a person settles about it in a registry of their own."""

import contextlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from kg.changes import find_ids
from kg.errors import OutputError, UsageError
from kg.graph import suggest_names
from kg.model import Merge, Resolution
from kg.ontology import load_ontology
from kg.output import explain, replacing
from kg.resolve.folding import PERSON, fold, split_label
from kg.resolve.registry import parse_registry
from kg.resolve.scripts import find_written
from kg.table import Table

_MOST_SHOWN = 3  # of what two names share
_COLUMNS = ("name", "other", "score", "reason", "articles")


def list_reasons(resolution: Resolution, name: str) -> Table:
    """Why the names of the entity `name` are one, and which other names may be, too.

    Columns: name, other, score (None where somebody says so), reason, articles (that use `other`). A row without `other`
    comes first: the entity itself with its ids elsewhere and all articles that name it. `resolution` comes from `resolve`, not from a file.
    """
    rows: list[tuple[str, str | None, float | None, str, str]] = []
    coarse = load_ontology().coarse
    found = find_ids(resolution, [name])
    for entity in resolution.entities:
        if entity.id not in found:
            continue
        own = {fold(n) for n in (entity.name, *entity.aliases)}
        docs = {fold(form): set[str]() for form in own}
        for doc, _, forms in entity.mentions:
            for form in forms:
                docs.setdefault(fold(form), set()).add(doc)
        told = [doc for doc, *_ in entity.mentions]
        at = [firm for name in entity.aliases if (firm := split_label(name)[1])] if entity.type == PERSON else []
        which = f", at {', '.join(at)}" if at else ""
        about = "; ".join((f"{entity.type}{which}", f"{len(told)} articles", *entity.written_ids))
        rows.append((entity.name, None, None, about, ", ".join(told)))
        rows += [
            (m.a, m.b, m.score, m.reason, ", ".join(sorted(docs.get(fold(m.b), ()))))
            for m in resolution.merges
            if m.type == coarse(entity.type) and _is_of(m.a, own, at) and _is_of(m.b, own, at)
        ]
        for merge in resolution.unsure:
            if merge.type == coarse(entity.type) and (fold(merge.a) in own) != (fold(merge.b) in own):
                first, second = (merge.a, merge.b) if fold(merge.a) in own else (merge.b, merge.a)
                rows.append((first, second, merge.score, f"not merged: {merge.reason}", ""))
    return Table((dict(zip(_COLUMNS, row, strict=True)) for row in rows), columns=_COLUMNS)


def _is_of(name: str, own: set[str], at: Sequence[str]) -> bool:
    """Whether a name in a merge is one of an entity's folded names `own`, or tells a firm where nobody else has the name."""
    return fold(name) in own or (not at and fold(split_label(name)[0]) in own)


def list_unsure(resolution: Resolution, *, limit: int | None = None) -> Table:
    """Names that may be one and were not merged, the likeliest first.

    Columns: a, b, type, score, reason, both (what both have to do with, at most three). The last is for a person to weigh: a
    parent and its unit share as much as two names of one firm, so nothing is merged for it.
    """

    def by_score(merge: Merge) -> tuple[float, str, str]:
        return (-(merge.score if merge.score is not None else 1.0), merge.a, merge.b)

    unsure = sorted(resolution.unsure, key=by_score)[:limit]
    coarse = load_ontology().coarse
    wanted = {(fold(name), merge.type) for merge in unsure for name in (merge.a, merge.b)}
    bearers: dict[tuple[str, str], str] = {}
    for entity in resolution.entities:
        kind = coarse(entity.type)
        for key in {(fold(name), kind) for name in entity.aliases} & wanted:
            bearers.setdefault(key, entity.id)
    # Whoever is shown by a name comes before one who has it as an alias.
    bearers |= {key: e.id for e in resolution.entities if (key := (fold(e.name), coarse(e.type))) in wanted}
    around = {id_: set[str]() for id_ in bearers.values()}
    for fact in resolution.facts:
        if fact.head in around and fact.status != "denied":
            around[fact.head].add(fact.tail)
        if fact.tail in around and fact.status != "denied":
            around[fact.tail].add(fact.head)
    names = {e.id: e.name for e in resolution.entities}

    def list_both(merge: Merge) -> str:
        one, other = (around.get(bearers.get((fold(name), merge.type), ""), set()) for name in (merge.a, merge.b))
        return ", ".join(sorted(names[id_] for id_ in one & other)[:_MOST_SHOWN])

    rows = (
        {"a": m.a, "b": m.b, "type": m.type, "score": m.score, "reason": m.reason, "both": list_both(m)} for m in unsure
    )
    return Table(rows, columns=("a", "b", "type", "score", "reason", "both"))


def find_miss(
    resolution: Resolution,
    a: str,
    b: str,
    *,
    relation: str | None = None,
    article: str = "",
    more: Sequence[str] = (),
) -> str:
    """Why a verdict on two names, or on the fact that they are in by `relation`, meets nothing in a graph; "" where it does.

    `more` are names that the fact is corrected to. A fact that a verdict has taken away before is met, too.
    """
    bearers = {name: _find_bearers(resolution, name) for name in (a, b, *more)}
    for name, found in bearers.items():
        if not found:
            return f"no entity is named {name!r}{_suggest(resolution, name)}"
    if relation is None or relation not in load_ontology().relations:
        return ""
    if any(r.triple == (a, relation, b) for r in resolution.rejected):
        return ""
    symmetric = load_ontology().relation(relation).symmetric
    told = [
        fact
        for fact in resolution.facts
        if (fact.head in bearers[a] and fact.tail in bearers[b])
        or (fact.head in bearers[b] and fact.tail in bearers[a])
    ]
    meant = [f for f in told if f.relation == relation and (symmetric or f.head in bearers[a])]
    if any(not article or article in fact.articles for fact in meant):
        return ""
    if meant:
        return f"article {article!r} does not say so; these do: {', '.join(meant[0].articles[:_MOST_SHOWN])}"
    names = {e.id: e.name for e in resolution.entities}
    others = ", ".join(f"{names[f.head]} {f.relation} {names[f.tail]}" for f in told)
    return f"no article says {a} {relation} {b}; " + (f"they say {others}" if others else "nor anything of the two")


def _find_bearers(resolution: Resolution, name: str) -> set[str]:
    """Ids of those whom a name in a registry means: 王伟@京东 may be somebody who is alone with the name."""
    wanted = fold(name)
    found = {e.id for e in resolution.entities if any(fold(known) == wanted for known in (e.name, *e.aliases))}
    if not found and split_label(name)[1]:
        with contextlib.suppress(UsageError):
            found = find_ids(resolution, [name])
    return found


def _suggest(resolution: Resolution, name: str) -> str:
    pairs = [(e.name, n) for e in resolution.entities for n in (e.name, *e.aliases)]
    written = find_written(pairs, name)
    return f"; did you mean {', '.join(sorted(written))}?" if written else suggest_names((n for _, n in pairs), name)


def append_verdict(path: str | Path, a: str, b: str, *, same: bool, because: str = "") -> None:
    """Write into the user's registry (TOML, made where it is missing) that two names are one, or never.

    The file is left as it was where it would be none afterwards: ConfigError. UsageError for a name that is empty or equal
    to the other, OutputError where it cannot be written.
    """
    place = Path(path)
    if not fold(a) or not fold(b) or fold(a) == fold(b):
        raise UsageError("a verdict is on two different names; write A=B")
    first, second = _quote(a), _quote(b)
    entry = (
        f"[[entity]]\nname = {first}\naliases = [{second}]\n" if same else f"[[never]]\nnames = [{first}, {second}]\n"
    )
    _append(place, entry, because)


def append_rejection(
    path: str | Path, head: str, relation: str, tail: str, *, article: str = "", because: str = ""
) -> None:
    """Write into the user's registry that a fact is wrong, or what one article says of it. Errors as `append_verdict`."""
    _append_judgment(path, head, relation, tail, {}, article, because)


def append_correction(
    path: str | Path,
    head: str,
    relation: str,
    tail: str,
    becomes: Mapping[str, str],
    *,
    article: str = "",
    because: str = "",
) -> None:
    """Write into the user's registry what a fact should be: another relation, head, tail, status or time ("": none).

    Errors as `append_verdict`, and a UsageError where `becomes` changes nothing.
    """
    becomes = {key.strip(): value for key, value in becomes.items()}
    if not becomes:
        raise UsageError("a correction says what the fact becomes: relation, head, tail, status or time")
    _append_judgment(path, head, relation, tail, becomes, article, because)


def _append_judgment(
    path: str | Path, head: str, relation: str, tail: str, becomes: Mapping[str, str], article: str, because: str
) -> None:
    row = {"head": head, "relation": relation, "tail": tail, "article": article, "because": because}
    lines = [f"{key} = {_quote(value)}\n" for key, value in row.items() if value]
    if becomes:
        told = ", ".join(f"{key} = {_quote(value)}" for key, value in becomes.items())
        lines.append(f"becomes = {{ {told} }}\n")
    _append(Path(path), f"[[verdict]]\n{''.join(lines)}", "")


def _quote(text: str) -> str:
    """The text as a TOML string. UsageError where no file can hold it: half of a surrogate pair, as a broken argument has."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise UsageError(f"{text!a} is no text that UTF-8 can hold; write the name as the graph has it") from None
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")  # which JSON allows and TOML does not


def _append(place: Path, entry: str, because: str) -> None:
    if place.suffix.lower() != ".toml":
        raise UsageError(f"{place}: verdicts are kept in a TOML file; name one that ends in .toml")
    shown = "".join(c if c.isprintable() else "\n" if c in "\r\n" else "\ufffd" for c in because)
    reason = "".join(f"# {line}\n" for line in shown.split("\n") if line.strip())
    try:
        before = place.read_text(encoding="utf-8") if place.exists() else ""
        text = before + ("\n" if before else "") + reason + entry
        parse_registry(place, text)
        with replacing(place) as new:
            new.write_text(text, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        why = explain(exc) if isinstance(exc, OSError) else "it is no UTF-8"
        raise OutputError(f"{place}: the verdict could not be written, because {why}") from exc
