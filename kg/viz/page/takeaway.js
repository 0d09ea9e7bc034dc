// Taking along what is shown: pictures, tables, and the Cypher that finds the same in Neo4j.
"use strict";

const kgTakeaway = (() => {
  const COLUMNS = ["head", "head_type", "relation", "tail", "tail_type", "status", "since", "until", "confidence", "sources", "article", "date", "evidence", "id"];
  const PICTURE_SCALE = 2; // pixels of a PNG for each of the screen's, so that it can be printed
  const LATER = 10_000; // milliseconds until the address of a download is given up

  // A cell that a spreadsheet takes as text: quoted, and no formula.
  const cell = (value) => {
    const text = value === null || value === undefined ? "" : String(value);
    const plain = /^[=+\-@\t\r]/.test(text) && typeof value !== "number" ? `'${text}` : text;
    return /[",\r\n]/.test(plain) ? `"${plain.replace(/"/g, '""')}"` : plain;
  };

  const csv = (rows) => `\ufeff${[COLUMNS, ...rows.map((row) => COLUMNS.map((name) => row[name]))].map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;

  const rowsOf = (facts, model) => facts.map((fact) => {
    const passages = fact.history.flatMap((event) => event.passages);
    const first = passages[0];
    const article = first ? model.articles[first.article] : {};
    const [head, tail] = [model.nodes[fact.head], model.nodes[fact.tail]];
    return {
      head: head.name, head_type: head.type, relation: fact.relation, tail: tail.name, tail_type: tail.type, status: fact.status,
      since: fact.since, until: fact.until, confidence: fact.confidence, sources: fact.sources, article: article.title, date: article.date,
      evidence: first ? first.segments.map(([text]) => text).join("") : "", id: fact.id,
    };
  });

  const json = (facts, model) => {
    const nodes = [...new Set(facts.flatMap((fact) => [fact.head, fact.tail]))].sort((a, b) => a - b).map((index) => model.nodes[index]);
    return `${JSON.stringify({
      entities: nodes.map(({ id, name, type, aliases, ids }) => ({ id, name, type, aliases, ids })),
      facts: facts.map((fact) => ({
        id: fact.id, head: model.nodes[fact.head].id, relation: fact.relation, tail: model.nodes[fact.tail].id, status: fact.status, since: fact.since, until: fact.until,
        confidence: fact.confidence, sources: fact.sources,
        history: fact.history.map((event) => ({
          status: event.status, time: event.time,
          evidence: event.passages.map((passage) => ({ article: model.articles[passage.article].id, text: passage.segments.map(([text]) => text).join("") })),
        })),
      })),
    }, null, 1)}\n`;
  };

  const quoted = (text) => `'${text.replace(/\\/g, "\\\\").replace(/'/g, "\\'").replace(/[\u0000-\u001f\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)}'`;

  // A query that finds these facts, with their ends, in a store that kg loaded. `whole` where nothing is left out.
  const cypher = (facts, whole) => (whole
    ? "MATCH (a:Entity)-[r]->(b:Entity)\nRETURN a, r, b"
    : `MATCH (a:Entity)-[r]->(b:Entity)\nWHERE r.id IN [${facts.map((fact) => quoted(fact.id)).join(", ")}]\nRETURN a, r, b`);

  const save = (name, blob) => {
    const address = URL.createObjectURL(blob);
    const link = kgDom.make("a", { href: address, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), LATER);
  };

  // A file's name from the page's title, of characters that every system takes.
  const fileName = (title, ending) => `${title.replace(/[\\/:*?"<>|\u0000-\u001f\u200b-\u200f\u2028-\u202f\u2066-\u2069]/g, "").trim().slice(0, 60) || "kg"}.${ending}`;

  // `sheet` is what kgSheet writes around the graph, with `colors`, the camera `seen` and the `size` of the graph.
  const picture = (stage, sheet) => {
    const canvas = document.createElement("canvas");
    const pen = canvas.getContext("2d", { alpha: false });
    const placed = kgSheet.arrange(pen, sheet, sheet.size.width);
    canvas.width = sheet.size.width * PICTURE_SCALE;
    canvas.height = (placed.top + sheet.size.height + placed.bottom) * PICTURE_SCALE;
    stage.paint(pen, { ...placed, scale: PICTURE_SCALE, seen: sheet.seen, room: sheet.size });
    kgSheet.draw(pen, sheet, placed, sheet.size, sheet.colors);
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  };

  const drawing = (stage, sheet) => {
    const measure = document.createElement("canvas").getContext("2d");
    const placed = kgSheet.arrange(measure, sheet, sheet.size.width);
    const pen = kgSvg.pen(sheet.size.width, placed.top + sheet.size.height + placed.bottom, measure);
    stage.paint(pen, { ...placed, seen: sheet.seen, room: sheet.size });
    kgSheet.draw(pen, sheet, placed, sheet.size, sheet.colors);
    return pen.text(sheet.title);
  };

  return { csv, rowsOf, json, cypher, save, fileName, picture, drawing };
})();
