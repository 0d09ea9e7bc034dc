// How values are written, and how names are compared. Names from the data never pass through here as HTML.
"use strict";

const kgText = (() => {
  const words = kgWords;

  // Names are compared as the search box and Python's `fold` do: full width, case and outer blanks do not matter.
  const fold = (text) => text.normalize("NFKC").toLowerCase().trim();

  const percent = (share) => `${Math.round(share * 100)}%`;

  // An ISO day, or an interval START/END.
  const day = (text, say) => {
    if (!text) return say.undated;
    const [from, to] = text.split("/");
    return to ? say.interval(from, to) : from;
  };

  const period = (fact, say) => {
    const parts = [];
    if (fact.since) parts.push(say.since(day(fact.since, say)));
    if (fact.until) parts.push(say.until(day(fact.until, say)));
    return parts.join(" ");
  };

  // Sort key of a fact: its first dated event; undated facts come last.
  const firstDay = (fact) => fact.history.map((event) => event.time).filter(Boolean).sort()[0] || fact.since || "9999";

  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

  const preferred = () => {
    const wanted = (navigator.languages?.[0]) || navigator.language || "zh";
    return wanted.toLowerCase().startsWith("zh") ? "zh" : "en";
  };

  return { words, fold, percent, day, period, firstDay, compare, preferred };
})();
