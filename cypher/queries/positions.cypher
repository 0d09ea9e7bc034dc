// zh: 谁担任某个职位，在哪家机构？
// en: Who holds a title, and at which organisation?
// param title = "COO"
// column person  who
// column organisation  where, names joined by "; ", null where no passage says it
// column status  as of the last article
// column since  since when, null where unknown
// column until  until when, null where it goes on
// column evidence  the passages
MATCH (p:Person)-[h:HOLDS_POSITION]->(t:Role)
WHERE t.name = $title OR $title IN t.aliases
RETURN p.name AS person, h.organisation AS organisation, h.status AS status, h.since AS since, h.until AS until,
       h.evidence AS evidence
ORDER BY person, coalesce(organisation, '')
