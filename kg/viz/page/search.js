// The search box: names, aliases and ids, folded, or spelled in pinyin, best first; arrows, Enter and Escape work as in any combobox.
"use strict";

const kgSearch = (() => {
  const attach = (page, mark) => {
    const { make, foreign } = kgDom;
    const box = document.getElementById("search");
    const list = document.getElementById("hits");
    let hits = [];
    let current = -1;

    const rank = (form, wanted) => (form === wanted ? 0 : form.startsWith(wanted) ? 1 : form.includes(wanted) ? 2 : 9);
    const folded = page.model.nodes.map((node) => ({
      node,
      forms: [node.name, ...node.aliases, ...node.ids].map((form) => [form, kgText.fold(form)]),
    }));
    const find = (wanted) => folded.map(({ node, forms }, order) => {
      // The name itself goes before an alias that fits as well.
      const scored = forms.map(([form, plain], i) => {
        const spelled = kgPinyin.rank(plain, wanted, page.model.readings) + 0.25;
        return [Math.min(rank(plain, wanted), spelled) + (i ? 0.5 : 0), form, i > 0];
      });
      const best = scored.reduce((a, b) => (b[0] < a[0] ? b : a));
      return { node, order, score: best[0], via: best[2] ? best[1] : null };
    }).filter((hit) => hit.score < 9).sort((a, b) => a.score - b.score || a.order - b.order).slice(0, 30);

    const close = () => {
      list.hidden = true;
      box.setAttribute("aria-expanded", "false");
      box.removeAttribute("aria-activedescendant");
    };

    const choose = (hit) => {
      close();
      box.value = "";
      box.blur(); // the keyboard goes on in the card
      page.pick({ kind: "node", index: hit.node.index }, { move: true });
    };

    const point = (index) => {
      current = index;
      for (const [i, item] of [...list.children].entries()) item.setAttribute("aria-selected", String(i === index));
      if (hits.length) {
        box.setAttribute("aria-activedescendant", `hit-${index}`);
        list.children[index].scrollIntoView({ block: "nearest" });
      }
    };

    const update = () => {
      const wanted = kgText.fold(box.value);
      if (!wanted) {
        hits = [];
        close();
        return;
      }
      hits = find(wanted);
      list.replaceChildren(...(hits.length
        ? hits.map((hit, i) => make(
          "li",
          { role: "option", id: `hit-${i}`, "aria-selected": "false", onclick: () => choose(hit) },
          mark(hit.node.type),
          make("span", { class: "name" }, foreign(hit.node.label)),
          hit.via ? make("span", { class: "muted name" }, page.say().alias(hit.via.slice(0, 40))) : null,
        ))
        : [make("li", { class: "none", role: "option", "aria-disabled": "true" }, page.say().none)]));
      list.hidden = false;
      box.setAttribute("aria-expanded", "true");
      if (hits.length) point(0);
    };

    box.addEventListener("input", update);
    box.addEventListener("focus", update);
    box.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" && hits.length) point((current + 1) % hits.length);
      else if (event.key === "ArrowUp" && hits.length) point((current - 1 + hits.length) % hits.length);
      else if (event.key === "Enter" && hits.length && !event.isComposing) choose(hits[current]);
      else if (event.key === "Escape") {
        close();
        box.value = "";
        box.blur();
        page.leavePath();
        event.stopPropagation();
      } else return;
      event.preventDefault();
    });
    document.addEventListener("click", (event) => {
      if (!event.target.closest(".search")) close();
    });
  };

  return { attach };
})();
