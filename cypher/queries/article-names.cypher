// zh: 一篇文章提到了谁？
// en: Whom and what does one article mention?
// param article = "2025-06-06-red-jd-plan"
// column name  of the entity
// column type  its entity type
// column count  how often the article names it, 0 where nobody counted
// column forms  by which it is named there
MATCH (d:Article)-[m:MENTIONS]->(e:Entity)
WHERE d.id = $article
RETURN e.name AS name, e.type AS type, m.count AS count, m.names AS forms
ORDER BY count DESC, type, name
