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
  it("goes on while a palm lies beside the finger", async () => {
    show();
    [editor.tool, editor.brush] = ["brush", 4];
    const palm = { pointerId: 2, isPrimary: false };
    pointer("down", 100, 100);
    pointer("down", 400, 400, palm);
    pointer("move", 410, 410, palm);
    pointer("up", 410, 410, palm);
    pointer("move", 200, 100);
    expect(editor.content.marks, "the finger still draws").toHaveLength(0);
    pointer("up", 200, 100);
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
