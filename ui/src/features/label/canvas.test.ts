/** The picture under pointer, finger and keys: moved, magnified, and drawn on by one pointer at a time. */
import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Host } from "$lib/bridge";
import { fakeHost } from "$lib/bridge/fake";
import { PixelMask } from "$lib/mask";
import { Gallery } from "../gallery/gallery.svelte";
import type { Shell } from "../shell/shell.svelte";
import Canvas from "./Canvas.svelte";
import { Editor } from "./editor.svelte";
import { Viewport } from "./viewport.svelte";

const SIZE = { width: 640, height: 480 };
let host: Host;
let editor: Editor;
let view: Viewport;
let canvas: Record<string, unknown>;
let pane: HTMLElement;

function show(size = SIZE) {
  view = new Viewport();
  canvas = mount(Canvas, { target: document.body, props: { editor, view, size, cross: null } });
  flushSync();
  pane = document.querySelector('[data-testid="label-canvas"]') as HTMLElement;
  pane.setPointerCapture = () => {};
}

beforeEach(async () => {
  host = fakeHost(new URLSearchParams("fake=live&still&part=1266"));
  const shell = { host, line: await host.lineState() } as unknown as Shell;
  editor = new Editor(shell, new Gallery(shell));
  await editor.gallery.open();
  await editor.walk.open(0);
});

afterEach(() => unmount(canvas));

function pointer(type: string, x: number, y: number, more: PointerEventInit = {}) {
  pane.dispatchEvent(new PointerEvent(`pointer${type}`, { clientX: x, clientY: y, pointerId: 1, isPrimary: true, bubbles: true, ...more }));
  flushSync();
}

const finger = (number: number, type: string, x: number, y: number) => pointer(type, x, y, { pointerType: "touch", pointerId: number, isPrimary: number === 1 });

const key = (name: string, shiftKey = false) => {
  pane.dispatchEvent(new KeyboardEvent("keydown", { key: name, shiftKey, bubbles: true }));
  flushSync();
};

describe("the picture", () => {
  it("is moved by a finger with its tool, and draws nothing", () => {
    show();
    editor.tool = "move";
    pointer("down", 100, 100, { pointerType: "touch" });
    pointer("move", 130, 90, { pointerType: "touch" });
    pointer("up", 130, 90, { pointerType: "touch" });
    pointer("move", 200, 200, { pointerType: "touch" });
    expect([view.left, view.top, editor.content.marks]).toEqual([30, -10, []]);
  });

  it("follows the cross that keys move", () => {
    show();
    view.zoom(5);
    for (let step = 0; step < 60; step += 1) key("ArrowRight");
    const cross = view.seen({ x: 620, y: 240 });
    expect(cross?.x).toBeCloseTo(600, 6);
    expect(cross?.y).toBeCloseTo(240, 6);
  });

  it("is asked for by its longer side", () => {
    const asked = vi.spyOn(host, "pictureUrl");
    show({ width: 300, height: 4000 });
    view.zoom(30);
    flushSync();
    expect(asked.mock.lastCall?.[1]).toBe(4000);
  });
});

