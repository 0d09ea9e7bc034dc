// The pure parts of the page's scripts, each read as it is shipped. Run by test_page_scripts.py, or by hand: node --test tests/viz
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { deflateSync } from "node:zlib";

const FOLDER = new URL("../../kg/viz/page/", import.meta.url);
const ORDER = ["unpack", "words", "text", "dates", "pinyin", "backbone", "model", "places", "paths", "filter", "hash", "camera", "svg", "dom", "takeaway"];
const source = ORDER.map((name) => readFileSync(new URL(`${name}.js`, FOLDER), "utf8")).join("\n");
const { kgUnpack, kgText, kgDates, kgPinyin, kgBackbone, kgModel, kgPlaces, kgPaths, kgFilter, kgHash, kgCamera, kgSvg, kgTakeaway } = new Function(
  `${source}\nreturn { kgUnpack, kgText, kgDates, kgPinyin, kgBackbone, kgModel, kgPlaces, kgPaths, kgFilter, kgHash, kgCamera, kgSvg, kgTakeaway };`,
)();

const fact = (id, head, tail, more = {}) => ({ id, head, tail, relation: "R", status: "actual", since: null, until: null, valid: [[null, null]], confidence: 0.8, sources: 1, history: [], ...more });
const event = (status, time) => ({ status, time, passages: [] });

const build = () => kgModel.read({
  kind: "graph", opening: 5, focus: [], stages: [{ count: 3, at: [[0, 0], [1, 1], [2, 2]] }], types: { A: {}, Category: {} }, families: { f: {} }, statuses: { actual: {}, ended: {}, planned: {} }, relations: { R: {} }, articles: [{ id: "a", title: "=题", date: "2020-01-02" }],
  nodes: ["甲,乙", "b", "c&=%", "d", "e"].map((id, i) => ({ id, name: id, label: id, type: i === 4 ? "Category" : "A", aliases: [], ids: [], x: i * 10, y: 0, size: 8, font: 12 })),
  edges: [
    { source: 0, target: 1, family: "f", status: "ended", facts: [fact("f0", 0, 1, { status: "ended", until: "2021-08", valid: [["2020-11", "2021-08"]], history: [event("planned", "2019"), event("actual", "2020-11"), event("ended", "2021-08")] })] },
    { source: 1, target: 2, family: "f", status: "actual", facts: [fact("f1", 1, 2, { since: "2022", valid: [["2022", null]], history: [event("actual", "2022")], sources: 3 })] },
    { source: 2, target: 3, family: "f", status: "actual", facts: [fact("f2", 2, 3, { confidence: 0.3 })] },
    { source: 3, target: 4, family: "f", status: "actual", facts: [fact("f3", 3, 4)] },
  ],
});
const day = (text) => kgDates.range(text)[0];
const shown = (model, change) => [...kgFilter.visible(model, { ...kgFilter.none(), ...change }).edges];

test("rows become records, and what was left out is filled in", () => {
  const { nodes, edges } = kgUnpack.unpack({
    names: { relations: ["12", "R"], statuses: ["actual", "ended"] },
    nodes: [{ name: "甲" }, { name: "乙", label: "乙…", aliases: ["b"], ids: ["k:1"], hidden: 2 }],
    edges: [[1, 0, "f", 1, 0.22, ["f0", 1, 0, "2020", null, 0, 0.5, 2, [0, "2020", [3, 1, "h.t", "甲", "与", "乙"]]], ["f1", 0, 1, null, "2021", [[null, "2021"], ["2022", null]], 0, 0]]],
  });
  assert.deepEqual(nodes, [{ name: "甲", label: "甲", aliases: [], ids: [], hidden: 0 }, { name: "乙", label: "乙…", aliases: ["b"], ids: ["k:1"], hidden: 2 }]);
  const [{ facts: [first, second], ...line }] = edges;
  assert.deepEqual(line, { source: 1, target: 0, family: "f", status: "ended", bend: 0.22 });
  assert.deepEqual(first, { id: "f0", head: 0, relation: "R", tail: 1, status: "ended", since: "2020", until: null, valid: [["2020", null]], confidence: 0.5, sources: 2, history: [{ status: "actual", time: "2020", passages: [{ article: 3, inTitle: true, segments: [["甲", "head"], ["与", ""], ["乙", "tail"]] }] }] });
  assert.deepEqual([second.head, second.relation, second.valid], [1, "12", [[null, "2021"], ["2022", null]]]);
});

test("packed data is read as written", async () => {
  const text = "{\"edges\":[],\"nodes\":[{\"name\":\"小红书\u2028\"}]}";
  assert.equal((await kgUnpack.read({ type: "application/octet-stream", textContent: deflateSync(text).toString("base64") })).nodes[0].name, "小红书\u2028");
  assert.equal((await kgUnpack.read({ type: "application/json", textContent: text })).nodes[0].label, "小红书\u2028");
});

