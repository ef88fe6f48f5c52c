/** An invented measurement of how many labels pretraining saves. */
import type { LabelSavingView, MeasuredView, SavingPointView } from "../bindings";
import type { Host } from "../host";

/** How much further a measurement is each time that it is asked. */
const STEP = 0.25;

const DETECTION = { pretrained: [0.58, 0.75, 0.83], random: [0.25, 0.42, 0.67] };

/** `?saving=none|done|outdated|failed`; too few labels when `?train` says so. */
export function fakeSaving(saving: string, train: string): Pick<Host, "labelSaving" | "startMeasuring" | "cancelMeasuring"> {
  const few = ["none", "few"].includes(train);
  let measuring: number | null = null;
  let last: MeasuredView | null = saving === "done" || saving === "outdated" ? measured(saving === "outdated") : null;
  let failed: LabelSavingView["failed"] = saving === "failed" ? { code: "internal", detail: "the loss diverged at step 31" } : null;
  return {
    labelSaving: async () => {
      if (measuring !== null) measuring += STEP;
      if (measuring !== null && measuring >= 1) [measuring, last] = [null, measured(false)];
      return { missingDefects: few ? 9 : 0, missingTest: few ? 5 : 0, measuring, failed, last };
    },
    startMeasuring: async () => void ([measuring, failed] = [0, null]),
    cancelMeasuring: async () => void (measuring = null),
  };
}

function measured(outdated: boolean): MeasuredView {
  const counts = [8, 17, 34];
  const points = [true, false].flatMap((pretrained) =>
    counts.map((labels, at): SavingPointView => {
      const detection = DETECTION[pretrained ? "pretrained" : "random"][at] ?? 0;
      return { labels, pretrained, detection, low: Math.max(0, detection - 0.25), high: Math.min(1, detection + 0.2) };
    }),
  );
  return { outdated, labels: 34, needed: 13, low: 8, high: 34, tested: 12, points };
}
