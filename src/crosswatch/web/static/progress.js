// What moves by itself between two words from the server: positions, and times in the reader's own zone.
import { now } from "./clock.js";

const DAY_MS = 86_400_000;
const clockOf = new Intl.DateTimeFormat(undefined, { timeStyle: "short" }); // 04:15, or 4:15 am where that is usual
const hour = clockOf.resolvedOptions().hour12 ? "numeric" : "2-digit";
const weekdayOf = new Intl.DateTimeFormat(undefined, { weekday: "short", hour, minute: "2-digit" });
const dateOf = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const dayOf = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short" });
const { lang } = document.documentElement;
const agoOf = new Intl.RelativeTimeFormat(lang, { style: lang === "en" ? "narrow" : "long" }); // elsewhere "m" is a metre
const exactOf = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });

/** Milliseconds as `21:02` or `1:46:00`. */
export function positionWords(ms) {
  const [hours, minutes, seconds] = [ms / 3_600_000, (ms / 60_000) % 60, (ms / 1000) % 60].map(Math.floor);
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** How long ago, as `8s ago`, in the page's language. */
export function agoWords(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return agoOf.format(-seconds, "second");
  if (seconds < 3600) return agoOf.format(-Math.round(seconds / 60), "minute");
  return seconds < 86_400
    ? agoOf.format(-Math.round(seconds / 3600), "hour")
    : agoOf.format(-Math.round(seconds / 86_400), "day");
}

/** The time of a moment of today, with its weekday within a week of now, else its date. */
function momentWords(at) {
  const [date, today] = [new Date(at), new Date(now())];
  if (date.toDateString() === today.toDateString()) return clockOf.format(date);
  return (Math.abs(today - date) < 6 * DAY_MS ? weekdayOf : dateOf).format(date);
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Brings every position and time on the page up to this moment. */
export function tick() {
  for (const run of document.querySelectorAll("[data-run]")) {
    const { offset, duration, known } = run.dataset;
    const moved = run.dataset.run === "playing" ? Math.max(0, now() - known) : 0;
    const position = Math.min(Number(duration), Number(offset) + moved);
    run.querySelector("progress").value = position;
    write(run.querySelector("[data-position]"), positionWords(position));
  }
  for (const time of document.querySelectorAll("time[data-ago]")) write(time, agoWords(now() - time.dataset.ago));
}

/** Puts the moments within an element into the reader's zone and words. */
export function localise(root) {
  for (const time of root.querySelectorAll("time[data-at]")) write(time, momentWords(Number(time.dataset.at)));
  for (const time of root.querySelectorAll("time[data-clock]")) {
    const at = new Date(Number(time.dataset.clock)); // below a day of the server's zone, which may be another one here
    write(time, (at.toLocaleDateString("sv") === time.dataset.day ? clockOf : weekdayOf).format(at));
  }
  for (const time of root.querySelectorAll("time[data-date]")) write(time, dayOf.format(new Date(`${time.dateTime}T12:00`)));
  for (const time of root.querySelectorAll("time[datetime*=T]")) time.title = exactOf.format(new Date(time.dateTime));
}
