// zh: 哪些事实只有一个来源？
// en: Which facts does one source alone state?
// param name = ""
// column confidence  of the fact, 0 to 1; the least certain come first
// column head  who
// column relation  does or is what
// column tail  to whom
// column status  as of the last article
// column articles  id of the one that says so, with its reprints
// column evidence  the passages
MATCH (a:Entity)-[r]->(b:Entity)
WHERE r.sources = 1 AND ($name = '' OR a.name = $name OR b.name = $name OR $name IN a.aliases OR $name IN b.aliases)
RETURN r.confidence AS confidence, a.name AS head, type(r) AS relation, b.name AS tail, r.status AS status,
       r.articles AS articles, r.evidence AS evidence
ORDER BY confidence, head, relation, tail
