// Constraints and indexes of a Neo4j server that holds the graph (Neo4j 5 and later). `kg` applies what is absent at each
// load; every statement may also be run by hand, again and again.
// Entities and articles are found by id while loading. The second pair belongs to kg's own bookkeeping.
CREATE CONSTRAINT entity_id IF NOT EXISTS FOR (e:Entity) REQUIRE e.id IS UNIQUE;
CREATE CONSTRAINT article_id IF NOT EXISTS FOR (a:Article) REQUIRE a.id IS UNIQUE;
CREATE CONSTRAINT kg_store_id IF NOT EXISTS FOR (s:KGStore) REQUIRE s.id IS UNIQUE;
CREATE CONSTRAINT kg_lock_id IF NOT EXISTS FOR (l:KGLock) REQUIRE l.id IS UNIQUE;
CREATE INDEX article_date IF NOT EXISTS FOR (a:Article) ON (a.date);
// People look entities up by name. A range index would refuse names of more than 8 kB, a text index takes 32 kB.
CREATE TEXT INDEX entity_name IF NOT EXISTS FOR (e:Entity) ON (e.name);
// Parts of names and aliases. This analyzer makes a token of every Chinese character and of every word in Latin letters,
// in lower case, and drops none (the default one drops "the" and "it"; `cjk` knows no single character). So ask for a phrase:
//     CALL db.index.fulltext.queryNodes('entity_names',
//         '"' + replace(replace($text, '\\', '\\\\'), '"', '\\"') + '"') YIELD node, score
// Inside the quotes nothing but \ and " is special to Lucene. A phrase may run from one alias into the next, so keep only
//     WHERE any(n IN [node.name] + node.aliases WHERE toLower(n) CONTAINS toLower($text))
CREATE FULLTEXT INDEX entity_names IF NOT EXISTS FOR (e:Entity) ON EACH [e.name, e.aliases]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'standard-no-stop-words'}};
