// zh: 哪些产品被关停，存在了多久？
// en: Which products were shut down, and how long did they live?
// param name = ""
// column closed  when, null where only planned or undated
// column product  what was shut down
// column type  its entity type
// column by  who shut it down
// column status  of the closure, as of the last article
// column launched  when, null where unknown
// column months  whole months between the two, counted from the first day of what is given less exactly
// column evidence  the passages
MATCH (a:Entity)-[s:SHUTS_DOWN]->(p:Entity)
WHERE $name = '' OR a.name = $name OR p.name = $name OR $name IN a.aliases OR $name IN p.aliases
OPTIONAL MATCH (:Entity)-[l:LAUNCHES]->(p)
WITH a, s, p, min(l.since) AS launched
WITH a, s, p, launched, left(launched + '-01-01', 10) AS first, left(s.since + '-01-01', 10) AS final
RETURN s.since AS closed, p.name AS product, p.type AS type, a.name AS `by`, s.status AS status, launched,
       12 * (toInteger(substring(final, 0, 4)) - toInteger(substring(first, 0, 4)))
       + toInteger(substring(final, 5, 2)) - toInteger(substring(first, 5, 2))
       - CASE WHEN substring(final, 8, 2) < substring(first, 8, 2) THEN 1 ELSE 0 END AS months,
       s.evidence AS evidence
ORDER BY coalesce(closed, ''), product, `by`
