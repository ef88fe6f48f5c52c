/**
 * A host made of thin air, for work in a browser and for tests of breadth: a line that runs, learns, loses its folder.
 * `?fake=live|empty|learning|lost|drift|alarm|error|setup|ready` chooses the start, `?train=…` what was labelled (see `models.ts`), `?saving=…` what that saves (see `saving.ts`), `?teach=…` what labels would teach (see `teaching.ts`), `?part=N` the newest part, `?still` stops the stream.
 */
import type { ArrivalsLook, ArrivalsView, CheckView, FolderView, LineEvent, LineView, PartView } from "../bindings";
import type { Host } from "../host";
import { glancesSvg, heatSvg, partSvg } from "./draw";
import { fakeLabels } from "./labels";
import { learningAt, LEARNING_TICKS, RETRAINING_TICKS } from "./learning";
import { fakeModels } from "./models";
import { countersUpTo, defectOf, partOf } from "./parts";
import { seeded } from "./random";
import { fakeSaving } from "./saving";
import { fakeTeaching } from "./teaching";

const FOLDERS = { good: "/plant/line-3/good parts", watch: "/plant/line-3/camera" };
const TICK_MILLIS = 1700;

export function fakeHost(query: URLSearchParams): Host {
  const start = query.get("fake") ?? "live";
  const handlers = new Set<(event: LineEvent) => void>();
  const tell = (event: LineEvent) => handlers.forEach((handler) => handler(event));
  const missing = start === "lost" ? 279 : 0;
  let hasModel = !["setup", "ready", "learning"].includes(start);
  let newest = hasModel && start !== "empty" ? Number(query.get("part") ?? 1284) : 0;
  let tick = start === "learning" ? 10 : -1;
  let retraining = false;
  const models = fakeModels(query.get("train") ?? "ready", () => hasModel, () => tell({ type: "modelChanged", line: line() }));
  const labels = fakeLabels(() => newest, query.has("still") && start === "live");
  let failing = start === "error";
  let check: CheckView | null = null;
  let arrivals: ArrivalsView = { pattern: null, subfolders: null };

  const line = (): LineView => ({
    name: start === "setup" ? null : "Ring 40 mm",
    goodFolder: start === "setup" ? null : FOLDERS.good,
    watchFolder: start === "setup" ? null : FOLDERS.watch,
    mayTurn: false,
    mayFlip: false,
    allWays: false,
    grain: false,
    arrivals,
    recipe: { region: null, ignore: [], align: false, shift: 0, brightness: 0.1, contrast: 0.2, gradient: 0 },
    device: "CPU, 2 threads",
    source: source(start, hasModel),
    model: hasModel ? { id: models.live(), madeAt: "2026-11-23T13:40:02+08:00", promise: promise(missing) } : null,
    drift: start === "drift" ? { since: "2026-11-24T10:42:03.120+08:00" } : null,
    counters: countersUpTo(newest),
    learning: tick >= 0 ? learningAt(tick, retraining) : null,
    latest: older(newest + 1, 60),
    trouble: null,
    alarms: start === "alarm" ? [{ cause: "deviceLost", detail: "gpu:0 (Radeon Pro W6600): scoring failed: device lost", since: "2026-11-24T10:42:03.120+08:00" }] : [],
    check,
    canCheck: start === "alarm",
  });

  if (start === "live" && !query.has("still")) {
    setInterval(() => tell({ type: "judged", part: partOf(++newest), counters: countersUpTo(newest) }), TICK_MILLIS);
  }
  setInterval(() => {
    if (tick < 0 || query.has("still")) return;
    tick += 1;
    if (tick < (retraining ? RETRAINING_TICKS : LEARNING_TICKS)) return tell({ type: "learning", progress: learningAt(tick, retraining) });
    tick = -1;
    if (retraining) return tell(models.finish());
    hasModel = true;
    tell({ type: "learned", line: line() });
  }, 250);

  return {
    openAgain: async () => void (failing = false),
    lineState: async () => {
      if (!failing) return line();
      throw { code: "databaseNewer", detail: "/plant/line-3/line.db: schema 7, this program knows 3" };
    },
    chooseFolder: async () => (query.has("still") ? null : FOLDERS.good),
    lookAtFolder: async (path) => look(path),
    lookAtFiles: async (folder, entered) => tried(folder, entered),
    setArrivals: async (entered) => {
      arrivals = entered;
      return line();
    },
    startLearning: async (setup) => {
      if (setup.watchFolder.includes("missing")) throw { code: "folderMissing", detail: `${setup.watchFolder}: no such folder` };
      [tick, retraining] = [0, false];
      tell({ type: "learning", progress: learningAt(0) });
    },
    cancelLearning: async () => {
      tick = -1;
      tell({ type: "learningStopped", error: null });
    },
    checkLine: async () => {
      check = { madeAt: "2026-11-24T06:00:12.000+08:00", parts: 12, wrong: ["/plant/line-3/known/bad/07.png is bad and came out as pass"], passed: false };
      return line();
    },
    recentParts: async (before, limit) => older(before ?? newest + 1, limit),
    startRetraining: async () => {
      [tick, retraining] = [0, true];
      tell({ type: "learning", progress: learningAt(0, true) });
    },
    ...models.host,
    ...labels.host,
    ...fakeTeaching(query.get("teach") ?? "all", () => newest, () => models.live(), labels.item),
    ...fakeSaving(query.get("saving") ?? "", query.get("train") ?? "ready"),
    subscribe: async (handler) => {
      handlers.add(handler);
      // A run that was under way before the window opened: its first half comes at once.
      setTimeout(() => {
        if (tick > 0) while (tick < 46) handler({ type: "learning", progress: learningAt(++tick) });
      }, 100);
      return () => handlers.delete(handler);
    },
    pictureUrl: (picture) => {
      if (picture.of === "sample") return partSvg(seeded(9000 + picture.index), null);
      if (picture.of === "learning") return glancesSvg(Number(picture.look.split("-").at(-1)));
      const draw = seeded(picture.id);
      return picture.view === "heat" ? heatSvg(draw, defectOf(picture.id)) : partSvg(draw, defectOf(picture.id));
    },
  };
}

