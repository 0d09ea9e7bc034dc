// zh: 哪些关系已经终止？
// en: Which relations have ended?
// param relations = ["PARTNERS_WITH", "CONNECTS_TO", "JOINS", "SUPPLIES", "ENDORSES", "OWNS", "HOLDS_STAKE_IN", "FOCUSES_ON", "WORKS_FOR"]
// param from = ""
// param to = "9999"
// column until  until when, null where unknown
// column head  who
// column relation  did or was what
// column tail  to whom
// column since  since when, null where unknown
// column sources  independent articles that state it
// column evidence  the passages
MATCH (a:Entity)-[r]->(b:Entity)
WHERE r.status = 'ended' AND type(r) IN $relations
  AND $from <= coalesce(last(r.valid_to), '') AND coalesce(last(r.valid_to), '') <= $to + '~'
RETURN r.until AS until, a.name AS head, type(r) AS relation, b.name AS tail, r.since AS since, r.sources AS sources,
       r.evidence AS evidence
ORDER BY coalesce(until, ''), head, relation, tail
