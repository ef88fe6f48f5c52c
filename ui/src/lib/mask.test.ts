/** Masks of the window against the code that the host speaks, whose words pycocotools wrote. */
import { describe, expect, it } from "vitest";
import goldens from "../../../crates/core/goldens/label.json";
import { isInside, PixelMask } from "./mask";

describe("a mask", () => {
  it("is read and written as pycocotools does", () => {
    expect(goldens.masks.length).toBeGreaterThan(20);
    for (const { width, height, rows, counts } of goldens.masks) {
      const mask = PixelMask.fromCounts(counts, width, height);
      expect([...mask.data].join("")).toBe(rows);
      const folded = [...rows].map((_, i) => (isInside(counts, height, i % width, Math.floor(i / width)) ? "1" : "0"));
      if (rows.length < 1000) expect(folded.join("")).toBe(rows);
      // pycocotools leaves out a last run of no pixels; so does a mask that ends inside.
      expect(mask.toCounts()).toBe(counts);
    }
  });

  it("is painted with a round brush and rubbed out again", () => {
    const mask = new PixelMask(20, 10);
    expect(mask.isEmpty()).toBe(true);
    const touched = mask.stroke({ x: 3, y: 5 }, { x: 30, y: 5 }, 2, true);
    expect(touched).toEqual({ left: 1, top: 3, right: 20, bottom: 7 });
    expect([mask.contains(2.5, 5), mask.contains(19.5, 3.6), mask.contains(19.5, 2.5), mask.contains(0.5, 5)]).toEqual([true, true, false, false]);
    expect([mask.contains(-1, 5), mask.contains(20, 5)]).toEqual([false, false]);
    expect(PixelMask.fromCounts(mask.toCounts(), 20, 10).data).toEqual(mask.data);
    mask.stroke({ x: 0, y: 5 }, { x: 20, y: 5 }, 4, false);
    expect(mask.isEmpty()).toBe(true);
  });
});
