// zh: 谁进入了某个品类或行业，什么时候？
// en: Who entered a category, and when?
// param name = "美妆"
// column entrant  who
// column type  its entity type
// column status  as of the last article
// column since  since when, null where unknown
// column until  until when, null where it goes on
// column evidence  the passages
MATCH (a:Entity)-[r:FOCUSES_ON]->(c:Category)
WHERE c.name = $name OR $name IN c.aliases
RETURN a.name AS entrant, a.type AS type, r.status AS status, r.since AS since, r.until AS until, r.evidence AS evidence
ORDER BY coalesce(since, ''), entrant
