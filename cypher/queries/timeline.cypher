// zh: 两者之间先后发生了什么？
// en: What happened between two names, in order?
// param name = "小红书"
// param other = "淘宝"
// column head  who
// column relation  does or is what
// column tail  to whom
// column status  as of the last article
// column since  start of the last stretch in which it held, null where unknown
// column until  its end, null where it goes on
// column history  every status and time that articles state, as JSON, in order
MATCH (a:Entity)-[r]-(b:Entity)
WHERE (a.name = $name OR $name IN a.aliases) AND (b.name = $other OR $other IN b.aliases)
WITH DISTINCT r, startNode(r) AS h, endNode(r) AS t
RETURN h.name AS head, type(r) AS relation, t.name AS tail, r.status AS status, r.since AS since, r.until AS until,
       r.history AS history
ORDER BY coalesce(since, until, ''), relation, head
