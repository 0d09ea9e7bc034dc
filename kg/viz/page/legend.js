// The legend, which filters: keys of types, kinds of relation and statuses; below them the finer filters.
"use strict";

const kgLegend = (() => {
  const { make, byId } = kgDom;

  const tally = (items, of) => items.reduce((counts, item) => counts.set(of(item), (counts.get(of(item)) || 0) + 1), new Map());

  const create = (page, cards) => {
    const { model } = page;
    const counts = {
      types: tally(model.nodes, (node) => node.type),
      families: tally(model.facts, (fact) => model.edges[fact.edge].family),
      statuses: tally(model.facts, (fact) => fact.status),
      relations: tally(model.facts, (fact) => fact.relation),
    };
    // What a fact was at another time can be filtered too.
    for (const fact of model.facts) for (const event of fact.history) if (!counts.statuses.has(event.status)) counts.statuses.set(event.status, 0);
    const samples = {
      types: (name) => cards.mark(name),
      families: (name) => make("span", { class: "line", ink: page.shade(model.families[name].color), "aria-hidden": "true" }),
      statuses: (name) => make("span", { class: `line line-${name}`, "aria-hidden": "true" }),
      relations: (name) => make("span", { class: "line", ink: page.shade(model.families[model.relations[name].family].color), "aria-hidden": "true" }),
    };

    const key = (kind, name, table) => {
      const off = page.state.filter[kind];
      const button = make("button", { type: "button", class: "key", "aria-pressed": String(!off.has(name)), "data-key": name }, samples[kind](name), make("bdi", {}, page.called(table[name], name)), make("span", { class: "muted" }, String(counts[kind].get(name))));
      button.addEventListener("click", () => {
        if (off.has(name)) off.delete(name);
        else off.add(name);
        page.refilter();
        [...byId(kind).children].find((each) => each.dataset.key === name).focus();
      });
      return button;
    };

    const field = (id, label, control) => make("label", { class: "field", for: id }, make("span", {}, label), control);

    const slider = (id, label, value, most, step, write, onchange) => {
      const output = make("output", { for: id }, write(value));
      const input = make("input", { type: "range", id, min: "0", max: String(most), step: String(step), value: String(value) });
      input.addEventListener("input", () => {
        output.textContent = write(Number(input.value));
        onchange(Number(input.value));
      });
      return field(id, label, make("span", { class: "with-output" }, input, output));
    };

    const finer = () => {
      const { filter } = page.state;
      const most = Math.max(...model.facts.map((fact) => fact.sources).slice(0, 60000), 1);
      const parts = [
        slider("confidence", page.say().minConfidence, Math.round(filter.confidence * 100), 100, 5, (n) => `${n}%`, (n) => {
          filter.confidence = n / 100;
          page.refilter({ keep: true });
        }),
      ];
      if (most > 1) {
        parts.push(slider("sources", page.say().minSources, Math.max(filter.sources, 1), most, 1, String, (n) => {
          filter.sources = n;
          page.refilter({ keep: true });
        }));
      }
      if (model.categories.length) {
        const select = make("select", { id: "category" }, make("option", { value: "" }, page.say().anyCategory), ...model.categories.map((node) => make("option", { value: String(node.index) }, node.label)));
        select.value = filter.category === null ? "" : String(filter.category);
        select.addEventListener("change", () => {
          filter.category = select.value === "" ? null : Number(select.value);
          page.refilter({ keep: true });
        });
        parts.push(field("category", page.say().category, select));
      }
      return parts;
    };

    const write = ({ keep = false } = {}) => {
      byId("legend-title").textContent = page.say().legend;
      byId("finer-title").textContent = page.say().filters;
      for (const kind of ["types", "families", "statuses", "relations"]) {
        const table = model[kind];
        const present = Object.keys(table).filter((name) => counts[kind].has(name));
        byId(`${kind}-title`).textContent = page.say()[kind];
        byId(kind).replaceChildren(...present.map((name) => key(kind, name, table)));
        byId(kind).parentElement.hidden = present.length === 0;
      }
      // The control under the hand is not replaced while it is moved.
      if (!keep) byId("finer").replaceChildren(...finer());
      byId("reset").textContent = page.say().reset;
      byId("reset").hidden = kgFilter.isNone(page.state.filter);
      byId("legend").hidden = model.nodes.length === 0;
    };

    return { write };
  };

  return { create };
})();
