/** How fine a picture the stage asks for. */
import { flushSync, mount, unmount } from "svelte";
import { afterEach, expect, it, vi } from "vitest";
import type { Host } from "$lib/bridge";
import { partOf } from "$lib/bridge/fake/parts";
import { sideFor } from "$lib/side";
import Stage from "./Stage.svelte";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** The longer side that is asked for, of a part of this size in a stage of that size. */
function asked(part: [number, number], stage: [number, number], ratio = 1): number | undefined {
  vi.stubGlobal("devicePixelRatio", ratio);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(stage[0]);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(stage[1]);
  const pictureUrl = vi.fn<Host["pictureUrl"]>(() => "picture.jpg");
  const host = { pictureUrl } as unknown as Host;
  const shown = mount(Stage, { target: document.body, props: { host, part: { ...partOf(1266), hasHeat: false, width: part[0], height: part[1] }, heatShown: true } });
  flushSync();
  void unmount(shown);
  return pictureUrl.mock.lastCall?.[1];
}

it.each([
  { part: [1000, 4000], stage: [500, 1600], ratio: 1, side: 1600 },
  { part: [1000, 4000], stage: [200, 1600], ratio: 1, side: 800 },
  { part: [1000, 4000], stage: [500, 1600], ratio: 2, side: 3200 },
  { part: [4000, 1000], stage: [800, 600], ratio: 1.5, side: 1280 },
  { part: [4000, 4000], stage: [800, 480], ratio: 1, side: 480 },
] satisfies { part: [number, number]; stage: [number, number]; ratio: number; side: number }[])("a part of $part in a stage of $stage is asked for by its longer side", ({ part, stage, ratio, side }) => {
  expect(asked(part, stage, ratio)).toBe(side);
});

it("no finer picture is asked for than there is, nor one that the host would not make", () => {
  expect([sideFor({ width: 640, height: 480 }, 8), sideFor({ width: 9000, height: 100 }, 1), sideFor({ width: 640, height: 480 }, 0)]).toEqual([640, 4096, 160]);
});

it("of each pixel of the window there is one at least of the picture, both ways", () => {
  for (const [width, height, scale] of [[1237, 3989, 0.31], [3989, 1237, 0.07], [811, 809, 0.93]] as const) {
    const side = sideFor({ width, height }, scale);
    const made = side / Math.max(width, height);
    expect(Math.min(made, 1)).toBeGreaterThanOrEqual(scale);
  }
});
