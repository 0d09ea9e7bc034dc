// zh: 一个事实有什么依据？逐条列出原文和出处。
// en: What does a fact rest on, passage by passage?
// param name = "小红书"
// param relation = "CONNECTS_TO"
// param other = "淘宝"
// column date  of the article, null where unknown
// column title  of the article
// column article  its id
// column head  who
// column relation  does or is what
// column tail  to whom
// column status  that the passage states
// column time  that it gives, null where none
// column evidence  the passage
// column start  offset of its first character in the raw text, -1 where the title alone says it
// column end  offset behind its last
// column url  where the article stands, null where unknown
MATCH (a:Entity)-[r]-(b:Entity)
WHERE (a.name = $name OR $name IN a.aliases) AND (b.name = $other OR $other IN b.aliases)
  AND ($relation = '' OR type(r) = $relation)
WITH DISTINCT r, startNode(r) AS h, endNode(r) AS t
UNWIND r.history AS event
// An event is a JSON text; what a name or passage has of quotes and backslashes is escaped in it.
UNWIND tail(split(event, '{"article":"')) AS cited
MATCH (d:Article)
WHERE d.id IN r.articles AND cited STARTS WITH replace(replace(d.id, '\\', '\\\\'), '"', '\\"') + '","start":'
WITH r, h, t, d, split(event, '"') AS part, cited,
     [e IN r.evidence
      WHERE cited CONTAINS '"text":"' + replace(replace(replace(replace(replace(
            e, '\\', '\\\\'), '"', '\\"'), '\n', '\\n'), '\r', '\\r'), '\t', '\\t') + '","confidence":'] AS passages
RETURN d.date AS date, d.title AS title, d.id AS article, h.name AS head, type(r) AS relation, t.name AS tail,
       part[3] AS status, CASE WHEN part[6] = ':' THEN part[7] END AS time, head(passages) AS evidence,
       toInteger(split(split(cited, '"start":')[1], ',')[0]) AS start,
       toInteger(split(split(cited, '"end":')[1], ',')[0]) AS `end`, d.url AS url
ORDER BY coalesce(date, ''), article, relation, status, start
