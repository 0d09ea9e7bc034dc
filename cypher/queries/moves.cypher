// zh: 谁从一家机构去了另一家？
// en: Who moved from one organisation to another?
// param name = ""
// column person  who
// column left  the organisation left
// column until  until when, at the latest; null where unknown
// column joined  the organisation joined
// column since  since when, null where unknown
// column status  of the new employment, as of the last article
// column evidence  the passages on both
MATCH (o:Entity)<-[w:WORKS_FOR]-(p:Person)-[v:WORKS_FOR]->(n:Entity)
WHERE ($name = '' OR p.name = $name OR o.name = $name OR n.name = $name
       OR $name IN p.aliases OR $name IN o.aliases OR $name IN n.aliases)
  AND w.status = 'ended'
  // Of two that have both ended the times tell which was first, compared as exactly as both are known.
  AND (v.status IN ['actual', 'planned', 'rumored'] OR (v.status = 'ended' AND left(w.until, size(v.since)) <= v.since))
RETURN p.name AS person, o.name AS left, w.until AS until, n.name AS joined, v.since AS since, v.status AS status,
       w.evidence + v.evidence AS evidence
ORDER BY person, coalesce(until, ''), left, joined
