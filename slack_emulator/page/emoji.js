// Emoji by Slack's short names.

import { h } from "./dom.js";

const CLOCKS = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`clock${i + 1}`, String.fromCodePoint(0x1f550 + i)]));
const UNICODE = {
  ...CLOCKS,
  white_check_mark: "✅", heavy_check_mark: "✔️", x: "❌", no_entry: "⛔", no_entry_sign: "🚫", rotating_light: "🚨",
  warning: "⚠️", lock: "🔒", unlock: "🔓", closed_lock_with_key: "🔐", key: "🔑", bell: "🔔", no_bell: "🔕",
  hourglass: "⌛", hourglass_flowing_sand: "⏳", robot_face: "🤖", mag: "🔍", mag_right: "🔎", question: "❓",
  grey_question: "❔", exclamation: "❗", information_source: "ℹ️", large_green_circle: "🟢", zap: "⚡",
  large_yellow_circle: "🟡", large_orange_circle: "🟠", red_circle: "🔴", large_blue_circle: "🔵",
  white_circle: "⚪", black_circle: "⚫", alarm_clock: "⏰", stopwatch: "⏱️",
  timer_clock: "⏲️", bar_chart: "📊", chart_with_upwards_trend: "📈", eyes: "👀", wave: "👋", tada: "🎉",
  "+1": "👍", thumbsup: "👍", "-1": "👎", thumbsdown: "👎", shield: "🛡️", memo: "📝", pencil2: "✏️", link: "🔗",
  computer: "💻", desktop_computer: "🖥️", globe_with_meridians: "🌐", earth_africa: "🌍", round_pushpin: "📍",
  busts_in_silhouette: "👥", bust_in_silhouette: "👤", speech_balloon: "💬", arrow_right: "➡️", point_right: "👉",
  fire: "🔥", bulb: "💡", gear: "⚙️", calendar: "📆", date: "📅", scroll: "📜", package: "📦", rocket: "🚀",
  smile: "😄", slightly_smiling_face: "🙂", thinking_face: "🤔", ok: "🆗", sos: "🆘", octagonal_sign: "🛑",
  white_large_square: "⬜", heart: "❤️", pray: "🙏", sparkles: "✨", electric_plug: "🔌", ballot_box_with_check: "☑️",
};

export function emoji(name) {
  const known = name.split("::")[0];
  if (!Object.hasOwn(UNICODE, known)) return `:${name}:`;
  return h("span", { class: "emoji", role: "img", "aria-label": known.replaceAll("_", " ") }, UNICODE[known]);
}

// Text with its :short_names: turned into emoji; what is none stays as it was.
export function withEmoji(text) {
  const pieces = String(text ?? "").split(/:([a-z0-9_+'-]+(?:::skin-tone-[2-6])?):/);
  return pieces.map((piece, i) => (i % 2 ? emoji(piece) : piece));
}
