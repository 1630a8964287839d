// The app's clock, as far as it is known here: the server says what time it is and how fast it runs.
let serverMs = Date.now();
let heardAt = performance.now();
let rate = 1;

/** Takes over the server's time (Unix ms) and its speed (server ms per real ms). */
export function setClock(nowMs, speed) {
  serverMs = nowMs;
  rate = speed || 1;
  heardAt = performance.now();
}

/** The server's time now, in Unix ms. */
export function now() {
  return serverMs + (performance.now() - heardAt) * rate;
}
