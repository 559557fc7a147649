/**
 * Putting text on the clipboard. Browsers have the proper way over HTTPS and on localhost only; over plain HTTP a
 * selection that is copied still works.
 */

/** Whether it is there now. */
export async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text);
  }
}

function copySelected(text: string): boolean {
  const focused = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.setAttribute("aria-hidden", "true");
  field.style.cssText = "position: fixed; inset-block-start: 0; opacity: 0";
  // Beside what has the focus: a dialog takes the focus back from everything outside of it.
  (focused?.parentElement ?? document.body).append(field);
  field.focus();
  field.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    field.remove();
    if (focused instanceof HTMLElement) focused.focus();
  }
}
