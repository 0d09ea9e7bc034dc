// Elements made without HTML: every string of the data becomes a text node.
"use strict";

const kgDom = (() => {
  const make = (tag, properties = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(properties)) {
      if (key === "class") element.className = value;
      else if (key === "onclick") element.addEventListener("click", value);
      else if (key === "ink") element.style.setProperty("--c", value);
      else element.setAttribute(key, value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return element;
  };
  // Isolated, so that a right-to-left name leaves the text around it alone.
  const foreign = (text) => make("bdi", {}, text);
  const byId = (id) => document.getElementById(id);
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  return { make, foreign, byId, css };
})();
