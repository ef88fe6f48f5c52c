/** The whole window on the fake host: what a person sees and presses, by the marks that other tests use too. */
import { mount, unmount } from "svelte";
import { afterEach, describe, expect, it, vi } from "vitest";
import App from "./App.svelte";

let app: Record<string, unknown> | null = null;
const find = (testid: string) => document.querySelector<HTMLElement>(`[data-testid="${testid}"]`);
const see = (testid: string) => vi.waitFor(() => expect(find(testid), testid).not.toBeNull()).then(() => find(testid) as HTMLElement);
const press = (key: string, type = "keydown") => document.body.dispatchEvent(new KeyboardEvent(type, { key, bubbles: true }));
const enter = (testid: string, value: string) => {
  const field = find(testid) as HTMLInputElement;
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
};

function open(query: string, kept: Record<string, string> = {}) {
  localStorage.clear();
  for (const [key, value] of Object.entries({ "sightline.language": "en", ...kept })) localStorage.setItem(key, value);
  history.replaceState(null, "", `/?still&${query}`);
  app = mount(App, { target: document.body });
}

afterEach(async () => {
  if (app) await unmount(app);
  app = null;
  document.body.innerHTML = "";
});

describe("Live", () => {
  it.each([
    ["1266", "reject", "Reject"],
    ["1273", "pass", "Pass"],
    ["1288", "unreadable", "Unreadable"],
  ])("tells the verdict of part %s by attribute and word", async (part, verdict, word) => {
    open(`fake=live&part=${part}`);
    expect((await see("live-verdict")).dataset.verdict).toBe(verdict);
    expect(find("live-verdict")?.textContent).toContain(word);
    expect(find("live-part")?.dataset.partId).toBe(part);
    expect(find("live-inspected")?.dataset.value).toBe(part);
  });

  it("says why a part is unreadable, what the line did and what to do", async () => {
    open("fake=live&part=1288");
    const text = (await see("live-unreadable")).textContent ?? "";
    for (const words of ["cut off or damaged", "not as a pass", "Take the picture again", "data end after"]) expect(text).toContain(words);
  });

  it("pins a part, walks with the arrows and returns to the newest", async () => {
    open("fake=live&part=1284");
    await see("live-verdict");
    document.querySelectorAll<HTMLElement>('[data-testid="film-item"]')[2]?.click();
    await vi.waitFor(() => expect(find("live-part")?.dataset.partId).toBe("1282"));
    press("ArrowRight");
    await vi.waitFor(() => expect(find("live-part")?.dataset.partId).toBe("1281"));
    (await see("live-back")).click();
    await vi.waitFor(() => expect(find("live-part")?.dataset.partId).toBe("1284"));
    expect(find("live-back")).toBeNull();
  });

  it("tells an alarm with what to do, and what a check of the line found", async () => {
    open("fake=alarm&part=1284");
    const text = (await see("live-alarm")).textContent ?? "";
    for (const words of ["The processor judges", "tried again", "device lost"]) expect(text).toContain(words);
    (await see("check-run")).click();
    const result = await see("check-result");
    expect([result.dataset.passed, result.textContent?.trim()]).toEqual(["false", "Failed: 1 known part came out wrong."]);
  });

  it("tells that the folder is lost and that nothing is promised yet", async () => {
    open("fake=lost");
    expect((await see("source-state")).dataset.kind).toBe("lost");
    expect(find("live-lost")?.textContent).toContain("Folder lost");
    expect(find("live-promise")?.textContent).toBe("No promise yet: 279 more good parts needed.");
  });

  it("tells that the promise is suspended, since when, and how to learn again", async () => {
    open("fake=drift");
    const notice = await see("live-drift");
    const since = "arts look different since 24 Nov 2026, 10:42:03 UTC+08:00.";
    expect(find("live-promise")?.textContent).toBe(`Suspended: p${since}`);
    expect(find("live-promise")?.dataset.holds).toBe("false");
    expect(notice.textContent).toContain(`P${since}`);
    find("lang-zh")?.click();
    await vi.waitFor(() => expect(find("live-drift")?.textContent).toContain("零件外观与学习时不同"));
    expect(find("live-promise")?.textContent).toContain("已暂停");
    find("live-learn-again")?.click();
    await see("setup-learn");
  });

  it("says what to do while no part has come", async () => {
    open("fake=empty");
    expect((await see("live-empty")).textContent).toContain("Let the camera write a picture");
  });
});

