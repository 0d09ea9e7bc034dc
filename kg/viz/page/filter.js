// What is visible under the reader's filters. Pure: a model and a filter in, flags out.
"use strict";

const kgFilter = (() => {
  const none = () => ({
    types: new Set(), families: new Set(), statuses: new Set(), relations: new Set(), // what is switched off
    confidence: 0, sources: 0, category: null, // the least that is asked for; the index of a category's node
    time: null, // {from, to, mode}: days, half-open; held, new or ended
    undated: true,
    only: null, // {node, hops}
    limit: Infinity, // how many of the most important nodes
    guests: new Set(), // and which others, since they were asked for
    crowded: false, // whether all lines are drawn, however many
  });

  const isNone = (filter) => filter.types.size + filter.families.size + filter.statuses.size + filter.relations.size === 0
    && !filter.confidence && filter.sources <= 1 && filter.category === null && filter.time === null && filter.undated;

  // The status under which a fact is shown, null where it is not.
  const standing = (fact, filter) => {
    if (filter.relations.has(fact.relation) || fact.confidence < filter.confidence || fact.sources < filter.sources) return null;
    let status = fact.status;
    if (!fact.times.dated) {
      if (!filter.undated) return null;
    } else if (filter.time) status = kgDates.standing(fact, fact.times, filter.time.from, filter.time.to, filter.time.mode);
    return status === null || filter.statuses.has(status) ? null : status;
  };

  const inCategory = (model, category) => {
    const found = new Set([category]);
    for (const edge of model.touching[category]) found.add(model.otherEnd(edge, category));
    return found;
  };

  // {nodes, edges: Set of indices, drawn: those of the edges that a crowded picture keeps, status: Map of edge index -> status to draw, facts: Map of edge index -> facts shown}.
  // A node all of whose lines are filtered away goes with them.
  const visible = (model, filter) => {
    const edges = new Set();
    const status = new Map();
    const facts = new Map();
    const members = filter.category === null ? null : inCategory(model, filter.category);
    const open = (index) => (index < filter.limit || filter.only !== null || filter.guests.has(index)) && !filter.types.has(model.nodes[index].type) && (!members || members.has(index));
    for (const edge of model.edges) {
      if (filter.families.has(edge.family) || !open(edge.source) || !open(edge.target)) continue;
      const shown = [];
      let drawn = null;
      for (const fact of edge.facts) {
        const stands = standing(fact, filter);
        if (stands === null) continue;
        shown.push(fact);
        // A line of several facts ended only if all of them have.
        if (drawn === null || drawn === "ended") drawn = stands;
      }
      if (!shown.length) continue;
      edges.add(edge.index);
      facts.set(edge.index, shown);
      status.set(edge.index, drawn);
    }
    let nodes = new Set();
    const free = isNone(filter);
    for (const node of model.nodes) {
      if (!open(node.index)) continue;
      const lines = model.touching[node.index];
      if (free || lines.length === 0 || lines.some((edge) => edges.has(edge.index))) nodes.add(node.index);
    }
    if (filter.only) {
      const near = kgPaths.within(model, filter.only.node, filter.only.hops, (edge) => edges.has(edge.index));
      nodes = new Set([...nodes].filter((index) => near.has(index)));
      nodes.add(filter.only.node);
      for (const index of edges) {
        if (!near.has(model.edges[index].source) || !near.has(model.edges[index].target)) edges.delete(index);
      }
    }
    const drawn = filter.crowded ? edges : kgBackbone.main(model.pairs, edges, nodes.size);
    return { nodes, edges, drawn, status, facts };
  };

  return { none, isNone, visible, standing };
})();
