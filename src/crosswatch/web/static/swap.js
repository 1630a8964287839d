// Puts a region's new content in place and leaves alone what has not changed, so that focus and reading survive.
const sources = new WeakMap(); // element -> its text as the server wrote it

/** Remembers how the pieces of a region came, before anything moves in them. */
export function remember(region) {
  for (const piece of region.querySelectorAll("[id]")) sources.set(piece, piece.outerHTML);
}

/** Replaces a region's content; pieces with an id that came just the same stay. Returns the pieces that are new. */
export function swap(region, html) {
  const parsed = new DOMParser().parseFromString(html, "text/html").body;
  const fresh = [];
  const focus = focusIn(region); // before any piece moves, for moving loses it
  for (const piece of parsed.querySelectorAll("li[id]")) {
    const old = region.querySelector(`#${CSS.escape(piece.id)}`);
    const source = piece.outerHTML;
    if (old && sources.get(old) === source) {
      piece.replaceWith(old);
    } else {
      sources.set(piece, source);
      if (old) inherit(piece, old);
      fresh.push({ piece, said: old?.dataset.say });
    }
  }
  region.replaceChildren(...parsed.childNodes);
  focus?.();
  return fresh;
}

/** Keeps of the old piece what the server does not know: what was opened, and pictures that are there already. */
function inherit(piece, old) {
  if (old.querySelector("details[open]")) piece.querySelector("details")?.setAttribute("open", "");
  const shown = old.querySelector("img");
  const wanted = piece.querySelector("img");
  if (shown && shown.getAttribute("src") === wanted?.getAttribute("src")) wanted.replaceWith(shown);
}

/** How to find what has the focus again, by the piece it is in and its place there. */
function focusIn(region) {
  const active = document.activeElement;
  if (!region.contains(active) || active === region) return null;
  const id = active.closest("[id]").id;
  const place = (root) => [...root.querySelectorAll("a, button, summary")];
  const index = place(active.closest("[id]")).indexOf(active);
  return () => {
    const root = document.getElementById(id);
    if (active.isConnected) active.focus();
    else if (root) place(root)[index]?.focus();
  };
}
