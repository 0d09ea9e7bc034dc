// zh: 哪些关系没有任何时间？
// en: Which relations have no known time at all?
// param relations = ["PARTNERS_WITH", "CONNECTS_TO", "JOINS", "SUPPLIES", "INVESTS_IN", "ACQUIRES", "WORKS_FOR"]
// column head  who
// column relation  does or is what
// column tail  to whom
// column status  as of the last article
// column articles  ids of those that say so
// column evidence  the passages
MATCH (a:Entity)-[r]->(b:Entity)
WHERE type(r) IN $relations AND none(event IN r.history WHERE split(event, '"')[6] = ':')
RETURN a.name AS head, type(r) AS relation, b.name AS tail, r.status AS status, r.articles AS articles,
       r.evidence AS evidence
ORDER BY relation, head, tail
