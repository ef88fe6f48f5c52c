/** Which key does what, in the one list that both the handler and the help read. */
import type { PlainKey } from "$lib/i18n";

/** A key as the browser names it, how it is written on screen (a word of the catalogue for keys with names), and what it does. */
export type KeyHint = { key: string; cap: string | { word: PlainKey }; does: PlainKey };

export const SHELL_KEYS = [
  { key: "1", cap: "1", does: "keys.live" },
  { key: "2", cap: "2", does: "keys.setup" },
  { key: "l", cap: "L", does: "keys.language" },
  { key: "t", cap: "T", does: "keys.theme" },
  { key: "?", cap: "?", does: "keys.show" },
] as const satisfies KeyHint[];

export const LIVE_KEYS = [
  { key: " ", cap: { word: "keys.space" }, does: "keys.bare" },
  { key: "h", cap: "H", does: "keys.heat" },
  { key: "ArrowLeft", cap: "←", does: "keys.newer" },
  { key: "ArrowRight", cap: "→", does: "keys.older" },
  { key: "Home", cap: "Home", does: "keys.newest" },
] as const satisfies KeyHint[];

/** Whether a key press belongs to the field or control it was made in, and not to the window. */
export function isForControl(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return true;
  if (!(event.target instanceof Element)) return false;
  if (event.target.closest("input, select, textarea, dialog")) return true;
  // Space presses a button; a thumbnail gives it up, because holding Space there must show the bare part.
  return event.key === " " && event.target.closest("button, a, summary") !== null && !event.target.closest("[data-yields-space]");
}
