// Follows a step of the set-up that waits: for a code to be used elsewhere, for addresses to answer, for a play.
import { now } from "./clock.js";
import { copyOnClick } from "./copy.js";
import { swap } from "./swap.js";

const LOOK_EVERY_MS = 1500;
const awaited = document.getElementById("awaited");

/** Counts down in words what ends at `data-until`; without this script the time of day stands there. */
function countDown() {
  for (const time of document.querySelectorAll("[data-until]")) {
    const left = Math.max(0, Math.round((time.dataset.until - now()) / 1000));
    const text = `${time.dataset.for} ${left < 60 ? "" : `${Math.floor(left / 60)} min `}${left % 60} s`;
    if (time.textContent !== text) time.textContent = text;
  }
}

async function look() {
  if (!document.hidden && awaited.dataset.state === "waiting") {
    try {
      const answer = await fetch(awaited.dataset.follow, { headers: { Accept: "text/html" } });
      if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("awaited"));
    } catch {
      // the app restarts: what it waits for is asked again
    }
  }
  setTimeout(look, LOOK_EVERY_MS);
}

function show(fresh) {
  if (!fresh) return;
  if (fresh.innerHTML !== source) {
    source = fresh.innerHTML;
    swap(awaited, source);
    copyOnClick(awaited);
    countDown();
  }
  awaited.dataset.state = fresh.dataset.state;
  if (fresh.dataset.next) location.assign(fresh.dataset.next);
}

let source = awaited?.innerHTML;
if (awaited) setTimeout(look, LOOK_EVERY_MS);
countDown();
setInterval(countDown, 1000);
