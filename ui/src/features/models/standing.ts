/** Which of a model's three actions may be pressed now, and the words for why one may not. Pure, for every case is tested. */
import type { ModelView } from "$lib/bridge";
import type { PlainKey } from "$lib/i18n";

/** Null where the action may be pressed. */
export type Standing = { promote: PlainKey | null; shadow: PlainKey | null; rollBack: PlainKey | null };

export function standingOf(model: ModelView | null, models: ModelView[]): Standing {
  const before = models.some(({ live, promotions }) => !live && promotions.length > 0);
  const noFile = ({ live, gone, damaged }: ModelView): PlainKey | null =>
    !damaged ? null : live ? "models.why.liveNoFile" : gone ? "models.why.gone" : "models.why.damaged";
  const blocked: PlainKey | null = model ? (noFile(model) ?? (model.live ? "models.why.live" : null)) : "models.why.none";
  return {
    promote: blocked ?? (model?.trial?.passed === false ? "models.why.refused" : null),
    // A challenger that did not pass may be watched: it tells nobody.
    shadow: blocked,
    rollBack: before ? null : "models.why.first",
  };
}
