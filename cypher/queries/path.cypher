// zh: 两者之间最短隔着谁？
// en: What are the shortest ways from one name to another?
// param name = "毛文超"
// param other = "贝塔斯曼"
// param limit = 10
// column steps  how many relations long the way is
// column names  the entities on the way
// column relations  between each and the next
// column status  of each of those
MATCH (a:Entity), (b:Entity)
WHERE (a.name = $name OR $name IN a.aliases) AND (b.name = $other OR $other IN b.aliases) AND a.id <> b.id
// The relations are listed, and not excluded afterwards, because not every engine applies a predicate on the way while
// it searches. Missing are titles, seats and lines of business: that two people are both COO, or two firms both in
// Shanghai, connects nobody. Missing too is MENTIONS: a way through an article says nothing.
MATCH p = allShortestPaths((a)-[:
      PARTNERS_WITH|CONNECTS_TO|JOINS|SUPPLIES|ENDORSES|COMPETES_WITH|DISPUTES_WITH|REGULATES|INVESTS_IN
      |ACQUIRES|MERGES_WITH|DIVESTS_FROM|HOLDS_STAKE_IN|OWNS|FOUNDED|LAUNCHES|SHUTS_DOWN|RENAMES_TO|WORKS_FOR
      *..6]-(b))
RETURN length(p) AS steps, [n IN nodes(p) | n.name] AS names, [r IN relationships(p) | type(r)] AS relations,
       [r IN relationships(p) | r.status] AS status
ORDER BY steps, names, relations
LIMIT $limit
