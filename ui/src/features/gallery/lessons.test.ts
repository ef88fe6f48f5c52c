/** The lists of what labels would teach: who waits for them, what is settled, which model made them. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Host, LineView } from "$lib/bridge";
import { fakeHost } from "$lib/bridge/fake";
import type { Shell } from "../shell/shell.svelte";
import { Gallery } from "./gallery.svelte";

let host: Host;
let gallery: Gallery;
let line: LineView;
const looked = () => vi.waitFor(() => expect(gallery.lessons.looking).toBe(false));

async function open(query: string) {
  host = fakeHost(new URLSearchParams(`fake=live&still&part=1266&${query}`));
  line = await host.lineState();
  gallery = new Gallery({ host, line } as unknown as Shell);
  await gallery.open();
}

beforeEach(() => open(""));

describe("the lists", () => {
  it("are made once, and anew for another model", async () => {
    const asked = vi.spyOn(host, "teach");
    gallery.turnTo("next");
    await looked();
    expect([gallery.shown.total, gallery.shown.item(1)?.part.id, gallery.shown.reason(1)?.kind]).toEqual([24, 1263, "novel"]);
    gallery.turnTo("check");
    expect(gallery.shown.total).toBe(2);
    expect(asked).toHaveBeenCalledTimes(1);
    if (line.model) line.model.id = "another";
    gallery.turnTo("next");
    await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(2));
  });

  it("know which parts wait for a word", async () => {
    gallery.turnTo("next");
    await looked();
    const { next } = gallery.lessons.lists;
    const say = async (part: number, tag: { kind: "good" } | null) => gallery.told(await host.setLabel(part, { tag, marks: [], note: "", checked: false }));
    await say(1266, { kind: "good" });
    await say(1260, { kind: "good" });
    expect([next.open, next.item(0)?.tag, next.following(0), next.following(1), next.following(23)]).toEqual([22, { kind: "good" }, 1, 3, 1]);
    await say(1260, null);
    expect([next.open, next.following(1)]).toEqual([23, 2]);
  });

  it("are not made for nobody, and an answer that comes too late is no answer", async () => {
    await open("teach=slow");
    const stopped = vi.spyOn(host, "stopTeaching");
    gallery.turnTo("next");
    await vi.waitFor(() => expect(gallery.lessons.progress?.done).toBe(4));
    gallery.turnTo("all");
    expect([gallery.lessons.looking, stopped.mock.calls.length]).toEqual([false, 1]);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect([gallery.lessons.error, gallery.lessons.model]).toEqual([null, null]);
    gallery.turnTo("all");
    expect(stopped).toHaveBeenCalledTimes(1);
  });

  it("tell why they cannot be made, and are tried again", async () => {
    const teach = host.teach;
    host.teach = () => Promise.reject({ code: "modelDamaged", detail: "x" });
    gallery.turnTo("next");
    await looked();
    expect(gallery.lessons.error?.code).toBe("modelDamaged");
    host.teach = teach;
    gallery.turnTo("check");
    await looked();
    expect([gallery.lessons.error, gallery.shown.total]).toEqual([null, 2]);
  });
});
