// zh: 哪些说法互相矛盾？
// en: Which facts are stated by some claims and denied by others?
// column head  who
// column relation  does or is what
// column tail  to whom
// column now  what the fact is as of the last article
// column claims  every status with its time, in order: a denial and a fact of other days need not contradict
// column articles  ids of those that say something of it
// column evidence  the passages
MATCH (a:Entity)-[r]->(b:Entity)
WHERE any(event IN r.history WHERE event STARTS WITH '{"status":"denied"')
  AND any(event IN r.history WHERE event STARTS WITH '{"status":"actual"' OR event STARTS WITH '{"status":"ended"')
RETURN a.name AS head, type(r) AS relation, b.name AS tail, r.status AS now,
       [event IN r.history | split(event, '"')[3]
        + CASE WHEN split(event, '"')[6] = ':' THEN ' ' + split(event, '"')[7] ELSE '' END] AS claims,
       r.articles AS articles, r.evidence AS evidence
ORDER BY head, relation, tail
