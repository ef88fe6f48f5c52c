/** Invented models and labels: what retraining, promoting and rolling back do to them. */
import type { ComparedView, LineEvent, ModelView, ShadowView, TrainingView, TrialView } from "../bindings";
import type { Host } from "../host";
import { MODEL } from "./parts";

type ModelHost = Pick<
  Host,
  "training" | "models" | "promoteModel" | "rollBack" | "startShadow" | "stopShadow" | "shadowReport" | "exportModel" | "importModel"
>;

const OLDER = "c05fd1b27e93";
const CHALLENGER = "e81b3c70d5aa";
const MADE = Date.UTC(2026, 10, 23, 5, 40, 2);
const DAY = 86_400_000;

/** `?train=none|few|ready|refused|passed|nothing|many`: what was labelled, how the newest challenger did or will do, or many models. */
export function fakeModels(train: string, hasModel: () => boolean, changed: () => void) {
  let models = ["refused", "passed"].includes(train) ? [challenger(train === "passed"), ...old()] : old(train === "many" ? 14 : 0);
  if (train === "passed") models = [promoted(models[0] as ModelView), ...models.slice(1).map(stopped)];
  let newest: TrialView | null = models[0]?.trial ?? null;
  let newLabels = train === "none" ? 0 : train === "few" ? 3 : 14;

  const letJudge = (id: string) => {
    models = models.map((model) => (model.id === id ? promoted(model) : stopped(model)));
    changed();
  };
  const shadow = (id: string | null) => (models = models.map((model) => ({ ...model, shadow: model.id === id })));

  const host: ModelHost = {
    training: async () => trainingOf(train, hasModel(), newLabels, newest),
    models: async () => (hasModel() ? models : []),
    promoteModel: async (id) => letJudge(id),
    rollBack: async () => letJudge(models.find(({ live, promotions }) => !live && promotions.length > 0)?.id ?? MODEL),
    startShadow: async (id) => void shadow(id),
    stopShadow: async () => void shadow(null),
    shadowReport: async () => {
      const beside = models.find((model) => model.shadow);
      return beside ? shadowOf(beside.id) : null;
    },
    exportModel: async (id, format) => `/media/usb/ring-40-${id.slice(0, 8)}.${format === "onnx" ? "onnx" : "sightline"}`,
    importModel: async () => {
      models = [{ ...old()[1], id: "9d20aa41c7f0", promotions: [], madeMillis: MADE + 2 * DAY } as ModelView, ...models];
      return "9d20aa41c7f0";
    },
  };
  return {
    host,
    live: () => models.find(({ live }) => live)?.id ?? MODEL,
    /** The end of a retraining run. */
    finish(): LineEvent {
      if (train === "nothing") return { type: "retrainDone", promoted: false, nothingNew: true, before: false, trial: null };
      const passed = train !== "refused";
      models = [challenger(passed), ...models.filter(({ id }) => id !== CHALLENGER)];
      [newest, newLabels] = [models[0]?.trial ?? null, 0];
      if (passed) letJudge(CHALLENGER);
      return { type: "retrainDone", promoted: passed, nothingNew: false, before: false, trial: newest };
    },
  };
}

const stopped = (model: ModelView): ModelView => ({ ...model, live: false });
const promoted = (model: ModelView): ModelView => ({
  ...model,
  live: true,
  shadow: false,
  promotions: [{ who: "retrain", millis: MADE + DAY + model.promotions.length }, ...model.promotions],
});

