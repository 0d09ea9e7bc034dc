// The panel beside the picture: the overview, the card of an entity, the statements of a pair, a path.
"use strict";

const kgPanel = (() => {
  const { make, foreign } = kgDom;
  const MOST_HOPS = 4;
  const OVERVIEW = 15;

  const create = (page, cards) => {
    const { model } = page;
    const button = (text, properties, onclick) => make("button", { type: "button", class: "plain", ...properties, onclick }, text);
    const shownFacts = (edges) => edges.flatMap((edge) => page.shown().facts.get(edge.index) || []);
    const inTime = (a, b) => kgText.compare(kgText.firstDay(a), kgText.firstDay(b));

    const above = () => make(
      "div",
      { class: "above" },
      button(`← ${page.say().back}`, { class: "plain back" }, page.goBack),
      button(page.say().close, { class: "plain back" }, () => page.pick(null)),
    );

    const overview = () => {
      const list = model.nodes.slice(0, OVERVIEW).map((node) => make(
        "li",
        {},
        cards.mark(node.type),
        cards.nodeLink(node.index),
        make("span", { class: "muted" }, page.say().factCount(node.facts)),
      ));
      const help = model.kind === "timeline" ? page.say().timelineHelp : page.say().help;
      return [
        make("p", { class: "muted" }, help), make("h2", { class: "small" }, page.say().overview), make("ol", { class: "top" }, ...list),
        model.kind === "timeline" ? null : make("p", { class: "muted keyhelp" }, page.say().keys),
      ].filter(Boolean);
    };

    const surroundings = (node) => {
      const { only } = page.state.filter;
      const here = only && only.node === node.index;
      const hops = make("select", { id: "hops", "aria-label": page.say().hopsHelp }, ...Array.from({ length: MOST_HOPS }, (_, i) => make("option", { value: String(i + 1) }, page.say().hops(i + 1))));
      hops.value = String(here ? only.hops : 1);
      const toggle = button(page.say().onlyThis, { "aria-pressed": String(Boolean(here)), id: "only" }, () => page.showOnly(here ? null : { node: node.index, hops: Number(hops.value) }));
      hops.addEventListener("change", () => page.showOnly({ node: node.index, hops: Number(hops.value) }));
      return [toggle, hops, button(page.say().pathTo, { id: "path-from" }, () => page.beginPath(node.index))];
    };

    const nodeCard = (node) => {
      const facts = shownFacts(model.touching[node.index]);
      const groups = new Map();
      for (const fact of facts.sort(inTime)) {
        if (!groups.has(fact.relation)) groups.set(fact.relation, []);
        groups.get(fact.relation).push(fact);
      }
      const parts = [
        above(),
        make("h2", { class: node.name.length > cards.LONG_NAME ? "long" : "", dir: "auto" }, node.name),
        make(
          "div",
          { class: "kind" },
          make("span", {}, cards.mark(node.type), page.called(model.types[node.type], node.type)),
          make("span", {}, page.say().factCount(node.facts)),
          node.hidden ? make("span", {}, page.say().hidden(node.hidden)) : null,
        ),
      ];
      if (node.aliases.length) {
        parts.push(make("p", { class: "aliases" }, make("span", { class: "muted" }, `${page.say().aliases} `), ...node.aliases.map(foreign)));
      }
      if (node.ids.length) {
        parts.push(make("p", { class: "aliases ids" }, make("span", { class: "muted" }, `${page.say().ids} `), ...node.ids.map(foreign)));
      }
      if (!facts.length) parts.push(make("p", { class: "muted" }, page.say().noFacts));
      else if (model.kind === "graph") parts.push(make("div", { class: "actions" }, ...surroundings(node)));
      for (const [relation, members] of [...groups].sort((a, b) => b[1].length - a[1].length || kgText.compare(a[0], b[0]))) {
        parts.push(
          make("h3", {}, `${page.called(model.relations[relation], relation)} `, make("span", { class: "count" }, String(members.length))),
          ...members.map((fact) => cards.factRow(fact, node.index)),
        );
      }
      return parts;
    };

    const edgeCard = (edge) => {
      const others = model.pairOf(edge).filter((e) => e !== edge);
      const own = page.shown().facts.get(edge.index) || edge.facts;
      const parts = [
        above(),
        make("h2", { class: "pair" }, cards.nodeLink(edge.source), make("span", { class: "muted", "aria-hidden": "true" }, "—"), cards.nodeLink(edge.target)),
        ...own.map((fact) => cards.factCard(fact, false)),
      ];
      if (others.length) {
        parts.push(make("h3", {}, page.say().alsoPair), ...others.flatMap((e) => e.facts.map((fact) => cards.factCard(fact, true))));
      }
      return parts;
    };

    const pathCard = (path, way) => {
      const parts = [above(), make("h2", {}, `${page.say().path} `, make("span", { class: "muted" }, way ? page.say().pathSteps(way.length - 1) : ""))];
      if (!way) return [...parts, make("p", {}, cards.nodeLink(path.from), " … ", cards.nodeLink(path.to)), make("p", { class: "muted", id: "no-path" }, page.say().noPath)];
      parts.push(make("p", { class: "way-through" }, ...way.flatMap((index, i) => (i ? [" → ", cards.nodeLink(index)] : [cards.nodeLink(index)]))));
      way.slice(1).forEach((index, i) => {
        const edges = model.touching[index].filter((edge) => model.otherEnd(edge, index) === way[i]);
        parts.push(...shownFacts(edges).sort(inTime).map((fact) => cards.factCard(fact, false)));
      });
      return parts;
    };

    // The elements that stand in the panel for the state of the page.
    const card = () => {
      const { picked, path } = page.state;
      if (path) return pathCard(path, page.way());
      if (!picked) return overview();
      return picked.kind === "node" ? nodeCard(model.nodes[picked.index]) : edgeCard(model.edges[picked.index]);
    };

    return { card };
  };

  return { create };
})();