function older(before: number, limit: number): PartView[] {
  return Array.from({ length: Math.max(0, Math.min(limit, before - 1)) }, (_, i) => partOf(before - 1 - i));
}

function source(start: string, hasModel: boolean): LineView["source"] {
  if (!hasModel) return { kind: "stopped" };
  return start === "lost" ? { kind: "lost", detail: `${FOLDERS.watch}: host is down (os error 112)` } : { kind: "watching" };
}

function promise(missing: number) {
  return { falseRejectLimit: 0.01, confidence: 0.95, calibrationParts: missing > 0 ? 20 : 312, partsMissing: missing, holds: missing === 0 };
}

/** What the line would say of a few patterns; it alone reads patterns, so there is no reading here. */
function tried(folder: string, { pattern, subfolders }: ArrivalsView): ArrivalsLook {
  if (folder.includes("missing")) throw { code: "folderMissing", detail: `${folder}: no such folder` };
  if (pattern?.endsWith("{colour}")) {
    const to = Array.from(pattern).length;
    return { kind: "wrong", wrong: { field: "name", fault: "field", from: to - "{colour}".length, to } };
  }
  if (folder.includes("empty")) return { kind: "seen", seen: { pictures: 0, folders: 0, unfit: 0, named: [] } };
  const below = subfolders !== null;
  const unfit = pattern === null ? 0 : 3;
  const name = (number: number) => {
    const [part, view] = [`A${String(4100 + number)}`, number % 2 === 0 ? "top" : "side"];
    const file = `${below ? "2026-11-26/" : ""}${part}_${view}.png`;
    return pattern === null ? { file, fits: true, part: null, lot: null, view: null } : { file, fits: true, part, lot: null, view };
  };
  const named = Array.from({ length: 8 }, (_, number) => name(number));
  if (unfit > 0) named.push({ file: "Thumbs (2).png", fits: false, part: null, lot: null, view: null });
  return { kind: "seen", seen: { pictures: below ? 1284 : 212, folders: below ? 4 : 1, unfit, named } };
}

function look(path: string): FolderView {
  if (path.includes("missing")) throw { code: "folderMissing", detail: `${path}: no such folder` };
  const pictures = path.includes("few") ? 12 : path.includes("some") ? 180 : 640;
  return { folder: path, pictures, unreadable: pictures > 200 ? 2 : 0, width: 640, height: 480, samples: 12, minimum: 20, neededForPromise: 598 };
}
