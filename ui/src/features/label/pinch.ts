/**
 * Two fingers on the picture: it is magnified about the point between them and moves along with it. Beside them nothing is
 * drawn; what the first finger had begun before the second came is dropped.
 */
import type { Hand } from "./hand.svelte";
import type { At } from "./shapes";
import type { Viewport } from "./viewport.svelte";

/** Fingers that touch each other are told apart badly: a pixel more or less must not magnify much. */
const NEAREST = 20;

/** Two fingers as one: the point between them and how far apart they are, in pixels of the window. */
export function pairOf(a: At, b: At): { middle: At; apart: number } {
  return { middle: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }, apart: Math.max(NEAREST, Math.hypot(a.x - b.x, a.y - b.y)) };
}

export class Pinch {
  #hand: Hand;
  #view: Viewport;
  /** Where the fingers are, in the order in which they came down; the first two count. */
  #fingers = new Map<number, At>();
  /** Two were down, and not all are up again. */
  #holds = false;

  constructor(hand: Hand, view: Viewport) {
    [this.#hand, this.#view] = [hand, view];
  }

  /** Whether fingers hold the picture: then the pointer is not the hand's. */
  down(event: PointerEvent, inWindow: At): boolean {
    if (event.pointerType !== "touch") return this.#holds;
    // It is the only one on the screen: one that was lifted unseen must not count.
    if (event.isPrimary) [this.#holds, this.#fingers] = [false, new Map()];
    // Beside a pen or a mouse that draws it is a palm.
    if (!this.#hand.doing || this.#hand.byFinger) this.#fingers.set(event.pointerId, inWindow);
    if (this.#fingers.size > 1) {
      this.#holds = true;
      this.#hand.drop();
    }
    return this.#holds;
  }

  /** Whether fingers hold the picture. */
  move(event: PointerEvent, inWindow: At): boolean {
    if (!this.#fingers.has(event.pointerId)) return this.#holds;
    const before = this.#pair();
    this.#fingers.set(event.pointerId, inWindow);
    const now = this.#pair();
    if (before && now) {
      this.#view.magnify(now.apart / before.apart, before.middle);
      this.#view.pan(now.middle.x - before.middle.x, now.middle.y - before.middle.y);
    }
    return this.#holds;
  }

  up(event: PointerEvent): void {
    this.#fingers.delete(event.pointerId);
    if (this.#fingers.size === 0) this.#holds = false;
  }

  #pair(): ReturnType<typeof pairOf> | null {
    const [first, second] = this.#fingers.values();
    return first && second ? pairOf(first, second) : null;
  }
}
