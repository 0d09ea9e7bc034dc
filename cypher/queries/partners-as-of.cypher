// zh: 某一天，某个平台或公司与谁合作？
// en: Who partnered with a platform or company on a day?
// param name = "小红书"
// param day = "2024-06-01"
// column partner  the other side
// column type  its entity type
// column valid_from  first days of its stretches, empty where unknown
// column valid_to  the days on which they no longer held, empty where they go on
// column sources  independent articles that state it
// column evidence  the passages
MATCH (a:Entity)-[r:PARTNERS_WITH]-(b:Entity)
WHERE (a.name = $name OR $name IN a.aliases)
  AND any(i IN range(0, size(r.valid_from) - 1)
          WHERE r.valid_from[i] <= $day AND (r.valid_to[i] = '' OR $day < r.valid_to[i]))
RETURN b.name AS partner, b.type AS type, r.valid_from AS valid_from, r.valid_to AS valid_to,
       r.sources AS sources, r.evidence AS evidence
ORDER BY partner, valid_from
