// The page: who one is and where comes from the address, what is to be seen from the emulator, live.

import { fill, h } from "./dom.js";
import { act } from "./acts.js";
import { blocks } from "./blocks.js";
import { nameComposer, startComposer } from "./composer.js";
import { useZone } from "./dates.js";
import { showMessages } from "./messages.js";
import { showModal } from "./modal.js";
import { showSidebar } from "./sidebar.js";
import { directory } from "./text.js";

const at = (id) => document.getElementById(id);
const here = { me: "", channel: "", thread: "", tab: "messages" };
let state = null;

function readAddress() {
  const address = new URLSearchParams(location.hash.slice(1));
  here.me = address.get("as") || sessionStorage.getItem("as") || "";
  here.channel = address.get("in") || "";
  here.thread = address.get("thread") || "";
  here.tab = address.get("tab") || "messages";
  sessionStorage.setItem("as", here.me);
}

function go(change) {
  const next = { ...here, thread: "", tab: "messages", ...change };
  const address = new URLSearchParams({ as: next.me, in: next.channel });
  if (next.thread) address.set("thread", next.thread);
  if (next.tab !== "messages") address.set("tab", next.tab);
  location.hash = address.toString();
}

const channelNow = () => state?.channels.find((channel) => channel.id === here.channel);
const become = (me) => go({ me, channel: "" });
const openChannel = (channel) => go({ channel });
const openThread = (thread) => go({ thread });

function learn() {
  directory.me = here.me;
  directory.people = new Map(state.people.map((person) => [person.id, person]));
  directory.groups = new Map(state.usergroups.map((group) => [group.id, group]));
  directory.channels = new Map(state.all_channels.map((channel) => [channel.id, channel]));
  useZone(directory.people.get(here.me)?.tz);
}

function showHeader(channel) {
  fill(at("channel-name"), channel ? (channel.is_im ? channel.name : `# ${channel.name}`) : "");
  const members = channel && !channel.is_im ? `${channel.members} members` : "Direct messages with the app";
  fill(at("channel-about"), members);
  fill(at("team"), state.team);
  at("connection").className = state.connected ? "connection on" : "connection off";
  fill(at("connection"), `${state.app.name} is ${state.connected ? "connected" : "not connected"}`);
  const unread = state.channels.reduce((sum, c) => sum + c.mentions, 0);
  document.title = `${unread ? `(${unread}) ` : ""}${channel?.name ?? state.team} · ${directory.people.get(here.me)?.real_name ?? ""}`;
}

function showTabs(channel) {
  const tab = (name, title) => h("button", {
    type: "button", role: "tab", class: "tab", "aria-selected": String(here.tab === name), dataset: { tab: name },
    onclick: () => { go({ tab: name }); if (name === "home") act("open_home", { user_id: here.me }); },
  }, title);
  fill(at("tabs"), ...(channel?.is_im && state.app.has_home_tab ? [tab("home", "Home"), tab("messages", "Messages")] : []));
}

let homeShown = "";

function showHome(home) {
  const signature = JSON.stringify([here.me, home?.hash, home?.trouble]);
  if (signature === homeShown) return;
  homeShown = signature;
  const use = (e, block, value) =>
    act("press_in_view", { user_id: here.me, view_id: home.id, action_id: e.action_id, block_id: block.block_id, value });
  const shown = home ? blocks(home.blocks, use) : [h("p", { class: "empty" }, "The app has published no Home tab for you.")];
  const trouble = home?.trouble && h("p", { class: "trouble", role: "alert" }, home.trouble);
  fill(at("home"), h("div", { class: "home-inner" }, trouble, ...shown));
}

function showThread() {
  const panel = at("thread");
  panel.hidden = !here.thread;
  document.body.classList.toggle("with-thread", Boolean(here.thread));
  if (!here.thread) return fill(panel);
  if (!panel.firstChild) {
    const close = h("button", { type: "button", class: "plain", "aria-label": "Close thread", onclick: () => go({}) }, "×");
    fill(panel, h("header", { class: "thread-head" }, h("h2", {}, "Thread"), close), h("div", { class: "messages" }));
  }
  const said = state.messages.filter((m) => m.ts === here.thread || m.thread_ts === here.thread);
  const alone = said.map((message) => ({ ...message, reply_count: 0 }));
  return showMessages(panel.querySelector(".messages"), alone, here.channel, openThread, "This thread is empty.");
}

function show() {
  learn();
  const channel = channelNow();
  const home = here.tab === "home" && channel?.is_im && state.app.has_home_tab;
  showSidebar(state, here.me, here.channel, openChannel, become);
  showHeader(channel);
  showTabs(channel);
  at("messages").hidden = Boolean(home);
  at("composer").hidden = Boolean(home);
  at("home").hidden = !home;
  if (home) showHome(state.home);
  else showMessages(at("messages"), state.messages.filter((m) => m.in_channel), here.channel, openThread, "Nothing has been said here yet.");
  showThread();
  showModal(state.modal, here.me);
  nameComposer(channel, state.app);
}

function firstChannel() {
  const named = state.channels.find((c) => c.mentions) ?? state.channels.find((c) => c.unread) ?? state.channels.find((c) => c.is_im);
  return (named ?? state.channels[0])?.id ?? "";
}

function markRead() {
  const newest = state.messages.at(-1);
  if (newest && channelNow()?.unread && document.visibilityState === "visible") {
    act("read", { user_id: here.me, channel_id: here.channel });
  }
}

let asking = false;
let askAgain = false;

// One question at a time: what changes meanwhile is asked for once, afterwards.
async function refresh() {
  askAgain = asking;
  if (asking) return;
  asking = true;
  const query = new URLSearchParams({ as: here.me, in: here.channel });
  const response = await fetch(`/page/state?${query}`).catch(() => null);
  const answer = response?.ok ? await response.json() : null;
  asking = false;
  if (askAgain) refresh();
  else if (answer) take(answer);
}

function take(answer) {
  state = answer;
  const choice = state.people.filter((person) => person.selectable);
  if (!choice.some((person) => person.id === here.me)) return become(choice[0].id);
  if (!channelNow()) return openChannel(firstChannel());
  show();
  return markRead();
}

window.addEventListener("hashchange", () => { readAddress(); refresh(); });
document.addEventListener("visibilitychange", () => state && markRead());
startComposer(() => ({ me: here.me, channel: here.channel, isIm: channelNow()?.is_im, app: state?.app }));
readAddress();
const live = new EventSource("/page/events");
live.addEventListener("message", refresh);
live.addEventListener("error", () => {
  at("connection").className = "connection off";
  fill(at("connection"), "The emulator does not answer");
});
refresh();
