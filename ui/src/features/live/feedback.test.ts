/** Whose answer it is: never that of the part which came a moment later. */
import { expect, it, vi } from "vitest";
import type { Host, LabelView, PartView } from "$lib/bridge";
import { fakeHost } from "$lib/bridge/fake";
import type { Shell } from "../shell/shell.svelte";
import { FeedbackDesk } from "./feedback.svelte";
import type { Live } from "./live.svelte";

async function desk(host: Host) {
  const [newest, earlier] = (await host.lineState()).latest as [PartView, PartView];
  const live = { part: newest as PartView | null, isPinned: false, pin: vi.fn(), backToNewest: vi.fn() };
  const told: LabelView[] = [];
  return { live, told, newest, earlier, desk: new FeedbackDesk({ host } as unknown as Shell, live as unknown as Live, (label) => told.push(label)) };
}

it("answers for the part that was pressed on", async () => {
  const host = fakeHost(new URLSearchParams("fake=live&still&part=1266"));
  const { desk: feedback, told, newest, earlier } = await desk(host);
  await feedback.give("missedDefect", { ...earlier, verdict: "pass" });
  expect([feedback.said?.part.id, told.at(-1)?.part]).toEqual([earlier.id, earlier.id]);
  await feedback.give("missedDefect");
  expect(feedback.said?.part.id, "a rejected part has no missed defect").toBe(earlier.id);
  await feedback.give("falseAlarm");
  expect(feedback.said).toMatchObject({ part: { id: newest.id }, tag: { kind: "good" } });
  await feedback.undo();
  expect(told.at(-1)).toMatchObject({ part: newest.id, content: { tag: null } });
});

it("lets go of what it holds, and of nothing that the person pinned", async () => {
  const { desk: feedback, live } = await desk(fakeHost(new URLSearchParams("fake=live&still&part=1266")));
  live.isPinned = true;
  feedback.hold();
  feedback.release();
  expect([live.pin.mock.calls.length, live.backToNewest.mock.calls.length]).toEqual([0, 0]);
  live.isPinned = false;
  feedback.hold();
  feedback.release();
  feedback.release();
  expect([live.pin.mock.calls, live.backToNewest.mock.calls.length]).toEqual([[[1266]], 1]);
});

it("says why an answer was not kept", async () => {
  const host = fakeHost(new URLSearchParams("fake=live&still&part=1266"));
  const { desk: feedback, told } = await desk(host);
  host.giveFeedback = () => Promise.reject({ code: "internal", detail: "disk full" });
  await feedback.give("confirm");
  expect([feedback.error?.detail, feedback.said, told, feedback.busy]).toEqual(["disk full", null, [], false]);
});
