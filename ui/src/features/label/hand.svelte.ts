/** The hand that draws on a part: what a pressed pointer does with the chosen tool, and a press by key. */
import type { ShapeView } from "$lib/bridge";
import { PixelMask } from "$lib/mask";
import type { Editor } from "./editor.svelte";
import { boxOf, clamped, dragged, handlesOf, markAt, type At, type Handle, type Size } from "./shapes";
import type { Viewport } from "./viewport.svelte";

/** What a pressed pointer is doing. A pan is counted in the window, everything else in the picture. */
type Doing =
  | { what: "pan"; from: At }
  | { what: "box"; from: At; to: At }
  | { what: "drag"; at: number; handle: Handle; shape: ShapeView }
  | { what: "tap"; at: At }
  | { what: "paint"; at: number | null; mask: PixelMask; last: At; inside: boolean };

export class Hand {
  doing = $state.raw<Doing | null>(null);
  /** Counts the changes of the mask that is being painted. */
  painted = $state(0);
  /** First corner of a box that is drawn by keys. */
  corner = $state.raw<At | null>(null);
  hover = $state.raw<At | null>(null);
  /** What is being done is done by a finger: when a second one comes down it is dropped. */
  byFinger = false;
  #editor: Editor;
  #view: Viewport;
  #size: () => Size;
  /** Whose press is being done: beside the pen that draws a palm may lie on the screen. */
  #pointer: number | null = null;

  constructor(editor: Editor, view: Viewport, size: () => Size) {
    [this.#editor, this.#view, this.#size] = [editor, view, size];
  }

  /** The kept mark that is painted on: only this number changes what is drawn of the others. */
  readonly paintedAt = $derived.by(() => (this.doing?.what === "paint" ? this.doing.at : null));

  /** Whether the pointer is held from now on. */
  down(event: PointerEvent, place: At): boolean {
    if (!event.isPrimary || (this.doing && event.pointerId !== this.#pointer)) return false;
    this.byFinger = event.pointerType === "touch";
    const pans = event.button === 1 || (event.button === 0 && (event.shiftKey || this.#editor.tool === "move"));
    if (pans) this.doing = { what: "pan", from: { x: event.clientX, y: event.clientY } };
    else if (event.button === 0) this.#press(place, true);
    this.#pointer = this.doing && event.pointerId;
    return this.doing !== null;
  }

  move(event: PointerEvent, place: At): void {
    const [doing, size] = [this.doing, this.#size()];
    if (doing && event.pointerId !== this.#pointer) return;
    this.hover = place;
    if (!doing) return;
    if (doing.what === "pan") {
      this.#view.pan(event.clientX - doing.from.x, event.clientY - doing.from.y);
      this.doing = { what: "pan", from: { x: event.clientX, y: event.clientY } };
    } else if (doing.what === "box") this.doing = { ...doing, to: clamped(place, size) };
    else if (doing.what === "tap") this.doing = { ...doing, at: place };
    else if (doing.what === "drag") {
      const shape = this.#editor.content.marks[doing.at]?.shape ?? doing.shape;
      this.doing = { ...doing, shape: dragged(shape, doing.handle, clamped(place, size)) };
    } else {
      doing.mask.stroke(doing.last, place, this.#editor.brush, doing.inside);
      doing.last = place;
      this.painted += 1;
    }
  }

  up(event: PointerEvent): void {
    if (event.pointerId === this.#pointer) this.#finish();
  }

  /** Ends what is being done as if it had not begun. */
  drop(): void {
    [this.doing, this.#pointer, this.hover] = [null, null, null];
  }

  /** A press by key. */
  press(place: At): void {
    if (!this.doing) this.#press(place, false);
  }

  #press(place: At, byPointer: boolean): void {
    const editor = this.#editor;
    const here = clamped(place, this.#size());
    // What is done at once could not be dropped for a second finger: it waits until the finger is lifted.
    const atOnce = editor.tool === "polygon" || editor.tool === "wand" || (editor.tool === "select" && !this.#handleAt(place));
    if (byPointer && this.byFinger && atOnce) return void (this.doing = { what: "tap", at: place });
    switch (editor.tool) {
      case "move":
        return;
      case "select":
        return this.#select(place, byPointer);
      case "box":
        if (byPointer) this.doing = { what: "box", from: here, to: here };
        else if (this.corner) [editor.add(boxOf(this.corner, here)), (this.corner = null)];
        else this.corner = here;
        return;
      case "polygon": {
        const first = editor.draft[0];
        const closes = first && editor.draft.length > 2 && Math.hypot(first.x - here.x, first.y - here.y) * this.#view.scale < 12;
        if (closes) editor.closePolygon();
        else editor.draft = [...editor.draft, here];
        return;
      }
      case "brush":
      case "eraser":
        return this.#startPaint(place, byPointer);
      case "wand":
        return void editor.wand(here);
    }
  }

  #select(place: At, byPointer: boolean): void {
    const editor = this.#editor;
    const shape = editor.mark?.shape;
    const handle = this.#handleAt(place);
    if (byPointer && handle && shape && editor.selected !== null) return void (this.doing = { what: "drag", at: editor.selected, handle, shape });
    editor.selected = markAt(editor.content.marks, place, this.#size());
  }

  #handleAt(place: At): Handle | undefined {
    const shape = this.#editor.mark?.shape;
    const reach = 14 / this.#view.scale;
    return shape && handlesOf(shape).find((one) => Math.hypot(one.x - place.x, one.y - place.y) < reach);
  }

  #startPaint(place: At, byPointer: boolean): void {
    const [editor, { width, height }] = [this.#editor, this.#size()];
    const shape = editor.mark?.shape;
    const known = shape?.kind === "mask" ? shape : null;
    const inside = editor.tool === "brush";
    if (!known && !inside) return void (editor.hint = "label.hint.noMask");
    if (!known && editor.meaning === null) return void (editor.hint = "label.hint.noClass");
    // Until the stroke ends, what is kept is what was there before it.
    const mask = known ? PixelMask.fromCounts(known.counts, width, height) : new PixelMask(width, height);
    mask.stroke(place, place, editor.brush, inside);
    this.doing = { what: "paint", at: known ? editor.selected : null, mask, last: place, inside };
    this.painted += 1;
    if (!byPointer) this.#finish();
  }

  #finish(): void {
    const [done, editor] = [this.doing, this.#editor];
    [this.doing, this.#pointer] = [null, null];
    if (done?.what === "box") editor.add(boxOf(done.from, done.to));
    else if (done?.what === "drag") editor.replace(done.at, done.shape);
    else if (done?.what === "paint") editor.painted(done.mask, done.at);
    else if (done?.what === "tap") this.#press(done.at, false);
  }
}
