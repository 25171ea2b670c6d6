// Builds DOM nodes from data without ever parsing it as HTML: strings only ever become text nodes.

const SVG = "http://www.w3.org/2000/svg";

// Characters that reorder or hide text become visible, so that hostile text cannot dress up as something else.
const DECEPTIVE = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\u0000-\u0008\u000B-\u001F\u007F]/g;

export const visible = (text) => String(text ?? "").replace(DECEPTIVE, "\uFFFD");

function add(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(visible(child)));
  }
  return node;
}

// h("button", {class: "x", onclick: f, "aria-label": "y", dataset: {actionId: "z"}}, "text", node, ...)
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "dataset") Object.assign(node.dataset, value);
    else if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : visible(value));
  }
  return add(node, children);
}

export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return add(node, children);
}

export function fill(node, ...children) {
  node.replaceChildren();
  return add(node, children);
}

// Only these go anywhere; `javascript:` and the like stay text.
export function safeUrl(url) {
  try {
    const parsed = new URL(url);
    return ["http:", "https:", "mailto:"].includes(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}

export function link(url, ...children) {
  const safe = safeUrl(url);
  if (!safe) return h("span", { class: "dead-link", title: "This address is not a web link" }, ...children);
  return h("a", { href: safe, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

export function toast(text) {
  const note = h("div", { class: "toast", dataset: { testid: "toast" } }, text);
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), 6000);
}
