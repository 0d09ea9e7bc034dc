// zh: 哪些实体被提到，却没有任何关系？
// en: Which entities are mentioned but have no relation at all?
// column name  of the entity
// column type  its entity type
// column articles  how many mention it
// column ids  which those are
MATCH (e:Entity)
WHERE NOT EXISTS { MATCH (e)-[]-(:Entity) }
OPTIONAL MATCH (d:Article)-[:MENTIONS]->(e)
WITH e, d
ORDER BY d.id
RETURN e.name AS name, e.type AS type, count(d) AS articles, collect(d.id) AS ids
ORDER BY articles DESC, name, type
