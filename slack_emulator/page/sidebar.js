// The sidebar: channels and direct messages with what is unread, and the choice of who one is.

import { fill, h } from "./dom.js";
import { avatar } from "./messages.js";
import { directory } from "./text.js";

function badge(channel) {
  if (channel.mentions) return h("span", { class: "badge", "aria-label": `${channel.mentions} for you` }, channel.mentions);
  return channel.unread ? h("span", { class: "dot", "aria-label": "unread" }) : null;
}

function entry(channel, current, open) {
  const css = ["channel", channel.id === current && "current", channel.unread && "unread"].filter(Boolean).join(" ");
  const app = [...directory.people.values()].find((person) => person.is_bot);
  const mark = channel.is_im ? avatar(app, true) : h("span", { class: "hash", "aria-hidden": "true" }, channel.is_private ? "🔒" : "#");
  return h("button", {
    type: "button", class: css, dataset: { channelId: channel.id, testid: "channel" },
    "aria-current": channel.id === current ? "page" : null, onclick: () => open(channel.id),
  }, mark, h("span", { class: "name" }, channel.name), badge(channel));
}

const group = (title, entries) => entries.length ? [h("h2", { class: "nav-title" }, title), ...entries] : [];

let shown = "";

export function showSidebar(state, me, current, open, become) {
  const signature = JSON.stringify([state.channels, state.people, me, current]);
  if (signature === shown) return;
  shown = signature;
  const entries = (test) => state.channels.filter(test).map((channel) => entry(channel, current, open));
  fill(document.getElementById("channels"),
    ...group("Channels", entries((c) => !c.is_im)), ...group("Apps", entries((c) => c.is_im)));
  showPicker(state, me, become);
}

function showPicker(state, me, become) {
  const picker = document.getElementById("person");
  const people = state.people.filter((person) => person.selectable);
  fill(picker, ...people.map((p) => h("option", { value: p.id, selected: p.id === me }, p.real_name)));
  picker.value = me;
  picker.onchange = () => become(picker.value);
  fill(document.getElementById("me-avatar"), avatar(directory.people.get(me), true));
}
