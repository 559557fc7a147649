/** Whether what was typed fits a name: its letters appear in order, each word's at the start of a word or in a row. */
export function matches(typed: string, name: string): boolean {
  const text = name.toLowerCase();
  return typed
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .every((word) => text.includes(word) || isInitials(word, text));
}

function isInitials(word: string, text: string): boolean {
  const initials = text
    .split(/[^\p{L}\p{N}]+/u)
    .map((part) => part[0] ?? "")
    .join("");
  return initials.includes(word);
}
