// zh: 某段时间里新开了哪些合作、互通和入驻？
// en: Which partnerships, links and shops were newly opened in a period?
// param from = "2025-01-01"
// param to = "2025-12-31"
// param relations = ["PARTNERS_WITH", "CONNECTS_TO", "JOINS"]
// column day  on which it began
// column head  who
// column relation  opened what
// column tail  to whom
// column status  as of the last article
// column sources  independent articles that state it
// column evidence  the passages
MATCH (a:Entity)-[r]->(b:Entity)
WHERE type(r) IN $relations
UNWIND r.valid_from AS day
WITH a, r, b, day
// A start that nobody dates is '' and belongs to no period. The tilde sorts behind every digit and dash, so that a year or
// month as the end of the period is meant whole.
WHERE day <> '' AND $from <= day AND day <= $to + '~'
RETURN day, a.name AS head, type(r) AS relation, b.name AS tail, r.status AS status, r.sources AS sources,
       r.evidence AS evidence
ORDER BY day, head, relation, tail
