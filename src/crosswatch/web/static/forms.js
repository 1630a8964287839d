// Buttons that act without leaving the page; without this script they post and come back.

/** Sends the forms marked `data-quiet` in the background and says beside the button what came of it. */
export function sendQuietly() {
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-quiet]");
    if (!form) return;
    event.preventDefault();
    if (form.ariaBusy === "true") return;
    const said = form.querySelector("output");
    form.ariaBusy = "true"; // a disabled button would lose the focus
    try {
      const answer = await fetch(form.action, { method: "POST", headers: { Accept: "application/json" } });
      const { detail } = await answer.json();
      said.textContent = detail ?? "";
    } catch {
      said.textContent = document.body.dataset.deaf;
    }
    form.ariaBusy = "false";
  });
}