function trainingOf(train: string, hasModel: boolean, newLabels: number, lastTrial: TrialView | null): TrainingView {
  const goodParts = 640;
  if (!hasModel) {
    const labels = { defects: 0, good: 0, training: 0, calibration: 0, test: 0 };
    return { goodParts, labels, newLabels: 0, classes: [], missing: [{ kind: "model", count: 1 }], lastTrial: null };
  }
  const defects = train === "none" ? 0 : train === "few" ? 3 : 46;
  const missing: TrainingView["missing"] = [];
  if (defects < 5) missing.push({ kind: "defects", count: 5 - defects }, { kind: "test", count: 4 });
  const classes = defects === 0 ? [] : defects < 5 ? [{ name: "Scratch", count: 3 }] : ["Scratch", "Pit", "Stain"].map((name, i) => ({ name, count: 24 - 8 * i }));
  const good = defects < 5 ? 0 : 21;
  return { goodParts, labels: { defects, good, training: defects - 12, calibration: 9, test: defects < 5 ? 0 : 24 }, newLabels, classes, missing, lastTrial };
}

function trialOf(passed: boolean): TrialView {
  const compared = (champion: number, challenger: number, low: number, high: number): ComparedView => ({ champion, challenger, low, high, chanceWorse: low < 0 ? 0.2 : 0.02 });
  return {
    challenger: CHALLENGER,
    champion: MODEL,
    passed,
    detection: passed ? compared(0.75, 0.917, 0.05, 0.28) : compared(0.75, 0.667, -0.21, 0.04),
    goodKept: compared(0.99, 0.99, -0.03, 0.03),
    unknown: passed ? compared(0.75, 0.75, -0.06, 0.06) : compared(0.75, 0.5, -0.36, -0.1),
    leftOut: passed ? compared(0.778, 0.778, -0.11, 0.11) : null,
    leftOutClasses: passed
      ? [
          { name: "Scratch", compared: compared(0.8, 1, 0, 0.4) },
          { name: "Pit", compared: compared(0.75, 0.5, -0.5, 0) },
        ]
      : [],
    notLeftOut: passed ? null : "tooFewLabels",
    refusals: passed ? [] : ["findsLess", "forgetsTheUnknown", "knownPartsWrong"],
    testDefects: 12,
    testGood: 12,
    wrongKnown: passed ? [] : ["/plant/line-3/known/bad/07.png is bad and came out as pass"],
    labelsLeftOut: passed
      ? []
      : [
          { kind: "gone", count: 5, parts: ["2026-11-20/ring 0412.png", "2026-11-20/ring 0418.png", "2026-11-21/ring 0007.png"] },
          { kind: "noRoom", count: 12, parts: [] },
        ],
  };
}

function modelOf(id: string, age: number): ModelView {
  return {
    id,
    madeMillis: MADE - age * DAY,
    live: false,
    shadow: false,
    damaged: false,
    gone: false,
    seed: "17293822569102704640",
    device: "CPU, 2 threads",
    sizeBytes: 4_812_004,
    partsLearned: 512,
    partsCalibrated: 128,
    labelledDefects: 0,
    promised: { falseRejectLimit: 0.01, confidence: 0.95, calibrationParts: 312, partsMissing: 0, holds: true },
    dataHash: "5f1c0d9e22b7a46c8e3014af",
    pretrainedFrom: null,
    trial: null,
    promotions: [{ who: "learning", millis: MADE - age * DAY }],
  };
}

/** One whose file was removed: what only the file says is empty. */
function removed(id: string, age: number): ModelView {
  const unsaid = { seed: "", device: "", sizeBytes: 0, partsLearned: 0, partsCalibrated: 0, promised: null, dataHash: "" };
  return { ...modelOf(id, age), ...unsaid, damaged: true, gone: true };
}

/** What judges and what judged before; so many older ones on a line of some years. */
const old = (more = 0): ModelView[] => [
  { ...modelOf(MODEL, 0), live: true },
  modelOf(OLDER, 6),
  ...Array.from({ length: more }, (_, at) => (at < 10 ? modelOf : removed)(`${310_000_000_000 + at}`, 30 * (at + 1))),
];
const challenger = (passed: boolean): ModelView => ({ ...modelOf(CHALLENGER, -1), labelledDefects: 34, trial: trialOf(passed), promotions: [] });
const shadowOf = (model: string): ShadowView => ({ model, parts: 412, bothReject: 21, onlyChampion: 3, onlyShadow: 6, since: "2026-11-24T10:42:03.120+08:00" });
