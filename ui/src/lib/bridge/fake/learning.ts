/** An invented learning run, tick by tick. */
import type { HealthView, LearningView, LearnStage, WarningView } from "../bindings";

type Timed = { stage: LearnStage; ticks: number; total: number };
const STAGES: Timed[] = [
  { stage: "read", ticks: 8, total: 640 },
  { stage: "pretrain", ticks: 70, total: 1400 },
  { stage: "bank", ticks: 12, total: 512 },
  { stage: "calibrate", ticks: 8, total: 128 },
  { stage: "save", ticks: 3, total: 1 },
];

/** Of a run that learns from labels. */
const LABEL_STAGES: Timed[] = [
  { stage: "read", ticks: 5, total: 46 },
  { stage: "fineTune", ticks: 60, total: 400 },
  { stage: "calibrate", ticks: 8, total: 128 },
  { stage: "save", ticks: 3, total: 1 },
];

const ticksOf = (stages: Timed[]): number => stages.reduce((sum, { ticks }) => sum + ticks, 0);
export const LEARNING_TICKS = ticksOf(STAGES);
export const RETRAINING_TICKS = ticksOf(LABEL_STAGES);

export function learningAt(tick: number, fromLabels = false): LearningView {
  let into = tick;
  const [stages, all] = fromLabels ? [LABEL_STAGES, RETRAINING_TICKS] : [STAGES, LEARNING_TICKS];
  const running = stages.find(({ ticks }) => into < ticks || ((into -= ticks), false)) ?? { stage: "save", ticks: 1, total: 1 };
  const { stage, ticks, total } = running;
  return {
    stage,
    done: Math.floor((into / ticks) * total),
    total,
    secondsLeft: tick < 4 ? null : (all - tick) * 1.6,
    loss: stage === "pretrain" || stage === "fineTune" ? 1.2 + 3.1 * Math.exp(-into / 18) + 0.08 * Math.sin(into * 2.3) : null,
    health: stage === "pretrain" && into > 4 ? healthAt(into) : null,
    looks: stage === "pretrain" || stage === "fineTune" ? Math.floor(into / 4) : stage === "read" ? 0 : 18,
    warnings: warningsAt(stage, into),
  };
}

/** It is in a bad way for a while. */
const collapsed = (into: number): boolean => into > 35 && into < 46;

function healthAt(into: number): HealthView {
  const spread = collapsed(into) ? 0.04 : 0.9 - 0.6 * Math.exp(-into / 10);
  return { alignment: 0.2 + 0.5 * Math.exp(-into / 25), uniformity: -3.2 * spread, spread };
}

function warningsAt(stage: LearnStage, into: number): WarningView[] {
  if (stage === "read") return [];
  const refused: WarningView = { kind: "checkpointRefused", detail: "pretrain.slc: it is of other settings" };
  const dead: WarningView = { kind: "collapsed", detail: "the features look collapsed: their spread is 4 % of that of independent ones" };
  return stage === "pretrain" && collapsed(into) ? [refused, dead] : [refused];
}
