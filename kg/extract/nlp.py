"""The extractor: a spaCy pipeline of small components over a clean text.

    tokenizer        one token a character, so that token offsets are character offsets
    kg_sentences     doc.spans["sentences"]
    kg_time          doc._.kg_times: time expressions, dated by the article in doc._.kg_article
    kg_reader        doc._.kg_reading: entities and statements that the trained model reads; left out where there is none
    kg_mentions      doc.spans["mentions"], labelled with the types of the ontology; doc._.kg_mentions has them with scores
    kg_coreference   doc._.kg_entities: the article's entities; doc._.kg_groups: mentions and resolved references
    kg_relations     doc._.kg_candidates: what patterns find
    kg_status        doc._.kg_findings: the same with status, time and confidence, and the model's statements

Each component keeps its own knowledge (gazetteer, patterns, cues) and only reads what the ones before it wrote. Where
there is a reading, mentions and entities are its own, corrected by the user's gazetteer, and patterns stand beside it.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.tokens import Span as DocSpan
from spacy.vocab import Vocab

from kg.errors import ConfigError, ExtractionError, KGError
from kg.extract.assembly import Finding, assemble
from kg.extract.coreference import resolve_references
from kg.extract.entities import add_usual_names, group_mentions, mentioned_aliases
from kg.extract.evidence import find_evidence
from kg.extract.gazetteer import GAZETTEER_FILE, Gazetteer, read_gazetteer
from kg.extract.lexicon import load_lexicon
from kg.extract.mentions import MentionFinder, resolve_overlaps
from kg.extract.options import ExtractorOptions, fingerprint
from kg.extract.patterns import PATTERNS_FILE, Patterns, read_patterns
from kg.extract.reader import MODEL_FOLDER, load_reader
from kg.extract.reading import CleanArticle, clean_article
from kg.extract.readings import entities_of, findings_of, mentions_of
from kg.extract.relations import Candidate, Party, find_candidates, read_sentence
from kg.extract.sentences import split_sentences
from kg.extract.status import CueSearch, tell_beside, tell_status
from kg.extract.time import find_times
from kg.extract.timing import tell_time, times_within
from kg.model import Article, Extraction, Span
from kg.ontology import Ontology, load_ontology

# spaCy allots memory by token before it reads anything; a longer article is refused with a sentence instead.
MAX_CHARACTERS = 2_000_000

# Beside a trained model, only patterns surer than this have a say. Mean triple F1 over the five kinds of the development split:
# 0.518 without patterns, 0.522 from 0.5 on, 0.522 with all of them (more found, less of it right).
BESIDE_MODEL = 0.5

# What a pattern tells of a triple that the model has with another status. Of planned and rumored the model knows more: with
# them too, status on dated news falls from 0.88 to 0.81.
OVER = ("ended", "denied")

for _name in ("article", "reading", "mentions", "entities", "groups", "times", "candidates", "findings"):
    if not Doc.has_extension(f"kg_{_name}"):
        Doc.set_extension(f"kg_{_name}", default=None)


class CharacterTokenizer:
    """One token a character: offsets of tokens are offsets of the text, and no name is cut across a word."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        return Doc(self.vocab, words=list(text), spaces=[False] * len(text))


def make_nlp(options: ExtractorOptions | None = None) -> Language:
    """The pipeline, with the user's gazetteer and patterns before ours. ConfigError where a user's file is wrong."""
    options = options or ExtractorOptions()
    nlp = spacy.blank("zh")
    nlp.tokenizer = CharacterTokenizer(nlp.vocab)
    nlp.max_length = MAX_CHARACTERS
    gazetteer = str(options.gazetteer) if options.gazetteer else None
    patterns = str(options.patterns) if options.patterns else None
    nlp.add_pipe("kg_sentences")
    nlp.add_pipe("kg_time")
    if folder := options.model_folder:
        nlp.add_pipe("kg_reader", config={"model": str(folder), "threads": options.threads})
    nlp.add_pipe("kg_mentions", config={"gazetteer": gazetteer})
    nlp.add_pipe("kg_coreference", config={"gazetteer": gazetteer})
    nlp.add_pipe("kg_relations", config={"patterns": patterns})
    nlp.add_pipe("kg_status", config={"patterns": patterns})
    return nlp


def load_gazetteer(path: str | None = None) -> Gazetteer:
    """Our gazetteer, with the user's file laid over it where one is given."""
    ontology = load_ontology()
    ours = read_gazetteer(GAZETTEER_FILE, ontology)
    return ours.merged_with(read_gazetteer(Path(path), ontology)) if path else ours


