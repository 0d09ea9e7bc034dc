// zh: 谁的关系最多？
// en: Who has the most connections?
// param limit = 20
// param types = ["Platform", "Company", "Brand", "Institution", "Person", "Product", "Program"]
// column name  of the entity
// column type  its entity type
// column neighbours  how many other entities it is connected with
// column facts  by how many facts
MATCH (a:Entity)-[r]-(b:Entity)
WHERE a.type IN $types
RETURN a.name AS name, a.type AS type, count(DISTINCT b) AS neighbours, count(r) AS facts
ORDER BY neighbours DESC, facts DESC, name
LIMIT $limit
