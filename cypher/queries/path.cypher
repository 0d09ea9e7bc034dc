// zh: 两者之间最短隔着谁？
// en: What is the shortest way from one name to another?
// param name = "柯南"
// param other = "淘宝"
// column names  the entities on the way
// column relations  between each and the next
MATCH (a:Entity), (b:Entity)
WHERE (a.name = $name OR $name IN a.aliases) AND (b.name = $other OR $other IN b.aliases) AND a.id <> b.id
// The relations are listed because a way through an article that mentions both says nothing, and not every engine
// applies a predicate on the way while it searches.
MATCH p = shortestPath((a)-[:
      PARTNERS_WITH|CONNECTS_TO|JOINS|SUPPLIES|ENDORSES|COMPETES_WITH|DISPUTES_WITH|REGULATES|INVESTS_IN
      |ACQUIRES|MERGES_WITH|DIVESTS_FROM|HOLDS_STAKE_IN|OWNS|FOUNDED|LOCATED_IN|FOCUSES_ON|LAUNCHES|SHUTS_DOWN
      |RENAMES_TO|HOLDS_POSITION|WORKS_FOR
      *..6]-(b))
RETURN [n IN nodes(p) | n.name] AS names, [r IN relationships(p) | type(r)] AS relations
