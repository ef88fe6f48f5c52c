/** Which message names which verdict, reason and source. Whole keys, so that the catalogue check sees every use. */
import type { AlarmCause, SourceView, UnreadableReason, Verdict } from "$lib/bridge";
import type { PlainKey } from "$lib/i18n";

export const VERDICTS: Record<Verdict, { word: PlainKey; meaning: PlainKey }> = {
  pass: { word: "verdict.pass", meaning: "verdict.pass.meaning" },
  review: { word: "verdict.review", meaning: "verdict.review.meaning" },
  reject: { word: "verdict.reject", meaning: "verdict.reject.meaning" },
  unreadable: { word: "verdict.unreadable", meaning: "verdict.unreadable.meaning" },
};

export const REASONS: Record<UnreadableReason, { what: PlainKey; next: PlainKey }> = {
  empty: { what: "unreadable.empty", next: "unreadable.empty.next" },
  notAPicture: { what: "unreadable.notAPicture", next: "unreadable.notAPicture.next" },
  damaged: { what: "unreadable.damaged", next: "unreadable.damaged.next" },
  tooLarge: { what: "unreadable.tooLarge", next: "unreadable.tooLarge.next" },
  unsupported: { what: "unreadable.unsupported", next: "unreadable.unsupported.next" },
  fileError: { what: "unreadable.fileError", next: "unreadable.fileError.next" },
  judgeError: { what: "unreadable.judgeError", next: "unreadable.judgeError.next" },
  notAligned: { what: "unreadable.notAligned", next: "unreadable.notAligned.next" },
};

const ALARMS: Record<AlarmCause, { what: PlainKey; next: PlainKey }> = {
  sourceLost: { what: "alarm.sourceLost", next: "source.lost.next" },
  sourceStalled: { what: "alarm.sourceStalled", next: "alarm.sourceStalled.next" },
  sourceSilent: { what: "alarm.sourceSilent", next: "alarm.sourceSilent.next" },
  stageStalled: { what: "alarm.stageStalled", next: "alarm.stageStalled.next" },
  storeFailing: { what: "alarm.storeFailing", next: "alarm.storeFailing.next" },
  databaseRestored: { what: "alarm.databaseRestored", next: "alarm.databaseRestored.next" },
  outputFailing: { what: "alarm.outputFailing", next: "alarm.outputFailing.next" },
  driverLate: { what: "alarm.driverLate", next: "alarm.driverLate.next" },
  modelRefused: { what: "alarm.modelRefused", next: "alarm.modelRefused.next" },
  deviceLost: { what: "alarm.deviceLost", next: "alarm.deviceLost.next" },
  diskLow: { what: "alarm.diskLow", next: "alarm.diskLow.next" },
  backupFailing: { what: "alarm.backupFailing", next: "alarm.backupFailing.next" },
};

/** A cause that this window does not know yet is told as a stage that stalled; its details still stand below. */
export function alarmWords(cause: AlarmCause): { what: PlainKey; next: PlainKey } {
  return ALARMS[cause] ?? ALARMS.stageStalled;
}

export const SOURCES: Record<SourceView["kind"], PlainKey> = {
  stopped: "source.stopped",
  watching: "source.watching",
  polling: "source.polling",
  lost: "source.lost",
};
