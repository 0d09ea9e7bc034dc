// The state of the page as the part of its address behind #, and back. Entities go by their ids, so that a view still
// fits a page made anew; what a page does not know is left out.
"use strict";

const kgHash = (() => {
  const SETS = { t: "types", f: "families", s: "statuses", r: "relations" };
  const MODES = ["held", "new", "ended"];
  const MAX_HOPS = 9;

  const list = (items) => [...items].map(encodeURIComponent).join(",");
  const unlist = (text) => text.split(",").filter(Boolean).map(decode);

  // A broken escape stays as it is: anyone can write an address.
  function decode(text) {
    return /%(?![0-9a-f]{2})/i.test(text) ? text : decodeURIComponentSafe(text);
  }

  function decodeURIComponentSafe(text) {
    const bytes = new Uint8Array(text.length * 3);
    const encoded = new TextEncoder();
    let used = 0;
    for (let i = 0; i < text.length;) {
      if (text[i] === "%") {
        bytes[used] = parseInt(text.slice(i + 1, i + 3), 16);
        used += 1;
        i += 3;
      } else {
        const char = String.fromCodePoint(text.codePointAt(i));
        const part = encoded.encode(char);
        bytes.set(part, used);
        used += part.length;
        i += char.length;
      }
    }
    return new TextDecoder().decode(bytes.subarray(0, used));
  }

  const edgeKey = (model, edge) => [model.nodes[edge.source].id, model.nodes[edge.target].id, edge.family, edge.status];

  // Whether facts without a date are shown where nobody says.
  const datesOptional = (filter) => !filter.time || filter.time.mode === "held";

  const write = (state, model) => {
    const { filter } = state;
    const id = (index) => model.nodes[index].id;
    const parts = [];
    const put = (key, value) => parts.push(`${key}=${value}`);
    if (state.langChosen) put("lang", state.lang);
    if (state.themeChosen) put("theme", state.theme);
    for (const [key, field] of Object.entries(SETS)) if (filter[field].size) put(key, list(filter[field]));
    if (filter.confidence) put("conf", Math.round(filter.confidence * 100));
    if (filter.sources > 1) put("src", filter.sources);
    if (filter.category !== null) put("cat", list([id(filter.category)]));
    if (filter.time) put("time", `${kgDates.iso(filter.time.from)}..${kgDates.iso(filter.time.to)}..${filter.time.mode}`);
    if (filter.undated !== datesOptional(filter)) put("undated", Number(filter.undated));
    if (filter.only) put("only", `${list([id(filter.only.node)])},${filter.only.hops}`);
    // What stands where depends on how many are drawn.
    if ((state.camera || filter.limit !== model.opening) && filter.limit < Infinity) put("n", filter.limit);
    if (filter.crowded) put("lines", "all");
    if (state.path) put("path", list([id(state.path.from), id(state.path.to)]));
    else if (state.picked) put("at", state.picked.kind === "node" ? list([id(state.picked.index)]) : list(edgeKey(model, model.edges[state.picked.index])));
    if (state.camera) put("view", [state.camera.x, state.camera.y].map(Math.round).concat(state.camera.k.toFixed(3)).join(","));
    return parts.join("&");
  };

  const read = (text, model) => {
    const given = new Map(text.replace(/^#/, "").split("&").filter((part) => part.includes("=")).map((part) => [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)]));
    const state = { filter: { ...kgFilter.none(), limit: model.opening }, picked: null, path: null, camera: null };
    const { filter } = state;
    const node = (id) => (model.byId.has(id) ? model.byId.get(id) : null);
    const get = (key) => given.get(key) || "";
    if (["zh", "en"].includes(get("lang"))) state.lang = get("lang");
    if (["light", "dark"].includes(get("theme"))) state.theme = get("theme");
    const tables = { types: model.types, families: model.families, statuses: model.statuses, relations: model.relations };
    for (const [key, field] of Object.entries(SETS)) filter[field] = new Set(unlist(get(key)).filter((name) => Object.hasOwn(tables[field], name)));
    filter.confidence = Math.min(Math.max(Number(get("conf")) || 0, 0), 100) / 100;
    filter.sources = Math.max(Math.floor(Number(get("src")) || 0), 0);
    filter.category = node(decode(get("cat")));
    const [from, to, mode] = get("time").split("..");
    const [first, last] = [kgDates.range(from), kgDates.range(to)];
    if (first && last && first[0] < last[0] && MODES.includes(mode)) filter.time = { from: first[0], to: last[0], mode };
    filter.undated = ["0", "1"].includes(get("undated")) ? get("undated") === "1" : datesOptional(filter);
    const [only, hops] = unlist(get("only"));
    if (only && node(only) !== null) filter.only = { node: node(only), hops: Math.min(Math.max(Number(hops) || 1, 1), MAX_HOPS) };
    if (Number(get("n")) >= 1) filter.limit = Math.floor(Number(get("n")));
    filter.crowded = get("lines") === "all";
    const ends = unlist(get("path")).map(node);
    if (ends.length === 2 && !ends.includes(null)) state.path = { from: ends[0], to: ends[1] };
    const at = unlist(get("at"));
    if (at.length === 1 && node(at[0]) !== null) state.picked = { kind: "node", index: node(at[0]) };
    if (at.length === 4) {
      const edge = model.edges.find((e) => edgeKey(model, e).every((part, i) => part === at[i]));
      if (edge) state.picked = { kind: "edge", index: edge.index };
    }
    const view = get("view").split(",").map(Number);
    if (view.length === 3 && view.every(Number.isFinite) && view[2] > 0) state.camera = { x: view[0], y: view[1], k: view[2] };
    return state;
  };

  return { write, read };
})();
