"""An article as the pipeline reads it: title and text cleaned into one stretch of characters, with the way back."""

from dataclasses import dataclass

from kg.extract.text import CleanText, clean
from kg.model import Article, Evidence


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


def clean_article(article: Article) -> CleanArticle:
    """Clean an article for the pipeline."""
    body = clean(article.text)
    title = clean("" if article.title_in_text else article.title)
    lead = title.text.replace("\n", " ") + "\n" if title.text else ""
    return CleanArticle(article, lead + body.text, title, body, len(lead))
