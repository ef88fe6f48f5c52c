/** The note of a part: kept while it is typed, once for each pause, and of no other part. */
import { flushSync, mount, unmount } from "svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Host } from "$lib/bridge";
import { fakeHost } from "$lib/bridge/fake";
import { Gallery } from "../gallery/gallery.svelte";
import type { Shell } from "../shell/shell.svelte";
import { Editor } from "./editor.svelte";
import Said from "./Said.svelte";

let host: Host;
let editor: Editor;
let said: Record<string, unknown> | null;
let field: HTMLTextAreaElement;
let told: [number, string][];

beforeEach(async () => {
  host = fakeHost(new URLSearchParams("fake=live&still&part=1266"));
  const shell = { host, line: await host.lineState() } as unknown as Shell;
  editor = new Editor(shell, new Gallery(shell));
  await editor.gallery.open();
  await editor.walk.open(0);
  told = [];
  const setLabel = host.setLabel;
  host.setLabel = (part, content) => {
    told.push([part, content.note]);
    return setLabel(part, content);
  };
  said = mount(Said, { target: document.body, props: { editor } });
  flushSync();
  field = document.querySelector('[data-testid="note"]') as HTMLTextAreaElement;
  vi.useFakeTimers();
});

afterEach(async () => {
  vi.useRealTimers();
  if (said) await unmount(said);
});

function type(text: string, isComposing = false) {
  field.value = text;
  field.dispatchEvent(new InputEvent("input", { bubbles: true, isComposing }));
  flushSync();
}

const leave = () => {
  field.dispatchEvent(new FocusEvent("blur"));
  flushSync();
};
const pass = async (millis: number) => {
  await vi.advanceTimersByTimeAsync(millis);
  flushSync();
};

describe("a note", () => {
  it("is kept a second after the last key, once, whatever is left afterwards", async () => {
    for (const text of ["o", "oi", "oil"]) {
      type(text);
      await pass(300);
    }
    expect([told, editor.isSaved]).toEqual([[], false]);
    await pass(800);
    expect([told, editor.isSaved, field.value]).toEqual([[[1266, "oil"]], true, "oil"]);
    leave();
    await editor.walk.step(1);
    await pass(5000);
    expect(told).toEqual([[1266, "oil"]]);
  });

  it("is kept at once when its field is left, and not again after the pause", async () => {
    type("oil");
    leave();
    await pass(5000);
    expect(told).toEqual([[1266, "oil"]]);
  });

  it("is kept of its own part when another one comes under the cursor", async () => {
    type("oil");
    await editor.walk.step(1);
    await pass(5000);
    expect([editor.part?.id, told, field.value]).toEqual([1265, [[1266, "oil"]], ""]);
    expect((await host.labelOf(1265)).content.note).toBe("");
    type("rust");
    await pass(1100);
    expect(told).toEqual([[1266, "oil"], [1265, "rust"]]);
  });

  it("is kept when the screen is left", async () => {
    type("oil");
    if (said) await unmount(said);
    said = null;
    await pass(0);
    expect(told, "at once, and not after the pause").toEqual([[1266, "oil"]]);
    await pass(5000);
    expect(told).toHaveLength(1);
  });

  it("is kept at once when nobody sees the window any more, and goes on being typed when somebody does", async () => {
    const isHidden = (hidden: boolean) => {
      Object.defineProperty(document, "hidden", { configurable: true, value: hidden });
      document.dispatchEvent(new Event("visibilitychange"));
      flushSync();
    };
    type("oil");
    isHidden(false);
    expect(told, "it is seen").toEqual([]);
    isHidden(true);
    await pass(0);
    expect([told, editor.isSaved, field.value]).toEqual([[[1266, "oil"]], true, "oil"]);
    Reflect.deleteProperty(document, "hidden");
    type("oil on the rim");
    await pass(1100);
    expect(told).toEqual([[1266, "oil"], [1266, "oil on the rim"]]);
  });

  it("is kept at once when the page goes, in the middle of a word, too", async () => {
    type("oil you", true);
    window.dispatchEvent(new Event("pagehide"));
    await pass(0);
    expect([told, editor.isSaved]).toEqual([[[1266, "oil you"]], true]);
    if (said) await unmount(said);
    said = null;
    await pass(5000);
    expect(told).toHaveLength(1);
  });

  it("that came back to what it was is no event", async () => {
    type("oil");
    type("");
    await pass(1100);
    leave();
    expect([told, editor.isSaved]).toEqual([[], true]);
  });

  it("is not kept in the middle of a word that is composed", async () => {
    type("you", true);
    await pass(5000);
    expect(told).toEqual([]);
    type("油");
    field.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true }));
    await pass(1100);
    expect(told).toEqual([[1266, "油"]]);
  });

  it("stays in its field while answers come, and goes with what is taken back once it is left", async () => {
    type("oil");
    await pass(1100);
    type("oil on the rim");
    editor.told(await host.giveFeedback(1266, "falseAlarm"));
    flushSync();
    expect(field.value).toBe("oil on the rim");
    leave();
    await pass(0);
    expect(told.at(-1)).toEqual([1266, "oil on the rim"]);
    editor.undo();
    await pass(0);
    expect(field.value).toBe("oil");
  });

  it("stays in its field when the host refuses it, and is said again when the field is left", async () => {
    const setLabel = host.setLabel;
    host.setLabel = () => Promise.reject({ code: "internal", detail: "disk" });
    type("oil");
    await pass(1100);
    expect([field.value, editor.isSaved]).toEqual(["oil", false]);
    host.setLabel = setLabel;
    leave();
    await pass(0);
    expect([told, editor.isSaved]).toEqual([[[1266, "oil"]], true]);
  });

  it("cannot be typed while its part is being opened", async () => {
    let answer: () => void = () => {};
    const labelOf = host.labelOf;
    host.labelOf = (part) => new Promise((resolve) => (answer = () => resolve(labelOf(part))));
    const slow = editor.walk.step(1);
    await pass(0);
    expect(field.readOnly).toBe(true);
    answer();
    await slow;
    flushSync();
    expect(field.readOnly).toBe(false);
  });
});
