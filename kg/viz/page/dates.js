// Time: what an ISO text may mean in days, when a fact held, and the bins of the histogram. Days count from 1970.
"use strict";

const kgDates = (() => {
  const DAY = 864e5;
  const MONTHS = { month: 1, quarter: 3, year: 12 };
  const MONTHLY_YEARS = 5; // up to so many years a bin is a month
  const QUARTERLY_YEARS = 16; // and up to so many a quarter; more bins than about 64 leave bars too thin to hit

  const dayOf = (year, month, day) => Math.round(Date.UTC(year, month, day) / DAY);

  // [first day, first day after] of what a text of year, month or day may mean; null where it is no date.
  const range = (text) => {
    const match = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?/.exec(text || "");
    if (!match) return null;
    const [year, month, day] = [Number(match[1]), match[2] ? Number(match[2]) - 1 : null, match[3] ? Number(match[3]) : null];
    if (month === null) return [dayOf(year, 0, 1), dayOf(year + 1, 0, 1)];
    if (day === null) return [dayOf(year, month, 1), dayOf(year, month + 1, 1)];
    return [dayOf(year, month, day), dayOf(year, month, day + 1)];
  };

  // The same of an interval START/END, or of a single date.
  const extent = (text) => {
    const [from, to] = (text || "").split("/");
    const first = range(from);
    const last = to ? range(to) : first;
    return first && last ? [first[0], last[1]] : null;
  };

  const iso = (day) => new Date(day * DAY).toISOString().slice(0, 10);

  // The times of a fact, read once: spells in which it held, days on which something is said of it, its end.
  const timesOf = (fact) => {
    const events = fact.history.map((event) => ({ status: event.status, at: extent(event.time) })).filter((event) => event.at);
    const spells = fact.valid.map(([from, to]) => ({ from: extent(from), to: extent(to) }));
    const ends = spells.map((spell) => spell.to).filter(Boolean);
    for (const event of events) if (event.status === "ended") ends.push(event.at);
    const starts = [...spells.map((spell) => spell.from).filter(Boolean), ...events.filter((e) => e.status !== "ended" && e.status !== "denied").map((e) => e.at)];
    starts.sort((a, b) => a[0] - b[0]);
    const dated = events.length > 0 || spells.some((spell) => spell.from || spell.to);
    return { events, spells, ends, start: starts[0] || null, dated };
  };

  const overlap = (at, from, to) => at[0] < to && at[1] > from;

  const held = (times, from, to) => {
    if (times.spells.some(({ from: a, to: b }) => (a || b) && (a ? a[0] : -Infinity) < to && (b ? b[1] : Infinity) > from)) return true;
    return times.events.some((event) => overlap(event.at, from, to));
  };

  // How a dated fact stands in the window [from, to) of days: null where it does not belong there under `mode`, else its
  // status at the end of the window.
  const standing = (fact, times, from, to, mode) => {
    const ended = times.ends.some((at) => overlap(at, from, to));
    if (mode === "new" && !(times.start && overlap(times.start, from, to))) return null;
    if (mode === "ended" && !ended) return null;
    if (mode === "held" && !held(times, from, to)) return null;
    const past = times.events.filter((event) => event.at[0] < to);
    const last = past.length ? past[past.length - 1].status : null;
    if (ended && (!last || last === "ended" || last === "actual") && !times.spells.some(({ from: a, to: b }) => (!b || b[0] >= to) && a && a[0] < to)) return "ended";
    return last || (times.ends.length ? "actual" : fact.status);
  };

  // Equal months from the first to the last dated event: [{from, to, label, last, fresh, ended}], `last` the label of its last month, [] where nothing is dated.
  const bins = (allTimes) => {
    const starts = allTimes.map((times) => times.start).filter(Boolean);
    const ends = allTimes.flatMap((times) => times.ends);
    const days = [...starts, ...ends].flatMap((at) => [at[0], at[1] - 1]);
    if (days.length === 0) return [];
    let first = Infinity;
    let last = -Infinity;
    for (const day of days) {
      first = Math.min(first, day);
      last = Math.max(last, day);
    }
    const years = new Date(last * DAY).getUTCFullYear() - new Date(first * DAY).getUTCFullYear() + 1;
    // Dates that are years alone would crowd the first month of each.
    const coarse = [...starts, ...ends].filter((at) => at[1] - at[0] > 300).length * 2 > starts.length + ends.length;
    const unit = coarse ? "year" : years <= MONTHLY_YEARS ? "month" : years <= QUARTERLY_YEARS ? "quarter" : "year";
    const step = MONTHS[unit];
    const begin = new Date(first * DAY);
    let month = begin.getUTCFullYear() * 12 + Math.floor(begin.getUTCMonth() / step) * step;
    const found = [];
    for (;;) {
      const [year, nth] = [Math.floor(month / 12), month % 12];
      const named = (n) => (unit === "year" ? `${year}` : `${year}-${String(n).padStart(2, "0")}`);
      found.push({ from: dayOf(year, nth, 1), to: dayOf(year, nth + step, 1), label: named(nth + 1), last: named(nth + step), fresh: 0, ended: 0 });
      month += step;
      if (dayOf(Math.floor(month / 12), month % 12, 1) > last) break;
    }
    const count = (at, field) => {
      // A date as wide as a year is counted once, where it begins.
      const index = found.findIndex((bin) => at[0] < bin.to);
      if (index >= 0) found[index][field] += 1;
    };
    for (const at of starts) count(at, "fresh");
    for (const at of ends) count(at, "ended");
    return found;
  };

  return { range, extent, iso, timesOf, standing, bins };
})();
