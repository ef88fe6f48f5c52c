/** Which message names which state of the line. Whole keys, so that the catalogue check sees every use. */
import type { ErrorCode } from "$lib/bridge";
import type { PlainKey } from "$lib/i18n";

type Words = { what: PlainKey; next: PlainKey };

const ERRORS: Record<ErrorCode, Words> = {
  folderMissing: { what: "error.folderMissing", next: "error.folderMissing.next" },
  folderEmpty: { what: "error.folderEmpty", next: "error.folderEmpty.next" },
  folderNotWritable: { what: "error.folderNotWritable", next: "error.folderNotWritable.next" },
  tooFewParts: { what: "error.tooFewParts", next: "error.tooFewParts.next" },
  modelDamaged: { what: "error.modelDamaged", next: "error.modelDamaged.next" },
  modelNewer: { what: "error.modelNewer", next: "error.modelNewer.next" },
  databaseNewer: { what: "error.databaseNewer", next: "error.databaseNewer.next" },
  databaseDamaged: { what: "error.databaseDamaged", next: "error.databaseDamaged.next" },
  databaseOpenElsewhere: { what: "error.databaseOpenElsewhere", next: "error.databaseOpenElsewhere.next" },
  lineInUse: { what: "error.lineInUse", next: "error.lineInUse.next" },
  knownPartsWrong: { what: "error.knownPartsWrong", next: "error.knownPartsWrong.next" },
  lineNotReleased: { what: "error.lineNotReleased", next: "error.lineNotReleased.next" },
  busy: { what: "error.busy", next: "error.busy.next" },
  badRequest: { what: "error.badRequest", next: "error.badRequest.next" },
  internal: { what: "error.internal", next: "error.internal.next" },
};

/** A code that this window does not know yet is told as an internal error; its details still stand below. */
export function errorWords(code: ErrorCode): Words {
  return ERRORS[code] ?? ERRORS.internal;
}
