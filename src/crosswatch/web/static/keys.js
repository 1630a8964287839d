// Single keys that lead to screens: never the only way, and whoever is bothered by them can switch them off.
const LEAVES = { n: "now", h: "history", p: "people", l: "logs", s: "settings" };
const OFF = "crosswatch.keys.off";
const WAITS_MS = 1500;

const help = document.getElementById("keys");
const off = help?.querySelector("input");
let goes = 0; // until when a letter after g leads somewhere

/** Listens for keys, and shows the switch for them. */
export function listenToKeys() {
  if (!help) return;
  off.checked = remembered() === null;
  off.addEventListener("change", () => remember(off.checked ? null : "1"));
  for (const hidden of document.querySelectorAll("[data-keys]")) hidden.hidden = false;
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!off.checked || target.closest("input, textarea, select, [contenteditable]")) return;
    if (act(key)) event.preventDefault();
  });
}

function act(key) {
  const screen = performance.now() < goes && LEAVES[key];
  goes = key === "g" ? performance.now() + WAITS_MS : 0;
  if (screen) document.querySelector(`nav a[data-screen="${screen}"]`)?.click();
  else if (key === "?") help.togglePopover();
  else if (key === "/") document.querySelector("input[type=search]")?.focus();
  else return false;
  return true;
}

function remembered() {
  try {
    return localStorage.getItem(OFF);
  } catch {
    return null; // a browser that keeps nothing
  }
}

function remember(value) {
  try {
    if (value === null) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, value);
  } catch {} // then it holds for this page
}
