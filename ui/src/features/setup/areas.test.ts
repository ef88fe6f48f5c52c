/** Areas by corners: what is drawn, what is refused, and the way back. */
import { describe, expect, it } from "vitest";
import { AreaDrawing, contains, MOST_AREAS, type Areas, type Point, type Tool } from "./areas.svelte";

function drawing(tool: Tool, start: Areas = { region: null, ignore: [] }) {
  let areas = start;
  const made = new AreaDrawing(
    () => areas,
    (next) => (areas = next),
  );
  made.choose(tool);
  const place = (...points: Point[]) =>
    points.forEach((point) => {
      made.point(point);
      made.place();
    });
  return { made, place, areas: () => areas };
}

const TRIANGLE: Point[] = [
  [0.1, 0.1],
  [0.5, 0.1],
  [0.3, 0.6],
];

describe("areas", () => {
  it("are a rectangle by two corners in any order", () => {
    const { place, areas } = drawing("region");
    place([0.8, 0.2], [0.1, 0.9]);
    expect(areas().region).toEqual({ left: 0.1, top: 0.2, right: 0.8, bottom: 0.9 });
    const ignored = drawing("rectangle");
    ignored.place([0.5, 0.5], [0.25, 0.75]);
    expect(ignored.areas()).toEqual({
      region: null,
      ignore: [
        [
          [0.25, 0.5],
          [0.5, 0.5],
          [0.5, 0.75],
          [0.25, 0.75],
        ],
      ],
    });
  });

  it("are an outline that ends at its first corner, or when it is closed", () => {
    const first = drawing("outline");
    first.place(...TRIANGLE, [0.11, 0.1]);
    expect(first.areas().ignore).toEqual([TRIANGLE]);
    const closed = drawing("outline");
    closed.place(...TRIANGLE.slice(0, 2));
    closed.made.close();
    expect(closed.areas().ignore).toEqual([]);
    closed.place([0.3, 0.6]);
    closed.made.close();
    expect(closed.areas().ignore).toEqual([TRIANGLE]);
    expect(closed.made.corners).toEqual([]);
  });

  it("stay on the picture and are no slip of the hand", () => {
    const { made, place, areas } = drawing("region");
    place([-0.3, 0.2], [0.005, 0.9]);
    expect(areas().region).toBeNull();
    place([1.7, 0.9]);
    expect(areas().region).toEqual({ left: 0, top: 0.2, right: 1, bottom: 0.9 });
    made.wholePicture();
    expect(areas().region).toBeNull();
  });

  it("can be taken back corner by corner and change by change", () => {
    const { made, place, areas } = drawing("rectangle");
    expect(made.canUndo).toBe(false);
    place([0.1, 0.1], [0.3, 0.3]);
    const one = areas();
    made.choose("outline");
    place(...TRIANGLE, [0.1, 0.1]);
    expect(areas().ignore).toHaveLength(2);
    place([0.9, 0.9], [0.7, 0.9]);
    made.undo();
    expect(made.corners).toEqual([[0.9, 0.9]]);
    made.undo();
    made.undo();
    expect(areas()).toEqual(one);
    made.undo();
    expect([areas().ignore, made.canUndo]).toEqual([[], false]);
    made.undo();
  });

  it("are removed where the cursor is, the last drawn first", () => {
    const square: Point[] = [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
    ];
    const { made, areas } = drawing("rectangle", { region: null, ignore: [square, TRIANGLE] });
    made.point([0.9, 0.9]);
    made.removeHere();
    expect(areas().ignore).toEqual([TRIANGLE]);
    made.removeHere();
    expect(areas().ignore).toEqual([TRIANGLE]);
    made.undo();
    made.point([0.3, 0.3]);
    made.removeHere();
    expect(areas().ignore).toEqual([square]);
  });

  it("are not more than the line takes", () => {
    const { made, place, areas } = drawing("outline", { region: null, ignore: Array.from({ length: MOST_AREAS }, () => TRIANGLE) });
    expect(made.full).toBe(true);
    place(...TRIANGLE, [0.1, 0.1]);
    expect([made.corners, areas().ignore.length]).toEqual([[], MOST_AREAS]);
  });

  it("are reached by keys in steps that come back", () => {
    const { made } = drawing("region");
    for (let step = 0; step < 7; step += 1) made.move(1, -5);
    for (let step = 0; step < 7; step += 1) made.move(-1, 5);
    expect(made.cursor).toEqual([0.5, 0.5]);
    made.move(500, -500);
    expect(made.cursor).toEqual([1, 0]);
  });

  it("enclose what the line takes for enclosed", () => {
    const tie: Point[] = [
      [0, 0],
      [1, 1],
      [1, 0],
      [0, 1],
    ];
    expect([contains(tie, [0.1, 0.5]), contains(tie, [0.5, 0.1]), contains([], [0.5, 0.5])]).toEqual([true, false, false]);
  });
});
