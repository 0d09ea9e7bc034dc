"""The way through the house: read, extract, resolve and store, composed. Everything streams; nothing clever.

Only the store remembers. Articles that it holds unchanged are not extracted again, and each write to it is all or nothing:
a run broken off leaves it as the last write did.
"""

import contextlib
import itertools
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from os import PathLike, fspath
from typing import TYPE_CHECKING, TextIO, TypeVar

from kg.errors import InputError, KGError, UsageError
from kg.model import Article, Extraction, Rejection, Statement, has_same_content
from kg.strangers import Strangers, refuse_strangers

if TYPE_CHECKING:  # the model and NetworkX are slow to import, and `kg --help` must not wait for them
    from kg.extract.distributed import Cluster, Outcome
    from kg.extract.distributed import Usage as ClusterUsage
    from kg.extract.llm_options import LLMUsage
    from kg.extract.options import ExtractorOptions
    from kg.load.base import Store
    from kg.viz.html import Page

T = TypeVar("T")
Path = str | PathLike[str]
ErrorHandler = Callable[[KGError], None]
ModelExtract = Callable[..., Iterator[Extraction]]  # of articles, and on_error as a keyword
# What is being done, of how many articles so far, and which share of the input has been read (0 to 1; None: unknown).
Progress = Callable[[str, int, float | None], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did. Of the `articles` read, some were `added` to the store, `changed` there, or `unchanged`.

    `relations` counts by relation: the facts of the whole graph, or the statements where there is no store. `rejected`
    counts by reason what was not taken, in this run's articles and in the whole graph. `failures` are inputs left out,
    `passed_over` counts files in folders that are of no kind that is read. `llm` counts what a language model was asked,
    `cluster` tells what a Ray cluster took.
    """

    articles: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    entities: int = 0
    facts: int = 0
    relations: Mapping[str, int] = field(default_factory=dict)
    rejected: Mapping[str, int] = field(default_factory=dict)
    failures: tuple[KGError, ...] = ()
    passed_over: int = 0
    seconds: float = 0.0
    llm: "LLMUsage | None" = None
    cluster: "ClusterUsage | None" = None


class _Course:
    """How far a run has come in its input, by the bytes of its files."""

    def __init__(self, paths: Sequence[Path]) -> None:
        from kg.extract.files import find_files, printable

        self._before: dict[str, tuple[int, int]] = {}  # by where a file lies: bytes before it, and its own
        total = 0
        for file in find_files([fspath(path) for path in paths], on_error=lambda _: None):
            with contextlib.suppress(OSError):  # standard input, or gone by now
                size = os.stat(file.path).st_size  # noqa: PTH116 - names may be bytes that are no text
                self._before[printable(file.real)] = (total, size)
                total += size
        self._total = total
        self._place, self._within = "", 0
        self.share: float | None = 0.0 if total else None

    def arrive(self, origin: str, length: int) -> None:
        """An article of so many characters has been read, and all before it; within a file of many they tell where."""
        if origin not in self._before or not self._total:
            return
        self._within = (self._within if origin == self._place else 0) + 3 * length
        self._place = origin
        before, size = self._before[origin]
        self.share = (before + min(self._within, size)) / self._total


class _Tally:
    """Counts what flows by, and decides about errors: without a handler the first one ends the run."""

    def __init__(self, on_error: ErrorHandler | None, on_progress: Progress | None) -> None:
        self.started = time.perf_counter()
        self.read = self.unchanged = self.done = self.passed_over = 0
        self.statements: Counter[str] = Counter()
        self.rejected: Counter[str] = Counter()
        self.failures: list[KGError] = []
        self.llm: LLMUsage | None = None
        self.cluster: ClusterUsage | None = None
        self._on_error = on_error
        self._on_progress = on_progress
        self._course: _Course | None = None

    def set_course(self, paths: Sequence[Path]) -> None:
        """Look at what lies ahead, where somebody wants to know how far it is."""
        if self._on_progress is not None:
            self._course = _Course(paths)

    def count_read(self, items: Iterable[T]) -> Iterator[T]:
        for item in items:
            self.read += 1
            if isinstance(item, Article):
                self.arrive(item.origin, len(item.text))
            yield item

    def arrive(self, origin: str, length: int) -> None:
        if self._course is not None:
            self._course.arrive(origin, length)

    def fail(self, error: KGError) -> None:
        if self._on_error is None:
            raise error
        self.failures.append(error)
        self._on_error(error)

    def pass_over(self, path: str) -> None:
        self.passed_over += 1

    def step(self, stage: str = "Extracting", articles: int = 0) -> None:
        self.done += articles
        if self._on_progress is not None:
            self._on_progress(stage, self.done, self._course.share if self._course else None)

    def watch(self, extractions: Iterable[Extraction]) -> Iterator[Extraction]:
        for extraction in extractions:
            self.statements.update(statement.relation for statement in extraction.statements)
            self.rejected.update(rejection.reason for rejection in extraction.rejected)
            self.step(articles=1)
            yield extraction

    def report(self) -> Report:
        return Report(
            articles=self.read,
            unchanged=self.unchanged,
            relations=dict(self.statements.most_common()),
            rejected=dict(self.rejected.most_common()),
            failures=tuple(self.failures),
            passed_over=self.passed_over,
            seconds=time.perf_counter() - self.started,
            llm=self.llm,
            cluster=self.cluster,
        )


def protect_inputs(output: str, paths: Sequence[Path]) -> None:
    """Raise UsageError where the file `output` would take the place of an article that a folder or glob of `paths` gives.

    Pages and statements that kg wrote there are no articles, and may be written again.
    """
    from kg.extract.articles import holds_articles

    if holds_articles(output, [fspath(path) for path in paths]):
        raise UsageError(
            f"{output}: is one of the articles that are read in this run and would be lost; name another file"
        )


def build(
    paths: Sequence[Path],
    store: "Store",
    *,
    options: "ExtractorOptions | None" = None,
    triples: Path | None = None,
    date: str | None = None,
    folder_ids: bool = False,
    jobs: int = 1,
    cluster: "Cluster | None" = None,
    on_error: ErrorHandler | None = None,
    on_progress: Progress | None = None,
    save_every: float | None = None,
    stop: Callable[[], bool] | None = None,
    extract_by_model: ModelExtract | None = None,
) -> Report:
    """Read articles from `paths`, extract what they state and bring `store` up to date.

    Statements come from the file `triples` instead of the extractor where it is given. Inputs that fail go to
    `on_error` and the rest is done; without it the first failure is raised and the store left as it was. One that would
    take the place of another article (see `kg.strangers`) fails. UsageError where nothing at all could be read, and for
    `options` beside `triples`. With `save_every` the store takes in what there is whenever so many seconds have gone by, so
    that a run broken off goes on from there, or three times as many as the last save took where that was long, for a save costs
    what the store holds by then. Without it, it takes all or nothing. Once `stop` says so no further article is
    read, and what is in hand is finished and stored.
    `extract_by_model` takes the place of the model of `options`, for a caller that keeps one over several runs. On a
    `cluster` of Ray's the reading and extracting is done there.
    """
    _check_cluster(cluster, options, triples=triples)
    if triples is not None and options not in (None, _no_options()):
        raise UsageError(
            "statements from elsewhere are taken as they are, so a model, names, patterns or a least confidence have no "
            "part in them; leave those out, or the statements"
        )
    tally = _Tally(on_error, on_progress)
    tally.set_course(paths)
    if cluster is not None:
        spread = _extract_on_cluster(paths, cluster, options, date, folder_ids, tally, store)
        return _store(spread, store, tally, save_every=save_every)
    articles = _read(paths, date=date, doc=None, folder_ids=folder_ids, tally=tally)
    if stop is not None:
        articles = itertools.takewhile(lambda _: not stop(), articles)
    hashes = store.hashes()
    if triples is not None:
        own = refuse_strangers(articles, store, hashes, tally.fail)
        extractions = _join_triples(own, triples, hashes, tally)
    else:
        from kg.extract.options import ExtractorOptions, fingerprint

        options = options or ExtractorOptions()
        changed = _skip_unchanged(articles, hashes, fingerprint(options), tally)
        fresh = refuse_strangers(changed, store, hashes, tally.fail)
        extractions = _extract(fresh, options, jobs, tally, extract_by_model)
    return _store(extractions, store, tally, save_every=save_every)


def _no_options() -> "ExtractorOptions":
    from kg.extract.options import ExtractorOptions

    return ExtractorOptions()


def extract(
    paths: Sequence[Path],
    file: TextIO,
    *,
    entities: bool = False,
    options: "ExtractorOptions | None" = None,
    date: str | None = None,
    doc: str | None = None,
    folder_ids: bool = False,
    jobs: int = 1,
    cluster: "Cluster | None" = None,
    on_error: ErrorHandler | None = None,
    on_progress: Progress | None = None,
) -> Report:
    """Write what the articles state to `file`, one JSON object a line, in their order; see `build` for errors."""
    from kg.load.triples import write_triples

    _check_cluster(cluster, options, doc=doc)
    tally = _Tally(on_error, on_progress)
    tally.set_course(paths)
    if cluster is not None:
        extractions = _extract_on_cluster(paths, cluster, options, date, folder_ids, tally)
    else:
        articles = _read(paths, date=date, doc=doc, folder_ids=folder_ids, tally=tally)
        extractions = _extract(articles, options, jobs, tally)
    write_triples(tally.watch(extractions), file, entities=entities)
    if not tally.read:
        raise _nothing_readable(tally)
    return tally.report()


def load(
    triples: Sequence[Path],
    store: "Store",
    *,
    remove: Sequence[str] = (),
    on_error: ErrorHandler | None = None,
    on_progress: Progress | None = None,
) -> Report:
    """Take statements files into `store`, after the articles of the ids in `remove` have been retracted from it.

    A file that cannot be read goes to `on_error` and the rest is done. Where nothing at all can be read, a UsageError,
    nothing is retracted either.
    """
    tally = _Tally(on_error, on_progress)
    if not triples:
        removed = store.remove(remove).removed
        return replace(_survey(store, tally), removed=removed)
    found: Iterable[Extraction] = tally.count_read(_read_statements(triples, tally))
    if not remove:
        return _store(found, store, tally, nothing=_NO_STATEMENT)
    found = list(found)  # all of it, before anything is changed
    if not found:
        raise _nothing_readable(tally, _NO_STATEMENT)
    removed = store.remove(remove).removed
    return replace(_store(found, store, tally), removed=removed)


def _read_statements(triples: Iterable[Path], tally: _Tally) -> Iterator[Extraction]:
    from kg.load.triples import read_triples

    for path in triples:
        try:
            yield from read_triples(path, on_error=tally.fail)
        except InputError as exc:
            tally.fail(exc)


def make_page(
    store: "Store",
    *,
    around: str | None = None,
    hops: int = 1,
    max_nodes: int | None = None,
    title: str | None = None,
    relations: Sequence[str] = (),
    since: str | None = None,
    until: str | None = None,
) -> "Page":
    """The page of the store's graph, or of what lies within `hops` of the entity `around`; with `relations`, `since` and `until`,
    of the facts that fit alone."""
    from kg.viz.html import Page
    from kg.viz.view import make_view

    if around is not None and hops < 1:
        raise UsageError(f"hops is {hops}; a page shows what lies 1 step or more around an entity")
    graph = store.read(around, hops)
    return Page(
        make_view(graph, max_nodes=max_nodes, around=around, title=title, relations=relations, since=since, until=until)
    )


def view_history(
    store: "Store",
    path: Path,
    names: Sequence[str],
    *,
    title: str | None = None,
    relations: Sequence[str] = (),
    since: str | None = None,
    until: str | None = None,
) -> None:
    """Write the history of one entity with each of its partners, or of two with each other, as one HTML page to `path`."""
    from kg.viz.html import write_html
    from kg.viz.view import make_history

    graph = store.read(names[0] if names else None, 1)
    found = make_history(graph, names, title=title, relations=relations, since=since, until=until)
    write_html(found, path, kind="timeline")


def _read(
    paths: Sequence[Path], *, date: str | None, doc: str | None, folder_ids: bool, tally: _Tally
) -> Iterator[Article]:
    """The articles of `paths`; what is wrong with the request itself is raised at once, not when they are read."""
    from kg.extract.articles import read_articles

    articles = read_articles(
        [fspath(path) for path in paths],
        date=date,
        doc=doc,
        folder_ids=folder_ids,
        on_error=tally.fail,
        on_passed=tally.pass_over,
    )
    return tally.count_read(articles)


def _skip_unchanged(
    articles: Iterable[Article], hashes: Mapping[str, str], fingerprint: str, tally: _Tally
) -> Iterator[Article]:
    for article in articles:
        if has_same_content(hashes.get(article.id, ""), article.digest(fingerprint=fingerprint)):
            tally.unchanged += 1
            tally.step(articles=1)
        else:
            yield article


def _extract(
    articles: Iterable[Article],
    options: "ExtractorOptions | None",
    jobs: int,
    tally: _Tally,
    by_model: ModelExtract | None = None,
) -> Iterator[Extraction]:
    if jobs < 1:
        raise UsageError(f"jobs is {jobs}; at least one process has to do the work")
    by_model = by_model or partial(_extract_by_model, options=options, jobs=jobs)
    return _extract_lazily(articles, options, tally, by_model)


def _extract_lazily(
    articles: Iterable[Article], options: "ExtractorOptions | None", tally: _Tally, by_model: ModelExtract
) -> Iterator[Extraction]:
    """The extractor is made for the first article: where nothing is new, nobody waits for a model."""
    waiting = iter(articles)
    first = next(waiting, None)
    if first is None:
        return
    articles = itertools.chain([first], waiting)
    if options is None or options.llm is None:
        yield from by_model(articles, on_error=tally.fail)
        return
    from kg.extract.llm import LLMExtractor

    with LLMExtractor(options) as llm:
        tally.llm = llm.usage
        if options.llm.beside_model:
            yield from llm.extract_beside(articles, partial(by_model, on_error=tally.fail), on_error=tally.fail)
        else:
            yield from llm.extract(articles, on_error=tally.fail)


def _extract_by_model(
    articles: Iterable[Article], *, options: "ExtractorOptions | None", jobs: int, on_error: ErrorHandler
) -> Iterator[Extraction]:
    if jobs == 1:
        from kg.extract.nlp import Extractor

        yield from Extractor(options).extract(articles, on_error=on_error)
    else:
        from kg.extract.options import ExtractorOptions
        from kg.workers import extract_in_processes

        yield from extract_in_processes(articles, options or ExtractorOptions(), jobs=jobs, on_error=on_error)


def _check_cluster(
    cluster: "Cluster | None",
    options: "ExtractorOptions | None",
    *,
    triples: Path | None = None,
    doc: str | None = None,
) -> None:
    if cluster is None:
        return
    if triples is not None:
        raise UsageError("statements from elsewhere need no extractor, so no cluster either; leave out --ray")
    if doc is not None:
        raise UsageError("one article needs no cluster; leave out --ray, or its --doc")
    if options is not None and options.llm is not None:
        raise UsageError("a language model is asked from one place; leave out --ray, or --extractor")


def _extract_on_cluster(
    paths: Sequence[Path],
    cluster: "Cluster",
    options: "ExtractorOptions | None",
    date: str | None,
    folder_ids: bool,
    tally: _Tally,
    store: "Store | None" = None,
) -> Iterator[Extraction]:
    """What `_read` and `_extract` give, made on a cluster; without what the `store` holds unchanged or as another article."""
    from kg.extract.distributed import Distribution

    hashes = {} if store is None else store.hashes()
    strangers = None if store is None else Strangers(store, hashes)
    with Distribution(cluster, options or _no_options()) as distribution:
        outcomes = distribution.extract(
            [fspath(path) for path in paths],
            hashes=hashes,
            date=date,
            folder_ids=folder_ids,
            on_error=tally.fail,
            on_passed=tally.pass_over,
        )
        for outcome in tally.count_read(outcomes):
            tally.arrive(outcome.origin, outcome.length)
            yield from _take_outcome(outcome, strangers, tally)
            tally.cluster = distribution.usage


def _take_outcome(outcome: "Outcome", strangers: Strangers | None, tally: _Tally) -> Iterator[Extraction]:
    stranger = strangers.refuse(outcome.article) if strangers and outcome.article else None
    error = stranger or outcome.error
    if error is not None:
        tally.fail(error)
    elif outcome.extraction is not None:
        yield outcome.extraction
    else:
        tally.unchanged += 1
        tally.step(articles=1)


def _join_triples(
    articles: Iterable[Article], triples: Path, hashes: Mapping[str, str], tally: _Tally
) -> Iterator[Extraction]:
    """Each article with the statements that the file `triples` has of it; those whose passage is not there are rejected."""
    from kg.load.triples import StatementsFile

    with StatementsFile(triples, on_error=tally.fail) as stated:
        for article in articles:
            lines, held = stated.digest(article.id), hashes.get(article.id, "")
            if is_unchanged := has_same_content(held, article.digest(fingerprint=lines)):
                stated.leave(article.id)
            else:
                faults = stated.faults
                found = stated.take(article.id) or Extraction(article.info())
                # Lines that are at fault are to be told again by the next run, so what comes of them is not known by them alone.
                info = article.info(fingerprint=lines if stated.faults == faults else f"{lines} with faults")
                is_unchanged = has_same_content(held, info.hash)
            if is_unchanged:
                tally.unchanged += 1
                tally.step(articles=1)
                continue
            kept = tuple(statement for statement in found.statements if _stands_in(article, statement))
            lost = tuple(
                Rejection(
                    article.id, (s.head.name, s.relation, s.tail.name), "evidence is not where the statement says"
                )
                for s in found.statements
                if not _stands_in(article, s)
            )
            yield replace(found, article=info, statements=kept, rejected=found.rejected + lost)
        for doc in stated.docs():
            left = stated.take(doc)
            if left is not None:
                reason = f"{len(left.statements)} statements of {doc!r} were left out, for no article read has this id"
                tally.fail(InputError(str(triples), reason))


def _stands_in(article: Article, statement: Statement) -> bool:
    evidence = statement.evidence
    if evidence.start < 0:  # only the title says it
        return evidence.text in article.title
    return article.text[evidence.start : evidence.end] == evidence.text


_NO_ARTICLE = "no article was found; give .txt, .md, .html, .jsonl, .csv, .pdf or .docx files, or a folder of them"
_NO_STATEMENT = "no statement was found; give files that hold one JSON object a line, as kg extract writes them"


def _store(
    extractions: Iterable[Extraction],
    store: "Store",
    tally: _Tally,
    *,
    nothing: str = _NO_ARTICLE,
    save_every: float | None = None,
) -> Report:
    """Write to the store what there is to write; a run without anything new leaves it untouched, unless the registry is another.

    UsageError, saying `nothing`, where no input held anything.
    """
    watched = tally.watch(extractions)
    first = next(watched, None)
    if not tally.read:
        raise _nothing_readable(tally, nothing)
    if first is None:
        if not store.is_current():
            store.write(())
        return _survey(store, tally)
    added = changed = removed = 0
    begun = saving = 0.0

    def begin() -> None:
        nonlocal begun
        begun = time.monotonic()
        tally.step("Resolving and storing")

    while first is not None:
        due = None if save_every is None else max(save_every, READING_TO_SAVING * (saving - QUICKLY_SAVED))
        counts = store.write(_and_then(_until_due(itertools.chain([first], watched), due), begin))
        saving = time.monotonic() - begun
        tally.unchanged += counts.unchanged
        added, changed, removed = added + counts.added, changed + counts.changed, removed + counts.removed
        first = next(watched, None)
    return replace(_survey(store, tally), added=added, changed=changed, removed=removed)


# A run that saves along the way takes at most a third more time for it, and no heed of saves that are quick.
READING_TO_SAVING = 3.0
QUICKLY_SAVED = 10.0  # seconds


def _until_due(extractions: Iterable[Extraction], seconds: float | None) -> Iterator[Extraction]:
    """The extractions of that time, one at least; all of them without one. The next is not asked for."""
    started = time.monotonic()
    for extraction in extractions:
        yield extraction
        if seconds is not None and time.monotonic() - started >= seconds:
            return


def _and_then(extractions: Iterable[Extraction], do: Callable[[], None]) -> Iterator[Extraction]:
    yield from extractions
    do()


def _survey(store: "Store", tally: _Tally) -> Report:
    """The report of the run with the figures of the whole graph as it stands in the store."""
    found = store.summary()
    tally.rejected.update(found.rejected)
    return replace(
        tally.report(),
        entities=found.entities,
        facts=found.facts,
        relations=dict(Counter(found.relations).most_common()),
        rejected=dict(tally.rejected.most_common()),
    )


def _nothing_readable(tally: _Tally, nothing: str = _NO_ARTICLE) -> UsageError:
    if tally.failures:
        return UsageError("nothing could be read: every input failed, so nothing was written")
    return UsageError(nothing)
