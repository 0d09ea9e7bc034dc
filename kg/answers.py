"""Commands that ask a store what an analyst asks: arguments in, rows or a digest out. `kg.cli` takes them into the program."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from kg.errors import UsageError
from kg.rows import FORMATS, write_rows

StoreUrl = Annotated[str, typer.Option("--store", metavar="URL", help="FILE.kgl, FILE.json or a server, neo4j://HOST")]
Format = Annotated[str, typer.Option("--format", metavar="|".join(FORMATS), help="How rows are written.")]
Limit = Annotated[int, typer.Option("--limit", min=1, metavar="N", help="Rows at most.")]
On = Annotated[str | None, typer.Option("--on", metavar="DAY", help="By what held on this day, not today.")]


def add_commands(app: typer.Typer) -> None:
    """Give a program the commands of this module."""
    commands: list[Callable[..., None]] = [explain, review, timeline, diff, partners, rank, brokers, camps, overlap]
    commands += [paths, likely, rivals, openness, lifespans, careers]
    for command in commands:
        app.command(name=command.__name__)(command)


def explain(
    name: Annotated[str, typer.Argument(metavar="NAME", help="An entity, by any of its names.")],
    store: StoreUrl,
    format: Format = "table",  # noqa: A002
) -> None:
    """Say why names are one entity: who says so, or what their likeness is worth."""
    resolution = _resolve(store)
    from kg.review import list_reasons

    _write(list_reasons(resolution, name), format)


def review(
    store: StoreUrl,
    same: Annotated[
        str | None, typer.Option("--same", metavar="A=B", help="Settle that two names are one, in the registry.")
    ] = None,
    apart: Annotated[
        str | None, typer.Option("--apart", metavar="A=B", help="Settle that two names are never one.")
    ] = None,
    reject: Annotated[
        tuple[str, str, str] | None,
        typer.Option("--reject", metavar="HEAD RELATION TAIL", help="Settle that a fact is wrong."),
    ] = None,
    because: Annotated[str, typer.Option("--because", metavar="TEXT", help="Your reason, kept beside it.")] = "",
    correct: Annotated[
        tuple[str, str, str] | None,
        typer.Option("--correct", metavar="HEAD RELATION TAIL", help="This fact should be another: --to says which."),
    ] = None,
    to: Annotated[
        list[str] | None,
        typer.Option(
            "--to", metavar="KEY=VALUE", help="relation, head, tail, status or time (empty: none); repeatable."
        ),
    ] = None,
    article: Annotated[
        str, typer.Option("--article", metavar="ID", help="Reject or correct what this article alone says.")
    ] = "",
    registry: Annotated[
        str | None,
        typer.Option("--registry", metavar="FILE.toml", help="Where verdicts are kept.  [default: beside the store]"),
    ] = None,
    limit: Limit = 50,
    format: Format = "table",  # noqa: A002
) -> None:
    """List names that may be one and were not merged; settle a pair or a fact in your registry."""
    from kg.ontology import load_ontology
    from kg.review import append_correction, append_rejection, append_verdict, find_miss, list_unsure

    asked = [question for question in (same, apart, reject, correct) if question is not None]
    if (to or correct is not None) and not (to and correct is not None):
        raise UsageError("a correction is --correct HEAD RELATION TAIL with what it becomes: --to status=planned")
    if article and reject is None and correct is None:
        raise UsageError("--article goes with --reject or --correct: what this article alone says of the fact")
    if not asked:
        _write(list_unsure(_resolve(store), limit=limit), format)
        return
    if len(asked) > 1:
        raise UsageError(
            "settle one thing at a time: --same A=B, --apart A=B, --reject or --correct HEAD RELATION TAIL"
        )
    place = _find_place(store, registry)
    fact = reject if reject is not None else correct
    changes = _read_changes(to or ())
    if fact is not None:
        fact = (fact[0], load_ontology().name_relation(fact[1]), fact[2])
    if "relation" in changes:
        changes["relation"] = load_ontology().name_relation(changes["relation"])
    first, equals, second = (same if same is not None else apart or "").partition("=")
    if fact is None and not equals:
        raise UsageError("a pair is written A=B")
    names = (first.strip(), second.strip()) if fact is None else (fact[0], fact[2])
    missed = ""
    if "://" not in store:  # of which an answer may take long, or not come
        with _open(store) as graph:
            relation = None if fact is None else fact[1]
            more = [changes[key] for key in ("head", "tail") if key in changes]
            missed = find_miss(graph.resolution, *names, relation=relation, article=article, more=more)
    if fact is None:
        append_verdict(place, *names, same=same is not None, because=because)
    elif reject is not None:
        append_rejection(place, *fact, article=article, because=because)
    else:
        append_correction(place, *fact, changes, article=article, because=because)
    print(f"Written: {place}; it holds from the next command on", file=sys.stderr)
    if missed:
        print(f"Nothing in {store} is touched by it today: {missed}", file=sys.stderr)


def _read_changes(told: Sequence[str]) -> dict[str, str]:
    changes: dict[str, str] = {}
    for part in told:
        key, equals, value = part.partition("=")
        if not equals:
            raise UsageError(f"{part!r}: what a fact becomes is written KEY=VALUE, such as status=planned")
        changes[key.strip()] = value.strip()
    return changes


def _find_place(store: str, registry: str | None) -> Path:
    from kg.resolve.registry import place_beside

    if registry or (registry := os.environ.get("KG_REGISTRY")):
        return Path(registry)
    if "://" in store:
        raise UsageError("a server has no file beside it; name the one for your verdicts: --registry FILE.toml")
    return place_beside(Path(store).resolve())


def timeline(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    store: StoreUrl,
    other: Annotated[str | None, typer.Argument(metavar="NAME2", help="Only what lies between the two.")] = None,
    format: Format = "table",  # noqa: A002
) -> None:
    """Tell what happened to an entity, or between two, in time order."""
    names = (name,) if other is None else (name, other)
    _ask(store, format, lambda graph: graph.timeline(*names))


def diff(
    start: Annotated[str, typer.Argument(metavar="FROM", help="A day, month or year.")],
    end: Annotated[str, typer.Argument(metavar="TO")],
    store: StoreUrl,
    watch: Annotated[
        list[str] | None, typer.Option("--watch", metavar="NAMES", help="Only these, with commas between; repeatable.")
    ] = None,
    format: Annotated[str, typer.Option("--format", metavar="markdown|table|json|csv")] = "markdown",  # noqa: A002
) -> None:
    """Tell what changed between two days: a digest in Markdown, or rows."""
    _check(format, ("markdown", *FORMATS))
    names = [name for part in watch or () for name in part.replace("，", ",").split(",") if name.strip()]
    with _open(store) as graph:
        changes = graph.diff(start, end, watch=names)
    if format == "markdown":
        print(changes.markdown(), end="")
    else:
        _write(changes.table(), format)


def partners(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    store: StoreUrl,
    status: Annotated[str | None, typer.Option("--status", metavar="STATUS", help="actual, planned, …")] = None,
    on: On = None,
    format: Format = "table",  # noqa: A002
) -> None:
    """List with whom an entity works together, today or on a day."""
    _ask(store, format, lambda graph: graph.partners(name, status=status, on=on))


def rank(store: StoreUrl, limit: Limit = 20, on: On = None, format: Format = "table") -> None:  # noqa: A002
    """Rank organisations: PageRank, weighted degree, betweenness."""
    _ask(store, format, lambda graph: graph.rank(limit=limit, on=on))


def brokers(store: StoreUrl, limit: Limit = 20, on: On = None, format: Format = "table") -> None:  # noqa: A002
    """List who connects others that have no tie (Burt's constraint)."""
    _ask(store, format, lambda graph: graph.brokers(limit=limit, on=on))


def camps(
    store: StoreUrl,
    on: On = None,
    method: Annotated[str, typer.Option("--method", metavar="louvain|leiden", help="leiden needs igraph.")] = "louvain",
    format: Format = "table",  # noqa: A002
) -> None:
    """List the camps that ties make (Louvain or Leiden), with their modularity."""
    _ask(store, format, lambda graph: graph.camps(on=on, method=method))


def overlap(
    store: StoreUrl,
    name: Annotated[str | None, typer.Argument(metavar="NAME")] = None,
    other: Annotated[str | None, typer.Argument(metavar="NAME2")] = None,
    limit: Limit = 20,
    format: Format = "table",  # noqa: A002
) -> None:
    """List partners that two entities share (Jaccard)."""
    names = tuple(n for n in (name, other) if n is not None)
    _ask(store, format, lambda graph: graph.overlap(*names, limit=limit))


def paths(
    start: Annotated[str, typer.Argument(metavar="NAME")],
    end: Annotated[str, typer.Argument(metavar="NAME2")],
    store: StoreUrl,
    limit: Limit = 5,
    format: Format = "table",  # noqa: A002
) -> None:
    """List the best chains of facts between two entities, with their evidence."""
    _ask(store, format, lambda graph: graph.paths(start, end, limit=limit))


def likely(
    store: StoreUrl,
    name: Annotated[str | None, typer.Argument(metavar="NAME")] = None,
    limit: Limit = 20,
    backtest: Annotated[
        str | None,
        typer.Option("--backtest", metavar="DAY", help="How many of a day's likely pairs have come true since."),
    ] = None,
    format: Format = "table",  # noqa: A002
) -> None:
    """List pairs that common neighbours make likely partners."""
    names = () if name is None else (name,)
    if backtest is not None and names:
        raise UsageError("a back test is of all pairs; leave the name out")
    if backtest is not None:
        _ask(store, format, lambda graph: graph.backtest(backtest, limit=limit))
    else:
        _ask(store, format, lambda graph: graph.likely_partners(*names, limit=limit))


def rivals(
    store: StoreUrl,
    name: Annotated[str | None, typer.Argument(metavar="NAME")] = None,
    limit: Limit = 50,
    format: Format = "table",  # noqa: A002
) -> None:
    """List who competes or is in dispute, and whether they are partners all the same."""
    names = () if name is None else (name,)
    _ask(store, format, lambda graph: graph.rivals(*names, limit=limit))


def openness(
    store: StoreUrl,
    name: Annotated[str | None, typer.Argument(metavar="NAME")] = None,
    format: Format = "table",  # noqa: A002
) -> None:
    """Count links opened and cut by year, of each platform or of one."""
    names = () if name is None else (name,)
    _ask(store, format, lambda graph: graph.openness(*names))


def lifespans(store: StoreUrl, format: Format = "table") -> None:  # noqa: A002
    """List when products and programs came and went."""
    _ask(store, format, lambda graph: graph.lifespans())


def careers(
    store: StoreUrl,
    name: Annotated[str | None, typer.Argument(metavar="NAME")] = None,
    format: Format = "table",  # noqa: A002
) -> None:
    """List where people worked and under which titles."""
    names = () if name is None else (name,)
    _ask(store, format, lambda graph: graph.careers(*names))


def _open(url: str) -> Any:
    import kg

    if url == "memory:":
        raise UsageError("the store memory: holds nothing yet; name the store that kg build wrote")
    return kg.open(url)


def _ask(url: str, form: str, question: Callable[[Any], list[dict[str, Any]]]) -> None:
    _check(form)
    with _open(url) as graph:
        rows = question(graph)
    _write(rows, form)


def _resolve(url: str) -> Any:
    """The graph with the reasons of its merges, which no store keeps."""
    from kg.ontology import load_ontology
    from kg.resolve import find_registry, resolve

    with _open(url) as graph:
        own = find_registry(None if "://" in url else Path(url).resolve())
        return resolve(graph.store.extractions(), load_ontology(), registry=own)


def _check(form: str, forms: Sequence[str] = FORMATS) -> None:
    if form not in forms:
        raise UsageError(f"--format {form!r} is not known; there are {', '.join(forms)}")


def _write(rows: list[dict[str, Any]], form: str) -> None:
    _check(form)
    write_rows(rows, sys.stdout, format=form)
