// Dates as Slack's tokens describe them, in the time zone of the person who looks.

let zone = "UTC";
export const useZone = (name) => { zone = name || "UTC"; };

const say = (moment, options) => new Intl.DateTimeFormat("en-GB", { timeZone: zone, ...options }).format(moment);
const dayOf = (moment) => say(moment, { year: "numeric", month: "2-digit", day: "2-digit" });

export function relativeDay(moment, otherwise) {
  const now = Date.now();
  if (dayOf(moment) === dayOf(new Date(now))) return "Today";
  if (dayOf(moment) === dayOf(new Date(now - 86_400_000))) return "Yesterday";
  return otherwise(moment);
}

const long = (moment) => say(moment, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const middle = (moment) => say(moment, { day: "numeric", month: "long", year: "numeric" });
const short = (moment) => say(moment, { day: "numeric", month: "short", year: "numeric" });
export const time = (moment) => say(moment, { hour: "2-digit", minute: "2-digit" });
export const day = (moment) => relativeDay(moment, (m) => say(m, { weekday: "long", day: "numeric", month: "long" }));
export const full = (moment) => `${long(moment)} ${say(moment, { hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short" })}`;

function ago(moment) {
  const seconds = (moment - Date.now()) / 1000;
  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const [unit, size] = units.find(([, s]) => Math.abs(seconds) >= s) ?? ["second", 1];
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

const TOKENS = {
  date_num: (m) => say(m, { year: "numeric", month: "2-digit", day: "2-digit" }).split("/").reverse().join("-"),
  date_slash: (m) => say(m, { year: "numeric", month: "2-digit", day: "2-digit" }),
  date: middle, date_short: short, date_long: long,
  date_pretty: (m) => relativeDay(m, middle), date_short_pretty: (m) => relativeDay(m, short),
  date_long_pretty: (m) => relativeDay(m, long), day_divider_pretty: (m) => relativeDay(m, long),
  time, time_secs: (m) => say(m, { hour: "2-digit", minute: "2-digit", second: "2-digit" }), ago,
};

// The format with its {tokens} filled in; null if a token is unknown, so the fallback is shown.
export function formatDate(seconds, format) {
  const moment = new Date(Number(seconds) * 1000);
  if (Number.isNaN(moment.getTime())) return null;
  let known = true;
  const text = format.replace(/\{(\w+)\}/g, (_, token) => {
    known &&= Object.hasOwn(TOKENS, token);
    return known ? TOKENS[token](moment) : "";
  });
  return known ? text : null;
}
