// Slack's mrkdwn and plain text as nodes. Everything that is not recognised stays the text it was.

import { h, link } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { formatDate, full } from "./dates.js";

// Who and what ids stand for; app.js keeps it current.
export const directory = { me: "", people: new Map(), groups: new Map(), channels: new Map() };

const unescape = (text) => text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

export function userMention(id, label) {
  const person = directory.people.get(id);
  const name = person?.real_name ?? label ?? id;
  return h("span", { class: id === directory.me ? "mention mention-me" : "mention", dataset: { user: id } }, `@${name}`);
}

export function groupMention(id, label) {
  const group = directory.groups.get(id);
  const mine = group?.users.includes(directory.me);
  const name = group ? group.handle : (label ?? id).replace(/^@/, "");
  return h("span", { class: mine ? "mention mention-me" : "mention", dataset: { group: id } }, `@${name}`);
}

export const channelMention = (id, label) =>
  h("span", { class: "mention" }, `#${directory.channels.get(id)?.name ?? label ?? id}`);

export const broadcast = (range) => h("span", { class: "mention mention-me", dataset: { broadcast: range } }, `@${range}`);

export function dateNode(seconds, format, url, fallback) {
  const text = formatDate(seconds, format) ?? fallback ?? "";
  const moment = new Date(Number(seconds) * 1000);
  const valid = !Number.isNaN(moment.getTime());
  const node = h("time", valid ? { datetime: moment.toISOString(), title: full(moment) } : {}, text);
  return url ? link(url, node) : node;
}

function reference(inside) {
  const [target, ...rest] = inside.split("|");
  const label = rest.length ? unescape(rest.join("|")) : undefined;
  const special = target.slice(1);
  if (/^@[UW][A-Z0-9]+$/.test(target)) return userMention(special, label);
  if (/^#[CG][A-Z0-9]+$/.test(target)) return channelMention(special, label);
  if (/^!subteam\^S[A-Z0-9]+$/.test(target)) return groupMention(target.slice(9), label);
  if (/^!(channel|here|everyone)$/.test(target)) return broadcast(special);
  if (target.startsWith("!date^")) {
    const [, seconds, format, url] = target.split("^");
    return dateNode(seconds, unescape(format ?? ""), url && unescape(url), label);
  }
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return link(unescape(target), label ?? unescape(target));
  return label ?? `<${unescape(inside)}>`;
}

const STYLES = { "*": "strong", _: "em", "~": "s" };
const INLINE = /`([^`\n]+)`|<([^<>\n]+)>|(?<![\w*])\*(?=\S)([^*\n]*?\S)\*(?![\w*])|(?<![\w_])_(?=\S)([^_\n]*?\S)_(?![\w_])|(?<![\w~])~(?=\S)([^~\n]*?\S)~(?![\w~])|(https?:\/\/[^\s<>|]+[^\s<>|.,;:!?)'"*_~])/;

function inline(text) {
  const nodes = [];
  let rest = text;
  for (let match = INLINE.exec(rest); match; match = INLINE.exec(rest)) {
    nodes.push(...withEmoji(unescape(rest.slice(0, match.index))), found(match));
    rest = rest.slice(match.index + match[0].length);
  }
  return [...nodes, ...withEmoji(unescape(rest))];
}

function found([whole, code, ref, bold, italic, strike, url]) {
  if (code !== undefined) return h("code", {}, unescape(code));
  if (ref !== undefined) return reference(ref);
  if (url !== undefined) return link(unescape(url), unescape(url));
  return h(STYLES[whole[0]], {}, ...inline(bold ?? italic ?? strike));
}

function paragraphs(text) {
  const nodes = [];
  for (const part of text.split(/((?:^(?:&gt;|>) ?.*(?:\n|$))+)/m)) {
    if (!part) continue;
    if (/^(?:&gt;|>)/.test(part)) {
      const quoted = part.replace(/^(?:&gt;|>) ?/gm, "").replace(/\n$/, "");
      nodes.push(h("blockquote", {}, ...inline(quoted)));
    } else nodes.push(h("span", {}, ...inline(part)));
  }
  return nodes;
}

export function mrkdwn(text) {
  const pieces = String(text ?? "").split(/```\n?([\s\S]*?)```/);
  return pieces.flatMap((piece, i) => (i % 2 ? h("pre", {}, unescape(piece)) : paragraphs(piece)));
}

export function textObject(object) {
  if (!object) return [];
  if (object.type === "mrkdwn") return mrkdwn(object.text);
  return object.emoji === false ? [object.text] : withEmoji(object.text);
}

export function plain(object) {
  return object?.text ?? "";
}
