/** Open dialogs over the page. The browser's Back closes one, and leaves the page below as it is. */
import { at } from "./elements.js";

/** Open a dialog over an entry of the history of its own, which Back leaves. */
export function openDialog(box) {
  if (!history.state?.dialog) history.pushState({ dialog: true }, "");
  box.showModal();
}

window.addEventListener("popstate", () => {
  if (!at("locked").open) document.querySelector("dialog[open]")?.close();
});
