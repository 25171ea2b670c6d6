// Interactive elements: buttons, overflow menus, selects; and the confirm dialog before what they do.

import { h, safeUrl } from "./dom.js";
import { plain, textObject, directory } from "./text.js";

const dataOf = (e, block) => ({ actionId: e.action_id, blockId: block.block_id, value: e.value ?? "" });

// Resolves to whether the person confirmed.
export function confirmDialog(confirm) {
  if (!confirm) return Promise.resolve(true);
  return new Promise((resolve) => {
    const done = (answer) => { dialog.close(); dialog.remove(); resolve(answer); };
    const style = confirm.style === "danger" ? "danger" : "primary";
    const dialog = h("dialog", { class: "dialog confirm", "aria-labelledby": "confirm-title", dataset: { testid: "confirm" } },
      h("h3", { id: "confirm-title" }, ...textObject(confirm.title)),
      h("div", { class: "text dialog-body" }, ...textObject(confirm.text)),
      h("div", { class: "dialog-buttons" },
        h("button", { type: "button", class: "button", dataset: { testid: "confirm-deny" }, onclick: () => done(false) }, ...textObject(confirm.deny)),
        h("button", { type: "button", class: `button ${style}`, autofocus: true, dataset: { testid: "confirm-ok" }, onclick: () => done(true) }, ...textObject(confirm.confirm))));
    dialog.addEventListener("cancel", (event) => { event.preventDefault(); done(false); });
    document.getElementById("dialogs").append(dialog);
    dialog.showModal();
  });
}

async function useWith(node, e, block, use, value) {
  if (!(await confirmDialog(e.confirm))) return;
  node.setAttribute("aria-busy", "true");
  node.disabled = true;
  try {
    await use(e, block, value);
  } finally {
    node.removeAttribute("aria-busy");
    node.disabled = false;
  }
}

function button(e, block, use) {
  const node = h("button", {
    type: "button", class: `button ${e.style ?? ""}`, "aria-label": e.accessibility_label, dataset: dataOf(e, block),
    onclick: () => {
      const url = e.url && safeUrl(e.url);
      if (url) window.open(url, "_blank", "noopener,noreferrer");
      useWith(node, e, block, use, e.value ?? "");
    },
  }, ...textObject(e.text));
  return node;
}

function overflow(e, block, use) {
  const menu = h("div", { class: "menu", role: "menu", popover: "auto" });
  const toggle = h("button", { type: "button", class: "button overflow", "aria-label": "More actions", "aria-haspopup": "menu", dataset: dataOf(e, block) }, "⋯");
  for (const option of e.options) {
    const choose = () => { menu.hidePopover(); useWith(toggle, e, block, use, option.value); };
    const description = option.description && h("small", {}, ...textObject(option.description));
    menu.append(h("button", { type: "button", role: "menuitem", dataset: { optionValue: option.value }, onclick: choose }, ...textObject(option.text), description));
  }
  toggle.addEventListener("click", () => {
    const box = toggle.getBoundingClientRect();
    menu.togglePopover();
    menu.style.top = `${box.bottom + 4}px`;
    menu.style.left = `${Math.min(box.left, window.innerWidth - menu.offsetWidth - 12)}px`;
  });
  return h("span", {}, toggle, menu);
}

const optionNode = (option, chosen) => h("option", { value: option.value, selected: option.value === chosen }, plain(option.text));

export function optionNodes(e) {
  if (e.type === "users_select") {
    const people = [...directory.people.values()].filter((person) => person.selectable);
    return people.map((p) => h("option", { value: p.id, selected: p.id === e.initial_user }, p.real_name));
  }
  const chosen = e.initial_option?.value;
  const groups = (e.option_groups ?? []).map((g) => h("optgroup", { label: plain(g.label) }, ...g.options.map((o) => optionNode(o, chosen))));
  return [...(e.options ?? []).map((o) => optionNode(o, chosen)), ...groups];
}

export function selectNode(e, block) {
  const empty = h("option", { value: "" }, plain(e.placeholder) || "Choose…");
  return h("select", { class: "select", "aria-label": plain(e.placeholder) || "Choose", dataset: dataOf(e, block) }, empty, ...optionNodes(e));
}

function select(e, block, use) {
  const node = selectNode(e, block);
  node.addEventListener("change", () => node.value && useWith(node, e, block, use, node.value));
  return node;
}

const ELEMENTS = { button, overflow, static_select: select, users_select: select, radio_buttons: select, checkboxes: select };

export const element = (e, block, use) => (Object.hasOwn(ELEMENTS, e.type) ? ELEMENTS[e.type](e, block, use) : "");
