/** The film strip under a running line, and when the heat map is shown. */
import { flushSync } from "svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { partOf } from "$lib/bridge/fake/parts";
import type { LineView, PartView } from "$lib/bridge";
import type { Shell } from "../shell/shell.svelte";
import { Live } from "./live.svelte";
import { fakeShell } from "./testing.svelte";

const parts = (newest: number, count: number): PartView[] => Array.from({ length: count }, (_, i) => partOf(newest - i));

describe("the film strip", () => {
  let shell: ReturnType<typeof fakeShell>;
  let live: Live;
  beforeEach(() => {
    shell = fakeShell({ latest: parts(100, 60) } as LineView);
    live = new Live(shell as unknown as Shell);
  });
  const judged = (id: number) => {
    shell.line = { ...shell.line, latest: [partOf(id), ...shell.line.latest].slice(0, 60) };
    flushSync();
  };

  it("follows the newest part", () => {
    expect(live.part?.id).toBe(100);
    judged(101);
    expect(live.part?.id).toBe(101);
    expect(live.isPinned).toBe(false);
  });

  it("stands still while an earlier part is looked at, and says how many wait", () => {
    live.pin(98);
    judged(101);
    judged(102);
    expect([live.part?.id, live.film[0]?.id, live.waiting]).toEqual([98, 100, 2]);
    live.backToNewest();
    expect([live.part?.id, live.waiting]).toEqual([102, 0]);
  });

  it("walks older and newer, and past its head back to the newest", () => {
    live.move(2);
    expect(live.part?.id).toBe(98);
    live.move(-1);
    expect(live.part?.id).toBe(99);
    live.move(-2);
    expect([live.part?.id, live.isPinned]).toEqual([100, false]);
  });

  it("fetches older parts at its end", async () => {
    shell.host.recentParts.mockResolvedValue(parts(40, 40));
    live.pin(41);
    await vi.waitFor(() => expect(live.film).toHaveLength(100));
    expect(shell.host.recentParts).toHaveBeenCalledWith(41, 60);
    live.move(1);
    expect(live.part?.id).toBe(40);
  });

  it("keeps what it shows when older parts cannot be read", async () => {
    shell.host.recentParts.mockRejectedValue({ code: "internal", detail: "disk" });
    live.pin(41);
    await Promise.resolve();
    expect([live.part?.id, live.film.length]).toEqual([41, 60]);
  });
});

describe("the heat map", () => {
  const shown = (id: number) => new Live(fakeShell({ latest: [partOf(id)] } as LineView) as unknown as Shell);

  it("is hidden while Space is held", () => {
    const live = shown(100);
    expect(live.heatShown).toBe(true);
    live.bareHeld = true;
    expect(live.heatShown).toBe(false);
  });

  it("is not shown for a part without one", () => expect(shown(23).heatShown).toBe(false));
});
