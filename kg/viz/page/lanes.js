// The other kind of page: what one entity had with each partner, or two with each other, as bars along time.
"use strict";

const kgLanes = (() => {
  const { make, byId, foreign } = kgDom;
  const DAY = 864e5;
  const NARROW = 0.9; // percent of the axis; a shorter spell is drawn that wide, or it could not be hit
  const WORD = 4; // percent of the axis that the word of a bar takes
  const MOST_TICKS = 12;

  // Partners of the focus in order of first appearance, each with its facts: [{key, node, facts}]. With two in focus a
  // lane is a relation of theirs.
  const lanesOf = (model, facts) => {
    const focus = new Set(model.focus);
    const { pair } = model;
    const lanes = new Map();
    for (const fact of facts) {
      if (!focus.has(fact.head) && !focus.has(fact.tail)) continue;
      const partner = focus.has(fact.head) ? fact.tail : fact.head;
      const key = pair ? fact.relation : partner;
      if (!lanes.has(key)) lanes.set(key, { key, node: pair ? null : partner, facts: [] });
      lanes.get(key).facts.push(fact);
    }
    const first = (lane) => Math.min(...lane.facts.map((fact) => (fact.times.start ? fact.times.start[0] : Infinity)));
    return [...lanes.values()].map((lane) => ({ ...lane, first: first(lane) })).sort((a, b) => (a.first === b.first ? b.facts.length - a.facts.length : a.first - b.first));
  };

  // The axis: from the year of the first to the end of the year of the last day known.
  const axisOf = (model) => {
    const bins = kgDates.bins(model.facts.map((fact) => fact.times).filter((times) => times.dated));
    const last = kgDates.extent(model.totals.last);
    const year = (day) => new Date(day * DAY).getUTCFullYear();
    if (!bins.length) return null;
    const end = Math.max(bins[bins.length - 1].to - 1, last ? last[1] - 1 : 0);
    const [from, to] = [kgDates.range(String(year(bins[0].from)))[0], kgDates.range(String(year(end)))[1]];
    const [first, after] = [year(from), year(to)];
    const step = Math.ceil((after - first) / MOST_TICKS);
    const years = [];
    for (let y = first; y < after; y += step) years.push({ year: y, at: ((kgDates.range(String(y))[0] - from) / (to - from)) * 100 });
    return { from, to, years, place: (day) => Math.min(Math.max(((day - from) / (to - from)) * 100, 0), 100) };
  };

  const create = (page) => {
    const { model } = page;

    const barsOf = (fact, axis) => {
      const bars = [];
      const { spells, events } = fact.times;
      for (const spell of spells) {
        if (!spell.from && !spell.to) continue;
        const [left, right] = [spell.from ? axis.place(spell.from[0]) : 0, spell.to ? axis.place(spell.to[1]) : 100];
        const cut = Math.min(left, 100 - NARROW);
        bars.push({ left: cut, width: Math.max(right - cut, NARROW), status: fact.status === "ended" || spell.to ? "ended" : "actual", open: !spell.to, dim: !spell.from });
      }
      for (const event of events) {
        if (event.status === "actual" || event.status === "ended") continue;
        bars.push({ left: Math.min(axis.place(event.at[0]), 100 - NARROW), width: NARROW * 1.6, status: event.status, point: true });
      }
      if (!bars.length) for (const event of events) bars.push({ left: Math.min(axis.place(event.at[0]), 100 - NARROW), width: NARROW * 1.6, status: event.status, point: true });
      // The word of a bar begins behind what stands on the bar's beginning.
      for (const each of bars) {
        const on = bars.filter((other) => other.point && !each.point && other.left < each.left + WORD && other.left + other.width > each.left);
        if (on.length) each.indent = ((Math.max(...on.map((other) => other.left + other.width)) - each.left) / each.width) * 100;
      }
      return bars;
    };

    const bar = (fact, shape) => {
      const words = page.called(model.relations[fact.relation], fact.relation);
      const when = kgText.period(fact, page.say()) || (fact.history.find((event) => event.time) || { time: page.say().undated }).time;
      const button = make("button", { type: "button", class: `bar-of bar-${shape.status}${shape.point ? " point" : ""}${shape.open ? " open" : ""}${shape.dim ? " dim" : ""}`, "aria-label": `${words} ${page.called(model.statuses[shape.status], shape.status)} ${when}`, title: `${words} · ${when}`, ink: page.shade(model.families[model.edges[fact.edge].family].color) }, shape.width > 9 ? make("span", {}, words) : null);
      if (shape.indent && button.firstChild) button.firstChild.style.setProperty("margin-left", `${shape.indent}%`);
      button.style.setProperty("left", `${shape.left}%`);
      button.style.setProperty("width", `${shape.width}%`);
      button.addEventListener("click", () => page.pick({ kind: "edge", index: fact.edge }));
      return button;
    };

    const write = () => {
      const facts = [...page.shown().facts.values()].flat();
      const lanes = lanesOf(model, facts);
      const axis = axisOf(model);
      const rows = [];
      if (axis) {
        const ticks = axis.years.map(({ year, at }) => {
          const tick = make("span", { class: "tick" }, String(year));
          tick.style.setProperty("left", `${at}%`);
          return tick;
        });
        rows.push(make("div", { class: "lane axis", "aria-hidden": "true" }, make("span", { class: "partner" }), make("div", { class: "track" }, ...ticks)));
      }
      for (const lane of lanes) {
        const track = make("div", { class: "track" });
        let level = 0;
        const undated = [];
        const taken = []; // right ends by level
        for (const fact of lane.facts) {
          const shapes = axis ? barsOf(fact, axis) : [];
          if (!shapes.length) {
            undated.push(fact);
            continue;
          }
          const left = Math.min(...shapes.map((shape) => shape.left));
          const right = Math.max(...shapes.map((shape) => shape.left + shape.width));
          let row = taken.findIndex((end) => end <= left);
          if (row < 0) row = taken.length;
          taken[row] = right + 0.4;
          level = Math.max(level, row);
          for (const shape of shapes) {
            const element = bar(fact, shape);
            element.style.setProperty("--row", String(row));
            track.append(element);
          }
        }
        if (undated.length) {
          const line = make("div", { class: "undated" }, ...undated.map((fact) => make(
            "button",
            { type: "button", class: "chip", ink: page.shade(model.families[model.edges[fact.edge].family].color), onclick: () => page.pick({ kind: "edge", index: fact.edge }) },
            `${page.called(model.relations[fact.relation], fact.relation)} · ${page.say().undated}`,
          )));
          line.style.setProperty("--rows", String(taken.length ? level + 1 : 0));
          track.append(line);
        }
        track.style.setProperty("--rows", String((taken.length ? level + 1 : 0) + (undated.length ? 1 : 0)));
        const name = lane.node === null ? page.called(model.relations[lane.key], lane.key) : model.nodes[lane.node].name;
        const partner = lane.node === null
          ? make("span", { class: "partner" }, foreign(name))
          : make("button", { type: "button", class: "partner link", title: name, onclick: () => page.pick({ kind: "node", index: lane.node }) }, page.cards.mark(model.nodes[lane.node].type), foreign(model.nodes[lane.node].label));
        rows.push(make("div", { class: "lane", role: "listitem" }, partner, track));
      }
      byId("lanes").replaceChildren(...rows);
    };

    return { write };
  };

  return { create, lanesOf, axisOf };
})();
