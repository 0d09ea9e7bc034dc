// Time: a histogram of what began and ended, two handles for the window, step and play.
"use strict";

const kgSlider = (() => {
  const { make, byId } = kgDom;
  const BEAT = 900; // milliseconds a step of the play lasts
  const MODES = ["held", "new", "ended"];

  const create = (page) => {
    const bins = kgDates.bins(page.model.facts.map((fact) => fact.times).filter((times) => times.dated));
    const [from, to] = [byId("time-from"), byId("time-to")];
    let playing = 0;
    let undatedBefore = true; // whether undated facts were shown before the mode that leaves them out

    const named = (first, last = first) => (first.label === last.last ? first.label : `${first.label} – ${last.last}`);

    // What is new or ended is dated; facts without a date come back with the time in which they may have held.
    const turn = (mode) => {
      const { filter } = page.state;
      const before = filter.time ? filter.time.mode : "held";
      if ((before === "held") === (mode === "held")) return;
      if (before === "held") undatedBefore = filter.undated;
      filter.undated = mode === "held" && undatedBefore;
    };

    const window_ = () => {
      const { time } = page.state.filter;
      if (!time) return [0, bins.length - 1];
      const first = bins.findIndex((bin) => bin.to > time.from);
      const after = bins.findIndex((bin) => bin.to >= time.to);
      return [Math.max(first, 0), after < 0 ? bins.length - 1 : Math.max(after, Math.max(first, 0))];
    };

    const set = (first, last) => {
      const { filter } = page.state;
      const mode = filter.time ? filter.time.mode : byId("time-mode").value || "held";
      const whole = first === 0 && last === bins.length - 1 && mode === "held";
      filter.time = whole ? null : { from: bins[first].from, to: bins[last].to, mode };
      page.refilter({ keep: true, hasty: true });
    };

    const move = (steps) => {
      const [first, last] = window_();
      const span = last - first;
      if (span === bins.length - 1) {
        set(steps > 0 ? 0 : bins.length - 1, steps > 0 ? 0 : bins.length - 1);
        return true;
      }
      const next = Math.min(Math.max(first + steps, 0), bins.length - 1 - span);
      set(next, next + span);
      return next !== first;
    };

    const stop = () => {
      clearInterval(playing);
      playing = 0;
      write();
    };
    const play = () => {
      if (playing) {
        stop();
        return;
      }
      const [first, last] = window_();
      if (last === bins.length - 1) set(0, last - first === bins.length - 1 ? 0 : last - first);
      playing = setInterval(() => {
        if (!move(1)) stop();
      }, BEAT);
      write();
    };

    const bars = () => {
      const most = Math.max(...bins.map((bin) => Math.max(bin.fresh, bin.ended)), 1);
      const [first, last] = window_();
      return bins.map((bin, i) => {
        const bar = make("span", { class: i >= first && i <= last ? "bin in" : "bin" }, make("span", { class: "fresh" }), make("span", { class: "ended" }));
        bar.title = `${named(bin)}: +${bin.fresh} −${bin.ended}`;
        bar.children[0].style.setProperty("--h", String(bin.fresh / most));
        bar.children[1].style.setProperty("--h", String(bin.ended / most));
        return bar;
      });
    };

    const write = () => {
      byId("time").hidden = bins.length < 2;
      if (bins.length < 2) return;
      const say = page.say();
      const { filter } = page.state;
      const [first, last] = window_();
      byId("time").setAttribute("aria-label", say.time);
      byId("bins").replaceChildren(...bars());
      byId("bins").setAttribute("aria-label", say.histogram(bins.reduce((sum, bin) => sum + bin.fresh + bin.ended, 0), bins[0].label, bins[bins.length - 1].last));
      for (const [input, value, label, text] of [[from, first, say.timeFrom, bins[first].label], [to, last, say.timeTo, bins[last].last]]) {
        input.max = String(bins.length - 1);
        input.value = String(value);
        input.setAttribute("aria-label", `${say.time} ${label}`);
        input.setAttribute("aria-valuetext", text);
      }
      byId("time-span").textContent = filter.time ? named(bins[first], bins[last]) : say.allTime;
      byId("time-play").textContent = playing ? "❚❚" : "▶";
      for (const [id, text] of [["time-play", playing ? say.pause : say.play], ["time-back", say.back1], ["time-on", say.forward1], ["time-all", say.allTime]]) {
        byId(id).setAttribute("aria-label", text);
        byId(id).title = text;
      }
      byId("time-all").hidden = filter.time === null;
      const mode = byId("time-mode");
      mode.replaceChildren(...MODES.map((name) => make("option", { value: name }, say.modes[name])));
      mode.value = filter.time ? filter.time.mode : "held";
      mode.setAttribute("aria-label", say.modesLabel);
      byId("undated").checked = filter.undated;
      byId("undated-title").textContent = say.undatedToo;
    };

    from.addEventListener("input", () => set(Math.min(Number(from.value), Number(to.value)), Number(to.value)));
    to.addEventListener("input", () => set(Number(from.value), Math.max(Number(from.value), Number(to.value))));
    byId("bins").addEventListener("click", (event) => {
      const index = [...byId("bins").children].indexOf(event.target.closest(".bin"));
      if (index >= 0) set(index, index);
    });
    byId("time-back").addEventListener("click", () => move(-1));
    byId("time-on").addEventListener("click", () => move(1));
    byId("time-play").addEventListener("click", play);
    byId("time-all").addEventListener("click", () => {
      if (playing) stop();
      turn("held");
      page.state.filter.time = null;
      page.refilter();
    });
    byId("time-mode").addEventListener("change", () => {
      const [first, last] = window_();
      turn(byId("time-mode").value);
      page.state.filter.time = { from: bins[first].from, to: bins[last].to, mode: byId("time-mode").value };
      set(first, last);
    });
    byId("undated").addEventListener("change", () => {
      page.state.filter.undated = byId("undated").checked;
      page.refilter({ keep: true });
    });
    return { write };
  };

  return { create };
})();
