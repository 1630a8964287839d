// Copy buttons. Without TLS browsers give no clipboard, so there the text is selected, and the button says so.

/** Makes every `button[data-copy]`, whose value finds what is to be copied, do so; they are hidden till then. */
export function copyOnClick(root = document) {
  for (const button of root.querySelectorAll("button[data-copy]")) button.hidden = false;
  if (root !== document) return;
  document.addEventListener("click", async ({ target }) => {
    const button = target.closest("button[data-copy]");
    if (!button) return;
    const source = document.querySelector(button.dataset.copy);
    const say = (word) => (button.querySelector("span") ?? button).replaceChildren(word);
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      say(button.dataset.copied);
    } catch {
      select(source);
      say(document.execCommand("copy") ? button.dataset.copied : button.dataset.selected);
    }
  });
}

function select(element) {
  if (element.select) element.select();
  else getSelection().selectAllChildren(element);
}
