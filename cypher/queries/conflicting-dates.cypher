// zh: 同一件只会发生一次的事，各篇文章给出的时间是否不一致？
// en: Which things that happen once are given times that do not agree?
// param relations = ["FOUNDED", "LAUNCHES", "SHUTS_DOWN", "ACQUIRES", "MERGES_WITH", "RENAMES_TO"]
// column head  who
// column relation  did what
// column tail  to what
// column times  that articles give; 2023-10 and 2023-10-01 agree, 2023-10 and 2023-11 do not
// column articles  ids of those that say something of it
// column evidence  the passages
MATCH (a:Entity)-[r]->(b:Entity)
WHERE type(r) IN $relations
WITH a, r, b, [event IN r.history
               WHERE event STARTS WITH '{"status":"actual"' AND split(event, '"')[6] = ':' | split(event, '"')[7]] AS times
WHERE any(one IN times WHERE any(two IN times WHERE NOT one STARTS WITH two AND NOT two STARTS WITH one))
RETURN a.name AS head, type(r) AS relation, b.name AS tail, times, r.articles AS articles, r.evidence AS evidence
ORDER BY head, relation, tail
