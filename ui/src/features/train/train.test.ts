/** When a person may retrain, and what each end of a run leaves on the screen. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { flushSync } from "svelte";
import { fakeHost } from "$lib/bridge/fake";
import { learningAt } from "$lib/bridge/fake/learning";
import type { Host, LineEvent, MissingKind } from "$lib/bridge";
import { ModelDesk } from "../models/desk.svelte";
import { Shell } from "../shell/shell.svelte";
import { Train } from "./train.svelte";

let host: Host;
let tell: (event: LineEvent) => void;
let shell: Shell;
let desk: ModelDesk;
let train: Train;
vi.mock("$lib/bridge", async (original) => ({ ...(await original<object>()), connect: async () => host }));

async function opened(query: string) {
  host = fakeHost(new URLSearchParams(`fake=live&still&${query}`));
  const subscribe = host.subscribe;
  host.subscribe = (handler) => ((tell = handler), subscribe(handler));
  shell = new Shell();
  await shell.open();
  desk = new ModelDesk(shell);
  train = new Train(shell, desk);
  await Promise.all([train.open(), desk.open()]);
}

const step = (tick: number) => tell({ type: "learning", progress: learningAt(tick, true) });

describe("retraining", () => {
  beforeEach(() => opened("train=ready"));

  it.each([
    [["model", "defects"], "train.why.model"],
    [["good", "defects"], "train.why.good"],
    [["defects", "test"], "train.why.defects"],
    [["test"], null],
    [[], null],
  ] as [MissingKind[], string | null][])("while %j is missing", (kinds, why) => {
    if (train.training) train.training = { ...train.training, missing: kinds.map((kind) => ({ kind, count: 1 })) };
    expect(train.why).toBe(why);
  });

  it("is told apart from learning, and its stages are its own", async () => {
    await train.start();
    expect([shell.retraining, train.starting, train.why]).toEqual([true, false, "error.busy"]);
    expect(train.run.stages).toEqual(["read", "fineTune", "calibrate", "save"]);
    step(2);
    expect(train.run.glances).toBeNull();
    step(20);
    expect(train.run.losses).toHaveLength(1);
    const glances = train.run.glances;
    step(40);
    expect(train.run.glances).toMatch(/^data:image/);
    expect(train.run.glances).not.toBe(glances);
    tell({ type: "learning", progress: learningAt(30) });
    expect(train.run.stages).toContain("pretrain");
  });

  it("that is cancelled changes nothing, and learning did not fail", async () => {
    await train.start();
    await train.cancel();
    expect([train.ended, train.failed, shell.retraining, shell.learningFailed]).toEqual(["cancelled", null, false, false]);
  });

  it("that fails says why here and in the bar, not in Set-up", async () => {
    await train.start();
    tell({ type: "learningStopped", error: { code: "internal", detail: "x" } });
    expect([train.failed?.code, train.ended, shell.retrainingFailed, shell.learningFailed]).toEqual(["internal", null, true, false]);
  });

  it("or learning that stopped may leave a model that known parts keep from judging: it is listed", () => {
    const read = vi.spyOn(host, "models");
    tell({ type: "learningStopped", error: { code: "knownPartsWrong", detail: "a.png is bad and came out as pass" } });
    expect(read).toHaveBeenCalledTimes(1);
  });

  it("that cannot begin says why and may be tried again", async () => {
    host.startRetraining = () => Promise.reject({ code: "busy", detail: "" });
    await train.start();
    expect([train.failed?.code, train.why, shell.retraining]).toEqual(["busy", null, false]);
  });

  it.each([
    [{ promoted: true, nothingNew: false, before: false }, "promoted"],
    [{ promoted: false, nothingNew: false, before: false }, "refused"],
    [{ promoted: false, nothingNew: false, before: true }, "triedBefore"],
    [{ promoted: false, nothingNew: true, before: false }, "nothingNew"],
  ] as const)("ends %j", async (done, ended) => {
    await train.start();
    const read = vi.spyOn(host, "training");
    tell({ type: "retrainDone", trial: null, ...done });
    expect([train.ended, shell.line?.learning, shell.retraining]).toEqual([ended, null, false]);
    expect(read).toHaveBeenCalledTimes(1);
  });

  it("promoted a model, which is told for as long as that model judges", async () => {
    await opened("train=passed");
    tell({ type: "retrainDone", promoted: true, nothingNew: false, before: false, trial: train.training?.lastTrial ?? null });
    await vi.waitFor(() => expect(train.endShown).toBe("promoted"));
    await desk.rollBack();
    expect([train.challenger?.live, train.endShown]).toEqual([false, null]);
  });

  it("passed while another model was let judge", async () => {
    await opened("train=passed");
    tell({ type: "retrainDone", promoted: false, nothingNew: false, before: false, trial: train.training?.lastTrial ?? null });
    await vi.waitFor(() => expect(train.challenger?.live).toBe(true));
    expect([train.ended, train.endShown], "it judges after all").toEqual(["passed", null]);
    await desk.rollBack();
    expect(train.endShown).toBe("passed");
  });

  it("found nothing new, which is told until there are other labels", async () => {
    await opened("train=nothing");
    tell({ type: "retrainDone", promoted: false, nothingNew: true, before: false, trial: null });
    await train.open();
    expect([train.training?.newLabels, train.endShown], "labels for the trial are new and not learned from").toEqual([14, "nothingNew"]);
    const training = await host.training();
    host.training = async () => ({ ...training, newLabels: 15 });
    await train.open();
    expect(train.endShown).toBeNull();
  });

  it("known from its stage when the window opens in the middle of it", () => {
    step(20);
    flushSync();
    expect(shell.retraining).toBe(true);
  });
});

describe("label saving", () => {
  it("is measured behind everything else until it is there", async () => {
    vi.useFakeTimers();
    await opened("train=ready");
    const { saving } = train;
    await saving.open();
    expect([saving.why, saving.view?.last]).toEqual([null, null]);
    await saving.start();
    expect(saving.view?.measuring).toBeGreaterThan(0);
    await vi.advanceTimersByTimeAsync(5000);
    expect([saving.view?.measuring, saving.view?.last?.needed]).toEqual([null, 13]);
    const ask = vi.spyOn(host, "labelSaving");
    await vi.advanceTimersByTimeAsync(5000);
    expect(ask, "nothing is asked any more").not.toHaveBeenCalled();
    vi.useRealTimers();
  });

  it("that is cancelled leaves what was measured", async () => {
    await opened("train=ready&saving=outdated");
    await train.saving.start();
    await train.saving.cancel();
    expect([train.saving.view?.measuring, train.saving.view?.last?.outdated]).toEqual([null, true]);
  });

  it("does not begin while something learns or with too few labels", async () => {
    await opened("train=few");
    await train.saving.open();
    expect(train.saving.why).toBe("saving.why.tooFew");
    await opened("train=ready");
    await train.saving.open();
    step(20);
    expect(train.saving.why).toBe("saving.why.learning");
  });

  it("says why it could not begin", async () => {
    await opened("train=ready");
    host.startMeasuring = () => Promise.reject({ code: "busy", detail: "" });
    await train.saving.start();
    expect([train.saving.error?.code, train.saving.acting]).toEqual(["busy", false]);
  });
});

describe("the desk", () => {
  it("promotes nothing that was refused, by key or button", async () => {
    await opened("train=refused");
    const [newest] = desk.models ?? [];
    const promote = vi.spyOn(host, "promoteModel");
    await desk.promote(newest?.id ?? "");
    expect(promote).not.toHaveBeenCalled();
    await desk.toggleShadow(newest?.id ?? "");
    expect([desk.shadow?.model, desk.models?.[0]?.shadow]).toEqual([newest?.id, true]);
    await desk.toggleShadow(newest?.id ?? "");
    expect(desk.shadow).toBeNull();
  });

  it("goes back, and Live names the model that judges", async () => {
    await opened("train=passed");
    const before = shell.line?.model?.id;
    await desk.rollBack();
    expect(desk.models?.find(({ live }) => live)?.id).toBe(shell.line?.model?.id);
    expect(shell.line?.model?.id).not.toBe(before);
  });

  it("tells what was refused until something else is done", async () => {
    await opened("train=passed");
    host.rollBack = () => Promise.reject({ code: "modelDamaged", detail: "x.slm" });
    await desk.rollBack();
    expect([desk.refused?.code, desk.acting]).toEqual(["modelDamaged", false]);
    await desk.export(desk.chosen?.id ?? "", "bundle");
    expect([desk.refused, desk.done?.what]).toEqual([null, "written"]);
    await desk.import();
    expect(desk.chosen?.id).toBe(desk.done?.name);
  });
});
