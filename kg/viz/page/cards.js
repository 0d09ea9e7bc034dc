// What the panel says of facts: the evidence with its parties marked, numbers, and cards of single facts.
"use strict";

const kgCards = (() => {
  const { make, foreign } = kgDom;
  const QUOTES_AT_ONCE = 2; // of one event; more fold away
  const LONG_NAME = 60; // characters; longer names are set small and scroll

  const create = (page) => {
    const { model } = page;

    const mark = (typeName) => {
      const type = model.types[typeName];
      return make("span", { class: `shape shape-${type.shape}${type.hollow ? " hollow" : ""}`, ink: page.shade(type.color), "aria-hidden": "true" });
    };

    const nodeLink = (index) => {
      const { name } = model.nodes[index];
      return make(
        "button",
        { type: "button", class: "link", onclick: () => page.pick({ kind: "node", index }, { move: true }) },
        make("span", { class: name.length > LONG_NAME ? "long" : "" }, foreign(name)),
      );
    };

    const badge = (status) => make("span", { class: `badge badge-${status in model.statuses ? status : "other"}` }, page.called(model.statuses[status], status));

    const quote = (passage) => {
      const article = model.articles[passage.article];
      const words = passage.segments.map(([text, role]) => (role ? make("mark", { class: role }, text) : text));
      const caption = make("figcaption", {}, "《", foreign(article.title || page.say().untitled), "》");
      for (const part of [article.source, article.date]) if (part) caption.append(" · ", foreign(part));
      if (passage.inTitle) caption.append(` · ${page.say().inTitle}`);
      if (article.url && /^https?:\/\//i.test(article.url)) {
        caption.append(" · ", make("a", { href: article.url, target: "_blank", rel: "noopener noreferrer" }, page.say().link));
      }
      return make("figure", { class: "quote" }, make("blockquote", { dir: "auto" }, ...words), caption);
    };

    const event = (happened) => {
      const rest = happened.passages.slice(QUOTES_AT_ONCE);
      return make(
        "div",
        { class: "event" },
        make("div", { class: "when" }, badge(happened.status), make("span", {}, kgText.day(happened.time, page.say()))),
        ...happened.passages.slice(0, QUOTES_AT_ONCE).map(quote),
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
      const relation = model.relations[fact.relation];
      const arrow = relation.symmetric ? "—" : "→";
      return make(
        "article",
        { class: aside ? "fact aside" : "fact", ink: page.shade(model.families[model.edges[fact.edge].family].color) },
        make("div", { class: "triple" }, nodeLink(fact.head), make("span", { class: "relation" }, `— ${page.called(relation, fact.relation)} ${arrow}`), nodeLink(fact.tail)),
        numbers(fact),
        ...fact.history.map(event),
      );
    };

    // What else the two have with each other, so that a plan beside what came of it does not look like the same thing twice.
    const besides = (fact) => {
      const edge = model.edges[fact.edge];
      const others = model.pairOf(edge).flatMap((each) => page.shown().facts.get(each.index) || []).filter((other) => other !== fact);
      const words = [...new Set(others.map((other) => page.called(model.relations[other.relation], other.relation)))];
      return words.length ? make("button", { type: "button", class: "also", onclick: () => page.pick({ kind: "edge", index: fact.edge }) }, page.say().besides(words.join("、"))) : null;
    };

    const factRow = (fact, index) => {
      const other = fact.head === index ? fact.tail : fact.head;
      const way = model.relations[fact.relation].symmetric ? "–" : fact.head === index ? "→" : "←";
      const evidence = make("div", { class: "evidence", hidden: "" });
      const toggle = make("button", { type: "button", class: "show", "aria-expanded": "false" }, page.say().evidence);
      toggle.addEventListener("click", () => {
        const open = evidence.hidden;
        if (open && !evidence.hasChildNodes()) evidence.append(numbers(fact), ...fact.history.map(event));
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
        besides(fact),
        toggle,
        evidence,
      );
    };

    return { mark, nodeLink, factCard, factRow, LONG_NAME };
  };

  return { create };
})();
