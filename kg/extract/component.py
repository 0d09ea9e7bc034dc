"""The extractor as a component of spaCy's pipelines (extra `spacy`), found by its entry point: `nlp.add_pipe("kg")`.

    nlp = spacy.blank("zh")
    nlp.add_pipe("kg")
    doc = nlp("5月7日，小红书与淘宝天猫签署战略合作协议。")
    doc._.kg.statements   # as of kg.extract; evidence in offsets of doc.text
    doc.spans["kg"]       # mentions, labelled with the types of the ontology

An article's day and title are told beforehand: `doc = nlp.make_doc(text); doc._.kg_date = "2025-05-07"; nlp(doc)`.
The program itself does without spaCy (docs/decisions/0013-without-spacy.md).
"""

from collections.abc import Callable
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Doc

from kg.extract.nlp import Extractor
from kg.extract.options import ExtractorOptions
from kg.model import Article

NAME = "kg"

for _extension in ("kg", "kg_date", "kg_title", "kg_id"):
    if not Doc.has_extension(_extension):
        Doc.set_extension(_extension, default=None)


@Language.factory(
    NAME,
    assigns=["doc._.kg", "doc.spans"],
    default_config={"model": None, "gazetteer": None, "patterns": None, "min_confidence": 0.0, "threads": None},
)
def make_component(
    nlp: Language,
    name: str,
    model: str | None,
    gazetteer: str | None,
    patterns: str | None,
    min_confidence: float,
    threads: int | None,
) -> Callable[[Doc], Doc]:
    """A component that sets `doc._.kg` to the Extraction of a text and `doc.spans["kg"]` to the mentions in it.

    Paths are those of a model's folder (None: the model that ships, "none": patterns alone) and of a user's files. ConfigError
    where one is wrong, ExtractionError where a text is too long.
    """
    options = ExtractorOptions(
        model=Path(model) if model else None,
        gazetteer=Path(gazetteer) if gazetteer else None,
        patterns=Path(patterns) if patterns else None,
        min_confidence=min_confidence,
        threads=threads,
        at_once=1,  # a pipeline waits for each text before it begins with the next
    )
    extractor = Extractor(options)

    def read(doc: Doc) -> Doc:
        draft = extractor.run(Article(doc._.kg_id or "doc", doc.text, title=doc._.kg_title or "", date=doc._.kg_date))
        doc._.kg = extractor.conclude(draft)
        start = draft.article.body_start
        places = [
            (draft.article.body.raw_span(m.start - start, m.end - start), m.type)
            for m in draft.mentions
            if m.start >= start
        ]
        # A token may hold more than the name: spaCy's spans are of whole ones.
        spans = [doc.char_span(s.start, s.end, label=kind, alignment_mode="expand") for s, kind in places]
        doc.spans[NAME] = [span for span in spans if span is not None]
        return doc

    return read
