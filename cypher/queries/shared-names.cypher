// zh: 哪些名字属于不止一个实体？
// en: Which names belong to more than one entity?
// column name  or alias that they share
// column entities  each with its type; alike ones may be one thing that was not merged
MATCH (e:Entity)
UNWIND [e.name] + e.aliases AS form
WITH DISTINCT form, e
ORDER BY e.name, e.type, e.id
WITH form, collect(e.name + ' (' + e.type + ')') AS entities
WHERE size(entities) > 1
RETURN form AS name, entities
ORDER BY name
