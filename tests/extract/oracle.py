"""A scorer that knows the annotation: what is wrong after decoding is then decoding's own doing."""

import numpy as np

from kg.extract.linking import RELATIONS, SYMMETRIC
from kg.extract.pieces import READ_PIECES, make_windows
from kg.extract.tagging import TYPES, count_tags, tag_spans
from kg.model import STATUSES, Span

SURE = 9.0


class Oracle:
    """`kg.extract.trained.Scorer` that is right about windows of the given `training.annotated.Document`s."""

    def __init__(self, documents, tokenizer, *, titled=True, max_pieces=READ_PIECES):
        self.documents = {}
        for document in documents:
            sentences = [Span(*sentence) for sentence in document.sentences]
            for window in make_windows(tokenizer, document.text, sentences, titled=titled, max_pieces=max_pieces):
                self.documents[self._key(window)] = document

    @staticmethod
    def _key(window):
        return window.ids.tobytes(), window.offsets.tobytes()

    def tag(self, window):
        document = self.documents[self._key(window)]
        place = {int(offset): at for at, offset in enumerate(window.offsets)}
        spans = [
            (place[start], place[start] + end - start, TYPES.index(document.types[number]))
            for start, end, number, _ in document.mentions
            if start in place and end - 1 in place
        ]
        scores = np.full((len(window.offsets), count_tags(len(TYPES))), -SURE, np.float32)
        scores[np.arange(len(scores)), tag_spans(len(scores), spans)] = -0.01
        return (window, document), scores

    @staticmethod
    def _entities(hidden, mentions):
        """Number in the window -> number in the document."""
        window, document = hidden
        owner = {window.piece_span(start, end): number for start, end, number, _ in document.mentions}
        spans = [tuple(map(int, span)) for span in mentions.spans]
        return {int(own): owner[span] for span, own in zip(spans, mentions.owner, strict=True) if span in owner}

    def same(self, hidden, names, count, pairs, features):
        meant = self._entities(hidden, names)
        assert len(meant) == count
        assert len(features) == len(pairs)
        return np.array([SURE if meant[a] == meant[b] else -SURE for a, b in pairs.tolist()], np.float32)

    def relate(self, hidden, sentences, entities, types, heads, tails, distances):
        meant, document = self._entities(hidden, entities), hidden[1]
        logits = np.full((len(heads), len(RELATIONS)), -SURE, np.float32)
        for said in document.relations:
            relation = RELATIONS.index(said.relation)
            for pair, ends in enumerate(zip(heads.tolist(), tails.tolist(), strict=True)):
                head, tail = (meant[end] for end in ends)
                if (head, tail) == (said.head, said.tail) or (
                    SYMMETRIC[relation] and (tail, head) == (said.head, said.tail)
                ):
                    logits[pair, relation] = SURE
        return logits, np.zeros((len(heads), 4), np.float32)

    def report(self, hidden, sentences, sentence_count, entities, count, known, statements, times):
        (window, document), meant = hidden, self._entities(hidden, entities)
        within = [int(number) for number in np.unique(window.sentences) if number >= 0]
        assert len(within) == sentence_count
        placed = [window.piece_span(start, end) for start, end, _ in document.times]
        status = np.zeros((len(statements), len(STATUSES)), np.float32)
        evidence = np.zeros((len(statements), sentence_count), np.float32)
        when = np.zeros((len(statements), 1 + len(times)), np.float32)
        for row, (head, tail, relation) in enumerate(statements.tolist()):
            ends = {meant[head], meant[tail]}
            said = next(
                s for s in document.relations if RELATIONS.index(s.relation) == relation and {s.head, s.tail} == ends
            )
            status[row, STATUSES.index(said.status)] = SURE
            evidence[row, [within.index(number) for number in said.sentences if number in within]] = SURE
            chosen = [1 + times.tolist().index(list(placed[number])) for number in said.times or () if placed[number]]
            when[row, chosen or [0]] = SURE
        return status, evidence, when