describe("feedback from the line", () => {
  it("keeps an answer by button and by key, and takes it back", async () => {
    open("fake=live&part=1266");
    (await see("feedback-falseAlarm")).click();
    await vi.waitFor(() => expect(find("feedback-said")?.dataset).toMatchObject({ partId: "1266", tag: "good" }));
    expect(find("feedback-missedDefect"), "a rejected part has no missed defect").toBeNull();
    press("u");
    await vi.waitFor(() => expect(find("feedback-said")?.textContent).toContain("taken back"));
    press("c");
    await vi.waitFor(() => expect(find("feedback-said")?.dataset.tag).toBe("defect"));
  });

  it("reaches the label that is open, and is not undone by what is said there next", async () => {
    open("fake=live&part=1266");
    await see("live-verdict");
    press("e");
    await vi.waitFor(() => expect(document.querySelectorAll('[data-testid="class"]').length).toBe(3));
    press("a");
    await see("mark");
    await vi.waitFor(() => expect(find("saved")?.dataset.saved).toBe("true"));
    find("tab-live")?.click();
    await see("live-verdict");
    press("f");
    await vi.waitFor(() => expect(find("feedback-said")?.dataset.tag).toBe("good"));
    find("tab-label")?.click();
    const note = (await see("note")) as HTMLTextAreaElement;
    expect([find("mark"), find("tag-good")?.getAttribute("aria-pressed")]).toEqual([null, "true"]);
    enter("note", "oil");
    note.dispatchEvent(new FocusEvent("blur"));
    await vi.waitFor(() => expect(find("saved")?.dataset.saved).toBe("true"));
    expect([find("mark"), find("tag-good")?.getAttribute("aria-pressed")]).toEqual([null, "true"]);
    find("tab-live")?.click();
    await see("live-verdict");
    expect(find("feedback-undo"), "what was said last is the editor's").toBeNull();
  });

  it("is taken back once, whatever was said before", async () => {
    open("fake=live&part=1266");
    (await see("feedback-confirm")).click();
    await vi.waitFor(() => expect(find("feedback-said")?.dataset.tag).toBe("defect"));
    press("f");
    await vi.waitFor(() => expect(find("feedback-said")?.dataset.tag).toBe("good"));
    press("u");
    await vi.waitFor(() => expect(find("feedback-said")?.textContent).toContain("taken back"));
    expect([find("feedback-said")?.dataset.tag, find("feedback-undo")]).toEqual(["defect", null]);
  });

  it("holds the part that the finger is on", async () => {
    open("fake=live&part=1266");
    await see("live-verdict");
    const buttons = find("feedback-confirm")?.parentElement;
    buttons?.dispatchEvent(new Event("pointerenter"));
    await see("live-back");
    const leave = (pointerType: string) => buttons?.dispatchEvent(Object.assign(new Event("pointerleave"), { pointerType }));
    leave("touch");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(find("live-back"), "a lifted finger's press is still to come").not.toBeNull();
    leave("mouse");
    await vi.waitFor(() => expect(find("live-back")).toBeNull());
    buttons?.dispatchEvent(new Event("pointerenter"));
    press("2");
    await see("setup-learn");
    press("1");
    await see("live-verdict");
    expect(find("live-back"), "nothing is held after the screen was left").toBeNull();
  });
});

