// zh: 每年开始和结束了多少关系？
// en: How many relations began and ended in each year?
// param relations = ["PARTNERS_WITH", "CONNECTS_TO", "JOINS", "INVESTS_IN", "LAUNCHES", "SHUTS_DOWN"]
// column year  by the time that articles give, or the day of the article that first says so
// column relation  which
// column began  how many began
// column ended  how many ended
MATCH (:Entity)-[r]->(:Entity)
WHERE type(r) IN $relations
UNWIND [day IN r.valid_from | 'began ' + day] + [day IN r.valid_to | 'ended ' + day] AS turn
WITH type(r) AS relation, left(turn, 5) AS what, substring(turn, 6, 4) AS year
WHERE year <> ''
RETURN year, relation, sum(CASE WHEN what = 'began' THEN 1 ELSE 0 END) AS began,
       sum(CASE WHEN what = 'ended' THEN 1 ELSE 0 END) AS ended
ORDER BY year, relation
