/** Connecting, and what is told beside the line itself. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { countersUpTo, partOf } from "$lib/bridge/fake/parts";
import type { Host, LineEvent, LineView } from "$lib/bridge";
import { Shell } from "./shell.svelte";

const host = vi.hoisted(() => ({ lineState: vi.fn(), openAgain: vi.fn(), subscribe: vi.fn() }));
vi.mock("$lib/bridge", async (original) => ({ ...(await original<object>()), connect: async () => host as unknown as Host }));

const line = (newest: number): LineView =>
  ({ model: { id: "m" }, learning: null, counters: countersUpTo(newest), latest: newest > 0 ? [partOf(newest)] : [] }) as unknown as LineView;
const judged = (id: number): LineEvent => ({ type: "judged", part: partOf(id), counters: countersUpTo(id) });

describe("the shell", () => {
  let tell: (event: LineEvent) => void;
  let shell: Shell;
  beforeEach(() => {
    host.subscribe.mockImplementation(async (handler: typeof tell) => ((tell = handler), () => {}));
    host.lineState.mockResolvedValue(line(5));
    shell = new Shell();
  });

  it("loses no verdict that comes while the state is being read, and counts none twice", async () => {
    let answer: (line: LineView) => void = () => {};
    host.lineState.mockReturnValue(new Promise((done) => (answer = done)));
    const opening = shell.open();
    await vi.waitFor(() => expect(host.lineState).toHaveBeenCalled());
    tell(judged(5));
    tell(judged(6));
    answer(line(5));
    await opening;
    expect(shell.line?.latest.map(({ id }) => id)).toEqual([6, 5]);
    expect(shell.line?.counters.inspected).toBe(6);
  });

  it("says that a verdict could not be stored until one is", async () => {
    await shell.open();
    tell({ type: "storeFailed", detail: "disk full" });
    expect(shell.storeFailure).toBe("disk full");
    tell(judged(6));
    expect(shell.storeFailure).toBeNull();
  });

  it("opens Live when learning is done, and stays where it is when learning failed", async () => {
    await shell.open();
    shell.screen = "setup";
    tell({ type: "learned", line: line(5) });
    expect(shell.screen).toBe("live");
    tell({ type: "learningStopped", error: { code: "internal", detail: "x" } });
    expect([shell.screen, shell.learningFailed]).toEqual(["live", true]);
    tell({ type: "learningStopped", error: null });
    expect(shell.learningFailed).toBe(false);
  });

  it("keeps what the host refused", async () => {
    host.lineState.mockRejectedValue({ code: "databaseDamaged", detail: "line.db" });
    await shell.open();
    expect([shell.line, shell.error?.code]).toEqual([null, "databaseDamaged"]);
    expect(host.openAgain).not.toHaveBeenCalled();
  });

  it("asks the host to open the line again after it could not", async () => {
    host.lineState.mockRejectedValueOnce({ code: "lineInUse", detail: "line" });
    await shell.open();
    await shell.open();
    expect(host.openAgain).toHaveBeenCalledTimes(1);
    expect([shell.error, shell.line?.model?.id]).toEqual([null, "m"]);
  });
});