describe("Gallery and Label", () => {
  const tile = (part: string) => document.querySelector<HTMLElement>(`[data-testid="gallery-tile"][data-part-id="${part}"]`);

  it("go from a filtered part to its label and back, by keys alone", async () => {
    open("fake=live&part=1266");
    await see("live-verdict");
    press("3");
    await vi.waitFor(() => expect(find("gallery-count")?.dataset.value).toBe("1266"));
    await vi.waitFor(() => expect(tile("1266")).not.toBeNull());
    tile("1266")?.click();
    await vi.waitFor(() => expect(find("label")?.dataset.partId).toBe("1266"));
    await vi.waitFor(() => expect(document.querySelectorAll('[data-testid="class"]').length).toBe(3));
    press("2");
    press("a");
    await vi.waitFor(() => expect(document.querySelector('[data-testid="mark"]')?.textContent).toContain("Pit"));
    press("k");
    press("z");
    press("d");
    await vi.waitFor(() => expect(find("tag-defect")?.getAttribute("aria-pressed")).toBe("true"));
    expect(find("saved")?.dataset.saved).toBe("true");
    press("Escape");
    await vi.waitFor(() => expect(tile("1266")?.dataset.tag).toBe("defect"));
    expect(tile("1266")?.textContent).toContain("Pit");
  });

  it("draw a box at the cross", async () => {
    open("fake=live&part=1266");
    await see("live-verdict");
    press("e");
    const canvas = await see("label-canvas");
    await vi.waitFor(() => expect(document.querySelectorAll('[data-testid="class"]').length).toBe(3));
    press("b");
    const key = (name: string, shiftKey = false) => canvas.dispatchEvent(new KeyboardEvent("keydown", { key: name, shiftKey, bubbles: true }));
    key("ArrowRight");
    key("Enter");
    key("ArrowRight", true);
    key("ArrowDown", true);
    key("Enter");
    await vi.waitFor(() => expect(document.querySelector<HTMLElement>('[data-testid="mark"]')?.dataset.kind).toBe("box"));
  });

  it("magnify about the cross, by key and by button, and show the whole picture again", async () => {
    open("fake=live&part=1266");
    await see("live-verdict");
    press("e");
    const canvas = await see("label-canvas");
    const lies = () => document.querySelector<HTMLElement>(".world")?.style.transform;
    const comes = (transform: string) => vi.waitFor(() => expect(lies()).toBe(transform));
    await comes("translate(0px, 0px) scale(1)");
    find("zoom-in")?.click();
    await comes("translate(-80px, -60px) scale(1.25)");
    press("f");
    for (let step = 0; step < 4; step += 1) canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", shiftKey: true, bubbles: true }));
    press(".");
    await comes("translate(-105px, -60px) scale(1.25)");
    find("zoom-out")?.click();
    await comes("translate(0px, 0px) scale(1)");
    find("zoom-in")?.click();
    await comes("translate(-105px, -60px) scale(1.25)");
    find("zoom-fit")?.click();
    await comes("translate(0px, 0px) scale(1)");
    press("m");
    await vi.waitFor(() => expect(find("tool-move")?.getAttribute("aria-pressed")).toBe("true"));
    press("?");
    const keys = (await see("keys")).textContent;
    for (const words of ["Shift + drag", "Two fingers"]) expect(keys).toContain(words);
  });

  it("bring one part of a list after the other, by keys alone, each with its reason", async () => {
    open("fake=live&part=1266");
    await see("live-verdict");
    press("3");
    await see("list-all");
    press("n");
    await vi.waitFor(() => expect(find("list-next")?.dataset.value).toBe("24"));
    expect(tile("1266")?.textContent).toContain("Near the limit");
    tile("1266")?.click();
    const comes = (part: string) => vi.waitFor(() => expect([find("label")?.dataset.partId, find("saved")?.textContent?.trim()]).toEqual([part, "Everything is kept"]));
    await comes("1266");
    expect(find("label-lesson")?.dataset).toMatchObject({ place: "1", of: "24" });
    press("o");
    await comes("1263");
    expect(find("label-lesson")?.textContent).toContain("Like no labelled part");
    press("3");
    press("d");
    await comes("1260");
    press("PageUp");
    await comes("1263");
    await vi.waitFor(() => expect((find("tag-class") as HTMLSelectElement | null)?.value).toBe("3"));
    press("k");
    await comes("1260");
    press("Escape");
    await vi.waitFor(() => expect(find("list-next")?.dataset.value).toBe("22"));
    expect(find("list-next")?.getAttribute("aria-pressed")).toBe("true");
    press("d");
    await vi.waitFor(() => expect(document.querySelectorAll('[data-testid="gallery-tile"][data-reason="alike"]').length).toBe(5));
    press("a");
    await vi.waitFor(() => expect(find("gallery-count")?.dataset.value).toBe("1266"));
  });

  it("say that a list is being made, that it cannot be, and that nothing is in it", async () => {
    open("fake=live&part=1266&teach=slow");
    await see("live-verdict");
    press("3");
    (await see("list-check")).click();
    expect((await see("lists-looking")).textContent).toContain("Parts on the line are judged first");
    await vi.waitFor(() => expect(find("lists-looking")?.textContent).toContain("of 140 parts"));
    (await see("lists-stop")).click();
    await see("gallery-count");
    expect(find("lists-looking")).toBeNull();
    if (app) await unmount(app);
    open("fake=live&part=1266&teach=error");
    await see("live-verdict");
    press("3");
    (await see("list-check")).click();
    expect((await see("lists-error")).dataset.code).toBe("modelDamaged");
    if (app) await unmount(app);
    open("fake=live&part=1266&teach=none");
    await see("live-verdict");
    press("3");
    (await see("list-check")).click();
    expect((await see("lists-empty")).textContent).toContain("No label looks wrong");
    if (app) await unmount(app);
    open("fake=setup");
    await see("setup-learn");
    press("3");
    (await see("list-next")).click();
    expect((await see("lists-no-model")).textContent).toContain("learn in Set-up first");
  });

  it("say what to do where there is nothing", async () => {
    open("fake=empty");
    await see("live-empty");
    press("3");
    expect((await see("gallery-empty")).textContent).toContain("No part has come yet");
    press("4");
    expect((await see("label-empty")).textContent).toContain("Choose a part in Gallery");
    find("lang-zh")?.click();
    await vi.waitFor(() => expect(find("label-empty")?.textContent).toContain("请在图库中选择零件"));
  });
});

