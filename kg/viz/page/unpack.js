// The data of the page as payload.py packed it: rows become objects, and what is left out is filled in.
"use strict";

const kgUnpack = (() => {
  const ROLES = { h: "head", t: "tail", ".": "" };

  const passageOf = ([article, inTitle, roles, ...texts]) => ({ article, inTitle: Boolean(inTitle), segments: texts.map((text, i) => [text, ROLES[roles[i]]]) });

  const edgeOf = ([source, target, family, status, bend, ...facts], { relations, statuses }) => ({
    source, target, family, status: statuses[status], bend,
    facts: facts.map(([id, relation, forward, since, until, valid, confidence, sources, ...events]) => ({
      id, head: forward ? source : target, relation: relations[relation], tail: forward ? target : source, status: statuses[status],
      since, until, valid: valid || [[since, until]], confidence, sources,
      history: events.map(([stood, time, ...passages]) => ({ status: statuses[stood], time, passages: passages.map(passageOf) })),
    })),
  });

  const unpack = (data) => ({
    ...data,
    nodes: data.nodes.map((node) => ({ label: node.name, aliases: [], ids: [], hidden: 0, ...node })),
    edges: data.edges.map((edge) => edgeOf(edge, data.names)),
  });

  // The text of a block of data: itself, or packed where the page is big.
  const text = async (element) => {
    if (element.type === "application/json") return element.textContent;
    const packed = Uint8Array.from(atob(element.textContent), (char) => char.charCodeAt(0));
    return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
  };

  const read = async (element) => unpack(JSON.parse(await text(element)));

  return { read, unpack };
})();