def load_patterns(path: str | None = None) -> Patterns:
    """Our patterns, with the user's before them where a file is given."""
    ontology = load_ontology()
    ours = read_patterns(PATTERNS_FILE, ontology)
    return ours.merged_with(read_patterns(Path(path), ontology, base=ours)) if path else ours


@Language.component("kg_sentences", assigns=["doc.spans"])
def mark_sentences(doc: Doc) -> Doc:
    doc.spans["sentences"] = [doc[s.start : s.end] for s in split_sentences(_text(doc))]
    return doc


def _text(doc: Doc) -> str:
    # doc.text joins its tokens anew each time
    article: CleanArticle | None = doc._.kg_article
    return article.text if article else str(doc.text)


def _sentences(doc: Doc) -> list[Span]:
    return [Span(s.start, s.end) for s in doc.spans["sentences"]]


@Language.factory(
    "kg_reader",
    requires=["doc._.kg_times"],
    assigns=["doc._.kg_reading"],
    default_config={"model": None, "threads": None},
)
def make_reader_component(nlp: Language, name: str, model: str | None, threads: int | None) -> Callable[[Doc], Doc]:
    try:
        reader = load_reader(Path(model) if model else MODEL_FOLDER, threads=threads)
    except ImportError as exc:
        raise ConfigError(
            f"{model or MODEL_FOLDER}: a trained model needs a package that cannot be imported ({exc}); "
            "install onnxruntime and tokenizers, or do without with --model none"
        ) from exc

    def read(doc: Doc) -> Doc:
        article: CleanArticle | None = doc._.kg_article
        times = [Span(time.start, time.end) for time in doc._.kg_times]
        doc._.kg_reading = reader.read(_text(doc), _sentences(doc), times, titled=bool(article and article.body_start))
        return doc

    return read


@Language.factory("kg_mentions", assigns=["doc.spans", "doc._.kg_mentions"], default_config={"gazetteer": None})
def make_mention_component(nlp: Language, name: str, gazetteer: str | None) -> Callable[[Doc], Doc]:
    finder = MentionFinder(load_gazetteer(gazetteer), load_lexicon())

    def mark_mentions(doc: Doc) -> Doc:
        text = _text(doc)
        if doc._.kg_reading is None:
            mentions = finder.find(text)
            mentions = resolve_overlaps([*mentions, *mentioned_aliases(text, mentions)])
        else:
            mentions = mentions_of(text, doc._.kg_reading)
        doc.spans["mentions"] = [DocSpan(doc, m.start, m.end, label=m.type) for m in mentions]
        doc._.kg_mentions = mentions
        return doc

    return mark_mentions


@Language.factory(
    "kg_coreference",
    requires=["doc._.kg_mentions"],
    assigns=["doc._.kg_entities", "doc._.kg_groups"],
    default_config={"gazetteer": None},
)
def make_coreference_component(nlp: Language, name: str, gazetteer: str | None) -> Callable[[Doc], Doc]:
    known, ontology, references = load_gazetteer(gazetteer), load_ontology(), load_lexicon().references
    users = read_gazetteer(Path(gazetteer), ontology) if gazetteer else None

    def resolve(doc: Doc) -> Doc:
        if doc._.kg_reading is None:
            local = group_mentions(_text(doc), doc._.kg_mentions, known, ontology)
        else:
            local = entities_of(_text(doc), doc._.kg_reading, users, ontology)
        doc._.kg_entities = add_usual_names(local.entities, known, ontology)
        doc._.kg_groups = resolve_references(_text(doc), _sentences(doc), local.parties, references, ontology)
        return doc

    return resolve


@Language.component("kg_time", assigns=["doc._.kg_times"])
def mark_times(doc: Doc) -> Doc:
    article: CleanArticle | None = doc._.kg_article
    doc._.kg_times = find_times(_text(doc), anchor=article.article.date if article else None)
    return doc


@Language.factory(
    "kg_relations",
    requires=["doc._.kg_groups", "doc._.kg_times"],
    assigns=["doc._.kg_candidates"],
    default_config={"patterns": None},
)
def make_relation_component(nlp: Language, name: str, patterns: str | None) -> Callable[[Doc], Doc]:
    known, ontology = load_patterns(patterns), load_ontology()

    def relate(doc: Doc) -> Doc:
        text, times, candidates = _text(doc), doc._.kg_times, list[Candidate]()
        groups: list[tuple[Party, ...]] = doc._.kg_groups
        topic: tuple[Party, ...] | None = None
        first = 0
        for sentence in _sentences(doc):
            while first < len(groups) and groups[first][0].start < sentence.start:
                first += 1
            last = first
            while last < len(groups) and groups[last][0].end <= sentence.end:
                last += 1
            if last > first:
                dates = [Span(t.start, t.end) for t in times_within(times, sentence)]
                readings = read_sentence(text, sentence, groups[first:last], ontology, topic=topic, skipped=dates)
                candidates += find_candidates(text, sentence, readings, known)
                topic = readings[0].topic
            first = last
        doc._.kg_candidates = candidates
        return doc

    return relate


