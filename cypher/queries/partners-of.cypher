// zh: 某个平台或公司现在与谁合作？
// en: Who partners with a platform or company now?
// param name = "小红书"
// param status = ["actual"]
// column partner  the other side
// column type  its entity type
// column status  as of the last article
// column since  start of the last stretch in which it held, null where unknown
// column until  its end, null where it goes on
// column sources  independent articles that state it
// column evidence  the passages
MATCH (a:Entity)-[r:PARTNERS_WITH]-(b:Entity)
WHERE (a.name = $name OR $name IN a.aliases) AND r.status IN $status
  // What was agreed up to a day that has passed is still `actual` as far as the articles say.
  AND (r.status <> 'actual' OR last(r.valid_to) = '' OR toString(date()) < last(r.valid_to))
RETURN b.name AS partner, b.type AS type, r.status AS status, r.since AS since, r.until AS until,
       r.sources AS sources, r.evidence AS evidence
ORDER BY sources DESC, partner
