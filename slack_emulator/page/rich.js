// rich_text blocks: sections, lists, quotes and preformatted text. Text elements are never parsed.

import { h, link } from "./dom.js";
import { emoji } from "./emoji.js";
import { broadcast, channelMention, dateNode, groupMention, userMention } from "./text.js";

const PIECES = {
  text: (e) => e.text,
  link: (e) => link(e.url, e.text || e.url),
  emoji: (e) => emoji(e.name),
  user: (e) => userMention(e.user_id),
  usergroup: (e) => groupMention(e.usergroup_id),
  channel: (e) => channelMention(e.channel_id),
  broadcast: (e) => broadcast(e.range),
  date: (e) => dateNode(e.timestamp, e.format, e.url, e.fallback),
  color: (e) => colour(e.value),
};

function colour(value) {
  const swatch = h("span", { class: "swatch", "aria-hidden": "true" });
  if (/^#[0-9a-f]{6}$/i.test(value)) swatch.style.backgroundColor = value;
  return h("span", {}, swatch, value);
}

const TAGS = [["code", "code"], ["bold", "strong"], ["italic", "em"], ["strike", "s"], ["underline", "u"]];

function piece(element) {
  const make = Object.hasOwn(PIECES, element.type) ? PIECES[element.type] : () => [];
  const styled = TAGS.filter(([style]) => element.style?.[style]);
  return styled.reduce((inside, [, tag]) => h(tag, {}, inside), [make(element)].flat());
}

const pieces = (element) => element.elements.map(piece);

function list(element) {
  const tag = element.style === "ordered" ? "ol" : "ul";
  const items = element.elements.map((item) => h("li", {}, ...pieces(item)));
  const start = tag === "ol" && element.offset ? element.offset + 1 : undefined;
  return h(tag, { class: `rich-list indent-${Math.min(element.indent ?? 0, 5)}`, start }, ...items);
}

const ELEMENTS = {
  rich_text_section: (e) => h("p", { class: "rich-section" }, ...pieces(e)),
  rich_text_preformatted: (e) => h("pre", {}, ...pieces(e)),
  rich_text_quote: (e) => h("blockquote", {}, ...pieces(e)),
  rich_text_list: list,
};

export const richText = (block) =>
  h("div", { class: "rich" }, ...block.elements.map((e) => ELEMENTS[e.type]?.(e) ?? ""));
