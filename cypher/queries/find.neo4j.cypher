// The same question for a Neo4j server, which answers it from the full-text index that cypher/schema.cypher makes.
// The analyzer cuts Chinese into single characters, so Chinese text goes in as a phrase: 红书 is not found in 书红. Latin letters
// and digits make one word, of which the text may be a part. Any other text (mixed, with signs or spaces, in other scripts) may
// begin or end within a word, or have none: of it the Chinese characters are asked for, and without any all entities looked at.
// Ids elsewhere (key:value) are in no index, so for a text with a colon all entities are looked at, too.
// The index finds candidates; that the text really stands in a name is looked at again.
WITH [i IN range(0, size($text) - 1) WHERE substring($text, i, 1) =~ '[\\u4E00-\\u9FFF]' | substring($text, i, 1)] AS chinese
CALL db.index.fulltext.queryNodes('entity_names',
       CASE WHEN $text CONTAINS ':' THEN '*:*'
            WHEN $text =~ '[A-Za-z0-9]+' THEN '*' + toLower($text) + '*'
            WHEN $text <> '' AND size(chinese) = size($text) THEN '"' + $text + '"'
            WHEN size(chinese) > 0 THEN reduce(words = '', sign IN chinese[..20] | words + '+' + sign + ' ')
            ELSE '*:*' END)
YIELD node AS e
WITH e, [form IN [e.name] + e.aliases WHERE toLower(form) CONTAINS toLower($text)]
     + [id IN coalesce(e.ids, []) WHERE toLower(id) = toLower($text)] AS found
WHERE $text <> '' AND size(found) > 0
OPTIONAL MATCH (e)-[r]-(:Entity)
WITH e, found, count(r) AS facts
RETURN e.name AS name, e.type AS type, found, facts
ORDER BY facts DESC, name, type
LIMIT $limit
