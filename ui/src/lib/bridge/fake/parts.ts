/** Invented verdicts: part number `id` always gets the same one. */
import type { CountersView, PartView, UnreadableReason, Verdict } from "../bindings";
import type { Defect } from "./draw";
import { seeded } from "./random";

export const MODEL = "m-7c41e09a";
const LIMIT = 4.2;
const REASONS: UnreadableReason[] = ["damaged", "empty", "notAPicture", "tooLarge", "judgeError", "unsupported", "fileError"];
const START = Date.UTC(2026, 10, 23, 14, 3, 7);

export function verdictOf(id: number): Verdict {
  if (id % 23 === 0) return "unreadable";
  const chance = seeded(id * 7919)();
  return chance > 0.9 ? "reject" : chance > 0.84 ? "review" : "pass";
}

export function defectOf(id: number): Defect | null {
  const verdict = verdictOf(id);
  if (verdict !== "reject" && verdict !== "review") return null;
  const draw = seeded(id * 31 + 5);
  const kinds: Defect["kind"][] = ["scratch", "pit", "stain", "chip"];
  return { kind: kinds[Math.floor(draw() * 4)] ?? "pit", angle: draw() * 6.28, radius: 118 + draw() * 48 };
}

export function partOf(id: number): PartView {
  const verdict = verdictOf(id);
  const draw = seeded(id * 101 + 3);
  const judged = verdict !== "unreadable";
  const reason = judged ? null : (REASONS[(id / 23) % REASONS.length] ?? "damaged");
  const score = { pass: 1 + draw() * 2.4, review: 3.7 + draw() * 0.5, reject: 5 + draw() * 6, unreadable: 0 }[verdict];
  const name = `ring_${String(id).padStart(6, "0")}`;
  return {
    id,
    partId: name,
    lot: null,
    view: null,
    fileName: `${name}.jpg`,
    verdict,
    reason,
    detail: judged ? null : `/plant/line-3/camera/${name}.jpg: data end after 18,204 of 93,118 bytes`,
    score: judged ? score : null,
    rejectAbove: judged ? LIMIT : null,
    pValue: judged ? { pass: 0.1 + draw() * 0.8, review: 0.02, reject: 0.0033, unreadable: 1 }[verdict] : null,
    hasHeat: judged,
    width: judged || reason === "judgeError" ? 640 : null,
    height: judged || reason === "judgeError" ? 480 : null,
    model: judged ? MODEL : null,
    storedAt: `${new Date(START + id * 1700).toISOString().slice(0, 23)}+08:00`,
    latencyMillis: 38 + draw() * 30,
  };
}

export function countersUpTo(id: number): CountersView {
  const counts: Record<Verdict, number> = { pass: 0, review: 0, reject: 0, unreadable: 0 };
  for (let part = 1; part <= id; part += 1) counts[verdictOf(part)] += 1;
  return {
    inspected: id,
    passed: counts.pass,
    review: counts.review,
    rejected: counts.reject,
    unreadable: counts.unreadable,
    yieldFraction: id > 0 ? counts.pass / id : null,
    p50Millis: id > 0 ? 46.2 : null,
    p95Millis: id > 0 ? 71.8 : null,
    queueDepth: id % 7 === 6 ? 2 : 0,
  };
}
