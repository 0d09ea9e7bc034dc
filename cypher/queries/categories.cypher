// zh: 有哪些品类和行业，各有谁进入？
// en: Which categories are there, and who entered each?
// column category  a line of business
// column active  how many are in it as of the last article
// column who  everyone said to be in it, to enter or to have left, with status and first known time
MATCH (a:Entity)-[r:FOCUSES_ON]->(c:Category)
WITH c, r, a.name + ' (' + r.status + coalesce(' ' + r.since, '') + ')' AS entrant
ORDER BY entrant
RETURN c.name AS category, sum(CASE WHEN r.status = 'actual' THEN 1 ELSE 0 END) AS active, collect(entrant) AS who
ORDER BY active DESC, category
