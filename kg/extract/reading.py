"""An article as the pipeline reads it: title and text cleaned into one stretch of characters, with the way back."""

import re
from dataclasses import dataclass

from kg.extract.text import CleanText, clean, raw_forms
from kg.model import Article, Evidence

_OWN_MARKS = frozenset("·“”‘’")
"""Name dots and quotation marks, of which names keep the text's own: what is looked up there must be found. Letters and
figures of full width are the same to every search."""


@dataclass(frozen=True, slots=True)
class CleanArticle:
    """`text` is what the pipeline reads. A title kept apart from the article's text stands first, on a line of its own."""

    article: Article
    text: str
    title: CleanText
    body: CleanText
    body_start: int

    def evidence(self, start: int, end: int) -> Evidence:
        """The passage of clean characters start..end in the raw text; offsets -1 where it lies in a title kept apart."""
        if end <= self.body_start:
            span = self.title.raw_span(start, min(end, len(self.title.text)))
            return Evidence(-1, -1, self.article.title[span.start : span.end])
        span = self.body.raw_span(max(0, start - self.body_start), end - self.body_start)
        return Evidence(span.start, span.end, self.article.text[span.start : span.end])

    def as_written(self, name: str) -> str:
        """A name of the clean text with the dots and quotation marks that the raw one has: 谢尔盖・布林, not 谢尔盖·布林."""
        if _OWN_MARKS.isdisjoint(name):
            return name
        raws = (self.article.title, self.article.text)
        if any(name in raw for raw in raws):
            return name
        signs = (f"[{re.escape(raw_forms(char))}]" if char in _OWN_MARKS else re.escape(char) for char in name)
        written = re.compile("".join(signs))
        return next((found[0] for raw in raws if (found := written.search(raw))), name)


def clean_article(article: Article) -> CleanArticle:
    """Clean an article for the pipeline."""
    body = clean(article.text)
    title = clean("" if article.title_in_text else article.title)
    lead = title.text.replace("\n", " ") + "\n" if title.text else ""
    return CleanArticle(article, lead + body.text, title, body, len(lead))
