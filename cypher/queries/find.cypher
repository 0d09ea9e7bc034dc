// zh: 哪些实体的名字或别名里有这几个字，或者有这个编号（wikidata:Q1）？
// en: Which entities have this text in a name or alias, or are known elsewhere by this id (wikidata:Q1)?
// param text = "红"
// param limit = 50
// column name  of the entity
// column type  its entity type
// column found  the names and aliases that have the text, and the id that is the text
// column facts  in how many facts it takes part
MATCH (e:Entity)
WITH e, [form IN [e.name] + e.aliases WHERE toLower(form) CONTAINS toLower($text)]
     + [id IN coalesce(e.ids, []) WHERE toLower(id) = toLower($text)] AS found
WHERE $text <> '' AND size(found) > 0
OPTIONAL MATCH (e)-[r]-(:Entity)
WITH e, found, count(r) AS facts
RETURN e.name AS name, e.type AS type, found, facts
ORDER BY facts DESC, name, type
LIMIT $limit