test("a year is all of its days, and what is no date is none", () => {
  assert.equal(kgDates.range("2020")[1] - kgDates.range("2020")[0], 366);
  assert.equal(kgDates.iso(kgDates.range("2020-02")[1]), "2020-03-01");
  assert.equal(kgDates.range("next year"), null);
  assert.deepEqual(kgDates.extent("2020-01-05/2020-01-07"), [day("2020-01-05"), day("2020-01-08")]);
});

test("what held in a year, what was new in it and what ended in it", () => {
  const model = build();
  const year = (y, mode) => shown(model, { time: { from: day(String(y)), to: day(String(y + 1)), mode }, undated: false });
  assert.deepEqual(year(2019, "held"), [0], "spoken of as planned");
  assert.deepEqual(year(2020, "held"), [0]);
  assert.deepEqual(year(2021, "held"), [0]);
  assert.deepEqual(year(2022, "held"), [1]);
  assert.deepEqual(year(2025, "held"), [1]);
  assert.deepEqual(year(2022, "new"), [1]);
  assert.deepEqual(year(2021, "ended"), [0]);
  assert.deepEqual(year(2020, "ended"), []);
});

test("a line is drawn as the fact stood then", () => {
  const model = build();
  const status = (y) => kgFilter.visible(model, { ...kgFilter.none(), time: { from: day(String(y)), to: day(String(y + 1)), mode: "held" } }).status.get(0);
  assert.deepEqual([2019, 2020, 2021].map(status), ["planned", "actual", "ended"]);
});

test("undated facts are a switch of their own", () => {
  assert.deepEqual(shown(build(), { undated: false }), [0, 1]);
  assert.deepEqual(shown(build(), {}), [0, 1, 2, 3]);
});

test("confidence, sources, category and hops filter", () => {
  const model = build();
  assert.deepEqual(shown(model, { confidence: 0.5 }), [0, 1, 3]);
  assert.deepEqual(shown(model, { sources: 2 }), [1]);
  assert.deepEqual(shown(model, { category: 4 }), [3]);
  assert.deepEqual(shown(model, { only: { node: 0, hops: 2 } }), [0, 1]);
  assert.deepEqual(shown(model, { limit: 3 }), [0, 1]);
});

test("the histogram counts beginnings and ends, and is empty where nothing is dated", () => {
  const bins = kgDates.bins(build().facts.map((each) => each.times));
  assert.equal(bins.reduce((sum, bin) => sum + bin.fresh, 0), 2);
  assert.equal(bins.reduce((sum, bin) => sum + bin.ended, 0) >= 1, true);
  assert.deepEqual(kgDates.bins([]), []);
  for (let i = 1; i < bins.length; i += 1) assert.equal(bins[i].from, bins[i - 1].to);
});

test("a bin of several months is named from its first to its last", () => {
  const times = (...days) => days.map((at) => ({ start: kgDates.extent(at), ends: [] }));
  const ends = (bins) => [bins[0].label, bins[bins.length - 1].label, bins[bins.length - 1].last];
  assert.deepEqual(ends(kgDates.bins(times("2014-02-03", "2025-05-07"))), ["2014-01", "2025-04", "2025-06"]);
  assert.deepEqual(ends(kgDates.bins(times("2024-02-03", "2025-05-07"))), ["2024-02", "2025-05", "2025-05"]);
  assert.deepEqual(ends(kgDates.bins(times("2014", "2025"))), ["2014", "2025", "2025"]);
});

test("pinyin finds by full spelling, initials, a mix, every reading and a syllable cut short", () => {
  const readings = { 曾: ["ceng", "zeng"], 鸣: ["ming"], 小: ["xiao"], 红: ["hong", "gong"], 书: ["shu"], 吕: ["lv"] };
  for (const typed of ["xiaohongshu", "xhs", "xiaohs", "xhshu", "xiao hong shu", "xh书"]) assert.equal(kgPinyin.rank("小红书", typed, readings), 0, typed);
  assert.equal(kgPinyin.rank("小红书", "xiaoho", readings), 1);
  for (const typed of ["zengming", "cengming", "zm", "cm"]) assert.equal(kgPinyin.rank("曾鸣", typed, readings), 0, typed);
  assert.equal(kgPinyin.rank("小红书", "hongshu", readings), 2);
  assert.equal(kgPinyin.rank("小红书", "xhx", readings), 9);
  assert.equal(kgPinyin.rank("吕", "lü", readings), 0);
  assert.equal(kgPinyin.rank("书".repeat(10000), `${"s".repeat(199)}x`, readings), 9, "a long name costs no combinations");
});

test("a crowded picture keeps what holds it together and the strongest lines, a small one all", () => {
  const edges = [];
  for (let a = 0; a < 40; a += 1) for (let b = a + 1; b < 40; b += 1) edges.push({ index: edges.length, source: a, target: b, facts: [{ sources: a === 0 ? 1 : 1 + ((a * b) % 7) }] });
  const pairs = kgBackbone.pairsOf(edges);
  const all = new Set(edges.map((edge) => edge.index));
  const drawn = kgBackbone.main(pairs, all, 40);
  assert.equal(drawn.size, 300);
  assert.ok([...drawn].every((index) => all.has(index)));
  const reached = new Set([0]);
  for (let turn = 0; turn < 40; turn += 1) for (const { index, source, target } of edges) if (drawn.has(index) && (reached.has(source) || reached.has(target))) reached.add(source).add(target);
  assert.equal(reached.size, 40, "nothing that hung together falls apart");
  const few = new Set([...all].slice(0, 300));
  assert.equal(kgBackbone.main(pairs, few, 40), few);
});

