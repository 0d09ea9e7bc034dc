// zh: 某个平台、产品或公司归谁所有，隔着几层？
// en: Who owns or holds a platform, product or company, through how many hands?
// param name = "天猫"
// param status = ["actual"]
// column owner  who owns it or holds a stake in it
// column steps  1 for its own owner, 2 for the owner's, up to 5
// column chain  from the owner down
// column relations  between each and the next
MATCH p = (a:Entity)-[:OWNS|ACQUIRES|HOLDS_STAKE_IN*1..5]->(b:Entity)
WHERE (b.name = $name OR $name IN b.aliases) AND all(r IN relationships(p) WHERE r.status IN $status)
RETURN a.name AS owner, length(p) AS steps, [n IN nodes(p) | n.name] AS chain,
       [r IN relationships(p) | type(r)] AS relations
ORDER BY steps, chain, relations
