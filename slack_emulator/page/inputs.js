// Input blocks of modals: labelled fields, with the app's objections beneath them, and reading what was typed.

import { h } from "./dom.js";
import { selectNode } from "./elements.js";
import { plain, textObject } from "./text.js";

const data = (e, block) => ({ actionId: e.action_id, blockId: block.block_id, input: e.type });

function textInput(e, block, id) {
  const attributes = {
    id, class: "field", placeholder: plain(e.placeholder), minlength: e.min_length, maxlength: e.max_length ?? 3000,
    required: !block.optional, dataset: data(e, block), autofocus: e.focus_on_load,
  };
  const node = e.multiline ? h("textarea", { ...attributes, rows: 4 }) : h("input", { ...attributes, type: "text" });
  node.value = e.initial_value ?? "";
  return node;
}

function choices(e, block, id) {
  const kind = e.type === "checkboxes" ? "checkbox" : "radio";
  const chosen = [...(e.initial_options ?? []), e.initial_option].filter(Boolean).map((o) => o.value);
  const rows = e.options.map((o) => h("label", { class: "choice" },
    h("input", { type: kind, name: id, value: o.value, checked: chosen.includes(o.value) }),
    h("span", {}, ...textObject(o.text), o.description && h("small", {}, ...textObject(o.description)))));
  return h("div", { id, role: "group", dataset: data(e, block) }, ...rows);
}

function select(e, block, id) {
  const node = selectNode(e, block);
  node.id = id;
  node.required = !block.optional;
  Object.assign(node.dataset, data(e, block));
  return node;
}

const INPUTS = { plain_text_input: textInput, static_select: select, users_select: select, radio_buttons: choices, checkboxes: choices };

export function inputBlock(block, _use, errors) {
  const id = `input-${block.block_id}`;
  const error = errors[block.block_id];
  const field = INPUTS[block.element.type](block.element, block, id);
  if (error) {
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", `${id}-error`);
  }
  return h("div", { class: error ? "input input-wrong" : "input" },
    h("label", { for: id }, ...textObject(block.label), block.optional && h("span", { class: "optional" }, " (optional)")),
    field,
    error && h("p", { class: "input-error", id: `${id}-error`, role: "alert", dataset: { testid: "input-error" } }, error),
    block.hint && h("p", { class: "hint" }, ...textObject(block.hint)));
}

export const byAction = (field) => field.dataset.actionId;
export const byBlock = (field) => `${field.dataset.blockId} ${field.dataset.actionId}`;

// What was typed, by action id.
export function typedIn(form, key = byAction) {
  const values = {};
  for (const field of form.querySelectorAll("[data-input]")) {
    const chosen = [...field.querySelectorAll("input:checked")].map((box) => box.value);
    const value = field.dataset.input === "checkboxes" ? chosen : field.matches("div") ? (chosen[0] ?? "") : field.value;
    values[key(field)] = value;
  }
  return values;
}

// As Slack does, into blocks and actions of the same ids.
export function typeBack(form, values) {
  for (const field of form.querySelectorAll("input[data-input], textarea[data-input], select[data-input]")) {
    if (typeof values[byBlock(field)] === "string") field.value = values[byBlock(field)];
  }
  for (const group of form.querySelectorAll("div[data-input]")) {
    const chosen = values[byBlock(group)];
    if (chosen === undefined) continue;
    for (const box of group.querySelectorAll("input")) box.checked = [chosen].flat().includes(box.value);
  }
}
