// zh: 谁在两个阵营之间架桥？
// en: Who bridges two camps?
// param name = "阿里巴巴"
// param other = "腾讯"
// column bridge  an entity of neither camp, tied to both
// column type  its entity type
// column ties_name  its ties to the first and to what that owns or bought
// column ties_other  its ties to the second and to what that owns or bought
MATCH (x:Entity)-[:OWNS|ACQUIRES*0..3]->(m:Entity)
WHERE x.name = $name OR $name IN x.aliases
WITH collect(DISTINCT m.id) AS camp
MATCH (y:Entity)-[:OWNS|ACQUIRES*0..3]->(n:Entity)
WHERE y.name = $other OR $other IN y.aliases
WITH camp, collect(DISTINCT n.id) AS opposite
MATCH (m:Entity)-[r]-(b:Entity)-[q]-(n:Entity)
WHERE m.id IN camp AND n.id IN opposite AND NOT b.id IN camp AND NOT b.id IN opposite
  AND r.status <> 'denied' AND q.status <> 'denied' AND NOT b.type IN ['Role', 'Place', 'Category']
WITH b, startNode(r) AS rh, type(r) + ' (' + r.status + ')' AS rt, endNode(r) AS re,
     startNode(q) AS qh, type(q) + ' (' + q.status + ')' AS qt, endNode(q) AS qe
WITH b, rh.name + ' ' + rt + ' ' + re.name AS one, qh.name + ' ' + qt + ' ' + qe.name AS two
ORDER BY one, two
RETURN b.name AS bridge, b.type AS type, collect(DISTINCT one) AS ties_name, collect(DISTINCT two) AS ties_other
ORDER BY bridge, type
