// Names on the canvas, as a map sets them: always the same size on the screen, the important ones first, none over another.
"use strict";

const kgLabels = (() => {
  const FONT = "system-ui, -apple-system, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif";
  const GAP = 3; // pixels between a mark and its name
  const EDGE_FONT = 11;
  const MIN_EDGE_LENGTH = 74; // shorter lines leave no room for a word between two names
  const CELL = 120; // pixels; the grid in which collisions are looked up

  // Boxes taken so far, by grid cell, so that placing n names costs about n.
  class Occupied {
    constructor() {
      this.cells = new Map();
    }

    keys(box) {
      const found = [];
      for (let x = Math.floor(box.left / CELL); x <= Math.floor(box.right / CELL); x += 1) {
        for (let y = Math.floor(box.top / CELL); y <= Math.floor(box.bottom / CELL); y += 1) found.push(x * 65536 + y);
      }
      return found;
    }

    hits(box, owner) {
      for (const key of this.keys(box)) {
        for (const other of this.cells.get(key) || []) {
          if (other.owner !== owner && box.left < other.right && other.left < box.right
            && box.top < other.bottom && other.top < box.bottom) return true;
        }
      }
      return false;
    }

    add(box, owner) {
      for (const key of this.keys(box)) {
        if (!this.cells.has(key)) this.cells.set(key, []);
        this.cells.get(key).push({ ...box, owner });
      }
    }
  }

  const font = (size, bold) => `${bold ? "600 " : ""}${size}px ${FONT}`;
  const widths = new Map();

  const measure = (ctx, text, size, bold) => {
    const key = `${size}|${bold ? 1 : 0}|${text}`;
    if (!widths.has(key)) {
      ctx.font = font(size, bold);
      widths.set(key, ctx.measureText(text).width);
    }
    return widths.get(key);
  };

  const write = (ctx, text, x, y, size, bold, ink, halo, alpha) => {
    ctx.globalAlpha = alpha;
    ctx.font = font(size, bold);
    ctx.lineJoin = "round";
    ctx.lineWidth = 3.5;
    ctx.strokeStyle = halo;
    ctx.strokeText(text, x, y);
    ctx.fillStyle = ink;
    ctx.fillText(text, x, y);
  };

  const cross = (ctx, x, y, arm, ink, halo, alpha) => {
    ctx.globalAlpha = alpha;
    ctx.lineCap = "round";
    for (const [width, color] of [[5, halo], [2, ink]]) {
      ctx.lineWidth = width;
      ctx.strokeStyle = color;
      ctx.beginPath();
      ctx.moveTo(x - arm, y - arm);
      ctx.lineTo(x + arm, y + arm);
      ctx.moveTo(x + arm, y - arm);
      ctx.lineTo(x - arm, y + arm);
      ctx.stroke();
    }
  };

  // Where a name may stand: below its mark, else beside or above it.
  const around = (node, half) => {
    const slope = node.radius * 0.7;
    const height = node.size + 2;
    const box = (x, top) => ({ left: x - half, right: x + half, top, bottom: top + height });
    const beside = node.radius + GAP + half;
    return [
      box(node.x, node.y + node.radius + GAP),
      box(node.x + beside, node.y - height / 2),
      box(node.x - beside, node.y - height / 2),
      box(node.x, node.y - node.radius - GAP - height),
      ...(node.main ? [1, -1].flatMap((side) => [box(node.x + side * (slope + half), node.y + slope), box(node.x + side * (slope + half), node.y - slope - height)]) : []),
    ];
  };

  // Names of what is in sight stand wholly in sight, within the box `inner`. `nodes` are {id, text, x, y, radius, size, bold, main, faint, first},
  // `edges` {id, text, x, y, length, ink, faint, first, crossed}, all in screen pixels and the most important first;
  // `first` ones are written whatever is in their way. Returns the boxes of the names written, by node id.
  const draw = (ctx, inner, nodes, edges, colors) => {
    ctx.save();
    ctx.setLineDash([]);
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    const marks = new Occupied();
    const occupied = new Occupied();
    const pale = new Occupied(); // what is faint gives way to the words of lines that stand out
    const boxes = new Map();
    for (const node of nodes) {
      const reach = node.radius * 0.85;
      (node.faint ? pale : marks).add({ left: node.x - reach, right: node.x + reach, top: node.y - reach, bottom: node.y + reach }, node.id);
    }
    for (const edge of edges) {
      if (edge.crossed) {
        cross(ctx, edge.x, edge.y, colors.cross, edge.ink, colors.halo, edge.faint ? 0.2 : 1);
        marks.add({ left: edge.x - 6, right: edge.x + 6, top: edge.y - 6, bottom: edge.y + 6 }, edge.id);
      }
    }
    for (const node of [...nodes.filter((n) => n.first), ...nodes.filter((n) => !n.first)]) {
      const half = measure(ctx, node.text, node.size, node.bold) / 2 + 2;
      const spots = around(node, half);
      // The names that matter most may stand on a lesser mark; others leave marks free.
      const seen = node.x > inner.left && node.x < inner.right && node.y > inner.top && node.y < inner.bottom;
      const whole = (box) => !seen || (box.left >= inner.left && box.right <= inner.right && box.top >= inner.top && box.bottom <= inner.bottom);
      const free = spots.filter((box) => whole(box) && !occupied.hits(box, node.id) && !(node.faint && pale.hits(box, node.id)));
      const open = free.find((box) => !marks.hits(box, node.id)) || ((node.bold || node.main) && free[0]);
      const box = open || (node.first && spots[0]);
      if (!box) continue;
      (node.faint ? pale : occupied).add(box, node.id);
      boxes.set(node.id, box);
      const middle = { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 };
      write(ctx, node.text, middle.x, middle.y, node.size, node.bold, colors.ink, colors.halo, node.faint ? 0.25 : 1);
    }
    for (const edge of edges) {
      if (!edge.text || edge.faint || (!edge.first && edge.length < MIN_EDGE_LENGTH)) continue;
      const half = measure(ctx, edge.text, EDGE_FONT, false) / 2 + 2;
      const y = edge.crossed ? edge.y + 14 : edge.y;
      const box = { left: edge.x - half, right: edge.x + half, top: y - 7, bottom: y + 7 };
      if (occupied.hits(box, edge.id) || marks.hits(box, edge.id) || (!edge.first && pale.hits(box, edge.id))) continue;
      occupied.add(box, edge.id);
      write(ctx, edge.text, edge.x, y, EDGE_FONT, false, edge.ink, colors.halo, 1);
    }
    ctx.restore();
    return boxes;
  };

  return { draw, measure, font };
})();
