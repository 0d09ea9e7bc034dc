"""The command line: arguments in, calls of kg.pipeline, results and reports out. No work is done here."""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from kg import pipeline
from kg.answers import add_commands
from kg.errors import UsageError
from kg.output import STANDARD_OUTPUT, check_output, check_page, keep_apart, open_output
from kg.parameters import check_parameters, parse_parameters, show_parameters
from kg.rows import FORMATS, write_rows
from kg.terminal import Terminal, finish_process, prepare_process, stopped_by_signals
from kg.version import __version__

if TYPE_CHECKING:
    from kg.extract.distributed import Cluster
    from kg.extract.llm_options import LLMOptions
    from kg.extract.options import ExtractorOptions
    from kg.load.base import Store

terminal = Terminal()


class _Spreadable(TyperCommand):
    """A command with `--ray [ADDRESS]`: what follows the bare option is its address only where it looks like one."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        end = args.index("--") if "--" in args else len(args)
        for place in range(end - 1, -1, -1):
            following = args[place + 1] if place + 1 < end else ""
            if args[place] == "--ray" and not _ADDRESS.fullmatch(following):
                args[place : place + 1] = ["--ray", "local"]
        return super().parse_args(ctx, args)


_ADDRESS = re.compile(r"auto|local|(?:ray://)?(?:[\w.-]+|\[[0-9a-fA-F:]+\]):\d+")


class _Program(TyperGroup):
    """The group of commands, whose errors end as a sentence and an exit status."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        with terminal.errors_as_status():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        with terminal.errors_as_status():
            return super().invoke(ctx)


def main() -> None:
    """Entry point of the `kg` script."""
    prepare_process()
    try:
        with terminal.errors_as_status():  # Typer looks at all commands before it has a group that it could ask
            app()
    finally:
        finish_process()


