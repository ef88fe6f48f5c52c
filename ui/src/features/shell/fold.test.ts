/** Each event against the line it changes. */
import { describe, expect, it } from "vitest";
import { countersUpTo, partOf } from "$lib/bridge/fake/parts";
import type { LearningView, LineEvent, LineView } from "$lib/bridge";
import { foldEvent, LATEST } from "./fold";

const learning: LearningView = { stage: "bank", done: 1, total: 4, secondsLeft: 3, loss: null, health: null, looks: 0, warnings: [] };
const line = (newest: number): LineView => ({
  name: "Ring",
  goodFolder: "/good",
  watchFolder: "/watch",
  mayTurn: false,
  mayFlip: false,
  allWays: false,
  grain: false,
  arrivals: { pattern: null, subfolders: null },
  recipe: { region: null, ignore: [], align: false, shift: 0, brightness: 0.1, contrast: 0.2, gradient: 0 },
  device: "CPU",
  source: { kind: "watching" },
  model: null,
  drift: null,
  counters: countersUpTo(newest),
  learning: null,
  latest: Array.from({ length: Math.min(LATEST, newest) }, (_, i) => partOf(newest - i)),
  trouble: null,
  alarms: [],
  check: null,
  canCheck: false,
});
const judged = (id: number): LineEvent => ({ type: "judged", part: partOf(id), counters: countersUpTo(id) });

describe("a verdict", () => {
  it("becomes the newest part and brings its counters", () => {
    const next = foldEvent(line(5), judged(6));
    expect(next.latest.map(({ id }) => id)).toEqual([6, 5, 4, 3, 2, 1]);
    expect(next.counters.inspected).toBe(6);
  });

  it("pushes the oldest part out", () => {
    const next = foldEvent(line(LATEST), judged(LATEST + 1));
    expect(next.latest).toHaveLength(LATEST);
    expect(next.latest.at(-1)?.id).toBe(2);
  });

  it("that the state holds already changes nothing", () => {
    const before = line(5);
    expect(foldEvent(before, judged(5))).toBe(before);
    expect(foldEvent(before, judged(3))).toBe(before);
  });
});

describe("learning", () => {
  it("is shown while it runs and gone when it ends", () => {
    const running = foldEvent(line(1), { type: "learning", progress: learning });
    expect(running.learning).toEqual(learning);
    expect(foldEvent(running, { type: "learningStopped", error: null }).learning).toBeNull();
    expect(foldEvent(running, { type: "learned", line: running }).learning).toBeNull();
  });
});

it("a drift is told until a model is learned", () => {
  const drifted = foldEvent(line(1), { type: "drift", drift: { since: "2026-11-24T10:42:03.000+08:00" } });
  expect(drifted.drift?.since).toContain("10:42");
  expect(foldEvent(drifted, judged(2)).drift).toBe(drifted.drift);
  expect(foldEvent(drifted, { type: "learned", line: line(1) }).drift).toBeNull();
});

it("alarms are all that goes wrong now, and the device is the one that judges now", () => {
  const alarm = { cause: "deviceLost" as const, detail: "gpu:0: lost", since: "2026-11-24T10:42:03.000+08:00" };
  const raised = foldEvent(line(1), { type: "alarms", alarms: [alarm] });
  expect(raised.alarms).toEqual([alarm]);
  expect(foldEvent(raised, { type: "device", device: "cpu · test" }).device).toBe("cpu · test");
  expect(foldEvent(raised, { type: "alarms", alarms: [] }).alarms).toEqual([]);
});

it("a lost folder is told with what the system said", () => {
  const next = foldEvent(line(1), { type: "source", source: { kind: "lost", detail: "gone" } });
  expect(next.source).toEqual({ kind: "lost", detail: "gone" });
});
