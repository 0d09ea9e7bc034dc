// zh: 谁常与某个名字同时出现，却没有任何关系被写明？
// en: Who is often named together with a name although no article relates the two?
// param name = "小红书"
// param types = ["Platform", "Company", "Brand", "Institution", "Person", "Product", "Program"]
// param limit = 20
// column together  the other name
// column type  its entity type
// column articles  how many name both
// column ids  which those are
MATCH (a:Entity)<-[:MENTIONS]-(d:Article)-[:MENTIONS]->(b:Entity)
WHERE (a.name = $name OR $name IN a.aliases) AND a.id <> b.id AND b.type IN $types
  AND NOT EXISTS { MATCH (a)-[]-(b) }
WITH DISTINCT b, d
ORDER BY d.id
RETURN b.name AS together, b.type AS type, count(d) AS articles, collect(d.id) AS ids
ORDER BY articles DESC, together, type
LIMIT $limit
