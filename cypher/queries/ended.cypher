// zh: 哪些关系已经终止？
// en: Which relations have ended?
// param from = "0000-01-01"
// param to = "9999-12-31"
// column head  who
// column relation  did or was what
// column tail  to whom
// column since  since when, null where unknown
// column until  until when
// column evidence  the passages
MATCH (a:Entity)-[r]->(b:Entity)
WHERE r.status = 'ended' AND (r.until IS NULL OR ($from <= r.until AND r.until <= $to))
RETURN a.name AS head, type(r) AS relation, b.name AS tail, r.since AS since, r.until AS until, r.evidence AS evidence
ORDER BY coalesce(until, ''), head, relation, tail
