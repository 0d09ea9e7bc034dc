// zh: 历年来各平台有多开放：向谁开放，谁向它开放？
// en: How open were platforms over the years, out and in?
// param from = 2018
// param to = 2025
// param types = ["Platform"]
// column year  in some part of which the links were open
// column platform  which
// column out  how many it opened to
// column in  how many opened to it
// column opens_to  which those were
// column opened_by  and these
MATCH (a:Entity)-[r:CONNECTS_TO]->(b:Entity)
WHERE size(r.valid_from) > 0
// A link whose opening nobody dates counts from the first article that states it, and never beyond its end.
UNWIND r.articles AS doc
MATCH (d:Article)
WHERE d.id = doc
  AND any(event IN r.history
          WHERE (event STARTS WITH '{"status":"actual"' OR event STARTS WITH '{"status":"ended"')
            AND event CONTAINS '"article":"' + replace(replace(doc, '\\', '\\\\'), '"', '\\"') + '"')
WITH a, r, b, min(d.date) AS reported
UNWIND range(0, size(r.valid_from) - 1) AS i
WITH a, b, r.valid_to[i] AS closed,
     CASE WHEN r.valid_from[i] <> '' THEN r.valid_from[i]
          WHEN r.valid_to[i] <> '' AND (reported IS NULL OR r.valid_to[i] < reported) THEN r.valid_to[i]
          ELSE reported END AS opened
UNWIND range($from, $to) AS year
WITH a, b, year, toString(year) AS text, closed, opened
WHERE opened <= text + '~' AND (closed = '' OR text + '-01-01' < closed OR left(opened, 4) = text)
WITH DISTINCT a, b, year
UNWIND ['out', 'in'] AS way
WITH year, way, CASE way WHEN 'out' THEN a.id ELSE b.id END AS id, CASE way WHEN 'out' THEN a.name ELSE b.name END AS name,
     CASE way WHEN 'out' THEN a.type ELSE b.type END AS type, CASE way WHEN 'out' THEN b.name ELSE a.name END AS other
WHERE type IN $types
WITH year, id, name, way, other
ORDER BY other
WITH year, id, name, collect(CASE WHEN way = 'out' THEN other END) AS opens_to,
     collect(CASE WHEN way = 'in' THEN other END) AS opened_by
RETURN year, name AS platform, size(opens_to) AS out, size(opened_by) AS `in`, opens_to, opened_by
ORDER BY year, out DESC, `in` DESC, platform
