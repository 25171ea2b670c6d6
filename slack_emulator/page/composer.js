// The message box: plain messages, and /powertrip with a hint of what it can do.

import { fill, h, toast } from "./dom.js";
import { act } from "./acts.js";

const COMMAND = "/powertrip";
const HINTS = [
  ["help", "what /powertrip can do"], ["pending", "what waits for a decision"], ["show ID", "one event in full"],
  ["approve ID [reason]", "it was me, or it is fine"], ["deny ID [reason]", "it was not"], ["close ID note", "settle a denied event"],
  ["history [@user|host|ip]", "who decided what"], ["stats", "numbers and a chart"], ["rules", "what is watched"],
  ["whoami", "who Powertrip thinks you are"], ["test", "a login of your own, made up"],
];

let where = () => ({});

function send(text) {
  const { me, channel, isIm } = where();
  if (!text.trim()) return true;
  if (text === COMMAND || text.startsWith(`${COMMAND} `)) {
    act("slash", { user_id: me, channel_id: channel, text: text.slice(COMMAND.length).trim() });
    return true;
  }
  if (text.startsWith("/")) toast(`${text.split(" ")[0]} is not a valid command here. There is ${COMMAND}.`);
  else if (isIm) toast("Sending messages to this app has been turned off. Commands work.");
  else {
    act("say", { user_id: me, channel_id: channel, text });
    return true;
  }
  return false;
}

function hints(box, list) {
  const typed = box.value;
  const fitting = typed.startsWith("/") ? HINTS.filter(([usage]) => `${COMMAND} ${usage}`.startsWith(typed.trimEnd())) : [];
  list.hidden = !fitting.length;
  const choose = (usage) => {
    box.value = `${COMMAND} ${usage.split(" ")[0]} `;
    hints(box, list);
    box.focus();
  };
  fill(list, ...fitting.map(([usage, about]) =>
    h("li", { role: "option", onmousedown: (event) => { event.preventDefault(); choose(usage); } },
      h("code", {}, `${COMMAND} ${usage}`), h("span", {}, about))));
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

export function nameComposer(channel) {
  const box = document.getElementById("composer-text");
  box.placeholder = channel?.is_im ? `${COMMAND} … (this app takes commands only)` : `Message #${channel?.name ?? ""}, or ${COMMAND}`;
}
