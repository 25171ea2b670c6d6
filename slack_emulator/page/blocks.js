// Block Kit blocks as nodes. `use(element, block, value)` is called when a person uses an element.

import { h, link } from "./dom.js";
import { element } from "./elements.js";
import { richText } from "./rich.js";
import { textObject } from "./text.js";
import { inputBlock } from "./inputs.js";

export function picture(thing, css) {
  const file = thing.slack_file?.id;
  if (file) return h("img", { class: css, src: `/files/${encodeURIComponent(file)}`, alt: thing.alt_text, loading: "lazy" });
  return h("span", { class: "image-away", title: thing.image_url }, `🖼 ${thing.alt_text}`);
}

function section(block, use) {
  const main = h("div", { class: "section-main" });
  if (block.text) main.append(h("div", { class: "text" }, ...textObject(block.text)));
  if (block.fields) {
    main.append(h("div", { class: "fields" }, ...block.fields.map((f) => h("div", { class: "text" }, ...textObject(f)))));
  }
  const accessory = block.accessory && h("div", { class: "accessory" }, accessoryNode(block, use));
  return h("div", { class: "section" }, main, accessory);
}

const accessoryNode = (block, use) =>
  block.accessory.type === "image" ? picture(block.accessory, "thumb") : element(block.accessory, block, use);

const contextPart = (part) =>
  part.type === "image" ? picture(part, "context-image") : h("span", { class: "text" }, ...textObject(part));

const image = (block) => {
  const title = block.title && h("figcaption", {}, ...textObject(block.title));
  return h("figure", { class: "image" }, title, picture(block, "big-image"));
};

const cell = (value) => h("td", {}, value.type === "rich_text" ? richText(value) : value.text);

const table = (block) =>
  h("div", { class: "table-scroll" }, h("table", {}, h("tbody", {}, ...block.rows.map((row) => h("tr", {}, ...row.map(cell))))));

const BLOCKS = {
  section,
  header: (b) => h("h3", { class: "header" }, ...textObject(b.text)),
  context: (b) => h("div", { class: "context" }, ...b.elements.map(contextPart)),
  divider: () => h("hr", {}),
  actions: (b, use) => h("div", { class: "actions" }, ...b.elements.map((e) => element(e, b, use))),
  image,
  rich_text: richText,
  markdown: (b) => h("div", { class: "text" }, b.text),
  table,
  input: inputBlock,
};

export const blocks = (list, use, errors = {}) =>
  (list ?? []).map((block) => {
    const node = Object.hasOwn(BLOCKS, block.type) ? BLOCKS[block.type](block, use, errors) : h("p", {}, `[${block.type}]`);
    node.dataset.blockId = block.block_id ?? "";
    return node;
  });

// An attachment: a coloured bar beside blocks, or beside the older title and text.
export function attachment(item, use) {
  const bar = h("div", { class: "attachment-bar", "aria-hidden": "true" });
  if (/^[0-9a-f]{3}([0-9a-f]{3})?$/i.test(item.color ?? "")) bar.style.backgroundColor = `#${item.color}`;
  const old = { type: "mrkdwn" };
  const inside = [
    item.title && h("strong", {}, item.title_link ? link(item.title_link, item.title) : item.title),
    item.text && h("div", { class: "text" }, ...textObject({ ...old, text: item.text })),
    ...blocks(item.blocks, use),
    item.footer && h("div", { class: "context" }, item.footer),
  ];
  const shown = inside.some(Boolean) ? inside : [item.fallback];
  const pretext = item.pretext && h("div", { class: "text" }, ...textObject({ ...old, text: item.pretext }));
  return h("div", {}, pretext, h("div", { class: "attachment" }, bar, h("div", { class: "attachment-body" }, ...shown)));
}
