// zh: 某家公司或某个人投资了谁？
// en: What did a company or person invest in, and who invested beside them?
// param name = "腾讯"
// column company  in which
// column relations  how, and with which status as of the last article
// column since  the first time that is given, null where unknown
// column beside  who else invests, holds a stake or bought
MATCH (i:Entity)-[r:INVESTS_IN|HOLDS_STAKE_IN|ACQUIRES]->(c:Entity)
WHERE i.name = $name OR $name IN i.aliases
WITH i, c, type(r) + ' ' + r.status AS relation, r.since AS since
ORDER BY relation
WITH i, c, collect(relation) AS relations, min(since) AS since
OPTIONAL MATCH (o:Entity)-[q:INVESTS_IN|HOLDS_STAKE_IN|ACQUIRES]->(c)
WHERE o.id <> i.id AND q.status <> 'denied'
WITH c, relations, since, o
ORDER BY o.name
RETURN c.name AS company, relations, since, collect(DISTINCT o.name) AS beside
ORDER BY company
