// zh: 某个平台向谁开放，谁向它开放？
// en: To whom does a platform open, and who opens to it?
// param name = "小红书"
// column way  out for what it opens, in for what others open to it
// column other  the other side
// column status  as of the last article
// column since  since when, null where unknown
// column until  until when, null where it goes on
// column sources  independent articles that state it
// column evidence  the passages
MATCH (a:Entity)-[r:CONNECTS_TO]-(b:Entity)
WHERE a.name = $name OR $name IN a.aliases
WITH a, r, b, startNode(r) AS h
RETURN CASE WHEN h.id = a.id THEN 'out' ELSE 'in' END AS way, b.name AS other, r.status AS status, r.since AS since,
       r.until AS until, r.sources AS sources, r.evidence AS evidence
ORDER BY way DESC, other
