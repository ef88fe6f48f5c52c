/** What the patterns are, when the line is asked about them, and how an answer is shown. */
import { describe, expect, it, vi } from "vitest";
import type { ArrivalsLook, ArrivalsView, LineView } from "$lib/bridge";
import type { Shell } from "../shell/shell.svelte";
import { marked, Names } from "./names.svelte";

const seen = (pictures: number): ArrivalsLook => ({ kind: "seen", seen: { pictures, folders: 1, unfit: 0, named: [] } });

function opened(arrivals: ArrivalsView, folder = " /camera ") {
  const lookAtFiles = vi.fn(async (_folder: string, _arrivals: ArrivalsView) => seen(3));
  const shell = {
    host: { lookAtFiles },
    line: { arrivals } as LineView,
    setArrivals: vi.fn(async (entered: ArrivalsView) => {
      shell.line = { arrivals: entered } as LineView;
    }),
  };
  const names = new Names(shell as unknown as Shell, () => folder);
  return { names, lookAtFiles, shell };
}

describe("what the line is told", () => {
  it.each([
    [null, "none", ""],
    ["**", "all", ""],
    ["2026-*/camera 1", "some", "2026-*/camera 1"],
  ] as const)("of folders %s", (subfolders, below, some) => {
    const { names } = opened({ pattern: "{part}", subfolders });
    expect([names.below, names.some, names.changed]).toEqual([below, some, false]);
    expect(names.arrivals).toEqual({ pattern: "{part}", subfolders });
  });

  it("holds no empty text", () => {
    const { names } = opened({ pattern: "{part}", subfolders: "a" });
    [names.pattern, names.some] = [" ", " "];
    expect(names.arrivals).toEqual({ pattern: null, subfolders: null });
    expect(names.changed).toBe(true);
  });
});

describe("patterns are tried", () => {
  it("once somebody looks, on the watched folder as it is entered", async () => {
    const { names, lookAtFiles } = opened({ pattern: "{part}", subfolders: null });
    names.tryAgain(0);
    await new Promise((settled) => setTimeout(settled, 5));
    expect(lookAtFiles).not.toHaveBeenCalled();
    names.open = true;
    await vi.waitFor(() => expect(names.tried).toMatchObject({ state: "seen", seen: { pictures: 3 } }));
    expect(lookAtFiles).toHaveBeenCalledExactlyOnceWith("/camera", { pattern: "{part}", subfolders: null });
  });

  it("one question at a time, and the last one counts", async () => {
    const { names, lookAtFiles } = opened({ pattern: null, subfolders: null });
    const answers: ((look: ArrivalsLook) => void)[] = [];
    lookAtFiles.mockImplementation(() => new Promise((answer) => answers.push(answer)));
    names.open = true;
    await vi.waitFor(() => expect(answers).toHaveLength(1));
    for (const pattern of ["{part}_", "{part}_{view}"]) {
      names.choosePattern(pattern);
      await new Promise((settled) => setTimeout(settled, 5));
    }
    expect(answers).toHaveLength(1);
    answers[0]?.(seen(1));
    await vi.waitFor(() => expect(answers).toHaveLength(2));
    expect(names.tried).toEqual({ state: "looking" });
    answers[1]?.(seen(2));
    await vi.waitFor(() => expect(names.tried).toMatchObject({ state: "seen", seen: { pictures: 2 } }));
    expect(lookAtFiles).toHaveBeenLastCalledWith("/camera", { pattern: "{part}_{view}", subfolders: null });
  });

  it("and a wrong one, a missing folder and none are told apart", async () => {
    const { names, lookAtFiles } = opened({ pattern: null, subfolders: null });
    names.open = true;
    const wrong = { field: "name", fault: "brace", from: 0, to: 5 } as const;
    lookAtFiles.mockResolvedValueOnce({ kind: "wrong", wrong });
    names.choosePattern("{part");
    await vi.waitFor(() => expect(names.tried).toEqual({ state: "wrong", wrong }));
    lookAtFiles.mockRejectedValueOnce({ code: "folderMissing", detail: "/camera" });
    names.chooseBelow("all");
    await vi.waitFor(() => expect(names.tried).toMatchObject({ state: "failed", error: { code: "folderMissing" } }));
    const nowhere = opened({ pattern: null, subfolders: null }, "  ");
    nowhere.names.open = true;
    await new Promise((settled) => setTimeout(settled, 5));
    expect(nowhere.names.tried).toEqual({ state: "none" });
    expect(nowhere.lookAtFiles).not.toHaveBeenCalled();
  });
});

describe("patterns are used at once", () => {
  it("or it is said why not", async () => {
    const { names, shell } = opened({ pattern: null, subfolders: null });
    names.choosePattern("{part}");
    shell.setArrivals.mockRejectedValueOnce({ code: "busy", detail: "" });
    await names.use();
    expect([names.used, names.error?.code]).toEqual([false, "busy"]);
    await names.use();
    expect([names.used, names.error]).toEqual([true, null]);
    expect(shell.setArrivals).toHaveBeenLastCalledWith({ pattern: "{part}", subfolders: null });
  });
});

it("the wrong piece of a pattern is marked by characters, not by code units", () => {
  const wrong = (from: number, to: number) => ({ field: "name", fault: "field", from, to }) as const;
  expect(marked("🔩{colour}件", wrong(1, 9))).toEqual(["🔩", "{colour}", "件"]);
  expect(marked("{part", wrong(0, 0))).toEqual(["", "{part", ""]);
});
