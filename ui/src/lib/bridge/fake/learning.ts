/** An invented learning run, tick by tick. */
import type { LearningView, LearnStage } from "../bindings";

const STAGES: { stage: LearnStage; ticks: number; total: number }[] = [
  { stage: "read", ticks: 8, total: 640 },
  { stage: "pretrain", ticks: 70, total: 1400 },
  { stage: "bank", ticks: 12, total: 512 },
  { stage: "calibrate", ticks: 8, total: 128 },
  { stage: "save", ticks: 3, total: 1 },
];

export const LEARNING_TICKS = STAGES.reduce((sum, { ticks }) => sum + ticks, 0);

export function learningAt(tick: number): LearningView {
  let into = tick;
  const running = STAGES.find(({ ticks }) => into < ticks || ((into -= ticks), false)) ?? { stage: "save", ticks: 1, total: 1 };
  const { stage, ticks, total } = running;
  return {
    stage,
    done: Math.floor((into / ticks) * total),
    total,
    secondsLeft: tick < 4 ? null : (LEARNING_TICKS - tick) * 1.6,
    loss: stage === "pretrain" ? 1.2 + 3.1 * Math.exp(-into / 18) + 0.08 * Math.sin(into * 2.3) : null,
    warning: stage === "pretrain" && into > 35 && into < 46 ? "std of the projections fell to 0.02" : null,
  };
}
