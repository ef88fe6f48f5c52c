/** Which message says why a challenger was refused, who promoted, and what a model promises. */
import type { NotLeftOutKind, PromiseView, RefusalKind } from "$lib/bridge";
import { i18n, plural, t, type PlainKey } from "$lib/i18n";

export const REFUSALS: Record<RefusalKind, PlainKey> = {
  findsLess: "trial.refusal.findsLess",
  rejectsMoreGood: "trial.refusal.rejectsMoreGood",
  forgetsTheUnknown: "trial.refusal.forgetsTheUnknown",
  promisesNothing: "trial.refusal.promisesNothing",
  nothingToTryOn: "trial.refusal.nothingToTryOn",
  knownPartsWrong: "trial.refusal.knownPartsWrong",
};

export const NOT_LEFT_OUT: Record<NotLeftOutKind, PlainKey> = {
  oneClass: "trial.notLeftOut.oneClass",
  tooFewLabels: "trial.notLeftOut.tooFewLabels",
};

/** As many characters of a model's id tell it from others. */
export const shortId = (id: string): string => id.slice(0, 12);

export function promiseWords(promise: PromiseView | null): string {
  if (promise?.holds) return t("live.promise.holds", { limit: i18n.format.percent(promise.falseRejectLimit), confidence: i18n.format.percent(promise.confidence) });
  return promise && promise.partsMissing > 0 ? plural("live.promise.missing", promise.partsMissing) : t("live.promise.none");
}

export function whoWords(who: string): string {
  if (who === "learning") return t("models.who.learning");
  return who === "retrain" ? t("models.who.retrain") : who;
}
