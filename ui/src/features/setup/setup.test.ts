/** When learning may start, and what a run leaves on the screen. */
import { describe, expect, it, vi } from "vitest";
import type { FolderView, LineEvent, LineView, RecipeView, SetupRequest } from "$lib/bridge";
import type { Shell } from "../shell/shell.svelte";
import { whyNot, type Look } from "./ready";
import { Setup } from "./setup.svelte";

const form = { name: "Ring", goodFolder: "/good", watchFolder: "/watch", falseRejectLimit: 0.01, mayTurn: true, mayFlip: false, allWays: false, grain: true };
const arrivals = { pattern: "{part}_{view}", subfolders: "**" };
const triangle: [number, number][] = [
  [0, 0],
  [0.2, 0],
  [0, 0.2],
];
// As single precision leaves them.
const recipe: RecipeView = {
  region: { left: 0.1, top: 0, right: 0.9, bottom: 1 },
  ignore: [triangle],
  align: true,
  shift: 0.029999999329447746,
  brightness: 0.10000000149011612,
  contrast: 0.20000000298023224,
  gradient: 0,
};
const folder = (pictures: number): FolderView => ({
  folder: "/good",
  pictures,
  unreadable: 0,
  width: 640,
  height: 480,
  samples: 4,
  minimum: 20,
  neededForPromise: 598,
});
const seen = (pictures: number): Look => ({ state: "seen", folder: folder(pictures), number: 1 });

describe("learning may start", () => {
  it.each([
    [form, seen(600), false, null],
    [form, seen(20), false, null],
    [form, seen(19), false, "setup.why.few"],
    [form, { state: "looking" }, false, "setup.why.looking"],
    [form, { state: "failed", error: { code: "folderMissing", detail: "" } }, false, "setup.why.folder"],
    [{ ...form, name: "  " }, seen(600), false, "setup.why.name"],
    [{ ...form, goodFolder: "" }, { state: "none" }, false, "setup.why.good"],
    [{ ...form, watchFolder: "" }, seen(600), false, "setup.why.watch"],
    [{ ...form, watchFolder: "/good/" }, seen(600), false, "setup.why.same"],
    [form, seen(600), true, "setup.why.starting"],
  ] as [typeof form, Look, boolean, string | null][])("case %#", (entered, look, starting, expected) =>
    expect(whyNot(entered, look, starting, true, true)).toBe(expected),
  );

  it("not while a number is out of range", () => expect(whyNot(form, seen(600), false, false, true)).toBe("setup.why.normal"));
  it("not while a pattern is wrong", () => expect(whyNot(form, seen(600), false, true, false)).toBe("setup.why.names"));
});

function opened(lookAtFolder = vi.fn(async () => folder(600))) {
  let tell: (event: LineEvent) => void = () => {};
  const host = {
    lookAtFolder,
    startLearning: vi.fn(async (_setup: SetupRequest) => {}),
    cancelLearning: vi.fn(async () => {}),
    chooseFolder: vi.fn(async () => "/chosen"),
  };
  const line = { name: "Ring", goodFolder: " /good ", watchFolder: "/watch", model: null, learning: null, mayTurn: true, mayFlip: false, allWays: false, grain: true, arrivals, recipe } as unknown as LineView;
  const shell = { host, line, onEvent: (listener: typeof tell) => ((tell = listener), () => {}) };
  return { setup: new Setup(shell as unknown as Shell), host, tell: (event: LineEvent) => tell(event) };
}

describe("the set-up", () => {
  it("starts from what the line knows and sends it trimmed", async () => {
    const { setup, host } = opened();
    await vi.waitFor(() => expect(setup.why).toBeNull());
    await setup.learn();
    expect(host.startLearning).toHaveBeenCalledWith({ ...form, arrivals, recipe: { ...recipe, shift: 0.03, brightness: 0.1, contrast: 0.2 } });
  });

  it("sends what was drawn and entered, and nothing that the line refuses", async () => {
    const { setup, host } = opened();
    await vi.waitFor(() => expect(setup.why).toBeNull());
    setup.areas = { region: null, ignore: [] };
    for (const refused of [null, undefined, -1, 26, NaN]) {
      setup.percents.shift = refused;
      expect([setup.fractionOf("shift"), setup.why]).toEqual([null, "setup.why.normal"]);
      await setup.learn();
    }
    expect(host.startLearning).not.toHaveBeenCalled();
    setup.percents.shift = 25;
    await setup.learn();
    expect(host.startLearning.mock.calls[0]?.[0].recipe).toMatchObject({ region: null, ignore: [], shift: 0.25 });
  });

  it("asks for all ways only where parts may lie several", async () => {
    const { setup, host } = opened();
    await vi.waitFor(() => expect(setup.why).toBeNull());
    setup.form.allWays = true;
    await setup.learn();
    setup.starting = false;
    [setup.form.mayTurn, setup.form.mayFlip] = [false, false];
    await setup.learn();
    expect(host.startLearning.mock.calls.map(([sent]) => sent.allWays)).toEqual([true, false]);
  });

  it("forgets an answer that a later question overtook", async () => {
    const answers: ((view: FolderView) => void)[] = [];
    const { setup } = opened(vi.fn(() => new Promise<FolderView>((answer) => answers.push(answer))));
    await vi.waitFor(() => expect(answers).toHaveLength(1));
    setup.lookAgain(0);
    await vi.waitFor(() => expect(answers).toHaveLength(2));
    answers[1]?.(folder(600));
    answers[0]?.(folder(1));
    await new Promise((settled) => setTimeout(settled));
    expect(setup.look).toMatchObject({ state: "seen", folder: { pictures: 600 } });
  });

  it("tells why learning could not start", async () => {
    const { setup, host } = opened();
    await vi.waitFor(() => expect(setup.why).toBeNull());
    host.startLearning.mockRejectedValue({ code: "folderNotWritable", detail: "/watch" });
    await setup.learn();
    expect(setup.error).toEqual({ code: "folderNotWritable", detail: "/watch" });
    expect(setup.starting).toBe(false);
  });

  it("keeps the loss curve of one run, bounded", () => {
    const { setup, tell } = opened();
    const report = (loss: number | null, stage: "read" | "pretrain" = "pretrain") =>
      tell({ type: "learning", progress: { stage, done: 1, total: 9, secondsLeft: null, loss, health: null, looks: 0, warnings: [] } });
    for (let step = 1000; step > 0; step -= 1) report(step);
    expect(setup.run.losses.length).toBeLessThanOrEqual(240);
    expect([setup.run.losses[0], setup.run.losses.at(-1)]).toEqual([1000, 1]);
    report(null, "read");
    expect(setup.run.losses).toEqual([]);
  });

  it("tells a cancelled run from a failed one", () => {
    const { setup, tell } = opened();
    tell({ type: "learningStopped", error: null });
    expect([setup.cancelled, setup.error]).toEqual([true, null]);
    tell({ type: "learningStopped", error: { code: "internal", detail: "x" } });
    expect([setup.cancelled, setup.error?.code]).toEqual([false, "internal"]);
  });
});