app = typer.Typer(
    cls=_Program,
    help="News articles in, a graph of partnership relations between platforms and companies out.",
    epilog="Exit status: 0 done, 1 error, 2 wrong usage or nothing readable, 3 done but some inputs failed.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _set_quiet(value: bool) -> bool:
    terminal.quiet = terminal.quiet or value
    return value


def _set_verbose(value: bool) -> bool:
    terminal.verbose = terminal.verbose or value
    return value


def _show_version(value: bool) -> None:
    if value:
        print(f"kg {__version__}")
        raise typer.Exit


Paths = Annotated[list[str], typer.Argument(metavar="PATH…", help="Files, folders, globs; - reads standard input.")]
StoreUrl = Annotated[
    str, typer.Option("--store", metavar="URL", help="FILE.kgl, FILE.json, memory: or a server, neo4j://HOST")
]
Gazetteer = Annotated[Path | None, typer.Option(metavar="FILE", help="Names of your own, TOML.")]
Patterns = Annotated[Path | None, typer.Option(metavar="FILE", help="Trigger words and patterns of your own, TOML.")]
Model = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="A model that `kg train` wrote; `none`: patterns alone.")
]
FolderIds = Annotated[bool, typer.Option("--folder-ids", help="Put a file's folder before its name in ids.")]
Date = Annotated[str | None, typer.Option(metavar="DAY", help="Day of articles that bear none.")]
Confidence = Annotated[float, typer.Option(min=0.0, max=1.0, help="Leave out statements below it.")]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        "-j",
        min=1,
        metavar="N",
        help="Processes that extract, of one thread each.  [default: one of as many threads as there are processors; with --ray a process each]",
    ),
]
Ray = Annotated[
    str | None,
    typer.Option("--ray", metavar="[ADDRESS]", help="Extract on a Ray cluster; alone: one made for the run."),
]
Extractor = Annotated[
    str, typer.Option(metavar="model|llm|both", help="Who reads: the trained model, a language model, or both.")
]
BaseUrl = Annotated[
    str | None, typer.Option(metavar="URL", help="With llm: an OpenAI-compatible server; its key is in KG_LLM_KEY.")
]
LLMModel = Annotated[str | None, typer.Option("--llm-model", metavar="NAME", help="With llm: the model's name there.")]
LLMCache = Annotated[
    Path | None, typer.Option("--llm-cache", metavar="FOLDER", help="Kept answers.  [default: ~/.cache/kg/llm]")
]
LLMPrice = Annotated[
    str | None, typer.Option("--llm-price", metavar="IN/OUT", help="Of a million tokens, to be told the cost.")
]
LLMRequests = Annotated[int, typer.Option("--llm-requests", min=1, metavar="N", help="Requests at once.")]
LLMTimeout = Annotated[float, typer.Option("--llm-timeout", min=1.0, metavar="SECONDS", help="For one answer.")]
SaveEvery = Annotated[
    float,
    typer.Option("--save-every", min=0.0, metavar="MINUTES", help="Store what there is so often; 0: at the end alone."),
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", callback=_set_quiet, help="Say nothing but errors.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", callback=_set_verbose, help="Say more; show tracebacks.")]
Version = Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")]


@app.callback()
def start(version: Version = False, quiet: Quiet = False, verbose: Verbose = False) -> None:
    pass


@app.command(cls=_Spreadable)
def build(
    paths: Paths,
    store: StoreUrl = "memory:",
    view: Annotated[str | None, typer.Option(metavar="FILE.html", help="Write the graph as a page, too.")] = None,
    triples: Annotated[
        str | None, typer.Option(metavar="FILE", help="Statements from elsewhere, instead of the extractor's.")
    ] = None,
    jobs: Jobs = None,
    ray: Ray = None,
    save_every: SaveEvery = 10.0,
    gazetteer: Gazetteer = None,
    patterns: Patterns = None,
    model: Model = None,
    date: Date = None,
    folder_ids: FolderIds = False,
    min_confidence: Confidence = 0.0,
    extractor: Extractor = "model",
    base_url: BaseUrl = None,
    llm_model: LLMModel = None,
    llm_cache: LLMCache = None,
    llm_price: LLMPrice = None,
    llm_requests: LLMRequests = 4,
    llm_timeout: LLMTimeout = 120.0,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """From articles to a graph: the whole way."""
    if view is not None:
        check_page(view)
        keep_apart(view, store, *paths, *(str(path) for path in (triples, gazetteer, patterns) if path is not None))
        pipeline.protect_inputs(view, paths)
    llm = _llm_options(extractor, base_url, llm_model, llm_cache, llm_price, llm_requests, llm_timeout)
    if llm is not None and triples is not None:
        raise UsageError("--triples brings statements from elsewhere; leave out --extractor, or --triples")
    options = _options(gazetteer, patterns, model, min_confidence, llm)

    with _open_store(store) as graph:
        with terminal.gathered_failures() as failures, terminal.progress() as progress:
            report = pipeline.build(
                paths,
                graph,
                options=options,
                triples=triples,
                date=date,
                folder_ids=folder_ids,
                jobs=jobs or 1,
                cluster=_cluster(ray, jobs),
                save_every=60 * save_every or None,
                on_error=failures.append,
                on_progress=progress,
            )
        # What is in the store by now is told first: the page may fail.
        status = terminal.summarize(report, store=store)
        if view is not None:
            terminal.saved = store if store != "memory:" else None
            pipeline.make_page(graph).write(view)
    if view is not None:
        terminal.say(f"Page: {view}")
    elif store == "memory:":
        terminal.say("Nothing was kept: name a --store FILE.kgl to ask it questions, or a --view FILE.html to look at")
    raise typer.Exit(status)


@app.command()
def watch(
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="Where articles arrive.")],
    store: StoreUrl,
    keep: Annotated[bool, typer.Option("--keep", help="Keep what articles said whose files are gone.")] = False,
    gazetteer: Gazetteer = None,
    patterns: Patterns = None,
    model: Model = None,
    date: Date = None,
    folder_ids: FolderIds = False,
    min_confidence: Confidence = 0.0,
    extractor: Extractor = "model",
    base_url: BaseUrl = None,
    llm_model: LLMModel = None,
    llm_cache: LLMCache = None,
    llm_price: LLMPrice = None,
    llm_requests: LLMRequests = 4,
    llm_timeout: LLMTimeout = 120.0,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Keep a store in step with a folder, until Ctrl-C or SIGTERM: the article in hand is finished and stored."""
    if store == "memory:":
        raise UsageError("the store memory: ends with the watch; name a file or a server")
    llm = _llm_options(extractor, base_url, llm_model, llm_cache, llm_price, llm_requests, llm_timeout)
    options = _options(gazetteer, patterns, model, min_confidence, llm)
    from kg.watch import watch as follow

    with _open_store(store) as graph, stopped_by_signals() as stop:
        terminal.say(f"Watching {folder}; Ctrl-C or SIGTERM ends it in good order")
        stored = follow(
            folder,
            graph,
            options=options,
            stop=stop,
            date=date,
            folder_ids=folder_ids,
            keep=keep,
            on_report=terminal.tell_round,
            on_error=lambda error: terminal.complain(f"kg: {error} (tried again)"),
        )
    terminal.say(
        "Ended; all that was read is stored" if stored else "Ended; what could not be stored is read the next time"
    )


@app.command(cls=_Spreadable)
def extract(
    paths: Paths,
    output: Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="- is standard output.")] = "-",
    entities: Annotated[bool, typer.Option("--entities", help="Write entities and articles, too.")] = False,
    doc: Annotated[str | None, typer.Option(metavar="ID", help="Id of the one article that is read.")] = None,
    jobs: Jobs = None,
    ray: Ray = None,
    gazetteer: Gazetteer = None,
    patterns: Patterns = None,
    model: Model = None,
    date: Date = None,
    folder_ids: FolderIds = False,
    min_confidence: Confidence = 0.0,
    extractor: Extractor = "model",
    base_url: BaseUrl = None,
    llm_model: LLMModel = None,
    llm_cache: LLMCache = None,
    llm_price: LLMPrice = None,
    llm_requests: LLMRequests = 4,
    llm_timeout: LLMTimeout = 120.0,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Write what articles state, as JSON lines."""
    keep_apart(output, *paths, *(str(path) for path in (gazetteer, patterns) if path is not None))
    pipeline.protect_inputs(output, paths)
    llm = _llm_options(extractor, base_url, llm_model, llm_cache, llm_price, llm_requests, llm_timeout)
    options = _options(gazetteer, patterns, model, min_confidence, llm)
    with (
        terminal.gathered_failures() as failures,
        open_output(output) as file,
        terminal.progress() as progress,
    ):
        report = pipeline.extract(
            paths,
            file,
            entities=entities,
            options=options,
            date=date,
            doc=doc,
            folder_ids=folder_ids,
            jobs=jobs or 1,
            cluster=_cluster(ray, jobs),
            on_error=failures.append,
            on_progress=progress,
        )
    raise typer.Exit(terminal.summarize(report))


@app.command()
def train(
    data: Annotated[list[Path], typer.Argument(metavar="DATA.jsonl…", help="Annotated articles, one a line.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FOLDER", help="Where the model goes.")],
    model: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="The model to start from.  [default: the one that ships]")
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(metavar="PATH", help="Start anew from an encoder, a folder or a name on the hub.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, metavar="N", help="How often all is read.")] = None,
    device: Annotated[str, typer.Option(metavar="NAME", help="cpu or cuda.")] = "cpu",
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Train a model on articles of your own (needs the extra `train`)."""
    from kg.train import train as train_model

    if model and encoder:
        raise UsageError("--model and --encoder are two ways to start; give one of them")

    def tell(row: Mapping[str, Any]) -> None:
        losses = ", ".join(f"{name} {row[name]:.3f}" for name in ("tags", "relations") if name in row)
        terminal.say(f"step {row['step']}, {row['share']:.0%} done: {losses}")

    settings = train_model(data, output, encoder=encoder, model=model, device=device, epochs=epochs, on_progress=tell)
    terminal.say(f"{settings['data']}")
    terminal.say(f"The model is in {output}. Use it:  kg extract --model {output} …")


@app.command()
def load(
    store: StoreUrl,
    triples: Annotated[list[str] | None, typer.Argument(metavar="TRIPLES…", help="As kg extract writes them.")] = None,
    remove: Annotated[list[str] | None, typer.Option(metavar="DOC", help="Retract this article; repeatable.")] = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Take statements into a store, or articles out."""
    if not triples and not remove:
        raise UsageError("nothing to load; name statements files, or --remove DOC")

    with (
        _open_store(store) as graph,
        terminal.gathered_failures() as failures,
        terminal.progress() as progress,
    ):
        report = pipeline.load(
            triples or (), graph, remove=remove or (), on_error=failures.append, on_progress=progress
        )
    raise typer.Exit(terminal.summarize(report, store=store))


@app.command()
def query(
    store: StoreUrl,
    cypher: Annotated[str | None, typer.Argument(metavar="CYPHER", help="- reads it from standard input.")] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="A shipped query; kg queries lists them.")] = None,
    parameter: Annotated[
        list[str] | None, typer.Option("-p", "--parameter", metavar="KEY=VALUE", help="A $parameter; repeatable.")
    ] = None,
    format: Annotated[str, typer.Option(metavar="|".join(FORMATS), help="How rows are written.")] = "table",  # noqa: A002
    bom: Annotated[bool, typer.Option("--bom", help="Begin CSV with a byte order mark, for Excel.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the question and the store's plan instead of asking.")
    ] = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Ask a store a question in Cypher."""
    _choose("--format", format, FORMATS)
    if bom and format != "csv":
        raise UsageError(f"a byte order mark is for csv, not for {format}; add --format csv, or leave out --bom")
    if cypher is None and name is None:
        raise UsageError("give a question in Cypher, or --name of a shipped one (kg queries lists them)")
    if cypher is not None and name is not None:
        raise UsageError("give a question in Cypher or --name of a shipped one, not both")
    if name is not None:
        from kg.load.library import load_query

        shipped = load_query(name)
        cypher = shipped.text(store)
        parameters = shipped.fill(parse_parameters(parameter or (), defaults=shipped.parameters))
    else:
        parameters = parse_parameters(parameter or (), defaults={})
        if cypher == "-":
            cypher = sys.stdin.read()
    assert cypher is not None
    check_parameters(cypher, parameters)
    check_output(STANDARD_OUTPUT)
    with _open_existing(store) as graph:
        if explain:
            _explain(graph, cypher, parameters, format=format, bom=bom)
            return
        rows = graph.query(cypher, **parameters)
        strangers = _find_strangers(graph, parameters) if name is not None and not rows else []
    write_rows(rows, sys.stdout, format=format, bom=bom)
    if format == "table":
        terminal.say("1 row" if len(rows) == 1 else f"{len(rows)} rows")
    for sentence in strangers:
        terminal.say(sentence)


@app.command()
def queries(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Show this one whole.")] = None,
    favourites: Annotated[
        str | None, typer.Option(metavar="FILE.zip", help="Write all for Neo4j Browser: drop the file on its window.")
    ] = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """List the questions that kg brings along."""
    from kg.load.library import list_queries, load_query, write_favourites

    check_output(STANDARD_OUTPUT if favourites is None else favourites)
    if favourites is not None:
        terminal.say(f"Written: {favourites}, {write_favourites(favourites)} favourites")
        return
    if name is not None:
        shipped = load_query(name)
        print(f"{shipped.zh}\n{shipped.en}\n")
        for key, default in shipped.parameters.items():
            print(f"  -p {show_parameters({key: default})}")
        for column, meaning in shipped.columns.items():
            print(f"  {column}: {meaning}")
        print(f"\n{shipped.cypher}", end="")
        return
    rows = [
        {"name": q.name, "question": q.zh, "in English": q.en, "parameters": ", ".join(q.parameters)}
        for q in list_queries()
    ]
    write_rows(rows, sys.stdout, format="table")
    terminal.say("kg queries NAME shows one whole, with what its parameters are where you name none")


@app.command()
def view(
    store: StoreUrl,
    output: Annotated[str, typer.Option("-o", "--output", metavar="FILE.html", help="Where the page goes.")],
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME [NAME2]]", help="Whose timeline; for a graph, as --around.")
    ] = None,
    kind: Annotated[
        str, typer.Option(metavar="graph|timeline", help="A graph, or the history of NAME in lanes.")
    ] = "graph",
    around: Annotated[str | None, typer.Option(metavar="NAME", help="Only what lies around this entity.")] = None,
    hops: Annotated[int | None, typer.Option(min=1, metavar="K", help="How far around it; 1 by default.")] = None,
    max_nodes: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Show the most connected N at most.")
    ] = None,
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="Heading of the page.")] = None,
    relation: Annotated[
        list[str] | None, typer.Option(metavar="RELATION", help="Only facts of this relation; may be repeated.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="DAY", help="Only facts from this year, month or day on.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="DAY", help="Only facts up to this year, month or day.")] = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Write a store's graph, or the history of one or two entities, as one HTML page."""
    check_page(output)
    keep_apart(output, store)
    names = names or []
    if kind not in ("graph", "timeline"):
        raise UsageError(f"--kind is {kind!r}; graph or timeline is expected")
    if kind == "timeline" and not names:
        raise UsageError("a timeline is of somebody: name one entity or two, as in kg view --kind timeline 小红书")
    if kind == "graph" and len(names) + (around is not None) > 1:
        raise UsageError("a graph is drawn around one entity; --kind timeline takes two")
    if kind == "timeline" and not (around is None and hops is None and max_nodes is None):
        raise UsageError("a timeline is of the entities named, whole; leave out --around, --hops and --max-nodes")
    if kind == "graph" and hops is not None and not names and around is None:
        raise UsageError("--hops says how far around an entity; name one with --around")
    facts: dict[str, Any] = {"relations": relation or [], "since": since, "until": until, "title": title}
    with _open_existing(store) as graph:
        if kind == "timeline":
            pipeline.view_history(graph, output, names, **facts)
        else:
            around = names[0] if names else around
            pipeline.make_page(graph, around=around, hops=hops or 1, max_nodes=max_nodes, **facts).write(output)
    terminal.say(f"Page: {output}")


@app.command()
def export(
    store: StoreUrl,
    format: Annotated[str, typer.Option(metavar="FORMAT", help="jsonl, json, csv, graphml, gexf, turtle or neo4j-csv")],  # noqa: A002
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="PATH", help="A file; for csv and neo4j-csv a folder.")
    ],
    bom: Annotated[bool, typer.Option("--bom", help="With csv: for Excel.")] = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Write a store's graph for other programs."""
    if output == STANDARD_OUTPUT:
        raise UsageError("an export is a file or folder, not standard output; name one with -o")
    keep_apart(output, store)
    from kg.load.export import STORE_FORMATS, export_store

    _choose("--format", format, STORE_FORMATS)
    with _open_existing(store) as graph:
        command = export_store(graph, format, output, bom=bom)
    terminal.say(f"Written: {output}")
    if command is not None:
        terminal.say("To import it into a new Neo4j server that has not been started yet, run there:")
        terminal.say(command)


