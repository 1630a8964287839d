// What every page does: times in the reader's words, buttons without reloads, copies, keys.
import { setClock } from "./clock.js";
import { copyOnClick } from "./copy.js";
import { sendQuietly } from "./forms.js";
import { listenToKeys } from "./keys.js";
import { localise, tick } from "./progress.js";

const { now, rate, path } = document.body.dataset;
setClock(Number(now), Number(rate));
localise(document);
tick();
sendQuietly();
copyOnClick();
listenToKeys();

for (const button of document.querySelectorAll("[data-reveal]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const field = document.querySelector(button.dataset.reveal);
    const isShown = field.type === "password";
    field.type = isShown ? "text" : "password";
    button.setAttribute("aria-pressed", isShown);
  });
}

// A proxy that shows the pages somewhere else than it says makes cookies go astray.
const hint = document.getElementById("astray");
if (hint && path !== location.pathname) {
  hint.querySelector("[data-here]").textContent = location.pathname;
  hint.hidden = false;
}