test("entities stand where the picture of so many has them, guests near what they are linked to", () => {
  const model = build();
  kgPlaces.arrange(model, 2, false);
  assert.deepEqual(model.nodes.slice(0, 3).map((node) => [node.x, node.y]), [[0, 0], [1, 1], [2, 2]]);
  const [guest] = model.nodes.slice(3);
  assert.ok(Math.abs(Math.hypot(guest.x - 2, guest.y - 2) - 90) < 2);
  kgPlaces.arrange(model, 4, false);
  assert.deepEqual([model.nodes[1].x, model.nodes[3].x], [10, 30]);
  kgPlaces.arrange(model, 2, true);
  assert.equal(model.nodes[1].x, 10);
});

test("what is asked for is shown though it is not among the first", () => {
  const model = build();
  assert.deepEqual(shown(model, { limit: 2, guests: new Set([2]) }), [0, 1]);
});

test("the shortest way is found, and null where there is none", () => {
  const model = build();
  assert.deepEqual(kgPaths.shortest(model, 0, 3, () => true), [0, 1, 2, 3]);
  assert.equal(kgPaths.shortest(model, 0, 3, (edge) => edge.index !== 1), null);
  assert.deepEqual(kgPaths.shortest(model, 2, 2, () => true), [2]);
});

test("a state survives its address, names with any character included", () => {
  const model = build();
  const state = { filter: { ...kgFilter.none(), limit: 5, types: new Set(["Category"]), confidence: 0.5, category: 4, time: { from: day("2020"), to: day("2021"), mode: "new" }, undated: false, crowded: true, only: { node: 2, hops: 3 } }, picked: { kind: "edge", index: 0 }, path: null, camera: { x: 12, y: -3, k: 0.5 }, lang: "en", langChosen: true };
  const back = kgHash.read(`#${kgHash.write(state, model)}`, model);
  assert.deepEqual(back.filter, state.filter);
  assert.deepEqual(back.picked, state.picked);
  assert.deepEqual(back.camera, state.camera);
  assert.equal(back.lang, "en");
  const path = kgHash.read(kgHash.write({ ...state, picked: null, path: { from: 0, to: 2 } }, model), model);
  assert.deepEqual(path.path, { from: 0, to: 2 });
});

test("an address that nobody wrote changes nothing", () => {
  const model = build();
  for (const text of ["", "#", "#at=%", "#at=__proto__&t=__proto__,constructor", "#time=2021..2020..held", "#conf=NaN&n=-4&view=a,b,c", "#only=nobody,99", "#cat=%E0%A4%A", "#&&==&%%"]) {
    const state = kgHash.read(text, model);
    assert.deepEqual(state.filter, { ...kgFilter.none(), limit: 5 }, text);
    assert.equal(state.picked, null);
  }
});

test("zooming keeps the point under the hand, fitting keeps all in sight", () => {
  const size = { width: 800, height: 600 };
  const before = { x: 5, y: 7, k: 1 };
  const after = kgCamera.zoom(before, size, 2, 100, 50);
  const [p, q] = [before, after].map((camera) => kgCamera.toLayout(camera, size, 100, 50));
  assert.ok(Math.hypot(p.x - q.x, p.y - q.y) < 1e-9);
  const camera = kgCamera.fit([{ x: -500, y: 0 }, { x: 900, y: 3000 }], size, { side: 10, top: 10, bottom: 50 }, 1.4);
  for (const point of [{ x: -500, y: 0 }, { x: 900, y: 3000 }]) {
    const at = kgCamera.toScreen(camera, size, point.x, point.y);
    assert.ok(at.x >= 9.9 && at.x <= 790.1 && at.y >= 9.9 && at.y <= 550.1);
  }
});

test("tables hold no formula, and Cypher no more than its strings", () => {
  const table = kgTakeaway.csv([{ head: "=1+1", relation: 'a"b', tail: "x,y", confidence: -0.5 }]);
  assert.ok(table.startsWith("\ufeffhead,"));
  assert.ok(table.includes("'=1+1,") && table.includes('"a""b"') && table.includes('"x,y"') && table.includes(",-0.5,"));
  const query = kgTakeaway.cypher([{ id: "a'b\\c\u2028" }], false);
  assert.ok(query.includes("['a\\'b\\\\c\\u2028']"));
});

test("SVG is escaped", () => {
  assert.equal(kgSvg.xml(`<a href="x">&'\u0000\ud800`), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;\ufffd");
});

test("names are compared without width and case", () => assert.equal(kgText.fold(" ＪＤ．com "), "jd.com"));
