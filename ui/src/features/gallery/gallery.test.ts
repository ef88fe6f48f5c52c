/** The gallery's pages, filters and grid. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Host } from "$lib/bridge";
import { fakeHost } from "$lib/bridge/fake";
import type { Shell } from "../shell/shell.svelte";
import { Gallery, PAGE } from "./gallery.svelte";
import { gridOf, scrollFor, TILE, TILE_WITH_REASON } from "./grid";

let host: Host;
let gallery: Gallery;

beforeEach(async () => {
  host = fakeHost(new URLSearchParams("fake=live&still&part=2000"));
  gallery = new Gallery({ host, line: await host.lineState() } as unknown as Shell);
  await gallery.open();
});

describe("the gallery", () => {
  it("reads the pages that are seen, once, and forgets those far away", async () => {
    const asked = vi.spyOn(host, "gallery");
    expect([gallery.total, gallery.item(0)?.part.id, gallery.item(PAGE)]).toEqual([2000, 2000, null]);
    gallery.need(50, 70);
    gallery.need(50, 70);
    await vi.waitFor(() => expect(gallery.item(PAGE)?.part.id).toBe(2000 - PAGE));
    expect(asked).toHaveBeenCalledTimes(1);
    for (let page = 2; page < 30; page += 1) {
      gallery.need(page * PAGE, page * PAGE);
      await vi.waitFor(() => expect(gallery.item(page * PAGE)).not.toBeNull());
    }
    expect(gallery.item(0)).toBeNull();
    expect((await gallery.part(3))?.part.id).toBe(1997);
    expect(await gallery.part(2000)).toBeNull();
  });

  it("keeps what is in sight when a page far away comes late", async () => {
    for (let page = 1; page < 12; page += 1) await gallery.part(page * PAGE);
    const ask = host.gallery;
    let late: () => void = () => {};
    host.gallery = (request) => new Promise((resolve) => (late = () => resolve(ask(request))));
    gallery.need(1990, 1999);
    gallery.need(0, 20);
    late();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect([gallery.item(0)?.part.id, gallery.item(1999)]).toEqual([2000, null]);
    host.gallery = ask;
    gallery.need(1990, 1999);
    await vi.waitFor(() => expect(gallery.item(1999)?.part.id).toBe(1));
  });

  it("leaves no part out while the parts of a filter are labelled one after another", async () => {
    gallery.choose({ label: "unlabelled" });
    await vi.waitFor(() => expect(gallery.total).toBe(2000));
    for (let place = 0; place < PAGE + 3; place += 1) {
      const item = await gallery.part(place);
      expect(item?.part.id).toBe(2000 - place);
      gallery.told(await host.giveFeedback(2000 - place, "falseAlarm"));
    }
    gallery.choose({ label: "good" });
    await vi.waitFor(() => expect(gallery.total).toBe(PAGE + 3));
  });

  it("filters, and says so where nothing is left", async () => {
    gallery.choose({ verdict: "unreadable" });
    await vi.waitFor(() => expect(gallery.total).toBe(Math.floor(2000 / 23)));
    expect(gallery.item(0)?.part.verdict).toBe("unreadable");
    gallery.choose({ label: "good" });
    await vi.waitFor(() => expect(gallery.total).toBe(0));
    expect(gallery.isFiltered).toBe(true);
  });

  it("takes the answer to the last question only", async () => {
    const ask = host.gallery;
    let late: () => void = () => {};
    host.gallery = (request) => (request.verdict === "reject" ? new Promise((resolve) => (late = () => resolve(ask(request)))) : ask(request));
    gallery.choose({ verdict: "reject" });
    await vi.waitFor(() => expect(late.length).toBe(0));
    gallery.choose({ verdict: "unreadable" });
    await vi.waitFor(() => expect(gallery.total).toBe(86));
    late();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(gallery.total).toBe(86);
  });

  it("tells why it cannot be read, and reads again", async () => {
    const ask = host.gallery;
    host.gallery = () => Promise.reject({ code: "databaseDamaged", detail: "page 7" });
    await gallery.open();
    expect(gallery.error?.code).toBe("databaseDamaged");
    host.gallery = ask;
    await gallery.open();
    expect([gallery.error, gallery.total]).toEqual([null, 2000]);
  });
});

describe("the grid", () => {
  it("draws what is in sight, however many there are", () => {
    const grid = gridOf(100_000, 4 * TILE.width + 3, 3 * TILE.height, 1000 * TILE.height);
    expect(grid).toEqual({ columns: 4, rows: 25_000, height: 25_000 * TILE.height, first: 998 * 4, last: 1005 * 4 });
    expect(gridOf(8, 4 * TILE.width, 900, 0, TILE_WITH_REASON).height).toBe(2 * TILE_WITH_REASON.height);
    expect(gridOf(0, 10, 10, 0)).toMatchObject({ columns: 1, first: 0, last: 0 });
    expect(gridOf(5, 2 * TILE.width, 900, 0)).toMatchObject({ first: 0, last: 5 });
  });

  it("scrolls no further than it must", () => {
    const height = 2 * TILE.height;
    expect([scrollFor(0, 4, height, 500), scrollFor(5, 4, height, 0), scrollFor(9, 4, height, 0)]).toEqual([0, 0, TILE.height]);
  });
});
