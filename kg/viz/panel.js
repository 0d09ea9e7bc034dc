// The panel beside the graph: the overview, the card of an entity, the statements of a pair. `page` is what view.js offers.
"use strict";

const kgPanel = (() => {
  const QUOTES_AT_ONCE = 2; // of one event; more fold away
  const LONG_NAME = 60; // characters; longer names are set small and scroll

  const make = (tag, properties = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(properties)) {
      if (key === "class") element.className = value;
      else if (key === "onclick") element.addEventListener("click", value);
      else if (key === "ink") element.style.setProperty("--c", value);
      else element.setAttribute(key, value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return element;
  };
  // Isolated, so that a right-to-left name leaves the text around it alone.
  const foreign = (text) => make("bdi", {}, text);

  const create = (page) => {
    const mark = (typeName) => {
      const type = page.data.types[typeName];
      return make("span", { class: `shape shape-${type.shape}${type.hollow ? " hollow" : ""}`, ink: page.shade(type.color), "aria-hidden": "true" });
    };

    const nodeLink = (id) => make(
      "button",
      { type: "button", class: "link", onclick: () => page.pick({ kind: "node", id }, { move: true }) },
      make("span", { class: page.nameOf(id).length > LONG_NAME ? "long" : "" }, foreign(page.nameOf(id))),
    );

    const badge = (status) => make("span", { class: `badge badge-${status in page.data.statuses ? status : "other"}` }, page.called(page.data.statuses[status], status));

    const familyOf = new Map(page.data.edges.flatMap((edge) => edge.facts.map((fact) => [fact, edge.family])));
    const inkOf = (fact) => page.shade(page.data.families[familyOf.get(fact)].color);

    const quote = (passage) => {
      const article = page.data.articles[passage.article];
      const words = passage.segments.map(([text, role]) => (role ? make("mark", { class: role }, text) : text));
      const caption = make("figcaption", {}, "《", foreign(article.title || page.say().untitled), "》");
      for (const part of [article.source, article.date]) if (part) caption.append(" · ", foreign(part));
      if (passage.inTitle) caption.append(` · ${page.say().inTitle}`);
      if (article.url && /^https?:\/\//i.test(article.url)) {
        caption.append(" · ", make("a", { href: article.url, target: "_blank", rel: "noopener noreferrer" }, page.say().link));
      }
      return make("figure", { class: "quote" }, make("blockquote", { dir: "auto" }, ...words), caption);
    };

    const eventPart = (event) => {
      const rest = event.passages.slice(QUOTES_AT_ONCE);
      return make(
        "div",
        { class: "event" },
        make("div", { class: "when" }, badge(event.status), make("span", {}, kgText.day(event.time, page.say()))),
        ...event.passages.slice(0, QUOTES_AT_ONCE).map(quote),
        rest.length ? make("details", { class: "more" }, make("summary", {}, page.say().moreQuotes(rest.length)), ...rest.map(quote)) : null,
      );
    };

    const numbers = (fact) => make(
      "div",
      { class: "facts" },
      badge(fact.status),
      make("span", {}, kgText.period(fact, page.say())),
      make("span", {}, page.say().sources(fact.sources)),
      make("span", {}, page.say().confidence(kgText.percent(fact.confidence))),
    );

    const factCard = (fact, aside) => {
      const relation = page.data.relations[fact.relation];
      const arrow = relation.symmetric ? "—" : "→";
      return make(
        "article",
        { class: aside ? "fact aside" : "fact", ink: inkOf(fact) },
        make("div", { class: "triple" }, nodeLink(fact.head), make("span", { class: "relation" }, `— ${page.called(relation, fact.relation)} ${arrow}`), nodeLink(fact.tail)),
        numbers(fact),
        ...fact.history.map(eventPart),
      );
    };

    const above = () => make(
      "div",
      { class: "above" },
      make("button", { type: "button", class: "plain back", onclick: page.goBack }, `← ${page.say().back}`),
      make("button", { type: "button", class: "plain back", onclick: () => page.pick(null) }, page.say().close),
    );

    const overview = () => {
      const list = page.data.nodes.slice(0, 15).map((node) => make(
        "li",
        {},
        mark(node.type),
        nodeLink(node.id),
        make("span", { class: "muted" }, page.say().factCount(node.facts)),
      ));
      return [make("p", { class: "muted" }, page.say().help), make("h3", {}, page.say().overview), make("ol", { class: "top" }, ...list)];
    };

    const factRow = (fact, id) => {
      const other = fact.head === id ? fact.tail : fact.head;
      const way = page.data.relations[fact.relation].symmetric ? "–" : fact.head === id ? "→" : "←";
      const evidence = make("div", { class: "evidence", hidden: "" });
      const toggle = make("button", { type: "button", class: "show", "aria-expanded": "false" }, page.say().evidence);
      toggle.addEventListener("click", () => {
        const open = evidence.hidden;
        if (open && !evidence.hasChildNodes()) evidence.append(numbers(fact), ...fact.history.map(eventPart));
        evidence.hidden = !open;
        toggle.setAttribute("aria-expanded", String(open));
        toggle.textContent = open ? page.say().hide : page.say().evidence;
      });
      return make(
        "div",
        { class: "row" },
        make("span", { class: "who" }, make("span", { class: "way", "aria-hidden": "true" }, way), nodeLink(other)),
        make("span", { class: "muted" }, kgText.period(fact, page.say())),
        fact.status === "actual" ? null : badge(fact.status),
        toggle,
        evidence,
      );
    };

    const nodeCard = (node) => {
      const facts = page.touching.get(node.id).flatMap((edge) => edge.facts);
      const groups = new Map();
      for (const fact of facts.sort((a, b) => kgText.compare(kgText.firstDay(a), kgText.firstDay(b)))) {
        if (!groups.has(fact.relation)) groups.set(fact.relation, []);
        groups.get(fact.relation).push(fact);
      }
      const parts = [
        above(),
        make("h2", { class: node.name.length > LONG_NAME ? "long" : "", dir: "auto" }, node.name),
        make(
          "div",
          { class: "kind" },
          make("span", {}, mark(node.type), page.called(page.data.types[node.type], node.type)),
          make("span", {}, page.say().factCount(node.facts)),
          node.hidden ? make("span", {}, page.say().hidden(node.hidden)) : null,
        ),
      ];
      if (node.aliases.length) {
        parts.push(make("p", { class: "aliases" }, make("span", { class: "muted" }, `${page.say().aliases} `), ...node.aliases.map(foreign)));
      }
      if (facts.length) {
        const only = make("button", { type: "button", class: "plain", "aria-pressed": String(page.state.only === node.id) }, page.say().onlyThis);
        only.addEventListener("click", () => page.showOnly(page.state.only === node.id ? null : node.id));
        parts.push(make("div", { class: "actions" }, only));
      } else {
        parts.push(make("p", { class: "muted" }, page.say().noFacts));
      }
      for (const [relation, members] of [...groups].sort((a, b) => b[1].length - a[1].length || kgText.compare(a[0], b[0]))) {
        parts.push(
          make("h3", {}, `${page.called(page.data.relations[relation], relation)} `, make("span", { class: "count" }, String(members.length))),
          ...members.map((fact) => factRow(fact, node.id)),
        );
      }
      return parts;
    };

    const edgeCard = (edge) => {
      const others = page.touching.get(edge.source).filter((e) => e !== edge && page.otherEnd(e, edge.source) === edge.target);
      const parts = [
        above(),
        make("h2", { class: "pair" }, nodeLink(edge.source), make("span", { class: "muted", "aria-hidden": "true" }, "—"), nodeLink(edge.target)),
        ...edge.facts.map((fact) => factCard(fact, false)),
      ];
      if (others.length) {
        parts.push(make("h3", {}, page.say().alsoPair), ...others.flatMap((e) => e.facts.map((fact) => factCard(fact, true))));
      }
      return parts;
    };

    // The elements that stand in the panel while `at` ({kind, id} or null) is picked.
    const card = (at) => {
      if (!at) return overview();
      return at.kind === "node" ? nodeCard(page.nodes.get(at.id)) : edgeCard(page.edges.get(at.id));
    };

    return { card, mark };
  };

  return { make, foreign, create };
})();
