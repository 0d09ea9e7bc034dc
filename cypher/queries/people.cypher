// zh: 某家公司有哪些人，任什么职位？
// en: Who works for a company, and in which position?
// param name = "小红书"
// column person  who
// column status  of the employment, as of the last article
// column since  since when, null where unknown
// column until  until when, null where it goes on
// column positions  titles held there, with their status as of the last article
MATCH (p:Person)-[w:WORKS_FOR]->(o:Entity)
WHERE o.name = $name OR $name IN o.aliases
OPTIONAL MATCH (p)-[h:HOLDS_POSITION]->(t:Role)
WHERE o.name IN split(h.organisation, '; ')
WITH p, w, t.name + ' (' + h.status + ')' AS position
ORDER BY position
RETURN p.name AS person, w.status AS status, w.since AS since, w.until AS until, collect(position) AS positions
ORDER BY person, status
