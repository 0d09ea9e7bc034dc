// zh: 谁是某个平台或公司的对手？
// en: Who are the rivals of a platform or company?
// param name = "小红书"
// column rival  the other side
// column type  its entity type
// column relation  rivalry stated by the text, or a dispute
// column status  as of the last article
// column sources  independent articles that state it
// column evidence  the passages
MATCH (a:Entity)-[r:COMPETES_WITH|DISPUTES_WITH]-(b:Entity)
WHERE a.name = $name OR $name IN a.aliases
RETURN b.name AS rival, b.type AS type, type(r) AS relation, r.status AS status, r.sources AS sources,
       r.evidence AS evidence
ORDER BY sources DESC, rival, relation
