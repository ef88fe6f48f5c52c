/** Handles, hits, and the picture under the pointer. */
import { describe, expect, it } from "vitest";
import { boxOf, dragged, handlesOf, isArea, markAt } from "./shapes";
import { Viewport } from "./viewport.svelte";

const box = boxOf({ x: 30, y: 5 }, { x: 10, y: 25 });
const ring = { kind: "polygon", rings: [[0, 0, 10, 0, 10, 10], [50, 50, 60, 50, 60, 60]] } as const;
const polygon = { kind: ring.kind, rings: ring.rings.map((flat) => [...flat]) } as const;

describe("shapes", () => {
  it("turn round when a corner is dragged over another", () => {
    expect(box).toEqual({ kind: "box", left: 10, top: 5, right: 30, bottom: 25 });
    const [, , bottomRight] = handlesOf(box);
    if (!bottomRight) throw new Error("a box has four corners");
    expect(dragged(box, bottomRight, { x: 4, y: 2 })).toEqual({ kind: "box", left: 4, top: 2, right: 10, bottom: 5 });
    const last = handlesOf(polygon).at(-1);
    if (!last) throw new Error("a polygon has corners");
    expect(dragged(polygon, last, { x: 1, y: 2 })).toEqual({ kind: "polygon", rings: [polygon.rings[0], [50, 50, 60, 50, 1, 2]] });
  });

  it("are hit where they lie, the topmost first", () => {
    const marks = [{ class: 1, shape: box }, { class: 2, shape: polygon }];
    const hit = (x: number, y: number) => markAt(marks, { x, y }, { width: 640, height: 480 });
    expect([hit(11, 6), hit(9, 6), hit(30, 6), hit(9, 3), hit(3, 9), hit(58, 52)]).toEqual([0, 1, null, 1, null, 1]);
    expect([isArea(boxOf({ x: 1, y: 2 }, { x: 9, y: 2 })), isArea({ kind: "polygon", rings: [[1, 2, 3, 4]] })]).toEqual([false, false]);
  });
});

describe("the picture in its window", () => {
  it("fits, and is magnified about the point that is looked at", () => {
    const view = new Viewport();
    view.resize({ width: 400, height: 300 }, { width: 800, height: 300 });
    expect([view.scale, view.left, view.top]).toEqual([0.5, 0, 75]);
    const about = { x: 100, y: 150 };
    const held = view.toPicture(about);
    view.zoom(3, about);
    expect(view.toPicture(about).x).toBeCloseTo(held.x, 9);
    view.resize({ width: 500, height: 300 }, { width: 800, height: 300 });
    expect(view.scale).toBeCloseTo(0.5 * 1.25 ** 3, 9);
    for (let i = 0; i < 60; i += 1) view.zoom(1);
    expect(view.scale).toBe(40);
    view.fit();
    view.resize({ width: 800, height: 600 }, { width: 800, height: 300 });
    expect(view.scale).toBe(1);
  });

  it("follows a point no further than it must, and stays while all of it is in sight", () => {
    const view = new Viewport();
    view.resize({ width: 400, height: 300 }, { width: 800, height: 600 });
    view.show({ x: 800, y: 600 });
    expect([view.left, view.top]).toEqual([0, 0]);
    view.zoom(Math.log(4) / Math.log(1.25), { x: 0, y: 0 });
    const shown = (x: number, y: number) => {
      view.show({ x, y });
      return [view.left, view.top].map(Math.round);
    };
    expect(view.scale).toBeCloseTo(2, 9);
    expect([shown(170, 50), shown(200, 50), shown(190, 50), shown(0, 0)]).toEqual([[0, 0], [-40, 0], [-40, 0], [40, 40]]);
    expect([view.seen({ x: 10, y: 10 })?.x, view.seen({ x: 190, y: 10 })]).toEqual([60, undefined]);
    view.resize({ width: 60, height: 300 }, { width: 800, height: 600 });
    expect(shown(100, 50)[0], "a window too small for both edges").toBe(30 - 200);
  });
});
