// Keeps the page as the app is: one event stream, quiet reconnects, and plain polling where streams don't get through.
import { setClock } from "./clock.js";
import { localise, tick } from "./progress.js";
import { remember, swap } from "./swap.js";

const SILENCE_MS = 40_000; // the app speaks at least every 15 s
const FIRST_WORD_MS = 5_000;
const POLL_MS = 5_000;
const HIDDEN_MS = 60_000;
const TRIES = 3;

const link = document.getElementById("live");
const announcer = document.getElementById("announcer");
const regions = [...document.querySelectorAll("[data-region]")];

let stream = null;
let failures = 0;
let watchdog = 0;
let poller = 0;
let sleeper = 0;

function show(state) {
  const text = link.dataset[state];
  link.hidden = false;
  link.classList.toggle("lost", state === "lost");
  if (link.textContent !== text) link.textContent = text;
}

function apply(region, html) {
  const said = [];
  for (const { piece, said: before } of swap(region, html)) {
    const { say } = piece.dataset;
    if (say && say !== before) said.push(say);
  }
  localise(region);
  tick();
  if (said.length) announcer.textContent = said.join(". ");
}

function heard() {
  failures = 0;
  clearInterval(poller);
  poller = 0;
  show("live");
  expectWord(SILENCE_MS);
}

function expectWord(ms) {
  clearTimeout(watchdog);
  watchdog = setTimeout(lost, ms);
}

function open() {
  close();
  stream = new EventSource(link.dataset.stream);
  expectWord(FIRST_WORD_MS);
  stream.addEventListener("time", ({ data }) => {
    setClock(...data.split(" ").map(Number));
    heard();
    tick();
  });
  stream.addEventListener("region", ({ data }) => {
    const cut = data.indexOf("\n");
    const region = document.getElementById(cut < 0 ? data : data.slice(0, cut));
    if (region) apply(region, cut < 0 ? "" : data.slice(cut + 1));
    heard();
  });
  stream.addEventListener("error", lost);
}

function close() {
  clearTimeout(watchdog);
  stream?.close();
  stream = null;
}

function lost() {
  failures += 1;
  close();
  if (failures >= TRIES && !poller) poller = setInterval(poll, POLL_MS);
  if (!poller) show("lost");
  watchdog = setTimeout(open, Math.min(1000 * 2 ** failures, 15_000) * (0.75 + Math.random() / 2));
}

async function poll() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!poller) return; // the stream was quicker
    const { now, rate } = page.body.dataset;
    setClock(Number(now), Number(rate));
    for (const region of regions) apply(region, page.getElementById(region.id).innerHTML);
    show("polling");
  } catch {
    show("lost");
  }
}

function sleepWhileHidden() {
  clearTimeout(sleeper);
  if (document.hidden) sleeper = setTimeout(close, HIDDEN_MS);
  else if (!stream && !poller) open();
}

regions.forEach(remember);
setInterval(tick, 1000);
document.addEventListener("visibilitychange", sleepWhileHidden);
addEventListener("pagehide", close);
addEventListener("pageshow", (event) => event.persisted && open());
open();
