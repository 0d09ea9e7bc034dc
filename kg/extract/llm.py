"""A language model as extractor, behind the same contract as the trained one: articles in, checked extractions out, in order.

    article ──clean──▶ pieces ──ask──▶ answers ──check──▶ claims and rejections ──▶ Extraction

The requests run in an event loop of their own thread, so that several are under way while the caller takes one extraction
after another; a few articles are read ahead and no more.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Self

from kg.errors import ConfigError, ExtractionError
from kg.extract.gazetteer import GAZETTEER_FILE, read_gazetteer
from kg.extract.lexicon import load_lexicon
from kg.extract.llm_answer import Answer, read_answer
from kg.extract.llm_check import Checker, Claim, make_extraction
from kg.extract.llm_client import LLMClient, ServerDown
from kg.extract.llm_merge import merge
from kg.extract.llm_options import LLMUsage
from kg.extract.llm_prompt import make_instructions, make_messages, make_schema, split_pieces
from kg.extract.options import ExtractorOptions, fingerprint
from kg.extract.reading import CleanArticle, clean_article
from kg.extract.time import find_times
from kg.model import Article, Extraction, Rejection, Span
from kg.ontology import load_ontology

ErrorHandler = Callable[[ExtractionError], None]
ModelExtract = Callable[[Iterable[Article]], Iterator[Extraction]]

ARTICLES_PER_REQUEST = 2  # articles under way for each request that may be: one asked about, one waiting its turn
CLOSING = 5.0  # seconds for the connections to be closed; then they end with the process


def extract_by_llm(
    options: ExtractorOptions, articles: Iterable[Article], *, on_error: ErrorHandler | None = None
) -> Iterator[Extraction]:
    """One Extraction an article by the server that `options` names, and by the model as well where they say so."""
    assert options.llm is not None, "who calls has a server"
    with LLMExtractor(options) as asked:
        if not options.llm.beside_model:
            yield from asked.extract(articles, on_error=on_error)
            return
        from kg.extract.nlp import Extractor

        by_model = partial(Extractor(options).extract, on_error=on_error)
        yield from asked.extract_beside(articles, by_model, on_error=on_error)


class LLMExtractor:
    """Holds the connection and the thread it lives in; `close`, or a with block, ends both. `usage` counts what was asked."""

    def __init__(self, options: ExtractorOptions) -> None:
        if options.llm is None:
            raise ConfigError("no server is named; give LLMOptions with its address and the model's name")
        self.options = options
        self.ontology = load_ontology()
        self.fingerprint = fingerprint(options)
        self._references = load_lexicon().references
        ours = read_gazetteer(GAZETTEER_FILE, self.ontology)
        users = read_gazetteer(options.gazetteer, self.ontology) if options.gazetteer else None
        self._gazetteer = ours.merged_with(users) if users else ours
        self._instructions = make_instructions(self.ontology)
        self._client = LLMClient(options.llm, make_schema(self.ontology))
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="kg-llm", daemon=True)
        self._thread.start()

    @property
    def usage(self) -> LLMUsage:
        return self._client.usage

    def extract(self, articles: Iterable[Article], *, on_error: ErrorHandler | None = None) -> Iterator[Extraction]:
        """One Extraction an article, in order. An article that fails goes to `on_error`, without which it is raised.

        ServerDown is raised at once where the server has not given a single answer.
        """
        assert self.options.llm is not None, "__init__ has seen it"
        ahead = self.options.llm.concurrency * ARTICLES_PER_REQUEST
        waiting: deque[Future[Extraction]] = deque()
        try:
            for article in articles:
                waiting.append(self.submit(article))
                if len(waiting) >= ahead:
                    yield from self._await(waiting.popleft(), on_error)
            while waiting:
                yield from self._await(waiting.popleft(), on_error)
        finally:
            for future in waiting:
                future.cancel()

    def extract_beside(
        self, articles: Iterable[Article], model_extract: ModelExtract, *, on_error: ErrorHandler | None = None
    ) -> Iterator[Extraction]:
        """The same, merged with what `model_extract` makes of the articles; one that either fails on is left out."""
        waiting: deque[tuple[Article, Future[Extraction]]] = deque()

        def submit_each() -> Iterator[Article]:
            for article in articles:
                waiting.append((article, self.submit(article)))
                yield article

        try:
            for extraction in model_extract(submit_each()):
                while True:
                    article, future = waiting.popleft()
                    if article.info(fingerprint=self.fingerprint) == extraction.article:
                        break
                    future.cancel()  # the model has failed on it, and said so
                for found in self._await(future, on_error):
                    yield merge(extraction, found, self.ontology)
        finally:
            for _, future in waiting:
                future.cancel()

    def submit(self, article: Article) -> "Future[Extraction]":
        """Ask about one article; the future's error is an ExtractionError, or OutputError where the cache cannot be written."""
        return asyncio.run_coroutine_threadsafe(self._extract(article), self._loop)

    def _await(self, future: "Future[Extraction]", on_error: ErrorHandler | None) -> Iterator[Extraction]:
        try:
            extraction = future.result()
        except ExtractionError as exc:
            if on_error is None or (isinstance(exc, ServerDown) and not self._client.answered):
                raise
            on_error(exc)
        else:
            yield extraction

    async def _extract(self, article: Article) -> Extraction:
        cleaned = clean_article(article)
        checker = Checker(cleaned, find_times(cleaned.text, anchor=article.date), self.ontology, self._references)
        claims: list[Claim] = []
        rejected: list[Rejection] = []
        for found, lost in await self._ask_all(cleaned, checker):
            claims += found
            rejected += lost
        return make_extraction(
            cleaned,
            article.info(fingerprint=self.fingerprint),
            claims,
            rejected,
            gazetteer=self._gazetteer,
            ontology=self.ontology,
            min_confidence=self.options.min_confidence,
        )

    async def _ask_all(self, article: CleanArticle, checker: Checker) -> list[tuple[list[Claim], list[Rejection]]]:
        """What is believed and what is not, piece by piece; where one piece fails, the article does."""
        tasks = [asyncio.ensure_future(self._ask(article, checker, piece)) for piece in split_pieces(article.text)]
        try:
            return await asyncio.gather(*tasks)
        except ExtractionError as exc:
            raise type(exc)(f"{article.article.id}: {exc}") from exc
        finally:
            for task in tasks:
                task.cancel()

    async def _ask(self, article: CleanArticle, checker: Checker, piece: Span) -> tuple[list[Claim], list[Rejection]]:
        text = article.text[piece.start : piece.end]
        messages = make_messages(self._instructions, text, date=article.article.date)
        content = await self._client.ask(messages, readable=lambda said: read_answer(said) is not None)
        answer = read_answer(content) or Answer((), whole=False)
        claims, rejected = checker.check(answer.items, piece)
        if not answer.whole:
            rejected.append(Rejection(article.article.id, ("?", "?", "?"), "the answer breaks off"))
        return claims, rejected

    def close(self) -> None:
        """Give up what is under way, close the connections and end the thread."""
        if self._loop.is_closed():
            return

        async def end() -> None:
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._client.__aexit__(None, None, None)

        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(end(), self._loop).result(timeout=CLOSING)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=CLOSING)
        if not self._thread.is_alive():
            self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()
