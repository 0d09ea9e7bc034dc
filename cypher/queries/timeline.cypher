// zh: 两者是怎样走到一起的？先后发生了什么？
// en: How did two names come together: what was said of them, in order?
// param name = "小红书"
// param other = "淘宝"
// column day  from which the statement counts: its time, or the day it was first reported
// column head  who
// column relation  does or is what
// column tail  to whom
// column status  that the articles state
// column time  that they give, null where none
// column reported  day of the first article that says so, null where unknown
// column articles  ids of those that say so
// column evidence  their passages
MATCH (a:Entity)-[r]-(b:Entity)
WHERE (a.name = $name OR $name IN a.aliases) AND (b.name = $other OR $other IN b.aliases)
WITH DISTINCT r, startNode(r) AS h, endNode(r) AS t
UNWIND r.history AS event
// An event is a JSON text; what a name or passage has of quotes and backslashes is escaped in it.
MATCH (d:Article)
WHERE d.id IN r.articles AND event CONTAINS '"article":"' + replace(replace(d.id, '\\', '\\\\'), '"', '\\"') + '"'
WITH r, h, t, event, d
ORDER BY coalesce(d.date, ''), d.id
WITH r, h, t, event, split(event, '"') AS part, min(d.date) AS reported, collect(d.id) AS articles
WITH r, h, t, event, reported, articles, part[3] AS status, CASE WHEN part[6] = ':' THEN part[7] END AS time
RETURN CASE WHEN status IN ['planned', 'rumored', 'denied'] AND reported < time THEN reported
            ELSE coalesce(time, reported) END AS day,
       h.name AS head, type(r) AS relation, t.name AS tail, status, time, reported, articles,
       [e IN r.evidence
        WHERE event CONTAINS '"text":"' + replace(replace(replace(replace(replace(
              e, '\\', '\\\\'), '"', '\\"'), '\n', '\\n'), '\r', '\\r'), '\t', '\\t') + '"'] AS evidence
ORDER BY coalesce(day, ''), coalesce(reported, ''), relation, head, tail, status