describe("a stroke", () => {
  it("goes on while a palm lies beside the pen", async () => {
    show();
    [editor.tool, editor.brush] = ["brush", 4];
    const [pen, palm] = [{ pointerType: "pen" }, { pointerId: 2, pointerType: "touch" }];
    pointer("down", 100, 100, pen);
    pointer("down", 400, 400, palm);
    pointer("down", 420, 400, { ...palm, pointerId: 3, isPrimary: false });
    pointer("move", 410, 410, palm);
    pointer("up", 410, 410, palm);
    pointer("move", 200, 100, pen);
    expect([editor.content.marks.length, view.scale], "the pen still draws").toEqual([0, 1]);
    pointer("up", 200, 100, pen);
    const shape = editor.content.marks[0]?.shape;
    const mask = PixelMask.fromCounts(shape?.kind === "mask" ? shape.counts : "", SIZE.width, SIZE.height);
    expect([mask.contains(100, 100), mask.contains(150, 100), mask.contains(200, 100), mask.contains(400, 400)]).toEqual([true, true, true, false]);
    await editor.settled();
  });

  it("of a second finger sets no corner", () => {
    show();
    editor.tool = "polygon";
    pointer("down", 100, 100);
    pointer("down", 400, 400, { pointerId: 2, isPrimary: false });
    expect(editor.draft).toEqual([{ x: 100, y: 100 }]);
  });

  it.each(["box", "brush", "polygon", "wand", "select"] as const)("with the tool %s is dropped when a second finger comes down, and none begins before both are up", async (tool) => {
    await editor.acceptProposal();
    await editor.settled();
    const wand = vi.spyOn(host, "magicWand");
    show();
    const [mask] = editor.content.marks;
    if (tool !== "select") editor.selected = null;
    editor.tool = tool;
    finger(1, "down", 100, 100);
    finger(1, "move", 110, 110);
    finger(2, "down", 210, 110);
    finger(2, "move", 310, 110);
    expect([view.scale, view.left]).toEqual([2, -110]);
    finger(1, "up", 110, 110);
    finger(2, "move", 400, 300);
    finger(3, "down", 50, 50);
    finger(3, "move", 90, 90);
    finger(3, "up", 90, 90);
    finger(2, "up", 400, 300);
    await editor.settled();
    expect([editor.content.marks, editor.draft, editor.selected, wand.mock.calls]).toEqual([[mask], [], tool === "select" ? 0 : null, []]);
  });

  it.each(["box", "polygon"] as const)("with the tool %s that the system takes away from a finger sets nothing", async (tool) => {
    show();
    editor.tool = tool;
    finger(1, "down", 100, 100);
    finger(1, "move", 150, 150);
    finger(1, "cancel", 150, 150);
    expect([editor.content.marks, editor.draft]).toEqual([[], []]);
    await editor.settled();
  });

  it("of a finger alone draws, and a tap acts when the finger is lifted", async () => {
    show();
    editor.tool = "box";
    finger(1, "down", 100, 100);
    finger(1, "move", 150, 150);
    finger(1, "up", 150, 150);
    expect(editor.content.marks).toMatchObject([{ shape: { kind: "box", left: 100, right: 150 } }]);
    editor.tool = "polygon";
    finger(1, "down", 200, 200);
    expect(editor.draft).toEqual([]);
    finger(1, "up", 200, 200);
    expect(editor.draft).toEqual([{ x: 200, y: 200 }]);
    editor.draft = [];
    [editor.tool, editor.selected] = ["select", null];
    finger(1, "down", 120, 120);
    finger(1, "up", 120, 120);
    expect(editor.selected).toBe(0);
    finger(1, "down", 150, 150);
    finger(1, "move", 180, 170);
    finger(1, "up", 180, 170);
    expect(editor.content.marks).toMatchObject([{ shape: { right: 180, bottom: 170 } }]);
    await editor.settled();
  });

  it("draws no other mask anew", async () => {
    await editor.acceptProposal();
    await editor.settled();
    editor.selected = null;
    // Under test a canvas has no pixels of its own.
    const putImageData = vi.fn();
    const pixels = { createImageData: (width: number, height: number) => ({ data: new Uint8ClampedArray(4 * width * height) }), putImageData };
    const context = vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(pixels as unknown as RenderingContext);
    show();
    expect(putImageData).toHaveBeenCalledTimes(1);
    editor.tool = "box";
    pointer("down", 10, 10);
    for (let x = 20; x < 100; x += 10) pointer("move", x, x);
    expect(putImageData).toHaveBeenCalledTimes(1);
    pointer("up", 100, 100);
    expect([editor.content.marks.length, putImageData.mock.calls.length]).toEqual([2, 2]);
    context.mockRestore();
    await editor.settled();
  });
});