@Language.factory(
    "kg_status",
    requires=["doc._.kg_candidates", "doc._.kg_times"],
    assigns=["doc._.kg_findings"],
    default_config={"patterns": None},
)
def make_status_component(nlp: Language, name: str, patterns: str | None) -> Callable[[Doc], Doc]:
    known, ontology = load_patterns(patterns), load_ontology()

    def judge(doc: Doc) -> Doc:
        text, times = _text(doc), doc._.kg_times
        search = CueSearch(text)
        findings = findings_of(doc._.kg_reading, _sentences(doc), times) if doc._.kg_reading else []
        read = {key: number for number, f in enumerate(findings) for key in _keys(f.head, f.relation, f.tail, ontology)}
        for candidate in doc._.kg_candidates:
            ends = (candidate.head.entity, candidate.tail.entity)
            number = read.get((ends[0], candidate.relation, ends[1]))
            if doc._.kg_reading and number is None and candidate.pattern.confidence < BESIDE_MODEL:
                continue
            status = tell_status(search, candidate, known.cues)
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
        sentences = _sentences(doc)
        doc._.kg_findings = [told for f in findings for told in tell_beside(search, f, sentences, known.pairs)]
        return doc

    return judge


def _keys(head: int, relation: str, tail: int, ontology: Ontology) -> list[tuple[int, str, int]]:
    """A triple, both ways round where it is symmetric."""
    mirrored = [(tail, relation, head)] if ontology.relation(relation).symmetric else []
    return [(head, relation, tail), *mirrored]


class Extractor:
    """Articles in, extractions out. `fingerprint` changes with everything that could change a result."""

    def __init__(self, options: ExtractorOptions | None = None) -> None:
        self.options = options = options or ExtractorOptions()
        self.nlp = make_nlp(options)
        self.ontology = load_ontology()
        self.fingerprint = fingerprint(options)

    def extract(
        self,
        articles: Iterable[Article],
        *,
        batch_size: int = 32,
        on_error: Callable[[ExtractionError], None] | None = None,
    ) -> Iterator[Extraction]:
        """One Extraction an article, in order. An article that fails goes to `on_error`, without which it is raised."""

        def report(error: Exception, article_id: str) -> None:
            known = error if isinstance(error, ExtractionError) else ExtractionError(f"{article_id}: {error!r}")
            known.__cause__ = None if known is error else error
            if on_error is None:
                raise known
            on_error(known)

        def documents() -> Iterator[Doc]:
            for article in articles:
                try:
                    yield self._document(article)
                except (KGError, ValueError) as exc:
                    report(exc, article.id)

        def on_component_error(_name: str, _component: object, docs: list[Doc], error: Exception) -> None:
            for doc in docs:
                report(error, doc._.kg_article.article.id)

        self.nlp.set_error_handler(on_component_error)  # type: ignore[arg-type]  # it may return: the article is then left out
        for doc in self.nlp.pipe(documents(), batch_size=batch_size):
            article: CleanArticle = doc._.kg_article
            yield assemble(
                article,
                article.article.info(fingerprint=self.fingerprint),
                doc._.kg_entities,
                doc._.kg_findings,
                self.ontology,
                min_confidence=self.options.min_confidence,
                all_named=doc._.kg_reading is not None,
            )

    def run(self, article: Article) -> Doc:
        """The spaCy Doc of one article after all components, for a look at what each found."""
        doc = self._document(article)
        for _, component in self.nlp.pipeline:
            doc = component(doc)
        return doc

    def _document(self, article: Article) -> Doc:
        cleaned = clean_article(article)
        if len(cleaned.text) > MAX_CHARACTERS:
            raise ExtractionError(
                f"{article.id}: has {len(cleaned.text):,} characters, more than the {MAX_CHARACTERS:,} that one article may; "
                "split the file into its articles"
            )
        doc: Doc = self.nlp.make_doc(cleaned.text)
        doc._.kg_article = cleaned
        return doc
