/** Which message says what is missing, what was left out, and how a run ended. */
import type { LeftOutKind, MissingKind } from "$lib/bridge";
import type { PlainKey } from "$lib/i18n";
import type { Ended } from "./train.svelte";

type Countable = Exclude<MissingKind, "model">;

/** A model is there or not; of the others so many are missing. */
export const MISSING: Record<Countable, { what: `train.missing.${Countable}`; next: PlainKey }> = {
  defects: { what: "train.missing.defects", next: "train.missing.defects.next" },
  good: { what: "train.missing.good", next: "train.missing.good.next" },
  test: { what: "train.missing.test", next: "train.missing.test.next" },
};

/** How many labels were left out for a reason, and what may be done about it. */
export const LEFT_OUT: Record<LeftOutKind, { what: `train.leftOut.${LeftOutKind}`; next: PlainKey }> = {
  gone: { what: "train.leftOut.gone", next: "train.leftOut.gone.next" },
  changed: { what: "train.leftOut.changed", next: "train.leftOut.changed.next" },
  unreadable: { what: "train.leftOut.unreadable", next: "train.leftOut.unreadable.next" },
  unfit: { what: "train.leftOut.unfit", next: "train.leftOut.unfit.next" },
  noRoom: { what: "train.leftOut.noRoom", next: "train.leftOut.noRoom.next" },
};

export const ENDED: Record<Ended, PlainKey> = {
  promoted: "train.ended.promoted",
  passed: "train.ended.passed",
  refused: "train.ended.refused",
  nothingNew: "train.ended.nothingNew",
  triedBefore: "train.ended.triedBefore",
  cancelled: "train.ended.cancelled",
};
