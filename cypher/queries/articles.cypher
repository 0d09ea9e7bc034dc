// zh: 哪些文章提到某个名字？
// en: Which articles mention a name?
// param name = "小红书"
// column date  of the article
// column title  of the article
// column article  its id
// column names  forms that it uses
// column url  where it stands, null where unknown
MATCH (d:Article)-[m:MENTIONS]->(e:Entity)
WHERE e.name = $name OR $name IN e.aliases
RETURN d.date AS date, d.title AS title, d.id AS article, m.names AS names, d.url AS url
ORDER BY coalesce(date, ''), article
