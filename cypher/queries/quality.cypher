// zh: 图谱的数据质量如何？
// en: How good are the data of this graph?
// column check  what was counted
// column found  how many
// column of  out of how many
// column examples  up to three, by id or as head, relation, tail
MATCH (e:Entity)
WITH count(e) AS total
OPTIONAL MATCH (e:Entity)
WHERE NOT EXISTS { MATCH (e)-[]-(:Entity) }
WITH total, e ORDER BY e.name
RETURN 'entities in no relation (see isolated)' AS check, count(e) AS found, total AS of, collect(e.name)[0..3] AS examples
UNION ALL
MATCH (e:Entity)
WITH count(e) AS total
OPTIONAL MATCH (e:Entity)
WHERE NOT EXISTS { MATCH (:Article)-[]->(e) }
WITH total, e ORDER BY e.name
RETURN 'entities that no article mentions' AS check, count(e) AS found, total AS of, collect(e.name)[0..3] AS examples
UNION ALL
MATCH (d:Article)
WITH count(d) AS total
OPTIONAL MATCH (d:Article)
WHERE d.date IS NULL
WITH total, d ORDER BY d.id
RETURN 'articles without a date' AS check, count(d) AS found, total AS of, collect(d.id)[0..3] AS examples
UNION ALL
MATCH (d:Article)
WITH count(d) AS total
OPTIONAL MATCH (d:Article)
WHERE NOT EXISTS { MATCH (d)-[:MENTIONS]->(:Entity) }
WITH total, d ORDER BY d.id
RETURN 'articles that mention nobody' AS check, count(d) AS found, total AS of, collect(d.id)[0..3] AS examples
UNION ALL
MATCH (:Entity)-[r]->(:Entity)
WITH count(r) AS total
OPTIONAL MATCH (a:Entity)-[r]->(b:Entity)
WHERE none(event IN r.history WHERE split(event, '"')[6] = ':')
WITH total, a.name + ' ' + type(r) + ' ' + b.name AS fact ORDER BY fact
RETURN 'facts without any time (see undated)' AS check, count(fact) AS found, total AS of, collect(fact)[0..3] AS examples
UNION ALL
MATCH (:Entity)-[r]->(:Entity)
WITH count(r) AS total
OPTIONAL MATCH (a:Entity)-[r]->(b:Entity)
WHERE r.sources = 1
WITH total, a.name + ' ' + type(r) + ' ' + b.name AS fact ORDER BY fact
RETURN 'facts of one source alone (see single-source)' AS check, count(fact) AS found, total AS of,
       collect(fact)[0..3] AS examples
UNION ALL
MATCH (:Entity)-[r]->(:Entity)
WITH count(r) AS total
OPTIONAL MATCH (a:Entity)-[r]->(b:Entity)
WHERE r.confidence < 0.5
WITH total, a.name + ' ' + type(r) + ' ' + b.name AS fact ORDER BY fact
RETURN 'facts of a confidence below 0.5' AS check, count(fact) AS found, total AS of, collect(fact)[0..3] AS examples
UNION ALL
MATCH (:Entity)-[r]->(:Entity)
WITH count(r) AS total
OPTIONAL MATCH (a:Entity)-[r]->(b:Entity)
WHERE any(event IN r.history WHERE event STARTS WITH '{"status":"denied"')
  AND any(event IN r.history WHERE event STARTS WITH '{"status":"actual"' OR event STARTS WITH '{"status":"ended"')
WITH total, a.name + ' ' + type(r) + ' ' + b.name AS fact ORDER BY fact
RETURN 'facts both stated and denied (see contradictions)' AS check, count(fact) AS found, total AS of,
       collect(fact)[0..3] AS examples
UNION ALL
MATCH (:Entity)-[r]->(:Entity)
WITH count(r) AS total
OPTIONAL MATCH (a:Entity)-[r]->(b:Entity)
WHERE size(r.evidence) = 0
WITH total, a.name + ' ' + type(r) + ' ' + b.name AS fact ORDER BY fact
RETURN 'facts without a passage' AS check, count(fact) AS found, total AS of, collect(fact)[0..3] AS examples
UNION ALL
MATCH (:Entity)-[r]->(:Entity)
WITH count(r) AS total
OPTIONAL MATCH (a:Entity)-[r]->(b:Entity)
WHERE a.id = b.id
WITH total, a.name + ' ' + type(r) + ' ' + b.name AS fact ORDER BY fact
RETURN 'facts of a thing with itself' AS check, count(fact) AS found, total AS of, collect(fact)[0..3] AS examples
