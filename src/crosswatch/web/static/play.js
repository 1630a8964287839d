// Follows what becomes of a play that is not settled yet, so that nobody has to reload its page.
import { localise } from "./progress.js";
import { swap } from "./swap.js";

const OFTEN_MS = 2_000;
const SELDOM_MS = 15_000;
const OFTEN = 30; // looks, after which it is more likely to take its time

const regions = [...document.querySelectorAll("[data-follow]")];
const sources = new Map(); // region -> its content as the server wrote it last
let looks = 0;
let isOpen = "open" in document.getElementById("outcome").dataset;

/** Whether somebody is about to press something in it, or reads what they have opened. */
function isInUse(region) {
  return region.contains(document.activeElement) || region.querySelector("details[open]");
}

async function look() {
  if (!document.hidden) {
    looks += 1;
    try {
      const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
      if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      // the app restarts; it is asked again
    }
  }
  if (isOpen) setTimeout(look, looks < OFTEN ? OFTEN_MS : SELDOM_MS);
}

function show(page) {
  for (const region of regions) {
    const source = page.getElementById(region.id)?.innerHTML;
    if (source === undefined || source === sources.get(region) || isInUse(region)) continue;
    sources.set(region, source);
    swap(region, source);
    localise(region);
  }
  isOpen = "open" in page.getElementById("outcome").dataset;
}

if (isOpen) setTimeout(look, OFTEN_MS);
