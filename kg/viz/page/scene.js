// The picture: lines, marks and names onto anything that takes canvas calls, the screen's canvas or the pen of svg.js.
"use strict";

const kgScene = (() => {
  const FULL_SIZE_SCALE = 0.6; // seen from farther away, marks and lines are drawn bigger than they stand in the layout,
  const MAX_GROWTH = 2.2; // up to so much, or a phone would show specks
  const CROWD = 350; // lines in sight at which they begin to fade, so that thousands do not make one blot
  const ARROWS = 2500; // more lines in sight have no heads: they could not be told apart
  const CROSSES = 700; // more lines in sight leave no room for the crosses of denied ones, which then are dashed and faint
  const WORDY = 250; // and with more than this, words on them are noise; zooming in brings them
  const NAMES = 700; // names looked at, the most important first; more would never find room
  const MAIN_NAMES = 15; // those that the panel lists; they may stand on lesser marks
  const HASTY_NAMES = 60; // and so many while a hand moves something
  const BATCH = 48; // lines stroked together; one long path is slow to fill where lines cross
  const MAX_WIDTH = 4;

  const growthAt = (k) => Math.min(Math.max(FULL_SIZE_SCALE / k, 1), MAX_GROWTH);
  const FEW = 120; // marks in sight up to which all of them are drawn bigger; more would cover one another
  const MANY = 1000; // and from which on lesser ones are pale, so that the main ones stand out
  const PALE = 0.55;
  const SPECK = 3; // radius below which a mark has no rim
  const LEAST_MARK = 1.2; // radius in pixels however far away; that of the most important, LEAST_MARK + MAIN_MARK
  const MAIN_MARK = 8;
  const [SMALLEST, BIGGEST] = [8, 30]; // the sizes that view.py gives
  // Thousands of marks shrink with the sheet, or they would hide one another; the main ones stay in sight.
  const radiusOf = (node, k, count) => {
    const weight = Math.min(Math.max((node.size - SMALLEST) / (BIGGEST - SMALLEST), 0), 1);
    return Math.max(node.size * k * (1 + (growthAt(k) - 1) * Math.min(FEW / count, 1)), LEAST_MARK + MAIN_MARK * weight);
  };

  const widthOf = (facts) => {
    let sources = 1;
    for (const fact of facts) sources = Math.max(sources, fact.sources);
    return Math.min(1 + 0.5 * sources, MAX_WIDTH);
  };

  // A line on the screen: ends, the point that bends it (null for a straight one) and its middle.
  const lineOf = (edge, at, radius) => {
    const [a, b] = [at[edge.source], at[edge.target]];
    if (edge.source === edge.target) {
      const reach = radius(edge.source) + 14;
      return { a, b, loop: reach, middle: { x: a.x, y: a.y - 2 * reach }, length: 4 * reach };
    }
    const [dx, dy] = [b.x - a.x, b.y - a.y];
    const length = Math.hypot(dx, dy);
    const sway = Math.abs(edge.bend * length) < 2 ? 0 : edge.bend;
    const bend = sway ? { x: (a.x + b.x) / 2 - dy * sway, y: (a.y + b.y) / 2 + dx * sway } : null;
    const middle = bend ? { x: (a.x + b.x) / 4 + bend.x / 2, y: (a.y + b.y) / 4 + bend.y / 2 } : { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
    return { a, b, bend, middle, length };
  };

  const trace = (pen, line) => {
    if (line.loop) {
      pen.moveTo(line.a.x + line.loop, line.a.y - line.loop);
      pen.arc(line.a.x, line.a.y - line.loop, line.loop, 0, 2 * Math.PI);
      return;
    }
    pen.moveTo(line.a.x, line.a.y);
    if (line.bend) pen.quadraticCurveTo(line.bend.x, line.bend.y, line.b.x, line.b.y);
    else pen.lineTo(line.b.x, line.b.y);
  };

  const head = (pen, from, tip, gap, size) => {
    const length = Math.hypot(tip.x - from.x, tip.y - from.y) || 1;
    const [ux, uy] = [(tip.x - from.x) / length, (tip.y - from.y) / length];
    const [x, y] = [tip.x - ux * gap, tip.y - uy * gap];
    pen.moveTo(x, y);
    pen.lineTo(x - ux * size - uy * size * 0.45, y - uy * size + ux * size * 0.45);
    pen.lineTo(x - ux * size + uy * size * 0.45, y - uy * size - ux * size * 0.45);
    pen.closePath();
  };

  // Draws `look` as seen through `camera` on a ground of `size`, of which `inner` is in sight; returns what can be hit: places, radii, names, lines.
  // `look`: {model, shown, lit, picked, hover, colors, called, shade}. `lit` is {nodes, edges} or null.
  const draw = (pen, look, camera, size, inner = { left: 0, top: 0, right: size.width, bottom: size.height }) => {
    const { model, shown, lit, colors } = look;
    const at = model.nodes.map((node) => kgCamera.toScreen(camera, size, node.x, node.y));
    const count = shown.nodes.size;
    const radii = model.nodes.map((node) => radiusOf(node, camera.k, count));
    const radius = (index) => radii[index];
    const growth = Math.sqrt(growthAt(camera.k)); // lines need less of it than marks
    const strong = Boolean(look.picked);

    pen.globalAlpha = 1;
    pen.fillStyle = colors.ground;
    pen.fillRect(0, 0, size.width, size.height);

    const lines = [];
    const wanted = new Set(shown.drawn);
    if (lit) for (const index of lit.edges) if (shown.edges.has(index)) wanted.add(index);
    for (const index of wanted) {
      const edge = model.edges[index];
      const [a, b] = [at[edge.source], at[edge.target]];
      if (Math.max(a.x, b.x) < -60 || Math.min(a.x, b.x) > size.width + 60 || Math.max(a.y, b.y) < -60 || Math.min(a.y, b.y) > size.height + 60) continue;
      const line = lineOf(edge, at, radius);
      line.edge = edge;
      line.bright = Boolean(lit?.edges.has(index));
      line.status = shown.status.get(index);
      line.facts = shown.facts.get(index);
      lines.push(line);
    }
    const crowd = Math.max(Math.min(Math.sqrt(CROWD / Math.max(lines.length, 1)), 1), 0.18);
    const groups = new Map();
    for (const line of lines) {
      const style = model.statuses[line.status] || { dashes: [], opacity: 0.75 };
      const alpha = !lit ? style.opacity * crowd : line.bright ? Math.max(style.opacity, 0.6) : style.opacity * crowd * (strong ? 0.14 : 0.5);
      const width = widthOf(line.facts) * (line.bright ? 1.3 * growth : Math.max(growth * Math.min(Math.sqrt(110 / Math.max(lines.length, 1)), 1), 0.45));
      line.ink = look.shade(model.families[line.edge.family].color);
      line.alpha = alpha;
      const key = `${line.bright ? 1 : 0}|${line.ink}|${alpha}|${width}|${line.length > 14 ? style.dashes : ""}`;
      if (!groups.has(key)) groups.set(key, { ink: line.ink, alpha, width, dashes: line.length > 14 ? style.dashes : [], bright: line.bright, lines: [] });
      groups.get(key).lines.push(line);
    }
    pen.lineCap = "butt";
    for (const group of [...groups.values()].sort((a, b) => a.bright - b.bright)) {
      pen.globalAlpha = group.alpha;
      pen.strokeStyle = group.ink;
      pen.lineWidth = group.width;
      pen.setLineDash(group.dashes);
      for (let i = 0; i < group.lines.length; i += BATCH) {
        pen.beginPath();
        for (let j = i; j < Math.min(i + BATCH, group.lines.length); j += 1) trace(pen, group.lines[j]);
        pen.stroke();
      }
      pen.setLineDash([]);
      if (lines.length > ARROWS && !group.bright) continue;
      pen.fillStyle = group.ink;
      pen.globalAlpha = Math.min(group.alpha * 1.25, 1);
      for (const line of group.lines) {
        if (line.loop || line.length < 26) continue;
        const arm = 5 + group.width * 1.6;
        const [forward, backward] = [line.facts.some((f) => !model.relations[f.relation].symmetric && f.head === line.edge.source), line.facts.some((f) => !model.relations[f.relation].symmetric && f.head !== line.edge.source)];
        pen.beginPath();
        if (forward) head(pen, line.bend || line.a, line.b, radius(line.edge.target) + 2, arm);
        if (backward) head(pen, line.bend || line.b, line.a, radius(line.edge.source) + 2, arm);
        pen.fill();
      }
    }

    // The least important first, so that the main parties lie on top.
    const inSight = (point) => point.x > -80 && point.y > -40 && point.x < size.width + 80 && point.y < size.height + 40;
    const seen = model.nodes.filter((node) => shown.nodes.has(node.index) && inSight(at[node.index]));
    const paleness = (node, i) => (lit && !lit.nodes.has(node.index) ? (strong ? 0.18 : 0.5) : seen.length > MANY && i > FEW ? PALE : 1);
    const isMarked = (node) => look.picked && look.picked.kind === "node" && look.picked.index === node.index;
    // Specks, which have no rim, go together by colour: thousands of single ones take longer than all lines.
    const specks = new Map();
    seen.forEach((node, i) => {
      if (radii[node.index] >= SPECK || isMarked(node)) return;
      const type = model.types[node.type];
      const ink = type.hollow ? colors.surface : node.color || look.shade(type.color);
      const alpha = paleness(node, i);
      const key = `${ink}|${alpha}|${type.shape}`;
      if (!specks.has(key)) specks.set(key, { ink, alpha, shape: type.shape, nodes: [] });
      specks.get(key).nodes.push(node);
    });
    for (const { ink, alpha, shape, nodes } of specks.values()) {
      pen.globalAlpha = alpha;
      pen.fillStyle = ink;
      for (let i = 0; i < nodes.length; i += BATCH) {
        pen.beginPath();
        for (const node of nodes.slice(i, i + BATCH)) kgShapes.outline(pen, shape, at[node.index].x, at[node.index].y, radii[node.index]);
        pen.fill();
      }
    }
    for (let i = seen.length - 1; i >= 0; i -= 1) {
      const node = seen[i];
      const isPicked = isMarked(node);
      if (radii[node.index] < SPECK && !isPicked) continue;
      const type = model.types[node.type];
      const color = node.color || look.shade(type.color);
      const point = at[node.index];
      pen.globalAlpha = paleness(node, i);
      pen.beginPath();
      kgShapes.outline(pen, type.shape, point.x, point.y, radii[node.index]);
      pen.fillStyle = type.hollow ? colors.surface : color;
      pen.fill();
      pen.lineWidth = isPicked ? 3 : type.hollow ? 2 : 1.5;
      pen.strokeStyle = isPicked ? colors.ink : type.hollow ? color : colors.ground;
      pen.stroke();
    }

    const names = seen.slice(0, look.hasty ? HASTY_NAMES : NAMES);
    if (lit && seen.length > NAMES) names.push(...seen.slice(NAMES).filter((node) => lit.nodes.has(node.index)).slice(0, 60));
    const first = (node) => Boolean(lit?.nodes.has(node.index) && lit.nodes.size <= 12)
      || Boolean(look.picked && look.picked.kind === "node" && look.picked.index === node.index)
      || Boolean(look.hover && look.hover.kind === "node" && look.hover.index === node.index);
    const written = names.map((node) => ({
      id: node.index, text: node.label, ...at[node.index], radius: radii[node.index], size: node.font, bold: node.font > 14.5, main: node.index < MAIN_NAMES,
      faint: Boolean(strong && lit && !lit.nodes.has(node.index)), first: first(node),
    }));
    if (lit) written.sort((a, b) => Number(a.faint) - Number(b.faint));
    const wordy = lines.length <= WORDY;
    const marked = lines.filter((line) => (line.status === "denied" && (line.bright || lines.length <= CROSSES)) || ((wordy || line.bright) && !line.loop)).map((line) => ({
      id: `e${line.edge.index}`,
      text: line.bright || (wordy && inSight(line.middle)) ? wordsOf(line.facts, look) : "",
      ...line.middle,
      length: line.length - radii[line.edge.source] - radii[line.edge.target],
      ink: line.ink,
      faint: Boolean(strong && lit && !line.bright),
      first: line.bright,
      crossed: line.status === "denied",
      sources: widthOf(line.facts),
    }));
    marked.sort((a, b) => Number(b.first) - Number(a.first) || b.sources - a.sources);
    const boxes = kgLabels.draw(pen, inner, written, marked, { ink: colors.ink, halo: colors.ground, cross: Math.max(2.5, Math.min(5, 6 * camera.k)) });
    pen.globalAlpha = 1;
    return { at, radii, names: boxes, lines };
  };

  // What a line is called: its relations, and how many facts where there are more than words.
  const wordsOf = (facts, look) => {
    const words = [...new Set(facts.map((fact) => look.called(look.model.relations[fact.relation], fact.relation)))];
    return facts.length > words.length ? `${words.join(" · ")} ×${facts.length}` : words.join(" · ");
  };

  const distanceTo = (line, x, y) => {
    if (line.loop) return Math.abs(Math.hypot(x - line.a.x, y - line.a.y + line.loop) - line.loop);
    const point = (t) => (line.bend
      ? { x: (1 - t) ** 2 * line.a.x + 2 * t * (1 - t) * line.bend.x + t * t * line.b.x, y: (1 - t) ** 2 * line.a.y + 2 * t * (1 - t) * line.bend.y + t * t * line.b.y }
      : { x: line.a.x + t * (line.b.x - line.a.x), y: line.a.y + t * (line.b.y - line.a.y) });
    const pieces = line.bend ? 16 : 1;
    let least = Infinity;
    for (let i = 0; i < pieces; i += 1) {
      const [p, q] = [point(i / pieces), point((i + 1) / pieces)];
      const [dx, dy] = [q.x - p.x, q.y - p.y];
      const t = Math.min(Math.max(((x - p.x) * dx + (y - p.y) * dy) / (dx * dx + dy * dy || 1), 0), 1);
      least = Math.min(least, Math.hypot(x - p.x - t * dx, y - p.y - t * dy));
    }
    return least;
  };

  // What lies under a point of a drawing: a mark, else a name, else the nearest line within reach, else null.
  const hit = (drawn, look, x, y) => {
    for (const node of look.model.nodes) {
      if (!look.shown.nodes.has(node.index)) continue;
      const [point, reach] = [drawn.at[node.index], Math.max(drawn.radii[node.index], 4)];
      if (Math.abs(point.x - x) <= reach && Math.abs(point.y - y) <= reach) return { kind: "node", index: node.index };
    }
    for (const [index, box] of drawn.names) {
      if (x >= box.left && x <= box.right && y >= box.top && y <= box.bottom) return { kind: "node", index };
    }
    let best = null;
    let least = 6; // pixels from a line that still count as on it
    for (const line of drawn.lines) {
      const slack = line.bend ? Math.abs(line.edge.bend) * line.length : 0;
      const reach = (line.loop ? 2 * line.loop : 0) + least + slack;
      if (x < Math.min(line.a.x, line.b.x) - reach || x > Math.max(line.a.x, line.b.x) + reach || y < Math.min(line.a.y, line.b.y) - reach || y > Math.max(line.a.y, line.b.y) + reach) continue;
      const distance = distanceTo(line, x, y);
      if (distance < least) {
        least = distance;
        best = line;
      }
    }
    return best ? { kind: "edge", index: best.edge.index } : null;
  };

  return { draw, hit };
})();
