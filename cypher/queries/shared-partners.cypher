// zh: 两者有哪些共同的合作方？
// en: Which partners do two names share?
// param name = "小红书"
// param other = "快手"
// column partner  who works with both
// column type  its entity type
// column with_name  status of its cooperation with the first
// column since_name  and since when, null where unknown
// column with_other  status of its cooperation with the second
// column since_other  and since when, null where unknown
MATCH (a:Entity)-[r:PARTNERS_WITH]-(p:Entity)-[q:PARTNERS_WITH]-(b:Entity)
WHERE (a.name = $name OR $name IN a.aliases) AND (b.name = $other OR $other IN b.aliases)
RETURN p.name AS partner, p.type AS type, r.status AS with_name, r.since AS since_name,
       q.status AS with_other, q.since AS since_other
ORDER BY partner, type
