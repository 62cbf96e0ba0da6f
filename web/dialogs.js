/** Open dialogs over the page. The browser's Back closes one, and leaves the page below as it is. */
import { at } from "./elements.js";

/** Open a dialog with its own entry in the browser's history, which Back leaves. */
export function openDialog(dialog) {
  if (!history.state?.dialog) history.pushState({ dialog: true }, "");
  dialog.showModal();
}

window.addEventListener("popstate", () => {
  if (!at("locked").open) document.querySelector("dialog[open]")?.close();
});