describe("Set-up", () => {
  it("opens first where there is no model, and names the first missing thing", async () => {
    open("fake=setup");
    const learn = (await see("setup-learn")) as HTMLButtonElement;
    expect(learn.disabled).toBe(true);
    enter("setup-name", "Ring");
    enter("setup-good", "/plant/few");
    expect((await see("setup-enough")).textContent).toContain("at least 20 are needed, 8 more");
    enter("setup-good", "/plant/good");
    enter("setup-watch", "/plant/camera");
    await vi.waitFor(() => expect(learn.disabled).toBe(false));
    learn.click();
    expect((await see("learn-stage")).dataset.state).toBe("running");
    find("setup-cancel")?.click();
    await see("setup-cancelled");
  });

  it("draws on a picture of the folder by keys and by mouse, and keys stay with the picture", async () => {
    open("fake=ready");
    const surface = await see("areas-surface");
    const key = (...keys: string[]) =>
      keys.forEach((key) => surface.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true })));
    find("areas-rectangle")?.click();
    key("ArrowLeft", "Enter", "ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown", "Enter");
    expect(await see("areas-remove")).toBeTruthy();
    surface.getBoundingClientRect = () => ({ left: 100, top: 50, width: 400, height: 300 }) as DOMRect;
    surface.setPointerCapture = () => {};
    const mouse = (type: string, clientX: number, clientY: number) =>
      surface.dispatchEvent(new PointerEvent(type, { clientX, clientY, button: 0, bubbles: true }));
    mouse("pointerdown", 140, 80);
    mouse("pointermove", 300, 200);
    mouse("pointerup", 340, 230);
    await vi.waitFor(() => expect(document.querySelectorAll("[data-testid=areas-remove]")).toHaveLength(2));
    const drawn = [...surface.querySelectorAll("path[fill^=url]")].map((path) => path.getAttribute("d"));
    expect(drawn).toEqual(["M0.49 0.5L0.51 0.5L0.51 0.52L0.49 0.52Z", "M0.1 0.1L0.6 0.1L0.6 0.6L0.1 0.6Z"]);
    find("areas-undo")?.click();
    key("l", "c");
    await vi.waitFor(() => expect(document.querySelectorAll("[data-testid=areas-remove]")).toHaveLength(1));
    key("Delete");
    find("areas-undo")?.click();
    await vi.waitFor(() => expect(find("areas-remove")).toBeNull());
  });

  it("shows what file names tell, where a pattern is wrong, and uses a good one at once", async () => {
    open("fake=live&part=1266");
    await see("live-verdict");
    press("2");
    const fold = (await see("names")).parentElement as HTMLDetailsElement;
    fold.open = true;
    await vi.waitFor(() => expect(find("names-count")?.dataset.value).toBe("212"));
    enter("names-pattern", "{part}_{colour}");
    await vi.waitFor(() => expect(find("names-tried")?.querySelector("mark")?.textContent).toBe("{colour}"));
    expect(find("names-tried")?.textContent).toContain("Known are part, lot and view");
    expect((find("setup-learn") as HTMLButtonElement).disabled).toBe(true);
    expect(find("names-use")).toBeNull();
    enter("names-pattern", "{part}_{view}");
    find("names-below-all")?.click();
    await vi.waitFor(() => expect(find("names-count")?.dataset.value).toBe("1284"));
    expect(find("names-unfit")?.textContent).toContain("judged all the same");
    find("names-use")?.click();
    await see("names-used");
  });

  it("shows how a run's features look, and an early warning beside a later one", async () => {
    open("fake=learning");
    expect((await see("learn-health")).textContent).toContain("Near 1 is good");
    const kinds = () => [...document.querySelectorAll<HTMLElement>('[data-testid="learn-warning"]')].map(({ dataset }) => dataset.kind);
    await vi.waitFor(() => expect(kinds()).toEqual(["checkpointRefused", "collapsed"]));
  });

  it("puts a folder that does not exist in words", async () => {
    open("fake=setup");
    await see("setup-good");
    enter("setup-good", "/missing");
    const error = await see("setup-error");
    expect(error.dataset.code).toBe("folderMissing");
    expect(error.textContent).toContain("The folder does not exist.");
  });
});

