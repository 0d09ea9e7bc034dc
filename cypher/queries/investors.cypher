// zh: 谁投资、持股或收购了某家公司？
// en: Who invested in, holds a stake in or bought a company?
// param name = "小红书"
// column investor  who
// column type  its entity type
// column relation  how
// column status  as of the last article
// column since  since when, null where unknown
// column sources  independent articles that state it
// column evidence  the passages
MATCH (i:Entity)-[r:INVESTS_IN|HOLDS_STAKE_IN|ACQUIRES]->(c:Entity)
WHERE c.name = $name OR $name IN c.aliases
RETURN i.name AS investor, i.type AS type, type(r) AS relation, r.status AS status, r.since AS since,
       r.sources AS sources, r.evidence AS evidence
ORDER BY investor, relation