def _cluster(ray: str | None, jobs: int | None) -> "Cluster | None":
    if ray is None:
        return None
    from kg.extract.distributed import Cluster

    return Cluster(ray, jobs)


def _options(
    gazetteer: Path | None,
    patterns: Path | None,
    model: Path | None,
    min_confidence: float,
    llm: "LLMOptions | None" = None,
) -> "ExtractorOptions":
    from kg.extract.options import ExtractorOptions

    return ExtractorOptions(gazetteer=gazetteer, patterns=patterns, model=model, min_confidence=min_confidence, llm=llm)


def _llm_options(
    extractor: str,
    base_url: str | None,
    model: str | None,
    cache: Path | None,
    price: str | None,
    requests: int,
    timeout: float,
) -> "LLMOptions | None":
    from kg.extract.llm_options import make_llm_options

    return make_llm_options(
        extractor, base_url=base_url, model=model, cache=cache, price=price, concurrency=requests, timeout=timeout
    )


add_commands(app)


def _open_store(url: str) -> "Store":
    from kg.load.base import open_store
    from kg.load.neo4j_address import is_server

    if is_server(url):
        from kg.load.neo4j_driver import import_without_frames

        import_without_frames()
    return open_store(url)


def _open_existing(url: str) -> "Store":
    if url == "memory:":
        raise UsageError("the store memory: holds nothing yet; name the store that kg build wrote")
    if "://" not in url and not Path(url).exists():
        raise UsageError(f"{url}: there is no such store; kg build PATH… --store {url} makes it")
    return _open_store(url)


def _find_strangers(store: "Store", parameters: Mapping[str, Any]) -> list[str]:
    from kg.load.library import find_strangers

    return find_strangers(store, parameters)


def _explain(store: "Store", cypher: str, parameters: Mapping[str, Any], *, format: str, bom: bool) -> None:  # noqa: A002
    from kg.load.library import explain

    plan = explain(store, cypher, parameters)
    if format == "json":
        print(json.dumps({"cypher": cypher, "parameters": parameters, "plan": plan}, ensure_ascii=False, indent=1))
        return
    if format == "table":
        print(cypher.rstrip())
        print(f"\nParameters: {show_parameters(parameters) or 'none'}\n")
    write_rows(plan, sys.stdout, format=format, bom=bom)
    if not plan:
        terminal.say("The store shows no plan")


def _choose(option: str, value: str, choices: Iterable[str]) -> None:
    if value not in choices:
        raise UsageError(f"{option} {value!r} is none of {', '.join(choices)}")
