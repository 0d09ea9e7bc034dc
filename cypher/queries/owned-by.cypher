// zh: 某家公司旗下有什么，隔着几层？
// en: What does a company own or hold, through how many hands?
// param name = "阿里巴巴"
// param status = ["actual"]
// column owned  what it owns or holds a stake in
// column steps  1 for its own, 2 for what those own, up to 5
// column chain  from the owner down
// column relations  between each and the next
MATCH p = (a:Entity)-[:OWNS|ACQUIRES|HOLDS_STAKE_IN*1..5]->(b:Entity)
WHERE (a.name = $name OR $name IN a.aliases) AND all(r IN relationships(p) WHERE r.status IN $status)
RETURN b.name AS owned, length(p) AS steps, [n IN nodes(p) | n.name] AS chain,
       [r IN relationships(p) | type(r)] AS relations
ORDER BY steps, chain, relations
