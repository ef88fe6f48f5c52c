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

const DEFECT = { tag: { kind: "defect", class: 2 }, marks: [], note: "", checked: false } as const;

it("takes back one answer, and only once", async () => {
  const host = fakeHost(new URLSearchParams("fake=live&still&part=1266"));
  const { desk: feedback, newest } = await desk(host);
  await host.setLabel(newest.id, { ...DEFECT, marks: [] });
  const undo = vi.spyOn(host, "undoLabel");
  await feedback.give("falseAlarm");
  expect(feedback.said).toMatchObject({ undone: false, canUndo: true });
  await feedback.undo();
  expect(feedback.said, "what was said before is there again").toMatchObject({ tag: { kind: "defect" }, undone: true, canUndo: false });
  await feedback.undo();
  expect(undo).toHaveBeenCalledTimes(1);
});

it("takes nothing back once the label was changed in the editor", async () => {
  const host = fakeHost(new URLSearchParams("fake=live&still&part=1266"));
  const { desk: feedback, newest, earlier } = await desk(host);
  const undo = vi.spyOn(host, "undoLabel");
  await feedback.give("falseAlarm");
  feedback.labelled(earlier.id);
  expect(feedback.said?.canUndo).toBe(true);
  feedback.labelled(newest.id);
  await feedback.undo();
  expect([feedback.said, undo.mock.calls.length]).toEqual([null, 0]);
});

it("takes nothing back where an answer changed nothing", async () => {
  const host = fakeHost(new URLSearchParams("fake=live&still&part=1266"));
  const { desk: feedback, newest } = await desk(host);
  await host.setLabel(newest.id, { ...DEFECT, marks: [] });
  await feedback.give("confirm");
  expect(feedback.said).toMatchObject({ tag: { kind: "defect" }, undone: false, canUndo: false });
  await feedback.give("falseAlarm");
  await feedback.give("falseAlarm");
  expect(feedback.said?.canUndo, "a second press is the same answer").toBe(true);
});
