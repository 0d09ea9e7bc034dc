// zh: 一个名字有哪些关系，一览？
// en: What relations does a name have, at a glance?
// param name = "小红书"
// column relation  which
// column way  out where the name is the head, in where it is the tail, both where the relation has no direction
// column status  as of the last article
// column count  how many
// column others  with whom
MATCH (a:Entity)-[r]-(b:Entity)
WHERE a.name = $name OR $name IN a.aliases
WITH a, r, b, startNode(r) AS h
ORDER BY b.name
RETURN type(r) AS relation,
       CASE WHEN type(r) IN ['PARTNERS_WITH', 'COMPETES_WITH', 'DISPUTES_WITH', 'MERGES_WITH'] THEN 'both'
            WHEN h.id = a.id THEN 'out' ELSE 'in' END AS way,
       r.status AS status, count(r) AS count, collect(b.name) AS others
ORDER BY relation, way DESC, status
