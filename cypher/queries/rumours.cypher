// zh: 哪些只是传闻、计划，或已被否认？
// en: What is only rumoured or planned, or was denied?
// param status = ["rumored", "planned", "denied"]
// column head  who
// column relation  does or is what
// column tail  to whom
// column status  as of the last article
// column sources  articles that state it
// column evidence  the passages
MATCH (a:Entity)-[r]->(b:Entity)
WHERE r.status IN $status
RETURN a.name AS head, type(r) AS relation, b.name AS tail, r.status AS status, r.sources AS sources,
       r.evidence AS evidence
ORDER BY status, head, relation, tail
