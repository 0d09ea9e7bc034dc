// The main lines of a crowded picture, as backbone.py has it: those that hold it together, then the strongest.
"use strict";

const kgBackbone = (() => {
  const ENOUGH = 300;
  const LINES_EACH = 1.2;

  // The pairs of entities that share lines, the strongest first: [{a, b, edges}].
  const pairsOf = (edges) => {
    const found = new Map();
    for (const edge of edges) {
      if (edge.source === edge.target) continue;
      const [a, b] = [Math.min(edge.source, edge.target), Math.max(edge.source, edge.target)];
      const key = a * 2097152 + b;
      if (!found.has(key)) found.set(key, { a, b, edges: [], strength: 0 });
      const pair = found.get(key);
      pair.edges.push(edge.index);
      for (const fact of edge.facts) pair.strength += 1 + Math.log2(Math.max(fact.sources, 1));
    }
    return [...found.values()].sort((x, y) => y.strength - x.strength || x.b - y.b || x.a - y.a);
  };

  // Of the lines in `shown` those to draw, a Set of indices; all of them where the picture is not crowded.
  const main = (pairs, shown, count) => {
    const present = pairs.filter((pair) => pair.edges.some((index) => shown.has(index)));
    if (present.length <= ENOUGH) return shown;
    const above = Int32Array.from({ length: present.reduce((most, pair) => Math.max(most, pair.b), 0) + 1 }, (_, i) => i);
    const root = (node) => {
      let at = node;
      while (above[at] !== at) {
        above[at] = above[above[at]];
        at = above[at];
      }
      return at;
    };
    const drawn = new Set();
    let left = Math.max(Math.floor(LINES_EACH * count), ENOUGH);
    const draw = (pair) => {
      for (const index of pair.edges) if (shown.has(index)) drawn.add(index);
      left -= 1;
    };
    const others = [];
    for (const pair of present) {
      const [a, b] = [root(pair.a), root(pair.b)];
      if (a === b) {
        others.push(pair);
        continue;
      }
      above[a] = b;
      draw(pair);
    }
    for (const pair of others) {
      if (left <= 0) break;
      draw(pair);
    }
    return drawn;
  };

  return { pairsOf, main };
})();
