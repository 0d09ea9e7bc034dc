// zh: 某段时间里谁推出了什么？
// en: Who launched what in a period?
// param from = "2020-01-01"
// param to = "9999"
// column day  of the launch
// column head  who
// column launched  what
// column type  its entity type
// column status  as of the last article
// column evidence  the passages
MATCH (a:Entity)-[r:LAUNCHES]->(b:Entity)
UNWIND r.valid_from AS day
WITH a, r, b, day
// The tilde sorts behind every digit and dash, so that a year or month as the end of the period is meant whole.
WHERE day <> '' AND $from <= day AND day <= $to + '~'
RETURN day, a.name AS head, b.name AS launched, b.type AS type, r.status AS status, r.evidence AS evidence
ORDER BY day, head, launched
