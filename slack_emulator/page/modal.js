// The open modal, as a dialog that follows the view: redrawn when the app changes it, keeping what was typed.

import { fill, h } from "./dom.js";
import { act } from "./acts.js";
import { blocks } from "./blocks.js";
import { byBlock, typeBack, typedIn } from "./inputs.js";
import { textObject, plain } from "./text.js";

let dialog = null;
let shown = "";

function remove() {
  dialog?.close();
  dialog?.remove();
  dialog = null;
  shown = "";
}

function build(me) {
  dialog = h("dialog", { class: "dialog modal", dataset: { testid: "modal" } });
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    act("close", { user_id: me });
  });
  document.getElementById("dialogs").append(dialog);
}

async function submit(event, me) {
  event.preventDefault();
  const button = event.target.querySelector("[data-testid=modal-submit]");
  button?.setAttribute("aria-busy", "true");
  await act("submit", { user_id: me, values: typedIn(event.target) });
  button?.removeAttribute("aria-busy");
}

function form(view, me) {
  const use = (e, block, value) =>
    act("press_in_view", { user_id: me, view_id: view.id, action_id: e.action_id, block_id: block.block_id, value });
  const close = () => act("close", { user_id: me });
  return h("form", { onsubmit: (event) => submit(event, me) },
    h("header", { class: "modal-head" },
      h("h3", {}, ...textObject(view.title)),
      h("button", { type: "button", class: "plain", "aria-label": "Close this window", onclick: close }, "×")),
    h("div", { class: "modal-body" },
      view.trouble && h("p", { class: "trouble", role: "alert" }, view.trouble),
      ...blocks(view.blocks, use, view.errors)),
    h("footer", { class: "dialog-buttons" },
      h("button", { type: "button", class: "button", dataset: { testid: "modal-close" }, onclick: close }, plain(view.close) || "Cancel"),
      view.submit && h("button", { class: "button primary", dataset: { testid: "modal-submit" } }, plain(view.submit))));
}

export function showModal(view, me) {
  if (!view) return remove();
  const signature = JSON.stringify([me, view.id, view.hash, view.errors, view.trouble]);
  if (signature === shown) return undefined;
  if (shown && JSON.parse(shown)[0] !== me) remove();
  const typed = dialog?.dataset.viewId === view.id ? typedIn(dialog, byBlock) : {};
  if (!dialog) build(me);
  shown = signature;
  dialog.dataset.viewId = view.id;
  dialog.setAttribute("aria-label", plain(view.title));
  fill(dialog, form(view, me));
  typeBack(dialog, typed);
  if (!dialog.open) dialog.showModal();
  (dialog.querySelector(".input-wrong [data-input]") ?? dialog.querySelector("[data-input]"))?.focus();
  dialog.querySelector(".input-error")?.scrollIntoView({ block: "nearest" });
  return undefined;
}
