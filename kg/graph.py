"""A resolution as a networkx.MultiDiGraph, and back: the one form that analysis, the page and file exports read.

Graph attributes: `articles`, a dict of article id -> {title, date, source, url, hash}.
Nodes are entity ids with `name`, `type`, `aliases` (list) and `mentions` (list of [article id, count, [forms]]).
Edges are keyed by fact id and carry `relation`, `status`, `confidence`, `sources`, `since`, `until`, `valid` (list of
[from, to]) and `history`: a list of {status, time, citations: [{article, start, end, text, confidence}]} in time order.
All values are plain JSON, so that NetworkX's own node-link format holds the graph without loss.
"""
