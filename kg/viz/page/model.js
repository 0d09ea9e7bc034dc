// The data of the page, indexed: who touches what, and the times of each fact.
"use strict";

const kgModel = (() => {
  const read = (data) => {
    const { nodes, edges } = data;
    const touching = nodes.map(() => []);
    const facts = [];
    nodes.forEach((node, index) => { node.index = index; });
    edges.forEach((edge, index) => {
      edge.index = index;
      touching[edge.source].push(edge);
      if (edge.target !== edge.source) touching[edge.target].push(edge);
      for (const fact of edge.facts) {
        fact.edge = index;
        fact.times = kgDates.timesOf(fact);
        facts.push(fact);
      }
    });
    const byId = new Map(nodes.map((node) => [node.id, node.index]));
    const otherEnd = (edge, index) => (edge.source === index ? edge.target : edge.source);
    // All lines between the two ends of a line.
    const pairOf = (edge) => touching[edge.source].filter((other) => otherEnd(other, edge.source) === edge.target);
    for (const node of nodes) node.home = [node.x, node.y];
    const categories = nodes.filter((node) => node.type === "Category");
    return { ...data, pairs: kgBackbone.pairsOf(edges), facts, touching, byId, otherEnd, pairOf, categories };
  };

  return { read };
})();
