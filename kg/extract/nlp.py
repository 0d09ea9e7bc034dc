"""The extractor: small steps over a clean text, each of which reads what the ones before it found.

    sentences    where sentences begin and end
    times        time expressions, dated by the article
    reading      entities and statements that the trained model reads; None where there is no model
    mentions     mentions of entities, with the types of the ontology and their scores
    entities     the article's entities;  groups: mentions and resolved references
    candidates   what patterns find
    findings     the same with status, time and confidence, and the model's statements

Each step keeps its own knowledge (gazetteer, patterns, cues). Where there is a reading, mentions and entities are its own,
corrected by the user's gazetteer, and patterns stand beside it.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from kg.errors import ConfigError, ExtractionError
from kg.extract.ahead import begin_ahead
from kg.extract.assembly import Finding, assemble
from kg.extract.coreference import resolve_references
from kg.extract.entities import add_usual_names, group_mentions, mentioned_aliases
from kg.extract.evidence import find_evidence
from kg.extract.gazetteer import GAZETTEER_FILE, Gazetteer, read_gazetteer
from kg.extract.lexicon import load_lexicon
from kg.extract.mentions import MentionFinder, resolve_overlaps
from kg.extract.options import ExtractorOptions, fingerprint
from kg.extract.patterns import PATTERNS_FILE, Patterns, read_patterns
from kg.extract.reader import Begun, Reader, load_reader
from kg.extract.reading import CleanArticle, clean_article
from kg.extract.readings import entities_of, findings_of, mentions_of
from kg.extract.relations import Candidate, Party, find_candidates, read_sentence, skip_dateline
from kg.extract.sentences import split_sentences
from kg.extract.status import CueSearch, tell_beside, tell_status
from kg.extract.time import TimeExpression, find_times, find_unplaced
from kg.extract.timing import tell_time, times_within
from kg.extract.trained import Reading
from kg.model import Article, Extraction, Mention, NamedEntity, Span
from kg.ontology import Ontology, load_ontology

# A bound on memory and time for what is no news; readers of files take half of it. Title and text together.
MAX_CHARACTERS = 2_000_000

# Beside a trained model, only patterns surer than this have a say. Mean triple F1 over the five kinds of the development split:
# 0.518 without patterns, 0.522 from 0.5 on, 0.522 with all of them (more found, less of it right).
BESIDE_MODEL = 0.5

# What a pattern tells of a triple that the model has with another status. Of planned and rumored the model knows more: with
# them too, status on dated news falls from 0.88 to 0.81.
OVER = ("ended", "denied")

# What is begun ahead for each window that the model reads at once: enough to go on with while one article is finished, and few
# enough to keep memory flat. More of either is no faster.
WINDOWS_AHEAD = 2
ARTICLES_AHEAD = 4


@dataclass(slots=True)
class Draft:
    """An article on its way through the steps, and what they found so far; offsets are those of the clean text."""

    article: CleanArticle
    sentences: Sequence[Span] = ()
    times: Sequence[TimeExpression] = ()
    begun: Begun | None = None
    reading: Reading | None = None
    mentions: Sequence[Mention] = ()
    entities: Sequence[NamedEntity] = ()
    groups: Sequence[tuple[Party, ...]] = ()
    candidates: Sequence[Candidate] = ()
    findings: list[Finding] = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.article.text


class Extractor:
    """Articles in, extractions out. `fingerprint` changes with everything that could change a result.

    ConfigError where a user's file or the model is wrong.
    """

    def __init__(self, options: ExtractorOptions | None = None) -> None:
        self.options = options = options or ExtractorOptions()
        self.ontology = load_ontology()
        # ONNX Runtime lets other threads work while it reads the model.
        with ThreadPoolExecutor(1, thread_name_prefix="kg-model") as pool:
            folder = options.model_folder
            reader = pool.submit(_load_reader, folder, options) if folder else None
            self._users = read_gazetteer(options.gazetteer, self.ontology) if options.gazetteer else None
            ours = read_gazetteer(GAZETTEER_FILE, self.ontology)
            self._gazetteer: Gazetteer = ours.merged_with(self._users) if self._users else ours
            self._patterns = _load_patterns(options.patterns, self.ontology)
            self._lexicon = load_lexicon()
            self._finder = MentionFinder(self._gazetteer, self._lexicon)
            self._reader = reader.result() if reader else None
        self.fingerprint = fingerprint(options)

    def extract(
        self, articles: Iterable[Article], *, on_error: Callable[[ExtractionError], None] | None = None
    ) -> Iterator[Extraction]:
        """One Extraction an article, in order. An article that fails goes to `on_error`, without which it is raised.

        Where the model reads several windows at once, some articles are taken ahead of the one that is given out.
        """
        at_once = self._reader.at_once if self._reader else 1
        ahead = begin_ahead(
            articles,
            self._begin,
            most=ARTICLES_AHEAD * at_once if at_once > 1 else 0,
            is_enough=lambda begun: _unread(begun) >= WINDOWS_AHEAD * at_once,
            cancel=_cancel,
        )
        with contextlib.closing(ahead):
            for beginning in ahead:
                try:
                    extraction = self.conclude(self._finish(beginning.result()))
                except Exception as exc:  # whatever one article does to a step, the others are none the worse
                    known = (
                        exc if isinstance(exc, ExtractionError) else ExtractionError(f"{beginning.item.id}: {exc!r}")
                    )
                    if on_error is None:
                        raise known from (None if known is exc else exc)
                    known.__cause__ = None if known is exc else exc
                    on_error(known)
                    continue
                yield extraction

    def conclude(self, draft: Draft) -> Extraction:
        """What the article of a draft says, when all steps are done."""
        return assemble(
            draft.article,
            draft.article.article.info(fingerprint=self.fingerprint),
            draft.entities,
            draft.findings,
            self.ontology,
            min_confidence=self.options.min_confidence,
            all_named=draft.reading is not None,
        )

    def run(self, article: Article) -> Draft:
        """One article after all steps, for a look at what each found."""
        return self._finish(self._begin(article))

    def _begin(self, article: Article) -> Draft:
        """An article whose windows wait for the model, or are being read by it."""
        cleaned = clean_article(article)
        if len(cleaned.text) > MAX_CHARACTERS:
            raise ExtractionError(
                f"{article.id}: has {len(cleaned.text):,} characters, more than the {MAX_CHARACTERS:,} that one article may; "
                "split the file into its articles"
            )
        draft = Draft(cleaned)
        draft.sentences = split_sentences(draft.text)
        if self._reader is not None:
            draft.begun = self._reader.begin(draft.text, draft.sentences, titled=bool(cleaned.body_start))
        return draft

    def _finish(self, draft: Draft) -> Draft:
        day = draft.article.article.date
        try:
            draft.times = find_times(draft.text, anchor=day)
            if self._reader is not None and draft.begun is not None:
                # The model chooses among all, also those that nothing places: without them it would choose another's.
                placed = [Span(time.start, time.end) for time in draft.times]
                unplaced = () if day else find_unplaced(draft.text, placed)
                draft.reading = self._reader.finish(draft.begun, [*placed, *unplaced])
        finally:
            _cancel(draft)
            draft.begun = None
        draft.mentions = self._find_mentions(draft)
        draft.entities, draft.groups = self._resolve(draft)
        draft.candidates = self._relate(draft)
        draft.findings = self._judge(draft)
        return draft

    def _find_mentions(self, draft: Draft) -> list[Mention]:
        if draft.reading is not None:
            return mentions_of(draft.text, draft.reading)
        mentions = self._finder.find(draft.text)
        return resolve_overlaps([*mentions, *mentioned_aliases(draft.text, mentions)])

    def _resolve(self, draft: Draft) -> tuple[Sequence[NamedEntity], Sequence[tuple[Party, ...]]]:
        if draft.reading is None:
            local = group_mentions(draft.text, draft.mentions, self._gazetteer, self.ontology)
        else:
            local = entities_of(draft.text, draft.reading, self._users, self.ontology)
        references = self._lexicon.references
        return (
            add_usual_names(local.entities, self._gazetteer, self.ontology),
            resolve_references(draft.text, draft.sentences, local.parties, references, self.ontology),
        )

    def _relate(self, draft: Draft) -> list[Candidate]:
        text, times, groups, candidates = draft.text, draft.times, draft.groups, list[Candidate]()
        topic: tuple[Party, ...] | None = None
        first = 0
        for sentence in draft.sentences:
            while first < len(groups) and groups[first][0].start < sentence.start:
                first += 1
            last = first
            while last < len(groups) and groups[last][0].end <= sentence.end:
                last += 1
            if last > first:
                dates = [Span(t.start, t.end) for t in times_within(times, sentence)]
                told = skip_dateline(text, sentence)
                parties = [group for group in groups[first:last] if group[0].start >= told.start]
                readings = read_sentence(text, told, parties, self.ontology, topic=topic, skipped=dates)
                candidates += find_candidates(text, sentence, readings, self._patterns)
                topic = readings[0].topic
            first = last
        return candidates

    def _judge(self, draft: Draft) -> list[Finding]:
        text, times, reading = draft.text, draft.times, draft.reading
        search = CueSearch(text)
        findings = findings_of(reading, draft.sentences, times) if reading else []
        read = {
            key: number for number, f in enumerate(findings) for key in _keys(f.head, f.relation, f.tail, self.ontology)
        }
        for candidate in draft.candidates:
            ends = (candidate.head.entity, candidate.tail.entity)
            number = read.get((ends[0], candidate.relation, ends[1]))
            if reading and number is None and candidate.pattern.confidence < BESIDE_MODEL:
                continue
            status = tell_status(search, candidate, self._patterns.cues)
            if status is None:
                continue
            time = tell_time(candidate, times)
            evidence = find_evidence(text, candidate, time)
            if number is not None:
                # The model says each triple once, and is slow to believe an end or a denial. A pattern that tells one counts.
                if status not in OVER or status == findings[number].status:
                    continue
                if evidence.overlaps(findings[number].evidence):
                    findings[number] = replace(findings[number], status=status)
                    continue
            findings.append(
                Finding(
                    ends[0],
                    candidate.relation,
                    ends[1],
                    status,
                    time.value if time else None,
                    evidence,
                    candidate.pattern.confidence * (candidate.head.score * candidate.tail.score) ** 0.5,
                    candidate.pattern,
                )
            )
        return [told for f in findings for told in tell_beside(search, f, draft.sentences, self._patterns.pairs)]


def _unread(begun: Sequence[Draft]) -> int:
    return sum(draft.begun.unread for draft in begun if draft.begun)


def _cancel(draft: Draft) -> None:
    if draft.begun is not None:
        draft.begun.cancel()


def _load_reader(folder: Path, options: ExtractorOptions) -> Reader:
    try:
        return load_reader(folder, threads=options.threads, at_once=options.at_once)
    except ImportError as exc:
        raise ConfigError(
            f"{folder}: a trained model needs a package that cannot be imported ({exc}); "
            "install onnxruntime and tokenizers, or do without with --model none"
        ) from exc


def _load_patterns(path: Path | None, ontology: Ontology) -> Patterns:
    """Our patterns, with the user's before them where a file is given."""
    ours = read_patterns(PATTERNS_FILE, ontology)
    return ours.merged_with(read_patterns(path, ontology, base=ours)) if path else ours


def _keys(head: int, relation: str, tail: int, ontology: Ontology) -> list[tuple[int, str, int]]:
    """A triple, both ways round where it is symmetric."""
    mirrored = [(tail, relation, head)] if ontology.relation(relation).symmetric else []
    return [(head, relation, tail), *mirrored]
