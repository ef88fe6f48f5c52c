/** Which message says what is missing, and how a run ended. */
import type { MissingKind } from "$lib/bridge";
import type { PlainKey } from "$lib/i18n";
import type { Ended } from "./train.svelte";

type Countable = Exclude<MissingKind, "model">;

/** A model is there or not; of the others so many are missing. */
export const MISSING: Record<Countable, { what: `train.missing.${Countable}`; next: PlainKey }> = {
  defects: { what: "train.missing.defects", next: "train.missing.defects.next" },
  good: { what: "train.missing.good", next: "train.missing.good.next" },
  test: { what: "train.missing.test", next: "train.missing.test.next" },
};

export const ENDED: Record<Ended, PlainKey> = {
  promoted: "train.ended.promoted",
  passed: "train.ended.passed",
  refused: "train.ended.refused",
  nothingNew: "train.ended.nothingNew",
  triedBefore: "train.ended.triedBefore",
  cancelled: "train.ended.cancelled",
};
