/** Where the picture lies under two fingers. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Hand } from "./hand.svelte";
import { pairOf, Pinch } from "./pinch";
import type { At } from "./shapes";
import { Viewport } from "./viewport.svelte";

let view: Viewport;
let hand: { doing: object | null; byFinger: boolean; drop: () => void };
let pinch: Pinch;

beforeEach(() => {
  view = new Viewport();
  view.resize({ width: 640, height: 480 }, { width: 640, height: 480 });
  hand = { doing: null, byFinger: false, drop: vi.fn() };
  pinch = new Pinch(hand as unknown as Hand, view);
});

const event = (pointerId: number, pointerType = "touch") => ({ pointerId, pointerType, isPrimary: pointerId === 1 }) as PointerEvent;
const down = (finger: number, x: number, y: number) => pinch.down(event(finger), { x, y });
const move = (finger: number, x: number, y: number) => pinch.move(event(finger), { x, y });
const lies = (at: At, expected: At) => {
  expect(at.x).toBeCloseTo(expected.x, 6);
  expect(at.y).toBeCloseTo(expected.y, 6);
};

describe("two fingers", () => {
  it("are one point and a distance, which is never that of fingers that touch", () => {
    expect(pairOf({ x: 10, y: 20 }, { x: 40, y: 60 })).toEqual({ middle: { x: 25, y: 40 }, apart: 50 });
    expect(pairOf({ x: 10, y: 20 }, { x: 10, y: 20 }).apart).toBe(20);
  });

  it("magnify about the point between them", () => {
    down(1, 200, 200);
    down(2, 300, 200);
    move(1, 150, 200);
    move(2, 350, 200);
    expect(view.scale).toBeCloseTo(2, 6);
    lies(view.toPicture({ x: 250, y: 200 }), { x: 250, y: 200 });
  });

  it("keep under each of them what was there, however they move and spread", () => {
    view.zoom(2);
    const [first, second] = [view.toPicture({ x: 100, y: 100 }), view.toPicture({ x: 200, y: 150 })];
    down(1, 100, 100);
    down(2, 200, 150);
    for (let step = 1; step <= 10; step += 1) {
      move(1, 100 + 7 * step, 100 + 12 * step);
      move(2, 200 + 27 * step, 150 + 22 * step);
    }
    lies(view.toPicture({ x: 170, y: 220 }), first);
    lies(view.toPicture({ x: 470, y: 370 }), second);
  });

  it("move the picture along where they keep their distance", () => {
    down(1, 100, 100);
    down(2, 200, 100);
    move(1, 130, 80);
    move(2, 230, 80);
    expect(view.scale).toBeCloseTo(1, 6);
    expect([view.left, view.top].map(Math.round)).toEqual([30, -20]);
  });

  it("magnify no further than the wheel does, and go back at once", () => {
    down(1, 300, 200);
    down(2, 320, 200);
    for (const x of [600, 40_000]) move(2, x, 200);
    expect(view.scale).toBe(40);
    move(2, 20_150, 200);
    expect(view.scale).toBeCloseTo(20, 6);
  });

  it("hold the picture until both are up, whichever goes first", () => {
    expect([down(1, 100, 100), down(2, 200, 100)]).toEqual([false, true]);
    pinch.up(event(1));
    expect([move(2, 250, 100), view.left, down(3, 100, 100)]).toEqual([true, 0, true]);
    pinch.up(event(3));
    expect(pinch.down(event(9, "mouse"), { x: 1, y: 1 })).toBe(true);
    pinch.up(event(2));
    expect([move(2, 260, 100), down(1, 100, 100)]).toEqual([false, false]);
    expect(hand.drop).toHaveBeenCalled();
  });

  it("are none where one is a palm beside the pen", () => {
    hand.doing = {};
    expect([down(1, 100, 100), down(2, 200, 100)]).toEqual([false, false]);
    move(2, 300, 100);
    expect([view.scale, view.left]).toEqual([1, 0]);
    expect(hand.drop).not.toHaveBeenCalled();
  });

  it("are none where the first was lifted unseen", () => {
    down(1, 100, 100);
    expect(down(1, 300, 300)).toBe(false);
    pinch.down({ ...event(7), isPrimary: true } as PointerEvent, { x: 5, y: 5 });
    expect(pinch.move(event(1), { x: 1, y: 1 })).toBe(false);
    expect(hand.drop).not.toHaveBeenCalled();
  });
});
