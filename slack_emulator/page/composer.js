// The message box: plain messages, and the app's commands with their hints.

import { fill, h, toast } from "./dom.js";
import { act } from "./acts.js";

let where = () => ({});

function send(text) {
  const { me, channel, isIm, app } = where();
  if (!text.trim() || !app) return true;
  if (text.startsWith("/")) {
    const [command] = text.split(/\s/, 1);
    if (app.commands && !app.commands.some((known) => known.name === command)) {
      toast(`${command} is not a valid command here. ${commandsOf(app)}`);
      return false;
    }
    act("slash", { user_id: me, channel_id: channel, command, text: text.slice(command.length).trim() });
  } else if (isIm && !app.takes_messages) {
    toast("Sending messages to this app has been turned off.");
    return false;
  } else act("say", { user_id: me, channel_id: channel, text });
  return true;
}

const commandsOf = (app) => app.commands.length ? `There is ${app.commands.map((known) => known.name).join(", ")}.` : "The app has none.";

function hints(box, list) {
  const typed = box.value;
  const known = typed.startsWith("/") ? where().app?.commands ?? [] : [];
  const fitting = known.filter(({ name, usage_hint }) => `${name} ${usage_hint}`.startsWith(typed.trimEnd()));
  list.hidden = !fitting.length;
  const choose = (name) => {
    box.value = `${name} `;
    hints(box, list);
    box.focus();
  };
  fill(list, ...fitting.map(({ name, usage_hint, description }) =>
    h("li", { role: "option", onmousedown: (event) => { event.preventDefault(); choose(name); } },
      h("code", {}, `${name} ${usage_hint}`.trim()), h("span", {}, description))));
}

export function startComposer(current) {
  where = current;
  const form = document.getElementById("composer");
  const box = document.getElementById("composer-text");
  const list = document.getElementById("hints");
  const submit = () => {
    if (!send(box.value)) return;
    box.value = "";
    list.hidden = true;
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); submit(); });
  box.addEventListener("input", () => hints(box, list));
  box.addEventListener("blur", () => { list.hidden = true; });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); submit(); }
    if (event.key === "Escape") list.hidden = true;
    if (event.key === "Tab" && !list.hidden && list.firstChild) { event.preventDefault(); list.firstChild.dispatchEvent(new MouseEvent("mousedown")); }
  });
}

export function nameComposer(channel, app) {
  const box = document.getElementById("composer-text");
  const command = app.commands?.[0]?.name;
  const silent = channel?.is_im && !app.takes_messages;
  const first = silent ? "" : `Message ${channel?.is_im ? app.name : `#${channel?.name ?? ""}`}`;
  box.placeholder = silent ? `${command ?? "/"} … (this app takes commands only)` : command ? `${first}, or ${command}` : first;
}
