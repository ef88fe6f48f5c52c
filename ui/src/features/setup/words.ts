/** The stages of a learning run in order, and which message names each. */
import type { LearnStage } from "$lib/bridge";
import type { PlainKey } from "$lib/i18n";

export const STAGES: LearnStage[] = ["read", "pretrain", "bank", "calibrate", "save"];

/** Of a run that goes on from a model with labels. */
export const LABEL_STAGES: LearnStage[] = ["read", "fineTune", "calibrate", "save"];

export const stageWords: Record<LearnStage, PlainKey> = {
  read: "learning.read",
  pretrain: "learning.pretrain",
  bank: "learning.bank",
  fineTune: "learning.fineTune",
  calibrate: "learning.calibrate",
  save: "learning.save",
};
