/** The label editor on the fake host: strokes, undo, proposals, and answers that come late. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Host, LabelContent, PartView } from "$lib/bridge";
import { fakeHost } from "$lib/bridge/fake";
import { PixelMask } from "$lib/mask";
import { Gallery } from "../gallery/gallery.svelte";
import type { Shell } from "../shell/shell.svelte";
import { Editor } from "./editor.svelte";

const BOX = { kind: "box", left: 10, top: 20, right: 30, bottom: 40 } as const;

let host: Host;
let editor: Editor;
let parts: PartView[];
const settled = () => vi.waitFor(() => expect(editor.waiting).toBe(0));
const kept = async (id: number): Promise<LabelContent> => (await host.labelOf(id)).content;

beforeEach(async () => {
  host = fakeHost(new URLSearchParams("fake=live&still&part=1266"));
  const line = await host.lineState();
  parts = line.latest;
  const shell = { host, line } as unknown as Shell;
  const gallery = new Gallery(shell);
  await gallery.open();
  editor = new Editor(shell, gallery);
  await editor.walk.open(0);
});

describe("the label editor", () => {
  it("keeps each stroke as it is drawn and goes back stroke by stroke", async () => {
    editor.add(BOX);
    editor.choose(2);
    editor.selected = null;
    editor.add({ kind: "polygon", rings: [[1, 1, 9, 1, 5, 9]] });
    await settled();
    expect((await kept(1266)).marks.map((mark) => mark.class)).toEqual([2, 2]);
    expect(editor.gallery.item(0)).toMatchObject({ marks: 2, classes: [2] });
    editor.undo();
    editor.undo();
    await settled();
    expect(editor.content.marks).toEqual([{ class: 1, shape: BOX }]);
    expect([editor.canUndo, editor.canRedo]).toEqual([true, true]);
    editor.redo();
    await settled();
    expect(editor.content.marks[0]?.class).toBe(2);
  });

  it("takes back that a label is complete when it says something else from then on", async () => {
    editor.add(BOX);
    editor.setChecked(true);
    await settled();
    expect((await kept(1266)).checked).toBe(true);
    editor.say({ note: "seen by two" });
    await settled();
    expect((await kept(1266)).checked).toBe(true);
    editor.add(BOX);
    await settled();
    expect((await kept(1266)).checked).toBe(false);
  });

  it("takes the heat map's region as a mask that can be grown and rubbed out", async () => {
    await editor.acceptProposal();
    await settled();
    const counts = () => (editor.mark?.shape.kind === "mask" ? editor.mark.shape.counts : "");
    const area = () => PixelMask.fromCounts(counts(), 640, 480).data.reduce((sum, value) => sum + value, 0);
    const before = area();
    expect(before).toBeGreaterThan(1000);
    await editor.grow(1);
    await settled();
    expect(area()).toBeGreaterThan(before);
    editor.painted(new PixelMask(640, 480), editor.selected);
    await settled();
    expect((await kept(1266)).marks).toEqual([]);
  });

  it("refines the selected area into a mask, and leaves one that was moved meanwhile", async () => {
    await editor.refine();
    expect(editor.hint).toBe("label.hint.noArea");
    editor.add(BOX);
    await settled();
    await editor.refine();
    await settled();
    expect((await kept(1266)).marks).toMatchObject([{ class: 1, shape: { kind: "mask" } }]);
    let answer: (counts: string) => void = () => {};
    host.refineArea = () => new Promise((resolve) => (answer = resolve));
    const late = editor.refine();
    editor.replace(0, BOX);
    answer("0");
    await late;
    await settled();
    expect((await kept(1266)).marks).toEqual([{ class: 1, shape: BOX }]);
  });

  it("says what is missing instead of doing nothing", async () => {
    await editor.grow(1);
    expect(editor.hint).toBe("label.hint.noMask");
    const passed = parts.findIndex((part) => part.verdict === "pass");
    await editor.walk.open(passed);
    await editor.acceptProposal();
    expect(editor.hint).toBe("label.hint.noProposal");
    editor.meaning = null;
    editor.add(BOX);
    expect([editor.hint, editor.content.marks.length]).toEqual(["label.hint.noClass", 0]);
  });

  it("does not let a part be good and marked as a defect", async () => {
    editor.setTag("good");
    editor.add(BOX);
    await settled();
    expect(editor.content).toMatchObject({ tag: null, marks: [{ class: 1 }] });
    editor.choose("ignore");
    editor.setTag("good");
    await settled();
    expect(await kept(1266)).toMatchObject({ tag: { kind: "good" }, marks: [{ class: null }] });
    editor.setTag("good");
    expect(editor.content.tag).toBeNull();
  });

  it("ignores a drag without an area", () => {
    editor.add({ ...BOX, right: 10 });
    editor.draft = [{ x: 1, y: 1 }, { x: 2, y: 2 }];
    editor.closePolygon();
    expect([editor.content.marks, editor.draft]).toEqual([[], []]);
  });

  it("shows what is kept when the host refuses, and says why", async () => {
    editor.add(BOX);
    await settled();
    host.setLabel = () => Promise.reject({ code: "badRequest", detail: "no room" });
    editor.remove();
    await settled();
    expect(editor.error?.detail).toBe("no room");
    expect(editor.isSaved).toBe(false);
    expect(editor.content.marks.length).toBe(1);
  });

  it("does not put a late answer on another part", async () => {
    let answer: (counts: string) => void = () => {};
    host.magicWand = () => new Promise((resolve) => (answer = resolve));
    const wand = editor.wand({ x: 5, y: 5 });
    await editor.walk.step(1);
    expect(editor.part?.id).toBe(1265);
    answer("0");
    await wand;
    expect(editor.content.marks).toEqual([]);
  });

  it("takes over what is said elsewhere, so that the next word does not undo it", async () => {
    editor.add(BOX);
    await settled();
    editor.told(await host.setLabel(1265, { tag: null, marks: [], note: "another part", checked: false }));
    expect(editor.content.marks).toHaveLength(1);
    editor.told(await host.giveFeedback(1266, "falseAlarm"));
    expect([editor.content.marks, editor.selected, editor.canUndo]).toEqual([[], null, true]);
    editor.say({ note: "oil" });
    await settled();
    expect(await kept(1266)).toEqual({ tag: { kind: "good" }, marks: [], note: "oil", checked: false });
  });

  it("leaves strokes on screen that were drawn after what was said elsewhere", async () => {
    const said = await host.giveFeedback(1266, "falseAlarm");
    editor.add(BOX);
    editor.told(said);
    expect(editor.content.marks).toHaveLength(1);
    await settled();
    expect((await kept(1266)).marks).toHaveLength(1);
  });

  it("tells whose label it changes, before the host has answered", () => {
    const changes = vi.fn();
    const other = new Editor({ host } as unknown as Shell, editor.gallery, changes);
    other.part = parts[1] ?? null;
    other.say({ note: "oil" });
    expect(changes.mock.calls).toEqual([[1265]]);
  });

  it("walks to the next part that is not checked", async () => {
    for (const id of [1265, 1264]) await host.setLabel(id, { tag: null, marks: [], note: "", checked: true });
    await editor.gallery.open();
    await editor.walk.nextUnchecked();
    expect(editor.part?.id).toBe(1263);
    await editor.walk.open(1265);
    await editor.walk.nextUnchecked();
    expect(editor.hint).toBe("label.hint.noNext");
  });
});
