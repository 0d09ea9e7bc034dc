// Ways through what is visible: how far things are from one another, and the shortest way between two.
"use strict";

const kgPaths = (() => {
  // Steps from `start` to each node within `limit`, as a Map by index.
  const within = (model, start, limit, allows) => {
    const steps = new Map([[start, 0]]);
    let frontier = [start];
    for (let step = 1; step <= limit && frontier.length; step += 1) {
      const next = [];
      for (const here of frontier) {
        for (const edge of model.touching[here]) {
          const near = model.otherEnd(edge, here);
          if (steps.has(near) || !allows(edge)) continue;
          steps.set(near, step);
          next.push(near);
        }
      }
      frontier = next;
    }
    return steps;
  };

  // Nodes of a shortest way from `a` to `b`, both included; null where there is none. Of several, the one over the more
  // important nodes, which come first in the data.
  const shortest = (model, a, b, allows) => {
    const before = new Map([[a, null]]);
    let frontier = [a];
    while (frontier.length && !before.has(b)) {
      const next = [];
      for (const here of [...frontier].sort((x, y) => x - y)) {
        for (const edge of model.touching[here]) {
          const near = model.otherEnd(edge, here);
          if (before.has(near) || !allows(edge)) continue;
          before.set(near, here);
          next.push(near);
        }
      }
      frontier = next;
    }
    if (!before.has(b)) return null;
    const way = [];
    for (let here = b; here !== null; here = before.get(here)) way.push(here);
    return way.reverse();
  };

  return { within, shortest };
})();
