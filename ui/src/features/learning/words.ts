/** The stages of a learning run in order, and which message names each; what it warns of. */
import type { LearnStage, WarningKind } from "$lib/bridge";
import type { PlainKey } from "$lib/i18n";

export const STAGES: LearnStage[] = ["read", "pretrain", "bank", "calibrate", "save"];

/** Of a run that goes on from a model with labels. */
export const LABEL_STAGES: LearnStage[] = ["read", "fineTune", "calibrate", "save"];

/** Of one that learns from good parts first, because they have changed. */
export const RENEWED_STAGES: LearnStage[] = ["read", "pretrain", "bank", "fineTune", "calibrate", "save"];

export const stageWords: Record<LearnStage, PlainKey> = {
  read: "learning.read",
  pretrain: "learning.pretrain",
  bank: "learning.bank",
  fineTune: "learning.fineTune",
  calibrate: "learning.calibrate",
  save: "learning.save",
};

export const warningWords: Record<WarningKind, PlainKey> = {
  checkpointRefused: "learning.warning.checkpointRefused",
  checkpointNotWritten: "learning.warning.checkpointNotWritten",
  collapsed: "learning.warning.collapsed",
  singlePrecision: "learning.warning.singlePrecision",
  devicePrepares: "learning.warning.devicePrepares",
  driverLate: "learning.warning.driverLate",
};
