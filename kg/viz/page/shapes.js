// Outlines of marks, on anything that takes canvas paths.
"use strict";

const kgShapes = (() => {
  // Corners on a unit circle scaled so that all marks look equally big, as [x, y].
  const polygon = (count, turn, scale) => Array.from({ length: count }, (_, i) => {
    const angle = turn + (i * 2 * Math.PI) / count;
    return [Math.cos(angle) * scale, Math.sin(angle) * scale];
  });
  const star = Array.from({ length: 10 }, (_, i) => {
    const angle = -Math.PI / 2 + (i * Math.PI) / 5;
    const reach = i % 2 ? 0.55 : 1.3;
    return [Math.cos(angle) * reach, Math.sin(angle) * reach];
  });
  const CORNERS = {
    square: polygon(4, Math.PI / 4, 1.22),
    diamond: polygon(4, 0, 1.2),
    triangle: polygon(3, -Math.PI / 2, 1.3),
    triangleDown: polygon(3, Math.PI / 2, 1.3),
    hexagon: polygon(6, 0, 1.1),
    star,
  };

  // Adds the outline to the path begun on `pen`.
  const outline = (pen, shape, x, y, radius) => {
    const corners = CORNERS[shape];
    if (!corners) {
      pen.moveTo(x + radius, y);
      pen.arc(x, y, radius, 0, 2 * Math.PI);
      return;
    }
    pen.moveTo(x + corners[0][0] * radius, y + corners[0][1] * radius);
    for (const [dx, dy] of corners.slice(1)) pen.lineTo(x + dx * radius, y + dy * radius);
    pen.closePath();
  };

  return { outline };
})();
