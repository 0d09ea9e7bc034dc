// What a picture that is taken along says beside the graph: title and dates above it, a small legend below.
"use strict";

const kgSheet = (() => {
  const EDGE = 16; // pixels around what is written
  const TITLE = { size: 17, bold: true, y: 22 };
  const DATES = { size: 12, bold: false, y: 42 };
  const KEY = 12; // font size of the legend
  const ROW = 22;
  const SAMPLE = 24; // pixels of a mark or line with the space up to its word
  const MOST_KEY = 220; // and of the word at most

  const shorten = (pen, text, size, bold, room) => {
    if (text.length <= 400 && kgLabels.measure(pen, text, size, bold) <= room) return text;
    let kept = [...text.slice(0, 400)];
    while (kept.length && kgLabels.measure(pen, `${kept.join("")}…`, size, bold) > room) kept = kept.slice(0, Math.min(kept.length - 1, Math.ceil(kept.length * 0.95)));
    return `${kept.join("")}…`;
  };

  // Where everything stands on a sheet of `width`: {top, bottom: heights of the bands, keys: [{x, row, width, text, ...key}]}.
  // `sheet` is {title, dates, keys: [{text, ink, shape, hollow} of a mark or {text, ink, dashes, alpha, crossed} of a line]}.
  const arrange = (pen, sheet, width) => {
    const keys = [];
    let [x, row] = [EDGE, 0];
    for (const key of sheet.keys) {
      const text = shorten(pen, key.text, KEY, false, Math.min(MOST_KEY, width - 2 * EDGE - SAMPLE));
      const wide = kgLabels.measure(pen, text, KEY, false);
      if (x > EDGE && x + SAMPLE + wide > width - EDGE) [x, row] = [EDGE, row + 1];
      keys.push({ ...key, text, x, row, width: wide });
      x += SAMPLE + wide + EDGE;
    }
    return { top: sheet.dates ? 56 : 40, bottom: keys.length ? (row + 1) * ROW + EDGE : 0, keys };
  };

  const write = (pen, text, left, y, { size, bold }, ink) => {
    pen.font = kgLabels.font(size, bold);
    pen.fillStyle = ink;
    pen.fillText(text, left + kgLabels.measure(pen, text, size, bold) / 2, y);
  };

  const sample = (pen, key, y, colors) => {
    pen.setLineDash([]);
    pen.beginPath();
    if (key.shape) {
      kgShapes.outline(pen, key.shape, key.x + 9, y, 6);
      pen.fillStyle = key.hollow ? colors.surface : key.ink;
      pen.fill();
      pen.lineWidth = key.hollow ? 2 : 1;
      pen.strokeStyle = key.hollow ? key.ink : colors.ground;
      pen.stroke();
      return;
    }
    pen.globalAlpha = key.alpha;
    pen.lineWidth = 2.5;
    pen.strokeStyle = key.ink;
    pen.setLineDash(key.dashes);
    pen.moveTo(key.x, y);
    pen.lineTo(key.x + 18, y);
    pen.stroke();
    pen.setLineDash([]);
    if (!key.crossed) return;
    pen.beginPath();
    for (const [from, to] of [[-4, 4], [4, -4]]) {
      pen.moveTo(key.x + 9 + from, y - 4);
      pen.lineTo(key.x + 9 + to, y + 4);
    }
    pen.stroke();
  };

  // The bands over what the graph left there.
  const draw = (pen, sheet, placed, size, colors) => {
    pen.globalAlpha = 1;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineCap = "butt";
    pen.fillStyle = colors.ground;
    pen.fillRect(0, 0, size.width, placed.top);
    pen.fillRect(0, placed.top + size.height, size.width, placed.bottom);
    write(pen, shorten(pen, sheet.title, TITLE.size, true, size.width - 2 * EDGE), EDGE, TITLE.y, TITLE, colors.ink);
    if (sheet.dates) write(pen, shorten(pen, sheet.dates, DATES.size, false, size.width - 2 * EDGE), EDGE, DATES.y, DATES, colors.ink);
    for (const key of placed.keys) {
      const y = placed.top + size.height + EDGE / 2 + (key.row + 0.5) * ROW;
      sample(pen, key, y, colors);
      pen.globalAlpha = 1;
      write(pen, key.text, key.x + SAMPLE, y, { size: KEY, bold: false }, colors.ink);
    }
  };

  return { arrange, draw };
})();
