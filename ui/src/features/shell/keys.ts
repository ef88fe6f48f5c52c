/** Which key does what, in the one list that both the handler and the help read. */
import type { PlainKey } from "$lib/i18n";

/** A key as the browser names it, how it is written on screen (a word of the catalogue for keys with names), and what it does. */
export type KeyHint = { key: string; cap: string | { word: PlainKey }; does: PlainKey };

export const SHELL_KEYS = [
  { key: "1", cap: "1", does: "keys.live" },
  { key: "2", cap: "2", does: "keys.setup" },
  { key: "3", cap: "3", does: "keys.gallery" },
  { key: "4", cap: "4", does: "keys.label" },
  { key: "5", cap: "5", does: "keys.train" },
  { key: "6", cap: "6", does: "keys.models" },
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
  { key: "c", cap: "C", does: "feedback.confirm" },
  { key: "f", cap: "F", does: "feedback.falseAlarm" },
  { key: "m", cap: "M", does: "feedback.missedDefect" },
  { key: "u", cap: "U", does: "feedback.undo" },
  { key: "e", cap: "E", does: "feedback.label" },
] as const satisfies KeyHint[];

export const GALLERY_KEYS = [
  { key: "Arrows", cap: "← ↑ ↓ →", does: "keys.move" },
  { key: "Enter", cap: { word: "keys.enter" }, does: "keys.openLabel" },
  { key: "a", cap: "A", does: "lists.all" },
  { key: "n", cap: "N", does: "lists.next" },
  { key: "c", cap: "C", does: "lists.check" },
  { key: "d", cap: "D", does: "lists.alike" },
  { key: "r", cap: "R", does: "lists.again" },
] as const satisfies KeyHint[];

/** In the label editor the digits choose classes; everywhere else they open screens. */
export const LABEL_KEYS = [
  { key: "v", cap: "V", does: "label.tool.select" },
  { key: "m", cap: "M", does: "label.tool.move" },
  { key: "b", cap: "B", does: "label.tool.box" },
  { key: "p", cap: "P", does: "label.tool.polygon" },
  { key: "r", cap: "R", does: "label.tool.brush" },
  { key: "x", cap: "X", does: "label.tool.eraser" },
  { key: "w", cap: "W", does: "label.tool.wand" },
  { key: "a", cap: "A", does: "label.accept" },
  { key: "e", cap: "E", does: "label.refine" },
  { key: "+", cap: "+", does: "label.grow" },
  { key: "-", cap: "−", does: "label.shrink" },
  { key: "[", cap: "[", does: "keys.smallerBrush" },
  { key: "]", cap: "]", does: "keys.largerBrush" },
  { key: "i", cap: "I", does: "label.ignore" },
  { key: "o", cap: "O", does: "label.good" },
  { key: "d", cap: "D", does: "label.defect" },
  { key: "k", cap: "K", does: "label.checked" },
  { key: "n", cap: "N", does: "label.nextUnchecked" },
  { key: "PageDown", cap: "PgDn", does: "label.next" },
  { key: "PageUp", cap: "PgUp", does: "label.previous" },
  { key: "Delete", cap: "Del", does: "label.remove" },
  { key: "z", cap: "Z", does: "label.undo" },
  { key: "y", cap: "Y", does: "label.redo" },
  { key: "h", cap: "H", does: "keys.heat" },
  { key: "f", cap: "F", does: "keys.fit" },
  { key: ".", cap: ".", does: "keys.zoomIn" },
  { key: ",", cap: ",", does: "keys.zoomOut" },
  { key: "Escape", cap: "Esc", does: "label.toGallery" },
] as const satisfies KeyHint[];

/** What the keys of the label editor do while the picture has the focus, and what the pointer and fingers do there. */
export const CANVAS_KEYS = [
  { key: "Digits", cap: "0 – 9", does: "keys.class" },
  { key: "Arrows", cap: "← ↑ ↓ →", does: "keys.cross" },
  { key: "Enter", cap: { word: "keys.enter" }, does: "keys.press" },
  { key: "ShiftEnter", cap: { word: "keys.shiftEnter" }, does: "label.closePolygon" },
  { key: "ShiftDrag", cap: { word: "keys.shiftDrag" }, does: "keys.pan" },
  { key: "TwoFingers", cap: { word: "keys.twoFingers" }, does: "keys.pinch" },
] as const satisfies KeyHint[];

/** What may be done with the challenger and the model before, on both screens that show them. */
const STANDING_KEYS = [
  { key: "p", cap: "P", does: "models.promote" },
  { key: "s", cap: "S", does: "keys.shadow" },
  { key: "b", cap: "B", does: "models.rollBack" },
] as const satisfies KeyHint[];

export const TRAIN_KEYS = [{ key: "r", cap: "R", does: "train.start" }, { key: "c", cap: "C", does: "learning.cancel" }, ...STANDING_KEYS] as const satisfies KeyHint[];

export const MODELS_KEYS = [
  { key: "ArrowUp", cap: "↑", does: "keys.newerModel" },
  { key: "ArrowDown", cap: "↓", does: "keys.olderModel" },
  ...STANDING_KEYS,
  { key: "x", cap: "X", does: "models.bundle" },
  { key: "o", cap: "O", does: "models.onnx" },
  { key: "i", cap: "I", does: "models.import" },
] as const satisfies KeyHint[];

/** Whether a key press belongs to the field or control it was made in, and not to the window. */
export function isForControl(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return true;
  if (!(event.target instanceof Element)) return false;
  if (event.target.closest("input:not([type='checkbox']), select, textarea, dialog")) return true;
  // Space presses a button and ticks a box; a thumbnail gives it up, because holding Space there must show the bare part.
  return event.key === " " && event.target.closest("button, a, summary, input") !== null && !event.target.closest("[data-yields-space]");
}
