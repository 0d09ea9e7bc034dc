// The page: draws the graph with vis-network, keeps what is picked and filtered, and writes the panel.
// Every string of the data goes on the screen as a text node or on the canvas; none is ever parsed as HTML.
"use strict";

const kgPage = (() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("kg-data").textContent);
  const nodes = new Map(data.nodes.map((node) => [node.id, node]));
  const edges = new Map(data.edges.map((edge) => [edge.id, edge]));
  const touching = new Map(data.nodes.map((node) => [node.id, []]));
  for (const edge of data.edges) {
    for (const end of new Set([edge.source, edge.target])) touching.get(end).push(edge);
  }

  const darkWanted = window.matchMedia("(prefers-color-scheme: dark)");
  const stillWanted = window.matchMedia("(prefers-reduced-motion: reduce)");
  const state = {
    lang: kgText.preferred(),
    theme: darkWanted.matches ? "dark" : "light",
    picked: null, // {kind: "node" | "edge", id}
    trail: [], // what was picked before
    hover: null,
    only: null, // id of the node whose surroundings alone are shown
    off: { types: new Set(), families: new Set(), statuses: new Set() },
  };
  const say = () => kgText.words[state.lang];
  const called = (entry, fallback) => (entry ? entry[state.lang] : fallback) || fallback;
  const shade = (pair) => pair[state.theme === "dark" ? 1 : 0];
  const nameOf = (id) => (nodes.has(id) ? nodes.get(id).name : id);
  const otherEnd = (edge, id) => (edge.source === id ? edge.target : edge.source);

  // ---- what is visible ----

  const edgePasses = (edge) => !state.off.families.has(edge.family) && !state.off.statuses.has(edge.status);

  const inOnly = (id) => {
    if (state.only === null || id === state.only) return true;
    return touching.get(state.only).some((edge) => otherEnd(edge, state.only) === id);
  };

  // Ids of visible nodes and edges. A node all of whose lines are filtered away goes with them.
  const visible = () => {
    const open = new Set(data.nodes.filter((n) => !state.off.types.has(n.type) && inOnly(n.id)).map((n) => n.id));
    const lines = new Set(
      data.edges.filter((e) => edgePasses(e) && open.has(e.source) && open.has(e.target)).map((e) => e.id),
    );
    const shown = new Set(
      [...open].filter((id) => id === state.only || touching.get(id).length === 0 || touching.get(id).some((e) => lines.has(e.id))),
    );
    return { nodes: shown, edges: lines };
  };

  // What stands out: the picked or hovered thing and what it touches; null where everything is equal.
  const highlighted = () => {
    const at = state.picked || state.hover;
    if (!at) return null;
    if (at.kind === "edge") {
      const edge = edges.get(at.id);
      const pair = touching.get(edge.source).filter((e) => otherEnd(e, edge.source) === edge.target);
      return { nodes: new Set([edge.source, edge.target]), edges: new Set(pair.map((e) => e.id)) };
    }
    const near = touching.get(at.id);
    return { nodes: new Set([at.id, ...near.map((e) => otherEnd(e, at.id))]), edges: new Set(near.map((e) => e.id)) };
  };

  // ---- the drawing ----

  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const withoutLabel = ({ label, font, ...rest }) => rest;
  const drawnNodes = new vis.DataSet(data.network.nodes.map(withoutLabel));
  const drawnEdges = new vis.DataSet(data.network.edges.map(withoutLabel));
  const lineWidth = new Map(data.network.edges.map((edge) => [edge.id, edge.width]));
  const radius = new Map(data.network.nodes.map((node) => [node.id, node.size]));
  const container = byId("graph");
  let network = null;
  let shown = visible();
  let lit = null;
  let nameBoxes = new Map();

  // Seen from far away, marks and lines are drawn bigger than they stand in the layout, or a phone would show specks.
  const MAX_WORDY_LINES = 250; // with more lines in sight, words on them are noise; zooming in brings them
  const FULL_SIZE_SCALE = 0.6;
  const MAX_GROWTH = 2.2;
  let growth = 1;
  const sizeOf = (id) => radius.get(id) * growth;
  const widthOf = (id) => lineWidth.get(id) * growth * (lit && lit.edges.has(id) ? 1.3 : 1);

  const restyle = () => {
    shown = visible();
    lit = highlighted();
    const surface = css("--surface");
    const ink = css("--ink");
    drawnNodes.update(data.nodes.map((node) => {
      const type = data.types[node.type];
      const color = shade(type.color);
      const isPicked = state.picked && state.picked.kind === "node" && state.picked.id === node.id;
      const border = isPicked ? ink : type.hollow ? color : css("--ground");
      const fill = { background: type.hollow ? surface : color, border };
      return {
        id: node.id,
        hidden: !shown.nodes.has(node.id),
        opacity: lit && !lit.nodes.has(node.id) ? (state.picked ? 0.18 : 0.5) : 1,
        borderWidth: isPicked ? 3 : type.hollow ? 2 : 1.5,
        color: { ...fill, hover: fill, highlight: fill },
      };
    }));
    drawnEdges.update(data.edges.map((edge) => {
      const color = shade(data.families[edge.family].color);
      const opacity = data.statuses[edge.status].opacity;
      const bright = lit && lit.edges.has(edge.id);
      return {
        id: edge.id,
        hidden: !shown.edges.has(edge.id),
        width: widthOf(edge.id),
        color: { color, hover: color, highlight: color, opacity: lit ? (bright ? Math.max(opacity, 0.6) : opacity * (state.picked ? 0.12 : 0.5)) : opacity },
      };
    }));
  };

  const relationWords = (edge) => [...new Set(edge.facts.map((f) => called(data.relations[f.relation], f.relation)))].join(" · ");

  const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);

  const keepMarksVisible = (scale) => {
    const wanted = Math.min(Math.max(FULL_SIZE_SCALE / scale, 1), MAX_GROWTH);
    if (Math.abs(wanted - growth) < 0.1) return;
    growth = wanted;
    requestAnimationFrame(() => {
      drawnNodes.update(data.nodes.map((node) => ({ id: node.id, size: sizeOf(node.id) })));
      drawnEdges.update(data.edges.map((edge) => ({ id: edge.id, width: widthOf(edge.id) })));
    });
  };

  const paint = (ctx) => {
    const scale = network.getScale();
    keepMarksVisible(scale);
    const at = network.getPositions();
    const screen = new Map(Object.entries(at).map(([id, point]) => [id, network.canvasToDOM(point)]));
    const width = container.clientWidth;
    const height = container.clientHeight;
    const inSight = (point) => point.x > -80 && point.y > -40 && point.x < width + 80 && point.y < height + 40;
    const names = data.nodes.filter((node) => shown.nodes.has(node.id) && inSight(screen.get(node.id))).map((node) => ({
      id: node.id,
      text: node.label,
      ...screen.get(node.id),
      radius: sizeOf(node.id) * scale,
      size: node.font,
      bold: node.font > 14.5,
      faint: Boolean(state.picked && lit && !lit.nodes.has(node.id)),
      first: Boolean(lit && lit.nodes.has(node.id) && lit.nodes.size <= 12)
        || Boolean(state.picked && state.picked.id === node.id) || Boolean(state.hover && state.hover.id === node.id),
    }));
    if (lit) names.sort((a, b) => Number(a.faint) - Number(b.faint));
    const lines = data.edges.filter((edge) => shown.edges.has(edge.id) && edge.source !== edge.target).map((edge) => {
      // getPoint follows the bend of the line; it is vis-network's own and not in its documentation.
      const middle = network.canvasToDOM(network.body.edges[edge.id].edgeType.getPoint(0.5));
      const bright = Boolean(lit && lit.edges.has(edge.id));
      return {
        id: edge.id,
        text: relationWords(edge),
        ...middle,
        length: distance(screen.get(edge.source), screen.get(edge.target))
          - (sizeOf(edge.source) + sizeOf(edge.target)) * scale,
        ink: shade(data.families[edge.family].color),
        faint: Boolean(state.picked && lit && !bright),
        first: bright,
        crossed: edge.status === "denied",
        sources: Math.max(...edge.facts.map((fact) => fact.sources)),
      };
    }).filter(inSight).map((line, _, all) => (line.first || all.length <= MAX_WORDY_LINES ? line : { ...line, text: "" }));
    lines.sort((a, b) => Number(b.first) - Number(a.first) || b.sources - a.sources);
    nameBoxes = kgLabels.draw(ctx, network.canvas.pixelRatio, names, lines, { ink: css("--ink"), halo: css("--ground"), cross: Math.max(2.5, Math.min(5, 6 * scale)) });
  };

  const fit = (ids, animate = true) => {
    if (!network || ids.length === 0) return;
    const points = Object.values(network.getPositions(ids));
    const low = { x: Math.min(...points.map((p) => p.x)), y: Math.min(...points.map((p) => p.y)) };
    const high = { x: Math.max(...points.map((p) => p.x)), y: Math.max(...points.map((p) => p.y)) };
    const legend = byId("legend");
    const covered = legend.open ? legend.offsetHeight + 14 : 44;
    const pad = { side: 72, top: 52, bottom: 62 + covered };
    const room = {
      x: Math.max(container.clientWidth - 2 * pad.side, 60),
      y: Math.max(container.clientHeight - pad.top - pad.bottom, 60),
    };
    const scale = Math.min(room.x / Math.max(high.x - low.x, 1), room.y / Math.max(high.y - low.y, 1), 1.4);
    const position = { x: (low.x + high.x) / 2, y: (low.y + high.y) / 2 + (pad.bottom - pad.top) / 2 / scale };
    const animation = animate && !stillWanted.matches ? { duration: 350, easingFunction: "easeInOutQuad" } : false;
    network.moveTo({ position, scale, animation });
  };

  const fly = (ids) => {
    if (ids.length > 1) {
      fit(ids);
      return;
    }
    const position = network.getPositions(ids)[ids[0]];
    const animation = stillWanted.matches ? false : { duration: 350, easingFunction: "easeInOutQuad" };
    network.moveTo({ position, scale: Math.max(network.getScale(), 0.9), animation });
  };

  // What lies under a point of the drawing, names included.
  const under = (point) => {
    const node = network.getNodeAt(point);
    if (node !== undefined) return { kind: "node", id: node };
    for (const [id, box] of nameBoxes) {
      if (point.x >= box.left && point.x <= box.right && point.y >= box.top && point.y <= box.bottom) return { kind: "node", id };
    }
    const edge = network.getEdgeAt(point);
    return edge !== undefined ? { kind: "edge", id: edge } : null;
  };

  // ---- panel, bar, legend and notices ----

  const { make } = kgPanel;
  const page = {
    data, nodes, edges, touching, state, say, called, shade, nameOf, otherEnd,
    pick: (...choice) => pick(...choice),
    goBack: () => goBack(),
    showOnly: (id) => {
      state.only = id;
      refresh();
      fit([...shown.nodes]);
    },
  };
  const panel = kgPanel.create(page);

  const key = (kind, name, sample, text, count) => {
    const off = state.off[kind];
    const button = make("button", { type: "button", class: "key", "aria-pressed": String(!off.has(name)), "data-key": name }, sample, make("bdi", {}, text), make("span", { class: "muted" }, String(count)));
    button.addEventListener("click", () => {
      if (off.has(name)) off.delete(name);
      else off.add(name);
      refilter();
      byId(kind).querySelector(`[data-key="${CSS.escape(name)}"]`).focus();
    });
    return button;
  };

  const tally = (items, of) => items.reduce((counts, item) => counts.set(of(item), (counts.get(of(item)) || 0) + 1), new Map());

  const writeLegend = () => {
    const facts = (field) => tally(data.edges.flatMap((edge) => edge.facts.map(() => edge)), (edge) => edge[field]);
    const fill = (kind, counts, table, sample) => {
      const present = Object.keys(table).filter((name) => counts.has(name));
      byId(kind).replaceChildren(...present.map((name) => key(kind, name, sample(name), called(table[name], name), counts.get(name))));
      byId(kind).parentElement.hidden = present.length === 0;
    };
    byId("legend-title").textContent = say().legend;
    for (const kind of ["types", "families", "statuses"]) byId(`${kind}-title`).textContent = say()[kind];
    fill("types", tally(data.nodes, (node) => node.type), data.types, panel.mark);
    fill("families", facts("family"), data.families, (name) => make("span", { class: "line", ink: shade(data.families[name].color), "aria-hidden": "true" }));
    fill("statuses", facts("status"), data.statuses, (name) => make("span", { class: `line line-${name}`, "aria-hidden": "true" }));
    byId("legend").hidden = data.nodes.length === 0;
  };

  const writeBar = () => {
    const { totals } = data;
    const title = data.title || (data.focus.length ? say().around(nameOf(data.focus[0])) : say().title);
    document.documentElement.lang = say().lang;
    document.title = title;
    byId("title").textContent = title;
    const parts = [];
    if (totals.first) parts.push(totals.first === totals.last ? totals.first : `${totals.first} – ${totals.last}`);
    if (totals.articles) parts.push(say().articles(totals.articles));
    parts.push(say().entities(data.nodes.length, totals.entities), say().facts(totals.factsShown, totals.facts));
    if (totals.unlinked) parts.push(say().unlinked(totals.unlinked));
    byId("summary").replaceChildren(...parts.map((part) => make("span", {}, part)));
    byId("search").placeholder = say().search;
    byId("search").setAttribute("aria-label", say().search);
    byId("hits").setAttribute("aria-label", say().search);
    byId("fit").textContent = say().fit;
    byId("fit").title = say().fitHelp;
    byId("theme").textContent = say().theme[state.theme];
    byId("theme").title = say().themeHelp;
    byId("language").textContent = say().other;
    byId("language").title = say().switchTo;
    byId("language").lang = state.lang === "zh" ? "en" : "zh-CN";
    byId("panel").setAttribute("aria-label", say().panel);
    byId("empty").textContent = say().empty;
    container.setAttribute("aria-label", say().graph(data.nodes.length, totals.factsShown));
  };

  const writePanel = () => byId("panel").replaceChildren(...panel.card(state.picked));

  const writeNotice = () => {
    const hidden = data.nodes.length - shown.nodes.size;
    const parts = [];
    if (state.only !== null) parts.push(say().only(nodes.get(state.only).label));
    else if (hidden) parts.push(say().filtered(hidden));
    byId("notice").textContent = parts.join(" · ");
  };

  // After a filter: the panel stays as it is, with what was unfolded in it.
  const refilter = () => {
    restyle();
    writeLegend();
    writeNotice();
  };

  const refresh = () => {
    document.documentElement.dataset.theme = state.theme;
    refilter();
    writeBar();
    writePanel();
  };

  // ---- what the reader does ----

  const pick = (target, { move = false, remember = true } = {}) => {
    if (remember && state.picked && target) state.trail.push(state.picked);
    if (!target) state.trail = [];
    state.picked = target;
    state.hover = null;
    if (target && target.kind === "node") {
      // What was asked for is shown, whatever filter hid it.
      state.off.types.delete(nodes.get(target.id).type);
      if (!inOnly(target.id)) state.only = null;
    } else if (!target) state.only = null;
    refresh();
    byId("panel").scrollTop = 0;
    if (move && target && target.kind === "node") fly([target.id]);
    // The button that was pressed is gone with the old panel; the keyboard goes on in the new one.
    if (document.activeElement === document.body) byId("panel").focus({ preventScroll: true });
  };

  const goBack = () => {
    const before = state.trail.pop() || null;
    pick(before, { move: true, remember: false });
  };

  const listen = () => {
    byId("fit").addEventListener("click", () => fit([...shown.nodes]));
    byId("theme").addEventListener("click", () => {
      state.theme = state.theme === "dark" ? "light" : "dark";
      refresh();
    });
    darkWanted.addEventListener("change", () => {
      state.theme = darkWanted.matches ? "dark" : "light";
      refresh();
    });
    byId("language").addEventListener("click", () => {
      state.lang = state.lang === "zh" ? "en" : "zh";
      refresh();
    });
    document.addEventListener("keydown", (event) => {
      const typing = event.target.closest("input");
      if (event.key === "Escape" && !typing) pick(null);
      else if (event.key === "/" && !typing) {
        event.preventDefault();
        byId("search").focus();
      }
    });
    // Paper is white.
    let before = null;
    window.addEventListener("beforeprint", () => {
      before = state.theme;
      state.theme = "light";
      refresh();
      if (network) network.redraw();
    });
    window.addEventListener("afterprint", () => {
      state.theme = before || state.theme;
      refresh();
    });
  };

  const drawGraph = () => {
    network = new vis.Network(container, { nodes: drawnNodes, edges: drawnEdges }, data.network.options);
    network.on("afterDrawing", paint);
    network.on("click", ({ pointer }) => {
      const target = under(pointer.DOM);
      if (target) pick(target);
      else if (state.picked) pick(null);
    });
    const hover = (target) => {
      if (state.picked) return;
      state.hover = target;
      restyle();
    };
    network.on("hoverNode", ({ node }) => hover({ kind: "node", id: node }));
    network.on("blurNode", () => hover(null));
    network.on("hoverEdge", ({ edge }) => hover({ kind: "edge", id: edge }));
    network.on("blurEdge", () => hover(null));
    // The window takes its size after the first drawing; until the reader moves the graph, it stays fitted.
    let touched = false;
    for (const name of ["dragStart", "zoom"]) network.on(name, () => { touched = true; });
    const refit = () => { if (!touched && !state.picked) fit([...shown.nodes], false); };
    network.on("resize", refit);
    byId("legend").addEventListener("toggle", refit);
    fit([...shown.nodes], false);
    if (data.focus.length && nodes.has(data.focus[0])) pick({ kind: "node", id: data.focus[0] });
  };

  refresh();
  // Where it would take the graph's room, the legend waits folded.
  const legend = byId("legend");
  if (window.innerWidth <= 760 || legend.offsetHeight > container.clientHeight / 3) legend.open = false;
  kgSearch.attach(page, panel.mark);
  listen();
  if (data.nodes.length) drawGraph();
  return { state, pick, fit, get network() { return network; }, get names() { return nameBoxes; } };
})();
