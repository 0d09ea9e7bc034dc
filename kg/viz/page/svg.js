// A pen that takes the canvas calls of scene.js and labels.js and writes them down as SVG.
"use strict";

const kgSvg = (() => {
  const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  // XML knows no controls; a lone surrogate would make the file no UTF-8.
  const xml = (text) => text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "").replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd").replace(/[&<>"']/g, (char) => ESCAPES[char]);
  const short = (number) => Number(number.toFixed(1));

  // `measure` is a canvas context that knows how wide text is.
  const pen = (width, height, measure) => {
    const parts = [];
    let path = [];
    let dashes = [];
    const self = {
      globalAlpha: 1, fillStyle: "#000", strokeStyle: "#000", lineWidth: 1, lineCap: "butt", lineJoin: "miter", font: "12px sans-serif", textAlign: "center", textBaseline: "middle",
      beginPath: () => { path = []; },
      moveTo: (x, y) => path.push(`M${short(x)} ${short(y)}`),
      lineTo: (x, y) => path.push(`L${short(x)} ${short(y)}`),
      quadraticCurveTo: (cx, cy, x, y) => path.push(`Q${short(cx)} ${short(cy)} ${short(x)} ${short(y)}`),
      arc: (x, y, r) => path.push(`M${short(x + r)} ${short(y)}A${short(r)} ${short(r)} 0 1 1 ${short(x - r)} ${short(y)}A${short(r)} ${short(r)} 0 1 1 ${short(x + r)} ${short(y)}`),
      closePath: () => path.push("Z"),
      setLineDash: (lengths) => { dashes = lengths; },
      fill: () => { if (path.length) parts.push(`<path d="${path.join("")}" fill="${xml(self.fillStyle)}" opacity="${self.globalAlpha.toFixed(2)}"/>`); },
      stroke: () => {
        if (path.length) parts.push(`<path d="${path.join("")}" fill="none" stroke="${xml(self.strokeStyle)}" stroke-width="${short(self.lineWidth)}" stroke-linecap="${self.lineCap}"${dashes.length ? ` stroke-dasharray="${dashes.join(" ")}"` : ""} opacity="${self.globalAlpha.toFixed(2)}"/>`);
      },
      fillRect: (x, y, w, h) => parts.push(`<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="${xml(self.fillStyle)}"/>`),
      measureText: (text) => { measure.font = self.font; return measure.measureText(text); },
      strokeText: (text, x, y) => parts.push(self.words(text, x, y, `fill="none" stroke="${xml(self.strokeStyle)}" stroke-width="${self.lineWidth}" stroke-linejoin="round"`)),
      fillText: (text, x, y) => parts.push(self.words(text, x, y, `fill="${xml(self.fillStyle)}"`)),
      words: (text, x, y, paint) => {
        const [, bold, size, family] = /^(600 )?([\d.]+)px (.*)$/.exec(self.font);
        return `<text x="${short(x)}" y="${short(y)}" ${paint} font-size="${size}" font-family="${xml(family)}"${bold ? ' font-weight="600"' : ""} text-anchor="middle" dominant-baseline="central" opacity="${self.globalAlpha.toFixed(2)}">${xml(text)}</text>`;
      },
      save: () => {},
      restore: () => {},
      text: (title) => `<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="${["http", "//www.w3.org/2000/svg"].join(":")}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><title>${xml(title)}</title>\n${parts.join("\n")}\n</svg>\n`,
    };
    return self;
  };

  return { pen, xml };
})();
