// zh: 谁否认了什么？后来如何？
// en: What was denied, and what is it now?
// param name = ""
// param now = ["actual", "planned", "rumored", "denied", "ended"]
// column reported  day of the first article that says so, null where unknown
// column head  who
// column relation  does or is what
// column tail  to whom
// column time  of which it is said, null where none is given
// column now  what the fact is as of the last article
// column articles  ids of those that say so
// column evidence  their passages
MATCH (a:Entity)-[r]->(b:Entity)
WHERE ($name = '' OR a.name = $name OR b.name = $name OR $name IN a.aliases OR $name IN b.aliases)
  AND r.status IN $now
UNWIND r.history AS event
// An event is a JSON text; what a name or passage has of quotes and backslashes is escaped in it.
WITH a, r, b, event
WHERE event STARTS WITH '{"status":"denied"'
MATCH (d:Article)
WHERE d.id IN r.articles AND event CONTAINS '"article":"' + replace(replace(d.id, '\\', '\\\\'), '"', '\\"') + '"'
WITH a, r, b, event, d
ORDER BY coalesce(d.date, ''), d.id
WITH a, r, b, event, split(event, '"') AS part, min(d.date) AS reported, collect(d.id) AS articles
RETURN reported, a.name AS head, type(r) AS relation, b.name AS tail, CASE WHEN part[6] = ':' THEN part[7] END AS time,
       r.status AS now, articles,
       [e IN r.evidence
        WHERE event CONTAINS '"text":"' + replace(replace(replace(replace(replace(
              e, '\\', '\\\\'), '"', '\\"'), '\n', '\\n'), '\r', '\\r'), '\t', '\\t') + '"'] AS evidence
ORDER BY coalesce(reported, ''), head, relation, tail, coalesce(time, '')
