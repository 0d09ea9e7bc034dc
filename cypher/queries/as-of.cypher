// zh: 某一天，某个名字有哪些关系成立？
// en: Which relations of a name held on a day?
// param name = "小红书"
// param day = "2021-01-15"
// column head  who
// column relation  did or was what
// column tail  to whom
// column valid_from  first days of its stretches, empty where unknown
// column valid_to  the days on which they no longer held, empty where they go on
MATCH (a:Entity)-[r]-(b:Entity)
WHERE (a.name = $name OR $name IN a.aliases)
  AND any(i IN range(0, size(r.valid_from) - 1)
          WHERE r.valid_from[i] <= $day AND (r.valid_to[i] = '' OR $day < r.valid_to[i]))
WITH DISTINCT r, startNode(r) AS h, endNode(r) AS t
RETURN h.name AS head, type(r) AS relation, t.name AS tail, r.valid_from AS valid_from, r.valid_to AS valid_to
ORDER BY relation, head, tail
