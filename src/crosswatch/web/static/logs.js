// Follows the log: one stream; lines are held back while somebody reads further up; gaps are said.
const MOST = 2000; // lines on the page
const TRIES = 3;
const SHORT_MS = 5000; // a break that cost nothing is not worth a word
const HIDDEN_MS = 60_000;
const LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];
const ROW = /^(\S+) (\S+) (\w+) +(\w+) +(.*?)(?: · play (\w+))?$/;

const [list, box, live, more, pause, quiet, form] = ["lines", "log", "live", "more", "pause", "quiet", "filter"].map(
  (id) => document.getElementById(id),
);
const page = list.dataset;
const least = LEVELS.indexOf(page.level.toUpperCase());

let last = page.last; // id of the last line that was looked at
let since = [...list.querySelectorAll("time")].at(-1)?.textContent ?? "–"; // when the last line was said
let day = page.day;
let held = []; // what waits for the reader to come back down
let stream = null;
let failures = 0;
let retry = 0;
let sleeper = 0;
let rule = null; // stands where the connection was lost
let lostAt = 0;
let isGap = false; // whether lines are missing there

const fill = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name]);
const spanOf = () => `${Math.max(1, Math.round((performance.now() - lostAt) / 1000))} s`;
const isFollowing = () => pause.ariaPressed !== "true" && box.scrollTop > -8; // 0 is the end, less is further up
const cut = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

function show(state) {
  live.hidden = false;
  live.classList.toggle("lost", state === "lost");
  if (live.textContent !== live.dataset[state]) live.textContent = live.dataset[state];
}

/** Takes a line as the console shows it; further rows belong to its message. */
function take(id, text) {
  last = id;
  const [first, ...rest] = text.split("\n");
  const [, date, clock, level, channel, said, play] = ROW.exec(first) ?? [];
  if (!level) return;
  if (isGap) write(rule, fill(page.gap, { span: spanOf(), since, until: clock }));
  [rule, isGap, since] = [null, false, clock];
  const message = [said, ...rest].join("\n");
  const fits = LEVELS.indexOf(level) >= least && message.toLowerCase().includes(page.q.toLowerCase());
  if (!fits || (page.play && page.play !== play)) return;
  if (date !== day) held.push(write(cut("rule"), date));
  day = date;
  held.push(lineOf({ clock, level, channel, said: message }, play));
  settle();
}

function lineOf(texts, play) {
  const line = cut("line");
  line.classList.add(texts.level.toLowerCase());
  for (const [name, text] of Object.entries(texts)) line.querySelector(`.${name}`).textContent = text;
  const about = line.querySelector(".play");
  if (!play) about.remove();
  else about.querySelector("span").textContent = play.slice(-4);
  for (const link of about.querySelectorAll("a"))
    for (const name of ["href", "aria-label"]) link.setAttribute(name, link.getAttribute(name).replace("~", play));
  return line;
}

function write(element, text) {
  element.textContent = `${text}\n`; // for whoever copies it
  return element;
}

/** Shows what is held, or how much that is. */
function settle() {
  if (isFollowing()) {
    list.append(...held.splice(0).slice(-MOST));
    while (list.children.length > MOST) list.firstElementChild.remove();
    quiet.hidden ||= Boolean(list.children.length);
  }
  held = held.slice(-MOST);
  const count = held.filter((one) => one.matches(".line")).length;
  more.hidden = !count;
  more.textContent = count === 1 ? more.dataset.one : fill(more.dataset.many, { count });
}

function follow() {
  pause.ariaPressed = "false";
  box.scrollTop = 0;
  settle();
}

function open() {
  close();
  stream = new EventSource(`${page.stream}&after=${last}`);
  stream.addEventListener("open", back);
  stream.addEventListener("error", lost);
  stream.addEventListener("message", ({ data, lastEventId }) => take(lastEventId, data));
  stream.addEventListener("gap", () => {
    isGap = true;
    mark(page.lost);
  });
}

function close() {
  clearTimeout(retry);
  if (stream && !failures) lostAt = performance.now();
  stream?.close();
  stream = null;
}

/** Says at the end of the list that touch was lost. */
function mark(text) {
  rule ??= cut("rule");
  write(rule, fill(text, { since, span: spanOf() }));
  if (!rule.isConnected && !held.includes(rule)) held.push(rule);
  settle();
}

function back() {
  failures = 0;
  show("live");
  if (rule && performance.now() - lostAt > SHORT_MS) mark(page.whole);
  else rule?.remove();
}

function lost() {
  close();
  failures += 1;
  mark(page.lost);
  show("lost");
  if (failures >= TRIES) ask();
  retry = setTimeout(open, Math.min(1000 * 2 ** failures, 15_000) * (0.75 + Math.random() / 2));
}

/** Where streams don't get through, the last lines are asked for. */
async function ask() {
  try {
    const answer = await fetch(page.dump, { headers: { Accept: "application/json" } });
    const { lines, records } = await answer.json();
    records.forEach(({ id }, index) => id > last && take(id, lines[index]));
    show("polling");
  } catch {} // it is said already
}

function sleepWhileHidden() {
  clearTimeout(sleeper);
  if (document.hidden) sleeper = setTimeout(close, HIDDEN_MS);
  else if (!stream) open();
}

pause.hidden = false;
document.querySelector("[data-refresh]").hidden = true;
pause.addEventListener("click", () => (pause.ariaPressed === "true" ? follow() : (pause.ariaPressed = "true")));
more.addEventListener("click", () => {
  follow();
  box.focus();
});
box.addEventListener("scroll", () => held.length && isFollowing() && settle());
form.addEventListener("change", () => form.requestSubmit());
document.addEventListener("visibilitychange", sleepWhileHidden);
addEventListener("offline", lost);
addEventListener("pagehide", close);
addEventListener("pageshow", (event) => event.persisted && open());
open();
