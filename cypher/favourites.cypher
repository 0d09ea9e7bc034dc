// 1 谁与小红书合作，状态如何？
MATCH (a:Entity {name: "小红书"})-[r:PARTNERS_WITH|CONNECTS_TO]-(b:Entity)
RETURN a, r, b

// 2 小红书与淘宝是怎样走到一起的？
MATCH (a:Entity {name: "小红书"})-[r]-(b:Entity)
WHERE b.name IN ["淘宝", "淘宝天猫", "淘宝联盟", "天猫", "淘天集团", "阿里巴巴"]
RETURN a, r, b

// 3 谁投资了谁，谁归谁所有？
MATCH (a:Entity)-[r:INVESTS_IN|HOLDS_STAKE_IN|ACQUIRES|OWNS]->(b:Entity)
RETURN a, r, b

// 4 谁从哪里来，在哪里任职？
MATCH (p:Person)-[r:WORKS_FOR|FOUNDED]->(o:Entity)
RETURN p, r, o

// 5 阿里巴巴与腾讯之间最短隔着谁？
MATCH p = allShortestPaths((a:Entity {name: "阿里巴巴"})-[:
      PARTNERS_WITH|CONNECTS_TO|SUPPLIES|COMPETES_WITH|INVESTS_IN|ACQUIRES|HOLDS_STAKE_IN|OWNS|LAUNCHES*..6
      ]-(b:Entity {name: "腾讯"}))
RETURN p