describe("the window", () => {
  it("switches language and appearance while everything is on screen, and keeps both", async () => {
    open("fake=live&part=1266", { "sightline.theme": "light" });
    await see("live-verdict");
    find("lang-zh")?.click();
    find("theme-dark")?.click();
    await vi.waitFor(() => expect(find("live-verdict")?.textContent).toContain("不合格"));
    expect(document.documentElement.lang).toBe("zh-CN");
    expect(document.documentElement.dataset.theme).toBe("dark");
    expect([localStorage.getItem("sightline.language"), localStorage.getItem("sightline.theme")]).toEqual(["zh", "dark"]);
  });

  it("shows the keys on ?", async () => {
    open("fake=live");
    await see("live-verdict");
    press("?");
    expect((await see("keys")).textContent).toContain("Hold to see the bare part");
  });

  it("puts a host that cannot start in words, and tries again", async () => {
    open("fake=error");
    const error = await see("shell-error");
    expect(error.textContent).toContain("newer Sightline");
    [...document.querySelectorAll("button")].find((button) => button.textContent === "Try again")?.click();
    await see("live-verdict");
  });
});

describe("Train and Models", () => {
  it("retrain by one key, with the way out", async () => {
    open("fake=live&part=1266&train=ready");
    await see("live-verdict");
    press("5");
    expect((await see("train-new")).dataset.value).toBe("14");
    press("r");
    await see("train-cancel");
    expect(find("tab-train")?.textContent).toContain("learning 0%");
    press("c");
    expect((await see("train-ended")).dataset.how).toBe("cancelled");
  });

  it("say what is missing and where to go", async () => {
    open("fake=live&part=1266&train=few");
    await see("live-verdict");
    press("5");
    const text = (await see("train-missing")).textContent ?? "";
    for (const words of ["2 more labelled defects", "held out by itself"]) expect(text).toContain(words);
    expect((find("train-start") as HTMLButtonElement).disabled).toBe(true);
    find("train-to-gallery")?.click();
    await see("gallery");
  });

  it("say why a challenger was refused, and let it judge beside", async () => {
    open("fake=live&part=1266&train=refused");
    await see("live-verdict");
    press("5");
    expect((await see("trial")).dataset.passed).toBe("false");
    expect(find("trial-refusal")?.dataset.kind).toBe("findsLess");
    await see("standing-why");
    expect((find("promote") as HTMLButtonElement).disabled).toBe(true);
    press("s");
    await see("shadow-report");
    press("1");
    expect((await see("shadow-line")).dataset.value).toBe("9");
  });

  it("tell which labels a challenger was not made of, why, and what to do", async () => {
    open("fake=live&part=1266&train=refused");
    await see("live-verdict");
    press("5");
    const leftOut = await see("train-left-out");
    expect(leftOut.dataset.value).toBe("17");
    for (const words of ["17 labels were left out", "5 pictures are gone.", "Put back what is missing", "ring 0418.png", "and 2 more"]) expect(leftOut.textContent).toContain(words);
    const noRoom = leftOut.querySelector<HTMLElement>("[data-kind=noRoom]");
    expect(noRoom?.textContent).toContain("no room in memory for 12 labels");
    expect(noRoom?.querySelector("span"), "nobody knows which").toBeNull();
    if (app) await unmount(app);
    open("fake=live&part=1266&train=passed");
    await see("live-verdict");
    press("5");
    await see("trial");
    expect(find("train-left-out")).toBeNull();
  });

  it("fold older models away until somebody comes there by the arrows", async () => {
    open("fake=live&part=1266&train=many");
    await see("live-verdict");
    press("6");
    await see("model-card");
    const title = await see("models-older");
    const fold = title.parentElement as HTMLDetailsElement;
    expect([title.textContent, fold.open, fold.querySelectorAll("[data-testid=model]").length]).toEqual(["Older models (6)", false, 6]);
    for (let step = 0; step < 9; step += 1) press("ArrowDown");
    await vi.waitFor(() => expect(document.querySelectorAll("[data-testid=model]")[9]?.getAttribute("aria-current")).toBe("true"));
    expect(fold.open).toBe(false);
    press("ArrowDown");
    await vi.waitFor(() => expect(fold.open).toBe(true));
    for (let step = 0; step < 5; step += 1) press("ArrowDown");
    await vi.waitFor(() => expect(fold.querySelector("[aria-current]")?.textContent).toContain("File removed"));
    expect(find("standing-why")?.textContent).toContain("Its file is gone");
  });

  it("walk along the models, promote one and go back by keys", async () => {
    open("fake=live&part=1266&train=passed");
    await see("live-verdict");
    press("6");
    const first = (await see("model-card")).dataset.model;
    expect((await see("model")).dataset.live).toBe("true");
    press("b");
    await vi.waitFor(() => expect(find("model")?.dataset.live).toBe("false"));
    press("p");
    await vi.waitFor(() => expect(find("model")?.dataset.live).toBe("true"));
    press("ArrowDown");
    await vi.waitFor(() => expect(find("model-card")?.dataset.model).not.toBe(first));
  });

  it.each(["setup", "ready"])("say what to do while there is no model: %s", async (start) => {
    open(`fake=${start}`);
    await see("setup-learn");
    press("6");
    await see("models-empty");
    press("5");
    expect((await see("train-missing")).querySelector("[data-kind=model]")).not.toBeNull();
  });
});
