// The page in Firefox, worked as a person works it; run by test_firefox.py: node firefox.mjs FIREFOX GRAPH.html TIMELINE.html HOSTILE.html.
// Prints what was seen, and whatever the browser complained of, as JSON.
import { pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";

const [program, ...files] = process.argv.slice(2);
const [graph, timeline, hostile] = files.map((file) => pathToFileURL(file).href);
const NOWHERE = { "network.proxy.type": 1, "network.proxy.http": "127.0.0.1", "network.proxy.http_port": 9, "network.proxy.ssl": "127.0.0.1", "network.proxy.ssl_port": 9 };
const MODIFIER = "Control";

const browser = await puppeteer.launch({
  browser: "firefox", executablePath: program, headless: true, protocolTimeout: 120_000, timeout: 120_000,
  extraPrefsFirefox: { ...NOWHERE, "intl.accept_languages": "zh-CN", "ui.prefersReducedMotion": 1 },
});
const complaints = [];
const seen = {};
try {
  const page = await browser.newPage();
  page.on("console", (message) => complaints.push(`console ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`error: ${error}`));
  page.on("dialog", (dialog) => { complaints.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  // Firefox reads a font of its own from a data: address.
  page.on("request", (request) => { if (!/^(?:file|data|blob):/.test(request.url())) complaints.push(`request: ${request.url()}`); });
  const settle = () => page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 40))); }));
  const open = async (address) => {
    await page.goto("about:blank");
    await page.goto(address);
    await page.waitForFunction(() => typeof kgPage === "object" && document.querySelector("#panel").hasChildNodes());
    await settle();
  };
  const text = (selector) => page.$eval(selector, (element) => element.textContent);
  const spot = (expression) => page.evaluate(`(() => { const at = ${expression}; const frame = document.getElementById("graph").getBoundingClientRect(); return [at.x + frame.left, at.y + frame.top]; })()`);

  await page.setViewport({ width: 1400, height: 900 });
  await open(graph);
  seen.nodes = await page.evaluate(() => [kgPage.shown.nodes.size, kgPage.stage.names.size]);
  seen.summary = await text("#summary");
  seen.colours = await page.evaluate(() => {
    const canvas = document.querySelector("#graph canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const found = new Set();
    for (let i = 0; i < data.length; i += 4) found.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
    return found.size;
  });

  await page.type("#search", "xhs");
  await page.keyboard.press("Enter");
  seen.searched = await text("#panel h2");
  await page.keyboard.press("Escape");
  await page.click("#fit");
  await settle();
  await page.mouse.click(...await spot('kgPage.stage.at(kgPage.model.byId.get("conan"))'));
  seen.clicked = await text("#panel h2");
  await page.keyboard.press("Escape");
  await settle();
  await page.mouse.click(...await spot('kgPage.stage.middleOf(kgPage.model.edges.findIndex((e) => e.facts.some((f) => f.relation === "CONNECTS_TO")))'));
  seen.evidence = await page.$$eval("#panel blockquote", (all) => all.map((each) => each.textContent));
  seen.marked = await page.$$eval("#panel mark", (all) => all.map((each) => [each.className, each.textContent]));

  await page.click("#take-title");
  await page.click("#cypher");
  seen.cypher = await page.$eval("#cypher-text", (area) => area.value);
  await page.click("#copy");
  await page.click("#dialog-close");
  await page.focus("#search");
  await page.keyboard.down(MODIFIER);
  await page.keyboard.press("v");
  await page.keyboard.up(MODIFIER);
  seen.pasted = await page.$eval("#search", (box) => box.value);
  await page.keyboard.press("Escape");
  seen.png = await page.evaluate(async () => { const picture = await kgTakeaway.picture(kgPage.stage, kgPage.sheet()); return [picture.type, picture.size]; });
  seen.svg = await page.evaluate(() => new DOMParser().parseFromString(kgTakeaway.drawing(kgPage.stage, kgPage.sheet("x")), "image/svg+xml").querySelectorAll("parsererror, text").length);

  await page.keyboard.press("Escape");
  const handle = await page.$eval("#time-to", (input) => { const { x, y, width, height } = input.getBoundingClientRect(); return { x, y, width, height }; });
  await page.mouse.move(handle.x + handle.width - 8, handle.y + handle.height / 2);
  await page.mouse.down();
  await page.mouse.move(handle.x + handle.width / 2, handle.y + handle.height / 2, { steps: 5 });
  await page.mouse.up();
  await settle();
  seen.window = await page.evaluate(() => [kgPage.state.filter.time !== null, document.querySelector("#time-span").textContent]);
  await page.click("#time-all");
  await page.click("#types [data-key=Person]");
  seen.filtered = await page.evaluate(() => kgPage.shown.nodes.size);

  const before = await page.evaluate(() => kgPage.stage.camera);
  await page.mouse.move(300, 300);
  await page.mouse.down();
  await page.mouse.move(380, 340, { steps: 4 });
  await page.mouse.up();
  await page.mouse.wheel({ deltaY: -300 });
  await settle();
  const after = await page.evaluate(() => kgPage.stage.camera);
  seen.moved = [before.x - after.x, after.k / before.k];
  await page.click("#language");
  await page.click("#theme");
  seen.title = await page.title();
  seen.ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await new Promise((done) => { setTimeout(done, 400); });
  const address = await page.evaluate(() => location.href);
  await open(address);
  seen.again = await page.evaluate(() => [kgPage.shown.nodes.size, document.documentElement.lang, kgPage.stage.camera.k]);
  seen.kept = after.k;
  await page.setViewport({ width: 390, height: 844 });
  await open(graph);
  seen.phone = await page.evaluate(() => [document.documentElement.scrollWidth, document.querySelector("#graph").clientHeight]);

  await page.setViewport({ width: 1400, height: 900 });
  await open(timeline);
  seen.lanes = await page.$$eval("#lanes .lane[role=listitem] .partner", (all) => all.map((each) => each.textContent));
  await page.click("#lanes .bar-of");
  seen.lane = await text("#panel blockquote");

  await open(hostile);
  seen.hostile = await page.evaluate(() => kgPage.model.nodes.map((node) => {
    kgPage.pick({ kind: "node", index: node.index });
    for (const button of document.querySelectorAll("#panel .show")) if (node.index) button.click();
    return node.name === document.querySelector("#panel h2").textContent;
  }));
  seen.elements = await page.$$eval("#panel img, #panel svg, #panel iframe, #panel script, #panel a", (all) => all.length);
} finally {
  await browser.close();
}
console.log(JSON.stringify({ seen, complaints }));
