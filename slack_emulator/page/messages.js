// The list of messages and the thread beside it. A message is redrawn only when it has changed.

import { h, svg } from "./dom.js";
import { act } from "./acts.js";
import { attachment, blocks } from "./blocks.js";
import { directory, mrkdwn } from "./text.js";
import { day, full, time } from "./dates.js";

const COLOURS = ["#c2557a", "#3f7fbf", "#5b8c5a", "#b0713a", "#7a62b8", "#2f8f8b", "#a2574c", "#56719a"];

export function avatar(person, small = false) {
  const css = small ? "avatar small" : "avatar";
  if (person?.is_bot) {
    const bolt = svg("svg", { viewBox: "0 0 32 32" }, svg("path", { d: "M18 5 8.5 17.500H15L14 27l9.5-12.500H17z", fill: "#fff" }));
    return h("span", { class: `${css} bot`, "aria-hidden": "true" }, bolt);
  }
  const name = person?.real_name ?? "?";
  const initials = name.split(/\s+/).map((word) => [...word][0]).slice(0, 2).join("").toUpperCase();
  const node = h("span", { class: css, "aria-hidden": "true" }, initials);
  const sum = [...(person?.id ?? "")].reduce((n, c) => n + c.charCodeAt(0), 0);
  node.style.backgroundColor = COLOURS[sum % COLOURS.length];
  return node;
}

const moment = (message) => new Date(Number(message.ts) * 1000);

const picture = (file) =>
  h("figure", { class: "file" },
    h("figcaption", {}, file.title, h("span", {}, ` ${Math.max(1, Math.round(file.size / 1024))} kB`)),
    file.mimetype.startsWith("image/")
      ? h("a", { href: file.url_private, target: "_blank", rel: "noopener" }, h("img", { src: file.url_private, alt: file.alt_txt || file.title }))
      : h("a", { href: file.url_private, download: file.name }, `Download ${file.name}`));

function headLine(message, author) {
  return h("div", { class: "message-head" },
    h("span", { class: "author" }, message.username ?? author?.real_name ?? message.user),
    (author?.is_bot || message.bot_id) && h("span", { class: "app-badge", title: "This is an app" }, "APP"),
    h("time", { datetime: moment(message).toISOString(), title: full(moment(message)) }, time(moment(message))));
}

function threadLine(message, openThread) {
  if (!message.reply_count) return null;
  const words = `${message.reply_count} ${message.reply_count === 1 ? "reply" : "replies"}`;
  return h("button", { type: "button", class: "thread-link", onclick: () => openThread(message.ts) }, words);
}

export function messageNode(message, channel, openThread) {
  // An integration that is no member names itself.
  const author = directory.people.get(message.user) ?? (message.username && { id: message.username, real_name: message.username });
  const use = (e, block, value) => act("press", {
    user_id: directory.me, channel_id: channel, ts: message.ts, action_id: e.action_id, block_id: block.block_id, value,
    // The message may have been edited while the confirm dialog was open: what was pressed is what was shown.
    stale: true,
  });
  const css = ["message", message.mentions_me && "names-me", message.ephemeral && "ephemeral"].filter(Boolean).join(" ");
  const text = !message.blocks?.length && message.text;
  return h("article", { class: css, dataset: { ts: message.ts, testid: "message" }, "aria-label": `${author?.real_name ?? ""}: ${message.text}` },
    avatar(author),
    h("div", { class: "message-body" },
      message.ephemeral && h("p", { class: "only-you" }, "Only visible to you"),
      headLine(message, author),
      text && h("div", { class: "text" }, ...mrkdwn(text), message.edited && h("span", { class: "edited" }, " (edited)")),
      ...blocks(message.blocks, use),
      ...(message.attachments ?? []).map((item) => attachment(item, use)),
      ...(message.files ?? []).map(picture),
      message.trouble && h("p", { class: "trouble", role: "alert", dataset: { testid: "trouble" } }, `⚠ ${message.trouble}`),
      threadLine(message, openThread)));
}

const known = new WeakMap();

function keptOrNew(kept, message, channel, openThread) {
  const signature = JSON.stringify([directory.me, message]);
  const old = kept.get(message.ts);
  if (old && known.get(old) === signature) return old;
  const node = messageNode(message, channel, openThread);
  known.set(node, signature);
  return node;
}

// Shows these messages in `container`, with a line wherever a new day begins.
export function showMessages(container, messages, channel, openThread, empty) {
  const atEnd = container.scrollHeight - container.scrollTop - container.clientHeight < 120;
  const kept = new Map([...container.querySelectorAll("article")].map((node) => [node.dataset.ts, node]));
  const nodes = [];
  let today = "";
  for (const message of messages) {
    const its = day(moment(message));
    if (its !== today) nodes.push(h("div", { class: "day", role: "separator" }, h("span", {}, its)));
    today = its;
    nodes.push(keptOrNew(kept, message, channel, openThread));
  }
  settle(container, nodes.length ? nodes : [h("p", { class: "empty" }, empty)]);
  if (atEnd || container.dataset.channel !== channel) container.scrollTop = container.scrollHeight;
  container.dataset.channel = channel;
}

// Puts the nodes in place touching only what differs, so that focus and open menus survive.
function settle(container, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...container.children]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, i) => {
    if (container.children[i] !== node) container.insertBefore(node, container.children[i] ?? null);
  });
}
