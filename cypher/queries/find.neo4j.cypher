// The same question for a Neo4j server, which answers it from the full-text index that cypher/schema.cypher makes.
// The analyzer cuts Chinese into single characters, so the text goes in as a phrase: 红书 is not found in 书红. Within a phrase
// only quotes and backslashes mean something. Latin letters and digits make one word, of which the text may be a part.
// The index finds candidates; that the text really stands in a name is looked at again.
CALL db.index.fulltext.queryNodes('entity_names',
       CASE WHEN $text =~ '[A-Za-z0-9]+' THEN '*' + toLower($text) + '*'
            ELSE '"' + replace(replace($text, '\\', '\\\\'), '"', '\\"') + '"' END)
YIELD node AS e
WITH e, [form IN [e.name] + e.aliases WHERE toLower(form) CONTAINS toLower($text)] AS found
WHERE size(found) > 0
OPTIONAL MATCH (e)-[r]-(:Entity)
WITH e, found, count(r) AS facts
RETURN e.name AS name, e.type AS type, found, facts
ORDER BY facts DESC, name, type
LIMIT $limit
