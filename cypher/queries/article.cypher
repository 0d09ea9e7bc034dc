// zh: 一篇文章说了什么？
// en: What does one article state?
// param article = "2025-06-06-red-jd-plan"
// column head  who
// column relation  does or is what
// column tail  to whom
// column status  that the article states
// column time  that it gives, null where none
// column now  what the fact is as of the last article
// column sources  independent articles that state the fact
// column evidence  the passages of this article
MATCH (a:Entity)-[r]->(b:Entity)
WHERE $article IN r.articles
// An event is a JSON text; what a name or passage has of quotes and backslashes is escaped in it.
UNWIND r.history AS event
WITH a, r, b, split(event, '"') AS part,
     [cited IN tail(split(event, '{"article":"'))
      WHERE cited STARTS WITH replace(replace($article, '\\', '\\\\'), '"', '\\"') + '","start":'] AS citations
WHERE size(citations) > 0
RETURN a.name AS head, type(r) AS relation, b.name AS tail, part[3] AS status,
       CASE WHEN part[6] = ':' THEN part[7] END AS time, r.status AS now, r.sources AS sources,
       [e IN r.evidence
        WHERE any(cited IN citations WHERE cited CONTAINS '"text":"' + replace(replace(replace(replace(replace(
              e, '\\', '\\\\'), '"', '\\"'), '\n', '\\n'), '\r', '\\r'), '\t', '\\t') + '","confidence":')] AS evidence
ORDER BY relation, head, tail, status, coalesce(time, '')
