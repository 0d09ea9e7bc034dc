// Where entities stand: the layout of the first so many by themselves, or that of the whole page.
"use strict";

const kgPlaces = (() => {
  const GUEST_REACH = 90; // pixels at which an entity that the layout does not have stands off from those it is linked to
  const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));

  // Sets x and y of all nodes for a picture of the first `limit`; `whole` where it may be any of them.
  const arrange = (model, limit, whole) => {
    const stage = whole ? null : model.stages.find((each) => each.count >= limit);
    const count = stage ? stage.count : model.nodes.length;
    for (const node of model.nodes) {
      [node.x, node.y] = stage && node.index < count ? stage.at[node.index] : node.home;
    }
    if (!stage) return;
    // Guests stand outside of what they are linked to.
    for (const node of model.nodes.slice(count)) {
      const near = model.touching[node.index].map((edge) => model.otherEnd(edge, node.index)).filter((index) => index < count);
      const turn = node.index * GOLDEN_ANGLE;
      let [x, y] = [0, 0];
      for (const index of near) {
        x += stage.at[index][0] / near.length;
        y += stage.at[index][1] / near.length;
      }
      node.x = Math.round(x + GUEST_REACH * Math.cos(turn));
      node.y = Math.round(y + GUEST_REACH * Math.sin(turn));
    }
  };

  return { arrange };
})();
