// The page's own words in both languages, and how values are written. Names from the data never pass through here as HTML.
"use strict";

const kgText = (() => {
  const words = {
    zh: {
      lang: "zh-CN",
      title: "商业合作关系图谱",
      around: (name) => `${name} 的关系图`,
      other: "English",
      switchTo: "Switch to English",
      fit: "全图",
      fitHelp: "显示整张图",
      theme: { light: "深色", dark: "浅色" },
      themeHelp: "切换深浅色",
      search: "搜索名称或别名",
      none: "没有找到",
      alias: (form) => `别名：${form}`,
      legend: "图例与筛选",
      types: "类型",
      families: "关系",
      statuses: "状态",
      entities: (shown, all) => (shown === all ? `${all} 个实体` : `${all} 个实体中的 ${shown} 个`),
      facts: (shown, all) => (shown === all ? `${all} 条关系` : `${all} 条关系中的 ${shown} 条`),
      articles: (n) => `${n} 篇文章`,
      unlinked: (n) => `${n} 个没有关系的实体未画出`,
      filtered: (n) => `筛选隐藏了 ${n} 个实体`,
      only: (name) => `只显示 ${name} 与相邻实体`,
      empty: "图中没有实体。\n读入文章之后再生成此页：kg build 文件夹 --store g.kgl --view g.html",
      graph: (n, m) => `关系图：${n} 个实体，${m} 条关系。右侧面板以文字列出同样的内容。`,
      panel: "详情",
      overview: "主要实体",
      help: "点击圆点看实体，点击连线看原文证据；拖动平移，滚轮缩放。",
      factCount: (n) => `${n} 条关系`,
      back: "返回",
      close: "关闭",
      aliases: "又名",
      onlyThis: "只看相邻",
      hidden: (n) => `另有 ${n} 个相邻实体未画出`,
      noFacts: "页面上没有与它相关的关系。",
      confidence: (share) => `可信度 ${share}`,
      sources: (n) => `${n} 个独立来源`,
      since: (day) => `自 ${day}`,
      until: (day) => `至 ${day}`,
      interval: (from, to) => `${from} 至 ${to}`,
      undated: "时间不详",
      evidence: "原文",
      hide: "收起",
      inTitle: "标题",
      untitled: "无标题",
      link: "打开文章",
      moreQuotes: (n) => `另外 ${n} 处原文`,
      alsoPair: "两者之间的其他关系",
      history: "沿革",
    },
    en: {
      lang: "en",
      title: "Business partnership graph",
      around: (name) => `Relations of ${name}`,
      other: "中文",
      switchTo: "切换到中文",
      fit: "Fit",
      fitHelp: "Show the whole graph",
      theme: { light: "Dark", dark: "Light" },
      themeHelp: "Switch between light and dark",
      search: "Search names and aliases",
      none: "Nothing found",
      alias: (form) => `alias: ${form}`,
      legend: "Legend and filters",
      types: "Type",
      families: "Relation",
      statuses: "Status",
      entities: (shown, all) => (shown === all ? `${all} ${all === 1 ? "entity" : "entities"}` : `${shown} of ${all} entities`),
      facts: (shown, all) => (shown === all ? `${all} ${all === 1 ? "fact" : "facts"}` : `${shown} of ${all} facts`),
      articles: (n) => `${n} ${n === 1 ? "article" : "articles"}`,
      unlinked: (n) => `${n} without any fact not drawn`,
      filtered: (n) => `${n} hidden by filters`,
      only: (name) => `Only ${name} and its neighbours`,
      empty: "The graph holds no entities.\nMake the page again from articles: kg build FOLDER --store g.kgl --view g.html",
      graph: (n, m) => `Graph of ${n} entities and ${m} facts. The panel beside it lists the same as text.`,
      panel: "Details",
      overview: "Main parties",
      help: "Click a dot for an entity, a line for its evidence; drag to move, scroll to zoom.",
      factCount: (n) => `${n} ${n === 1 ? "fact" : "facts"}`,
      back: "Back",
      close: "Close",
      aliases: "Also known as",
      onlyThis: "Neighbours only",
      hidden: (n) => `${n} more ${n === 1 ? "neighbour" : "neighbours"} not drawn`,
      noFacts: "No fact on this page names it.",
      confidence: (share) => `confidence ${share}`,
      sources: (n) => `${n} independent ${n === 1 ? "source" : "sources"}`,
      since: (day) => `since ${day}`,
      until: (day) => `until ${day}`,
      interval: (from, to) => `${from} to ${to}`,
      undated: "undated",
      evidence: "Evidence",
      hide: "Hide",
      inTitle: "title",
      untitled: "untitled",
      link: "open article",
      moreQuotes: (n) => `${n} more ${n === 1 ? "passage" : "passages"}`,
      alsoPair: "Other relations of the two",
      history: "History",
    },
  };

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
    const wanted = (navigator.languages && navigator.languages[0]) || navigator.language || "zh";
    return wanted.toLowerCase().startsWith("zh") ? "zh" : "en";
  };

  return { words, fold, percent, day, period, firstDay, compare, preferred };
})();
