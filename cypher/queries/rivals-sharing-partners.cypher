// zh: 哪些对手有共同的合作方？
// en: Which rivals work with the same partner?
// param relations = ["PARTNERS_WITH", "CONNECTS_TO"]
// column rival  one of the two
// column other  the other
// column partner  who works with both, or is linked with both
// column with_rival  how, and with which status as of the last article
// column with_other  how the other does
MATCH (a:Entity)-[c:COMPETES_WITH]-(b:Entity)
WHERE c.status <> 'denied' AND (a.name < b.name OR (a.name = b.name AND a.id < b.id))
MATCH (a)-[r]-(p:Entity)-[q]-(b)
WHERE type(r) IN $relations AND type(q) IN $relations
WITH a, b, p, type(r) + ' ' + r.status AS one, type(q) + ' ' + q.status AS two
ORDER BY one, two
RETURN a.name AS rival, b.name AS other, p.name AS partner, collect(DISTINCT one) AS with_rival,
       collect(DISTINCT two) AS with_other
ORDER BY rival, other, partner
