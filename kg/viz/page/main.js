// The page: keeps what is picked and filtered, and lets the parts write themselves anew when that changes.
// Every string of the data goes on the screen as a text node or on the canvas; none is ever parsed as HTML.
"use strict";

const kgStart = (data) => {
  const { make, byId, css } = kgDom;
  const NARROW_WINDOW = 760; // pixels; page.css stacks the panel below this width
  const PAPER = 2; // pixels of the picture on paper for each of the screen's
  const LEAST_PICTURE = 240; // pixels in height of the graph in a picture that is taken along
  const MORE_STEP = 2; // how many times as many entities "show more" shows
  const GUEST_NEIGHBOURS = 8; // of an entity that is not drawn yet, shown with it when it is asked for

  const model = kgModel.read(data);
  // A narrow window has room for the first of the pictures that were laid out.
  const isNarrow = () => window.innerWidth <= NARROW_WINDOW;
  const opening = model.opening;
  let begunNarrow = isNarrow();
  if (begunNarrow && model.stages.length) model.opening = Math.min(opening, model.stages[0].count);
  const darkWanted = window.matchMedia("(prefers-color-scheme: dark)");
  const started = kgHash.read(window.location.hash, model);
  const state = {
    lang: started.lang || kgText.preferred(),
    langChosen: Boolean(started.lang),
    theme: started.theme || (darkWanted.matches ? "dark" : "light"),
    themeChosen: Boolean(started.theme),
    picked: started.picked, // {kind: "node" | "edge", index}
    path: started.path, // {from, to}
    pathFrom: null, // the first end of a path whose second is being picked
    trail: [], // what was picked before
    hover: null,
    filter: started.filter,
    camera: started.camera,
  };
  const say = () => kgText.words[state.lang];
  const called = (entry, fallback) => (entry ? entry[state.lang] : fallback) || fallback;
  const shade = (pair) => pair[state.theme === "dark" ? 1 : 0];

  let shown = kgFilter.visible(model, state.filter);
  let walked = null; // the nodes of the path that is shown
  let lit = null;
  let colors = {};
  let stage = null;
  let touched = Boolean(state.camera);

  // ---- what stands out: a path, else the picked or hovered thing and what it touches; null where all is equal ----

  const way = () => walked;

  // Over all that the filters leave, drawn yet or not; what is denied links nobody.
  const walk = () => {
    if (!state.path) return null;
    const open = kgFilter.visible(model, { ...state.filter, limit: Infinity, only: null, crowded: true });
    return kgPaths.shortest(model, state.path.from, state.path.to, (edge) => open.edges.has(edge.index) && open.status.get(edge.index) !== "denied");
  };

  // What is shown beyond the first so many, since it was asked for.
  const guests = () => {
    const wanted = [];
    if (state.path) wanted.push(...(walked || [state.path.from, state.path.to]));
    else if (state.picked?.kind === "edge") wanted.push(model.edges[state.picked.index].source, model.edges[state.picked.index].target);
    else if (state.picked) {
      const { index } = state.picked;
      wanted.push(index);
      if (index >= state.filter.limit) {
        const near = new Set(model.touching[index].map((edge) => model.otherEnd(edge, index)));
        wanted.push(...[...near].sort((a, b) => a - b).slice(0, GUEST_NEIGHBOURS));
      }
    }
    return new Set(wanted.filter((index) => index >= state.filter.limit));
  };

  const highlighted = () => {
    if (state.path) {
      const nodes = way() || [state.path.from, state.path.to];
      const pairs = nodes.slice(1).flatMap((index, i) => model.touching[index].filter((edge) => model.otherEnd(edge, index) === nodes[i]));
      return { nodes: new Set(nodes), edges: new Set(way() ? pairs.map((edge) => edge.index) : []) };
    }
    const at = state.picked || state.hover;
    if (!at) return null;
    if (at.kind === "edge") {
      const edge = model.edges[at.index];
      return { nodes: new Set([edge.source, edge.target]), edges: new Set(model.pairOf(edge).map((each) => each.index)) };
    }
    const near = model.touching[at.index].filter((edge) => shown.edges.has(edge.index));
    return { nodes: new Set([at.index, ...near.map((edge) => model.otherEnd(edge, at.index))]), edges: new Set(near.map((edge) => edge.index)) };
  };

  const look = () => ({ model, shown, lit, picked: state.path || state.picked, hover: state.hover, colors, called, shade });

  // `hasty` while a hand moves something: a picture that takes long has the main names alone until the hand rests.
  const restyle = (hasty = false) => {
    lit = highlighted();
    if (stage) stage.redraw(hasty);
  };

  // ---- the address ----

  let writing = 0;
  const remember = () => {
    clearTimeout(writing);
    // The frame of a notebook has no address of its own.
    if (window.location.protocol === "about:") return;
    writing = setTimeout(() => window.history.replaceState(null, "", `#${kgHash.write(state, model)}`), 60);
  };

  // ---- bar, panel and notices ----

  const page = {
    model, state, say, called, shade, way,
    shown: () => shown,
    pick: (...choice) => pick(...choice),
    goBack: () => pick(state.trail.pop() || null, { move: true, remember: false }),
    showOnly: (only) => {
      state.filter.only = only;
      refilter();
      writePanel();
      fit();
    },
    beginPath: (from) => {
      state.pathFrom = from;
      writeNotice();
      byId("search").focus();
    },
    leavePath: () => {
      if (state.pathFrom === null) return false;
      state.pathFrom = null;
      writeNotice();
      return true;
    },
    refilter: (...options) => refilter(...options),
  };
  const cards = kgCards.create(page);
  page.cards = cards;
  const panel = kgPanel.create(page, cards);
  const legend = kgLegend.create(page, cards);
  const slider = kgSlider.create(page);
  const lanes = model.kind === "timeline" ? kgLanes.create(page) : null;

  const title = () => {
    if (model.title) return model.title;
    if (!model.focus.length) return say().title;
    const name = model.nodes[model.focus[0]].name;
    const other = model.pair && model.focus.length > 1 ? model.nodes[model.focus[model.focus.length - 1]].name : "";
    if (lanes) return say().timelineOf(other ? `${name} – ${other}` : name);
    return say().around(name);
  };

  const writeBar = () => {
    const { totals } = model;
    const asked = [...model.asked.relations.map((name) => called(model.relations[name], name)), model.asked.since ? say().since(model.asked.since) : "", model.asked.until ? say().until(model.asked.until) : ""].filter(Boolean);
    document.documentElement.lang = say().lang;
    document.title = title();
    byId("title").textContent = title();
    const parts = [];
    if (totals.first) parts.push(totals.first === totals.last ? totals.first : `${totals.first} – ${totals.last}`);
    if (totals.articles) parts.push(say().articles(totals.articles));
    parts.push(say().entities(model.nodes.length, totals.entities), say().facts(totals.factsShown, totals.facts));
    if (totals.unlinked) parts.push((asked.length ? say().unlinkedAsked : say().unlinked)(totals.unlinked));
    if (asked.length) parts.push(say().asked(asked.join(" ")));
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
    byId("take-title").textContent = say().take;
    for (const id of ["png", "svg", "csv", "json", "cypher", "print"]) byId(id).textContent = say()[id];
    byId("copy").textContent = say().copy;
    byId("dialog-close").textContent = say().close;
    byId("cypher-text").setAttribute("aria-label", say().cypher);
    byId("empty").textContent = asked.length ? say().emptyAsked(asked.join(" ")) : say().empty;
    byId("graph").setAttribute("aria-label", say().graph(model.nodes.length, totals.factsShown));
  };

  let written = ""; // whose card stands in the panel
  const writePanel = () => {
    const card = JSON.stringify([state.picked, state.path]);
    const unfolded = (selector, is) => [...byId("panel").querySelectorAll(selector)].map(is);
    const [passages, more] = [unfolded(".show", (each) => each.ariaExpanded === "true"), unfolded("details", (each) => each.open)];
    byId("panel").replaceChildren(...panel.card());
    // A card made anew, in other colours say, keeps what was unfolded.
    if (card === written) {
      const shows = [...byId("panel").querySelectorAll(".show")];
      if (shows.length === passages.length) for (const [i, show] of shows.entries()) if (passages[i]) show.click();
      const details = [...byId("panel").querySelectorAll("details")];
      if (details.length === more.length) for (const [i, each] of details.entries()) each.open = more[i];
    }
    written = card;
    // Said aloud when the keyboard comes into the panel: whose card it is.
    const ends = state.path ? [state.path.from, state.path.to] : state.picked?.kind === "edge" ? [model.edges[state.picked.index].source, model.edges[state.picked.index].target] : state.picked ? [state.picked.index] : [];
    byId("panel").setAttribute("aria-label", [say().panel, ...ends.map((index) => model.nodes[index].label)].join(" "));
  };

  const writeNotice = () => {
    const { filter } = state;
    const parts = [];
    const within = Math.min(filter.limit, model.nodes.length);
    const hidden = within - [...shown.nodes].filter((index) => index < within).length;
    if (state.pathFrom !== null) parts.push(say().pathPick(model.nodes[state.pathFrom].label));
    else if (filter.only) parts.push(`${say().only(model.nodes[filter.only.node].label)} · ${say().hops(filter.only.hops)}`);
    else if (hidden > 0) parts.push(say().filtered(hidden));
    const waiting = filter.only ? 0 : model.nodes.length - within;
    const more = [];
    const lines = shown.edges.size - shown.drawn.size;
    if (lines > 0 || filter.crowded) {
      if (lines > 0) parts.push(say().thinned(lines));
      more.push(make("button", {
        type: "button", class: "plain", id: "lines",
        onclick: () => {
          filter.crowded = !filter.crowded;
          refilter();
        },
      }, filter.crowded ? say().mainLines : say().allLines));
    }
    if (waiting > 0) {
      parts.push(say().waiting(waiting));
      const next = Math.min(within * MORE_STEP, model.nodes.length);
      more.push(make("button", {
        type: "button", class: "plain", id: "more",
        onclick: () => {
          filter.limit = next;
          refilter();
          if (!touched) fit(false);
        },
      }, say().more(next - within)));
    }
    const cut = model.totals.entities - model.totals.unlinked - model.nodes.length;
    // Where there is little room, the line under the title is enough.
    if (cut > 0 && window.innerWidth > NARROW_WINDOW) parts.push(say().cut(cut));
    // Its buttons are made anew under the keyboard's hand.
    const held = byId("notice").contains(document.activeElement) ? document.activeElement.id : "";
    byId("notice").replaceChildren(...[parts.join(" · "), ...more].filter(Boolean));
    if (held) (byId(held) || byId("graph")).focus();
  };

  // After a filter: the panel stays as it is, with what was unfolded in it.
  const refilter = (options = {}) => {
    walked = walk();
    state.filter.guests = guests();
    shown = kgFilter.visible(model, state.filter);
    kgPlaces.arrange(model, Math.min(state.filter.limit, model.nodes.length), Boolean(state.filter.only));
    restyle(Boolean(options.hasty));
    legend.write(options);
    slider.write();
    writeNotice();
    if (lanes) lanes.write();
    if (state.path) writePanel();
    remember();
  };

  const refresh = () => {
    document.documentElement.dataset.theme = state.theme;
    colors = { ground: css("--ground"), surface: css("--surface"), ink: css("--ink") };
    refilter();
    writeBar();
    writePanel();
  };

  // ---- the camera ----

  const fit = (animate = true, indices = [...shown.nodes]) => {
    if (!stage || indices.length === 0) return;
    const folded = byId("legend").open ? byId("legend").offsetHeight + 14 : 44;
    const covered = Math.max(folded, byId("time").hidden || getComputedStyle(byId("time")).position !== "absolute" ? 0 : byId("time").offsetHeight + 14);
    const narrow = stage.size.width < 500;
    const told = byId("notice").textContent ? byId("notice").offsetTop + byId("notice").offsetHeight + 22 : 0;
    const pad = { side: narrow ? 34 : 60, top: Math.max(narrow ? 24 : 40, told), bottom: (narrow ? 28 : 40) + covered };
    stage.moveTo(kgCamera.fit(indices.map((index) => model.nodes[index]), stage.size, pad, 1.4), animate);
  };

  // A path is seen whole.
  const fitPath = (animate = true) => fit(animate, way() || [state.path.from, state.path.to]);

  const fly = (index) => {
    const { x, y } = model.nodes[index];
    stage.moveTo({ x, y, k: Math.max(stage.camera.k, 0.9) }, true);
  };

  // ---- what the reader does ----

  const pick = (target, { move = false, remember: keep = true } = {}) => {
    if (state.pathFrom !== null && target && target.kind === "node") {
      const from = state.pathFrom;
      state.pathFrom = null;
      if (from !== target.index) {
        state.path = { from, to: target.index };
        state.picked = null;
        refresh();
        fitPath();
        return;
      }
    }
    if (keep && state.picked && target) state.trail.push(state.picked);
    if (!target) {
      state.trail = [];
      state.pathFrom = null;
    }
    state.picked = target;
    state.path = null;
    state.hover = null;
    const { filter } = state;
    if (target && target.kind === "node") {
      // What was asked for is shown, whatever filter hid it.
      filter.types.delete(model.nodes[target.index].type);
      if (filter.only && !kgFilter.visible(model, filter).nodes.has(target.index)) filter.only = null;
    } else if (!target) filter.only = null;
    refresh();
    byId("panel").scrollTop = 0;
    if (move && stage && target && target.kind === "node") fly(target.index);
    // The button that was pressed is gone with the old panel; the keyboard goes on in the new one.
    if (document.activeElement === document.body) byId("panel").focus({ preventScroll: true });
  };

  // What "take along" takes: the facts of the path, of what is picked, or all that is shown.
  const selection = () => {
    if (state.path || state.picked) {
      const edges = state.path ? [...highlighted().edges] : state.picked.kind === "edge" ? [state.picked.index] : model.touching[state.picked.index].map((edge) => edge.index);
      return edges.flatMap((index) => shown.facts.get(index) || []);
    }
    return [...shown.edges].flatMap((index) => shown.facts.get(index));
  };

  // What a picture says beside the graph. Until the reader moved the view, the graph fills what legend and time leave free.
  const sheet = (heading = title()) => {
    const { totals } = model;
    const facts = [...shown.edges];
    const present = (table, names) => Object.entries(table).filter(([name]) => names.has(name));
    const keys = [
      ...present(model.types, new Set([...shown.nodes].map((index) => model.nodes[index].type))).map(([name, type]) => ({ text: called(type, name), ink: shade(type.color), shape: type.shape, hollow: type.hollow })),
      ...present(model.families, new Set(facts.map((index) => model.edges[index].family))).map(([name, family]) => ({ text: called(family, name), ink: shade(family.color), dashes: [], alpha: 1 })),
      ...present(model.statuses, new Set(facts.map((index) => shown.status.get(index)))).map(([name, status]) => ({ text: called(status, name), ink: colors.ink, dashes: status.dashes, alpha: status.opacity, crossed: name === "denied" })),
    ];
    const dates = [];
    if (totals.first) dates.push(totals.first === totals.last ? totals.first : `${totals.first} – ${totals.last}`);
    if (totals.articles) dates.push(say().articles(totals.articles));
    if (state.filter.time) dates.push(`${say().modes[state.filter.time.mode]} ${byId("time-span").textContent}`);
    const said = { title: heading, dates: dates.join(" · "), keys, colors };
    const points = ((state.path ? way() : null) || [...shown.nodes]).map((index) => model.nodes[index]);
    if (touched || state.picked || !points.length) return { ...said, seen: stage.camera, size: stage.size };
    const pad = { side: 60, top: 30, bottom: 40 };
    const { k } = kgCamera.fit(points, stage.size, pad, 1.4);
    const ys = points.map((point) => point.y);
    const deep = ys.reduce((a, b) => Math.max(a, b)) - ys.reduce((a, b) => Math.min(a, b));
    const size = { width: stage.size.width, height: Math.min(Math.max(Math.ceil(deep * k) + pad.top + pad.bottom, LEAST_PICTURE), stage.size.height) };
    return { ...said, seen: kgCamera.fit(points, size, pad, 1.4), size };
  };

  const takeAlong = () => {
    const text = (name, type, content) => kgTakeaway.save(kgTakeaway.fileName(title(), name), new Blob([content], { type }));
    const actions = {
      png: async () => kgTakeaway.save(kgTakeaway.fileName(title(), "png"), await kgTakeaway.picture(stage, sheet())),
      svg: () => text("svg", "image/svg+xml", kgTakeaway.drawing(stage, sheet())),
      csv: () => text("csv", "text/csv;charset=utf-8", kgTakeaway.csv(kgTakeaway.rowsOf(selection(), model))),
      json: () => text("json", "application/json", kgTakeaway.json(selection(), model)),
      cypher: () => {
        byId("cypher-text").value = kgTakeaway.cypher(selection(), selection().length === model.totals.facts);
        byId("dialog").showModal();
      },
      print: () => window.print(),
    };
    for (const [id, act] of Object.entries(actions)) {
      byId(id).addEventListener("click", () => {
        byId("take").open = false;
        act();
      });
    }
    if (!stage) for (const id of ["png", "svg"]) byId(id).hidden = true;
    let told = 0;
    byId("copy").addEventListener("click", () => {
      byId("cypher-text").select();
      // The clipboard's newer interface asks for a permission that a file from disk need not have.
      byId("copy").textContent = document.execCommand("copy") ? say().copied : say().copyByHand;
      clearTimeout(told);
      told = setTimeout(() => { byId("copy").textContent = say().copy; }, 1500);
    });
    byId("dialog-close").addEventListener("click", () => byId("dialog").close());
    // What had the keyboard before lies in the folded menu, and what has it is hidden.
    byId("dialog").addEventListener("close", () => byId("take-title").focus());
    byId("take").addEventListener("toggle", () => { byId("take-count").textContent = say().selection(selection().length); });
    document.addEventListener("click", (event) => { if (!event.target.closest("#take")) byId("take").open = false; });
  };

  const listen = () => {
    byId("fit").addEventListener("click", () => {
      touched = false;
      fit();
    });
    byId("reset").addEventListener("click", () => {
      state.filter = { ...kgFilter.none(), limit: state.filter.limit, crowded: state.filter.crowded };
      refresh();
    });
    byId("theme").addEventListener("click", () => {
      state.theme = state.theme === "dark" ? "light" : "dark";
      state.themeChosen = true;
      refresh();
    });
    darkWanted.addEventListener("change", () => {
      state.theme = darkWanted.matches ? "dark" : "light";
      state.themeChosen = false;
      refresh();
    });
    byId("language").addEventListener("click", () => {
      state.lang = state.lang === "zh" ? "en" : "zh";
      state.langChosen = true;
      refresh();
    });
    document.addEventListener("keydown", (event) => {
      const typing = event.target.closest("input:not([type=range]):not([type=checkbox]), textarea, select, dialog");
      if (typing) return;
      if (event.key === "Escape") {
        if (byId("take").open) {
          byId("take").open = false;
          byId("take-title").focus();
        } else if (!page.leavePath()) pick(null);
      }
      else if (event.key === "/") {
        event.preventDefault();
        byId("search").focus();
      } else if (event.key === "0") byId("fit").click();
      else if (stage && (event.target === document.body || event.target === byId("panel"))) stage.press(event);
    });
    window.addEventListener("hashchange", () => {
      const given = kgHash.read(window.location.hash, model);
      Object.assign(state, { filter: given.filter, picked: given.picked, path: given.path, lang: given.lang || state.lang, theme: given.theme || state.theme, camera: given.camera });
      state.langChosen ||= Boolean(given.lang);
      state.themeChosen ||= Boolean(given.theme);
      touched = Boolean(given.camera);
      refresh();
      if (stage && given.camera) stage.moveTo(given.camera);
      else if (state.path) fitPath();
      else if (!state.picked) fit();
    });
    // Paper is white.
    let before = null;
    window.addEventListener("beforeprint", () => {
      before = state.theme;
      state.theme = "light";
      refresh();
      if (stage) stage.sharpen(PAPER);
    });
    window.addEventListener("afterprint", () => {
      state.theme = before || state.theme;
      before = null;
      refresh();
      if (stage) stage.sharpen(1);
    });
  };

  const drawGraph = () => {
    stage = kgStage.create(byId("graph"), look, {
      pick: (target) => { if (target || state.picked || state.path) pick(target); },
      hover: (target) => {
        if (state.picked || state.path) return;
        const same = (state.hover?.kind) === (target?.kind) && (state.hover?.index) === (target?.index);
        if (same) return;
        state.hover = target;
        restyle();
      },
      touched: () => { touched = true; },
      moved: () => {
        if (!stage || !touched) return;
        state.camera = stage.camera;
        remember();
      },
    });
    // The window takes its size after the first drawing; until the reader moves the graph, it stays fitted.
    const refit = () => {
      if (touched || state.picked) return;
      if (state.path) fitPath(false);
      else fit(false);
    };
    new ResizeObserver(() => {
      if (window.matchMedia("print").matches) return;
      stage.resize();
      widen();
      refit();
    }).observe(byId("graph"));
    byId("legend").addEventListener("toggle", refit);
    if (state.camera) stage.moveTo(state.camera);
    else if (state.path) fitPath(false);
    else fit(false);
  };

  // Where it would take the graph's room, the legend waits folded.
  const foldLegend = () => {
    if (lanes || isNarrow() || byId("legend").offsetHeight > byId("stage").clientHeight / 3) byId("legend").open = false;
  };

  // The frame of a notebook may have no width yet when the page begins, and then is no phone.
  const widen = () => {
    if (!begunNarrow || isNarrow() || touched) return;
    begunNarrow = false;
    const few = model.opening;
    model.opening = opening;
    if (state.filter.limit === few) state.filter.limit = opening;
    byId("legend").open = true;
    refilter();
    foldLegend();
  };

  if (!state.picked && !state.path && model.focus.length && !window.location.hash) state.picked = { kind: "node", index: model.focus[0] };
  refresh();
  foldLegend();
  kgSearch.attach(page, cards.mark);
  if (model.nodes.length && !lanes) drawGraph();
  if (lanes) new ResizeObserver(widen).observe(byId("lanes"));
  listen();
  takeAlong();
  return { state, model, pick, fit, selection, sheet, get stage() { return stage; }, get shown() { return shown; }, get lit() { return lit; } };
};

// Named on the window, for tests and for who opens the console.
kgUnpack.read(kgDom.byId("kg-data")).then(
  (data) => { window.kgPage = kgStart(data); },
  (error) => {
    const told = kgDom.byId("empty");
    told.hidden = false;
    told.textContent = `此页面无法在这个浏览器中打开，请更新浏览器。This browser cannot open the page; a newer one can. (${error.message})`;
  },
);
