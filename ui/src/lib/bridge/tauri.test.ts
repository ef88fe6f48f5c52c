/** Names and addresses must be the host's to the letter; nothing else would notice before the real window runs. */
import { afterEach, expect, it } from "vitest";
import { clearMocks, mockConvertFileSrc, mockIPC } from "@tauri-apps/api/mocks";
import { toHostError } from "./host";
import { tauriHost } from "./tauri";

afterEach(clearMocks);

function called() {
  const calls: [string, unknown][] = [];
  mockIPC((command, payload) => void calls.push([command, payload]));
  mockConvertFileSrc("linux");
  return calls;
}

it("names commands and arguments as the host does", async () => {
  const calls = called();
  const host = tauriHost();
  await host.lineState();
  await host.lookAtFolder("/good", 0.01);
  await host.recentParts(41, 60);
  const arrivals = { pattern: "{part}", subfolders: null };
  const recipe = { region: null, ignore: [], align: false, shift: 0, brightness: 0.1, contrast: 0.2, gradient: 0 };
  const setup = { name: "a", goodFolder: "b", watchFolder: "c", falseRejectLimit: 0.01, mayTurn: true, mayFlip: false, allWays: true, grain: false, arrivals, recipe };
  await host.startLearning(setup);
  await host.cancelLearning();
  await host.lookAtFiles("/camera", arrivals);
  await host.setArrivals(arrivals);
  await host.checkLine();
  await host.stopTeaching();
  expect(calls).toEqual([
    ["line_state", {}],
    ["look_at_folder", { path: "/good", falseRejectLimit: 0.01 }],
    ["recent_parts", { before: 41, limit: 60 }],
    ["start_learning", { setup }],
    ["cancel_learning", {}],
    ["look_at_files", { folder: "/camera", arrivals }],
    ["set_arrivals", { arrivals }],
    ["check_line", {}],
    ["stop_teaching", {}],
  ]);
});

it("addresses pictures through the shell's own protocol", () => {
  called();
  const host = tauriHost();
  expect(host.pictureUrl({ of: "part", id: 7, view: "picture" }, 960.4)).toBe("frames://localhost/part/7/picture?w=960");
  expect(host.pictureUrl({ of: "part", id: 7, view: "thumb" }, 960)).toBe("frames://localhost/part/7/thumb");
  expect(host.pictureUrl({ of: "part", id: 7, view: "heat" })).toBe("frames://localhost/part/7/heat");
  expect(host.pictureUrl({ of: "learning", look: "pretrain-4" })).toBe("frames://localhost/learning?look=pretrain-4");
  expect(host.pictureUrl({ of: "sample", index: 3, look: 2 })).toBe("frames://localhost/setup/3?look=2");
  expect(host.pictureUrl({ of: "sample", index: 3, look: 2 }, 1279.6)).toBe("frames://localhost/setup/3?look=2&w=1280");
});

it.each([
  [{ code: "busy", detail: "x" }, { code: "busy", detail: "x" }],
  [new Error("broken"), { code: "internal", detail: "broken" }],
  ["plain", { code: "internal", detail: "plain" }],
])("puts %j in the host's words", (cause, expected) => expect(toHostError(cause)).toEqual(expected));
